--- Generates the mailboxes of a big world.  Item i of a mailbox lies in the folder that has i % 16
--- among its slots; texts and attachments are made on use.

local ids = require "vbo.sim.base.ids"
local numbers = require "vbo.sim.world.numbers"
local overlay = require "vbo.sim.world.big.overlay"
local sequence = require "vbo.sim.world.sequence"
local timeline = require "vbo.sim.world.big.timeline"

local M = {}

-- Folders, ascending in `slots`; `above` is an index of this list.
local layout = {
  { name = "Inbox", category = "Inbox", slots = { 0, 2, 4, 6, 8, 10 } },
  { name = "Projects", category = "None", above = 1, slots = { 1, 9 } },
  { name = "Aurora", category = "None", above = 2, slots = { 5 } },
  { name = "Sent Items", category = "Sent", slots = { 3, 7, 11 } },
  { name = "Drafts", category = "Drafts", slots = { 12 } },
  { name = "Deleted Items", category = "Deleted", slots = { 13 } },
  { name = "Archive", category = "None", slots = { 14, 15 } },
}
local stride = 16
local folder_of_slot = {}
for place, each in ipairs(layout) do
  for _, slot in ipairs(each.slots) do folder_of_slot[slot] = place end
end

local subjects = {
  "Lunch", "Re: Budget", "Minutes of the meeting", "Nightly build", "Rückfrage", "Offer",
  "Re: Offer", "Invoice", "Travel plans", "周报", "Question about the contract", "Fwd: Photos",
  "Please review", "Order confirmation", "Your ticket", "Reminder",
}
local texts = {
  "account", "backup", "copy", "deadline", "estimate", "figures", "guest", "holiday", "invoice",
  "journal", "kitchen", "letter", "meeting", "network", "office", "project", "quarter", "report",
  "server", "ticket", "update", "visit", "week", "year", "and", "the", "of", "for", "with", "is",
  "was", "next",
}

-- Makes lines of words of a number of bytes.
local function words(h, size)
  local parts, length, n = {}, 0, 0
  while length < size do
    n = n + 1
    local word = texts[1 + (numbers.hash(h, n) >> 7 & 31)] .. (n % 10 == 0 and "\r\n" or " ")
    parts[n], length = word, length + #word
  end
  return table.concat(parts):sub(1, size)
end

-- Makes an item's body and an attachment's data on use, without keeping them.
local lazy_item = {
  __index = function(item, name)
    if name == "body" then return words(item.seed, item.length) end
  end,
  -- An item that is made again is equal.
  __eq = function(a, b) return a.id == b.id end,
}
local lazy_attachment = { __index = function(attachment, name)
  if name == "data" then return ids.bytes(attachment.seed, attachment.size) end
end }

local function person(user) return { name = user.display, email = user.name } end

-- Makes the n-th folder of all mailboxes, seven each.
function M.folder(world, n)
  local found = world.mail_folders[n]
  if found then return found end
  local mailbox, place = world:mailbox_at(n // #layout), n % #layout + 1
  local each = layout[place]
  local parent = each.above and M.folder(world, n - place + each.above) or nil
  found = {
    id = numbers.entry(world.keys.mail_folder, n, 46), mailbox = mailbox, name = each.name,
    path = parent and parent.path .. "/" .. each.name or each.name, parent = parent,
    category = each.category, number = place,
  }
  world.mail_folders[n] = found
  return found
end

-- Makes the n-th item of the world.
function M.item(world, n)
  local found = world.items[n]
  if found then return found end
  local mailbox = world:mailbox_at(world.item_owner(n))
  local i = n - mailbox.first
  local h = numbers.hash(world.keys.item, n)
  local folder = M.folder(world, mailbox.number * #layout + folder_of_slot[i % stride] - 1)
  local owner = mailbox.user
  local other = world:user_at((h >> 12 & 0xFFFFFF) % world.counts.users)
  local sent_by_owner = folder.category == "Sent" or folder.category == "Drafts"
  local received = mailbox.timeline:came(i)
  found = setmetatable({
    id = numbers.entry(world.keys.item, n, 70), mailbox = mailbox, folder = folder,
    class = "IPM.Note", subject = ("%s %d"):format(subjects[1 + (h & 15)], i),
    from = person(sent_by_owner and owner or other),
    to = { person(sent_by_owner and other or owner) },
    cc = {}, bcc = {}, sent = received - 4, received = received,
    importance = h >> 8 & 31 == 0 and "High" or "Normal", attachments = {},
    deleted = mailbox.timeline:went(i), seed = h, length = 200 + (h >> 40 & 0x7FF), number = i,
    message_id = ("<%s@%s>"):format(numbers.uuid(world.keys.message, n),
      (sent_by_owner and owner or other).name:match "@(.*)"),
  }, lazy_item)
  found.size = 1024 + found.length
  if h >> 52 & 7 == 0 then
    local size = 512 + (h >> 24 & 0x3FFF)
    found.attachments[1] = setmetatable({
      name = ("Attachment %d.pdf"):format(i), type = "application/pdf", size = size,
      seed = world.seed .. "/attachment/" .. n,
    }, lazy_attachment)
    found.size = found.size + size
  end
  world.items[n] = found
  return found
end

--- Makes the mailbox of a user.
function M.mailbox(world, user)
  local u = user.number
  local mailbox = {
    id = numbers.uuid(world.keys.mailbox, u), name = user.display, email = user.name, user = user,
    number = u,
  }
  mailbox.first, mailbox.count = world.items_of(u)
  mailbox.timeline = timeline.new {
    key = world.keys.received, count = mailbox.count, first = mailbox.first, start = world.start,
    now = world.now, points = world.points,
  }
  mailbox.items = sequence.new(mailbox.count, function(i)
    return M.item(world, mailbox.first + i - 1)
  end)
  mailbox.folders = sequence.new(#layout, function(i)
    return M.folder(world, u * #layout + i - 1)
  end)
  mailbox.by_id = setmetatable({}, { __index = function(_, id)
    return M.find_item(world, mailbox, id) or M.find_folder(world, mailbox, id)
  end })
  return mailbox
end

--- Finds the item of a mailbox by its id.
function M.find_item(world, mailbox, id)
  local n = numbers.entry_index(world.keys.item, id, 70, world.counts.mails)
  if not n or n < mailbox.first or n >= mailbox.first + mailbox.count then return nil end
  return M.item(world, n)
end

--- Finds the folder of a mailbox by its id.
function M.find_folder(world, mailbox, id)
  local n = numbers.entry_index(world.keys.mail_folder, id, 46, world.counts.users * #layout)
  if not n or n // #layout ~= mailbox.number then return nil end
  return M.folder(world, n)
end

--- Lists the items numbered from … to - 1 directly in a folder (false: in none; nil: all).
function M.list(world, mailbox, from, to, folder)
  if folder == false then return {} end
  if folder == nil then
    return sequence.new(to - from, function(i)
      return M.item(world, mailbox.first + from + i - 1)
    end)
  end
  local below, nth = numbers.slots(layout[folder.number].slots, stride)
  local before = below(from)
  return sequence.new(below(to) - before, function(i)
    return M.item(world, mailbox.first + nth(before + i - 1))
  end)
end

local function entry_of(item)
  return { item = item, folder = item.folder.path, unread = false, received = item.received }
end

--- Returns a mailbox in production at the start, as `live` of `drive.lua`.
function M.live(world, user)
  local mailbox = user.mailbox
  local from, to = mailbox.timeline:range(world.now)
  local items = M.list(world, mailbox, from, to)
  local function entry(key)
    local folder, id = key:match "^(.*)%z(.*)$"
    local item = id and M.find_item(world, mailbox, id)
    if not item or item.folder.path ~= folder or item.number < from or item.number >= to then
      return nil
    end
    return entry_of(item)
  end
  return {
    user = user, mailbox = mailbox, items = items,
    entries = overlay.new(entry, items, function(item)
      return item.folder.path .. "\0" .. item.id, entry_of(item)
    end),
  }
end

return M
