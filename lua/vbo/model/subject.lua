--- Describes what a call acts on in words that hold across sessions, restarts and machines.
---
--- A subject is a plain table of strings, integers, booleans and lists.  It names things as people
--- do: the organization by its id, what lies in a backup by its address and the names of the
--- folders above it, and by what its record says.  The ids that a session gives out are beside
--- that, as `id` of an item: they tell apart what looks alike, and a key leaves them out.

local classes = require "vbo.model.class"
local errors = require "vbo.base.error"
local fields = require "vbo.model.fields"
local lock = require "vbo.runtime.lock"
local objects = require "vbo.model.objects"
local percent = require "vbo.catalogue.url"
local spelling = require "vbo.base.spelling"
local ascii = require "vbo.base.ascii"
local time = require "vbo.base.time"

local M = {}

---@class vbo.Subject
---@field kind string           of its items: "document", "job", …
---@field items vbo.Subject.Item[]
---@field whole string?         all that its only item holds of a kind: "posts"
---@field organization {id: string?, name: string?}?
---@field explored {kind: string, id: string?, name: string?}?  the job, repository or retrieval
---  whose backup it is
---@field workload string?
---@field deleted boolean?
---@field all_versions boolean?
---@field at integer?           seconds since 1970: the point in time that was sent
---@field exists (fun(id: string): boolean)?  of one thing in a backup: whether its session has one
---  of that id in the same place

---@class vbo.Subject.Item
---@field kind string
---@field id string?            the server's
---@field name string?
---@field address string?       of what has one
---@field above vbo.Subject.Item[]  what holds it, outermost first
---@field record table<string, string|integer|boolean>  what its record says

-- Reading a record for a key fails with these where the change itself will say why.
local passed = {
  not_found = true, refused = true, unsupported = true, auth = true, conflict = true,
}

local function attempt(fn, ...)
  local ok, result = pcall(fn, ...)
  if ok then return result end
  if errors.is(result) and passed[result.kind] then return nil end
  error(result, 0)
end

-- Returns a resource's record, read where only its id is known; nil where it cannot be read.
local function record_of(item)
  if item._record and not rawget(item, "_made") then return item._record end
  if rawget(item, "_made") then
    local twin = classes.from_id(item._class, item._owner, item._key)
    return attempt(twin._loaded, twin) or item._record
  end
  return attempt(item._loaded, item)
end

local function id_of(item)
  local id = item._key
  if id == nil and rawget(item, "_name") ~= nil then id = attempt(item._id, item) end
  return id ~= nil and tostring(id) or nil
end

-- Returns text, a number or true; nil for anything else: false is what absence means.
local function plain(value)
  if math.type(value) == "float" then
    return math.tointeger(value) or ("%.17g"):format(value)
  end
  local kind = type(value)
  return (kind == "string" or kind == "number" or kind == "boolean") and value or nil
end

-- ------------------------------------------------------------------- words of a thing

-- Lists the fields of a record that no session changes.
local kept = {
  "size", "created", "modified", "version_number", "ui_version", "type", "item_class", "from", "to",
  "sent", "received", "author", "content_url", "start_time", "end_time", "organizer", "email",
  "full_name", "company", "due_date", "date", "is_archive",
}

local addresses = {
  OneDrive = { "url" }, mailbox = { "email" }, site = { "url" }, team = { "group_email", "alias" },
}

-- Property → its squashed name: the same few in every record.
local squashed = setmetatable({}, { __index = function(known, name)
  local word = spelling.squash(name)
  known[name] = word
  return word
end })

-- Squashed name of a property → the word of `kept` that reads it, and its rank among those that do.
local word_of, rank_of = {}, {}
for _, word in ipairs(kept) do
  for rank, name in ipairs(fields.names(word)) do word_of[name], rank_of[name] = word, rank end
end

-- Returns what a record tells; its properties are looked through once, for there may be thousands
-- of records.
local function kept_of(record)
  local found, ranks = {}, {}
  for name, value in pairs(record) do
    local property = type(name) == "string" and squashed[name] or ""
    local word = word_of[property]
    local rank = word and rank_of[property]
    local simple = word and plain(value)
    if simple and rank < (ranks[word] or math.huge) then
      found[word], ranks[word] = simple, rank
    end
  end
  return found
end

local function read(class, record, word) return plain(fields.of_class(class, record, word)) end

-- Describes one thing by its record, without what is above it.
local function words_of(item, record)
  local class, words = item._class, { kind = item._class.kind, id = id_of(item), record = {} }
  if not record then
    words.name = rawget(item, "_name")
    return words
  end
  for _, word in ipairs(addresses[class.kind] or {}) do
    local value = read(class, record, word)
    if value ~= nil and value ~= "" then words.address = words.address or tostring(value) end
  end
  local name = read(class, record, class.label or "name") or read(class, record, "name")
  words.name = name ~= nil and tostring(name) or nil
  words.record = kept_of(record)
  return words
end

-- ------------------------------------------------------------------ what is above it

-- Maps the words of addresses to the classes that hold things of a backup.
local holders = {
  OneDrive = { folders = "onedrive.Folder" },
  mailbox = { folders = "exchange.Folder" },
  site = { folders = "sharepoint.Folder", libraries = "sharepoint.Library",
    lists = "sharepoint.List" },
  team = { files = "teams.File", channels = "teams.Channel" },
}

-- Deeper than any path; a server whose folders go round in circles ends here.
local deepest <const> = 100

-- Returns the drive, mailbox, site or team of a thing.
local function root_of(item)
  local at = item
  while at and classes.is(at) and not holders[at._class.kind] do at = at._owner end
  return classes.is(at) and at or nil
end

local function link_of(record, name)
  local link = type(record._links) == "table" and record._links[name]
  local href = type(link) == "table" and link.href
  if type(href) ~= "string" then return nil end
  local list, id = href:match "([^/?]+)/([^/?]+)/?$"
  if not list then list, id = href:match "([^/?]+)/([^/?]+)/?%?" end
  return list and ascii.lower(list), id and percent.decoded(id)
end

-- Returns a resource of an id: one that the owners hold already, with its record, or a new one.
local function holder(item, owner, class, id)
  local at = item._owner
  while classes.is(at) do
    if at._class == class and tostring(at._key) == id then return at end
    at = at._owner
  end
  return classes.from_id(class, owner, id)
end

-- Returns the channel of a thing of a team; nil where neither its record nor its owners tell.
local function channel_of(item, record, root)
  if item._class.kind == "channel" then return nil end
  local id = record and fields.read(record, "channel_id")
  if not id then
    local list, linked = link_of(record or {}, "channel")
    id = list == "channels" and linked
  end
  local class, at = objects.named(holders.team.channels), item._owner
  if id then return holder(item, root, class, tostring(id)) end
  while classes.is(at) and at._class ~= class do at = at._owner end
  return classes.is(at) and at or nil
end

-- Returns what directly holds a thing, below its root; nil: the root.
local function above(item, record, root)
  local known = holders[root._class.kind]
  local channel = known.channels and channel_of(item, record, root)
  local list, id = link_of(record or {}, "parent")
  local class = list and known[list] -- replies are known by their channel and their own id
  if class then return holder(item, channel or root, objects.named(class), id) end
  if channel then return channel end
  local owner = item._owner
  return owner ~= root and classes.is(owner) and owner or nil
end

-- Returns the description of what holds things, with its own `above`; once a session.
local function held(cache, item, root, depth)
  local id = id_of(item)
  local key = ("%s\0%s\0%s"):format(tostring(root._key), item._class.kind, tostring(id))
  if cache[key] then return cache[key] end
  local waiting <close> = lock.hold("chain\0" .. key) -- luacheck: ignore
  if cache[key] then return cache[key] end
  if depth > deepest then
    errors.raise { kind = "protocol", message = "the server's folders have no end" }
  end
  local record = record_of(item)
  local words = words_of(item, record)
  words.above = {}
  if item ~= root then
    local parent = above(item, record, root) or root
    local upper = held(cache, parent, root, depth + 1)
    table.move(upper.above, 1, #upper.above, 1, words.above)
    table.insert(words.above, upper)
  end
  cache[key] = words
  return words
end

local containers = { folder = true, library = true, list = true, channel = true }

-- Describes a thing of a backup with all that is above it.
local function of_backup(cache, item, root)
  if item == root or containers[item._class.kind] then return held(cache, item, root, 0) end
  local record = record_of(item)
  local words = words_of(item, record)
  local parent = above(item, record, root) or root
  -- A version or an attachment lies in a document or an item, which is not kept.
  local upper = (parent == root or containers[parent._class.kind] or parent._class.kind == "file")
    and held(cache, parent, root, 0) or of_backup(cache, parent, root)
  words.above = table.move(upper.above, 1, #upper.above, 1, {})
  table.insert(words.above, upper)
  return words
end

-- ------------------------------------------------------------------------- the backup

local codes = { vex = "exchange", veod = "onedrive", vesp = "sharepoint", vet = "teams" }

-- Describes a resource of the server without asking for its record.
local function named(item)
  local record = item._record
  return {
    kind = item._class.kind, id = id_of(item), record = {}, above = {},
    name = record and plain(fields.read(record, item._class.label or "name"))
      or rawget(item, "_name"),
  }
end

local function organization_of(session, owner, given)
  if owner and owner.kind == "organization" then return { id = owner.id, name = owner.name } end
  if classes.is(given) then
    local known = named(given)
    return { id = known.id, name = known.name }
  elseif type(given) == "string" then
    return { id = given }
  end
  local found = attempt(function()
    local backup = session:backup_organization()
    return { id = backup.id, name = backup.name }
  end)
  if found and found.id then return found end
  local record = record_of(session) or {}
  return { name = plain(fields.read(record, "organization")) }
end

local function at_of(session, about)
  if about.at then return about.at end
  local record = record_of(session) or {}
  local text = fields.read(record, "point_in_time")
  local seconds = type(text) == "string" and time.parse(text)
  return seconds and seconds // 1 | 0 or nil
end

-- Lists the kinds of owners whose backups are other ones than the organization's.
local opened_on = { job = true, ["data retrieval"] = true }

-- Returns what a session was opened with, where this client opened it.
local function explored_of(session)
  local client, id = session._client, session._key
  for _, set in ipairs { client._sessions, rawget(client, "_other_sessions") or {} } do
    local known = set[id] and rawget(set[id], "_explored")
    if known then return known end
  end
end

-- Returns what all things of a session share.
local function backup_of(session)
  local known = rawget(session, "_backup")
  if known then return known end
  local about = rawget(session, "_explored") or explored_of(session) or {}
  local owner = classes.is(about.owner) and named(about.owner) or nil
  local record = record_of(session) or {}
  local code = ascii.lower(tostring(fields.read(record, "type") or ""))
  known = {
    organization = organization_of(session, owner, about.organization),
    explored = owner and opened_on[owner.kind]
      and { kind = owner.kind, id = owner.id, name = owner.name } or nil,
    repository = about.repository, workload = about.workload or codes[code],
    deleted = about.deleted or false, all_versions = about.all_versions or false,
    at = at_of(session, about),
  }
  rawset(session, "_backup", known)
  return known
end

local function cache_of(session)
  local cache = rawget(session, "_chains")
  if not cache then
    cache = {}
    rawset(session, "_chains", cache)
  end
  return cache
end

-- ------------------------------------------------------------------------ the subject

local function session_of(item)
  local find = classes.is(item) and item._session
  return find and find(item) or nil
end

-- Describes a resource of the server with the resources that own it.
local function of_server(item)
  local words, at = named(item), item
  while not at._class.rooted and classes.is(at._owner) do
    at = at._owner
    table.insert(words.above, 1, named(at))
  end
  return words
end

local function describe(item, session)
  if not session then return of_server(item) end
  local root = root_of(item)
  if root then return of_backup(cache_of(session), item, root) end
  return { kind = item._class.kind, above = {}, record = {} }
end

local function is_collection(value) return type(rawget(value, "_filters")) == "table" end

-- Returns the resources that a call acts on, and what it takes all of.
local function things_of(target)
  if not is_collection(target) then return { target } end
  local chosen = rawget(target, "_chosen")
  if chosen then return chosen end
  local class = target._class
  return { target._owner }, class.plural or class.kind .. "s"
end

-- Returns a function that says whether a session has a thing of the same kind, in the same place,
-- under another id.
local function existing(item)
  return function(id)
    local other = classes.from_id(item._class, item._owner, id)
    local ok, err = pcall(other.refresh, other)
    if ok then return true end
    if errors.is(err) and passed[err.kind] then return false end
    error(err, 0)
  end
end

--- Describes resources that a call acts on together.
---@param things table[]  resources of one class; a client stands for nothing
---@param how table  kind=, whole= (what it takes all of that the things hold), path= (ids of the
---  call that mean no resource)
---@return vbo.Subject
function M.of_things(things, how)
  local first = classes.is(things[1]) and things[1] or nil
  local session = first and session_of(first)
  local subject = {
    items = {}, whole = how.whole, path = how.path and next(how.path) and how.path or nil,
    kind = how.kind or "server",
  }
  for name, value in pairs(session and backup_of(session) or {}) do subject[name] = value end
  if session and first and not things[2] then subject.exists = existing(first) end
  for i, item in ipairs(things) do
    if classes.is(item) then subject.items[i] = describe(item, session) end
  end
  return subject
end

local function subject_of(target)
  if not (is_collection(target) or classes.is(target)) then return M.of_things({}, {}) end
  local things, whole = things_of(target)
  return M.of_things(things, { kind = target._class.kind, whole = whole })
end

--- Returns a function that describes what a call acts on; it reads what it needs when it is called.
---@param target table  a resource, a collection, or a client
---@return fun(): vbo.Subject
function M.of(target) return function() return subject_of(target) end end

--- Keeps what a session was opened with.
---@param session vbo.Session
---@param about {owner: table, organization: table|string|nil, workload: string, at: number?,
---  deleted: boolean?, all_versions: boolean?, repository: string?}
function M.explored(session, about)
  rawset(session, "_explored", {
    owner = about.owner, organization = about.organization, workload = about.workload,
    deleted = about.deleted, all_versions = about.all_versions, repository = about.repository,
    at = about.at and about.at // 1 | 0,
  })
end

return M
