--- Makes `key=value` words the arguments of an operation, typed by its schemas.
---
--- A key names a parameter of the path or query, or else a property of the body: `name=x`,
--- `schedulePolicy.type=Daily`, `items[0].id=…`, `ids[]=…`; `body.name` where a parameter has the
--- same name.  `key=text` is converted to the type of the property, `key:=JSON` is JSON,
--- `key=@FILE` reads a file (`@-`: standard input, `@@`: an @).

local ascii = require "vbo.base.ascii"
local errors = require "vbo.base.error"
local files = require "vbo.cli.common.files"
local formats = require "vbo.catalogue.formats"
local json = require "vbo.base.json"
local keys = require "vbo.cli.common.keys"
local mask = require "vbo.cli.api.mask"
local nearest = require "vbo.base.nearest"
local spelling = require "vbo.base.spelling"
local time = require "vbo.base.time"

local M = {}

---@class vbo.cli.Entry
---@field key string     as typed
---@field steps table    see `vbo.cli.common.keys`
---@field raw boolean    JSON
---@field text string

--- Reads one word.
---@param word string
---@return vbo.cli.Entry
function M.entry(word)
  if not word:find("=", 1, true) then
    errors.usage(("unexpected argument: %s"):format(word), "arguments are written key=value")
  end
  local steps, past = keys.read(word, 1, ":?=")
  if past > #word or #steps == 0 then
    errors.usage(("unexpected argument: %s"):format(word), "arguments are written key=value")
  end
  local raw = word:sub(past, past) == ":"
  return {
    key = word:sub(1, past - 1), steps = steps, raw = raw,
    text = word:sub(past + (raw and 2 or 1)),
  }
end

local function decoded(key, text)
  local value, err = json.decode(text)
  if err then errors.usage(("%s: %s"):format(key, err.message)) end
  return value
end

-- Returns a date, in any form that names one, as the API takes it.
local function dated(schema, text)
  local ok = not formats.of(schema) or formats.of(schema)(text)
  local seconds = not ok and time.parse(text)
  if not seconds then return text end
  return schema.format == "dotted" and time.dotted(seconds) or time.iso(seconds)
end

local function convert(key, schema, text)
  local kind = schema and schema.type
  if text == "null" and kind and kind ~= "string" and schema.nullable then return json.null end
  if kind == "boolean" then
    local word = ascii.lower(text)
    if word == "true" then return true elseif word == "false" then return false end
  elseif kind == "integer" or kind == "number" then
    return text:match "^[+-]?[%d.]+[eE]?[+-]?%d*$" and tonumber(text) or text
  elseif kind == "array" then
    if text:match "^%s*%[" then return decoded(key, text) end
    return json.array { convert(key, schema.items, text) }
  elseif kind == "object" and text:match "^%s*{" then
    return decoded(key, text)
  elseif kind == "string" and (schema.format == "date-time" or schema.format == "dotted") then
    return dated(schema, text)
  end
  return text
end

local function value_of(entry, schema, name)
  local text = entry.text
  local file = text:match "^@([^@].*)$"
  if entry.raw then return decoded(entry.key, file and files.read(file) or text) end
  if not file then return convert(entry.key, schema, (text:gsub("^@@", "@"))) end
  if mask.is_secret(name, schema) and not (schema and schema.format == "byte") then
    return files.secret(file)
  end
  local content = files.read(file)
  if schema and schema.format == "byte" then return files.base64(content) end
  return convert(entry.key, schema, content)
end

local function twice(entry) errors.usage(("'%s' is given twice"):format(entry.key)) end

local function property(schema, name)
  local properties = schema and schema.properties
  if not properties then return name, schema and schema.additional end
  if properties[name] then return name, properties[name] end
  for known, found in pairs(properties) do
    if ascii.lower(known) == ascii.lower(name) then return known, found end
  end
  return name, schema.additional
end

-- Puts the value at `steps[at…]` below `node` and returns the new node.
local function put(state, node, schema, entry, at, name)
  local step = entry.steps[at]
  if step == nil then
    local value = value_of(entry, schema, name)
    if node == nil then return value end
    if schema and schema.type == "array" and not entry.raw and json.is_array(node)
        and json.is_array(value) then
      for _, item in ipairs(value) do node[#node + 1] = item end
      return node
    end
    twice(entry)
  end
  local is_member = type(step) == "string"
  if node == nil then node = is_member and {} or json.array {} end
  if type(node) ~= "table" or json.is_array(node) == is_member then
    errors.usage(("'%s' contradicts another argument"):format(entry.key))
  end
  if is_member then
    local known, inner = property(schema, step)
    node[known] = put(state, node[known], inner, entry, at + 1, known)
  else
    local most = state.arrays[node] or #node
    local index = step == keys.each and most + 1 or step + 1
    if index < 1 then errors.usage(("'%s': elements count from 0"):format(entry.key)) end
    if index > 10000 then errors.usage(("'%s': too many elements"):format(entry.key)) end
    state.arrays[node] = math.max(most, index)
    node[index] = put(state, node[index], schema and schema.items, entry, at + 1, name)
  end
  return node
end

local function no_holes(state)
  for array, most in pairs(state.arrays) do
    for i = 1, most do
      if array[i] == nil then
        errors.usage(("elements must be consecutive: [%d] is missing, [%d] is there"):format(
          i - 1, most - 1))
      end
    end
  end
end

local squash = spelling.squash

local function parameter_of(operation, entry)
  local first = entry.steps[1]
  if type(first) ~= "string" then return nil end
  for _, parameter in ipairs(operation.parameters) do
    if squash(parameter.name) == squash(first) then return parameter end
  end
end

local function names_of(operation)
  local names = {}
  for _, parameter in ipairs(operation.parameters) do names[#names + 1] = parameter.name end
  local body = operation.body
  for _, name in ipairs(body and body.order or {}) do
    if not body.properties[name].read_only then names[#names + 1] = name end
  end
  return names
end

-- Raises for a word that is neither a parameter nor a property, with the nearest of both.
local function check_known(operation, entry, strict)
  local body, first = operation.body, entry.steps[1]
  if not body then
    local names = names_of(operation)
    local near = nearest(entry.key, names)
    errors.usage(("%s has no argument '%s'"):format(operation.name, entry.key),
      near and ("did you mean '%s'?"):format(near)
        or (names[1] and "it takes " .. table.concat(names, ", ") or "it takes none"))
  end
  if not strict or not body.properties or body.additional or type(first) ~= "string" then return end
  local _, found = property(body, first)
  if found then return end
  local names = names_of(operation)
  local near = nearest(first, names)
  errors.usage(("%s has no argument '%s'"):format(operation.name, first),
    near and ("did you mean '%s'?"):format(near) or
      "vbolua api --describe " .. operation.name .. " lists them")
end

-- Returns the steps of an entry inside the body: `body.x` is `x` where no property is `body`.
local function inside_body(operation, entry)
  local first = entry.steps[1]
  if type(first) ~= "string" or ascii.lower(first) ~= "body" then return entry end
  for known in pairs(operation.body and operation.body.properties or {}) do
    if ascii.lower(known) == "body" then return entry end
  end
  return {
    key = entry.key, raw = entry.raw, text = entry.text,
    steps = table.move(entry.steps, 2, #entry.steps, 1, {}),
  }
end

local function put_parameter(state, arguments, parameter, entry)
  local name, schema = parameter.name, parameter.schema
  local value
  if #entry.steps > 1 then
    value = put(state, arguments[name], schema, entry, 2)
  else
    -- The core refuses a secret in a path, which is logged.
    value = value_of(entry, schema)
    local before = arguments[name]
    if before ~= nil then
      if schema.type ~= "array" then twice(entry) end
      if not json.is_array(before) then before = json.array { before } end
      for _, item in ipairs(json.is_array(value) and value or { value }) do
        before[#before + 1] = item
      end
      value = before
    end
  end
  arguments[name] = value
end

--- Returns the arguments of an operation, as `client:call` takes them.
---
--- Raises `usage` for unknown keys and for values that contradict each other.
---@param operation vbo.Operation
---@param entries vbo.cli.Entry[]
---@param given {body: any, arguments: table?, strict: boolean?}  of the path and --body
---@return table arguments
function M.build(operation, entries, given)
  local state = { arrays = {} }
  local arguments = {}
  for name, value in pairs(given.arguments or {}) do arguments[name] = value end
  arguments.body = given.body
  for _, entry in ipairs(entries) do
    local parameter = parameter_of(operation, entry)
    if parameter then
      put_parameter(state, arguments, parameter, entry)
    else
      local inner = inside_body(operation, entry)
      check_known(operation, inner, given.strict ~= false)
      arguments.body = put(state, arguments.body, operation.body, inner, 1, nil)
    end
  end
  no_holes(state)
  return arguments
end

return M
