--- Expands described mailboxes.
---
---   { folder = "Inbox", category = "Inbox", { folder = "Projects", … },
---     { subject = "…", from = P, to = { P }, sent = "…", body = "…", html = "…",
---       attachments = {…}, deleted = "…" },
---     { mails = 60, subjects = { "… %d" }, first = "…", step = 7200, … } }
---
--- A person P is { name = "…", email = "…" }; an attachment { name=, type=, <content> } with the
--- contents of `world/content.lua`.

local content = require "vbo.sim.world.content"
local ids = require "vbo.sim.ids"
local time = require "vbo.time"

local M = {}

local function moment(text) return text and (assert(time.parse(text), text)) end

--- An Exchange entry id as clients see it: 46 bytes for folders, 70 for items, URL-safe Base64.
local function entry_id(seed, count)
  return ids.base64("\0\0\0\0" .. ids.bytes(seed, count - 4), true)
end

local function add_item(mailbox, folder, spec)
  local n = #mailbox.items + 1
  local seed = mailbox.id .. "/item/" .. n
  local item = {
    id = entry_id(seed, 70), mailbox = mailbox, folder = folder, class = "IPM.Note",
    subject = spec.subject, from = spec.from, to = spec.to, cc = spec.cc or {},
    bcc = spec.bcc or {}, sent = moment(spec.sent), received = moment(spec.sent) + 4,
    importance = spec.importance or "Normal", body = spec.body, html = spec.html,
    attachments = {}, deleted = moment(spec.deleted),
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

--- A mailbox of a described user.
---@param organization table
---@param user table
---@param spec table
---@return table
function M.mailbox(organization, user, spec)
  local mailbox = {
    id = ids.uuid(organization.name .. "/mailbox/" .. user.name), name = user.display,
    email = user.name, user = user, folders = {}, items = {}, by_id = {},
  }
  add_children(mailbox, nil, spec)
  return mailbox
end

return M
