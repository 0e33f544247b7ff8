--- Schemas of the catalogue in the words of OpenAPI 3.0.

local object = require("vbo.catalogue.export_json").object

local M = {}

-- Catalogue → document, in the order in which they are written.
local marks = {
  { "nullable", "nullable" }, { "read_only", "readOnly" }, { "write_only", "writeOnly" },
  { "default", "default" }, { "minimum", "minimum" }, { "maximum", "maximum" },
  { "minLength", "minLength" }, { "maxLength", "maxLength" },
  { "minItems", "minItems" }, { "maxItems", "maxItems" }, { "pattern", "pattern" },
}

local function put_marks(out, schema, besides)
  for _, mark in ipairs(marks) do
    local value = schema[mark[1]]
    if value ~= nil and not (besides and besides[mark[1]] == value) then out:put(mark[2], value) end
  end
  return out
end

-- A dotted date of v1 and v2; those of v3 to v5 are taken in several forms.
local dotted = [[^\d{4}\.\d{2}\.\d{2} \d{2}:\d{2}:\d{2}$]]

local function scalar(schema)
  local out = object()
  if schema.enum then
    out:put("enum", schema.enum):put("type", "string")
  elseif schema.known then
    -- Others exist.
    out:put("type", "string"):put("x-extensible-enum", schema.known)
  elseif schema.format == "dotted" then
    out:put("type", "string"):put("pattern", dotted)
  elseif schema.loose then
    out:put("type", "string")
  else
    out:put("type", schema.type):put("format", schema.format)
  end
  return out
end

local function composite(schema, convert)
  local out = object()
  if schema.type == "array" then
    return out:put("type", "array"):put("items", convert(schema.items or {}))
  end
  if schema.required and schema.required[1] then out:put("required", schema.required) end
  out:put("type", "object")
  if schema.order and schema.order[1] then
    local properties = object()
    for _, name in ipairs(schema.order) do
      properties:put(name, convert(schema.properties[name]))
    end
    out:put("properties", properties)
  end
  local more = schema.additional
  if more and next(more) == nil then
    out:put("additionalProperties", true)
  elseif more then
    out:put("additionalProperties", convert(more))
  end
  return out
end

--- A function that writes schemas of a catalogue, named ones as references.
---@param known vbo.Catalogue
---@return fun(schema: vbo.Schema, whole: boolean?): table convert  `whole`: not as a reference
function M.of(known)
  local function convert(schema, whole)
    local name = schema.name
    if name and not whole then
      local reference = object():put("$ref", "#/components/schemas/" .. name)
      local more = put_marks(object(), schema, known:schema(name))
      -- Properties beside a reference do not count.
      if #more.names == 0 then return reference end
      local out = object():put("allOf", { reference })
      for _, mark in ipairs(more.names) do out:put(mark, more:get(mark)) end
      return out
    end
    local out
    if schema.type == "array" or schema.type == "object" or schema.properties then
      out = composite(schema, convert)
    else
      out = scalar(schema)
    end
    put_marks(out, schema)
    if schema.page then out:put("x-veeam-page-result", true) end
    if schema.changes then out:put("x-veeam-changes-page-result", true) end
    return out
  end
  return convert
end

return M
