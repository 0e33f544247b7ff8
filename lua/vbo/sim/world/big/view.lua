--- Shows a backup of a big world as of a point in time: computes what `world/view.lua` reads.

local core = require "vbo.core"
local drives = require "vbo.sim.world.big.drive"
local mail = require "vbo.sim.world.big.mail"
local numbers = require "vbo.sim.world.numbers"
local sequence = require "vbo.sim.world.sequence"
local views = require "vbo.sim.world.view"

local M = {}

local View = setmetatable({}, { __index = views.View })
View.__index = View

--- Returns a view; see `view.new`.
function M.new(world, organization, options)
  local view = views.new(organization, options)
  view.world = world
  return setmetatable(view, View)
end

-- Maps a function over every user, or those that the view covers.
local function covered(view, list)
  if not view.point then return {} end
  if not view.only then return list end
  local found = {}
  for email in pairs(view.only) do
    local user = view.organization.by_email[email]
    if user then found[#found + 1] = user end
  end
  table.sort(found, function(a, b) return a.number < b.number end)
  return sequence.map(found, function(user) return list[user.number + 1] end)
end

function View:drives()
  return covered(self, self.organization.drives)
end

function View:drive(id)
  local n = numbers.index(self.world.keys.web, id:sub(37), self.world.counts.users)
  local drive = n and self.organization.drives[n + 1]
  return drive and drive.id == core.fold(id) and self:covers(drive.owner) and drive or nil
end

function View:folders(drive, parent)
  if not self:holds(self.world.start) then return {} end
  return drives.list_folders(self.world, drive, parent)
end

function View:folder(drive, id)
  return self:holds(self.world.start) and drives.find_folder(self.world, drive, id) or nil
end

function View:documents(drive, parent)
  if not self.point then return {} end
  local from, to = drive.timeline:range(self.point, self.deleted)
  return drives.list(self.world, drive, from, to, parent)
end

function View:document(drive, id)
  local found = drives.find_document(self.world, drive, id)
  return found and self:shows(found) and found or nil
end

function View:mailboxes()
  return covered(self, self.organization.mailboxes)
end

function View:mailbox(id)
  local n = numbers.index(self.world.keys.mailbox, id, self.world.counts.users)
  local mailbox = n and self.organization.mailboxes[n + 1]
  return mailbox and self:covers(mailbox.email) and mailbox or nil
end

function View:mail_folders(mailbox, parent)
  if not self.point then return {} end
  if parent == nil then return mailbox.folders end
  local found = {}
  for _, folder in ipairs(mailbox.folders) do
    if folder.parent == (parent or nil) then found[#found + 1] = folder end
  end
  return found
end

function View:mail_folder(mailbox, id)
  return self.point and mail.find_folder(self.world, mailbox, id) or nil
end

function View:items(mailbox, folder)
  if not self.point then return {} end
  local from, to = mailbox.timeline:range(self.point, self.deleted)
  return mail.list(self.world, mailbox, from, to, folder)
end

function View:item(mailbox, id)
  local found = mail.find_item(self.world, mailbox, id)
  return found and self:holds(found.received, found.deleted) and found or nil
end

return M
