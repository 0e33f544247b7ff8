--- Writes the call of an operation as an example.

local example = require "vbo.catalogue.example"

local M = {}

local function is_name(text) return text:match "^[%a_][%w_]*$" ~= nil end

-- A value as Lua shows it; identifiers and texts are left open.
local function literal(value, schema, depth)
  if type(value) == "table" then
    if depth > 2 then return "{ … }" end
    local list = {}
    if schema and schema.type == "array" then
      if value[1] == nil then return "{}" end
      return "{ " .. literal(value[1], schema.items, depth + 1) .. " }"
    end
    for _, name in ipairs(schema and schema.order or {}) do
      if value[name] ~= nil then
        local key = is_name(name) and name or ("[%q]"):format(name)
        list[#list + 1] = key .. " = " .. literal(value[name], schema.properties[name], depth + 1)
      end
    end
    return #list > 0 and "{ " .. table.concat(list, ", ") .. " }" or "{}"
  elseif type(value) == "string" then
    local open = schema and not (schema.enum or schema.known)
      and (not schema.format or schema.format == "uuid" or schema.format == "password")
    return open and '"…"' or ("%q"):format(value)
  end
  return tostring(value)
end

-- Fills in an object that requires nothing: its first plain property stands for all.
local function filled(schema, value)
  if schema.type == "array" and type(value[1]) == "table" then
    filled(schema.items, value[1])
  elseif schema.type == "object" and next(value) == nil then
    for _, name in ipairs(schema.order or {}) do
      local property = schema.properties[name]
      if not property.read_only and name:sub(1, 1) ~= "_"
          and property.type ~= "object" and property.type ~= "array" then
        value[name] = example.value(property, { name = name })
        break
      end
    end
  end
end

local function body_example(schema)
  local ok, value = pcall(example.value, schema, { required_only = true })
  if not ok then return "{ … }" end
  if type(value) == "table" then filled(schema, value) end
  return literal(value, schema, 1)
end

--- Returns the call of an operation as a runbook writes it, with what it must have.
---@param operation vbo.Operation
---@return string
function M.text(operation)
  -- The one operation with a form is the login, which `vbo.connect` does.
  if operation.content_type and not operation.content_type:find("json", 1, true) then
    return "vbo.connect { … }"
  end
  local group, member = operation.name:match "^(%w+)_([%w_]+)$"
  local name = group and ("client.api.%s.%s"):format(group, member)
    or ("client.api.%s"):format(operation.name)
  local arguments = {}
  for _, parameter in ipairs(operation.parameters) do
    if parameter.required then
      local value = literal(example.value(parameter.schema, { name = parameter.name }),
        parameter.schema, 1)
      if value == '"…"' and parameter.place == "path" then value = "…" end
      arguments[#arguments + 1] = parameter.name .. " = " .. value
    end
  end
  if operation.body then arguments[#arguments + 1] = "body = " .. body_example(operation.body) end
  local stream = operation.answer.kind == "stream"
  if #arguments == 0 then return name .. (stream and "({}, { to = … })" or "()") end
  local text = "{ " .. table.concat(arguments, ", ") .. " }"
  return stream and ("%s(%s, { to = … })"):format(name, text) or name .. " " .. text
end

return M
