--- Checks the arguments of an operation against its schemas, before a byte is sent, and
--- makes the request of them: names and enum values are forgiven their case and corrected.
---
--- An object inside a body that carries `_links` came from the server: its identifiers, words
--- and nulls pass as they came, it may lack what is required, and what only the server writes is
--- left out.  A property that the schema does not know is refused there, too: a server that reads
--- strictly refuses the whole request for it.

local ascii = require "vbo.base.ascii"
local formats = require "vbo.catalogue.formats"
local nearest = require "vbo.base.nearest"
local url = require "vbo.catalogue.url"
local values = require "vbo.catalogue.values"

local M = {}

local depth_limit = 100

local function shown(value, schema)
  if type(value) ~= "string" or schema.format == "password" or schema.write_only then return "" end
  if #value > 60 then value = value:sub(1, 57) .. "…" end
  return (" (%q)"):format(value)
end

-- Unwinds to M.request with the finding.  `names`: the properties that the hint suggests.
local function fail(where, what, hint, names)
  error({ property = where, what = what, hint = hint, names = names, finding = true }, 0)
end

local function wrong_type(where, wanted, value, schema)
  fail(where, ("must be %s, not %s%s"):format(wanted, values.kind(value), shown(value, schema)))
end

local function sorted(set)
  local list = {}
  for name in pairs(set) do list[#list + 1] = name end
  table.sort(list, function(a, b) return tostring(a) < tostring(b) end)
  return list
end

local function did_you_mean(word, list)
  local near = nearest(word, list)
  return near and ("did you mean %q?"):format(near)
end

local function enumerated(where, value, schema, state)
  for _, word in ipairs(schema.enum) do if word == value then return word end end
  local lower = ascii.lower(value)
  for _, word in ipairs(schema.enum) do if ascii.lower(word) == lower then return word end end
  if state.echo then return value end
  local near = did_you_mean(value, schema.enum)
  fail(where, ("must be one of %s%s"):format(table.concat(schema.enum, ", "),
    shown(value, schema):gsub("^ %(", ", not "):gsub("%)$", "")), near)
end

local function known_case(value, schema)
  for _, word in ipairs(schema.known) do
    if ascii.lower(word) == ascii.lower(value) then return word end
  end
  return value
end

local walk

local function walk_string(where, value, schema, state)
  if values.is_secret(value) then
    -- v6 and later do not say that a certificate is Base64.
    local is_bytes = schema.format == "byte" or where:find "[cC]ertificate$" ~= nil
    return is_bytes and values.secret_bytes(value) or value
  end
  if type(value) ~= "string" then wrong_type(where, "a string", value, schema) end
  local length = utf8.len(value)
  if not length then fail(where, "must be UTF-8 text") end
  if schema.enum then return enumerated(where, value, schema, state) end
  if schema.known then return known_case(value, schema) end
  local test = not state.echo and formats.of(schema)
  if test then
    local ok, expected = test(value)
    if not ok and not (schema.format == "uuid" and state.ids and state.ids[value]) then
      fail(where, "must be " .. expected .. ", not" .. shown(value, schema))
    end
  end
  if schema.minLength and length < schema.minLength then
    fail(where, ("must have at least %d characters"):format(schema.minLength))
  end
  if schema.maxLength and length > schema.maxLength then
    fail(where, ("must have at most %d characters"):format(schema.maxLength))
  end
  return value
end

local function walk_number(where, value, schema)
  if type(value) ~= "number" then
    wrong_type(where, schema.type == "integer" and "an integer" or "a number", value, schema)
  end
  if schema.type == "integer" then
    local whole = math.tointeger(value)
    if not whole then wrong_type(where, "an integer", value, schema) end
    value = whole
    local ok, expected = formats.integer(value, schema.format)
    if not ok then fail(where, "must be " .. expected) end
  elseif value ~= value or value == math.huge or value == -math.huge then
    fail(where, "must be a finite number")
  end
  if schema.minimum and value < schema.minimum then
    fail(where, ("must be at least %s"):format(schema.minimum))
  end
  if schema.maximum and value > schema.maximum then
    fail(where, ("must be at most %s"):format(schema.maximum))
  end
  return value
end

local function walk_array(where, value, schema, state, depth)
  local possible = false
  if type(value) == "table" and not values.is_null(value) then
    local _
    _, possible = values.is_array(value)
  end
  if not possible then wrong_type(where, "an array", value, schema) end
  if schema.minItems and #value < schema.minItems then
    fail(where, ("must have at least %d items"):format(schema.minItems))
  end
  if schema.maxItems and #value > schema.maxItems then
    fail(where, ("must have at most %d items"):format(schema.maxItems))
  end
  local result = {}
  for i = 1, #value do
    local inside = ("%s[%d]"):format(where, i)
    result[i] = walk(inside, value[i], schema.items or {}, state, depth + 1)
  end
  return values.array(result)
end

-- A property's right spelling: as it is, else without regard to case.
local function spelling(schema, name)
  if schema.properties[name] then return name end
  if not schema.spellings then
    local spellings = {}
    for _, known in ipairs(schema.order or sorted(schema.properties)) do
      spellings[ascii.lower(known)] = spellings[ascii.lower(known)] or known
    end
    schema.spellings = spellings
  end
  return schema.spellings[ascii.lower(name)]
end

local function unknown(where, name, schema, state)
  local names = {}
  for _, known in ipairs(schema.order or sorted(schema.properties)) do
    if not schema.properties[known].read_only then names[#names + 1] = known end
  end
  if state.echo then
    fail(where .. "." .. name, "is not a property here",
      "give the resource instead of its record: it sends what this body takes")
  end
  local hint, near = did_you_mean(name, names), nearest(name, names)
  if near then
    names = { near }
  elseif #names > 0 and #names <= 12 then
    hint = "it has " .. table.concat(names, ", ")
  else
    names = nil
  end
  fail(where .. "." .. name, "is not a property here", hint, names)
end

local function is_echo(value)
  return type(rawget(value, "_links")) == "table"
end

local function walk_object(where, value, schema, state, depth)
  if type(value) ~= "table" or values.is_null(value) or values.is_array(value) then
    wrong_type(where, "an object", value, schema)
  end
  if not schema.properties then return value end
  local top = depth == 0
  local outer = state.echo
  if not top and is_echo(value) then state.echo = true end
  local result = {}
  for _, name in ipairs(sorted(value)) do
    if type(name) ~= "string" then
      fail(("%s[%s]"):format(where, tostring(name)), "is not a property: properties are named")
    end
    local known, inside = spelling(schema, name), where .. "." .. name
    local property = known and schema.properties[known]
    if property and property.read_only then
      if top then
        fail(inside, "is read-only: only the server writes it")
      end
    elseif property then
      if result[known] ~= nil then fail(inside, "is given twice, as " .. known .. " too") end
      result[known] = walk(inside, value[name], property, state, depth + 1)
    elseif schema.additional then
      result[name] = walk(inside, value[name], schema.additional, state, depth + 1)
    elseif state.echo and (name == "_links" or name == "_actions") then -- luacheck: ignore 542
      -- What marks it as the server's; this body has no place for it.
    elseif state.strict then
      unknown(where, name, schema, state)
    else
      result[name] = value[name]
    end
  end
  if not state.echo then
    for _, name in ipairs(schema.required or {}) do
      if result[name] == nil and not schema.properties[name].read_only then
        fail(where .. "." .. name, "is missing")
      end
    end
  end
  state.echo = outer
  return result
end

--- Checks one value and gives its corrected copy.
function walk(where, value, schema, state, depth)
  if depth > depth_limit then fail(where, "is nested too deeply, or holds itself") end
  if values.is_null(value) then
    if schema.nullable or schema.type == nil or state.echo then return value end
    wrong_type(where, "of type " .. schema.type, value, schema)
  end
  local kind = schema.type
  if kind == nil then
    return value
  elseif kind == "object" then
    return walk_object(where, value, schema, state, depth)
  elseif kind == "array" then
    return walk_array(where, value, schema, state, depth)
  elseif kind == "string" then
    return walk_string(where, value, schema, state)
  elseif kind == "boolean" then
    if type(value) ~= "boolean" then wrong_type(where, "a boolean", value, schema) end
    return value
  end
  return walk_number(where, value, schema)
end

-- Parameters are text on the wire: numbers and booleans may come as strings and ids as
-- numbers.
local function parameter_text(parameter, value, ids)
  local schema, where = parameter.schema, parameter.name
  if values.is_null(value) then
    -- parentId=null selects the root of a tree; a date or a UUID is never null.
    if parameter.place == "query" and schema.type == "string"
      and not schema.enum and (schema.nullable or not schema.format) then
      return "null"
    end
    wrong_type(where, "of type " .. tostring(schema.type), value, schema)
  end
  if type(value) == "string" then
    if schema.type == "boolean" and (value == "true" or value == "false") then return value end
    -- Decimal only: tonumber would read 0x10, 1e3 and blanks too.
    local pattern = schema.type == "integer" and "^[+-]?%d+$"
      or schema.type == "number" and "^[+-]?%d+%.?%d*$"
    if pattern and value:find(pattern) then value = tonumber(value) end
  elseif schema.type == "string" and not schema.enum and math.type(value) == "integer" then
    value = tostring(value)
  end
  local state = { strict = true, ids = ids }
  local checked = walk(where, value, schema, state, 0)
  if type(checked) == "userdata" then fail(where, "cannot be a secret: paths are logged") end
  if math.type(checked) == "float" then return ("%.17g"):format(checked) end
  if type(checked) == "table" then fail(where, "cannot be a table") end
  return tostring(checked)
end

local function query_values(parameter, value, ids)
  local schema = parameter.schema
  if schema.type ~= "array" then return { parameter_text(parameter, value, ids) } end
  if type(value) ~= "table" then value = { value } end
  local result = {}
  for i, item in ipairs(value) do
    result[i] = parameter_text({ name = ("%s[%d]"):format(parameter.name, i), place = "query",
      schema = schema.items or {} }, item, ids)
  end
  return result
end

-- The given arguments by the parameters' own spelling.
local function assign(operation, arguments)
  local known, names = { body = "body" }, {}
  for _, parameter in ipairs(operation.parameters) do
    known[ascii.lower(parameter.name)] = parameter.name
    names[#names + 1] = parameter.name
  end
  names[#names + 1] = operation.body and "body" or nil
  local given = {}
  for _, name in ipairs(sorted(arguments)) do
    local own = type(name) == "string" and known[ascii.lower(name)]
    if not own then
      local body = operation.body
      local hint = did_you_mean(name, names)
      if type(name) == "string" and body and body.properties and spelling(body, name) then
        hint = ("it belongs to the body: body = { %s = … }"):format(spelling(body, name))
      end
      fail(tostring(name), "is not a parameter", hint
        or #names > 0 and "it takes " .. table.concat(names, ", ") or "it takes none")
    end
    if given[own] ~= nil then fail(name, "is given twice, as " .. own .. " too") end
    given[own] = arguments[name]
  end
  return given
end

local function path_of(operation, given, ids)
  local values_of = {}
  for _, parameter in ipairs(operation.parameters) do
    if parameter.place == "path" then
      local value = given[parameter.name]
      if value == nil then fail(parameter.name, "is missing") end
      local text = parameter_text(parameter, value, ids)
      if text == "" then fail(parameter.name, "must not be empty") end
      -- These would name another resource: every client and server squeezes them out.
      if text == "." or text == ".." then fail(parameter.name, "must not be " .. text) end
      values_of[parameter.name] = url.segment(text)
    end
  end
  return (operation.path:gsub("{([^}]+)}", values_of))
end

local function query_of(operation, given, ids)
  local parts = {}
  for _, parameter in ipairs(operation.parameters) do
    if parameter.place == "query" then
      local value = given[parameter.name]
      if value == nil then
        if parameter.required then fail(parameter.name, "is missing") end
      else
        for _, text in ipairs(query_values(parameter, value, ids)) do
          parts[#parts + 1] = url.query(parameter.name) .. "=" .. url.query(text)
        end
      end
    end
  end
  return #parts > 0 and "?" .. table.concat(parts, "&") or ""
end

local function body_of(operation, body, options)
  local schema = operation.body
  if body == nil then
    if not schema or not operation.body_required and not operation.action then return nil end
    if operation.null_body then return values.null() end
    if schema.type == "object" then body = {} else fail("body", "is missing") end
  elseif not schema then
    if type(body) == "table" and next(body) == nil or values.is_null(body) then return nil end
    fail("body", "is not taken by this operation")
  elseif values.is_null(body) and operation.action then
    return body
  end
  local state = { strict = options.strict ~= false, ids = options.ids }
  return walk("body", body, schema, state, 0)
end

--- Checks arguments against an operation and makes the request.
---@param operation vbo.Operation
---@param arguments table  parameters by name, in any case, and `body`
---@param options {strict: boolean?, ids: table<string, true>?}  strict = false lets unknown
---  properties through; ids: those that the server gave, which need not be UUIDs
---@return {method: string, path: string, body: any}? request  path with its query, encoded
---@return table? err  {kind = "usage", message, hint, operation, property}; and for
---  `vbo.dialect.wording` what= (the message without the property), names= (properties that the
---  hint suggests)
function M.request(operation, arguments, options)
  local ok, result = pcall(function()
    local given = assign(operation, arguments)
    local path = path_of(operation, given, options.ids) .. query_of(operation, given, options.ids)
    local body = body_of(operation, given.body, options)
    if operation.action then
      if body == nil then body = values.null() end
      body = { [operation.action] = body }
    end
    return { method = operation.method, path = path, body = body }
  end)
  if ok then return result end
  if type(result) ~= "table" or not result.finding then error(result, 0) end
  return nil, {
    kind = "usage", operation = operation.name, property = result.property,
    message = ("%s: %s %s"):format(operation.name, result.property, result.what),
    hint = result.hint, what = result.what, names = result.names,
  }
end

return M
