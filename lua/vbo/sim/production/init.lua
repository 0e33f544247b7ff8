--- Production: the side that restores, copies and sends change.  Starts as the world's live
--- drives, mailboxes, sites and teams, taken over when first touched, and records every change.

local core = require "vbo.core"
local live_of = require "vbo.sim.state.live"

local M = {}

local Production = {}
Production.__index = Production

---@class vbo.sim.Change
---@field sequence integer  1 for the first
---@field change "restored"|"copied"|"sent"
---@field how string        "created", "overwritten", "merged" or "kept" (beside what was there)
---@field workload "onedrive"|"exchange"|"sharepoint"|"teams"
---@field organization string
---@field user string       whose OneDrive or mailbox was written, or whose item was sent; of
---                         SharePoint the URL of the site, of Teams the name of the team
---@field path string       starts with the library or list, or with the channel
---@field size integer?
---@field version string?   "3.0", or "all"
---@field permissions boolean?  whether they were restored, where that was asked for
---@field session string
---@field time number

--- Production of a world.
---@param world table
---@param clock fun(): number
---@return table
function M.new(world, clock)
  return setmetatable({
    world = world, clock = clock, changes = {}, outbox = {}, _drives = {}, _mailboxes = {},
    _sites = {}, _teams = {},
  }, Production)
end

--- A user's OneDrive: { user=, drive=, entries = {[path]=entry}, folders = {[path]=true} }; nil
--- when production has none (any more).
---@param organization table
---@param email string
function Production:drive(organization, email)
  local key = organization.id .. core.fold(email)
  if self._drives[key] == nil then
    local live = self.world:live_drive(organization, email)
    -- A generated world gives tables that keep the differences alone.
    local made = live and live.entries
    local drive = live and {
      user = live.user, drive = live.drive, entries = made or {}, folders = live.folders or {},
    }
    for _, each in ipairs(live and not made and live.documents or {}) do
      local version = each.version
      drive.entries[each.path] = {
        path = each.path, size = version.size, version = version.number, stream = version.stream,
        modified = version.at, by = version.by,
      }
    end
    for _, folder in ipairs(live and not made and live.drive.folders or {}) do
      drive.folders[folder.path] = true
    end
    self._drives[key] = drive or false
  end
  return self._drives[key] or nil
end

--- The OneDrive that a caller's {id=, name=, url=} names.
function Production:find_drive(organization, wanted)
  for _, user in ipairs(organization.users) do
    local drive = user.drive
    if drive and (wanted.id and drive.id == core.fold(wanted.id)
        or not wanted.id and wanted.url and core.fold(drive.url) == core.fold(wanted.url)
        or not wanted.id and not wanted.url
          and core.fold(wanted.name or "") == core.fold(drive.name)) then
      return self:drive(organization, user.name)
    end
  end
end

local function free_path(entries, path)
  local folder, name = path:match "^(.*/)([^/]*)$"
  if not folder then folder, name = "", path end
  local stem, extension = name:match "^(.+)(%.[^.]+)$"
  for n = 1, math.huge do
    local candidate = ("%s%s (%d)%s"):format(folder, stem or name, n, extension or "")
    if not entries[candidate] then return candidate end
  end
end

--- Writes a document.
---@param drive table     of `drive`
---@param path string
---@param version vbo.sim.Version
---@param how { exists: string, all: boolean?, changed: boolean?, missing: boolean? }
---  exists: what happens to one that is there, "overwrite", "keep" or "merge";
---  all: every version is written, not the last alone;
---  changed, missing: false leaves documents alone that differ, or that are not there
---@param count integer?   how many versions those are
---@return string outcome  "created", "overwritten", "merged", "kept" or "unchanged"
---@return string path     where it went
---@return table? entry    that was written
function Production:write(drive, path, version, how, count)
  local there = drive.entries[path]
  local outcome = "created"
  if there then
    local same = there.stream == version.stream
    if how.exists == "keep" then
      path, outcome = free_path(drive.entries, path), "kept"
    elseif same and not how.all or how.changed == false then
      return "unchanged", path
    else
      outcome = how.exists == "merge" and "merged" or "overwritten"
    end
  elseif how.missing == false then
    return "unchanged", path
  end
  -- What is overwritten loses its versions; what is merged gets further ones.
  local before = outcome == "merged" and (there.versions or 1) or 0
  local entry = {
    path = path, size = version.size, version = version.number, stream = version.stream,
    modified = self.clock(), by = version.by, versions = before + (count or 1),
  }
  drive.entries[path] = entry
  M.add_folder(drive, path:match "^(.*)/[^/]*$")
  return outcome, path, entry
end

--- Sees to it that a folder and those above it are there.
function M.add_folder(drive, path)
  while path and path ~= "" and not drive.folders[path] do
    drive.folders[path] = true
    path = path:match "^(.*)/[^/]*$"
  end
end

--- A user's mailbox: { user=, mailbox=, items = {[key]=entry} }; nil when production has none.
---@param archive boolean?  the user's archive instead
function Production:mailbox(organization, email, archive)
  local key = organization.id .. core.fold(email) .. (archive and "/archive" or "")
  if self._mailboxes[key] == nil then
    local live = self.world:live_mailbox(organization, email, archive)
    local made = live and live.entries
    local mailbox = live and { user = live.user, mailbox = live.mailbox, items = made or {} }
    for _, item in ipairs(live and not made and live.items or {}) do
      mailbox.items[item.folder.path .. "\0" .. item.id] =
        { item = item, folder = item.folder.path, unread = false, received = item.received }
    end
    self._mailboxes[key] = mailbox or false
  end
  return self._mailboxes[key] or nil
end

--- Puts an item into a folder of a mailbox.
---@param how { changed: boolean?, missing: boolean?, unread: boolean? }
---@return string outcome  "created" or "unchanged"
function M.deliver(mailbox, folder, item, how)
  local key = folder .. "\0" .. item.id
  if mailbox.items[key] or how.missing == false then return "unchanged" end
  mailbox.items[key] = { item = item, folder = folder, unread = how.unread or false,
    received = item.received }
  return "created"
end

--- A site by its URL: { url=, name=, containers = {…} } (`vbo.sim.live`); nil when production
--- has none.
---@param organization table
---@param url string
function Production:site(organization, url)
  url = core.fold(url):gsub("/+$", "")
  local key = organization.id .. url
  if self._sites[key] == nil then
    local found = false
    for _, site in ipairs(organization.sites or {}) do
      if core.fold(site.url) == url then found = live_of.site(site, self.world.now) or false end
    end
    self._sites[key] = found
  end
  return self._sites[key] or nil
end

--- Makes an empty site.
function Production:make_site(organization, url, name)
  url = url:gsub("/+$", "")
  local site = live_of.new_site(url, name)
  self._sites[organization.id .. core.fold(url)] = site
  return site
end

--- All sites of an organization, by URL.
function Production:sites(organization)
  for _, site in ipairs(organization.sites or {}) do self:site(organization, site.url) end
  local list = {}
  for key, site in pairs(self._sites) do
    if site and key:sub(1, #organization.id) == organization.id then list[#list + 1] = site end
  end
  table.sort(list, function(a, b) return a.url < b.url end)
  return list
end

--- A team: { team=, name=, channels = {[id]=channel}, members = {…} }; nil when production has
--- none.
---@param team table  of the world
function Production:team(team)
  if self._teams[team.id] == nil then
    self._teams[team.id] = live_of.team(team, self.world.now) or false
  end
  return self._teams[team.id] or nil
end

--- Makes an empty team.
function Production:make_team(team)
  self._teams[team.id] = live_of.new_team(team)
  return self._teams[team.id]
end

--- Records a change.
---@param change table  a `vbo.sim.Change` without `sequence` and `time`
function Production:record(change)
  change.sequence = #self.changes + 1
  change.time = self.clock()
  self.changes[change.sequence] = change
end

--- Sends a message: it ends up in the outbox that can be inspected.
---@param message table  { from=, to=, subject=, text=, attachments= }
function Production:send(message)
  message.time = self.clock()
  self.outbox[#self.outbox + 1] = message
end

return M
