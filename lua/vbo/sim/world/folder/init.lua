--- Reads a world from a folder of files:
---
---   DIR/world.lua                              describes it (`world/description.lua`)
---   DIR/drives/alice@contoso.com/…             Alice's OneDrive
---   DIR/mail/alice@contoso.com/Inbox/*.eml     her mail; an .mbox file is a folder, too
---
--- In place of a folder of files or of mail, `world.lua` may name a listing (`listing.lua`).
---
--- A folder without these is one OneDrive.  Files are sent from the disk; symbolic links are left
--- out. Names, sizes and dates are those of the start.

local ascii = require "vbo.base.ascii"
local core = require "vbo.core"
local build = require "vbo.sim.world.build"
local description = require "vbo.sim.world.description"
local errors = require "vbo.base.error"
local ids = require "vbo.sim.base.ids"
local listed_mail = require "vbo.sim.world.folder.listed_mail"
local listing = require "vbo.sim.world.folder.listing"
local mail = require "vbo.sim.world.folder.mail"
local message = require "vbo.sim.world.folder.message"
local time = require "vbo.base.time"

local M = {}

local day = 86400
-- Files that operating systems leave in folders.
local litter = { [".DS_Store"] = true, ["Thumbs.db"] = true, ["desktop.ini"] = true }

-- The default user.
local nobody = "user@rehearsal.local"

-- Lists folders below a root, by name, so that the order is always the same.
local function lister(root)
  local server = require "vbo.server"
  return function(path)
    local found, err = server.folder(root, path)
    if not found then errors.raise(err) end
    local list = {}
    for _, entry in ipairs(found) do
      if (entry.type == "file" or entry.type == "directory") and not litter[entry.name] then
        list[#list + 1] = entry
      end
    end
    table.sort(list, function(a, b) return a.name < b.name end)
    return list
  end
end

local function join(path, name) return path == "" and name or path .. "/" .. name end

-- Describes a folder as a OneDrive, or as one of its folders.
local function drive_of(root, list, path, skip)
  local out, seen = {}, {}
  for _, entry in ipairs(list(path)) do
    local below = join(path, entry.name)
    local name = message.utf8(entry.name)
    if skip and skip[below] or seen[name] then
      -- Two names that become equal in UTF-8 cannot both be shown.
      seen[name] = true
    elseif entry.type == "directory" then
      local folder = drive_of(root, list, below)
      folder.folder = name
      out[#out + 1] = folder
    else
      out[#out + 1] = {
        file = name, at = time.iso(math.min(entry.modified, os.time())), size = entry.size,
        stream = { kind = "file", root = root, path = below, size = entry.size },
      }
    end
    seen[name] = true
  end
  return out
end

-- Returns the newest date; ignores dates in the future, which come from a wrong clock.
local function newest_of(list, path, newest, present)
  for _, entry in ipairs(list(path)) do
    if entry.type == "directory" then
      newest = newest_of(list, join(path, entry.name), newest, present)
    elseif entry.modified <= present then
      newest = math.max(newest, entry.modified)
    end
  end
  return newest
end

-- Lists folders by the addresses in their names: { [lower-case address] = path }.
local function owned(list, names, place)
  local out = {}
  if not names[place] then return out end
  for _, entry in ipairs(list(place)) do
    if entry.type == "directory" and entry.name:find "^[^@%s]+@[^@%s]+$" then
      out[core.fold(entry.name)] = { path = place .. "/" .. entry.name, name = entry.name }
    end
  end
  return out
end

-- Lists the users of folders that `world.lua` does not describe.
local function users_of(drives, mailboxes)
  local users, seen = {}, {}
  for _, places in ipairs { drives, mailboxes } do
    for key, place in pairs(places) do
      if not seen[key] then
        seen[key] = true
        users[#users + 1] = { name = place.name }
      end
    end
  end
  table.sort(users, function(a, b) return core.fold(a.name) < core.fold(b.name) end)
  return users
end

local function name_of(address)
  return (address:match "^[^@]+":gsub("[._]+", " "):gsub("%f[%w]%l", ascii.upper))
end

-- Checks whether a path below the root is a folder, or a file; links are neither.
local function is_there(types, path, kind)
  local above, name = path:match "^(.*)/([^/]*)$"
  if above and not is_there(types, above, "directory") then return false end
  return types(above or "")[name or path] == kind
end

local function is_listing(path) return path:find "%.jsonl$" ~= nil end

-- Returns a function that reads the types of a folder's entries once.
local function typed(list)
  local known = {}
  return function(path)
    if not known[path] then
      known[path] = {}
      for _, entry in ipairs(list(path)) do known[path][entry.name] = entry.type end
    end
    return known[path]
  end
end

local nightly = {
  type = "Daily", scheduleEnabled = true, dailyType = "Everyday", dailyTime = "22:00:00",
  retryEnabled = true, retryNumber = 3, retryWaitInterval = 10, backupWindowEnabled = false,
}

-- Adds the folders of a user to its description.
local function settle(user, folder)
  local function place(field, owners)
    local path = user[field]
    local owner = owners[core.fold(user.name)]
    if path == nil then return owner and owner.path end
    if path and not is_there(folder.types, path, is_listing(path) and "file" or "directory") then
      folder.fail(field, path, ("'%s' of user %s must be a %s of the world, got %s"):format(field,
        user.name, is_listing(path) and "listing" or "folder", path))
    end
    return path or nil
  end
  user.display = user.display or name_of(user.name)
  user.mail_path, user.archive_path = place("mailbox", folder.mailboxes), place("archive", {})
  local drive = place("drive", folder.drives)
  user.mailbox, user.archive = nil, nil
  if not drive then
    user.drive = nil
  elseif is_listing(drive) then
    user.drive = listing.read(folder.root, drive, "drive")
  else
    user.drive = drive_of(folder.root, folder.list, drive)
  end
end

-- Reads the sites or teams of an organization from their listings.
local function listed(each, field, kind, folder)
  local out = {}
  for i, path in ipairs(each[field] or {}) do
    if not is_there(folder.types, path, "file") then
      folder.fail(field, path, ("'%s' names a listing that is not here: %s"):format(field, path))
    end
    out[i] = listing.read(folder.root, path, kind)
    if kind == "team" then
      local team = out[i]
      team.alias, team.channels = team.alias or team.team, team.channels or {}
    end
  end
  each[field] = out
  return out
end

local kinds = { exchange = "Vex", onedrive = "Veod", sharepoint = "Vesp", teams = "Vet" }

-- Returns the workloads of an organization's backups.
local function workloads_of(each)
  if not each.workloads then
    local out = { "Vex", "Veod" }
    if each.sites[1] then out[#out + 1] = "Vesp" end
    if each.teams[1] then out[#out + 1] = "Vet" end
    return out
  end
  local out = {}
  for i, name in ipairs(each.workloads) do out[i] = kinds[name] end
  return out
end

-- Adds a job to every organization without one, since restore points need a job.
local function employ(spec)
  spec.jobs = spec.jobs or {}
  local backed_up = {}
  for _, job in ipairs(spec.jobs) do
    if not job.points or job.points[1] then backed_up[core.fold(job.organization)] = true end
  end
  for _, each in ipairs(spec.organizations) do
    if not backed_up[core.fold(each.name)] then
      spec.jobs[#spec.jobs + 1] = {
        name = each.name .. " nightly", description = "Everything, every night",
        organization = each.name, schedule = nightly, last_run = each.points[#each.points],
      }
    end
  end
end

-- Completes the description of world.lua.
local function complete(spec, folder)
  spec.name = spec.name or folder.root:match "([^/]+)/*$" or "folder"
  if not spec.now then
    local newest = newest_of(folder.list, "", 0, os.time())
    spec.now = time.iso((newest > 0 and newest or 1795248000) + 3600)
  end
  local now = assert(time.parse(spec.now))
  local points = spec.points
  if not points then
    points = {}
    for i = 1, 7 do points[i] = time.iso(now - 60 - (7 - i) * day) end
  end
  spec.proxies = spec.proxies or { { name = "proxy.rehearsal.local" } }
  spec.repositories = spec.repositories
    or { { name = "Default Backup Repository", path = "D:\\Backups" } }
  for _, each in ipairs(spec.organizations) do
    local told = each.users ~= nil
    each.users = each.users or users_of(folder.drives, folder.mailboxes)
    if #each.users == 0 and not told then
      each.users = { { name = nobody, display = "User" } }
      each.users[1].drive = drive_of(folder.root, folder.list, "", { ["world.lua"] = true })
    else
      for _, user in ipairs(each.users) do settle(user, folder) end
    end
    listed(each, "sites", "site", folder)
    listed(each, "teams", "team", folder)
    local first = each.users[1] or { name = nobody }
    each.name = each.name or first.name:match "@([^.]+)" .. ".onmicrosoft.com"
    each.type = each.type or "Office365"
    each.account = each.account or "backup@" .. each.name
    each.description = each.description or "Read from a folder"
    each.points = each.points or points
    each.workloads = workloads_of(each)
    table.sort(each.points, function(a, b) return time.parse(a) < time.parse(b) end)
    each.latest = each.points[#each.points]
  end
  employ(spec)
  return spec, now
end

-- Reads a mailbox or an archive of a user from a folder or a listing.
---@param options { path: string?, name: string?, archive: boolean?, now: integer }
local function mailbox_of(organization, user, folder, options)
  local path = options.path
  if not path then return nil end
  local found
  if is_listing(path) then
    found = listed_mail.mailbox(organization, user, {
      root = folder.root, path = path, latest = organization.points[#organization.points],
    })
  else
    found = mail.mailbox(organization, user, {
      list = folder.list, root = folder.root, path = path, now = options.now,
    })
  end
  if options.archive then found.id = ids.uuid(organization.name .. "/archive/" .. user.name) end
  found.name, found.archive = options.name or found.name, options.archive
  organization.mailboxes[#organization.mailboxes + 1] = found
  return found
end

-- Adds the mailboxes, and marks what production has lost.
local function finish(world, spec, folder, now)
  local lost = {}
  for _, each in ipairs(spec.organizations) do
    local organization = world:organization(each.name)
    for _, described in ipairs(each.users) do
      local user = organization.by_email[core.fold(described.name)]
      if user.drive then
        -- Names in the form of a listing.
        user.drive.name = described.drive.drive or user.drive.name
        user.drive.url = described.drive.url or user.drive.url
      end
      user.mailbox = mailbox_of(organization, user, folder, {
        path = described.mail_path, name = described.mailbox_name, now = now,
      })
      user.archive = mailbox_of(organization, user, folder, {
        path = described.archive_path, archive = true, now = now,
        name = described.archive_name or "In-Place Archive - " .. user.display,
      })
      lost[user] = (described.production or each.production or spec.production) == "empty"
    end
  end
  local live = { drive = world.live_drive, mailbox = world.live_mailbox }
  function world:live_drive(organization, email)
    local found = live.drive(self, organization, email)
    if not found or not lost[found.user] then return found end
    return { user = found.user, drive = found.drive, documents = {}, entries = {}, folders = {} }
  end
  function world:live_mailbox(organization, email, ...)
    local found = live.mailbox(self, organization, email, ...)
    if not found or not lost[found.user] then return found end
    return { user = found.user, mailbox = found.mailbox, items = {}, entries = {} }
  end
  return world
end

--- Opens a folder; raises `usage` with file and line for a wrong world.lua.
---@param root string
---@return table world
function M.open(root)
  local list = lister(root)
  local folder = { root = root, list = list, types = typed(list) }
  local names = {}
  for _, entry in ipairs(folder.list "") do
    if entry.type == "directory" then names[entry.name] = true end
  end
  if names.mail then message.check() end
  folder.drives = owned(folder.list, names, "drives")
  folder.mailboxes = owned(folder.list, names, "mail")
  local spec = { organizations = { {} } }
  local file = io.open(root .. "/world.lua", "rb")
  if file then
    local source = file:read "a"
    file:close()
    spec, folder.fail = description.read(root .. "/world.lua", source)
  end
  local completed, now = complete(spec, folder)
  return finish(build.expand(completed), completed, folder, now)
end

return M
