--- Records of jobs, their items and their sessions; see `render.lua`.

local render = require "vbo.sim.render"

local M = {}

local days = { Sunday = 0, Monday = 1, Tuesday = 2, Wednesday = 3, Thursday = 4, Friday = 5,
  Saturday = 6 }

--- When a job runs next: its daily time, or its period after its last run.
local function next_run(job, now)
  local plan = job.schedule
  if not job.enabled or not plan or plan.scheduleEnabled == false then return nil end
  if plan.type == "Periodically" then
    local unit, count = tostring(plan.periodicallyEvery):match "^(%a+)(%d+)$"
    local period = (tonumber(count) or 1) * (unit == "Minutes" and 60 or 3600)
    local at = job.last_run or now
    return at + ((now - at) // period + 1) * period
  end
  if plan.type ~= "Daily" then return nil end
  local h, m, s = tostring(plan.dailyTime or "00:00:00"):match "(%d+):(%d+):?(%d*)"
  local at = now - now % 86400 + (tonumber(h) or 0) * 3600 + (tonumber(m) or 0) * 60
    + (tonumber(s) or 0)
  local function suits(day)
    local wanted = plan.dailyType
    if wanted == "Workdays" then return day >= 1 and day <= 5 end
    if wanted == "Weekends" then return day == 0 or day == 6 end
    return days[wanted] == nil or days[wanted] == day
  end
  for _ = 1, 8 do
    -- 1 January 1970 was a Thursday.
    if at > now and suits((at // 86400 + 4) % 7 | 0) then return at end
    at = at + 86400
  end
end

function M.job(context, it)
  local id, base = it.id, "/Jobs/%s"
  return {
    id = id, name = it.name, description = it.description, isEnabled = it.enabled,
    backupType = it.entire and "EntireOrganization" or "SelectedItems",
    lastStatus = it.last_status, lastRun = render.time(it.last_run),
    lastBackup = render.time(it.last_run),
    nextRun = render.time(next_run(it, context.app.clock())), schedulePolicy = it.schedule,
    organizationId = it.organization.id, repositoryId = it.repository and it.repository.id,
    eTag = 1,
    _links = {
      self = context:href(base, id),
      organization = context:href("/Organizations/%s", it.organization.id),
      jobsessions = context:href(
        context.number >= 7 and "/JobSessions?jobId=%s" or base .. "/JobSessions", id),
      selectedItems = context.number >= 2 and context:href(base .. "/SelectedItems", id) or nil,
      excludedItems = context.number >= 2 and context:href(base .. "/ExcludedItems", id) or nil,
    },
  }
end

--- An item: what was given for it, its user with the links of this version.
function M.item(kind)
  local resource = kind == "selected" and "SelectedItems" or "ExcludedItems"
  return function(context, it, job)
    local out = {}
    for key, value in pairs(it) do out[key] = value end
    if it.user and it.user.organization then out.user = render.user(context, it.user) end
    out._links = { self = context:href("/Jobs/%s/" .. resource .. "/%s", job.id, it.id) }
    return out
  end
end

local zero = {
  processingRate = "0 B/s (0 items/s)", readRate = "0 B/s", writeRate = "0 B/s",
  transferredData = "0 B", processingRateBytesPS = 0, processingRateItemsPS = 0,
  readRateBytesPS = 0, writeRateBytesPS = 0, transferredDataBytes = 0, processedObjects = 0,
  bottleneck = "NA",
}

function M.session(context, it)
  local id = it.id
  return {
    id = id, jobId = it.job.id, mainSessionId = id, details = it.job.name,
    repositoryId = it.job.repository and it.job.repository.id,
    creationTime = render.time(it.created), endTime = render.time(it.ended),
    progress = it.progress, status = it.status, retryCount = 0, jobWillBeRetried = false,
    jobType = "Backup", jobSessionConfigType = it.full and "Full" or "Incremental",
    statistics = zero, eTag = 1,
    _links = {
      self = context:href("/JobSessions/%s", id),
      log = context:href(
        context.number <= 5 and "/JobSessions/%s/Log" or "/JobSessions/%s/LogItems", id),
      job = context:href("/Jobs/%s", it.job.id),
    },
  }
end

function M.log_item(context, it, session)
  return {
    id = it.id, usn = it.usn, type = it.type, title = it.text, message = it.text,
    creationTime = render.time(it.at), endTime = render.time(it.at),
    _links = context.number >= 2
      and { self = context:href("/JobSessions/%s/LogItems/%s", session.id, it.id) } or nil,
  }
end

return M
