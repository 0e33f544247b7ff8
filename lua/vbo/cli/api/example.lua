--- Writes arguments as words of `vbolua api` and as Lua.

local ascii = require "vbo.base.ascii"
local json = require "vbo.base.json"
local keys = require "vbo.cli.common.keys"
local mask = require "vbo.cli.api.mask"

local M = {}

local function sorted(object)
  local names = {}
  for name in pairs(object) do names[#names + 1] = name end
  table.sort(names)
  return names
end

-- Returns the properties of an object in the order of its schema, then the rest.
local function ordered(object, schema)
  local names, seen = {}, {}
  for _, name in ipairs(schema and schema.order or {}) do
    if object[name] ~= nil then
      names[#names + 1] = name
      seen[name] = true
    end
  end
  for _, name in ipairs(sorted(object)) do
    if not seen[name] then names[#names + 1] = name end
  end
  return names
end

--- Quotes a word for a shell.
---@param word string
---@return string
function M.quote(word)
  if word:match "^[%w_%-./:@,=%%+]+$" then return word end
  return "'" .. word:gsub("'", "'\\''") .. "'"
end

local function leaf(steps, value, schema)
  local key = keys.write(steps)
  if type(value) == "string" then
    local typed = not schema or schema.type == "string" or schema.type == nil
    if typed then return key .. "=" .. value:gsub("^@", "@@") end
  elseif schema and schema.type and type(value) ~= "table" and value ~= json.null then
    return key .. "=" .. tostring(value)
  end
  return key .. ":=" .. json.encode(value)
end

local function is_list(value) return json.is_array(value) or #value > 0 end

local function flatten(words, steps, value, schema, name)
  if type(value) == "table" and next(value) ~= nil then
    local listed = is_list(value)
    for _, key in ipairs(listed and sorted(value) or ordered(value, schema)) do
      local inner = listed and schema and schema.items
        or schema and (schema.properties and schema.properties[key] or schema.additional)
      steps[#steps + 1] = listed and key - 1 or key
      flatten(words, steps, value[key], inner, listed and name or key)
      steps[#steps] = nil
    end
  elseif type(value) == "string" and mask.is_secret(name, schema) then
    words[#words + 1] = keys.write(steps) .. "=@FILE"
  else
    words[#words + 1] = leaf(steps, value, schema)
  end
end

--- Returns the words `key=value` for arguments; secrets become `key=@FILE`.
---@param operation vbo.Operation
---@param arguments table  of `client:call`
---@return string[]
function M.words(operation, arguments)
  local words, taken = {}, {}
  for _, parameter in ipairs(operation.parameters) do
    taken[ascii.lower(parameter.name)] = true
    local value = arguments[parameter.name]
    if value ~= nil then
      flatten(words, { parameter.name }, value, parameter.schema)
    end
  end
  local body, schema = arguments.body, operation.body
  if type(body) ~= "table" or next(body) == nil then
    if body ~= nil then words[#words + 1] = "body:=" .. json.encode(body) end
    return words
  end
  if is_list(body) then
    flatten(words, {}, body, schema)
    return words
  end
  for _, name in ipairs(ordered(body, schema)) do
    local properties = schema and schema.properties or {}
    local steps = taken[ascii.lower(name)] and { "body", name } or { name }
    flatten(words, steps, body[name], properties[name], name)
  end
  return words
end

local function lua_key(name)
  return name:match "^[%a_][%w_]*$" and name or ("[%q]"):format(name)
end

local lua

local function lua_parts(value, schema, indent, room)
  local parts, listed = {}, is_list(value)
  for _, key in ipairs(listed and sorted(value) or ordered(value, schema)) do
    local inner = listed and schema and schema.items
      or schema and (schema.properties and schema.properties[key] or schema.additional)
    local named = not listed and not (schema and schema.parameters)
    local text = lua(value[key], inner, indent, room, named and key or nil)
    parts[#parts + 1] = listed and text or lua_key(key) .. " = " .. text
  end
  return parts
end

function lua(value, schema, indent, room, name)
  if value == json.null then return "vbo.json.null" end
  if type(value) == "string" then
    if mask.is_secret(name, schema) then return 'vbo.secret.env "NAME"' end
    return (("%q"):format(value):gsub("\\\n", "\\n"))
  end
  if type(value) ~= "table" then return tostring(value) end
  if next(value) == nil then return json.is_array(value) and "vbo.json.array {}" or "{}" end
  local inner = indent .. "  "
  local parts = lua_parts(value, schema, inner, 80)
  local line = "{ " .. table.concat(parts, ", ") .. " }"
  if #indent + #line <= room and not line:find("\n", 1, true) then return line end
  return "{\n" .. inner .. table.concat(parts, ",\n" .. inner) .. ",\n" .. indent .. "}"
end

--- Writes a call in Lua.
---@param operation vbo.Operation
---@param arguments table
---@param indent string?  in front of each line but the first
---@return string
function M.lua(operation, arguments, indent)
  local order, properties = {}, {}
  for _, parameter in ipairs(operation.parameters) do
    order[#order + 1] = parameter.name
    properties[parameter.name] = parameter.schema
  end
  order[#order + 1] = "body"
  properties.body = operation.body
  local room = 98 - #("client:call('', )") - #operation.name
  local whole = { order = order, properties = properties, parameters = true }
  local text = lua(arguments, whole, indent or "", room)
  local more = operation.answer.kind == "stream" and ', { to = "FILE" }' or ""
  if next(arguments) == nil and more == "" then
    return ("client:call %q"):format(operation.name)
  end
  return ("client:call(%q, %s%s)"):format(operation.name, text, more)
end

return M
