--- Lists what lies below something, folder by folder.
---
--- The API lists all of a drive, a mailbox or a site at once, but of a folder, a library or a list
--- only what is directly in it.  A collection of what is anywhere below one of those goes down
--- itself: first what is directly in it, then each of its folders in the same way.  A folder is
--- asked for its folders when the loop has come to its end, not before.  What cannot be listed
--- raises, and so does a folder that is met twice.

local body = require "vbo.request.body"
local errors = require "vbo.base.error"
local fields = require "vbo.model.fields"
local filter = require "vbo.model.filter"
local lookup = require "vbo.model.lookup"
local pages = require "vbo.model.pages"
local pipeline = require "vbo.request.pipeline"
local resource = require "vbo.model.resource"

local M = {}

---@class vbo.Below
---@field class table      what is gone down into: folders, sites
---@field query string     the query parameter of their listing that says in what
---@field leaf string      that of the listing of what is looked for
---@field at any           its value for where the collection begins; the owner's id when nil, none
---  when false
---@field more (fun(owner: table): table)?  further query parameters of both
---@field is_place (fun(record: table): boolean)?  which of the records that are listed are gone
---  down into, where one listing has both
---@field owner table?     of all that is found; nil: each is its folder's
---@field from table?      where it begins; the collection's owner when nil
---@field twice boolean?   the listing where it begins may have all of it, or not
---@field said boolean?    the caller said how deep

-- The id that ends an address.
local function id_of(link)
  local href = type(link) == "table" and link.href
  return type(href) == "string" and href:match "([^/?]+)[^/]*$" or nil
end

-- v1 lists the folders of a mailbox all at once; which is in which say their links.
local function linked(trail)
  if trail.linked then return trail.linked end
  local top = trail.collection._owner
  while not top._class.root do top = top._owner end
  local found = {}
  for folder in lookup.each(trail.how.class, top, {}) do
    local links = folder:record()._links
    if type(links) ~= "table" then
      errors.raise { kind = "unsupported",
        message = ("%s does not say which folder is in which"):format(trail.client.version),
        hint = "name the folders one by one, with recursive = false" }
    end
    local parent = id_of(links.parent) or ""
    found[parent] = found[parent] or {}
    table.insert(found[parent], folder)
  end
  trail.linked = found
  return found
end

-- The folders directly in a place.
local function inside(trail, place, most)
  local how, client = trail.how, trail.client
  local operation = pipeline.operation(client, how.class.list)
  if not body.takes_query(operation, how.query) then
    return linked(trail)[place.id] or {}
  end
  local query = { [how.query] = place.value }
  for name, value in pairs(how.more and how.more(place.owner) or {}) do query[name] = value end
  for name, value in pairs(trail.collection._query or {}) do
    if name ~= "offset" and body.takes_query(operation, name) then query[name] = value end
  end
  local walk <close> = pages.new {
    client = client, operation = how.class.list, query = query, key = how.class.key,
    path = function() return (how.owner or place.owner):_path() end,
  }
  local found = {}
  local records = walk:next(most)
  while records do
    for _, record in ipairs(records) do
      if not how.is_place or how.is_place(record) then
        found[#found + 1] = resource.from_record(how.class, how.owner or place.owner, record)
      end
    end
    if most then break end
    records = walk:next()
  end
  return found
end

-- Where a collection begins.
local function start_of(collection, how)
  local owner = how.from or collection._owner
  local value = how.at
  if value == nil then value = owner.id end
  return { owner = owner, id = owner.id, value = value or nil }
end

---@class vbo.Trail
---@field place table  where it is: {owner=, id=, value= of the query}
local Trail = {}

local meta = { __name = "vbo.trail", __index = Trail }

--- Starts where the collection begins.
---@param collection table  with `_below`
---@param walk_of fun(place: table, same: boolean): vbo.Pages  lists what is looked for in a
---  place; same: what is listed is gone down into
---@return vbo.Trail
function M.new(collection, walk_of)
  local how = collection._below
  local place = start_of(collection, how)
  local same = collection._list == how.class.list
  return setmetatable({
    collection = collection, client = collection._client, how = how, walk_of = walk_of,
    place = place, walk = walk_of(place, same), ahead = {}, seen = { [place.id] = true },
    -- The walk descends into each item that it lists.
    same = same, met = {}, had = how.twice and {},
  }, meta)
end

-- Where one listing has both, a page holds the folders to come.
local function note(self, records)
  if not self.same then return end
  local how = self.how
  for _, record in ipairs(records) do
    if not how.is_place or how.is_place(record) then
      self.met[#self.met + 1] = resource.from_record(how.class, how.owner or self.place.owner,
        record)
    end
  end
end

-- Where one listing may have it all or not, what was given already is left out.
local function once(self, records)
  if not self.had then return records end
  local new = {}
  for _, record in ipairs(records) do
    local id = fields.read(record, "id")
    if not self.had[id] then
      self.had[id] = true
      new[#new + 1] = record
    end
  end
  return new
end

-- Goes to the next folder; false after the last one.
local function down(self)
  self.walk:close()
  local found = self.same and self.met or inside(self, self.place)
  self.met = {}
  for i = #found, 1, -1 do self.ahead[#self.ahead + 1] = found[i] end
  local folder = table.remove(self.ahead)
  if not folder then return false end
  local id = folder.id
  if self.seen[id] then
    errors.raise { kind = "protocol",
      message = ("the server lists %s in two places"):format(tostring(folder)),
      hint = "the list is not complete" }
  end
  self.seen[id] = true
  -- A change of what lies deeper than it used to be listed asks first.
  if not self.how.said then rawset(folder, "_unsaid", self.collection) end
  self.place = { owner = folder, id = id, value = id }
  self.walk = self.walk_of(self.place, self.same)
  return true
end

--- Returns the records of the next page, and their owner; nil after the last.  As `vbo.Pages`.
---@param most integer|number?
---@param ahead integer|number?
---@return any[]|userdata|nil records
---@return table? owner
function Trail:next(most, ahead)
  repeat
    local records = self.walk:next(most, ahead)
    if records then
      records = once(self, records)
      note(self, records)
      return records, self.how.owner or self.place.owner
    end
  until not down(self)
end

--- Returns nil: the server does not count across folders.
function Trail.counted() return nil end

--- Moves a request that is under way.
function Trail:nudge() self.walk:nudge() end

--- Ends it.  Nothing follows.
function Trail:close()
  self.walk:close()
  self.ahead, self.met = {}, {}
end

meta.__close = Trail.close

-- Returns the two arguments of `inside`: the state of a walk, and its start.
local function beginning(collection, how)
  return { collection = collection, client = collection._client, how = how },
    start_of(collection, how)
end

--- Returns whether a collection goes down into anything.
---@param collection table
---@return boolean
function M.has_folders(collection)
  local how = collection._below
  local trail, place = beginning(collection, how)
  -- Where one listing has both, a folder need not be on its first page.
  return #inside(trail, place, not how.is_place and 1 or nil) > 0
end

--- Lists folders of which none is in another one: what is done to a folder is done to what it
--- holds.
---@param collection table  with `_tree`
---@param filters function[]
---@param take integer?
---@return table[]
function M.topmost(collection, filters, take)
  local trail, first = beginning(collection, collection._tree)
  local found = {}
  local function visit(place)
    for _, folder in ipairs(inside(trail, place)) do
      if take and #found >= take then return end
      if filter.passes(filters, folder) then
        found[#found + 1] = folder
      else
        visit { owner = folder, id = folder.id, value = folder.id }
      end
    end
  end
  visit(first)
  return found
end

--- Lists the folders in a place, in versions whose listing cannot be asked for them.
---@param owner table
---@param class table
---@param deep boolean  anywhere below, not only directly in it
---@return table[]
function M.linked(owner, class, deep)
  local found = {}
  local by_parent = linked { client = owner._client, how = { class = class },
    collection = { _owner = owner } }
  local function visit(id)
    for _, folder in ipairs(by_parent[id] or {}) do
      found[#found + 1] = folder
      if deep then visit(folder.id) end
    end
  end
  visit(owner._class.root and "" or owner.id)
  return found
end

return M
