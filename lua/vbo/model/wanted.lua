--- Reads what a condition of `where` wants of a field, and holds it to what the field is: a wrong
--- kind of value would match nothing, without a word.

local alike = require "vbo.request.alike"
local ascii = require "vbo.base.ascii"
local errors = require "vbo.base.error"
local json = require "vbo.base.json"
local moment = require "vbo.base.moment"
local nearest = require "vbo.base.nearest"
local time = require "vbo.base.time"

local M = {}

---@class vbo.FilterContext
---@field client vbo.Client?
---@field class table?
---@field schema fun(field: string): vbo.Schema?, string?  of a field, and its name in records

local function refuse(field, takes, wanted, hint)
  local kind = math.type(wanted) or type(wanted)
  local shown = (kind == "string" or kind == "integer" or kind == "float" or kind == "boolean")
    and tostring(wanted) or "a " .. kind
  errors.usage(("where: '%s' takes %s, got %s"):format(field, takes, shown), hint)
end

local function is_glob(wanted) return type(wanted) == "string" and wanted:find "[*?]" ~= nil end

local function is_date(schema) return schema.format == "date-time" or schema.format == "dotted" end

local function number(field, wanted)
  if type(wanted) == "number" and wanted == wanted then return end
  if type(wanted) == "string" and wanted:find "^%-?%d+%.?%d*$" then return end
  refuse(field, "a number, a list of numbers or a function", wanted, field == "size"
    and 'write larger = "10 MiB" or smaller = "10 MiB" for a range' or nil)
end

local function boolean(field, wanted)
  if type(wanted) == "boolean" or wanted == "true" or wanted == "false" then return end
  refuse(field, "true or false", wanted)
end

local function date(field, wanted)
  if type(wanted) == "number" and time.is_time(wanted) or is_glob(wanted) then return end
  local seconds, _, timed
  if type(wanted) == "string" then seconds, _, timed = time.parse(wanted) end
  if seconds and timed then return end
  refuse(field, seconds and "a date with its time of day" or "a date", wanted,
    ("write %s_after = … and %s_before = … for a range"):format(field, field))
end

local function word(field, wanted, schema, context, name)
  if type(wanted) ~= "string" then refuse(field, "a word", wanted) end
  if is_glob(wanted) then return end
  local words = {}
  for i, each in ipairs(schema.enum) do
    -- As the field is read: words were renamed between versions.
    local read = alike.value(each, name, context.class, context.client)
    words[i] = read
    if ascii.lower(each) == ascii.lower(wanted) or ascii.lower(read) == ascii.lower(wanted) then
      return
    end
  end
  local best = nearest(wanted, words)
  refuse(field, "one of " .. table.concat(words, ", "), wanted,
    best and ("did you mean '%s'?"):format(best))
end

local function text(field, wanted)
  if type(wanted) == "string" then return end
  refuse(field, "text, a list of texts or a function", wanted)
end

local function several(field, wanted)
  refuse(field, "a function: it holds several values", wanted)
end

local kinds = { integer = number, number = number, boolean = boolean, object = several,
  array = several }

local function one(field, wanted, schema, context, name)
  if type(wanted) == "function" or wanted == json.null then return end
  if type(wanted) == "table" then
    refuse(field, "a value, a list of values or a function", wanted,
      "compare the id of a resource, not the resource")
  end
  if wanted ~= wanted then refuse(field, "a value", wanted) end
  if not schema then return end
  local test = kinds[schema.type]
  if test then return test(field, wanted) end
  if schema.type ~= "string" then return end
  if is_date(schema) then return date(field, wanted) end
  if schema.enum then return word(field, wanted, schema, context, name) end
  text(field, wanted)
end

--- Raises `usage` where a condition's value cannot be a value of its field.
---@param field string  as the runbook spells it
---@param wanted any
---@param context vbo.FilterContext
function M.check(field, wanted, context)
  local schema, name = context.schema(field)
  if type(wanted) ~= "table" or getmetatable(wanted) ~= nil then
    return one(field, wanted, schema, context, name)
  end
  local count = 0
  for _ in pairs(wanted) do count = count + 1 end
  if count ~= #wanted then
    errors.usage(("where: '%s' takes a value, a list of values or a function, got a table of named "
      .. "values"):format(field))
  end
  for _, each in ipairs(wanted) do one(field, each, schema, context, name) end
end

local function instant(field, wanted, context)
  if type(wanted) == "number" then return wanted end
  return (moment.bound(context.client, wanted, field))
end

--- Returns a predicate that compares dates as moments; nil where the field or what is wanted of
--- it is not a date.
---@param field string
---@param wanted any
---@param context vbo.FilterContext
---@return (fun(value: any): boolean)?
function M.date_test(field, wanted, context)
  local schema = context.schema(field)
  if not schema or not is_date(schema) then return nil end
  local list = type(wanted) == "table" and wanted or { wanted }
  local moments = {}
  for i, each in ipairs(list) do
    if type(each) == "function" or each == json.null or is_glob(each) then return nil end
    moments[i] = instant(field, each, context)
  end
  return function(value)
    local seconds = type(value) == "string" and time.parse(value)
    for i = 1, #moments do
      -- Dates are read in whole seconds.
      if seconds and seconds // 1 == moments[i] // 1 then return true end
    end
    return false
  end
end

return M
