--- A world of the user's own files:
---
---   DIR/world.lua                              what the folder means (`world/description.lua`)
---   DIR/drives/alice@contoso.com/…             Alice's OneDrive
---   DIR/mail/alice@contoso.com/Inbox/*.eml     her mail; an .mbox file is a folder, too
---
--- A folder with none of these is one OneDrive.  Files are sent from the disk, never held;
--- symbolic links are left out.  Names, sizes and dates are those of the start.

local build = require "vbo.sim.world.build"
local description = require "vbo.sim.world.description"
local errors = require "vbo.error"
local mail = require "vbo.sim.world.folder_mail"
local mime = require "vbo.sim.world.mime"
local time = require "vbo.time"

local M = {}

local day = 86400
-- What systems leave behind in folders.
local litter = { [".DS_Store"] = true, ["Thumbs.db"] = true, ["desktop.ini"] = true }

-- Where nothing else says who the user is.
local nobody = "user@rehearsal.local"

--- Lists folders below a root: name by name, so that the order is always the same.
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

--- The description of a folder as a OneDrive, or as one of its folders.
local function drive_of(root, list, path, skip)
  local out, seen = {}, {}
  for _, entry in ipairs(list(path)) do
    local below = join(path, entry.name)
    local name = mime.utf8(entry.name)
    if skip and skip[below] or seen[name] then
      -- Two names that are one in UTF-8 cannot both be shown.
      seen[name] = true
    elseif entry.type == "directory" then
      local folder = drive_of(root, list, below)
      folder.folder = name
      out[#out + 1] = folder
    else
      out[#out + 1] = {
        file = name, at = time.iso(entry.modified), size = entry.size,
        stream = { kind = "file", root = root, path = below, size = entry.size },
      }
    end
    seen[name] = true
  end
  return out
end

local function newest_of(list, path, newest)
  for _, entry in ipairs(list(path)) do
    if entry.type == "directory" then
      newest = newest_of(list, join(path, entry.name), newest)
    else
      newest = math.max(newest, entry.modified)
    end
  end
  return newest
end

--- Folders by the addresses that they are called by: { [lower-case address] = path }.
local function owned(list, names, place)
  local out = {}
  if not names[place] then return out end
  for _, entry in ipairs(list(place)) do
    if entry.type == "directory" and entry.name:find "^[^@%s]+@[^@%s]+$" then
      out[entry.name:lower()] = { path = place .. "/" .. entry.name, name = entry.name }
    end
  end
  return out
end

--- The users that a folder speaks of without being told.
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
  table.sort(users, function(a, b) return a.name:lower() < b.name:lower() end)
  return users
end

local function name_of(address)
  return (address:match "^[^@]+":gsub("[._]+", " "):gsub("%f[%w]%l", string.upper))
end

--- Whether a path below the root is a folder; links are none.
local function is_folder(list, path)
  local above, name = path:match "^(.*)/([^/]*)$"
  if above and not is_folder(list, above) then return false end
  for _, entry in ipairs(list(above or "")) do
    if entry.name == (name or path) then return entry.type == "directory" end
  end
  return false
end

local nightly = {
  type = "Daily", scheduleEnabled = true, dailyType = "Everyday", dailyTime = "22:00:00",
  retryEnabled = true, retryNumber = 3, retryWaitInterval = 10, backupWindowEnabled = false,
}

--- Gives a user the places that the folder has for it.
local function settle(user, folder)
  local function place(field, owners)
    local path = user[field]
    if path == nil then return owners[user.name:lower()] and owners[user.name:lower()].path end
    if path and not is_folder(folder.list, path) then
      folder.fail(field, path, ("'%s' of user %s is no folder here: %s"):format(field, user.name,
        path))
    end
    return path or nil
  end
  user.display = user.display or name_of(user.name)
  user.mail_path = place("mailbox", folder.mailboxes)
  local drive = place("drive", folder.drives)
  user.drive, user.mailbox = drive and drive_of(folder.root, folder.list, drive) or nil, nil
end

--- Completes what world.lua said, or would have.
local function complete(spec, folder)
  local newest = newest_of(folder.list, "", 0)
  spec.name = spec.name or folder.root:match "([^/]+)/*$" or "folder"
  spec.now = spec.now or time.iso((newest > 0 and newest or 1795248000) + 3600)
  local now = assert(time.parse(spec.now))
  local points = spec.points
  if not points then
    points = {}
    for i = 1, 7 do points[i] = time.iso(now - 60 - (7 - i) * day) end
  end
  spec.proxies = { { name = "proxy.rehearsal.local" } }
  spec.repositories = { { name = "Default Backup Repository", path = "D:\\Backups" } }
  spec.jobs = {}
  for i, each in ipairs(spec.organizations) do
    each.users = each.users or users_of(folder.drives, folder.mailboxes)
    if #each.users == 0 then
      each.users = { { name = nobody, display = "User" } }
      each.users[1].drive = drive_of(folder.root, folder.list, "", { ["world.lua"] = true })
    else
      for _, user in ipairs(each.users) do settle(user, folder) end
    end
    local domain = each.users[1].name:match "@(.*)$"
    each.name = each.name or domain:match "^[^.]+" .. ".onmicrosoft.com"
    each.type = each.type or "Office365"
    each.account = each.account or "backup@" .. each.name
    each.description = each.description or "Read from a folder"
    each.points = each.points or points
    each.workloads = { "Vex", "Veod" }
    table.sort(each.points, function(a, b) return time.parse(a) < time.parse(b) end)
    spec.jobs[i] = {
      name = each.name .. " nightly", description = "Everything, every night",
      organization = each.name, schedule = nightly, last_run = each.points[#each.points],
    }
  end
  return spec, now
end

--- Adds the mailboxes, and what production has lost.
local function finish(world, spec, folder, now)
  local lost = {}
  for _, each in ipairs(spec.organizations) do
    local organization = world:organization(each.name)
    for _, described in ipairs(each.users) do
      local user = organization.by_email[described.name:lower()]
      if described.mail_path then
        user.mailbox = mail.mailbox(organization, user, {
          list = folder.list, root = folder.root, path = described.mail_path, now = now,
        })
        organization.mailboxes[#organization.mailboxes + 1] = user.mailbox
      end
      lost[user] = (described.production or each.production or spec.production) == "empty"
    end
  end
  local live = { drive = world.live_drive, mailbox = world.live_mailbox }
  function world:live_drive(organization, email)
    local found = live.drive(self, organization, email)
    if not found or not lost[found.user] then return found end
    return { user = found.user, drive = found.drive, documents = {}, entries = {}, folders = {} }
  end
  function world:live_mailbox(organization, email)
    local found = live.mailbox(self, organization, email)
    if not found or not lost[found.user] then return found end
    return { user = found.user, mailbox = found.mailbox, items = {}, entries = {} }
  end
  return world
end

--- Opens a folder; raises a usage error that names file and line where its world.lua is wrong.
---@param root string
---@return table world
function M.open(root)
  local folder = { root = root, list = lister(root) }
  local names = {}
  for _, entry in ipairs(folder.list "") do
    if entry.type == "directory" then names[entry.name] = true end
  end
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
