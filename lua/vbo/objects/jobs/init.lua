--- Backup jobs.

local declare = require "vbo.model.declare"
local errors = require "vbo.base.error"
local job_items = require "vbo.objects.jobs.items"
local job_sessions = require "vbo.objects.jobs.sessions"
local options_of = require "vbo.base.options"
local pipeline = require "vbo.request.pipeline"
local resource = require "vbo.model.resource"

local M = { client = {} }

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
M.SelectedItem, M.ExcludedItem = job_items.SelectedItem, job_items.ExcludedItem

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
declare.action(Job, "start", "Job_StartAction", { class = job_sessions.JobSession })

--- Stops the run under way.
declare.action(Job, "stop", "Job_StopAction")

--- Opens a restore session on the job's backups (v3 and later); options as
--- `Organization:explore`.
---@param given table?
---@return vbo.Session
function Job.methods:explore(given)
  local owner = self._owner
  local organization = resource.is(owner) and owner._class.kind == "organization" and owner or nil
  return require("vbo.objects.session").explore(self, "Job_ExploreAction", given,
    { about = { job = self, organization = organization } })
end

job_items.below(Job.methods)

--- `job:job_sessions()`: its runs; listed below the job up to v6, by query since v7.
declare.children(Job.methods, "job_sessions", "job_session", job_sessions.JobSession,
  { below = "JobSession_GetByJobId", rooted = "job" })

--- `client:jobs()`; `client:job(name)` by id or name.
declare.children(M.client, "jobs", "job", Job)

return M
