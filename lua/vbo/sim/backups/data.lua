--- What a repository holds: its organizations, users, groups, sites, teams, mailboxes and
--- OneDrives, by the restore points in it.

local core = require "vbo.core"
local points = require "vbo.sim.backups.points"
local protected = require "vbo.sim.backups.protected"
local refusal = require "vbo.sim.base.refusal"
local render = require "vbo.sim.state.render"
local repositories = require "vbo.sim.backups.repositories"
local time = require "vbo.base.time"

local H = {}

--- The points of the repository that a path names, as far as a query wants them.
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

--- When something was backed up last; nil: never.
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
  record.mailboxBackedUpTime = render.time(last_of(list, "mailboxes", it.mailbox, "Vex"))
  record.oneDriveBackedUpTime = render.time(last_of(list, "drives", it.drive, "Veod"))
  record.archiveBackedUpTime = render.time(last_of(list, "mailboxes", it.archive, "Vex"))
  record.archiveName = it.archive and it.archive.name
  record.isArchiveBackedUp = record.archiveBackedUpTime ~= nil
  record.isMailboxBackedUp = record.mailboxBackedUpTime ~= nil
  record.isOneDriveBackedUp = record.oneDriveBackedUpTime ~= nil
  return record, "User", it.organization
end

function rows.groups(context, it, list)
  local record = protected.rows.groups(context, it)
  record.siteBackedUpTime = render.time(last_of(list, "teams", it, "Vet"))
  return record, "Group", it.organization
end

function rows.sites(_, it, list)
  return {
    title = it.name, url = it.url,
    backedUpTime = render.time(last_of(list, "sites", it, "Vesp")),
  }, "Site", it.organization
end

function rows.teams(_, it, list)
  return {
    displayName = it.name, msid = it.id,
    backedUpTime = render.time(last_of(list, "teams", it, "Vet")),
  }, "Team", it.organization
end

function rows.mailboxes(context, it, list)
  local record = protected.rows.mailboxes(context, it)
  record.backedUpTime = render.time(last_of(list, "mailboxes", it, "Vex"))
  return record, "Mailbox", it.user.organization
end

function rows.drives(_, it, list)
  return {
    title = it.name, url = it.url,
    backedUpTime = render.time(last_of(list, "drives", it, "Veod")),
  }, "OneDrive", it.user.organization
end

--- What all records of backed-up data have.
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

--- Whether a name has a text in it, without regard to case.
local function named(it, text)
  for _, name in ipairs { "name", "email", "url", "display" } do
    if it[name] and core.fold(it[name]):find(core.fold(text), 1, true) then return true end
  end
  return false
end

-- kind, resource, list, one, parameter of the path
local resources = {
  { "users", "UserData", "BackupUserData_GetUsersData", "BackupUserData_GetUserData", "userId" },
  { "groups", "GroupData", "BackupGroupData_GetGroupsData", "BackupGroupData_GetSingleGroupData",
    "groupId" },
  { "sites", "SiteData", "BackupSiteData_GetSitesData", "BackupSiteData_GetSiteData", "siteId" },
  { "teams", "TeamData", "BackupTeamData_GetTeamsData", "BackupTeamData_GetTeamData", "teamId" },
  { "mailboxes", "MailboxData", "BackupMailboxData_GetMailboxesData",
    "BackupMailboxData_GetMailboxData", "mailboxId" },
  { "drives", "OneDriveData", "BackupOneDriveData_GetOneDrivesData",
    "BackupOneDriveData_GetOneDriveData", "oneDriveId" },
}

for _, resource in ipairs(resources) do
  local kind, name, list_name, one_name, parameter = table.unpack(resource)
  local render_row = row(kind, name)

  H[list_name] = function(context)
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
    return context:list(found, function(_, it)
      return render_row(context, it, list, repository)
    end)
  end

  H[one_name] = function(context)
    local list, repository = points_of(context)
    local id = context.params[parameter]
    for _, it in ipairs(protected[kind](list)) do
      if core.fold(it.id) == core.fold(id) then
        return context:json(render_row(context, it, list, repository))
      end
    end
    refusal.not_found(name, id)
  end
end

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
