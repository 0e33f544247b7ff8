--- Keeps the backup jobs, copy jobs and their runs.

local core = require "vbo.core"
local ids = require "vbo.sim.base.ids"
local later = require "vbo.sim.base.later"
local refusal = require "vbo.sim.base.refusal"
local runs = require "vbo.sim.jobs.run"
local schedules = require "vbo.sim.jobs.schedule"
local scope = require "vbo.sim.jobs.scope"

local M = {}

local Jobs = {}
Jobs.__index = Jobs

-- The most finished runs that are kept.
local kept_runs = 1000

local function copy(value)
  if type(value) ~= "table" then return value end
  local out = setmetatable({}, getmetatable(value))
  for key, each in pairs(value) do out[key] = copy(each) end
  return out
end

-- Converts an item of a described job to the form of the API.
local function described_item(job, spec, kind)
  local user = job.organization.by_email[spec.user]
  local item = { type = "User", user = user }
  for key, value in pairs(spec) do
    if key ~= "user" then item[key] = value end
  end
  item.id = ids.uuid(job.id .. kind .. spec.user)
  return item
end

-- The duration of past runs.
local took = 1300

-- Lists the past runs of a job: one at every restore point of its own, or else of its organization,
-- and its last.
local function past_of(job, described)
  local moments = {}
  for _, at in ipairs(described.points or job.organization.points) do
    moments[#moments + 1] = { job = job, at = at, point = true }
  end
  local last = moments[#moments]
  if described.last_run and (not last or last.at ~= described.last_run) then
    last = { job = job, at = described.last_run }
    moments[#moments + 1] = last
  end
  if last then last.status = described.last_status end
  return moments
end

--- Returns the jobs of a world, with their history.
---@param store table
---@return table
function M.new(store)
  local self = setmetatable({
    store = store, list = {}, copies = {}, sessions = {}, clock = store.clock, uuid = store.uuid,
    -- The time up to which schedules were handled; runs that a stopped server missed stay missed.
    seen = store.clock(),
  }, Jobs)
  local past = {}
  for _, each in ipairs(store.world.jobs) do
    local job = {
      id = each.id, name = each.name, description = each.description, enabled = each.enabled,
      organization = each.organization, repository = each.repository,
      schedule = copy(each.schedule), entire = each.selected == nil, selected = {}, excluded = {},
    }
    for _, kind in ipairs { "selected", "excluded" } do
      for i, item in ipairs(each[kind] or {}) do job[kind][i] = described_item(job, item, kind) end
    end
    self.list[#self.list + 1] = job
    for _, moment in ipairs(past_of(job, each)) do
      moment.order = #past + 1
      past[moment.order] = moment
    end
  end
  table.sort(past, function(a, b)
    if a.at ~= b.at then return a.at < b.at end
    return a.order < b.order
  end)
  for _, moment in ipairs(past) do self:remember(moment) end
  return self
end

-- Adds a past run.  Its objects are counted on first use.
function Jobs:remember(moment)
  local job = moment.job
  local run = self:add_run(job, "Backup", {
    id = ids.uuid(("session/%s/%d"):format(job.id, moment.at // 1)), created = moment.at,
    since = job.last_backup,
  })
  local status = moment.status
  if status == "Warning" then
    local object = run.objects[1]
    run.objects = {}
    function run.statistics() return {
      items = 0, bytes = 0, bytes_rate = 0, items_rate = 0, bottleneck = "NA",
    } end
    run.done[1] = {
      id = object.id, type = object.type, name = object.name, status = "Warning", items = 0,
      bytes = 0,
    }
    run:say("Warning", ("Mailbox of %s is busy; nothing was backed up"):format(object.name))
    run.objects[1] = object
    run.position = 1
  end
  run.now = moment.at + took
  run.finished = nil
  if moment.point then
    run:advance(1, moment.at + took)
    self.store.points:add {
      at = moment.at, job = job, organization = job.organization, repository = job.repository,
      covers = not job.entire and scope.users(job) or nil,
      also = not job.entire and scope.others(job) or nil, run = run,
    }
    job.last_backup = moment.at
  end
  if run.status == "Running" then run:finish(status or "Success") end
  job.running, job.last_run, job.last_status = nil, moment.at, run.status
end

--- Finds a job by its id, or refuses with 404.
function Jobs:get(id)
  for i, job in ipairs(self.list) do
    if job.id == core.fold(id) then return job, i end
  end
  refusal.not_found("Job", id)
end

--- Finds a copy job by its id, or refuses with 404.
function Jobs:get_copy(id)
  for i, job in ipairs(self.copies) do
    if job.id == core.fold(id) then return job, i end
  end
  refusal.not_found("CopyJob", id)
end

--- Adds a job.
---@param fields table  name, description, organization, repository, schedule, entire, selected, …
function Jobs:add(fields)
  for _, job in ipairs(self.list) do
    if core.fold(job.name) == core.fold(fields.name)
        and job.organization == fields.organization then
      refusal.raise(409, ("A job called '%s' exists already."):format(fields.name))
    end
  end
  fields.id, fields.last_status = self.uuid(), "Stopped"
  self.list[#self.list + 1] = fields
  return fields
end

--- Adds a copy job of a backup job.
---@param fields table  backup, repository, schedule, enabled
function Jobs:add_copy(fields)
  if self:copy_of(fields.backup) then
    refusal.raise(409, ("Job '%s' has a copy job already."):format(fields.backup.name))
  end
  fields.id, fields.last_status = self.uuid(), "Stopped"
  fields.organization, fields.copy = fields.backup.organization, true
  fields.name = fields.name or fields.backup.name .. " - copy"
  self.copies[#self.copies + 1] = fields
  return fields
end

--- Finds the copy job of a backup job.
function Jobs:copy_of(job)
  for _, each in ipairs(self.copies) do
    if each.backup == job then return each end
  end
end

--- Removes a job or a copy job.
function Jobs:remove(id, is_copy)
  local job, index = self[is_copy and "get_copy" or "get"](self, id)
  if job.running then
    refusal.raise(409, ("Job '%s' is running; stop it first."):format(job.name))
  end
  if not is_copy and self:copy_of(job) then
    refusal.raise(409, ("Job '%s' has a copy job; remove that first."):format(job.name))
  end
  table.remove(is_copy and self.copies or self.list, index)
end

-- Returns the result of an object of a backup.
local function backed_up(self, job, object, run)
  local out = {
    id = object.id, type = object.type, name = object.name, status = "Success", items = 0,
    bytes = 0,
  }
  local past = run.created < self.store.world.now
  if object.user and object.user.left and not past then
    out.status = "Failed"
    out.message = ("User %s was not found in organization %s"):format(object.name,
      job.organization.name)
  elseif object.user then
    local from, to = not run.full and run.since or -math.huge, run.now or run.created
    local function count(it)
      it.items, it.bytes = scope.changed(self.store, object, from, to)
    end
    if not past then
      count(out)
    else
      -- Past runs are counted on first use.
      out.items, out.bytes = nil, nil
      later.fields(out, { "items", "bytes" }, count)
    end
  end
  return out
end

local function copied(_, _, point)
  local name = point.job and point.job.name or point.organization.name
  return { id = point.id, type = "User", name = name, status = "Success", items = 1, bytes = 0 }
end

-- Lists the points that a copy job has not copied yet.
function Jobs:uncopied(job)
  local there = {}
  for _, point in ipairs(self.store.points.list) do
    if point.copy and point.copy_of and point.repository.id == job.repository.id then
      there[point.copy_of] = true
    end
  end
  return self.store.points:where(function(point)
    return point.job == job.backup and not point.copy and not point.retrieval
      and not there[point.id]
  end)
end

local function add_point(self, job, run)
  if run.status ~= "Success" and run.status ~= "Warning" then return end
  local points = self.store.points
  if job.copy then
    for i = 1, run.position do
      local source = run.objects[i]
      points:add {
        id = ids.uuid("copy/" .. job.id .. source.id), at = source.at, job = job.backup,
        organization = source.organization, seen = source.seen, covers = source.covers,
        also = source.also,
        repository = job.repository, copy = true, copy_of = source.id, run = run,
      }
    end
    job.last_backup = run.ended
  elseif #run.objects > 0 then
    local point = points:take {
      id = ids.uuid("point/" .. run.id), at = run.ended, job = job,
      organization = job.organization, repository = job.repository,
      covers = not job.entire and scope.users(job) or nil,
      also = not job.entire and scope.others(job) or nil, run = run,
    }
    run:say("Success", ("Created a restore point with %d object(s)"):format(#run.done), run.ended)
    job.last_backup = point.at
  end
end

-- Handles a failed run: sets the time of its retry, if any.
local function plan_retry(job, run)
  local plan = job.schedule or {}
  local bad = run.status == "Failed" or run.status == "Warning"
  if not bad or not plan.retryEnabled or run.retry >= (plan.retryNumber or 3) then return end
  local minutes, count = plan.retryWaitInterval or 10, run.retry + 1
  run.will_retry = true
  job.retry = { at = run.ended + minutes * 60, count = count, main = run.main }
  run:say("Warning", ("Retry %d of %d follows in %d minute(s)"):format(
    count, plan.retryNumber or 3, minutes), run.ended)
end

-- Starts a run.
function Jobs:add_run(job, kind, options)
  options.job, options.kind = job, kind
  options.connected = ("Connected to organization %s"):format(job.organization.name)
  options.objects = job.copy and self:uncopied(job) or scope.objects(job)
  local run
  function options.process(object)
    return (job.copy and copied or backed_up)(self, job, object, run)
  end
  function options.finished(it)
    add_point(self, job, it)
    job.running, job.last_status = nil, it.status
    plan_retry(job, it)
    self:copy_at_once(job, it)
  end
  run = runs.new(options)
  table.insert(self.sessions, 1, run)
  while #self.sessions > kept_runs and self.sessions[#self.sessions].status ~= "Running" do
    self.sessions[#self.sessions] = nil
  end
  job.running, job.last_status, job.last_run = run, "Running", run.created
  return run
end

-- Starts the copy jobs of the schedule "Immediate" after a run that made a restore point.
function Jobs:copy_at_once(job, run)
  local copies = not job.copy and job.last_backup == run.ended and self:copy_of(job)
  if copies and copies.enabled and not copies.running
      and (copies.schedule or {}).type == "Immediate" then
    self:add_run(copies, "Copy", { id = self.uuid(), created = run.ended })
  end
end

--- Starts a job or a copy job.
---@param job table
---@param full boolean?  backs up everything again, not only what is new
function Jobs:start(job, full)
  if job.running then
    refusal.raise(409, ("Job '%s' is running already."):format(job.name))
  end
  if not job.enabled then
    refusal.raise(409, ("Job '%s' is disabled; enable it first."):format(job.name))
  end
  job.retry = nil
  return self:add_run(job, job.copy and "Copy" or "Backup", {
    id = self.uuid(), created = self.clock(), full = full or job.last_backup == nil,
    since = job.last_backup,
  })
end

--- Stops a running job.
function Jobs:stop(job)
  if not job.running then
    refusal.raise(400, ("Job '%s' is not running."):format(job.name))
  end
  job.running:stop(self.clock())
end

--- Advances a run because a client reads the job or its session.
function Jobs:look(run)
  if run then run:look(self.clock()) end
end

-- The most missed runs of a job that are caught up with.
local most <const> = 100

-- Finds the first thing that is due: a retry, or a run by schedule.
---@param from table<table, number>  the time up to which each job's schedule was handled
---@return table? job, number? at, table? retry
local function first_due(self, from, now)
  local job, at, retry
  local function consider(each, moment, again)
    if moment and moment <= now and (not at or moment < at) then
      job, at, retry = each, moment, again
    end
  end
  for _, list in ipairs { self.list, self.copies } do
    for _, each in ipairs(list) do
      if each.enabled and not each.running then
        if each.retry then consider(each, each.retry.at, each.retry) end
        if self.store.scheduled then
          local seen = math.max(from[each] or self.seen,
            now - most * schedules.period(each.schedule or {}))
          consider(each, schedules.next(each, seen, self.store.zone))
        end
      end
    end
  end
  return job, at, retry
end

--- Advances to the current time: runs proceed and end, failed runs are retried, and schedules start
--- jobs, all in the order in which they were due.
function Jobs:tick()
  local now, from = self.clock(), {}
  for _, list in ipairs { self.list, self.copies } do
    for _, job in ipairs(list) do
      if job.running then job.running:tick(now) end
    end
  end
  repeat
    local job, at, retry = first_due(self, from, now)
    if job then
      job.retry, from[job] = nil, math.max(at, from[job] or self.seen)
      self:add_run(job, job.copy and "Copy" or "Backup", {
        id = self.uuid(), created = at, since = job.last_backup, full = job.last_backup == nil,
        retry = retry and retry.count, main = retry and retry.main,
        why = retry and ("Retry %d of %d"):format(retry.count, job.schedule.retryNumber or 3)
          or "Started by schedule",
      }):tick(now)
    end
  until not job
  self.seen = now
end

--- Finds a job session by its id, or refuses with 404.
function Jobs:session(id)
  for _, session in ipairs(self.sessions) do
    if session.id == core.fold(id) then return session end
  end
  refusal.not_found("JobSession", id)
end

--- Lists the sessions of a job, newest first.
function Jobs:sessions_of(job)
  local out = {}
  for _, session in ipairs(self.sessions) do
    if not job or session.job == job then out[#out + 1] = session end
  end
  return out
end

return M
