--- Builds an example value out of a schema: the same one every time, valid, and finite for
--- schemas that hold themselves.

local M = {}

local strings = {
  ["date-time"] = "2026-11-20T22:00:00Z", dotted = "2026.11.20 22:00:00",
  uuid = "61954db6-7278-4d26-86f7-888bda5a4ec4", byte = "dmJv", password = "********",
}

local build

local function fitted(text, schema)
  local least, most = schema.minLength or 0, schema.maxLength or math.huge
  if #text < least then text = text .. ("x"):rep(least - #text) end
  return #text > most and text:sub(1, most) or text
end

local function number_of(schema)
  local value = schema.type == "integer" and 1 or 1.5
  if schema.minimum and value < schema.minimum then value = schema.minimum end
  if schema.maximum and value > schema.maximum then value = schema.maximum end
  return value
end

local function object_of(schema, options, open)
  local result, required = {}, {}
  for _, name in ipairs(schema.required or {}) do required[name] = true end
  for _, name in ipairs(schema.order or {}) do
    local property = schema.properties[name]
    -- `_links` and `_actions` are the server's own words, never written by people.
    local wanted = required[name] or not options.required_only and not name:match "^_"
    if wanted and not property.read_only then
      result[name] = build(property, name, options, open, required[name])
    end
  end
  return result
end

-- `needed`: the value must be there, so that a cycle cannot be cut here.
function build(schema, name, options, open, needed)
  if open[schema] and not needed then return nil end
  local fallback = schema.default
  if fallback ~= nil and type(fallback) == schema.type then return fallback end
  if schema.type == "object" then
    if open[schema] then error("a schema that requires itself has no example", 0) end
    open[schema] = true
    local result = object_of(schema, options, open)
    open[schema] = nil
    return result
  elseif schema.type == "array" then
    local item = build(schema.items or {}, name, options, open, false)
    local result = {}
    for i = 1, item == nil and 0 or math.max(1, schema.minItems or 1) do result[i] = item end
    return options.array and options.array(result) or result
  elseif schema.type == "string" then
    local words = schema.enum or schema.known
    if words then return words[1] end
    return fitted(strings[schema.format] or name or "text", schema)
  elseif schema.type == "boolean" then
    return true
  elseif schema.type == "integer" or schema.type == "number" then
    return number_of(schema)
  end
  return name or "text"
end

--- An example of a schema.
---@param schema vbo.Schema
---@param options {required_only: boolean?, array: function?, name: string?}?  `array` marks
---  lists (`vbo.json.array`); strings without a format are the property's name
---@return any
function M.value(schema, options)
  options = options or {}
  return build(schema, options.name, options, {}, true)
end

--- Example arguments of an operation, as `Catalogue:check` takes them.
---@param operation vbo.Operation
---@param options {required_only: boolean?, array: function?}?
---@return table arguments
function M.arguments(operation, options)
  options = options or {}
  local result = {}
  for _, parameter in ipairs(operation.parameters) do
    if parameter.required or not options.required_only then
      result[parameter.name] = build(parameter.schema, parameter.name, options, {}, true)
    end
  end
  if operation.body then result.body = build(operation.body, "body", options, {}, true) end
  return result
end

return M
