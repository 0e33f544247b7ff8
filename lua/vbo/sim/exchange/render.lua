--- Renders mailboxes, folders and mail of a restore session as records of the API.

local dates = require "vbo.sim.state.dates"
local json = require "vbo.base.json"

local M = {}

local mailboxes = "/RestoreSessions/%s/Organization/Mailboxes/%s"

function M.mailbox(context, it, session)
  return {
    id = it.id, name = it.name, email = it.email, isArchive = it.archive or false,
    isPublic = it.user ~= nil and it.user.type == "Public",
    _links = {
      self = context:href(mailboxes, session.id, it.id),
      folders = context:href(mailboxes .. "/Folders", session.id, it.id),
      items = context:href(mailboxes .. "/Items", session.id, it.id),
    },
  }
end

function M.folder(context, it, session)
  local box = it.mailbox
  local base = mailboxes .. "/Folders/%s"
  local items = context.number <= 6 and "/Items?folderId=%s" or "/Items?parentId=%s"
  return {
    id = it.id, name = it.name, type = "None", category = it.category, description = "",
    mailboxId = box.id,
    _links = {
      self = context:href(base, session.id, box.id, it.id),
      mailbox = context:href(mailboxes, session.id, box.id),
      parent = it.parent and context:href(base, session.id, box.id, it.parent.id) or nil,
      -- v1 lists folders all at once.
      folders = context.number >= 2
        and context:href(mailboxes .. "/Folders?parentId=%s", session.id, box.id, it.id) or nil,
      items = context:href(mailboxes .. items, session.id, box.id, it.id),
    },
  }
end

local function person(it)
  return it.name == it.email and it.email or ("%s <%s>"):format(it.name, it.email)
end

local function people(list)
  local out = {}
  for i, each in ipairs(list) do out[i] = person(each) end
  return table.concat(out, "; ")
end

local of_mail = {
  "subject", "from", "to", "cc", "bcc", "sent", "received", "importance", "reminder",
}

function M.item(context, it, session)
  local box = it.mailbox
  local attachments = json.array {}
  for i, each in ipairs(it.attachments) do
    attachments[i] = { name = each.name, sizeBytes = each.size }
  end
  local record = {
    id = it.id, itemClass = it.class, subject = it.subject, from = person(it.from),
    to = people(it.to), cc = people(it.cc), bcc = people(it.bcc), sent = dates.time(it.sent),
    received = dates.time(it.received), importance = it.importance, reminder = false,
    mailboxId = box.id, attachments = attachments,
    _links = {
      self = context:href(mailboxes .. "/Items/%s", session.id, box.id, it.id),
      mailbox = context:href(mailboxes, session.id, box.id),
      parent = context:href(mailboxes .. "/Folders/%s", session.id, box.id, it.folder.id),
    },
  }
  if it.shown then
    -- A recorded item shows the fields it was recorded with: appointments and contacts have no
    -- sender, nor has every mail.
    for _, name in ipairs(of_mail) do record[name] = nil end
    for name, value in pairs(it.shown) do record[name] = value end
  end
  return record
end
return M
