--- Declares backup jobs.

local declare = require "vbo.model.declare"
local errors = require "vbo.base.error"
local objects = require "vbo.model.objects"
local options_of = require "vbo.base.options"
local pipeline = require "vbo.request.pipeline"
local resource = require "vbo.model.resource"
local session = require "vbo.objects.session"
local subjects = require "vbo.model.subject"

local M = {}

---@class vbo.Job
---@field id string
---@field name string
---@field description string?
---@field backup_type string     EntireOrganization or SelectedItems (v2 and later)
---@field is_enabled boolean
---@field last_status string     Running, Stopped, Success, Warning, Failed, …
---@field last_run string?       ISO 8601
---@field next_run string?       ISO 8601
---@field schedule_policy table?
---@field total_objects integer?      of the last run; v8
---@field processed_objects integer?  of those; v8
local Job = resource.class {
  kind = "job", parameter = "jobId", rooted = true,
  get = "Job_GetById", list = "Job_Get", methods = {}, bulk = {},
  names = declare.named "name",
}

M.Job = Job

--- Creates a job in an organization.
---@param organization vbo.Organization
---@param given table
---@return vbo.Job
function M.create(organization, given)
  local client = organization._client
  local operation = pipeline.operation(client, "Job_Add", "create_job")
  local options = {}
  for name, value in pairs(options_of.given(given, "create_job")) do options[name] = value end
  local in_path = false
  for _, parameter in ipairs(operation.parameters) do
    if parameter.name == "organizationId" then in_path = true end
  end
  -- v8 takes the organization in the body, earlier versions in the path.
  if not in_path then options.organization = organization.id end
  local answer = pipeline.call(client, {
    call = "create_job", operation = "Job_Add", options = options,
    path = in_path and organization:_path() or {},
    subject = in_path and subjects.of(organization) or nil,
  })
  return resource.from_record(Job, client, answer.data)
end

--- Creates a job: `organization:jobs():create{…}`, or `client:jobs():create{…}` with
--- `organization` (the resource, its id or its name).  Options as
--- `Organization:create_job`.
---@param given table
---@return vbo.Job
function Job.bulk:create(given)
  local options = {}
  for name, value in pairs(options_of.given(given, "create")) do options[name] = value end
  local owner = self._owner
  if owner == self._client then
    local organization = options.organization or self._query.organization
    options.organization = nil
    if organization == nil then
      errors.usage("create needs the option 'organization'",
        "or create the job through organization:jobs()")
    end
    owner = self._client:organization(organization)
  end
  return M.create(owner, options)
end

--- Changes what is given (`name`, `description`, `schedule`, …; `skip_item_update` in v8)
--- and keeps the rest.
declare.edit(Job, "Job_Update")

--- Removes the job; its backups stay.
declare.remove(Job, "Job_Remove")

declare.action(Job, "enable", "Job_EnableAction")
declare.action(Job, "disable", "Job_DisableAction")

--- Starts a run.  Options: `full` (v6 and later).  Gives the run's job session in v8, nil
--- before.
declare.action(Job, "start", "Job_StartAction", { class = "jobs.sessions.JobSession" })

--- Stops the run under way.
declare.action(Job, "stop", "Job_StopAction")

--- Opens a restore session on the job's backups (v3 and later); options as
--- `Organization:explore`.
---@param given table?
---@return vbo.Session
function Job.methods:explore(given)
  local owner = self._owner
  local organization = resource.is(owner) and owner._class.kind == "organization" and owner or nil
  return session.explore(self, "Job_ExploreAction", given,
    { about = { job = self, organization = organization } })
end

declare.children(Job.methods, "selected_items", "selected_item", "jobs.items.SelectedItem")
declare.children(Job.methods, "excluded_items", "excluded_item", "jobs.items.ExcludedItem")
declare.children(Job.methods, "selected_mailboxes", "selected_mailbox",
  "jobs.items.SelectedMailbox")
declare.children(Job.methods, "excluded_mailboxes", "excluded_mailbox",
  "jobs.items.ExcludedMailbox")

declare.children(Job.methods, "restore_points", nil, "backups.restore_points.RestorePoint",
  { rooted = "job" })

--- Creates a copy job for this backup job (v6 and later); options as `copy_jobs():create`.
---@param given table?
---@return vbo.CopyJob
function Job.methods:create_copy_job(given)
  local options = { backup_job = self }
  for name, value in pairs(options_of.given(given, "create_copy_job")) do options[name] = value end
  return objects.named "jobs.copy.create"(self._client, options)
end

--- `job:copy_job()`: the copy job of a backup job.
declare.action(Job, "copy_job", "Job_GetCopyJobByBackupJob",
  { class = "jobs.copy.CopyJob", alone = true })

--- `job:job_sessions()`: its runs; listed below the job up to v6, by query since v7.
declare.children(Job.methods, "job_sessions", "job_session", "jobs.sessions.JobSession",
  { below = "JobSession_GetByJobId", rooted = "job" })

return M
