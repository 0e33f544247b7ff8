--- Checks requests against the schemas of the catalogue, as lenient as the real server: property
--- names and enum values in any case, booleans and numbers as JSON strings.

local ascii = require "vbo.base.ascii"
local json = require "vbo.base.json"
local nearest = require "vbo.base.nearest"
local refusal = require "vbo.sim.base.refusal"
local time = require "vbo.base.time"

local M = {}

-- Properties that clients post back with an object they have read.
local always = { _links = true, _actions = true }

-- An empty array has the mark of `vbo.json`; any other has a first element.
local mark = getmetatable(json.array {})
local function is_array(value) return getmetatable(value) == mark or value[1] ~= nil end

local function refuse(where, text) refusal.raise(400, ("'%s' %s."):format(where, text)) end

local function names_of(schema)
  local names = {}
  for name in pairs(schema.properties) do names[#names + 1] = name end
  table.sort(names)
  return names
end

local check

local function check_object(value, schema, where)
  if type(value) ~= "table" or is_array(value) then refuse(where, "must be an object") end
  if not schema.properties then return value end
  local known, out = {}, {}
  for name in pairs(schema.properties) do known[ascii.lower(name)] = name end
  -- Clients post an object that its id identifies with all the properties they have read.
  local whole = where ~= "body" and known.id and (value.id or value.Id)
  for key, each in pairs(value) do
    local inside = where == "body" and key or where .. "." .. key
    local name = known[ascii.lower(tostring(key))]
    if name then
      out[name] = check(each, schema.properties[name], inside)
    elseif schema.additional then
      out[key] = check(each, schema.additional, inside)
    elseif not always[key] and not whole then
      local near = nearest(tostring(key), names_of(schema))
      refuse(inside, "is not a property that is known here"
        .. (near and ("; did you mean '%s'?"):format(near) or ""))
    end
  end
  -- An inner object needs only its id: clients list documents as [{"Id": "…"}].
  for _, name in ipairs(where == "body" and schema.required or {}) do
    if out[name] == nil then refuse(name, "is missing") end
  end
  return out
end

local checks = {}

function checks.boolean(value, _, where)
  if type(value) == "boolean" then return value end
  local word = type(value) == "string" and ascii.lower(value)
  if word == "true" then return true elseif word == "false" then return false end
  refuse(where, "must be true or false")
end

function checks.integer(value, _, where)
  local number = type(value) ~= "boolean" and math.tointeger(tonumber(value))
  return number or refuse(where, "must be a whole number")
end

function checks.number(value, _, where)
  return type(value) ~= "boolean" and tonumber(value) or refuse(where, "must be a number")
end

function checks.string(value, schema, where)
  if type(value) == "number" or type(value) == "boolean" then value = tostring(value) end
  if type(value) ~= "string" then refuse(where, "must be a string") end
  if schema.enum then
    for _, each in ipairs(schema.enum) do
      if ascii.lower(each) == ascii.lower(value) then return each end
    end
    refuse(where, ("must be one of %s, not '%s'"):format(table.concat(schema.enum, ", "), value))
  elseif schema.format == "uuid" then
    local plain = value:gsub("^{(.*)}$", "%1")
    if not plain:match "^%x+%-%x+%-%x+%-%x+%-%x+$" or #plain ~= 36 then
      refuse(where, "must be a UUID")
    end
    return ascii.lower(plain)
  elseif schema.format == "date-time" and not schema.loose and not time.parse(value) then
    refuse(where, "must be a date and time, as in 2026-11-20T22:00:00Z")
  end
  return value
end

function checks.array(value, schema, where)
  if type(value) ~= "table" or not is_array(value) then refuse(where, "must be an array") end
  local out = json.array {}
  for i, each in ipairs(value) do
    out[i] = schema.items and check(each, schema.items, ("%s[%d]"):format(where, i - 1)) or each
  end
  return out
end

checks.object = check_object

-- Drops nulls: the server's own clients write null for every empty field.
check = function(value, schema, where)
  if value == json.null then return nil end
  local kind = schema.type or schema.properties and "object"
  if not checks[kind] then return value end
  return checks[kind](value, schema, where)
end

--- Checks a body; raises a 400 that names the property.
---@param value any
---@param schema vbo.Schema
---@return any  with the case of names and enums corrected, and nulls left out
function M.body(value, schema) return check(value, schema, "body") end

--- Checks a query; ignores unknown names, as the real server does.
---@param parameters table[]   of the operation
---@param first table<string, string>
---@param all table<string, string[]>
---@return table<string, any>  by the parameter's name in the catalogue
function M.query(parameters, first, all)
  local out = {}
  for _, parameter in ipairs(parameters) do
    local name = parameter.name
    local given = first[ascii.lower(name)]
    if parameter.place == "query" and given ~= nil then
      if parameter.schema.type == "array" then
        out[name] = all[ascii.lower(name)]
      elseif parameter.schema.type == "string" and all[ascii.lower(name)][2] then
        -- ASP.NET joins repeated values.
        out[name] = table.concat(all[ascii.lower(name)], ",")
      elseif given ~= "" then
        out[name] = check(given, parameter.schema, name)
      end
    elseif parameter.place == "query" and parameter.required
        and parameter.schema.type ~= "boolean" and parameter.schema.type ~= "integer" then
      -- Missing flags and numbers have a default, even "required" ones: v6 lists organizations
      -- without its required extendedView.
      refusal.missing { name }
    end
  end
  return out
end

return M
