--- Holds an answer to what its operation promises.
---
--- Derived from the facts of answers alone.  An answer that says nothing (no body, `null`,
--- `{}`) must not pass for "there is none" or "it is done", and neither must one of another
--- shape: a log-in page, half a document, an array for an object.
---
--- Held to little: optional properties may be absent and unknown ones present; a list may be a
--- page or an array whatever the reference shows (up to v5 it shows arrays where servers answer
--- pages), but an empty array cannot stand for a page where the document promises one; an operation
--- that promises nothing may answer nothing or any JSON.

local ascii = require "vbo.base.ascii"
local json = require "vbo.base.json"

local M = {}

---@class vbo.Promise
---@field kind "nothing"|"list"|"record"|"any"
---@field what string           in words
---@field page boolean?         a list: without records it is a page, not a bare array
---@field one boolean?          a list that may be its only record: of what a name addresses
---@field rows boolean?         of a list: they are objects
---@field some string[]?        a record, or each row, has one of these properties; nil: any
---@field all string[]          and all of these
---@field done string[]?        statistics: and a number in one of these
---@field parts string?         statistics of several things: the list of them
---@field token boolean?        a list of changes, with the token of the next one

-- Names of properties that count what was done.
local counts_done = "^%l+ed%u%l*sCount$"
local did = { restored = true, created = true, merged = true }

-- The properties of a record but for those of HAL.
local function own_names(schema)
  local names = {}
  for _, name in ipairs(schema.order or {}) do
    if name:sub(1, 1) ~= "_" then names[#names + 1] = name end
  end
  return names
end

local function is_scalar(schema)
  return schema.type ~= nil and schema.type ~= "object" and schema.type ~= "array"
end

-- Lists the fields that a record must have: its id; without one, those that its schema requires.
local function needed(schema)
  local properties, names = schema.properties, {}
  if properties.id then return { "id" } end
  for _, name in ipairs(schema.required or {}) do
    local property = properties[name]
    if property and is_scalar(property) and not property.nullable then names[#names + 1] = name end
  end
  return names
end

-- Statistics count what was done, and what failed.
local function statistics(schema, promise)
  local done = {}
  for _, name in ipairs(schema.order) do
    if name:find(counts_done) and did[name:match "^%l+ed"] then done[#done + 1] = name end
  end
  if #done == 0 then return end
  promise.what, promise.done = "statistics", done
  if #promise.all == 0 and schema.properties.failedItemsCount then
    promise.all = { "failedItemsCount" }
  end
end

local function record(schema)
  local promise = { kind = "record", what = "an object", some = own_names(schema),
    all = needed(schema) }
  if #promise.some == 0 then promise.some = nil end
  statistics(schema, promise)
  -- Of several drives or mailboxes: the statistics of each.
  local properties = schema.properties
  if not properties.id and properties.status and properties.details
      and properties.details.type == "array" then
    promise.what, promise.parts = "statistics", "details"
  end
  return promise
end

-- Of rows only an id that the schema requires is insisted on.
local function row(item, promise)
  promise.rows = item == nil or item.type == nil or item.type == "object"
  if not (item and item.properties) then return promise end
  promise.some = own_names(item)
  if #promise.some == 0 then promise.some = nil end
  for _, name in ipairs(item.required or {}) do
    if name == "id" then promise.all = { "id" } end
  end
  return promise
end

local function list(operation, exact)
  local answer = operation.answer
  return row(answer.item, { kind = "list", what = "a list", all = {},
    page = exact and (answer.page == true or answer.changes), token = answer.changes,
    one = operation.path:find "}$" ~= nil })
end

local function read(operation, exact)
  local answer = operation.answer
  if answer.kind == "stream" then return nil end
  if answer.kind == "empty" then return { kind = "nothing", what = "nothing", all = {} } end
  if answer.page or answer.array or answer.changes then
    return list(operation, exact)
  end
  local schema = answer.schema
  if schema and schema.properties then return record(schema) end
  return { kind = "any", what = "an object or a list", rows = true, all = {} }
end

local known = setmetatable({}, { __mode = "k" })

--- Returns what an operation promises.
---@param operation vbo.Operation
---@param exact boolean  the version's own document says whether a list is a page or an array
---@return vbo.Promise?  nil for a stream, whose bytes are judged where they are saved
function M.of(operation, exact)
  local promise = known[operation]
  if promise == nil then
    promise = read(operation, exact) or false
    known[operation] = promise
  end
  return promise or nil
end

-- --------------------------------------------------------------------- in words

local function quoted(text)
  if #text > 40 then text = text:sub(1, 40) .. "…" end
  return ('"%s"'):format((text:gsub("%c", " ")))
end

-- Names the kind of a value for a message.
local function words(value)
  if value == nil then return "no body" end
  if value == json.null then return "null" end
  if type(value) == "string" then return "the text " .. quoted(value) end
  if type(value) ~= "table" then return tostring(value) end
  if json.is_array(value) then return #value == 0 and "an empty list" or "a list" end
  return next(value) == nil and "an empty object" or "an object"
end

--- Says what came instead of what was promised.
---@param promise vbo.Promise
---@param value any  what the server answered
---@return string
function M.instead(promise, value)
  if promise.kind == "list" then
    return "the server answered neither a page nor a list, but " .. words(value)
  end
  return ("the server answered %s instead of %s"):format(words(value), promise.what)
end

local instead = M.instead

--- Says that a record of a list has none of its properties.
---@param at integer
---@return string
function M.empty_row(at)
  return ("the server answered a list whose record %d says nothing"):format(at)
end

--- Says that a record of a list lacks a property.
---@param at integer
---@param name string
---@return string
function M.row_without(at, name)
  return ("the server answered a list whose record %d has no '%s'"):format(at, name)
end

-- --------------------------------------------------------------------- the check

local function present(value) return value ~= nil and value ~= json.null and value ~= "" end

-- A property by its name, in any case: servers up to v5 were seen to write it otherwise.
local function property(object, name)
  local value = object[name]
  if value ~= nil then return value end
  name = ascii.lower(name)
  for key, other in pairs(object) do
    if type(key) == "string" and ascii.lower(key) == name then return other end
  end
  return nil
end

local function has_some(object, names)
  if not names then return true end
  for _, name in ipairs(names) do
    if present(object[name]) then return true end
  end
  for _, name in ipairs(names) do
    if present(property(object, name)) then return true end
  end
  return false
end

-- A key or a count is a text or a number that says something.
local function says(value)
  return type(value) == "boolean" or math.type(value) == "integer"
    or type(value) == "string" and value ~= ""
end

local function lacks(object, promise)
  for _, name in ipairs(promise.all) do
    if not says(property(object, name)) then return name end
  end
  for _, name in ipairs(promise.done or {}) do
    if math.type(property(object, name)) == "integer" then return nil end
  end
  return promise.done and promise.done[1] or nil
end

local function is_object(value) return type(value) == "table" and not json.is_array(value) end

local function bad_row(promise, value, at)
  if not promise.rows then return nil end
  if not is_object(value) then
    return ("the server answered a list whose record %d must be an object, but is %s"):format(at,
      words(value))
  end
  if next(value) == nil or not has_some(value, promise.some) then
    return M.empty_row(at)
  end
  local name = lacks(value, promise)
  return name and M.row_without(at, name)
end

local function bad_rows(promise, rows)
  for at = 1, #rows do
    local problem = bad_row(promise, rows[at], at)
    if problem then return problem end
  end
end

-- The rows of a list, as they were decoded.
local function rows_of(promise, data)
  if json.is_array(data) then return (#data > 0 or not promise.page) and data or nil end
  if not is_object(data) then return nil end
  local results = property(data, "results")
  return json.is_array(results) and results or nil
end

local function bad_list(promise, data)
  local rows = rows_of(promise, data)
  if not rows then
    if promise.one and is_object(data) and has_some(data, promise.some) then return nil end
    if is_object(data) and next(data) ~= nil then
      return "the server answered neither a page nor a list, but an object without 'results'"
    end
    return instead(promise, data)
  end
  if promise.token and not says(data.nextChangeToken) then
    return "the server answered changes without the token of the next ones"
  end
  return bad_rows(promise, rows)
end

local function bad_record(promise, data)
  if not is_object(data) or not has_some(data, promise.some) then
    if is_object(data) and next(data) ~= nil then
      return ("the server answered an object that has nothing of %s"):format(
        promise.what == "an object" and "what it should have" or promise.what)
    end
    return instead(promise, data)
  end
  local parts = promise.parts and property(data, promise.parts)
  if promise.parts and property(data, "status") ~= "Failed"
      and not (json.is_array(parts) and is_object(parts[1])) then
    return ("the server answered %s without '%s'"):format(promise.what, promise.parts)
  end
  local name = lacks(data, promise)
  return name and ("the server answered %s without '%s'"):format(promise.what, name)
end

--- Tells what is wrong with an answer.
---@param promise vbo.Promise
---@param answer vbo.Answer  decoded
---@return string? problem  nil when it keeps the promise
function M.broken(promise, answer)
  local data = answer.data
  if promise.kind == "nothing" then return nil end
  if promise.kind == "list" then return bad_list(promise, data) end
  if promise.kind == "record" then return bad_record(promise, data) end
  if type(data) ~= "table" or not json.is_array(data) and next(data) == nil then
    return instead(promise, data)
  end
  return bad_rows(promise, rows_of(promise, data) or {})
end

return M
