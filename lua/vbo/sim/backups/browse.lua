--- Restore points: lists with filters, one, what changed, what they protect, and exploring them.

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

--- The points that a query asks for: newest first unless it says otherwise.
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

--- Points that were made since a token: their number.
function H.RestorePoint_GetChanges(context)
  local query = context.query
  -- The first call has no token; clients send what they like then.
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

-- What a point protects, by the names of v6 and v7.
local lists = {
  Users = "users", Groups = "groups", Teams = "teams", Webs = "sites", Mailboxes = "mailboxes",
  OneDrives = "drives",
}

for name, kind in pairs(lists) do
  H["RestorePoint_GetRestorePoint" .. name] = function(context)
    local list = protected[kind] { point(context) }
    return context:list(list, protected.rows[kind])
  end
end

-- Since v8 they are resources of their own, over all points or those of a query.
local since_v8 = { User = "users", Group = "groups", Site = "sites", Team = "teams" }

for name, kind in pairs(since_v8) do
  H["ProtectedData_GetProtected" .. name .. "s"] = function(context)
    local query = context.query
    local points = context.store.points:where(function(each)
      return same(query.organizationId or query.backedUpOrganizationId, each.organization.id)
        and same(query.repositoryId, each.repository and each.repository.id)
        and same(query.restorePointId, each.id)
    end)
    return context:list(protected[kind](points), protected.rows_v8[kind])
  end

  H["ProtectedData_GetProtected" .. name] = function(context)
    local id = context.params["protected" .. name .. "Id"]
    for _, each in ipairs(protected[kind](context.store.points.list)) do
      if core.fold(each.id) == core.fold(id) then
        return context:json(protected.rows_v8[kind](context, each))
      end
    end
    refusal.not_found("Protected" .. name, id)
  end
end

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
