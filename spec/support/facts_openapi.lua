-- The OpenAPI documents of v6 to v8, read for specs: no code of the catalogue, its own
-- resolution of references and its own validator.

local M = {}

local Reader = {}
Reader.__index = Reader

local null = require "cjson".null

-- References and compositions of one part, followed to the end; marks met on the way count.
local function resolved(self, source)
  local marks = { nullable = source.nullable == true, read_only = source.readOnly == true }
  while true do
    local only = source.allOf
    if source["$ref"] then
      local name = source["$ref"]:match "^#/components/schemas/(.+)$"
      source = assert(self.document.components.schemas[name], source["$ref"])
    elseif only then
      assert(#only == 1, "a composition of several parts")
      source = only[1]
    else
      return source, marks
    end
    marks.nullable = marks.nullable or source.nullable == true
    marks.read_only = marks.read_only or source.readOnly == true
  end
end

-- A day that the calendar has: os.time turns others into the ones they stand for.
local function is_day(year, month, day)
  local time = { year = tonumber(year), month = tonumber(month), day = tonumber(day), hour = 12 }
  os.time(time)
  return time.month == tonumber(month) and time.day == tonumber(day)
end

local patterns = {
  uuid = function(text)
    return text:find "^%x%x%x%x%x%x%x%x%-%x%x%x%x%-%x%x%x%x%-%x%x%x%x%-%x%x%x%x%x%x%x%x%x%x%x%x$"
  end,
  ["date-time"] = function(text)
    local year, month, day, hour, minute, rest =
      text:match "^(%d%d%d%d)%-(%d%d)%-(%d%d)T(%d%d):(%d%d):%d%d(.*)$"
    return year and is_day(year, month, day) and hour < "24" and minute < "60"
      and (rest:find "^%.?%d*Z$" or rest:find "^%.?%d*[+-]%d%d:%d%d$")
  end,
  byte = function(text) return #text % 4 == 0 and text:find "^[%w+/]*=?=?$" end,
}

local limits = { int32 = 0x7fffffff, int64 = math.maxinteger }

local function scalar_problem(source, value)
  local kind = source.type
  if kind == "string" then
    if type(value) ~= "string" then return "is no string" end
    local test = patterns[source.format]
    if test and not test(value) then return "is no " .. source.format end
  elseif kind == "boolean" then
    if type(value) ~= "boolean" then return "is no boolean" end
  elseif kind == "integer" then
    if math.type(value) ~= "integer" then return "is no integer" end
    local most = limits[source.format] or math.maxinteger
    if value > most or value < -most - 1 then return "is out of range" end
  elseif kind == "number" then
    if type(value) ~= "number" then return "is no number" end
  else
    error("unknown type " .. tostring(kind))
  end
end

local problem

local function object_problem(self, source, value, where)
  if type(value) ~= "table" or self.is_array(value) then return where, "is no object" end
  local properties, required = source.properties or {}, {}
  for _, name in ipairs(source.required or {}) do
    required[name] = true
    local _, marks = resolved(self, properties[name] or {})
    if value[name] == nil and not marks.read_only then return where .. "." .. name, "is missing" end
  end
  local more = source.additionalProperties
  local open = more == true or more == nil and next(properties) == nil
  for name, item in pairs(value) do
    local property, inside = properties[name], where .. "." .. tostring(name)
    if property then
      local _, marks = resolved(self, property)
      if marks.read_only then return inside, "is read-only" end
      local at, what = problem(self, property, item, inside)
      if at then return at, what end
    elseif type(more) == "table" then
      local at, what = problem(self, more, item, inside)
      if at then return at, what end
    elseif not open and not required[name] then
      return inside, "is unknown"
    end
  end
end

local function array_problem(self, source, value, where)
  if type(value) ~= "table" or not self.is_array(value) then return where, "is no array" end
  for i, item in ipairs(value) do
    local at, what = problem(self, source.items or {}, item, ("%s[%d]"):format(where, i))
    if at then return at, what end
  end
end

function problem(self, source, value, where)
  local target, marks = resolved(self, source)
  if value == null then
    if marks.nullable or target.type == nil and not target.properties then return end
    return where, "is null"
  end
  if target.enum then
    for _, word in ipairs(target.enum) do if word == value then return end end
    return where, "is not in the enum"
  elseif target.type == "array" then
    return array_problem(self, target, value, where)
  elseif target.type == "object" or target.properties then
    return object_problem(self, target, value, where)
  elseif target.type == nil then
    return
  end
  local what = scalar_problem(target, value)
  if what then return where, what end
end

--- Returns the problem of an operation's body: the path of the property and why; nil when it is
--- as the document says.
function Reader:body_problem(operation, value)
  return problem(self, operation.body, value, "body")
end

--- Returns the problem of a path or query parameter's text.
function Reader:text_problem(source, text)
  local target = resolved(self, source)
  local value = text
  if target.type == "boolean" then
    if text == "true" then value = true elseif text == "false" then value = false end
  elseif target.type == "integer" then
    value = math.tointeger(tonumber(text)) or text
  elseif target.type == "number" then
    value = tonumber(text) or text
  end
  local _, what = problem(self, source, value, "")
  return what
end

local letters = {
  string = "s", integer = "i", number = "n", boolean = "b", array = "a", object = "o",
}

--- The JSON type of a schema as one letter, with `?` when it may be null.
function Reader:letter(source)
  local target, marks = resolved(self, source)
  local letter = target.enum and "s" or letters[target.type] or target.properties and "o" or "*"
  return letter .. (marks.nullable and "?" or "")
end

--- The top of a body's schema: its letter, its properties (name → letter) or nil when it is
--- open, and what it requires.
function Reader:top(operation)
  local target = resolved(self, operation.body)
  local letter = self:letter(operation.body)
  if not target.properties or target.additionalProperties then return letter end
  local properties, required = {}, {}
  for name, source in pairs(target.properties) do
    local _, marks = resolved(self, source)
    if not marks.read_only then properties[name] = self:letter(source) end
  end
  for _, name in ipairs(target.required or {}) do
    properties[name] = properties[name] or not target.properties[name] and "*" or nil
    required[name] = properties[name] and true or nil
  end
  return letter, properties, required
end

local function parameters_of(item, source, path)
  local places, query, by_name = {}, {}, {}
  for _, group in ipairs { item.parameters or {}, source.parameters or {} } do
    for _, parameter in ipairs(group) do
      local entry = { name = parameter.name, required = parameter.required == true,
        source = parameter.schema }
      if parameter["in"] == "query" then query[#query + 1] = entry
      elseif parameter["in"] == "path" then by_name[entry.name] = entry end
    end
  end
  for name in path:gmatch "{([^}]+)}" do
    places[#places + 1] = assert(by_name[name], path)
  end
  return places, query
end

--- Reads a decoded document.
---@param document table
---@param is_array fun(value: table): boolean  of values to judge
function M.read(document, is_array)
  local self = setmetatable({ document = document, is_array = is_array, operations = {} }, Reader)
  for path, item in pairs(document.paths) do
    for method, source in pairs(item) do
      if method ~= "parameters" then
        local operation = {
          id = source.operationId, method = method:upper(), path = path, types = {},
          anonymous = source["x-anonymous"] == true,
        }
        operation.places, operation.query = parameters_of(item, source, path)
        local body = source.requestBody
        if body then
          operation.body_required = body.required == true
          for kind, media in pairs(body.content) do
            operation.types[kind] = true
            operation.body = operation.body or media.schema
          end
        end
        self.operations[#self.operations + 1] = operation
      end
    end
  end
  return self
end

return M
