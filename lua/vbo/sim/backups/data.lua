--- Handles reading of what a repository holds: organizations, users, groups, sites, teams,
--- mailboxes and OneDrives, by its restore points.

local core = require "vbo.core"
local points = require "vbo.sim.backups.points"
local protected = require "vbo.sim.backups.protected"
local refusal = require "vbo.sim.base.refusal"
local dates = require "vbo.sim.state.dates"
local repositories = require "vbo.sim.backups.repositories"
local time = require "vbo.base.time"

local H = {}

-- Lists the points of the repository of a path that a query selects.
local function points_of(context)
  local repository = repositories.get(context, context.params.repositoryId)
  local query = context.query
  local at = query.pointInTime and time.parse(query.pointInTime)
  local wanted = query.organizationId and core.fold(query.organizationId)
  return context.store.points:where(function(point)
    return point.repository ~= nil and point.repository.id == repository.id
      and not point.retrieval and (not at or point.at <= at)
      and (not wanted or point.organization.id == wanted)
  end), repository
end

local function organization_of(it) return it.organization or it.user.organization end

-- Returns when something was backed up last; nil: never.
local function last_of(list, kind, it, workload)
  local found
  for _, point in ipairs(it and list or {}) do
    if points.holds(point, workload) and point.organization == organization_of(it)
        and (not found or point.at > found) and protected.covers(kind, point, it) then
      found = point.at
    end
  end
  return found
end

local rows = {}

function rows.users(context, it, list)
  local record = protected.rows.users(context, it)
  record.mailboxBackedUpTime = dates.time(last_of(list, "mailboxes", it.mailbox, "Vex"))
  record.oneDriveBackedUpTime = dates.time(last_of(list, "drives", it.drive, "Veod"))
  record.archiveBackedUpTime = dates.time(last_of(list, "mailboxes", it.archive, "Vex"))
  record.archiveName = it.archive and it.archive.name
  record.isArchiveBackedUp = record.archiveBackedUpTime ~= nil
  record.isMailboxBackedUp = record.mailboxBackedUpTime ~= nil
  record.isOneDriveBackedUp = record.oneDriveBackedUpTime ~= nil
  return record, "User", it.organization
end

function rows.groups(context, it, list)
  local record = protected.rows.groups(context, it)
  record.siteBackedUpTime = dates.time(last_of(list, "teams", it, "Vet"))
  return record, "Group", it.organization
end

function rows.sites(_, it, list)
  return {
    title = it.name, url = it.url,
    backedUpTime = dates.time(last_of(list, "sites", it, "Vesp")),
  }, "Site", it.organization
end

function rows.teams(_, it, list)
  return {
    displayName = it.name, msid = it.id,
    backedUpTime = dates.time(last_of(list, "teams", it, "Vet")),
  }, "Team", it.organization
end

function rows.mailboxes(context, it, list)
  local record = protected.rows.mailboxes(context, it)
  record.backedUpTime = dates.time(last_of(list, "mailboxes", it, "Vex"))
  return record, "Mailbox", it.user.organization
end

function rows.drives(_, it, list)
  return {
    title = it.name, url = it.url,
    backedUpTime = dates.time(last_of(list, "drives", it, "Veod")),
  }, "OneDrive", it.user.organization
end

-- Returns a function that renders a record of backed-up data.
local function row(kind, resource)
  return function(context, it, list, repository)
    local record, word, organization = rows[kind](context, it, list)
    record.id, record.itemType, record.repositoryId = it.id, word, repository.id
    record.organizationId, record.backedUpOrganizationId = organization.id, organization.id
    record.proxyId = repository.proxy and repository.proxy.id
    record.isDeleted = false
    record._links = {
      self = context:href("/BackupRepositories/%s/" .. resource .. "/%s", repository.id, it.id),
      backupRepository = context:href("/BackupRepositories/%s", repository.id),
    }
    return record
  end
end

-- Checks whether a name contains a text, without regard to case.
local function named(it, text)
  for _, name in ipairs { "name", "email", "url", "display" } do
    if it[name] and core.fold(it[name]):find(core.fold(text), 1, true) then return true end
  end
  return false
end

local function list_data(kind, resource)
  local render = row(kind, resource)
  return function(context)
    local list, repository = points_of(context)
    local found = protected[kind](list)
    local text = context.query.filter
    if text then
      local kept = {}
      for _, it in ipairs(found) do
        if named(it, text) then kept[#kept + 1] = it end
      end
      found = kept
    end
    return context:list(found, function(_, it) return render(context, it, list, repository) end)
  end
end

local function get_data(kind, resource, parameter)
  local render = row(kind, resource)
  return function(context)
    local list, repository = points_of(context)
    local id = context.params[parameter]
    for _, it in ipairs(protected[kind](list)) do
      if core.fold(it.id) == core.fold(id) then
        return context:json(render(context, it, list, repository))
      end
    end
    refusal.not_found(resource, id)
  end
end

H.BackupUserData_GetUsersData = list_data("users", "UserData")
H.BackupUserData_GetUserData = get_data("users", "UserData", "userId")
H.BackupGroupData_GetGroupsData = list_data("groups", "GroupData")
H.BackupGroupData_GetSingleGroupData = get_data("groups", "GroupData", "groupId")
H.BackupSiteData_GetSitesData = list_data("sites", "SiteData")
H.BackupSiteData_GetSiteData = get_data("sites", "SiteData", "siteId")
H.BackupTeamData_GetTeamsData = list_data("teams", "TeamData")
H.BackupTeamData_GetTeamData = get_data("teams", "TeamData", "teamId")
H.BackupMailboxData_GetMailboxesData = list_data("mailboxes", "MailboxData")
H.BackupMailboxData_GetMailboxData = get_data("mailboxes", "MailboxData", "mailboxId")
H.BackupOneDriveData_GetOneDrivesData = list_data("drives", "OneDriveData")
H.BackupOneDriveData_GetOneDriveData = get_data("drives", "OneDriveData", "oneDriveId")

local function organizations(context)
  local list, repository = points_of(context)
  local out, seen = {}, {}
  for _, point in ipairs(list) do
    if not seen[point.organization] then
      seen[point.organization] = true
      out[#out + 1] = point.organization
    end
  end
  return out, repository
end

local function organization_row(context, it, repository)
  return {
    organizationId = it.id, displayName = it.name, backedUpOrganizationId = it.id, msid = it.msid,
    _links = {
      self = context:href("/BackupRepositories/%s/OrganizationData/%s", repository.id, it.id),
      backupRepository = context:href("/BackupRepositories/%s", repository.id),
    },
  }
end

function H.BackupOrganizationData_GetOrganizationData(context)
  local list, repository = organizations(context)
  return context:list(list, function(_, it) return organization_row(context, it, repository) end)
end

function H.BackupOrganizationData_GetSingleOrganizationData(context)
  local list, repository = organizations(context)
  for _, it in ipairs(list) do
    if it.id == core.fold(context.params.organizationId) then
      return context:json(organization_row(context, it, repository))
    end
  end
  refusal.not_found("OrganizationData", context.params.organizationId)
end

return H
