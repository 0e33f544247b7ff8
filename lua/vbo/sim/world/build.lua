--- Expands a described world (`world/demo/init.lua` shows the form) into the objects that the
--- server reads: makes ids from seeds, versions from times and streams from contents, and applies
--- the ransomware attack to files marked with `hit`.

local core = require "vbo.core"
local files = require "vbo.sim.world.files"
local ids = require "vbo.sim.base.ids"
local later = require "vbo.sim.base.later"
local mail = require "vbo.sim.world.mail"
local sites = require "vbo.sim.world.sites"
local teams = require "vbo.sim.world.teams"
local view = require "vbo.sim.world.view"

local M = {}

local World = {}
World.__index = World

local moment = files.moment

-- Defers what a function describes until it is read.
local function described(spec)
  if type(spec) == "function" then return spec() end
  return spec
end

local function new_drive(organization, user, spec, defaults)
  local seed = organization.name .. "/drive/" .. user.name
  local personal = user.name:gsub("[@.]", "_")
  local drive = {
    id = ids.uuid(seed .. "/site") .. ids.uuid(seed .. "/web"), name = user.display,
    owner = user.name, author = user.display, user = user,
    url = ("https://%s-my.sharepoint.com/personal/%s"):format(
      organization.name:match "^[^.]+", personal),
  }
  local function fill()
    drive.folders, drive.documents, drive.by_id = {}, {}, {}
    files.add(drive, nil, described(spec), defaults)
  end
  if type(spec) == "function" then
    return later.fields(drive, { "folders", "documents", "by_id" }, fill)
  end
  fill()
  return drive
end

-- Makes a user's id: three GUIDs joined; of a user synchronised from a directory two GUIDs and a
-- SID in base64, which brings "==" into paths.
local function user_id(organization, spec)
  local seed = organization.name .. "/user/" .. spec.name
  if spec.directory then
    local sid = "\1\5\0\0\0\0\0\5" .. ids.bytes(seed .. "/sid", 20)
    return "00000000-0000-0000-0000-000000000000" .. ids.uuid(seed) .. ids.base64(sid, true)
  end
  return organization.id .. ids.uuid(seed) .. ids.uuid(seed .. "/account")
end

-- Expands groups other than those of teams.
local function groups_of(organization, specs)
  local list = {}
  for i, each in ipairs(specs) do
    list[i] = {
      id = ids.uuid(organization.name .. "/group/" .. each.email), name = each.group,
      email = each.email, type = each.type or "Security", location = each.location or "Cloud",
      author = each.author, members = each.members or {}, organization = organization,
    }
  end
  return list
end

local function new_organization(spec, world)
  local organization = {
    id = ids.uuid("organization/" .. spec.name), name = spec.name, type = spec.type,
    region = spec.region or "Worldwide", account = spec.account, description = spec.description,
    msid = ids.uuid("tenant/" .. spec.name), users = {}, drives = {}, mailboxes = {},
    workloads = {}, points = {}, by_email = {}, exchange_server = spec.exchange_server,
    sharepoint_server = spec.sharepoint_server,
    accounts = spec.accounts, applications = spec.applications,
  }
  for i, point in ipairs(spec.points) do organization.points[i] = moment(point) end
  for _, workload in ipairs(spec.workloads) do organization.workloads[workload] = true end
  local defaults = {
    created = moment(spec.created, organization.points[1] - 10 * 86400), hit = moment(spec.hit),
    now = world.now, sharepoint_server = spec.sharepoint_server,
  }
  defaults.latest = moment(spec.latest) -- when it was recorded, of a recorded organization
  local with_note = setmetatable({ note = spec.note }, { __index = defaults })
  for _, each in ipairs(spec.users) do
    local user = {
      name = each.name, display = each.display, type = each.type or "User",
      location = each.location or each.directory and "Hybrid" or "Cloud",
      office = each.office or "", left = each.left, organization = organization,
    }
    user.id = user_id(organization, each)
    organization.users[#organization.users + 1] = user
    organization.by_email[core.fold(user.name)] = user
    if each.drive then
      user.drive = new_drive(organization, user, each.drive, with_note)
      organization.drives[#organization.drives + 1] = user.drive
    end
    if each.mailbox then
      user.mailbox = mail.mailbox(organization, user, each.mailbox)
      organization.mailboxes[#organization.mailboxes + 1] = user.mailbox
    end
    if each.archive then
      user.archive = mail.mailbox(organization, user, each.archive, true)
      organization.mailboxes[#organization.mailboxes + 1] = user.archive
    end
  end
  organization.sites = sites.expand(organization, described(spec.sites) or {}, defaults)
  organization.teams = teams.expand(organization, described(spec.teams) or {}, defaults)
  organization.groups = groups_of(organization, spec.groups or {})
  return organization
end

--- Expands a description.
---@param spec table  see `world/demo/init.lua`
---@return table world
function M.expand(spec)
  local world = setmetatable({
    name = spec.name, now = moment(spec.now), list = {}, by_id = {}, jobs = {}, repositories = {},
    proxies = {},
  }, World)
  for _, each in ipairs(spec.organizations) do
    local organization = new_organization(each, world)
    world.list[#world.list + 1] = organization
    world.by_id[organization.id] = organization
    world.by_id[core.fold(organization.name)] = organization
  end
  for _, each in ipairs(spec.proxies) do
    world.proxies[#world.proxies + 1] = { id = ids.uuid("proxy/" .. each.name), name = each.name }
  end
  for _, each in ipairs(spec.repositories) do
    world.repositories[#world.repositories + 1] = {
      id = ids.uuid("repository/" .. each.name), name = each.name, path = each.path,
      proxy = world.proxies[1],
    }
  end
  for _, each in ipairs(spec.jobs) do
    local repository = world.repositories[1]
    for _, other in ipairs(world.repositories) do
      if other.name == each.repository then repository = other end
    end
    world.jobs[#world.jobs + 1] = {
      id = ids.uuid("job/" .. each.name), name = each.name, description = each.description,
      organization = world.by_id[core.fold(each.organization)], repository = repository,
      points = each.points and files.moments(each.points),
      schedule = each.schedule, selected = each.selected, excluded = each.excluded,
      enabled = each.enabled ~= false, last_run = moment(each.last_run),
      last_status = each.last_status or "Success",
    }
  end
  return world
end

function World:organizations() return self.list end

function World:organization(id) return self.by_id[core.fold(id)] end

World.view = function(_, organization, options) return view.new(organization, options) end

--- Returns the documents of a drive in production at the start: a Live table
--- { user=, drive=, documents = { {path=, document=, version=}, … } }.
function World:live_drive(organization, email)
  local user = organization.by_email[core.fold(email)]
  if not user or user.left or not user.drive then return nil end
  local live = { user = user, drive = user.drive, documents = {} }
  for _, document in ipairs(user.drive.documents) do
    local version = view.version_at(document, self.now)
    if version and not (document.deleted and document.deleted <= self.now) then
      live.documents[#live.documents + 1] =
        { path = document.path, document = document, version = version }
    end
  end
  return live
end

--- Returns the mail of a mailbox in production at the start:
--- { user=, mailbox=, items = { item, … } }.
---@param archive boolean?  of the user's archive
function World:live_mailbox(organization, email, archive)
  local user = organization.by_email[core.fold(email)]
  local mailbox = user and not user.left and user[archive and "archive" or "mailbox"]
  if not mailbox then return nil end
  local live = { user = user, mailbox = mailbox, items = {} }
  for _, item in ipairs(mailbox.items) do
    local gone = item.deleted and item.deleted <= self.now
    if (item.filed or item.received) <= self.now and not gone then
      live.items[#live.items + 1] = item
    end
  end
  return live
end

return M
