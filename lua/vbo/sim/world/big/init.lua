--- Generates a world of any size from a seed: "big:users=2000,docs=1000000,seed=7".
---
--- The n-th user, document, folder, mailbox or item is computed from n (`world/numbers.lua`) on use
--- and collected afterwards; its id leads back to n.  So the world starts at once, takes no memory,
--- and is the same at every start.

local core = require "vbo.core"
local build = require "vbo.sim.world.build"
local drives = require "vbo.sim.world.big.drive"
local mail = require "vbo.sim.world.big.mail"
local nearest = require "vbo.base.nearest"
local numbers = require "vbo.sim.world.numbers"
local sequence = require "vbo.sim.world.sequence"
local time = require "vbo.base.time"
local views = require "vbo.sim.world.big.view"

local M = {}

local now = assert(time.parse "2026-11-21T08:00:00Z")
local day = 86400

-- The ranges and defaults of the options; the defaults are for each user.
local limits = {
  users = { 1, 1000000 }, docs = { 0, 1000000000 }, mails = { 0, 1000000000 },
  folders = { 0, 100000000 }, seed = { 0, math.maxinteger },
}
local of_one_user = { docs = 500, mails = 100, folders = 20 }

--- Reads options such as "users=2000,docs=1000000,seed=7".
---@param text string
---@return table<string, integer>? counts, string? message
function M.options(text)
  local found = {}
  for part in text:gmatch "[^,]+" do
    local name, value = part:match "^%s*([%a_]+)%s*=%s*(%d+)%s*$"
    local limit = limits[name]
    if not name then
      return nil, ("an option of a big world must be name=number, got '%s': users=2000,"
        .. "docs=1000000,seed=7")
        :format(part)
    elseif not limit then
      local names = {}
      for each in pairs(limits) do names[#names + 1] = each end
      table.sort(names)
      local near = nearest(name, names)
      return nil, ("a big world has no '%s'; %sit has %s"):format(name,
        near and ("did you mean '%s'? "):format(near) or "", table.concat(names, ", "))
    end
    local number = math.tointeger(tonumber(value))
    if not number or number < limit[1] or number > limit[2] then
      return nil, ("'%s' of a big world must be %d to %d, not %s"):format(
        name, limit[1], limit[2], value)
    end
    found[name] = number
  end
  found.users, found.seed = found.users or 2000, found.seed or 1
  for name, each in pairs(of_one_user) do found[name] = found[name] or found.users * each end
  return found
end

local given = {
  "Alice", "Amir", "Anna", "Björn", "Carlos", "Chloé", "Dana", "Elif", "Fatima", "George", "Hana",
  "Ivan", "Jürgen", "Lena", "Miguel", "小明",
}
local family = {
  "Andersson", "Becker", "Costa", "Dubois", "Eriksen", "Fischer", "García", "Hughes", "Ito",
  "Jansen", "Kowalski", "López", "Müller", "Novák", "Öztürk", "Smith",
}

local World = {}

-- Makes the n-th user (0 …).
function World:user_at(n)
  local user = self.users[n]
  if user then return user end
  local organization = self.organization_record
  local h = numbers.hash(self.keys.user, n)
  user = {
    name = ("user%06d@%s"):format(n + 1, self.domain),
    display = ("%s %s %06d"):format(given[1 + (h & 15)], family[1 + (h >> 4 & 15)], n + 1),
    type = "User", location = "Cloud", office = "", organization = organization, number = n,
    id = organization.id .. numbers.uuid(self.keys.user, n) .. numbers.uuid(self.keys.account, n),
  }
  -- A list of users needs neither.
  setmetatable(user, { __index = function(_, name)
    if name == "drive" then return self:drive_at(n) end
    if name == "mailbox" then return self:mailbox_at(n) end
  end })
  self.users[n] = user
  return user
end

function World:drive_at(n)
  local drive = self.drives[n]
  if not drive then
    drive = drives.drive(self, self:user_at(n))
    self.drives[n] = drive
  end
  return drive
end

function World:mailbox_at(n)
  local mailbox = self.mailboxes[n]
  if not mailbox then
    mailbox = mail.mailbox(self, self:user_at(n))
    self.mailboxes[n] = mailbox
  end
  return mailbox
end

-- Finds the user of an address, in any case.
function World:user_of(email)
  local n = math.tointeger(tonumber(email:match "^user(%d+)@"))
  if not n or n < 1 or n > self.counts.users then return nil end
  local user = self:user_at(n - 1)
  return user.name == email and user or nil
end

function World:view(organization, options) return views.new(self, organization, options) end

function World:live_drive(organization, email)
  local user = organization.by_email[core.fold(email)]
  return user and drives.live(self, user)
end

function World:live_mailbox(organization, email)
  local user = organization.by_email[core.fold(email)]
  return user and mail.live(self, user)
end

-- The fixed part of the organization, described without people.
local function description()
  local points = {}
  for i = 1, 30 do points[i] = time.iso(now - 10 * 3600 - (30 - i) * day) end
  return {
    name = "big", now = time.iso(now),
    organizations = { {
      name = "big.onmicrosoft.com", type = "Office365", account = "backup@big.onmicrosoft.com",
      description = "Made on the fly", workloads = { "Vex", "Veod" }, points = points, users = {},
    } },
    proxies = { { name = "proxy.rehearsal.local" } },
    repositories = { { name = "Default Backup Repository", path = "D:\\Backups" } },
    jobs = { {
      name = "Big nightly", description = "Everything, every night",
      organization = "big.onmicrosoft.com", last_run = points[30],
      schedule = {
        type = "Daily", scheduleEnabled = true, dailyType = "Everyday", dailyTime = "22:00:00",
        retryEnabled = true, retryNumber = 3, retryWaitInterval = 10, backupWindowEnabled = false,
      },
    } },
  }
end

local kinds = { "user", "account", "site", "web", "document", "version", "folder", "came",
  "mailbox", "mail_folder", "item", "message", "received" }
local caches = { "users", "drives", "documents", "folders", "mailboxes", "mail_folders", "items" }

--- Returns a world.
---@param counts table<string, integer>  of `options`
---@return table
function M.new(counts)
  local world = build.expand(description())
  for name, method in pairs(World) do world[name] = method end
  local organization = world:organizations()[1]
  world.counts, world.seed, world.organization_record = counts, "big/" .. counts.seed, organization
  world.domain, world.points = "big.example", organization.points
  world.start = now - 1000 * day
  world.keys = {}
  for _, kind in ipairs(kinds) do world.keys[kind] = numbers.key(world.seed .. "/" .. kind) end
  for _, name in ipairs(caches) do world[name] = setmetatable({}, { __mode = "v" }) end
  world.documents_of, world.document_owner = numbers.dealt(counts.docs, counts.users)
  world.folders_of, world.folder_owner = numbers.dealt(counts.folders, counts.users)
  world.items_of, world.item_owner = numbers.dealt(counts.mails, counts.users)
  -- A job of the entire organization processes this in place of each user.
  organization.everybody = {
    type = "Group", id = numbers.uuid(numbers.key(world.seed .. "/everybody"), 0),
    name = ("all %d users"):format(counts.users),
  }
  organization.users = sequence.new(counts.users, function(i) return world:user_at(i - 1) end)
  organization.drives = sequence.new(counts.users, function(i) return world:drive_at(i - 1) end)
  organization.mailboxes = sequence.new(counts.users, function(i)
    return world:mailbox_at(i - 1)
  end)
  organization.by_email = setmetatable({}, { __index = function(_, email)
    return type(email) == "string" and world:user_of(email) or nil
  end })
  return world
end

return M
