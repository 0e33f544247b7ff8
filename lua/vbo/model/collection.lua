--- Lists resources lazily, page by page.
---
--- Nothing is asked for before the first element is; then the pages follow one another
--- (`vbo.collection.pages`).  Conditions are sent along where the server can check them, and
--- checked here in any case.

local ascii = require "vbo.base.ascii"
local below = require "vbo.model.below"
local body = require "vbo.request.body"
local candidates = require "vbo.model.candidates"
local errors = require "vbo.base.error"
local fields = require "vbo.model.fields"
local filter = require "vbo.model.filter"
local lazy = require "vbo.model.lazy"
local method_of = require "vbo.base.method"
local nearest = require "vbo.base.nearest"
local options = require "vbo.base.options"
local pages = require "vbo.model.pages"
local receiver = require "vbo.base.receiver"
local resource = require "vbo.model.resource"
local search = require "vbo.model.search"

local M = {}

local Collection = {}

local meta = { __name = "vbo.collection" }

-- Class → what `vbo.method` keeps for it.
local guards = setmetatable({}, { __mode = "k" })

-- "document" of documents, as a variable is called.
local function word_of(self) return ascii.lower(self._class.kind:match "[%w_]+$" or "item") end

local function loop_of(self) return ("for %s in …:each() do"):format(word_of(self)) end

local function unknown(self, key)
  local names = {}
  for name in pairs(meta.__complete(self)) do names[#names + 1] = name end
  table.sort(names)
  local best = nearest(key, names)
  errors.usage(("a %s has no '%s'"):format(tostring(self), key),
    best and ("did you mean '%s'?"):format(best)
      or ("each %s may have it: write %s %s.%s … end"):format(self._class.kind, loop_of(self),
        word_of(self), key))
end

function meta:__index(key)
  local class = rawget(self, "_class")
  local method = Collection[key] or class and class.bulk and class.bulk[key]
  if method ~= nil then
    if not guards[class] then guards[class] = {} end
    return method_of.guarded(guards[class], key, method, meta)
  end
  if math.type(key) then
    receiver.no_list(self, ("write %s … end, or …:all()[%s]"):format(loop_of(self), tostring(key)))
  elseif type(key) == "string" and key:sub(1, 1) ~= "_" then
    unknown(self, key)
  end
end

-- Raises: the length is not known before the collection is listed, and must not look like 0.
function meta:__len() receiver.no_list(self, "write …:count(), or #…:all()") end

function meta:__pairs() receiver.no_list(self, ("write %s … end"):format(loop_of(self))) end

function meta:__call()
  errors.usage(("%s cannot be called"):format(tostring(self)),
    ("write %s … end"):format(loop_of(self)))
end

--- Returns what may follow `:` after a collection, for the REPL.
function meta:__complete()
  local members = {}
  for name, method in pairs(self._class.bulk or {}) do members[name] = method end
  for name, method in pairs(Collection) do members[name] = method end
  for name in pairs(members) do
    if name:sub(1, 1) == "_" then members[name] = nil end
  end
  return members
end

function meta:__tostring()
  return ("collection of %ss"):format(self._class.kind)
end

--- Makes a collection of `class` below `owner`.
---@param class table
---@param owner table
---@param how table  list= (operation; default: the class's), query=, fixed= (a list of
---  resources instead of asking, or a function that gives it), path=, below= (`vbo.Below`: goes
---  down folder by folder), tree= (`vbo.Below`, of folders, which may be in one another), keep=
---  (function(record): whether it is one of those), word= (the method that gave it)
---@return table
function M.new(class, owner, how)
  return setmetatable({
    _class = class, _owner = owner, _client = owner._client,
    _list = how.list or class.list, _query = how.query or {}, _optional = how.optional,
    _fixed = how.fixed, _within = how.path, _filters = {}, _conditions = {},
    _below = how.below, _tree = how.tree, _keep = how.keep, _word = how.word,
  }, meta)
end

--- Returns whether a value is a collection.
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

--- Makes what `owner:documents{…}` means: a list of resources, records, ids or names is a
--- selection; anything else (or nothing) the whole collection with those query options, which are
--- `how.accepts` (the method's own, which it has put into `how.query`) and the query parameters of
--- the listing.  `how.one` gives the resource that an element of a list means.
function M.of(class, owner, given, how)
  how = how or {}
  if given ~= nil and type(given) ~= "table" then
    errors.usage(("%ss takes a list, not a %s"):format(class.kind, type(given)))
  end
  if resource.is(given) or M.is(given) then
    errors.usage(("%s takes a list or options, got %s"):format(class.plural or class.kind .. "s",
      tostring(given)), ("write %s { … }"):format(how.word or class.plural or class.kind .. "s"))
  end
  if given and #given > 0 then
    for name in pairs(given) do
      if math.type(name) ~= "integer" then
        errors.usage(("%s takes a list or options, got a list with the option '%s'"):format(
          class.plural or class.kind .. "s", tostring(name)), "narrow a selection with where{…}")
      end
    end
    local fixed = {}
    for i, value in ipairs(given) do
      fixed[i] = how.one and how.one(value) or resource.reference(class, owner, value)
    end
    how.fixed, how.below, how.tree = fixed, nil, nil
  elseif given then
    local operation = owner._client._catalogue:operation(how.list or class.list)
    listing(given, operation, how, class.plural or class.kind .. "s")
  end
  return M.new(class, owner, how)
end

-- The pages of what is listed, of one that goes down in a place.
local function pages_in(self, is_lazy, place)
  local owner, more, query = self._owner, self._within, self._query
  if place then
    local how = self._below
    owner = how.owner or place.owner
    query = { [how.leaf] = place.value }
    for _, set in ipairs { how.more and how.more(place.owner) or {}, self._query } do
      for name, value in pairs(set) do query[name] = value end
    end
  end
  return pages.new {
    client = self._client, operation = self._list, query = query, options = self._options,
    optional = { parent = self._optional }, conditions = self._conditions,
    key = self._class.key, lazy = is_lazy, call = self._class.plural or self._class.kind .. "s",
    path = function()
      local path = owner:_path()
      for name, value in pairs(more or {}) do path[name] = value end
      return path
    end,
  }
end

-- All pages, wherever they are; Pages or what looks like them.
local function pages_of(self, is_lazy)
  if not self._below then return pages_in(self, is_lazy) end
  return below.new(self, function(place, same)
    return pages_in(self, is_lazy and not same, place)
  end)
end

-- The selection, looked up where it was made of names.
local function fixed_of(self)
  local list = self._fixed
  if type(list) == "function" then
    list = list()
    self._fixed = list
  end
  resource.look_up(list)
  return list
end

local function each_fixed(self)
  local list, filters, position = fixed_of(self), self._filters, 0
  local left = self._take or math.huge
  return function()
    while left > 0 do
      position = position + 1
      local item = list[position]
      if item == nil then return nil end
      if filter.passes(filters, item) then
        left = left - 1
        return item
      end
    end
  end
end

--- Iterates over the resources: `for document in drive:documents():each() do`.
---
--- The next page is on its way while one is used; what the loop does not come to any more
--- (`break`, an error) is cancelled at once.  Raises what the requests raise, `protocol` for
--- pages that repeat or lead nowhere, and `integrity` when the server gave more or fewer than
--- it says there are.
---@return fun(): table? next
---@return nil
---@return nil
---@return table? closer  for the generic `for`
function Collection:each()
  if self._fixed then return each_fixed(self) end
  local filters, keep = self._filters, self._keep
  -- Records that only the loop sees are decoded when it reads them.
  local walk = pages_of(self, not keep and not self._make)
  return lazy.each(walk, {
    class = self._class, owner = self._owner, make = self._make or resource.from_record,
    keep = keep, take = self._take,
    passes = filters[1] and function(item) return filter.passes(filters, item) end,
  })
end

--- Returns all of them in a list.
---@return table[]
function Collection:all()
  local list = {}
  for item in self:each() do list[#list + 1] = item end
  return list
end

--- Returns the first one; nil when the collection is empty.
---@return table?
function Collection:first()
  return self:take(1):all()[1]
end

--- Returns the only one; raises when the collection is empty, or has more than one (naming them).
---@return table
function Collection:one()
  local rows = self:take(6):all()
  local found = resource.distinct(rows)
  -- Rows of one thing's versions say nothing of what else there is.
  if #rows == 6 and #found < 6 then found = resource.distinct(self:all()) end
  if #found == 1 then return found[1] end
  local kind = self._class.kind
  if #found == 0 then
    errors.raise { kind = "not_found", message = ("there is no such %s"):format(kind) }
  end
  errors.raise {
    kind = "conflict", message = ("more than one %s matches"):format(kind),
    hint = "candidates: " .. candidates.described(found),
  }
end

--- Returns how many there are: as the server counts them where it does and no condition has to be
--- checked here, otherwise by walking them.
---@return integer
function Collection:count()
  local n = 0
  if self._fixed or self._filters[1] or self._keep then
    for _ in self:each() do n = n + 1 end
    return n
  end
  local most = self._take or math.huge
  if most == 0 then return 0 end
  local walk <close> = pages_of(self)
  local records = walk:next(most, 0)
  local counted = walk:counted()
  if counted then return math.min(counted, most) end
  while records do
    n = n + #records
    if n >= most then return most end
    records = walk:next(most - n)
  end
  return n
end

local function derived(self)
  local copy = {}
  for key, value in next, self do copy[key] = value end
  copy._filters = table.move(self._filters, 1, #self._filters, 1, {})
  copy._chosen = nil
  copy._conditions = table.move(self._conditions, 1, #self._conditions, 1, {})
  return setmetatable(copy, meta)
end

--- Returns those that match: a table of conditions, or a function(resource) -> boolean.
---
--- Conditions: any field equal to a value (a list: to one of them), a string with `*` and `?`
--- as a glob (case does not count), a function of the field's value; `FIELD_after`,
--- `FIELD_before` for dates; `larger`, `smaller` for sizes (bytes, or "10 MiB"); `from`,
--- `sender`, `to`, `cc`, `bcc` and `organizer` also match one address or name among several.
--- The server checks those it can before it answers.
---@param conditions table|fun(item: table): boolean
---@return table collection
function Collection:where(conditions)
  local words = fields.declared(self._client, self._class)
  local copy = derived(self)
  copy._filters[#copy._filters + 1] = filter.compile(conditions, function(field)
    -- A misspelt condition would quietly select nothing.
    if not words or fields.knows(words, field) then return end
    local valid = {}
    for _, word in pairs(words) do valid[#valid + 1] = word end
    table.sort(valid)
    local best = nearest(field, valid)
    errors.usage(("where: a %s has no '%s'"):format(self._class.kind, field),
      best and ("did you mean '%s'?"):format(best) or "it has: " .. table.concat(valid, ", "))
  end, {
    client = self._client, class = self._class,
    schema = function(field) return fields.schema(self._client, self._class, field) end,
  })
  if type(conditions) == "table" then
    copy._conditions[#copy._conditions + 1] = conditions
  end
  return copy
end

--- Returns those that the server finds (v5 and later), in its own query language:
--- `mailbox:items():search 'from:alice subject:"annual report"'`.  Words stand for any text; mail
--- knows `from`, `to`, `subject`, `body`, `hasattachments`; files `filename`, `size`, `ext`,
--- `author`, `created`, `modified`; posts `author`, `subject`, `body`, `created`, `modified`,
--- `hasattachments`.  Raises `unsupported` where the version cannot search here.
---@param text string
---@return table collection
function Collection:search(text)
  if type(text) ~= "string" or not text:find "%S" then
    errors.usage("search takes what to look for", "where{…} takes conditions")
  end
  if self._fixed then
    errors.usage("search looks through all there is, not through a selection", "use where{…}")
  end
  return search.apply(derived(self), text)
end

--- Returns at most `n` of them.
---@param n integer
---@return table collection
function Collection:take(n)
  if math.type(n) ~= "integer" or n < 0 then errors.usage "take needs a number of resources" end
  local copy = derived(self)
  copy._take = math.min(n, self._take or n)
  return copy
end

--- Returns the given fields of each, as a list of tables.
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
  if self._fixed and not next(self._filters) and not self._take then return fixed_of(self) end
  -- A selected folder brings its content: only the topmost matches are named.
  if self._tree and not self._options then return below.topmost(self, self._filters, self._take) end
  return self:all()
end

return M
