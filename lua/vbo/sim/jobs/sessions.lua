--- Handles the runs of backup and copy jobs: lists with filters, logs, processed objects, changes.

local core = require "vbo.core"
local json = require "vbo.base.json"
local paging = require "vbo.sim.base.paging"
local refusal = require "vbo.sim.base.refusal"
local render = require "vbo.sim.jobs.render"
local time = require "vbo.base.time"

local H = {}

local function session(context)
  local jobs = context.store.jobs
  local found = jobs:session(context.params.jobSessionsId or context.params.sessionId)
  jobs:look(found)
  return found
end

-- Checks whether a run ended within the bounds of a query; one that still runs did not.
local function within(run, query)
  local from = query.endTimeLowerBound and time.parse(query.endTimeLowerBound)
  local to = query.endTimeUpperBound and time.parse(query.endTimeUpperBound)
  if not from and not to then return true end
  return run.ended ~= nil and (not from or run.ended >= from) and (not to or run.ended <= to)
end

-- The filter of v8 has another word for a successful run.
local statuses = { succeeded = "success" }

-- Lists the runs of a query, newest first.
local function selected(context)
  local query, found = context.query, {}
  local status = query.status and core.fold(query.status)
  status = statuses[status] or status
  for _, run in ipairs(context.store.jobs.sessions) do
    if (not query.jobId or run.job.id == core.fold(query.jobId))
        and (not query.jobType or core.fold(run.kind) == core.fold(query.jobType))
        and (not status or core.fold(run.status) == status) and within(run, query) then
      found[#found + 1] = run
    end
  end
  return found
end

function H.JobSession_Get(context)
  local id = context.query.jobId
  local jobs = context.store.jobs
  for _, list in ipairs { jobs.list, jobs.copies } do
    for _, job in ipairs(list) do
      if id and job.id == core.fold(id) then jobs:look(job.running) end
    end
  end
  return context:list(selected(context), render.session)
end

function H.JobSession_GetByJobId(context)
  local jobs = context.store.jobs
  local job = jobs:get(context.params.jobId)
  jobs:look(job.running)
  return context:list(jobs:sessions_of(job), render.session)
end

function H.JobSession_GetById(context)
  return context:json(render.session(context, session(context)))
end

local row = render.log_item "/JobSessions"

local function log(context)
  local it, found = session(context), {}
  local kind = context.query.type
  for _, each in ipairs(it.log) do
    if not kind or core.fold(each.type) == core.fold(kind) then found[#found + 1] = each end
  end
  if context.query.orderAsc == false then
    table.sort(found, function(a, b) return a.usn > b.usn end)
  end
  return context:list(found, function(_, each) return row(context, each, it) end)
end

H.JobSessionLog_Get = log
H.JobSessionLog_GetBatchBySessionId = log

function H.JobSessionLog_GetBatchBySessionIdByLogItemId(context)
  local it = context.store.jobs:session(context.params.sessionId)
  for _, each in ipairs(it.log) do
    if each.id == core.fold(context.params.logItemId) then
      return context:json(row(context, each, it))
    end
  end
  refusal.not_found("LogItem", context.params.logItemId)
end

--- Lists what a run has processed so far.
function H.JobSession_GetObjectsBySessionId(context)
  return context:list(session(context).done, render.object)
end

--- Lists runs that started or ended since a change token, which is a time in seconds.
function H.JobSessionChanges_Get(context)
  local query = context.query
  local from = query.from and math.tointeger(tonumber(query.from))
  if query.from and not from then
    refusal.raise(400, "'from' must be a change token of this server.")
  end
  local limit, rows, token = query.limit or paging.default, json.array {}, from or 0
  local list = context.store.jobs.sessions
  local function moment(run) return run.ended or run.created end
  local found = {}
  for _, run in ipairs(list) do
    if (not from or moment(run) > from)
        and (not query.jobType or core.fold(run.kind) == core.fold(query.jobType)) then
      found[#found + 1] = run
    end
  end
  table.sort(found, function(a, b)
    if moment(a) ~= moment(b) then return moment(a) < moment(b) end
    return a.id < b.id
  end)
  for i, run in ipairs(found) do
    -- Runs of one time stay on one page, since the token is that time.
    if i > limit and moment(run) > token then break end
    rows[i], token = render.session(context, run), moment(run)
  end
  return context:json {
    results = rows, nextChangeToken = ("%d"):format(token // 1), totalCount = #found,
    limit = limit,
  }
end

return H
