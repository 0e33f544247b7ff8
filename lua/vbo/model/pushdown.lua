--- Conditions of `where` that the server can check.
---
--- Only what surely means the same there: the records that come back are checked again here,
--- so a server that lets too many through does no harm, and one that let too few through
--- would.  Names are left out for that reason: no version says whether its `name=` and
--- `displayName=` compare, search or mind the case.

local ascii = require "vbo.base.ascii"
local filter = require "vbo.model.filter"
local moment = require "vbo.base.moment"
local spelling = require "vbo.base.spelling"
local time = require "vbo.base.time"

local M = {}

local squash = spelling.squash

-- Fields whose query parameter of the same name compares with them.
local equal = {}
for name in ([[
  organizationId backedUpOrganizationId repositoryId jobId proxyId proxyPoolId msid
  accountType dataState jobType status type isCopy isLongTermCopy isRetrieved
]]):gmatch "%a+" do
  equal[ascii.lower(name)] = true
end

-- Dates whose bounds are query parameters.
local bounds = {
  endtime = { after = { "endTimeLowerBound", "endTimeFrom" },
    before = { "endTimeUpperBound", "endTimeTo" } },
}

local function is_guid(text)
  return text:match("^" .. ("%x"):rep(8) .. ("%-%x%x%x%x"):rep(4) .. ("%x"):rep(8) .. "$") ~= nil
end

local function member(enum, value)
  for _, name in ipairs(enum) do
    if ascii.lower(name) == ascii.lower(value) then return name end
  end
end

-- The fields of the records that an operation lists; nil where the version does not say.
local function properties_of(operation)
  local schema = operation.answer and operation.answer.schema
  local results = schema and schema.properties and schema.properties.results
  local items = results and results.items or schema and schema.items
  return items and items.properties
end

local function has(properties, field)
  if not properties then return true end
  for name in pairs(properties) do
    if squash(name) == field then return true end
  end
  return false
end

-- A value as the parameter takes it; nil when it might not mean the same there.
local function comparable(parameter, value)
  local schema = parameter.schema or {}
  if type(value) == "boolean" then
    if schema.type == "boolean" then return value end
    return nil
  end
  if type(value) ~= "string" then return nil end
  if schema.enum then return member(schema.enum, value) end
  return is_guid(value) and value or nil
end

-- The parameter of an operation that limits a date, by its names in the versions.
local function limit_of(names, parameters)
  for _, name in ipairs(names) do
    if parameters[ascii.lower(name)] then return name end
  end
end

--- Adds to a query what the conditions ask for and the operation knows.
---@param operation vbo.Operation
---@param conditions table[]  as given to `where`
---@param query table<string, any>  what it holds already is kept
---@param client vbo.Client
function M.add(operation, conditions, query, client)
  local parameters = {}
  for _, parameter in ipairs(operation.parameters) do
    if parameter.place == "query" then parameters[ascii.lower(parameter.name)] = parameter end
  end
  local said = {}
  for option in pairs(query) do said[squash(option)] = true end
  local properties = properties_of(operation)
  local function add(name, value)
    if name == nil or value == nil or said[ascii.lower(name)] then return end
    said[ascii.lower(name)] = true
    query[name] = value
  end
  for _, condition in ipairs(conditions) do
    for key, value in pairs(condition) do
      local field, how = filter.date_condition(key)
      local limits = field and bounds[squash(field)]
      if limits and has(properties, squash(field)) then
        local name = limit_of(limits[how], parameters)
        -- A second wider: versions differ in whether the bound itself is within.
        local wider = how == "after" and -1 or 1
        add(name, name and time.iso(moment.bound(client, value, key) + wider))
      elseif not field and type(key) == "string" and equal[squash(key)]
          and has(properties, squash(key)) then
        local parameter = parameters[squash(key)]
        if parameter then add(parameter.name, comparable(parameter, value)) end
      end
    end
  end
end

return M
