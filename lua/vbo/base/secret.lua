--- Passwords and keys: held in C on OpenSSL's secure heap, never as Lua strings.
---
--- A secret goes wherever the API takes a password.  It prints as `secret`, and what
--- logs, plans and errors show in its place is `***`.

local ascii = require "vbo.base.ascii"
local core = require "vbo.core"
local errors = require "vbo.base.error"

local M = {}

-- Parts of the names of the API's properties that hold secrets, and whole names.
local words = { "password", "secret", "passphrase", "assertion" }
local whole = { usercode = true, authcode = true, sharedkey = true, applicationcertificate = true }

--- Returns whether a property of the API holds a secret, by its name.
---@param name any
---@return boolean
function M.is_named(name)
  if type(name) ~= "string" then return false end
  local lower = ascii.lower(name)
  if whole[lower] then return true end
  for _, word in ipairs(words) do
    if lower:find(word, 1, true) then return true end
  end
  return false
end

-- Whether the warning was written that the system locks no memory.
local warned = false

local function made(secret, err)
  if not secret then errors.raise(err) end
  if not warned and not core.secret.locked() then
    warned = true
    require("vbo.base.notice").tell(nil,
      "secrets may be swapped to disk: the system locks no memory",
      "raise its limit (ulimit -l, LimitMEMLOCK= of a service, --ulimit memlock= of a container)")
  end
  return secret
end

--- Reads a secret from an environment variable, without a byte order mark and the line end after
--- it; raises `not_found` when it is not set.
---@param name string
---@return vbo.Secret
function M.env(name) return made(core.secret.env(name)) end

local file_options = { whole = "boolean", base64 = "boolean" }

--- Reads a secret from a file that only its owner may read; raises `trust` otherwise.
---
--- A password is one line of UTF-8: a byte order mark and line ends are left out, and several
--- lines, UTF-16 and zero bytes raise `usage`.  `whole = true` takes all bytes of the file, as of a
--- certificate (PFX) or a key of several lines; where the API takes them as Base64, they are
--- encoded.  `base64 = true` gives all bytes as Base64.
---@param path string
---@param given {whole: boolean?, base64: boolean?}?
---@return vbo.Secret
function M.file(path, given)
  local wanted = require("vbo.base.options").check(given, file_options, "secret.file")
  local read = made(core.secret.file(path, wanted.whole or wanted.base64))
  if not wanted.base64 then return read end
  local bytes <close> = read
  return made(core.secret.base64(bytes))
end

--- Reads a secret from the terminal without echo; raises `usage` where there is no terminal.
---@param text string?  the prompt
---@return vbo.Secret
function M.prompt(text) return made(core.secret.prompt(text or "Password: ")) end

--- Makes a secret of a string.  The string itself stays in Lua's memory: prefer the others.
---@param text string
---@return vbo.Secret
function M.of(text) return made(core.secret.new(text)) end

--- Returns a secret as it is, and a string as a new secret; raises for another type.
---@param value vbo.Secret|string
---@param what string  the option's name, for the message
---@return vbo.Secret
function M.from(value, what)
  if core.secret.is(value) then return value end
  if type(value) == "string" then return M.of(value) end
  errors.usage(("'%s' takes a secret (vbo.secret.env, .file, .prompt) or a string, not a %s")
    :format(what, type(value)))
end

--- Returns whether a value is a secret.
---@param value any
---@return boolean
function M.is(value) return core.secret.is(value) end

return M
