--- Renders jobs, their items, their sessions and restore points as records of the API.

local points = require "vbo.sim.backups.points"
local dates = require "vbo.sim.state.dates"
local organizations = require "vbo.sim.organizations.render"
local schedule = require "vbo.sim.jobs.schedule"
local seeds = require "vbo.sim.typed.seeds"

local M = {}

local function next_run(context, job)
  return dates.time(schedule.next(job, context.app.clock(), context.app.zone))
end

-- Counts the objects of the last run; nil before the first.
local function objects(context, job)
  local last = context.store.jobs:sessions_of(job)[1]
  if not last then return 0, 0 end
  return #last.objects, #last.done
end

function M.job(context, it)
  local id, base = it.id, "/Jobs/%s"
  local total, processed = objects(context, it)
  return {
    totalObjects = total, processedObjects = processed,
    id = id, name = it.name, description = it.description, isEnabled = it.enabled,
    backupType = it.entire and "EntireOrganization" or "SelectedItems",
    lastStatus = it.last_status, lastRun = dates.time(it.last_run),
    lastBackup = dates.time(it.last_backup),
    nextRun = next_run(context, it), schedulePolicy = schedule.shown(it.schedule),
    organizationId = it.organization.id, repositoryId = it.repository and it.repository.id,
    eTag = 1,
    _links = {
      self = context:href(base, id),
      organization = context:href("/Organizations/%s", it.organization.id),
      backupRepository = context.number <= 5 and it.repository
        and context:href("/BackupRepositories/%s", it.repository.id) or nil,
      jobsessions = context:href(
        context.number >= 7 and "/JobSessions?jobId=%s" or base .. "/JobSessions", id),
      selectedItems = context.number >= 2 and context:href(base .. "/SelectedItems", id) or nil,
      excludedItems = context.number >= 2 and context:href(base .. "/ExcludedItems", id) or nil,
    },
  }
end

--- Renders an item of a job, its user with the links of this version.
function M.item(kind)
  local resource = kind == "selected" and "SelectedItems" or "ExcludedItems"
  return function(context, it, job)
    local out = {}
    for key, value in pairs(it) do out[key] = value end
    if it.user and it.user.organization then out.user = organizations.user(context, it.user) end
    out._links = { self = context:href("/Jobs/%s/" .. resource .. "/%s", job.id, it.id) }
    return out
  end
end

--- Renders a mailbox of a job (v1, which has no items).
function M.mailbox(context, it)
  local organization = it.user.organization
  return {
    id = it.id, email = it.email, name = it.name, isBackedUp = true,
    _links = {
      self = context:href("/Organizations/%s/Mailboxes/%s", organization.id, it.id),
      organization = context:href("/Organizations/%s", organization.id),
    },
  }
end

--- Renders a copy job.
function M.copy_job(context, it)
  local base = "/CopyJobs/%s"
  return {
    id = it.id, name = it.name, isEnabled = it.enabled, backupJobId = it.backup.id,
    organizationId = it.organization.id, repositoryId = it.repository.id,
    lastStatus = it.last_status, lastRun = dates.time(it.last_run),
    lastBackup = dates.time(it.last_backup),
    nextRun = next_run(context, it), schedulePolicy = schedule.shown(it.schedule),
    eTag = 1,
    _links = {
      self = context:href(base, it.id), backupJob = context:href(base .. "/BackupJob", it.id),
      jobsessions = context.number >= 7 and context:href("/JobSessions?jobId=%s", it.id) or nil,
    },
  }
end

-- Formats rates and sizes as the words of v1 and v2: "99.1 KB/s (6 items/s)".
local function size(bytes)
  local units = { "B", "KB", "MB", "GB", "TB" }
  local value, unit = bytes, 1
  while value >= 1024 and unit < #units do value, unit = value / 1024, unit + 1 end
  return unit == 1 and ("%d B"):format(value) or ("%.1f %s"):format(value, units[unit])
end

local function statistics(run)
  local sums = run:statistics()
  local rate = size(sums.bytes_rate) .. "/s"
  return {
    processingRate = ("%s (%d items/s)"):format(rate, sums.items_rate), readRate = rate,
    writeRate = rate, transferredData = size(sums.bytes),
    processingRateBytesPS = sums.bytes_rate, processingRateItemsPS = sums.items_rate,
    readRateBytesPS = sums.bytes_rate, writeRateBytesPS = sums.bytes_rate,
    transferredDataBytes = sums.bytes, processedObjects = sums.items,
    bottleneck = sums.bottleneck,
  }
end

-- Returns the proxy of a repository's jobs and the pool that it is in.
local function proxy_of(context, repository)
  local proxy = repository and repository.proxy
  if not proxy then return nil end
  return proxy.id, seeds.pool_of(context.store.world, proxy)
end

--- Renders a run of a job or a copy job.
function M.session(context, it)
  local id, job = it.id, it.job
  local proxy, pool = proxy_of(context, job.repository)
  return {
    total = #it.objects, proxyId = proxy, proxyPoolId = pool,
    id = id, jobId = job.id, mainSessionId = it.main, details = job.name,
    repositoryId = job.repository and job.repository.id,
    creationTime = dates.time(it.created), endTime = dates.time(it.ended),
    progress = it.progress, status = it.status, retryCount = it.retry,
    jobWillBeRetried = it.will_retry or false, jobType = it.kind,
    jobSessionConfigType = it.full and "Full" or "Incremental", statistics = statistics(it),
    eTag = #it.log,
    _links = {
      self = context:href("/JobSessions/%s", id),
      log = context:href(
        context.number <= 5 and "/JobSessions/%s/Log" or "/JobSessions/%s/LogItems", id),
      job = context:href(job.copy and "/CopyJobs/%s" or "/Jobs/%s", job.id),
    },
  }
end

--- Returns a function that renders a line of a session's log; `place` is the path of the sessions.
function M.log_item(place)
  return function(context, it, session)
    return {
      id = it.id, usn = it.usn, type = it.type, title = it.text, message = it.text,
      creationTime = dates.time(it.at), endTime = dates.time(it.at),
      _links = context.number >= 2
        and { self = context:href(place .. "/%s/LogItems/%s", session.id, it.id) } or nil,
    }
  end
end

--- Renders an object that a run processed.
function M.object(_, it) return { id = it.id, type = it.type, status = it.status } end

--- Renders a restore point.
function M.point(context, it)
  local organization = it.organization
  local function covers(kind) return points.holds(it, kind) end
  local job = it.job
  return {
    id = it.id, backupTime = dates.time(it.at), organizationId = organization.id,
    repositoryId = it.repository and it.repository.id, jobId = job and job.id,
    isExchange = covers "Vex", isOneDrive = covers "Veod", isSharePoint = covers "Vesp",
    isTeams = covers "Vet", isCopy = it.copy or false, isLongTermCopy = false,
    isRetrieved = it.retrieval ~= nil, retrievalId = it.retrieval and it.retrieval.id,
    isDeleted = false, eTag = it.change, objectsEtag = it.change,
    _links = {
      self = context:href("/RestorePoints/%s", it.id),
      organization = context:href("/Organizations/%s", organization.id),
      job = job and context:href("/Jobs/%s", job.id) or nil,
      repository = it.repository
        and context:href("/BackupRepositories/%s", it.repository.id) or nil,
    },
  }
end

return M
