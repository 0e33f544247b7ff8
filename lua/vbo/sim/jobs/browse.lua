--- Handles reading of backup jobs, and exploring the backups that one made.

local core = require "vbo.core"
local explore = require "vbo.sim.sessions.explore"
local job_scope = require "vbo.sim.jobs.scope"
local refusal = require "vbo.sim.base.refusal"
local render = require "vbo.sim.jobs.render"

local H = {}

local function job(context) return context.store.jobs:get(context.params.jobId) end

-- Lists the jobs of a query or a path.
local function jobs_of(context)
  local organization = context.params.organizationId or context.query.organizationId
  local found = {}
  for _, each in ipairs(context.store.jobs.list) do
    local repository = context.query.repositoryId
    if (not organization or each.organization.id == core.fold(organization))
        and (not repository or each.repository and each.repository.id == repository) then
      found[#found + 1] = each
    end
  end
  return found
end

function H.Job_Get(context) return context:list(jobs_of(context), render.job) end

function H.Job_GetByOrganizationId(context)
  local id = context.params.organizationId
  if not context.store:organization(id) then refusal.not_found("Organization", id) end
  return context:list(jobs_of(context), render.job)
end

function H.Job_GetById(context)
  local it = job(context)
  context.store.jobs:look(it.running)
  return context:json(render.job(context, it))
end

-- Returns a function that narrows a view to the sites and teams that a job of selected items backs
-- up; nil for a job of a whole organization.
local function narrow(it)
  if it.entire then return nil end
  return function(view)
    local also = job_scope.others(it)
    -- A view of some users shows no sites: read them from the same view without that limit.
    local all = setmetatable({}, { __index = function(_, key)
      if key ~= "only" then return view[key] end
    end })
    local methods = getmetatable(view).__index
    for name, kind in pairs { sites = "Vesp", teams = "Vet" } do
      view[name] = function(_, parent)
        local found = {}
        for _, each in ipairs(methods[name](all, parent)) do
          if also[kind][each.id] then found[#found + 1] = each end
        end
        return found
      end
    end
  end
end

--- Explores the backups of a job: only what it backs up.
function H.Job_ExploreAction(context)
  local it = job(context)
  local only
  if not it.entire then
    only = {}
    for _, item in ipairs(it.selected) do
      if item.user then only[core.fold(item.user.name)] = true end
    end
  end
  return explore.open(context, it.organization, {
    only = only, from = "job " .. it.name, narrow = narrow(it),
    test = function(point) return point.job == it and not point.copy and not point.retrieval end,
  })
end

return H
