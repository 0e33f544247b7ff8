--- Backup jobs and their sessions.

local ids = require "vbo.sim.ids"
local refusal = require "vbo.sim.refusal"

local M = {}

local Jobs = {}
Jobs.__index = Jobs

-- A job runs for so many looks or seconds, whichever is first.
local looks, seconds = 3, 2

local function copy(value)
  if type(value) ~= "table" then return value end
  local out = setmetatable({}, getmetatable(value))
  for key, each in pairs(value) do out[key] = copy(each) end
  return out
end

--- An item of a described job as the API takes it.
local function described_item(job, spec, kind)
  local user = job.organization.by_email[spec.user]
  local item = { type = "User", user = user }
  for key, value in pairs(spec) do
    if key ~= "user" then item[key] = value end
  end
  item.id = ids.uuid(job.id .. kind .. spec.user)
  return item
end

--- The jobs of a world.
---@param world table
---@param clock fun(): number
---@param uuid fun(): string
---@return table
function M.new(world, clock, uuid)
  local self = setmetatable({ list = {}, sessions = {}, clock = clock, uuid = uuid }, Jobs)
  for _, each in ipairs(world.jobs) do
    local job = {
      id = each.id, name = each.name, description = each.description, enabled = each.enabled,
      organization = each.organization, repository = each.repository,
      schedule = copy(each.schedule), last_run = each.last_run, last_status = each.last_status,
      entire = each.selected == nil, selected = {}, excluded = {},
    }
    for _, kind in ipairs { "selected", "excluded" } do
      for i, item in ipairs(each[kind] or {}) do job[kind][i] = described_item(job, item, kind) end
    end
    self.list[#self.list + 1] = job
    self:add_session(job, {
      id = ids.uuid("session/" .. job.id), created = job.last_run, ended = job.last_run + 1300,
      status = job.last_status, progress = 100,
    })
  end
  return self
end

--- A job by its id, or a 404.
function Jobs:get(id)
  for i, job in ipairs(self.list) do
    if job.id == id:lower() then return job, i end
  end
  refusal.not_found("Job", id)
end

--- Adds a job.
---@param fields table  name, description, organization, repository, schedule, entire, selected, …
function Jobs:add(fields)
  for _, job in ipairs(self.list) do
    if job.name:lower() == fields.name:lower() and job.organization == fields.organization then
      refusal.raise(409, ("A job called '%s' exists already."):format(fields.name))
    end
  end
  fields.id, fields.last_status = self.uuid(), "Stopped"
  self.list[#self.list + 1] = fields
  return fields
end

function Jobs:remove(id)
  local job, index = self:get(id)
  if job.running then
    refusal.raise(409, ("Job '%s' is running; stop it first."):format(job.name))
  end
  table.remove(self.list, index)
end

function Jobs:add_session(job, session)
  session.job, session.log = job, session.log or {}
  session.log[1] = { id = self.uuid(), usn = 1, type = "Success", at = session.created,
    text = ("Connected to organization %s"):format(job.organization.name) }
  table.insert(self.sessions, 1, session)
  return session
end

--- Starts a job.
function Jobs:start(job, full)
  if job.running then
    refusal.raise(409, ("Job '%s' is running already."):format(job.name))
  end
  local session = self:add_session(job, {
    id = self.uuid(), created = self.clock(), status = "Running", progress = 0, looks = 0,
    full = full or false,
  })
  job.running, job.last_status, job.last_run = session, "Running", session.created
  return session
end

local function finish(self, session, status)
  session.status, session.ended = status, self.clock()
  session.log[#session.log + 1] = {
    id = self.uuid(), usn = #session.log + 1, type = status == "Stopped" and "Stop" or "Success",
    at = session.ended, text = status == "Stopped" and "Stopped by user" or "Job finished",
  }
  if status ~= "Stopped" then session.progress = 100 end
  session.job.running, session.job.last_status = nil, status
end

--- Stops a running job.
function Jobs:stop(job)
  if not job.running then
    refusal.raise(400, ("Job '%s' is not running."):format(job.name))
  end
  finish(self, job.running, "Stopped")
end

--- Somebody looked at a job or its session.
function Jobs:look(session)
  if not session or session.status ~= "Running" then return end
  session.looks = session.looks + 1
  session.progress = math.min(99, session.looks * 100 // looks)
  if session.looks >= looks then finish(self, session, "Success") end
end

--- Time has passed.
function Jobs:tick()
  for _, session in ipairs(self.sessions) do
    if session.status == "Running" and self.clock() - session.created >= seconds then
      finish(self, session, "Success")
    end
  end
end

--- A job session by its id, or a 404.
function Jobs:session(id)
  for _, session in ipairs(self.sessions) do
    if session.id == id:lower() then return session end
  end
  refusal.not_found("JobSession", id)
end

--- The sessions of a job, newest first.
function Jobs:sessions_of(job)
  local out = {}
  for _, session in ipairs(self.sessions) do
    if not job or session.job == job then out[#out + 1] = session end
  end
  return out
end

return M
