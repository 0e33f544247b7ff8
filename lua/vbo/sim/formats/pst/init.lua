-- Mailboxes as Outlook files them: Unicode .pst files ([MS-PST], version 23, data not encoded).
--
--   lua/vbo/sim/formats/pst/space.lua    places in the file, allocation maps
--   lua/vbo/sim/formats/pst/ndb.lua      blocks, nodes, their B-trees, the header
--   lua/vbo/sim/formats/pst/heap.lua     small values in a node
--   lua/vbo/sim/formats/pst/context.lua  objects and tables of properties
--   lua/vbo/sim/formats/pst/message.lua  mail
--
-- The same folders give the same bytes.  A file is made in memory, and stays below 2 GiB: beyond,
-- the format wants maps that are not written here.

local contexts = require "vbo.sim.formats.pst.context"
local ids = require "vbo.sim.base.ids"
local messages = require "vbo.sim.formats.pst.message"
local ndb = require "vbo.sim.formats.pst.ndb"
local schema = require "vbo.sim.formats.pst.schema"

local M = {}

---@class vbo.sim.pst.Folder
---@field name string
---@field folders? vbo.sim.pst.Folder[]
---@field messages? vbo.sim.mail.Message[]  besides: importance (0 to 2), flags (PidTagMessageFlags)
---@field deleted? boolean  where deleted mail lies; such a folder is made when none is

-- Types of nodes (section 2.2.2.1).
local FOLDER, MESSAGE = 2, 4
local HIERARCHY, CONTENTS, ASSOCIATED, SEARCH_CONTENTS = 0x0D, 0x0E, 0x0F, 0x10

-- Nodes with ids that the format gives (section 2.4.1), and those that Outlook's own files have.
local STORE, NAMES, ROOT = 0x21, 0x61, 0x122
local TOP, FINDER, DELETED = 0x8022, 0x8042, 0x8062
local SPAM = 0x2223

local function typed(nid, kind) return nid & ~31 | kind end

---@class vbo.sim.pst.Writer
local Writer = {}
Writer.__index = Writer

function Writer:entry_id(nid) return "\0\0\0\0" .. self.key .. ("<I4"):pack(nid) end

function Writer:table(nid, columns, rows)
  local data, sub = contexts.table(self.db, columns, rows or {})
  self.db:node(nid, data, sub)
end

-- A folder's own properties, which are also its row in the folder above.
local function folder_properties(name, count, unread, subfolders)
  local properties = contexts.properties()
  properties.string(0x3001, name) -- PidTagDisplayName
  properties.integer(0x3602, count) -- PidTagContentCount
  properties.integer(0x3603, unread) -- PidTagContentUnreadCount
  properties.boolean(0x360A, subfolders) -- PidTagSubfolders
  properties.string(0x3613, "IPF.Note") -- PidTagContainerClass
  return properties
end

-- Writes a folder from the rows of what is in it.
function Writer:write_folder(nid, parent, name, folders, mails)
  local unread = 0
  for _, row in ipairs(mails) do
    if row.properties.values[0x0E07].value & 1 == 0 then unread = unread + 1 end
  end
  local properties = folder_properties(name, #mails, unread, #folders > 0)
  local data, sub = contexts.object(self.db, properties)
  self.db:node(nid, data, sub, parent)
  self:table(typed(nid, HIERARCHY), schema.hierarchy, folders)
  self:table(typed(nid, CONTENTS), schema.contents, mails)
  self:table(typed(nid, ASSOCIATED), schema.associated)
  return { id = nid, properties = properties }
end

-- Writes a folder with all that is in it; returns its row.
function Writer:folder(nid, parent, folder)
  local mails = {}
  for i, message in ipairs(folder.messages or {}) do
    local written = messages.write(self.db, message)
    local id = self.db:nid(MESSAGE)
    self.db:node(id, written.data, written.sub, nid)
    mails[i] = { id = id, properties = written.properties }
  end
  return self:write_folder(nid, parent, folder.name, self:folders(nid, folder.folders), mails)
end

function Writer:folders(parent, list)
  local rows = {}
  for i, folder in ipairs(list or {}) do
    local deleted = folder.deleted and not self.wastebasket
    self.wastebasket = self.wastebasket or deleted
    rows[i] = self:folder(deleted and DELETED or self.db:nid(FOLDER), parent, folder)
  end
  return rows
end

-- The store itself (section 2.4.3).
function Writer:store(name)
  local properties = contexts.properties()
  properties.binary(0x0FF9, self.key) -- PidTagRecordKey
  properties.string(0x3001, name) -- PidTagDisplayName
  properties.integer(0x35DF, 0x89) -- PidTagValidFolderMask: the three that follow
  properties.binary(0x35E0, self:entry_id(TOP)) -- PidTagIpmSubTreeEntryId
  properties.binary(0x35E3, self:entry_id(DELETED)) -- PidTagIpmWastebasketEntryId
  properties.binary(0x35E7, self:entry_id(FINDER)) -- PidTagFinderEntryId
  properties.boolean(0x6633, true) -- PidTagPstLrNoRestrictions
  properties.integer(0x67FF, 0) -- PidTagPstPassword: none
  self.db:node(STORE, (contexts.object(self.db, properties)))
end

-- Names of properties beyond the numbered ones (section 2.4.7): none are used, so that one that
-- every mailbox knows stands here, for readers that want the streams to be there.
function Writer:names()
  local properties = contexts.properties()
  local common = "\x08\x20\x06\x00\x00\x00\x00\x00\xC0\x00\x00\x00\x00\x00\x00\x46" -- PSETID_Common
  local entry = ("<I4 I2 I2"):pack(0x8503, 3 << 1, 0) -- PidLidReminderSet, of the first GUID
  local buckets = 251
  properties.integer(0x0001, buckets) -- PidTagNameidBucketCount
  properties.binary(0x0002, common) -- PidTagNameidStreamGuid
  properties.binary(0x0003, entry) -- PidTagNameidStreamEntry
  properties.binary(0x0004, "") -- PidTagNameidStreamString
  properties.binary(0x1000 + (0x8503 ~ 3 << 1) % buckets, entry) -- the bucket of its hash
  self.db:node(NAMES, (contexts.object(self.db, properties)))
end

-- Writes the objects that every file has for programs to copy or to keep lists of work in.
function Writer:furniture()
  self:table(0x60D, schema.hierarchy)
  self:table(0x60E, schema.contents)
  self:table(0x60F, schema.associated)
  self:table(0x610, schema.search)
  self:table(0x671, schema.attachments)
  self:table(0x692, schema.recipients)
  self.db:node(0x1E1, 0) -- the queue of searches to do
  self.db:node(0x201, 0) -- the searches that run
  self.db:node(0x261, 0) -- the folders that searches look at
end

-- The one search that Outlook's files have from the beginning; it finds nothing here.
function Writer:search()
  local properties = folder_properties("SPAM Search Folder 2", 0, 0, false)
  self.db:node(SPAM, (contexts.object(self.db, properties)), 0, FINDER)
  local criteria = contexts.properties()
  criteria.integer(0x660B, 0)
  self.db:node(typed(SPAM, 6), 0)
  self.db:node(typed(SPAM, 7), (contexts.object(self.db, criteria)))
  self:table(typed(SPAM, SEARCH_CONTENTS), schema.search)
  return { id = SPAM, properties = properties }
end

--- Writes a PST file.
---@param options { name: string?, key: string?, folders: vbo.sim.pst.Folder[] }
---  name: what Outlook shows the file as ("Outlook data file"); key: 16 bytes that tell it from
---  others (made from the name); folders: those at the top
---@return string[] pieces  its bytes, one piece behind the other
---@return integer size
function M.write(options)
  local name = options.name or "Outlook data file"
  local self = setmetatable({
    db = ndb.new(), key = options.key or ids.bytes("pst/" .. name, 16),
  }, Writer)
  self:store(name)
  self:names()
  self:furniture()
  local top = self:folders(TOP, options.folders)
  if not self.wastebasket then
    table.insert(top, self:folder(DELETED, TOP, { name = "Deleted Items" }))
  end
  local finder = self:write_folder(FINDER, ROOT, "Search Root", { self:search() }, {})
  self:write_folder(ROOT, ROOT, "", {
    self:write_folder(TOP, ROOT, "Top of Outlook data file", top, {}), finder,
  }, {})
  return self.db:finish()
end

return M
