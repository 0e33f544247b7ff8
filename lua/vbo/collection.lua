--- Collections: lazy, paged sets of resources.
---
--- Nothing is asked for before the first element is; pages follow one another until the
--- server says there are no more.  Filters run here, one page at a time.

local body = require "vbo.dialect.body"
local errors = require "vbo.error"
local filter = require "vbo.filter"
local json = require "vbo.json"
local nearest = require "vbo.nearest"
local options = require "vbo.options"
local resource = require "vbo.resource"

local M = {}

--- How many are asked for at once.  The API's default of 30 costs too many round trips,
--- and servers are known to time out building pages of 1,000.
M.page_size = 250

local Collection = {}

local meta = { __name = "vbo.collection" }

function meta:__index(key)
  local class = rawget(self, "_class")
  return Collection[key] or class and class.bulk and class.bulk[key]
end

function meta:__tostring()
  return ("collection of %ss"):format(self._class.kind)
end

--- A collection of `class` below `owner`.
---@param class table
---@param owner table
---@param how table  list= (operation; the class's unless given), query=, fixed= (a list of
---  resources instead of asking), path=
---@return table
function M.new(class, owner, how)
  return setmetatable({
    _class = class, _owner = owner, _client = owner._client,
    _list = how.list or class.list, _query = how.query or {}, _optional = how.optional,
    _fixed = how.fixed, _filters = {},
  }, meta)
end

--- Whether a value is a collection.
function M.is(value) return getmetatable(value) == meta end

-- Options of a listing: the method's own, and the query parameters of its operation.
local function listing(given, operation, how, what)
  how.query = how.query or {}
  for name, value in pairs(given) do
    if how.accepts and how.accepts[name] then
      options.check({ [name] = value }, how.accepts, what)
    elseif name == "page_size" then
      options.check({ page_size = value }, { page_size = "integer" }, what)
      how.query.page_size = value
    elseif not operation or body.takes_query(operation, name) then
      how.query[name] = value
    else
      local valid = body.query_options(operation)
      for option in pairs(how.accepts or {}) do valid[#valid + 1] = option end
      options.unknown(name, valid, what)
    end
  end
end

--- What `owner:documents{…}` means: a list of resources, records, ids or names is a
--- selection; anything else (or nothing) the whole collection with those query options,
--- which are `how.accepts` (the method's own, which it has put into `how.query`) and the
--- query parameters of the listing.
function M.of(class, owner, given, how)
  how = how or {}
  if given ~= nil and type(given) ~= "table" then
    errors.usage(("%ss takes a list, not a %s"):format(class.kind, type(given)))
  end
  if given and #given > 0 then
    local fixed = {}
    for i, value in ipairs(given) do fixed[i] = resource.reference(class, owner, value) end
    how.fixed = fixed
  elseif given then
    local operation = owner._client._catalogue:operation(how.list or class.list)
    listing(given, operation, how, class.plural or class.kind .. "s")
  end
  return M.new(class, owner, how)
end

--- Takes the records out of what a version answers: a page, or a bare array.
local function records_of(data, operation)
  if data == nil then return {}, nil end
  if type(data) ~= "table" then
    errors.raise {
      kind = "protocol", operation = operation,
      message = "the server answered neither a page nor a list",
    }
  end
  if type(data.results) == "table" then return data.results, data end
  if json.is_array(data) or #data > 0 or next(data) == nil then return data, nil end
  errors.raise {
    kind = "protocol", operation = operation,
    message = "the server answered neither a page nor a list",
  }
end

local function one_of(record)
  return type(record) == "table" and record.id or json.encode(record)
end

--- Whether another page follows.
local function more(page, count, limit)
  if count == 0 then return false end
  local links = page and page._links
  if type(links) == "table" and next(links) then
    for name in pairs(links) do
      if name:lower() == "next" then return true end
    end
    -- An envelope that links its other pages and not a next one has none.
    return false
  end
  local asked = page and math.tointeger(page.limit) or limit
  return count >= math.min(asked > 0 and asked or limit, limit)
end

--- The records page by page, as a coroutine-free closure, so that a runbook's own
--- coroutines and the waiting of tasks never meet.
local function pages(self)
  local limit = self._query.page_size or M.page_size
  local offset, set, finished = 0, nil, false
  local seen = {}
  return function()
    if finished then return nil end
    local query = {}
    for name, value in pairs(self._query) do query[name] = value end
    query.page_size, query.offset, query.set_id = limit, offset, set
    local answer = self._owner:_call {
      operation = self._list, query = query, path = self._owner:_path(),
      optional = { page_size = true, offset = true, set_id = true, parent = self._optional },
    }
    local records, page = records_of(answer.data, self._list)
    local count = #records
    if count > 0 then
      local mark = one_of(records[1]) .. "\0" .. one_of(records[count])
      if seen[mark] then
        -- A server that ignores `offset` and answers everything at once has answered it.
        if not page then finished = true return nil end
        errors.raise {
          kind = "protocol", operation = self._list,
          message = ("the server answered the same page again at offset %d"):format(offset),
          hint = "the list is not complete",
        }
      end
      seen[mark] = true
    end
    set = page and page.setId ~= json.null and page.setId or nil
    offset = offset + count
    finished = not more(page, count, limit)
    return records
  end
end

--- Iterates over the resources: `for document in drive:documents():each() do`.
--- Stopping early (`break`) asks for nothing more.
---@return fun(): table?
function Collection:each()
  local fixed, filters = self._fixed, self._filters
  local left = self._take or math.huge
  local next_page = not fixed and pages(self)
  local records, position = fixed or {}, 0
  return function()
    while left > 0 do
      position = position + 1
      local item = records[position]
      if item == nil then
        records, position = next_page and next_page() or nil, 0
        if not records then return nil end
      else
        if not fixed then item = resource.from_record(self._class, self._owner, item) end
        if filter.passes(filters, item) then
          left = left - 1
          return item
        end
      end
    end
  end
end

--- All of them, in a list.
---@return table[]
function Collection:all()
  local list = {}
  for item in self:each() do list[#list + 1] = item end
  return list
end

--- The first one; nil when there is none.
---@return table?
function Collection:first() return (self:each()()) end

--- The only one; raises when there is none, or more than one (naming them).
---@return table
function Collection:one()
  local found = {}
  for item in self:each() do
    found[#found + 1] = item
    if #found > 5 then break end
  end
  if #found == 1 then return found[1] end
  local kind = self._class.kind
  if #found == 0 then
    errors.raise { kind = "not_found", message = ("there is no such %s"):format(kind) }
  end
  local names = {}
  for i, item in ipairs(found) do names[i] = tostring(item) end
  errors.raise {
    kind = "conflict", message = ("more than one %s matches"):format(kind),
    hint = "candidates: " .. table.concat(names, ", "),
  }
end

--- How many there are (walks them).
---@return integer
function Collection:count()
  local n = 0
  for _ in self:each() do n = n + 1 end
  return n
end

local function derived(self)
  local copy = {}
  for key, value in pairs(self) do copy[key] = value end
  copy._filters = table.move(self._filters, 1, #self._filters, 1, {})
  return setmetatable(copy, meta)
end

--- Those that match: a table of conditions, or a function(resource) -> boolean.
---
--- Conditions: any field equal to a value, a string with `*` and `?` as a glob (case does
--- not count); `FIELD_after`, `FIELD_before` for dates; `larger`, `smaller` in bytes.
---@param conditions table|fun(item: table): boolean
---@return table collection
function Collection:where(conditions)
  local words = resource.declared(self._client, self._class)
  local copy = derived(self)
  copy._filters[#copy._filters + 1] = filter.compile(conditions, function(field)
    -- A misspelt condition would quietly select nothing.
    if not words or resource.knows(words, field) then return end
    local valid = {}
    for _, word in pairs(words) do valid[#valid + 1] = word end
    table.sort(valid)
    local best = nearest(field, valid)
    errors.usage(("where: a %s has no '%s'"):format(self._class.kind, field),
      best and ("did you mean '%s'?"):format(best) or "it has: " .. table.concat(valid, ", "))
  end)
  return copy
end

--- At most `n` of them.
---@param n integer
---@return table collection
function Collection:take(n)
  if math.type(n) ~= "integer" or n < 0 then errors.usage "take needs a number of resources" end
  local copy = derived(self)
  copy._take = math.min(n, self._take or n)
  return copy
end

--- A list of the given fields of each, as tables.
---@param ... string
---@return table[]
function Collection:select(...)
  local names, list = { ... }, {}
  for item in self:each() do
    local row = {}
    for _, name in ipairs(names) do row[name] = item[name] end
    list[#list + 1] = row
  end
  return list
end

-- Not asked for again while a bulk change is put together.
function Collection:_all()
  if self._fixed and not next(self._filters) and not self._take then return self._fixed end
  return self:all()
end

return M
