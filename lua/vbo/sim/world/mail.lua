--- Expands described mailboxes.
---
---   { folder = "Inbox", category = "Inbox", { folder = "Projects", … },
---     { subject = "…", from = P, to = { P }, sent = "…", body = "…", html = "…",
---       attachments = {…}, deleted = "…" },
---     { mails = 60, subjects = { "… %d" }, first = "…", step = 7200, … } }
---
--- Other items have a `class` ("IPM.Appointment", "IPM.Contact", "IPM.Task") and in `shown` the
--- fields that the API shows in place of a mail's.
---
--- A person P is { name = "…", email = "…" }; an attachment { name=, type=, <content> } with the
--- contents of `world/content.lua`.
---
--- A mailbox with `hold = true` is on litigation hold: Exchange keeps what its owner deletes in
--- "Recoverable Items".  `changed = { at = "…", body = "…" }` is an earlier text of a mail, kept
--- there too.

local content = require "vbo.sim.world.content"
local ids = require "vbo.sim.base.ids"
local later = require "vbo.sim.base.later"
local time = require "vbo.base.time"

local M = {}

local function moment(text) return text and (assert(time.parse(text), text)) end

-- Makes an entry id of Exchange: 46 bytes for folders, 70 for items, in URL-safe base64.
local function entry_id(seed, count)
  return ids.base64("\0\0\0\0" .. ids.bytes(seed, count - 4), true)
end

-- Collects what a hold keeps of an item, to be filed when the mailbox is read.
local function keep(mailbox, spec)
  local function put(where, at, more)
    local copy = { filed = at }
    for _, from in ipairs { spec, more or {} } do
      for key, value in pairs(from) do copy[key] = value end
    end
    copy.deleted, copy.changed = nil, nil
    table.insert(mailbox.kept[where], copy)
  end
  if spec.deleted then put("Purges", spec.deleted) end
  if spec.changed then put("Versions", spec.changed.at, { body = spec.changed.body }) end
end

local function add_item(mailbox, folder, spec)
  local n = #mailbox.items + 1
  local seed = mailbox.id .. "/item/" .. n
  local item = {
    id = entry_id(seed, 70), mailbox = mailbox, folder = folder, class = spec.class or "IPM.Note",
    shown = spec.shown,
    subject = spec.subject, from = spec.from, to = spec.to, cc = spec.cc or {},
    bcc = spec.bcc or {}, sent = moment(spec.sent), received = moment(spec.sent) + 4,
    importance = spec.importance or "Normal", body = spec.body, html = spec.html,
    attachments = {}, deleted = moment(spec.deleted), filed = moment(spec.filed),
    message_id = ("<%s@%s>"):format(ids.uuid(seed), mailbox.email:match "@(.*)"),
  }
  item.size = #(spec.body or "") + #(spec.html or "") + 1024
  for i, each in ipairs(spec.attachments or {}) do
    local stream, size = content.stream(each, seed .. "/" .. i)
    assert(stream.kind == "bytes", "an attachment holds real bytes")
    item.attachments[i] = { name = each.name, type = each.type, data = stream.data, size = size }
    item.size = item.size + size
  end
  mailbox.items[n] = item
  mailbox.by_id[item.id] = item
  if mailbox.hold and not spec.filed then keep(mailbox, spec) end
end

local function add_series(mailbox, folder, spec)
  local first = moment(spec.first)
  for i = 1, spec.mails do
    local item = {}
    for key, value in pairs(spec) do item[key] = value end
    item.subject = spec.subjects[(i - 1) % #spec.subjects + 1]:format(i)
    item.from = spec.senders[(i - 1) % #spec.senders + 1]
    item.body = spec.body:format(i)
    item.html = spec.html and spec.html:format(i)
    item.sent = time.iso(first + (i - 1) * spec.step)
    add_item(mailbox, folder, item)
  end
end

local function add_children(mailbox, parent, list)
  for _, spec in ipairs(list) do
    if spec.subject then
      add_item(mailbox, parent, spec)
    elseif spec.mails then
      add_series(mailbox, parent, spec)
    else
      local path = parent and parent.path .. "/" .. spec.folder or spec.folder
      local folder = {
        id = entry_id(mailbox.id .. "//" .. path, 46), mailbox = mailbox, name = spec.folder,
        path = path, parent = parent, category = spec.category or "None",
      }
      mailbox.folders[#mailbox.folders + 1] = folder
      mailbox.by_id[folder.id] = folder
      add_children(mailbox, folder, spec)
    end
  end
end

-- The folders that a hold fills, by the categories of the API.
local function recoverable(kept)
  local function folder(name, category, list)
    local out = { folder = name, category = category }
    return table.move(list or {}, 1, #(list or {}), 1, out)
  end
  return { folder = "Recoverable Items",
    folder("Deletions", "PermanentlyDeletedItems"), folder("DiscoveryHolds", "DiscoveryHolds"),
    folder("Purges", "Purges", kept.Purges), folder("Versions", "Versions", kept.Versions) }
end

--- Expands a mailbox of a described user.
---@param organization table
---@param user table
---@param spec table
---@param archive boolean?  the user's archive
---@return table
function M.mailbox(organization, user, spec, archive)
  local mailbox = {
    id = ids.uuid(organization.name .. (archive and "/archive/" or "/mailbox/") .. user.name),
    name = archive and "In-Place Archive - " .. user.display or user.display,
    email = user.name, user = user, archive = archive,
  }
  local function fill()
    local description = type(spec) == "function" and spec() or spec
    mailbox.folders, mailbox.items, mailbox.by_id = {}, {}, {}
    mailbox.hold, mailbox.kept = description.hold, { Purges = {}, Versions = {} }
    add_children(mailbox, nil, description)
    if mailbox.hold then add_children(mailbox, nil, { recoverable(mailbox.kept) }) end
    mailbox.kept = nil
  end
  if type(spec) == "function" then
    return later.fields(mailbox, { "folders", "items", "by_id", "hold" }, fill)
  end
  fill()
  return mailbox
end

return M
