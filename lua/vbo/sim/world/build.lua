--- Expands a described world (`world/demo.lua` shows the form) into the objects that the server
--- asks: ids from seeds, versions from times, contents into streams, and the blow that ransomware
--- dealt to the files marked with `hit`.

local content = require "vbo.sim.world.content"
local ids = require "vbo.sim.ids"
local time = require "vbo.time"
local mail = require "vbo.sim.world.mail"
local view = require "vbo.sim.world.view"

local M = {}

local World = {}
World.__index = World

local function moment(text, default)
  if text == nil then return default end
  return (assert(time.parse(text), "no point in time: " .. tostring(text)))
end

---@class vbo.sim.Version
---@field number string      "2.0", as the API shows it
---@field id integer         SharePoint's: 512 a major version
---@field at number          when it was saved
---@field by string
---@field size integer
---@field stream table

local function add_version(document, at, by, made, seed)
  local stream, size = made(seed)
  local n = #document.versions + 1
  document.versions[n] = {
    number = n .. ".0", id = 512 * n, at = at, by = by, stream = stream, size = size,
  }
end

local function new_document(drive, folder, name)
  local path = folder and folder.path .. "/" .. name or name
  local seed = drive.id .. "/" .. path
  local document = {
    id = ids.uuid(seed), drive = drive, folder = folder, name = name, path = path, versions = {},
  }
  assert(not drive.by_id[document.id], "two documents of one path: " .. path)
  drive.documents[#drive.documents + 1] = document
  drive.by_id[document.id] = document
  return document, seed
end

--- A file and what the attack made of it: "renamed" leaves NAME.locked in its place,
--- "encrypted" a newer version of the same name.
local function add_file(drive, folder, spec, defaults)
  local document, seed = new_document(drive, folder, spec.file)
  for i, version in ipairs(spec[1] and spec or { spec }) do
    add_version(document, moment(version.at, defaults.created), version.by or drive.name,
      function(s) return content.stream(version, s .. i) end, seed)
  end
  document.deleted = moment(spec.deleted)
  if not spec.hit then return end
  local last = document.versions[#document.versions]
  local function noise(s) return content.noise(last.size, s) end
  if spec.hit == "encrypted" then
    add_version(document, defaults.hit, drive.name, noise, seed)
  else
    document.deleted = defaults.hit
    local locked, locked_seed = new_document(drive, folder, spec.file .. ".locked")
    add_version(locked, defaults.hit, drive.name, noise, locked_seed)
  end
end

local function add_series(drive, folder, spec, defaults)
  for i = 1, spec.files do
    local file = {}
    for key, value in pairs(spec) do file[key] = value end
    file.file = spec.name:format(i)
    file.at = time.iso(moment(spec.first, defaults.created) + (i - 1) * (spec.step or 3600))
    if spec.sizes then file.generated = spec.sizes[(i - 1) % #spec.sizes + 1] end
    add_file(drive, folder, file, defaults)
  end
end

local function add_children(drive, folder, list, defaults)
  for _, spec in ipairs(list) do
    if spec.file then
      add_file(drive, folder, spec, defaults)
    elseif spec.files then
      add_series(drive, folder, spec, defaults)
    else
      local path = folder and folder.path .. "/" .. spec.folder or spec.folder
      local child = {
        id = ids.uuid(drive.id .. "//" .. path), drive = drive, name = spec.folder, path = path,
        parent = folder, at = moment(spec.created, defaults.created), by = drive.name,
      }
      drive.folders[#drive.folders + 1] = child
      drive.by_id[child.id] = child
      add_children(drive, child, spec, defaults)
    end
  end
end

local function new_drive(organization, user, spec, defaults)
  local seed = organization.name .. "/drive/" .. user.name
  local personal = user.name:gsub("[@.]", "_")
  local drive = {
    id = ids.uuid(seed .. "/site") .. ids.uuid(seed .. "/web"), name = user.display,
    owner = user.name, user = user, folders = {}, documents = {}, by_id = {},
    url = ("https://%s-my.sharepoint.com/personal/%s"):format(
      organization.name:match "^[^.]+", personal),
  }
  add_children(drive, nil, spec, defaults)
  return drive
end

--- A user's id: three GUIDs joined; of a user synchronised from a directory two GUIDs and the
--- Base64 of a SID, which brings "==" into paths.
local function user_id(organization, spec)
  local seed = organization.name .. "/user/" .. spec.name
  if spec.directory then
    local sid = "\1\5\0\0\0\0\0\5" .. ids.bytes(seed .. "/sid", 20)
    return "00000000-0000-0000-0000-000000000000" .. ids.uuid(seed) .. ids.base64(sid, true)
  end
  return organization.id .. ids.uuid(seed) .. ids.uuid(seed .. "/account")
end

local function new_organization(spec, world)
  local organization = {
    id = ids.uuid("organization/" .. spec.name), name = spec.name, type = spec.type,
    region = spec.region or "Worldwide", account = spec.account, description = spec.description,
    msid = ids.uuid("tenant/" .. spec.name), users = {}, drives = {}, mailboxes = {},
    workloads = {}, points = {}, by_email = {},
  }
  for i, point in ipairs(spec.points) do organization.points[i] = moment(point) end
  for _, workload in ipairs(spec.workloads) do organization.workloads[workload] = true end
  local defaults = {
    created = moment(spec.created, organization.points[1] - 10 * 86400), hit = moment(spec.hit),
    now = world.now,
  }
  for _, each in ipairs(spec.users) do
    local user = {
      name = each.name, display = each.display, type = each.type or "User",
      location = each.directory and "Hybrid" or "Cloud", office = each.office or "",
      left = each.left, organization = organization,
    }
    user.id = user_id(organization, each)
    organization.users[#organization.users + 1] = user
    organization.by_email[user.name:lower()] = user
    if each.drive then
      user.drive = new_drive(organization, user, each.drive, defaults)
      organization.drives[#organization.drives + 1] = user.drive
    end
    if each.mailbox then
      user.mailbox = mail.mailbox(organization, user, each.mailbox, defaults)
      organization.mailboxes[#organization.mailboxes + 1] = user.mailbox
    end
  end
  return organization
end

--- Expands a description.
---@param spec table  see `world/demo.lua`
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
    world.by_id[organization.name:lower()] = organization
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
    world.jobs[#world.jobs + 1] = {
      id = ids.uuid("job/" .. each.name), name = each.name, description = each.description,
      organization = world.by_id[each.organization:lower()], repository = world.repositories[1],
      schedule = each.schedule, selected = each.selected, excluded = each.excluded,
      enabled = each.enabled ~= false, last_run = moment(each.last_run),
      last_status = each.last_status or "Success",
    }
  end
  return world
end

function World:organizations() return self.list end

function World:organization(id) return self.by_id[id:lower()] end

World.view = function(_, organization, options) return view.new(organization, options) end

--- The documents of a drive as production holds them at the start: a Live table
--- { user=, drive=, documents = { {path=, document=, version=}, … } }.
function World:live_drive(organization, email)
  local user = organization.by_email[email:lower()]
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

--- The mail of a mailbox as production holds it at the start:
--- { user=, mailbox=, items = { item, … } }.
function World:live_mailbox(organization, email)
  local user = organization.by_email[email:lower()]
  if not user or user.left or not user.mailbox then return nil end
  local live = { user = user, mailbox = user.mailbox, items = {} }
  for _, item in ipairs(user.mailbox.items) do
    if item.received <= self.now and not (item.deleted and item.deleted <= self.now) then
      live.items[#live.items + 1] = item
    end
  end
  return live
end

return M
