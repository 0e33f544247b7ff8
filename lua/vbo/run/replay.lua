--- Writes what became of a step, and gives it again to a run that is resumed.

local core = require "vbo.core"
local errors = require "vbo.base.error"
local json = require "vbo.base.json"

local M = {}

-- Fields of an error that the journal keeps; the rest is of the moment.
local kept = { "kind", "message", "status", "code", "operation", "server", "request", "hint",
  "sent", "retryable", "refused", "statistics", "session", "accepted" }

--- Returns the fields of an error that the journal keeps, without secrets.
---@param err vbo.Error
---@return table
function M.plain(err)
  local fields = {}
  for _, name in ipairs(kept) do fields[name] = err[name] end
  return errors.redact(fields)
end

-- Returns a copy without what JSON cannot carry: functions, metatables of resources.
local function carried(value, depth)
  if type(value) ~= "table" then
    local plain = type(value) ~= "function" and type(value) ~= "userdata" or value == json.null
    return plain and value or nil
  end
  if depth > 100 then return nil end
  local copy = json.is_array(value) and json.array() or {}
  for name, item in next, value do copy[name] = carried(item, depth + 1) end
  return copy
end

--- Encodes a value for the journal, without the secrets of this process.
---@param value any
---@return string?
function M.encode(value)
  if value == nil then return nil end
  return core.redact((json.encode(carried(value, 1))))
end

--- Decodes what `encode` wrote.
---@param text string?
---@return any
function M.decode(text)
  if text == nil then return nil end
  local value, err = json.decode(text)
  if err then
    errors.raise { kind = "journal", message = "a row of the journal cannot be read: "
      .. err.message }
  end
  return value
end

--- Raises the failure that a step had.
---@param text string  as the journal has it
---@param step integer
function M.raise(text, step)
  local fields = M.decode(text)
  fields.step, fields.replayed = step, true
  errors.raise(fields)
end

return M
