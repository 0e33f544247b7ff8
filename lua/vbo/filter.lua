--- Conditions of `where`, compiled to predicates.

local errors = require "vbo.error"
local time = require "vbo.time"

local M = {}

--- A glob (`*`, `?`) as a Lua pattern over lower-case text.
local function pattern_of(glob)
  local pattern = glob:lower():gsub("[%^%$%(%)%%%.%[%]%+%-]", "%%%0")
  return "^" .. pattern:gsub("%*", ".*"):gsub("%?", (utf8.charpattern:gsub("%%", "%%%%"))) .. "$"
end

local function seconds_of(value)
  if type(value) == "number" then return value end
  return type(value) == "string" and time.parse(value) or nil
end

local comparisons = {}

function comparisons.after(field, limit)
  local bound = time.point(limit, field .. "_after")
  return function(item)
    local seconds = seconds_of(item[field])
    return seconds ~= nil and seconds >= bound
  end
end

function comparisons.before(field, limit)
  local bound = time.point(limit, field .. "_before")
  return function(item)
    local seconds = seconds_of(item[field])
    return seconds ~= nil and seconds < bound
  end
end

local function size_condition(larger, bound)
  if type(bound) ~= "number" then errors.usage "larger and smaller take a number of bytes" end
  return function(item)
    local size = item.size
    if type(size) ~= "number" then return false end
    if larger then return size > bound end
    return size < bound
  end
end

local function condition(key, wanted, check)
  if type(key) ~= "string" then
    errors.usage "where takes conditions by field name, or a function"
  end
  if key == "larger" or key == "smaller" then return size_condition(key == "larger", wanted) end
  local field, how = key:match "^(.+)_(%a+)$"
  if field and comparisons[how] then
    check(field)
    return comparisons[how](field, wanted)
  end
  check(key)
  if type(wanted) == "function" then
    return function(item) return wanted(item[key]) end
  end
  if type(wanted) == "string" then
    if wanted:find "[*?]" then
      local pattern = pattern_of(wanted)
      return function(item)
        local value = item[key]
        return value ~= nil and tostring(value):lower():find(pattern) ~= nil
      end
    end
    local text = wanted:lower()
    return function(item)
      local value = item[key]
      return value ~= nil and tostring(value):lower() == text
    end
  end
  return function(item) return item[key] == wanted end
end

--- Compiles the argument of `where`.
---@param conditions table|function
---@param check fun(field: string)?  raises for a field that does not exist
---@return fun(item: table): boolean
function M.compile(conditions, check)
  if type(conditions) == "function" then return conditions end
  if type(conditions) ~= "table" then
    errors.usage(("where takes a table of conditions or a function, not a %s"):format(
      type(conditions)))
  end
  check = check or function() end
  local list = {}
  for key, wanted in pairs(conditions) do list[#list + 1] = condition(key, wanted, check) end
  return function(item)
    for i = 1, #list do
      if not list[i](item) then return false end
    end
    return true
  end
end

--- Whether an item passes every predicate.
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
