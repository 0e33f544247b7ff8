--- Reads mailboxes from listings (`listing.lua`) on first use.  An item shows the fields that were
--- recorded; the others are made up.

local ids = require "vbo.sim.base.ids"
local listing = require "vbo.sim.world.folder.listing"
local time = require "vbo.base.time"

local M = {}

local function entry_id(seed, count)
  return ids.base64("\0\0\0\0" .. ids.bytes(seed, count - 4), true)
end

-- Reads persons from "Name <address>; …".
local function people(text)
  local list = {}
  for each in (type(text) == "string" and text or ""):gmatch "[^;]+" do
    each = each:match "^%s*(.-)%s*$"
    local name, email = each:match "^(.-)%s*<([^<>]*)>$"
    if each ~= "" then list[#list + 1] = { name = name or each, email = email or each } end
  end
  return list
end

local function moment(text) return type(text) == "string" and time.parse(text) or nil end

-- Makes attachments on use: they may be large.
local lazy = { __index = function(self, name)
  if name ~= "data" then return nil end
  return require("vbo.server").generated(self.seed, 0, self.size)
end }

local function attachments_of(row, seed)
  local list = {}
  for i, each in ipairs(row.attachments or {}) do
    list[i] = setmetatable({
      name = tostring(each.name), size = math.tointeger(each.size) or 0,
      type = "application/octet-stream", seed = ids.hash(seed .. "/" .. i) & 0x7FFFFFFF,
    }, lazy)
  end
  return list
end

-- The keys of a row that the API does not show.
local own = { item = true, row = true, attachments = true, content = true, size = true }

local function item_of(mailbox, folder, row, latest, root)
  local seed = mailbox.id .. "/item/" .. row.row
  local shown = {}
  for name, value in pairs(row) do
    if not own[name] then shown[name] = value end
  end
  local received = math.min(moment(row.received) or moment(row.sent) or moment(row.startTime)
    or moment(row.date) or latest, latest)
  local item = {
    id = entry_id(seed, 70), mailbox = mailbox, folder = folder, class = row.item, shown = shown,
    subject = tostring(row.subject or row.fullName or row.displayAs or ""),
    from = people(row.from)[1] or { name = "", email = "" }, to = people(row.to),
    cc = people(row.cc), bcc = people(row.bcc), received = received,
    sent = math.min(moment(row.sent) or received, latest), importance = row.importance or "Normal",
    body = "Recorded without its text.\r\n", attachments = attachments_of(row, seed),
    message_id = ("<%s@%s>"):format(ids.uuid(seed), mailbox.email:match "@(.*)"), size = 1024,
  }
  for _, each in ipairs(item.attachments) do item.size = item.size + each.size end
  if row.content then
    item.saved = { kind = "file", root = root, path = row.content, size = row.size }
    item.size = row.size
  end
  return item
end

local function fill(mailbox, above, rows, options)
  for _, row in ipairs(rows) do
    if row.folder then
      local path = above and above.path .. "/" .. row.folder or row.folder
      local folder = {
        id = entry_id(mailbox.id .. "//" .. path, 46), mailbox = mailbox, name = row.folder,
        path = path, parent = above, category = row.category or "None",
      }
      if mailbox.by_id[folder.id] then folder.id = entry_id(folder.id .. row.row, 46) end
      mailbox.folders[#mailbox.folders + 1] = folder
      mailbox.by_id[folder.id] = folder
      fill(mailbox, folder, row, options)
    elseif row.item and above then
      local item = item_of(mailbox, above, row, options.latest, options.root)
      mailbox.items[#mailbox.items + 1] = item
      mailbox.by_id[item.id] = item
    end
  end
end

--- Reads a user's mailbox.
---@param organization table
---@param user table
---@param options { root: string, path: string, latest: number }  latest: the time of the recording
---@return table
function M.mailbox(organization, user, options)
  local mailbox = {
    id = ids.uuid(organization.name .. "/mailbox/" .. user.name), name = user.display,
    email = user.name, user = user,
  }
  local filled = { folders = true, items = true, by_id = true }
  return setmetatable(mailbox, { __index = function(self, name)
    if not filled[name] then return nil end
    rawset(self, "folders", {})
    rawset(self, "items", {})
    rawset(self, "by_id", {})
    fill(self, nil, listing.read(options.root, options.path, "mailbox"), options)
    return rawget(self, name)
  end })
end

return M
