--- Shows a backup as of a point in time, for a restore session.
---
--- The point is the last restore point at or before the requested time: none before the first, the
--- last after the last (the `explore` action, since v1).

local core = require "vbo.core"

local M = {}

local View = {}
View.__index = View

--- The methods of views; `world/big/view.lua` computes some of them.
M.View = View

--- Returns the newest version of a document at a time; nil before its first.
---@param document table
---@param at number
---@return vbo.sim.Version?
function M.version_at(document, at)
  local found
  for _, version in ipairs(document.versions) do
    if version.at <= at then found = version end
  end
  return found
end

local function last_point(points, at)
  local found
  for _, point in ipairs(points) do
    if not at or point <= at then found = point end
  end
  return found
end

--- Returns a view.
---@param organization table
---@param options { at: number?, deleted: boolean?, versions: boolean?, only: table<string, true>? }
---  at: default the newest; deleted: shows what had been deleted by then; versions: shows older
---  versions; only: lower-case addresses of the users that it covers, default all
---@return table
function M.new(organization, options)
  return setmetatable({
    organization = organization, point = last_point(organization.points, options.at),
    deleted = options.deleted or false, versions_shown = options.versions or false,
    only = options.only,
  }, View)
end

function View:covers(email)
  return self.point ~= nil and (self.only == nil or self.only[core.fold(email)] == true)
end

--- Checks whether the view shows something that existed between `from` and `gone`: at the point,
--- or, where deleted items are shown, in an earlier backup.
function View:holds(from, gone)
  if not self.point or from > self.point then return false end
  if not gone or gone > self.point then return true end
  if not self.deleted then return false end
  local before = last_point(self.organization.points, gone - 1)
  return before ~= nil and before >= from
end

local function keep(list, test)
  local out = {}
  for _, each in ipairs(list) do
    if test(each) then out[#out + 1] = each end
  end
  return out
end

-- Finds what has an id and is in the view.  GUIDs match without regard to case.
local function by_id(list, id)
  for _, each in ipairs(list) do
    if each.id == id or each.id == core.fold(id) then return each end
  end
end

function View:drives()
  return keep(self.organization.drives, function(drive) return self:covers(drive.owner) end)
end

function View:drive(id) return by_id(self:drives(), id) end

--- Lists the folders of a drive.
---@param drive table
---@param parent table|false|nil  a folder; false: the root's; nil: all
function View:folders(drive, parent)
  return keep(drive.folders, function(folder)
    return self:holds(folder.at) and (parent == nil or folder.parent == (parent or nil))
  end)
end

function View:folder(drive, id) return by_id(self:folders(drive), id) end

--- Lists the documents of a drive, as `folders`.
function View:documents(drive, parent)
  return keep(drive.documents, function(document)
    return (parent == nil or document.folder == (parent or nil)) and self:shows(document)
  end)
end

function View:shows(document) return self:holds(document.versions[1].at, document.deleted) end

function View:document(drive, id)
  local found = drive.by_id[id] or drive.by_id[core.fold(id)]
  return found and found.versions and self:shows(found) and found or nil
end

--- Lists sites; a backup of some users has none.
---@param parent table|false|nil  a site; false: the top ones; nil: all
function View:sites(parent)
  return keep(self.organization.sites or {}, function(site)
    return self.only == nil and self:holds(site.at, site.deleted)
      and (parent == nil or site.parent == (parent or nil))
  end)
end

function View:site(id) return by_id(self:sites(), id) end

--- Lists the libraries and lists of a site.
---@param kind "library"|"list"|nil
function View:containers(site, kind)
  return keep(site.containers, function(container)
    return (kind == nil or container.kind == kind) and self:holds(container.at, container.deleted)
  end)
end

function View:teams()
  return keep(self.organization.teams or {}, function(team)
    return self.only == nil and self:holds(team.at, team.deleted)
  end)
end

function View:team(id) return by_id(self:teams(), id) end

function View:channels(team)
  return keep(team.channels, function(channel)
    return self:holds(channel.at, channel.deleted)
  end)
end

function View:channel(team, id) return by_id(self:channels(team), id) end

function View:tabs(channel)
  return keep(channel.tabs, function(tab) return self:holds(tab.at, tab.deleted) end)
end

--- Lists the posts of a channel.
---@param parent table|false|nil  a post: its replies; false: posts that are not replies; nil: all
function View:posts(channel, parent)
  return keep(channel.posts, function(post)
    return self:holds(post.at, post.deleted)
      and (parent == nil or post.parent == (parent or nil))
  end)
end

--- Returns the version of a document that the view restores.
function View:current(document) return M.version_at(document, self.point) end

--- Lists the versions of a document, newest first: all where the session shows all, else the
--- current.
function View:versions(document)
  if not self.versions_shown then return { self:current(document) } end
  local out = {}
  for i = #document.versions, 1, -1 do
    if document.versions[i].at <= self.point then out[#out + 1] = document.versions[i] end
  end
  return out
end

function View:mailboxes()
  return keep(self.organization.mailboxes, function(box) return self:covers(box.email) end)
end

function View:mailbox(id) return by_id(self:mailboxes(), id) end

--- Lists the folders of a mailbox, as `folders`.
function View:mail_folders(mailbox, parent)
  return keep(mailbox.folders, function(folder)
    return self.point and (parent == nil or folder.parent == (parent or nil))
  end)
end

function View:mail_folder(mailbox, id)
  local found = mailbox.by_id[id]
  return self.point and found and found.category and found or nil
end

--- Lists the items of a mailbox: all, or those directly in a folder.
function View:items(mailbox, folder)
  return keep(mailbox.items, function(item)
    return (folder == nil or item.folder == (folder or nil))
      and self:holds(item.filed or item.received, item.deleted)
  end)
end

function View:item(mailbox, id)
  local found = mailbox.by_id[id]
  return found and found.class and self:holds(found.filed or found.received, found.deleted)
    and found or nil
end

return M
