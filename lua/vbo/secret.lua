--- Passwords and keys: held in C on OpenSSL's secure heap, never as Lua strings.
---
--- A secret goes wherever the API takes a password.  It prints as `secret`, and what
--- logs, plans and errors show in its place is `***`.

local core = require "vbo.core"
local errors = require "vbo.error"

local M = {}

local function made(secret, err)
  return secret or errors.raise(err)
end

--- From an environment variable; raises `not_found` when it is not set.
---@param name string
---@return vbo.Secret
function M.env(name) return made(core.secret.env(name)) end

--- From the first line of a file that only its owner may read; raises `trust` otherwise.
---@param path string
---@return vbo.Secret
function M.file(path) return made(core.secret.file(path)) end

--- Typed at the terminal without echo; raises `usage` where there is no terminal.
---@param text string?  the prompt
---@return vbo.Secret
function M.prompt(text) return made(core.secret.prompt(text or "Password: ")) end

--- From a string.  The string itself stays in Lua's memory: prefer the others.
---@param text string
---@return vbo.Secret
function M.of(text) return made(core.secret.new(text)) end

--- A secret as it is, a string as a new secret; anything else raises.
---@param value vbo.Secret|string
---@param what string  the option's name, for the message
---@return vbo.Secret
function M.from(value, what)
  if core.secret.is(value) then return value end
  if type(value) == "string" then return M.of(value) end
  errors.usage(("'%s' takes a secret (vbo.secret.env, .file, .prompt) or a string, not a %s")
    :format(what, type(value)))
end

--- Whether a value is a secret.
---@param value any
---@return boolean
function M.is(value) return core.secret.is(value) end

return M
