--- Handles restore points: listing, changes, what they protect, and exploring a repository.

local core = require "vbo.core"
local explore = require "vbo.sim.sessions.explore"
local json = require "vbo.base.json"
local paging = require "vbo.sim.base.paging"
local protected = require "vbo.sim.backups.protected"
local refusal = require "vbo.sim.base.refusal"
local render = require "vbo.sim.jobs.render"
local repositories = require "vbo.sim.backups.repositories"
local time = require "vbo.base.time"

local H = {}

local function same(wanted, id) return wanted == nil or id ~= nil and id == core.fold(wanted) end

-- Lists the points of a query, by default newest first.
local function selected(context)
  local query = context.query
  local from, to = query.from and time.parse(query.from), query.to and time.parse(query.to)
  local exact = query.backupTime and time.parse(query.backupTime)
  local function flag(wanted, value) return wanted == nil or wanted == value end
  local found = context.store.points:where(function(point)
    return same(query.organizationId, point.organization.id)
      and same(query.jobId, point.job and point.job.id)
      and same(query.repositoryId, point.repository and point.repository.id)
      and (not from or point.at >= from) and (not to or point.at <= to)
      and (not exact or point.at == exact)
      and flag(query.isCopy, point.copy or false)
      and flag(query.isRetrieved, point.retrieval ~= nil)
      and flag(query.isLongTermCopy, false)
      and protected.matches(point, query)
  end)
  if query.orderAsc ~= true then
    local reversed = {}
    for i = #found, 1, -1 do reversed[#reversed + 1] = found[i] end
    found = reversed
  end
  return found
end

function H.RestorePoint_GetRestorePoints(context)
  return context:list(selected(context), render.point)
end

local function point(context)
  return context.store.points:get(context.params.restorePointId)
end

function H.RestorePoint_GetRestorePoint(context)
  return context:json(render.point(context, point(context)))
end

--- Lists the points that were made since a change token, which is the number of a change.
function H.RestorePoint_GetChanges(context)
  local query = context.query
  -- The first request has no token; clients send anything then.
  local from = tonumber(query.from) or 0
  local found = context.store.points:where(function(each) return each.change > from end)
  table.sort(found, function(a, b) return a.change < b.change end)
  local rows, token = json.array {}, from
  local limit = query.limit or paging.default
  for i = 1, math.min(#found, limit) do
    rows[i], token = render.point(context, found[i]), found[i].change
  end
  return context:json {
    results = rows, nextChangeToken = ("%d"):format(token), totalCount = #found,
    limit = limit,
  }
end

-- Lists what a point protects.
local function list_of_point(kind)
  return function(context)
    return context:list(protected[kind] { point(context) }, protected.rows[kind])
  end
end

H.RestorePoint_GetRestorePointUsers = list_of_point "users"
H.RestorePoint_GetRestorePointGroups = list_of_point "groups"
H.RestorePoint_GetRestorePointTeams = list_of_point "teams"
H.RestorePoint_GetRestorePointWebs = list_of_point "sites"
H.RestorePoint_GetRestorePointMailboxes = list_of_point "mailboxes"
H.RestorePoint_GetRestorePointOneDrives = list_of_point "drives"

-- Since v8 what is protected is a resource of its own, over all points or those of a query.
local function list_protected(kind)
  return function(context)
    local query = context.query
    local points = context.store.points:where(function(each)
      return same(query.organizationId or query.backedUpOrganizationId, each.organization.id)
        and same(query.repositoryId, each.repository and each.repository.id)
        and same(query.restorePointId, each.id)
    end)
    return context:list(protected[kind](points), protected.rows_v8[kind])
  end
end

local function get_protected(kind, name)
  return function(context)
    local id = context.params["protected" .. name .. "Id"]
    for _, each in ipairs(protected[kind](context.store.points.list)) do
      if core.fold(each.id) == core.fold(id) then
        return context:json(protected.rows_v8[kind](context, each))
      end
    end
    refusal.not_found("Protected" .. name, id)
  end
end

H.ProtectedData_GetProtectedUsers = list_protected "users"
H.ProtectedData_GetProtectedUser = get_protected("users", "User")
H.ProtectedData_GetProtectedGroups = list_protected "groups"
H.ProtectedData_GetProtectedGroup = get_protected("groups", "Group")
H.ProtectedData_GetProtectedSites = list_protected "sites"
H.ProtectedData_GetProtectedSite = get_protected("sites", "Site")
H.ProtectedData_GetProtectedTeams = list_protected "teams"
H.ProtectedData_GetProtectedTeam = get_protected("teams", "Team")

--- Explores what a repository holds of an organization.
function H.BackupRepository_Explore(context)
  local repository = repositories.get(context, context.params.repositoryId)
  local wanted = context.query.organizationId or refusal.missing { "OrganizationId" }
  local organization = context.store:organization(wanted)
    or refusal.not_found("Organization", wanted)
  return explore.open(context, organization, {
    from = ("organization %s in repository %s"):format(organization.name, repository.name),
    test = function(each)
      return each.repository ~= nil and each.repository.id == repository.id
        and not each.retrieval
    end,
  })
end

return H
