--- Records of the server on their way back to it.
---
--- A server's record may hold more than a body takes: properties that the facts do not know,
--- nulls where none is declared, what only the server writes.  What carries `_links` is known
--- as an echo by the check against the catalogue and goes back whole; the rest is cut to what
--- the body has.

local json = require "vbo.json"

local M = {}

local function property_of(properties, name)
  if properties[name] then return name end
  local lower = name:lower()
  for known in pairs(properties) do
    if known:lower() == lower then return known end
  end
end

--- A server's value as a body of this schema takes it.
---@param schema table?
---@param value any  a record, or a part of one; it is not changed
---@return any  nil for a null that the schema does not allow
function M.of(schema, value)
  if value == json.null then
    if schema and schema.nullable then return value end
    return nil
  end
  if type(value) ~= "table" or not schema or type(value._links) == "table" then return value end
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
    if property and not property.read_only then copy[known] = M.of(property, part) end
  end
  return copy
end

return M
