--- Records the jobs of an organization and its restore points.

local core = require "vbo.core"
local json = require "vbo.base.json"
local time = require "vbo.base.time"

local M = {}

local function sorted(times)
  local list = {}
  for at in pairs(times) do list[#list + 1] = at end
  table.sort(list)
  return list
end

-- Lists the times of restore points up to a time: of the organization, and of each job.
---@return table<string, true> times
---@return table<string, table<string, true>>? by_job  nil: the API version has no such field
local function points_of(recorder, organization, latest)
  local times = {}
  local function add(set, at)
    if at and time.parse(at) <= latest then set[at] = true end
  end
  if not recorder.client:supports "restore_points" then
    add(times, organization.first_backuptime)
    add(times, organization.last_backuptime)
    return times
  end
  local by_job = {}
  for point in organization:restore_points():each() do
    local own = not (point.is_copy or point.is_retrieved or point.is_deleted)
    if own then
      add(times, point.backup_time)
      local job = point.job_id
      if job then
        by_job[job] = by_job[job] or {}
        add(by_job[job], point.backup_time)
      end
    end
  end
  return times, by_job
end

-- Copies a schedule without the fields that only its own server understands.
local function plain(value)
  if value == json.null then return nil end
  if type(value) ~= "table" then return value end
  local out = {}
  for key, each in pairs(value) do
    if key ~= "_links" then out[key] = plain(each) end
  end
  return out
end

local flags = { mailbox = "mailbox", one_drive = "oneDrive", archive_mailbox = "archiveMailbox",
  personal_site = "personalSite" }

-- Lists the items of a job that are recorded users; false where it has others.
local function items_of(recorder, items, people)
  local list, all = {}, true
  for item in items:each() do
    local user = item.user
    local name = type(user) == "table" and (user.name or user.email)
    local known = type(name) == "string" and people.by_address[core.fold(name)]
    if known then
      local row = { user = recorder.mask:address(known.name) }
      for field, word in pairs(flags) do
        local value = item[field]
        if type(value) == "boolean" then row[word] = value end
      end
      list[#list + 1] = row
    else
      all = false
    end
  end
  return list, all
end

local function job_of(recorder, organization, people, job, latest)
  local mask, repository = recorder.mask, job.repository_id
  local last_run = job.last_run
  local parsed = last_run and time.parse(last_run)
  local row = {
    -- Servers write 1970 or the year 1 for a job that never ran.
    last_run = parsed and parsed > 86400 and parsed <= latest and last_run or nil,
    name = mask:name(job.name), description = mask:name(job.description),
    organization = mask:domain(organization.name), enabled = job.is_enabled,
    last_status = job.last_status, schedule = plain(job:record().schedulePolicy),
    repository = repository and recorder.repositories[repository],
  }
  if type(row.schedule) ~= "table" then row.schedule = nil end
  local entire = core.fold(tostring(job.backup_type)) == "entireorganization"
  local selected, all
  if not entire then
    selected, all = items_of(recorder, job:selected_items(), people)
    if all and #selected > 0 then
      row.selected = selected
    else
      recorder:skip(("job %s: its items that are not recorded users; it is recorded as a job of "
        .. "everything"):format(job.name))
    end
  end
  local excluded
  excluded, all = items_of(recorder, job:excluded_items(), people)
  if #excluded > 0 then row.excluded = excluded end
  if not all then recorder:skip(("job %s: some of its excluded items"):format(job.name)) end
  recorder:count "jobs"
  return row
end

--- Records the jobs and the restore points of an organization.
---@param recorder table
---@param organization vbo.Organization
---@param people table   `vbo.sim.record.people`
---@param latest number  later points are left out
---@return table[] jobs, string[] points
function M.of(recorder, organization, people, latest)
  local times, by_job = points_of(recorder, organization, latest)
  local jobs = {}
  for job in organization:jobs():each() do
    local row = job_of(recorder, organization, people, job, latest)
    if by_job then row.points = sorted(by_job[job.id] or {}) end
    jobs[#jobs + 1] = row
  end
  local points = sorted(times)
  recorder:count("restore points", #points)
  return jobs, points
end

return M
