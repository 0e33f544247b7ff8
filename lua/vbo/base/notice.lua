--- Notices what a runbook should write differently, once per place, or refuses it.
---
--- A notice goes to the client's log; the interpreter writes it to standard error, stock Lua
--- gives it to `warn` (shown with `lua5.4 -W`).  `vbolua --strict` and
--- `vbo.connect { strict = true }` raise it as `usage` instead.

local core = require "vbo.core"
local errors = require "vbo.base.error"

local M = {}

-- The places that got a notice, by "place: text".
local noticed = {}

local function is_interpreter() return core.screen.setting() ~= nil end

-- Writes a notice where a person sees it.
local function write(text)
  io.stderr:write(is_interpreter() and "vbolua: warning: " or "vbo: warning: ", text, "\n")
end

-- Returns the notice with its place in the runbook; nil when that place got it already.
local function placed(message, hint)
  local text = hint and ("%s; %s"):format(message, hint) or message
  local where = errors.caller()
  if where then text = where .. ": " .. text end
  if noticed[text] then return nil end
  noticed[text] = true
  return text
end

--- Tells something once per line of the runbook; raises it where strictness is asked for.
---@param client vbo.Client?
---@param message string
---@param hint string?  what to write instead
function M.tell(client, message, hint)
  if core.strict() or client and client._strict then errors.usage(message, hint) end
  local text = placed(message, hint)
  if not text then return end
  if client and client._log then client._log(text) end
  if is_interpreter() then write(text) else warn("vbo: " .. text) end
end

--- Warns on standard error, in stock Lua too, that a name is about to go; raises under --strict.
---@param message string
---@param hint string  what to write instead
function M.deprecated(message, hint)
  if core.strict() then errors.usage(message, hint) end
  local text = placed(message, hint)
  if text then write(text) end
end

return M
