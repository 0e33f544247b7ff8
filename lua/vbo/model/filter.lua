--- Conditions of `where`, compiled to predicates.

local ascii = require "vbo.base.ascii"
local core = require "vbo.core"
local errors = require "vbo.base.error"
local json = require "vbo.base.json"
local moment = require "vbo.base.moment"
local time = require "vbo.base.time"
local wanted_of = require "vbo.model.wanted"

local M = {}

local function seconds_of(value)
  if type(value) == "number" then return value end
  return type(value) == "string" and time.parse(value) or nil
end

--- Splits a condition on a date: "modified", "after" for `modified_after`; nil for another one.
---@param key any
---@return string? field, string? how
function M.date_condition(key)
  if type(key) ~= "string" then return nil end
  local field, how = key:match "^(.+)_(%a+)$"
  if how == "after" or how == "before" then return field, how end
end

local function date_condition(field, how, limit, context)
  local what = field .. "_" .. how
  local schema = context.schema(field)
  if schema and schema.format ~= "date-time" and schema.format ~= "dotted" then
    errors.usage(("where: '%s' must compare a date, got '%s'"):format(what, field))
  end
  local bound = moment.bound(context.client, limit, what)
  local after = how == "after"
  return function(item)
    local seconds = seconds_of(item[field])
    if not seconds then return false end
    if after then return seconds >= bound end
    return seconds < bound
  end
end

-- Powers of 1024 as "KiB", and of 1000 as "kB", as the standards have them.
local units = { [""] = 1, b = 1 }
for i, letter in ipairs { "k", "m", "g", "t" } do
  units[letter .. "ib"], units[letter .. "b"] = 1024 ^ i, 1000 ^ i
end

--- Reads a size in bytes: a number, or "10 MiB" (1024 each) or "10 MB" (1000 each).
---@param value number|string
---@param what string  the condition's name, for the message
---@return number bytes
function M.bytes(value, what)
  if type(value) == "number" and value >= 0 then return value end
  local number, unit = tostring(value):match "^%s*(%d+%.?%d*)%s*(%a*)%s*$"
  local factor = type(value) == "string" and number and units[ascii.lower(unit)]
  if not factor then
    errors.usage(("'%s' takes a size, not %s"):format(what, tostring(value)),
      "write it as a number of bytes or as \"10 MiB\"")
  end
  return tonumber(number) * factor
end

local function size_condition(key, wanted)
  local larger, bound = key == "larger", M.bytes(wanted, key)
  return function(item)
    local size = item.size
    if type(size) ~= "number" then return false end
    if larger then return size > bound end
    return size < bound
  end
end

-- A predicate over a field's value for what is wanted of it.
local function value_test(wanted)
  if type(wanted) == "function" then return wanted end
  if wanted == json.null then return function(value) return value == nil end end
  if type(wanted) == "table" and #wanted > 0 then
    local tests = {}
    for i, one in ipairs(wanted) do tests[i] = value_test(one) end
    return function(value)
      for i = 1, #tests do
        if tests[i](value) then return true end
      end
      return false
    end
  end
  if type(wanted) ~= "string" then return function(value) return value == wanted end end
  if wanted:find "[*?]" then
    local pattern = core.fold(wanted)
    return function(value)
      return value ~= nil and core.matches(tostring(value), pattern)
    end
  end
  local text = core.fold(wanted)
  return function(value) return value ~= nil and core.fold(tostring(value)) == text end
end

-- Fields of mail that hold people: one or several, each with a name, an address or both.
local people = { from = "from", sender = "from", to = "to", cc = "cc", bcc = "bcc",
  organizer = "organizer" }

local function each_person(text, test)
  for part in (text .. ";"):gmatch "([^;]*);" do
    part = part:match "^%s*(.-)%s*$"
    local name, address = part:match "^(.-)%s*<([^<>]*)>$"
    if test(part) or address and (test(address)
        or test((name:gsub('^"(.*)"$', "%1")))) then
      return true
    end
  end
  return false
end

local function person_condition(field, wanted)
  local test = value_test(wanted)
  return function(item)
    local value = item[field]
    if type(value) ~= "string" or type(wanted) == "function" then return test(value) end
    return test(value) or each_person(value, test)
  end
end

local function condition(key, wanted, check, context)
  if type(key) ~= "string" then
    errors.usage "where takes conditions by field name, or a function"
  end
  if key == "larger" or key == "smaller" then
    check "size"
    return size_condition(key, wanted)
  end
  local field, how = M.date_condition(key)
  if field then
    check(field)
    return date_condition(field, how, wanted, context)
  end
  field = people[key] or key
  check(field)
  wanted_of.check(field, wanted, context)
  if people[key] then return person_condition(field, wanted) end
  local test = wanted_of.date_test(field, wanted, context) or value_test(wanted)
  return function(item) return test(item[field]) end
end

--- Compiles the argument of `where`.
---
--- Conditions by field: a value that it equals (text without regard to case and to how its
--- letters are composed), a list of such values, a glob, or a function of its value;
--- `FIELD_after` (that moment or later) and `FIELD_before`; `larger` and `smaller`.  The fields
--- of mail that name people (`from` or `sender`, `to`, `cc`, `bcc`, `organizer`) match as a whole
--- or by one of the names or addresses in them.
---@param conditions table|function
---@param check fun(field: string)?  raises for a field that does not exist
---@param context vbo.FilterContext?  what is known of the fields
---@return fun(item: table): boolean
function M.compile(conditions, check, context)
  if type(conditions) == "function" then return conditions end
  if type(conditions) ~= "table" then
    errors.usage(("where takes a table of conditions or a function, not a %s"):format(
      type(conditions)))
  end
  check = check or function() end
  context = context or { schema = function() end }
  local list = {}
  for key, wanted in pairs(conditions) do
    list[#list + 1] = condition(key, wanted, check, context)
  end
  return function(item)
    for i = 1, #list do
      if not list[i](item) then return false end
    end
    return true
  end
end

--- Returns whether an item passes every predicate.
---@param predicates function[]
---@param item table
---@return boolean
function M.passes(predicates, item)
  for i = 1, #predicates do
    if not predicates[i](item) then return false end
  end
  return true
end

return M
