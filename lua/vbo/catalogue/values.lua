--- Lua values in JSON (null, arrays, secrets), and their names in messages.

local M = {}

local json
local array_mark

local function load_json()
  if not json then
    json = require "vbo.base.json"
    array_mark = getmetatable(json.array {})
  end
  return json
end

--- JSON null.
function M.null() return load_json().null end

function M.is_null(value) return value == load_json().null end

--- A table marked as an array.
function M.array(list) return load_json().array(list) end

--- Whether a table is an array: its keys are 1 to n, and it is marked or not empty.
---@param value table
---@return boolean is
---@return boolean? possible  an empty table without a mark can be an array or an object
function M.is_array(value)
  load_json()
  local count, least, most = 0, math.huge, 0
  for key in pairs(value) do
    if math.type(key) ~= "integer" then return false, false end
    count, least, most = count + 1, math.min(least, key), math.max(most, key)
  end
  if count == 0 then return getmetatable(value) == array_mark, true end
  local whole = least == 1 and most == count
  return whole, whole
end

--- Whether a value is a secret of the core, which stands for a string.
function M.is_secret(value)
  if type(value) ~= "userdata" or M.is_null(value) then return false end
  local ok, core = pcall(require, "vbo.core")
  if ok and core.secret and core.secret.is then return core.secret.is(value) end
  return true
end

--- A secret as Base64, as a property that takes bytes wants it.
function M.secret_bytes(secret)
  local made, err = require("vbo.core").secret.base64(secret)
  return made or error(err, 0)
end

--- A value's type in words of JSON.
function M.kind(value)
  if M.is_null(value) then return "null" end
  local kind = type(value)
  if kind == "table" then
    local is, possible = M.is_array(value)
    if is then return "an array" end
    if possible then return "an empty table" end
    return math.type(next(value)) == "integer" and "a list with holes" or "an object"
  end
  if kind == "userdata" then return M.is_secret(value) and "a secret" or "a userdata" end
  if kind == "number" then return math.type(value) == "integer" and "an integer" or "a number" end
  return (kind:match "^[aeiou]" and "an " or "a ") .. kind
end

return M
