--- Declares backup copy jobs (v6 and later).

local body = require "vbo.request.body"
local declare = require "vbo.model.declare"
local options_of = require "vbo.base.options"
local pipeline = require "vbo.request.pipeline"
local resource = require "vbo.model.resource"

local M = {}

---@class vbo.CopyJob
---@field id string
---@field name string
---@field backup_job_id string
---@field repository_id string
---@field organization_id string?  v8
---@field is_enabled boolean
---@field last_status string
---@field schedule_policy table?
local CopyJob = resource.class {
  kind = "copy job", plural = "copy_jobs", parameter = "id", rooted = true,
  get = "CopyJob_GetById", list = "CopyJob_Get", methods = {}, bulk = {},
  names = declare.named "name",
}

M.CopyJob = CopyJob

--- Creates a copy job for a backup job.
---
--- Options: `backup_job` and `repository` (resources or ids), `schedule`, `is_enabled`, and
--- whatever else the version's body has.  v8 wants the organization too: it is the backup
--- job's by default.
---@param client vbo.Client
---@param given table
---@return vbo.CopyJob
function M.create(client, given)
  local operation = pipeline.operation(client, "CopyJob_Create")
  local options = {}
  for name, value in pairs(options_of.given(given, "create")) do options[name] = value end
  local backup_job = options.backup_job or options.backup_job_id
  if options.organization == nil and options.organization_id == nil and backup_job ~= nil
      and body.property(operation.body, "organization") then
    options.organization = client:job(backup_job).organization_id
  end
  local answer = pipeline.call(client, {
    call = "create", operation = "CopyJob_Create", options = options,
  })
  return resource.from_record(CopyJob, client, answer.data)
end

--- `client:copy_jobs():create{…}`.
---@param given table
---@return vbo.CopyJob
function CopyJob.bulk:create(given) return M.create(self._client, given) end

declare.edit(CopyJob, "CopyJob_Update")
declare.remove(CopyJob, "CopyJob_Delete")
declare.action(CopyJob, "enable", "CopyJob_Enable")
declare.action(CopyJob, "disable", "CopyJob_Disable")

--- Starts a run (`full` in v6 alone).  Gives the run's job session in v8, nil before.
declare.action(CopyJob, "start", "CopyJob_Start", { class = "jobs.sessions.JobSession" })
declare.action(CopyJob, "stop", "CopyJob_Stop")

--- `copy_job:backup_job()`: the job whose backups it copies.
declare.action(CopyJob, "backup_job", "CopyJob_GetBackupJobByCopyJob",
  { class = "jobs.Job", alone = true })

--- `copy_job:job_sessions()` (v7 and later; v6 lists the sessions of all copy jobs:
--- `client:job_sessions{ job_type = "Copy" }`).
declare.children(CopyJob.methods, "job_sessions", "job_session", "jobs.sessions.JobSession",
  { rooted = "job" })

return M
