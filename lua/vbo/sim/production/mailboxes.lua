--- Holds the mailboxes of production.

local json = require "vbo.base.json"
local time = require "vbo.base.time"

local M = {}

--- Returns a user's live mailbox as it is at the start; nil where production has none.
---@param world table
---@param organization table
---@param email string
---@param archive boolean?  the user's archive instead
---@return table?  { user=, mailbox=, items = {[key]=entry} }
function M.open(world, organization, email, archive)
  local found = world:live_mailbox(organization, email, archive)
  if not found then return nil end
  -- A generated world returns a table that keeps only the differences.
  local live = { user = found.user, mailbox = found.mailbox, items = found.entries or {} }
  for _, item in ipairs(not found.entries and found.items or {}) do
    live.items[item.folder.path .. "\0" .. item.id] =
      { item = item, folder = item.folder.path, unread = false, received = item.received }
  end
  return live
end

--- Puts an item into a folder of a live mailbox.
---@param live table
---@param folder string
---@param item table
---@param how { missing: boolean?, unread: boolean? }  missing: false leaves out a missing item
---@return "created"|"unchanged"
function M.deliver(live, folder, item, how)
  local key = folder .. "\0" .. item.id
  if live.items[key] or how.missing == false then return "unchanged" end
  live.items[key] = { item = item, folder = folder, unread = how.unread or false,
    received = item.received }
  return "created"
end

--- Describes a live mailbox for the admin interface.
---@param live table?
---@param archive boolean?
---@return table?
function M.row(live, archive)
  if not live then return nil end
  local items = json.array {}
  for _, entry in pairs(live.items) do
    items[#items + 1] = {
      path = entry.folder .. "/" .. entry.item.subject, folder = entry.folder,
      subject = entry.item.subject, size = entry.item.size, unread = entry.unread,
      received = time.iso(entry.received),
    }
  end
  table.sort(items, function(a, b)
    if a.path ~= b.path then return a.path < b.path end
    return a.received < b.received
  end)
  return { user = live.user.name, id = live.mailbox.id, archive = archive, items = items }
end

return M
