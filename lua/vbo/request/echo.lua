--- Records of the server on their way back to it.
---
--- A server's record may hold more than a body takes: properties that the facts do not know,
--- nulls where none is declared, what only the server writes.  It is cut to what the body has.
--- `_links` stays, by which the check against the catalogue knows values of the server: an
--- identifier or a word of theirs passes as it came.

local ascii = require "vbo.base.ascii"
local json = require "vbo.base.json"

local M = {}

local function property_of(properties, name)
  if properties[name] then return name end
  local lower = ascii.lower(name)
  for known in pairs(properties) do
    if ascii.lower(known) == lower then return known end
  end
end

-- A word of a list in the spelling of this body's: "Shared" of a user is "SharedMailbox" in a role.
local function word(schema, value)
  local longer
  for _, known in ipairs(schema.enum) do
    local low = ascii.lower(known)
    if low == ascii.lower(value) then return known end
    if low:find(ascii.lower(value), 1, true) == 1 then longer = not longer and known end
  end
  return longer or value
end

--- Converts a server's value to what a body of this schema takes.
---@param schema table?
---@param value any  a record, or a part of one; it is not changed
---@return any  nil for a null that the schema does not allow
function M.of(schema, value)
  if value == json.null then
    if schema and schema.nullable then return value end
    return nil
  end
  if type(value) == "string" and value ~= "" and schema and schema.enum then
    return word(schema, value)
  end
  if type(value) ~= "table" or not schema then return value end
  if schema.type == "array" then
    local list = {}
    for _, item in ipairs(value) do list[#list + 1] = M.of(schema.items, item) end
    return json.array(list)
  end
  local properties = schema.properties
  if not properties then return value end
  local copy = {}
  for name, part in pairs(value) do
    local known = type(name) == "string" and property_of(properties, name)
    local property = known and properties[known]
    if property and not property.read_only then
      copy[known] = M.of(property, part)
    elseif schema.additional and not known then
      copy[name] = M.of(schema.additional, part)
    end
  end
  if type(value._links) == "table" then copy._links = value._links end
  return copy
end

return M
