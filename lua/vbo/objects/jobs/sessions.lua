--- Declares job sessions: the runs of backup and copy jobs, with their logs and what they did.

local ascii = require "vbo.base.ascii"
local changes = require "vbo.model.changes"
local declare = require "vbo.model.declare"
local errors = require "vbo.base.error"
local fields = require "vbo.model.fields"
local resource = require "vbo.model.resource"
local loop = require "vbo.runtime.loop"
local transfer_rates = require "vbo.objects.jobs.rates"

local M = {}

---@class vbo.JobSession
---@field id string
---@field status string          Running, Queued, Success, Warning, Failed, Stopped, …
---@field progress integer
---@field total integer?         objects to process; v8
---@field proxy_id string?       where it runs; v8
---@field proxy_pool_id string?  v8
---@field creation_time string   ISO 8601
---@field end_time string?       ISO 8601
---@field details string?        v6 and later
---@field job_id string?         v8
---@field job_type string?       Backup or Copy; v7 and later
---@field retry_count integer?   v6 and later
local JobSession = resource.class {
  kind = "job session", rooted = true, label = "creationTime",
  get = "JobSession_GetById", list = "JobSession_Get", methods = {}, bulk = {},
}

---@class vbo.LogItem
---@field id string
---@field title string      the line; v8 calls it message, either word reads it
---@field message string
---@field type string?      Running, Success, Warning, Error or Stop; v8
---@field creation_time string
---@field end_time string?
local LogItem = resource.class {
  kind = "log item", parameter = "logItemId", label = "title",
  get = "JobSessionLog_GetBatchBySessionIdByLogItemId",
  list = "JobSessionLog_GetBatchBySessionId", methods = {}, bulk = {},
  fields = { title = { "message" }, message = { "title" } },
}

---@class vbo.ProcessedObject
---@field id string
---@field type string     User, Group, Site or Team
---@field status string   Success, Warning or Failed
local ProcessedObject = resource.class {
  kind = "processed object", label = "id", list = "JobSession_GetObjectsBySessionId",
  methods = {}, bulk = {},
}

M.JobSession, M.LogItem, M.ProcessedObject = JobSession, LogItem, ProcessedObject

-- The same id has two names in the interface's paths.
function JobSession.methods:_path()
  local id = self:_id()
  return { jobSessionsId = id, sessionId = id }
end

--- `session:log_items{…}` (v2 and later; in v1 the whole log); `type` and `order_asc` in v8.
declare.children(JobSession.methods, "log_items", "log_item", LogItem)

--- `session:log()`: the whole log, unpaged where the version has that (v1 to v5).
declare.children(JobSession.methods, "log", nil, LogItem, { below = "JobSessionLog_Get" })

--- `session:processed_objects()` (v7 and later).
declare.children(JobSession.methods, "processed_objects", nil, ProcessedObject)

--- Returns the log as text, a line an item: its time, its type where the version has one (v8), and
--- what it says.  For a file or a mail; the items themselves are `log_items`.
---@return string
function JobSession.methods:log_text()
  local lines = {}
  for item in self:log():each() do
    local parts = { item.creation_time or "" }
    if item.type then parts[#parts + 1] = item.type end
    parts[#parts + 1] = (tostring(item.title or ""):gsub("%s+", " "))
    lines[#lines + 1] = table.concat(parts, "\t")
  end
  lines[#lines + 1] = ""
  return table.concat(lines, "\n")
end

--- Returns what the run did, in the same words and units in every version.
---@return vbo.TransferRates
function JobSession.methods:statistics()
  return transfer_rates.read(fields.read(self:_loaded(), "statistics"))
end

--- Returns the job whose run this is: a copy job for a copy's.
---
--- v8 names it in the record; before, it is known when the session came from
--- `job:job_sessions()` (up to v6).  Raises `unsupported` otherwise.
---@return vbo.Job|vbo.CopyJob
function JobSession.methods:job()
  local id = self.job_id
  if id then
    if ascii.lower(tostring(self.job_type)) == "copy" then return self._client:copy_job(id) end
    return self._client:job(id)
  end
  local owner = self._owner
  if resource.is(owner) and (owner._class.kind == "job" or owner._class.kind == "copy job") then
    return owner
  end
  errors.raise {
    kind = "unsupported", message = ("in %s a job session does not name its job")
      :format(self._client._catalogue.version),
    hint = "list the sessions of one job with job:job_sessions()",
  }
end

local under_way = { running = true, queued = true }

local function runs(self) return under_way[ascii.lower(tostring(self.status))] or false end

--- Stops the run by stopping its job, when the run is still under way (another one may be
--- by now).  Raises as `job` does when the job is not known.
---@return boolean stopped  false when the run had ended
function JobSession.methods:stop()
  if not runs(self:refresh()) then return false end
  self:job():stop()
  return true
end

--- Waits until the run has ended, whichever way.
---@param given table?  `timeout` (seconds; raises `timeout` when it ends before the run)
---@return vbo.JobSession self  with its record of the end
function JobSession.methods:wait(given)
  local core = require "vbo.core"
  given = require("vbo.base.options").check(given, { timeout = "number" }, "wait")
  local ends = given.timeout and core.now() + given.timeout
  local pause = 0.25
  while runs(self:refresh()) do
    local left = ends and ends - core.now() or math.huge
    if left <= 0 then
      errors.raise {
        kind = "timeout", message = ("the job session %s still runs"):format(self.id),
        hint = "it goes on on the server",
      }
    end
    local ok, err = loop.sleep(self._client._engine, math.min(pause, left))
    if not ok then errors.raise(err) end
    pause = math.min(pause * 1.5, 15)
  end
  return self
end
--- Carries out `client:job_session_changes`.
---@param client vbo.Client
---@param given table?  `from` (the `next` of the call before), `job_type`, `limit`
---@return vbo.Changes  of `vbo.JobSession`
function M.changed(client, given)
  return changes.read(client, "job_session_changes", "JobSessionChanges_Get", JobSession, given)
end

return M
