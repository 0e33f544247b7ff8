--- Records a real server, by reading only, as a folder that `vbolua sim --world DIR`
--- serves.  Names, sizes, dates and structure are those of the server; contents are recorded on
--- request, otherwise the rehearsal server generates them.
---
--- Every row is written when it is read: only the users of an organization stay in memory.

local backups = require "vbo.record.backups"
local core = require "vbo.core"
local description = require "vbo.record.description"
local errors = require "vbo.base.error"
local filename = require "vbo.base.filename"
local files = require "vbo.record.files"
local guard = require "vbo.record.guard"
local mail = require "vbo.record.mail"
local masks = require "vbo.record.masks"
local output = require "vbo.record.output"
local people_of = require "vbo.record.people"
local sites = require "vbo.record.sites"
local teams = require "vbo.record.teams"
local time = require "vbo.base.time"

local M = {}

M.workloads = { "exchange", "onedrive", "sharepoint", "teams" }

local Recorder = {}
Recorder.__index = Recorder

--- Counts recorded things.
function Recorder:count(what, by)
  self.counts[what] = (self.counts[what] or 0) + (by or 1)
end

--- Notes what could not be recorded, once.
function Recorder:skip(text)
  self.skipped[#self.skipped + 1] = text
  self.say("left out: " .. text)
end

function Recorder:listing(place, name)
  local listing = self.output:listing(place, name, self.limit)
  if self.begun then table.insert(self.begun, listing) end
  return listing
end

-- The errors of a server that has nothing to explore: their code differs by version.
local fatal = { auth = true, trust = true, network = true, timeout = true, cancelled = true,
  closed = true, memory = true, disk = true, protocol = true }

local function refused(err) return errors.is(err) and not fatal[err.kind] end

local function explore(self, organization, workload)
  local ok, session = pcall(organization.explore, organization, {
    workload = workload, at = self.at, all_versions = self.versions or nil,
  })
  if ok then return session end
  if not refused(session) then error(session, 0) end
  self.unexplored = self.unexplored or session
  self:skip(("%s of %s: %s"):format(workload, organization.name, session.message))
end

--- Records one mailbox, OneDrive, site or team.  With `keep_going` one that cannot be read is left
--- out and counted as failed.
---@return string? path  of its listing
function Recorder:attempt(what, fn, ...)
  self.say(what)
  if not self.keep_going then return fn(self, ...) end
  local listings = {}
  self.begun = listings
  local ok, path = pcall(fn, self, ...)
  if ok then return path end
  if not refused(path) then error(path, 0) end
  for _, listing in ipairs(listings) do self.output:forget(listing.path) end
  self:count "failed"
  self:skip(("%s: %s"):format(what, path.message))
end

local walks = {}

function walks.exchange(self, session, at)
  local people, place, organization = at.people, at.place, at.organization
  for mailbox in session:mailboxes():each() do
    local user = people:of_mailbox(mailbox)
    local slot = mailbox.is_archive and "archive" or "mailbox"
    if user and user[slot] then
      self:skip(("%s: second %s of %s"):format(organization.name, slot, user.name))
    elseif user then
      if mailbox.is_public and user.left then user.type = "Public" end
      user[slot .. "_name"] = mailbox.name
      user[slot] = self:attempt(("%s: %s %s"):format(organization.name, slot, user.name),
        mail.mailbox, place .. (slot == "archive" and "/archives" or "/mail"), mailbox,
        self.mask:address(user.name))
    elseif not people.wanted then
      self:skip(("%s: mailbox %s has no address"):format(organization.name,
        tostring(mailbox.name)))
    end
  end
end

function walks.onedrive(self, session, at)
  local people, place, organization = at.people, at.place, at.organization
  for drive in session:onedrives():each() do
    local user = people:of_drive(drive)
    if user and user.drive then
      self:skip(("%s: second OneDrive of %s"):format(organization.name, user.name))
    elseif user then
      user.drive = self:attempt(("%s: OneDrive of %s"):format(organization.name, user.name),
        files.drive, place, drive, self.mask:address(user.name))
    end
  end
end

function walks.sharepoint(self, session, at)
  local place, organization, row = at.place, at.organization, at.row
  row.sites = {}
  for site in session:sites { recursive = false }:each() do
    row.sites[#row.sites + 1] = self:attempt(("%s: site %s"):format(organization.name,
      tostring(site.name)), sites.site, place, site)
  end
end

function walks.teams(self, session, at)
  local place, organization, row = at.place, at.organization, at.row
  row.teams = {}
  for team in session:teams():each() do
    row.teams[#row.teams + 1] = self:attempt(("%s: team %s"):format(organization.name,
      tostring(team.name)), teams.team, place, team)
  end
end

-- Describes the users for `world.lua`.
local function users_of(self, people, latest)
  local mask, rows = self.mask, {}
  local types = { User = true, Shared = true, Public = true }
  local locations = { Cloud = true, OnPremises = true, Hybrid = true }
  local function filled(text) return text ~= "" and text or nil end
  for i, user in ipairs(people.list) do
    rows[i] = {
      name = mask:address(user.name), display = filled(mask:person(user.display)),
      office = filled(mask:name(user.office)), type = types[user.type] and user.type or nil,
      location = locations[user.location] and user.location or nil,
      left = user.left and latest or nil, drive = user.drive or false,
      mailbox = user.mailbox or false, mailbox_name = filled(mask:person(user.mailbox_name)),
      archive = user.archive,
      archive_name = user.archive and filled(mask:person(user.archive_name)),
    }
    if rows[i].mailbox_name == rows[i].display then rows[i].mailbox_name = nil end
  end
  return rows
end

-- Calls a function; a recording does without what only administrators may read.
local function if_allowed(self, what, fn, ...)
  local ok, first, second = pcall(fn, ...)
  if ok then return first, second end
  if not errors.is(first) or first.status ~= 403 then error(first, 0) end
  self:skip(("%s: %s"):format(what, first.message))
end

local function record_organization(self, organization)
  local mask = self.mask
  local name = mask:domain(organization.name)
  local place = "recorded/" .. self.unique(filename.safe(name))
  local people = people_of.of(self, organization, self.wanted)
  local jobs, points = if_allowed(self, "jobs of " .. organization.name, backups.of, self,
    organization, people, self.latest)
  jobs, points = jobs or {}, points or {}
  local row = {
    name = name, type = organization.type, region = organization.region,
    description = mask:name(organization.description), workloads = {}, points = points,
  }
  if row.description == "" then row.description = nil end
  for _, workload in ipairs(self.workloads) do
    local session <close> = explore(self, organization, workload)
    if session then
      self.explored = true
      table.insert(row.workloads, workload)
      local point = session.point_in_time
      if #points == 0 and type(point) == "string" and time.parse(point) <= self.latest then
        points[1] = time.iso(time.parse(point))
      end
      walks[workload](self, session, {
        people = people, place = place, organization = organization, row = row,
      })
    end
  end
  if #points == 0 then points[1] = time.iso(self.now) end
  row.users = users_of(self, people, points[#points])
  table.move(jobs, 1, #jobs, #self.world.jobs + 1, self.world.jobs)
  table.insert(self.world.organizations, row)
  self:count "organizations"
end

local function infrastructure(self)
  local mask, client = self.mask, self.client
  local world = self.world
  local repository_name, proxy_name = filename.unique(), filename.unique()
  for repository in client:backup_repositories():each() do
    local name = repository_name(mask:name(repository.name) or "Repository")
    self.repositories[repository.id] = name
    -- A path would reveal the server's machine.
    local path = mask == masks.none and repository.path or nil
    world.repositories[#world.repositories + 1] = { name = name, path = path }
    self:count "repositories"
  end
  for proxy in client:proxies():each() do
    local name = proxy.host_name or proxy.name
    if name then
      world.proxies[#world.proxies + 1] = { name = proxy_name(mask:domain(name)) }
    end
  end
end

-- Lists the organizations of some names, or all.
local function organizations_of(self)
  if not self.organizations then return self.client:organizations():all() end
  local list = {}
  for i, name in ipairs(self.organizations) do list[i] = self.client:organization(name) end
  for _, each in ipairs(list) do each:refresh() end
  return list
end

local order = { "organizations", "users", "mailboxes", "mail items", "OneDrives", "sites", "teams",
  "documents", "versions", "list items", "posts", "jobs", "restore points" }

local singular = { mailboxes = "mailbox" }

--- Writes what was recorded in one line.
---@param counts table<string, integer>
---@param skipped integer
---@return string
function M.summary(counts, skipped)
  local parts = {}
  for _, what in ipairs(order) do
    local n = counts[what]
    if n then
      parts[#parts + 1] = ("%d %s"):format(n, n == 1 and (singular[what] or what:gsub("s$", ""))
        or what)
    end
  end
  if counts.bytes then parts[#parts + 1] = ("%d bytes of contents"):format(counts.bytes) end
  if skipped > 0 then parts[#parts + 1] = ("%d left out"):format(skipped) end
  return table.concat(parts, ", ")
end

---@class vbo.sim.RecordOptions
---@field to string                the folder, which must be empty or not exist
---@field organizations string[]?  by name or id, default all
---@field only string[]?           addresses or names of the users, default all
---@field workloads string[]?      of `M.workloads`; with `only` mail and OneDrives, else all
---@field at string?               a point in time
---@field limit integer?           the most documents, mails … of each mailbox, drive, …
---@field versions boolean?        false: only the last version of documents; default true
---@field keep_going boolean?      leaves out what cannot be read instead of raising
---@field contents boolean?        records contents, too
---@field key string?              replaces names by words made with this key
---@field say (fun(text: string))? receives one line for each thing that is recorded

--- Records a server.
---@param client vbo.Client
---@param options vbo.sim.RecordOptions
---@return table<string, integer> counts, string[] skipped
function M.run(client, options)
  if not client:supports "onedrive" then
    errors.raise { kind = "unsupported",
      message = ("%s cannot be recorded: v2 and later can"):format(client.version) }
  end
  if options.key and options.contents then
    errors.usage "contents cannot be recorded with replaced names: they may hold those names"
  end
  guard.on(client)
  local out <close> = output.open(options.to)
  local latest = options.at and time.point(options.at, "at") or nil
  local self = setmetatable({
    client = client, output = out, at = options.at, limit = options.limit,
    latest = latest or math.huge, now = latest or core.time(),
    organizations = options.organizations,
    contents = options.contents, keep_going = options.keep_going,
    mask = options.key and masks.new(options.key) or masks.none,
    versions = options.versions ~= false and client:supports "versions",
    file_versions = options.versions ~= false and client:supports "TeamsFile_GetVersions",
    say = options.say or function() end, counts = {}, skipped = {}, repositories = {},
    unique = filename.unique(),
    world = { organizations = {}, jobs = {}, repositories = {}, proxies = {} },
  }, Recorder)
  for _, name in ipairs(options.only or {}) do
    self.wanted = self.wanted or {}
    self.wanted[core.fold(name)] = false
  end
  self.workloads = {}
  for _, workload in ipairs(options.workloads or M.workloads) do
    local asked = options.workloads or not self.wanted or workload == "exchange"
      or workload == "onedrive"
    if asked and client:supports(workload) then table.insert(self.workloads, workload) end
  end
  if_allowed(self, "repositories and proxies", infrastructure, self)
  for _, organization in ipairs(organizations_of(self)) do
    record_organization(self, organization)
  end
  for name, found in pairs(self.wanted or {}) do
    if not found then
      errors.raise { kind = "not_found", message = ("there is no user '%s'"):format(name) }
    end
  end
  if not self.explored and self.unexplored then errors.raise(self.unexplored) end
  local world = self.world
  if #world.organizations == 0 then
    errors.raise { kind = "not_found", message = "the server has no organization" }
  end
  for _, kind in ipairs { "jobs", "repositories", "proxies" } do
    if #world[kind] == 0 then world[kind] = nil end
  end
  local now = self.now
  for _, each in ipairs(world.organizations) do
    now = math.max(now, time.parse(each.points[#each.points]) + 60)
  end
  world.now = time.iso(now)
  out:write("world.lua", description.text(world,
    ("Recorded by vbolua from a server of API %s, %s contents."):format(client.version,
      options.contents and "with" or "without")))
  out:finish()
  return self.counts, self.skipped
end

return M
