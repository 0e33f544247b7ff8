--- Handles adding, editing, removing, starting and stopping of backup jobs.

local core = require "vbo.core"
local item = require "vbo.sim.jobs.item"
local refusal = require "vbo.sim.base.refusal"
local render = require "vbo.sim.jobs.render"
local repositories = require "vbo.sim.backups.repositories"
local schedule = require "vbo.sim.jobs.schedule"

local H = {}

local function job(context) return context.store.jobs:get(context.params.jobId) end

local function is_entire(kind) return core.fold(kind) == "entireorganization" end

function H.Job_Add(context)
  local body = context.body
  local id = context.params.organizationId or body.organizationId
    or refusal.missing { "OrganizationId" }
  local organization = context.store:organization(id) or refusal.not_found("Organization", id)
  if not body.name or body.name == "" then refusal.missing { "Name" } end
  local entire = body.backupType == nil and not body.selectedItems
    or body.backupType ~= nil and is_entire(body.backupType)
  if not entire and #(body.selectedItems or {}) == 0 then refusal.missing { "SelectedItems" } end
  local made = context.store.jobs:add {
    name = body.name, description = body.description or "", organization = organization,
    repository = repositories.get(context, body.repositoryId),
    schedule = schedule.normal(body.schedulePolicy),
    enabled = body.isEnabled ~= false, entire = entire,
    selected = entire and {} or item.of(context, organization, body.selectedItems),
    excluded = item.of(context, organization, body.excludedItems),
  }
  if body.runNow and made.enabled then context.store.jobs:start(made) end
  return context:json(render.job(context, made))
end

--- Edits a job; properties that the body leaves out keep their values.
function H.Job_Update(context)
  local it, body = job(context), context.body
  local changes = {
    name = body.name, description = body.description, enabled = body.isEnabled,
    repository = body.repositoryId and repositories.get(context, body.repositoryId),
    selected = body.selectedItems and item.of(context, it.organization, body.selectedItems),
    excluded = body.excludedItems and item.of(context, it.organization, body.excludedItems),
  }
  if body.backupType then changes.entire = is_entire(body.backupType) end
  for key, value in pairs(changes) do it[key] = value end
  if body.schedulePolicy then
    it.schedule = it.schedule or {}
    for key, value in pairs(schedule.normal(body.schedulePolicy)) do it.schedule[key] = value end
  end
  if body.runNow and it.enabled then context.store.jobs:start(it) end
  if context.op.answer.kind == "empty" then return context:empty() end
  return context:json(render.job(context, it))
end

function H.Job_Remove(context)
  context.store.jobs:remove(context.params.jobId)
  return context:empty()
end

function H.Job_EnableAction(context)
  job(context).enabled = true
  return context:empty()
end

function H.Job_DisableAction(context)
  local it = job(context)
  it.enabled, it.retry = false, nil
  return context:empty()
end

function H.Job_StartAction(context)
  local session = context.store.jobs:start(job(context), context.body.full)
  if context.op.answer.kind == "empty" then return context:empty() end
  return context:json(render.session(context, session))
end

function H.Job_StopAction(context)
  context.store.jobs:stop(job(context))
  return context:empty()
end

return H
