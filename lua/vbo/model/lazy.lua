--- Keeps records of a page as they are written until something reads them, so that a list of a
--- million records runs in flat memory.
---
--- This module alone sees such pages (`csrc/json/page.h`, `csrc/lua/lpage.c`).  The pipeline gets
--- a reader of answers; lists get records that are counted, read and walked through functions
--- here; a class gets the function that reads its resources.  A page was parsed as a whole before
--- it is made: text that is not JSON, or nested too deeply, goes to `json.decode`, which raises.

local alike = require "vbo.request.alike"
local answers = require "vbo.request.answer"
local core = require "vbo.core"
local fields = require "vbo.model.fields"
local given_ids = require "vbo.request.given_ids"
local json = require "vbo.base.json"
local part = require "vbo.request.part"
local promises = require "vbo.request.promise"

local M = {}

-- ------------------------------------------------------------------------- answers

-- A gate that reads the data of an answer gets all of it, decoded.
local answer_meta = {
  __index = function(answer, key)
    if key ~= "data" then return nil end
    local data = assert(json.decode(answer.page:whole()))
    rawset(answer, "data", data)
    return data
  end,
}

-- The page of an answer; nil once something has read its data, which counts from then on.
local function page_of(answer)
  return rawget(answer, "data") == nil and rawget(answer, "page") or nil
end

-- The first record of a page that has nothing of what its promise names.
local function empty_row(promise, page)
  if promise.some then return page:lacking(table.unpack(promise.some)) end
  for at = 1, #page do
    if page:text(at):find "^{%s*}$" then return at end
  end
end

local function broken(promise, page)
  if promise.kind ~= "list" and promise.kind ~= "any"
      or #page == 0 and page:bare() and promise.page then
    return promises.instead(promise, page:bare() and json.array {} or { results = true })
  end
  if not promise.rows then return nil end
  local at = empty_row(promise, page)
  if at then return promises.empty_row(at) end
  for _, name in ipairs(promise.all) do
    at = page:lacking(name)
    if at then return promises.row_without(at, name) end
  end
end

--- Reads answers for lists: `reader` of `vbo.Request`.  Falls back to decoding where an answer is
--- no page.
M.reader = {
  read = function(transfer)
    local page = transfer:page(json.depth)
    if not page then return answers.reader.read(transfer) end
    return setmetatable({ status = transfer:status(), page = page }, answer_meta)
  end,
  broken = function(promise, answer)
    local page = page_of(answer)
    if page then return broken(promise, page) end
    return promises.broken(promise, answer)
  end,
}

-- ------------------------------------------------------------------------- records

local function is_page(records) return type(records) == "userdata" end

--- Returns a record, decoded.
---@param records any  a list, or what `M.records` gave
---@param at integer
---@return any
function M.record(records, at)
  if not is_page(records) then return records[at] end
  return assert(json.decode(records:text(at)))
end

--- Returns what is around the records of a page; nil for a bare array.
---@param page userdata
---@return table?
function M.around(page)
  if page:bare() then return nil end
  return assert(json.decode(page:rest()))
end

--- Returns the records of an answer that this module has read.
---@param answer vbo.Answer
---@return any? records   nil when the answer is decoded data
---@return table? around  the page's other properties; nil for a bare array
function M.records(answer)
  local page = page_of(answer)
  if page then return page, M.around(page) end
end

--- Reads a field of a record.
---@param records any  a list, or what `M.records` gave
---@param at integer
---@param name string
---@return any  nil when it is absent, null, or the record is not an object
function M.field(records, at, name)
  local known, value
  if is_page(records) then known, value = records:find(at, name) end
  if known and value ~= json.null then return value end
  local record = M.record(records, at)
  if type(record) ~= "table" then return nil end
  return fields.read(record, name)
end

--- Decodes all records.
---@param records any  a list, or what `M.records` gave
---@return any[]
function M.decoded(records)
  if not is_page(records) then return records end
  local list = {}
  for at = 1, #records do list[at] = M.record(records, at) end
  return json.array(list)
end

-- ----------------------------------------------------------------- fields of a resource

-- A resource of a page is a table {_page =, _at =} with its class's metatable.  It gets its own
-- record when something asks for more than a scalar field.

-- The private fields that a resource of a page has only with its own record.
local borrowed = { _record = true, _key = true, _class = true, _owner = true, _client = true }

-- Gives a resource of a page its own record.
local function settle(class, self)
  local page, at = rawget(self, "_page"), rawget(self, "_at")
  local plain = page:bound()
  local record = M.record(page, at)
  rawset(self, "_page", nil)
  rawset(self, "_at", nil)
  rawset(self, "_record", record)
  rawset(self, "_key", fields.key(class, record))
  rawset(self, "_class", class)
  rawset(self, "_owner", plain[1])
  rawset(self, "_client", plain[1]._client)
end

-- As `fields.find`, in a record of a page; the first value is nil when only decoding can tell.
local function find(page, at, word)
  local known, value = page:find(at, word)
  if known == false then
    for _, name in ipairs(fields.names(word)) do
      known, value = page:squashed(at, name)
      if known ~= false then word = name break end
    end
    if known == false then return true, nil end
  end
  if value == json.null then value = nil end
  return known, value, word
end

local function id_of(class, page, at, plain)
  if rawget(class.methods, "_id") or type(class.key) == "table" then return nil end
  local known, value, name = find(page, at, class.key or "id")
  if known and name == "id" and not given_ids.of_resource(plain[1]._client, class, value) then
    plain.id = true
  end
  return known, value
end

-- As `fields.of_class`, in a record of a page.
local function find_of_class(class, page, at, key)
  for _, word in ipairs(class.fields and class.fields[key] or {}) do
    local known, value, name = find(page, at, word)
    if not known or value ~= nil then return known, value, name end
  end
  return find(page, at, key)
end

-- Reads a field of a resource of a page; the first value is nil when only decoding can tell.
local function read(class, self, key)
  local page, at = rawget(self, "_page"), rawget(self, "_at")
  local plain = page:bound()
  if key == "id" then return id_of(class, page, at, plain) end
  local client = plain[1]._client
  local known, value, name = find_of_class(class, page, at, key)
  if not known then return nil end
  if value == nil then
    if name == nil and not fields.is_known(class, client, key) then fields.unknown(class, key) end
    -- It is null, or this version lacks it; a link may have an identifier.
    return name ~= nil or not key:find "[iI]d$" or nil, nil
  end
  -- The core reads this field of the page's resources from here on.
  if name == key and not (class.fields and class.fields[key])
      and alike.plain(key, class, client) then
    plain[key] = true
  end
  if type(value) == "table" then return true, part.of(value, class, client, name) end
  return true, alike.value(value, name, class, client)
end

--- Makes the `__index` of a class's resources.
---@param class table
---@param otherwise fun(self: table, key: any): any  reads a resource that has its own record, and
---  methods
---@return function
function M.index(class, otherwise)
  return core.json.reader(function(self, key)
    if rawget(self, "_page") and type(key) == "string" and class.methods[key] == nil then
      if borrowed[key] then
        settle(class, self)
        return rawget(self, key)
      end
      if key:sub(1, 1) ~= "_" then
        local known, value = read(class, self, key)
        if known then return value end
      end
    end
    return otherwise(self, key)
  end)
end

-- -------------------------------------------------------------------------- the loop

-- The number of records after which a request that is under way is moved on: a large page does
-- not fit into what the system receives by itself.  An interrupt is noticed then as well.
local breath <const> = 64

---@class vbo.Walk
---@field class table
---@field owner table
---@field make fun(class: table, owner: table, record: table): table
---@field keep (fun(record: table): boolean)?   which records count; nil: all
---@field passes (fun(resource: table): boolean)?  which resources count; nil: all
---@field take integer?                          the largest number of resources

-- Returns the functions that take the next page, and make the resource at a position of it.
local function page_turner(pages, how)
  local exact, records, page, owner, turned = not how.keep and not how.passes, {}, nil, how.owner, 0
  local function turn(left)
    -- With filters the number of records that are wanted is unknown: the second page is waited
    -- for before a third is asked for, where few are.
    local ahead, place
    if not exact then ahead = (not how.take or turned > 0) and math.huge or 0 end
    records, place = pages:next(exact and left or nil, ahead)
    if not records then return nil end
    turned, owner = turned + 1, place or owner
    page = is_page(records) and records or nil
    if page then page:bind(how.class.meta, { owner }) end
    return #records, page
  end
  local function item(position)
    if page then return page:lend(position) end
    local record = records[position]
    if how.keep and not how.keep(record) then return nil end
    return how.make(how.class, owner, record)
  end
  return turn, item
end

--- Iterates over the resources of pages.
---@param pages vbo.Pages
---@param how vbo.Walk
---@return fun(): table? next
---@return nil
---@return nil
---@return vbo.Pages closer  for the generic `for`
function M.each(pages, how)
  local turn, item_at = page_turner(pages, how)
  local passes, exact = how.passes, not how.keep and not how.passes
  local left, position, count, page, run = how.take or math.huge, 0, 0, nil, nil
  -- Has the core lend the next resources by itself, until the next breath.
  local function run_on()
    local free = math.min(breath - position % breath - 1, count - position, left - 1)
    if free <= 0 then return end
    run(page, position + 1, free)
    position, left = position + free, left - free
  end
  local function step()
    while left > 0 do
      position = position + 1
      if position > count then
        position, count, page = 0, turn(left)
        if not count then
          left, count = 0, 0
          return nil
        end
      else
        if position % breath == 0 then pages:nudge() end
        local item = item_at(position)
        if item and (not passes or passes(item)) then
          left = left - 1
          if left == 0 then
            pages:close()
          elseif run and page and position < count then
            run_on()
          end
          return item
        end
      end
    end
  end
  if not exact then return step, nil, nil, pages end
  local stepper
  stepper, run = core.json.stepper(step)
  return stepper, nil, nil, pages
end

return M
