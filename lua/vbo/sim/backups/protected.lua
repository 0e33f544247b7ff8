--- Lists what restore points protect: users, groups, sites, teams, mailboxes and OneDrives, and
--- renders it.  Groups are those of Microsoft 365 that teams have.

local core = require "vbo.core"
local json = require "vbo.base.json"
local points = require "vbo.sim.backups.points"

local M = { rows = {}, rows_v8 = {} }

local function was_there(it, point)
  if it.at and it.at > point.at then return false end
  local gone = it.deleted
  if type(gone) == "number" and gone <= point.at then return false end
  return true
end

-- Returns the workloads that a point holds of a user; nil where it does not cover the user.
local function of_user(point, user)
  if not point.covers then return point.organization.workloads end
  return point.covers[core.fold(user.name)]
end

-- The list of an organization by kind, and a function that checks whether a point covers one of it.
local kinds = {}

kinds.users = { "users", function(user, point) return of_user(point, user) ~= nil end }

kinds.sites = { "sites", function(site, point)
  return points.holds_one(point, "Vesp", site) and points.holds(point, "Vesp")
    and was_there(site, point)
end }

kinds.teams = { "teams", function(team, point)
  return points.holds_one(point, "Vet", team) and points.holds(point, "Vet")
    and was_there(team, point)
end }

kinds.groups = kinds.teams

kinds.mailboxes = { "mailboxes", function(mailbox, point)
  return points.holds(point, "Vex") and (of_user(point, mailbox.user) or {}).Vex == true
end }

kinds.drives = { "drives", function(drive, point)
  return points.holds(point, "Veod") and (of_user(point, drive.user) or {}).Veod == true
end }

--- Checks whether a point protects something.
---@param kind "users"|"groups"|"sites"|"teams"|"mailboxes"|"drives"
---@param point vbo.sim.Point
---@param it table
---@return boolean
function M.covers(kind, point, it) return kinds[kind][2](it, point) end

-- users, groups, sites, teams, mailboxes, drives: functions that list what some points protect,
-- each once, in the order of the organization.
for kind, part in pairs(kinds) do
  local name, test = part[1], part[2]
  M[kind] = function(list)
    local out, seen = {}, {}
    for _, point in ipairs(list) do
      for _, it in ipairs(point.organization[name] or {}) do
        if not seen[it.id] and test(it, point) then
          seen[it.id] = true
          out[#out + 1] = it
        end
      end
    end
    return out
  end
end

--- Checks whether a point protects what a query of v8 names.
function M.matches(point, query)
  for name, kind in pairs { userId = "users", groupId = "groups", siteId = "sites",
    teamId = "teams" } do
    if query[name] then
      local found = false
      for _, each in ipairs(M[kind] { point }) do
        found = found or core.fold(each.id) == core.fold(query[name])
      end
      if not found then return false end
    end
  end
  return true
end

local function urls(...) return json.array { ... } end

-- The types of users in backed-up data.
local account_types = { Shared = "SharedMailbox", Public = "PublicMailbox" }

function M.rows.users(_, it)
  return {
    id = it.id, accountId = it.id, accountType = account_types[it.type] or it.type,
    displayName = it.display,
    email = it.name, organizationId = it.organization.id,
    backedUpOrganizationId = it.organization.id, isMailboxBackedUp = it.mailbox ~= nil,
    isArchiveBackedUp = it.archive ~= nil, isOneDriveBackedUp = it.drive ~= nil,
    isPersonalSiteBackedUp = false, oneDriveUrl = urls(it.drive and it.drive.url),
    personalSiteUrl = urls(),
  }
end

function M.rows.groups(_, it)
  return {
    id = it.id, accountId = it.id, displayName = it.name, email = it.email,
    organizationId = it.organization.id, backedUpOrganizationId = it.organization.id,
    isMailboxBackedUp = false, isSiteBackedUp = true, groupSiteUrl = urls(it.url),
  }
end

function M.rows.sites(_, it) return { siteId = it.id, name = it.name, url = it.url } end

function M.rows.teams(_, it)
  return { id = it.id, displayName = it.name, description = it.description }
end

function M.rows.mailboxes(_, it)
  return { id = it.id, displayName = it.name, email = it.email, isArchive = it.archive or false }
end

function M.rows.drives(_, it) return { id = it.id, name = it.name, url = it.url } end

-- The records of v8 have no links.
local function common(it, record)
  record.id, record.eTag = it.id, 1
  record.organizationId = it.organization.id
  record.backedUpOrganizationId = it.organization.id
  return record
end

function M.rows_v8.users(context, it)
  local mailboxes, drives = json.array {}, json.array {}
  for _, name in ipairs { "mailbox", "archive" } do
    if it[name] then mailboxes[#mailboxes + 1] = M.rows.mailboxes(context, it[name]) end
  end
  if it.drive then
    drives[1] = { id = it.drive.id, displayName = it.drive.name, url = it.drive.url }
  end
  return common(it, {
    accountType = account_types[it.type] or it.type, displayName = it.display,
    mailboxes = mailboxes, oneDrives = drives, sites = urls(),
  })
end

function M.rows_v8.groups(_, it)
  return common(it, {
    displayName = it.name, msid = it.id, mailboxes = urls(), sites = urls(),
  })
end

function M.rows_v8.sites(_, it)
  return common(it, {
    displayName = it.name, url = it.url, msid = it.id:sub(1, 36),
  })
end

function M.rows_v8.teams(_, it)
  return common(it, {
    displayName = it.name, description = it.description, msid = it.id,
  })
end

return M
