--- Makes the body and query of one operation of one API version from a runbook's options.

local ascii = require "vbo.base.ascii"
local catalogue = require "vbo.catalogue"
local errors = require "vbo.base.error"
local items = require "vbo.request.items"
local json = require "vbo.base.json"
local meanings = require "vbo.request.meanings"
local nearest = require "vbo.base.nearest"
local part = require "vbo.request.part"
local spelling = require "vbo.base.spelling"
local time = require "vbo.base.time"
local values = require "vbo.catalogue.values"

local M = {}

local squash, spelled = spelling.squash, spelling.spelled

--- Returns the property of a schema that an option means; nil when it has no such property.
---@param properties table<string, table>?
---@param option string
---@return string?
local function property_of(properties, option)
  if not properties then return nil end
  local by_word = {}
  for name in pairs(properties) do by_word[squash(name)] = name end
  for _, name in ipairs(meanings[option] or {}) do
    local found = by_word[squash(name)]
    if found then return found end
  end
  return by_word[squash(option)]
end

--- Returns the property of a body's schema that an option means, in any spelling.
---@param schema table?
---@param option string
---@return string? property
function M.property(schema, option) return property_of(schema and schema.properties, option) end

-- The options that mean properties: a runbook's word for one goes before the API's own.
local function spellings(properties)
  local words, list, meant = {}, {}, {}
  for option, names in pairs(meanings) do
    for _, name in ipairs(names) do
      if properties and properties[name] then words[option], meant[name] = true, true end
    end
  end
  for name in pairs(properties or {}) do
    if not meant[name] then words[spelled(name)] = true end
  end
  for word in pairs(words) do list[#list + 1] = word end
  table.sort(list)
  return list
end

--- Returns the API versions whose operation of this name knows the option, and its schema in the
--- last of them, where it is a property of the body.
local function known_elsewhere(operation, option)
  local versions, schema = {}, nil
  for _, version in ipairs(catalogue.having(operation.name)) do
    local other = catalogue.load(version):operation(operation.name)
    local name = other.body and property_of(other.body.properties, option)
    if name or M.takes_query(other, option) then
      versions[#versions + 1] = version
      schema = name and other.body.properties[name] or schema
    end
  end
  return versions, schema
end

-- The message says so where no version takes a word: another version would not help.
local function refuse_strange_word(call, option, value, schema)
  local words = schema and schema.enum
  if not words or type(value) ~= "string" then return end
  for _, word in ipairs(words) do
    if ascii.lower(word) == ascii.lower(value) then return end
  end
  local near = nearest(value, words)
  errors.usage(("%s: option '%s' must be one of %s, not %q"):format(call, option,
    table.concat(words, ", "), value), near and ("did you mean %q?"):format(near))
end

local convert

local function convert_table(schema, value, exact)
  local properties = schema and schema.properties
  local result = {}
  for key, item in pairs(value) do
    local name = type(key) == "string" and property_of(properties, key) or key
    -- A property given twice in two spellings stays twice: the check says so.
    if name ~= key and (rawget(value, name) ~= nil or result[name] ~= nil) then name = key end
    result[name] = convert(properties and properties[name], item, exact)
  end
  -- The names are the API's now: a part of a record is read no more.
  return part.is(value) and result or setmetatable(result, getmetatable(value))
end

-- Where a list is due: a collection gives its resources, a thing by itself is a list of one.
local function list_of(schema, value, exact)
  if part.is(value) then return items.is_schema(schema.items) and { value } or value end
  if type(value._all) == "function" then
    local list = value:_all()
    if #list == 0 then
      errors.raise { kind = "not_found",
        message = ("no %s is selected; nothing was sent"):format(value._class.kind) }
    end
    return list
  end
  if type(value.as_body) == "function" then return { value } end
  local is_list, may_be = values.is_array(value)
  local alone = not is_list and not may_be and value[1] == nil and not json.is_array(value)
  return alone and not exact and items.is_schema(schema.items) and { value } or value
end

-- A runbook's value as the API takes it: resources as their records, dates as text.  `exact`:
-- tables of the caller's are the API's already.
function convert(schema, value, exact)
  if type(value) == "table" then
    if schema and schema.type == "array" then value = list_of(schema, value, exact) end
    if items.is_schema(schema) then value = items.of(value, schema, exact) end
  end
  if type(value) == "table" then
    local record = not part.is(value) and value.as_body
    if type(record) == "function" then
      if schema and schema.type == "string" then return value.id end
      return record(value, schema)
    end
    local is_list, may_be = values.is_array(value)
    local due = schema and schema.type == "array"
    if is_list or may_be and due then
      local list = {}
      for i, item in ipairs(value) do list[i] = convert(schema and schema.items, item, exact) end
      return json.array(list)
    end
    -- No list where one is due (holes, names): the check refuses it.  Nothing may be lost here.
    if due then return value end
    return convert_table(schema, value, exact)
  end
  if schema and type(value) == "number" and time.is_time(value) then
    if schema.format == "date-time" then return time.iso(value) end
    if schema.format == "dotted" then return time.dotted(value) end
  end
  return value
end

--- Builds an operation's body.
---
--- An option that the version lacks is `unsupported` when another version has it, and
--- `usage` when none has; `implied` names the values that this version acts on anyway.
---@param operation table  of the catalogue
---@param options table<string, any>
---@param call string  the method's name, for messages ("restore")
---@param implied table<string, any>?  option → value that needs no property
---@return table? body  nil when the operation takes none or no option was given
function M.build(operation, options, call, implied)
  local schema = operation.body
  local properties = schema and schema.properties
  local body
  for option, value in pairs(options) do
    local name = property_of(properties, option)
    if not name and schema and (not properties or next(properties) == nil) then
      -- The catalogue does not know this body's properties: take the caller's word.
      name = option:gsub("_(%l)", ascii.upper)
    end
    if name then
      body = body or {}
      body[name] = convert(properties and properties[name], value)
    elseif not (implied and implied[option] ~= nil
        and ascii.lower(tostring(implied[option])) == ascii.lower(tostring(value))) then
      local versions, schema_there = known_elsewhere(operation, option)
      if versions[1] then
        refuse_strange_word(call, option, value, schema_there)
        errors.raise {
          kind = "unsupported", operation = operation.name,
          message = ("%s: option '%s' does not exist in %s"):format(call, option,
            operation.path:match "^/(v%d+)" or "this API version"),
          hint = "it exists in " .. table.concat(versions, ", "),
        }
      end
      local valid = spellings(properties)
      local best = nearest(option, valid)
      errors.usage(("%s has no option '%s'"):format(call, option),
        best and ("did you mean '%s'?"):format(best)
          or (#valid > 0 and "options are: " .. table.concat(valid, ", ") or nil))
    end
  end
  return body
end

--- Converts a body that the caller made whole: names, resources and dates as the API takes them.
---@param operation table
---@param value any
---@param exact boolean?  tables are as the API has them: only resources become items
---@return any
function M.whole(operation, value, exact)
  return convert(operation.body, value, exact)
end

local function query_names(operation)
  local names = {}
  for _, parameter in ipairs(operation.parameters) do
    if parameter.place == "query" then names[parameter.name] = true end
  end
  return names
end

local function query_schema(operation, name)
  for _, parameter in ipairs(operation.parameters) do
    if parameter.name == name then return parameter.schema end
  end
end

--- Separates the options that mean query parameters from those that mean properties of the
--- body, which come first.
---@param operation table
---@param options table<string, any>
---@param given table<string, any>?  query parameters that are known as such
---@return table<string, any> options, table<string, any> query
function M.divide(operation, options, given)
  local names = query_names(operation)
  local properties = operation.body and operation.body.properties
  local rest, query = {}, {}
  for name, value in pairs(given or {}) do query[name] = value end
  for option, value in pairs(options) do
    if not property_of(properties, option) and property_of(names, option) then
      query[option] = value
    else
      rest[option] = value
    end
  end
  return rest, query
end

--- Returns the query parameters of an operation as a runbook spells them.
---@param operation table
---@return string[]
function M.query_options(operation) return spellings(query_names(operation)) end

--- Returns whether an option means a query parameter of the operation.
---@param operation table
---@param option string
---@return boolean
function M.takes_query(operation, option)
  return property_of(query_names(operation), option) ~= nil
end

--- Adds query parameters under the names that this version's operation gives them.
--- One that it does not have is left out when `optional`, otherwise `unsupported`.
---@param operation table
---@param arguments table  receives the values
---@param query table<string, any>?
---@param optional table<string, boolean>?
function M.query(operation, arguments, query, optional)
  local names = query_names(operation)
  for _, parameter in ipairs(operation.parameters) do
    if parameter.place == "query" then
      -- v6 insists on switches such as `extendedView`; off is what later versions assume.
      if parameter.required and parameter.schema and parameter.schema.type == "boolean"
        and arguments[parameter.name] == nil then
        arguments[parameter.name] = false
      end
    end
  end
  for option, value in pairs(query or {}) do
    local name = property_of(names, option)
    if name then
      arguments[name] = convert(query_schema(operation, name), value)
    elseif not (optional and optional[option]) then
      errors.raise {
        kind = "unsupported", operation = operation.name,
        message = ("%s takes no '%s'"):format(operation.name, option),
      }
    end
  end
end

return M
