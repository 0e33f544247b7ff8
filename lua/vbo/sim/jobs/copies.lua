--- Handles copy jobs, which copy the restore points of a backup job into another repository.

local core = require "vbo.core"
local refusal = require "vbo.sim.base.refusal"
local render = require "vbo.sim.jobs.render"
local repositories = require "vbo.sim.backups.repositories"

local H = {}

local function copy_job(context) return context.store.jobs:get_copy(context.params.id) end

local function same(wanted, id) return wanted == nil or id == core.fold(wanted) end

function H.CopyJob_Get(context)
  local query, found = context.query, {}
  for _, each in ipairs(context.store.jobs.copies) do
    if same(query.organizationId, each.organization.id)
        and same(query.repositoryId, each.repository.id) then
      found[#found + 1] = each
    end
  end
  return context:list(found, render.copy_job)
end

function H.CopyJob_GetById(context)
  local it = copy_job(context)
  context.store.jobs:look(it.running)
  return context:json(render.copy_job(context, it))
end

-- Finds the repository that a copy job copies into.
local function target_of(context, id, backup)
  local repository = repositories.get(context, id)
  if repository.id == backup.repository.id then
    refusal.raise(400, ("Job '%s' backs up into repository '%s' itself; copy into another one.")
      :format(backup.name, repository.name))
  end
  return repository
end

function H.CopyJob_Create(context)
  local body, jobs = context.body, context.store.jobs
  if not body.backupJobId then refusal.missing { "BackupJobId" } end
  if not body.repositoryId then refusal.missing { "RepositoryId" } end
  local backup = jobs:get(body.backupJobId)
  if body.organizationId and backup.organization.id ~= core.fold(body.organizationId) then
    refusal.raise(400, ("Job '%s' is not of organization '%s'."):format(
      backup.name, body.organizationId))
  end
  local made = jobs:add_copy {
    backup = backup, repository = target_of(context, body.repositoryId, backup),
    schedule = body.schedulePolicy, enabled = body.isEnabled ~= false,
    name = body.name ~= "" and body.name or nil,
  }
  return context:json(render.copy_job(context, made))
end

--- Edits a copy job; properties that the body leaves out keep their values.
function H.CopyJob_Update(context)
  local it, body = copy_job(context), context.body
  if body.backupJobId and core.fold(body.backupJobId) ~= it.backup.id then
    refusal.raise(400, "A copy job stays with its backup job.")
  end
  if body.repositoryId then it.repository = target_of(context, body.repositoryId, it.backup) end
  if body.isEnabled ~= nil then it.enabled = body.isEnabled end
  if body.name and body.name ~= "" then it.name = body.name end
  for key, value in pairs(body.schedulePolicy or {}) do
    it.schedule = it.schedule or {}
    it.schedule[key] = value
  end
  return context:empty()
end

function H.CopyJob_Delete(context)
  context.store.jobs:remove(context.params.id, true)
  return context:empty()
end

function H.CopyJob_Enable(context)
  copy_job(context).enabled = true
  return context:empty()
end

function H.CopyJob_Disable(context)
  local it = copy_job(context)
  it.enabled, it.retry = false, nil
  return context:empty()
end

function H.CopyJob_Start(context)
  local session = context.store.jobs:start(copy_job(context))
  if context.op.answer.kind == "empty" then return context:empty() end
  return context:json(render.session(context, session))
end

function H.CopyJob_Stop(context)
  context.store.jobs:stop(copy_job(context))
  return context:empty()
end

function H.CopyJob_GetBackupJobByCopyJob(context)
  return context:json(render.job(context, copy_job(context).backup))
end

function H.Job_GetCopyJobByBackupJob(context)
  local backup = context.store.jobs:get(context.params.jobId)
  local found = context.store.jobs:copy_of(backup)
    or refusal.not_found("CopyJob", "of job " .. backup.id)
  return context:json(render.copy_job(context, found))
end

return H
