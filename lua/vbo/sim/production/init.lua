--- Production: what restores, copies and sends change.  It starts as the world's live OneDrives,
--- mailboxes, sites and teams, each opened on first use, and records every change.

local core = require "vbo.core"
local container = require "vbo.sim.production.container"
local drives = require "vbo.sim.production.drives"
local mailboxes = require "vbo.sim.production.mailboxes"
local sites = require "vbo.sim.production.sites"
local teams = require "vbo.sim.production.teams"

local M = {}

local Production = {}
Production.__index = Production

---@class vbo.sim.Change
---@field sequence integer  1 for the first
---@field change "restored"|"copied"|"sent"
---@field how string        "created", "overwritten", "merged" or "kept" (beside what was there)
---@field workload "onedrive"|"exchange"|"sharepoint"|"teams"
---@field organization string
---@field user string       owner of the OneDrive or mailbox, or of the item that was sent; of
---                         SharePoint the URL of the site, of Teams the name of the team
---@field path string       starts with the library or list, or with the channel
---@field size integer?
---@field version string?   "3.0", or "all"
---@field permissions boolean?  whether they were restored, where that was asked for
---@field session string
---@field time number

--- Returns the production of a world.
---@param world table
---@param clock fun(): number
---@return table
function M.new(world, clock)
  return setmetatable({
    world = world, clock = clock, changes = {}, edits = {}, outbox = {}, _drives = {},
    _mailboxes = {}, _sites = {}, _teams = {},
  }, Production)
end

-- Returns what a cache holds under a key, opened on first use; nil where production has none.
local function opened(cache, key, open, ...)
  if cache[key] == nil then cache[key] = open(...) or false end
  return cache[key] or nil
end

--- Returns a user's live OneDrive; nil where production has none (any more).
---@param organization table
---@param email string
---@return table?  see `production/drives.lua`
function Production:drive(organization, email)
  return opened(self._drives, organization.id .. core.fold(email), drives.open, self.world,
    organization, email)
end

--- Finds the live OneDrive that a body names by { id=, name=, url= }.
---@return table?
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

--- Writes a document into a live container; the parameters and results of `container.write`.
---@param live table
---@param path string
---@param version vbo.sim.Version
---@param how table
---@param count integer?
function Production:write(live, path, version, how, count)
  return container.write(live, path, version, how, count, self.clock())
end

--- Returns a user's live mailbox; nil where production has none.
---@param archive boolean?  the user's archive instead
---@return table?  see `production/mailboxes.lua`
function Production:mailbox(organization, email, archive)
  local key = organization.id .. core.fold(email) .. (archive and "/archive" or "")
  return opened(self._mailboxes, key, mailboxes.open, self.world, organization, email, archive)
end

--- Returns the live site of a URL; nil where production has none.
---@param organization table
---@param url string
---@return table?  see `production/sites.lua`
function Production:site(organization, url)
  url = core.fold(url):gsub("/+$", "")
  return opened(self._sites, organization.id .. url, function()
    local live
    for _, site in ipairs(organization.sites or {}) do
      if core.fold(site.url) == url then live = sites.open(site, self.world.now) end
    end
    return live
  end)
end

--- Creates an empty site.
---@return table
function Production:make_site(organization, url, name)
  url = url:gsub("/+$", "")
  local site = sites.new(url, name)
  self._sites[organization.id .. core.fold(url)] = site
  return site
end

--- Lists the live sites of an organization, by URL.
---@return table[]
function Production:sites(organization)
  for _, site in ipairs(organization.sites or {}) do self:site(organization, site.url) end
  local list = {}
  for key, site in pairs(self._sites) do
    if site and key:sub(1, #organization.id) == organization.id then list[#list + 1] = site end
  end
  table.sort(list, function(a, b) return a.url < b.url end)
  return list
end

--- Returns a live team; nil where production has none.
---@param team table  of the world
---@return table?  see `production/teams.lua`
function Production:team(team)
  return opened(self._teams, team.id, teams.open, team, self.world.now)
end

--- Creates an empty team.
---@return table
function Production:make_team(team)
  self._teams[team.id] = teams.new(team)
  return self._teams[team.id]
end

--- Records a change.
---@param change table  a `vbo.sim.Change` without `sequence` and `time`
function Production:record(change)
  change.sequence = #self.changes + 1
  change.time = self.clock()
  self.changes[change.sequence] = change
end

--- Adds a message to the outbox.
---@param message table  { from=, to=, subject=, text=, attachments= }
function Production:send(message)
  message.time = self.clock()
  self.outbox[#self.outbox + 1] = message
end

return M
