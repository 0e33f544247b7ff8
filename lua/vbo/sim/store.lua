--- Holds the state of a rehearsal server except its tokens: the world, production, restore
--- sessions, jobs, job sessions, restore points and data retrievals.

local core = require "vbo.core"
local exports = require "vbo.sim.state.exports"
local ids = require "vbo.sim.base.ids"
local jobs = require "vbo.sim.jobs.list"
local points = require "vbo.sim.backups.points"
local organizations = require "vbo.sim.organizations.list"
local production = require "vbo.sim.production"
local retrievals = require "vbo.sim.backups.retrievals"
local roles = require "vbo.sim.roles.list"
local sessions = require "vbo.sim.sessions.session"

local M = {}

local Store = {}
Store.__index = Store

-- The most stopped restore sessions that are kept, and the most events of them together.
local kept_sessions, kept_events = 1000, 20000

--- Returns the state of a world at its start.
---@param options { world: table, clock: (fun(): number), uuid: (fun(): string), idle: number?,
---  zone: integer?, scheduled: boolean?, kept: number? }
---  idle: seconds until an unused restore session stops, default 900; zone: the server's, in
---  seconds east of UTC; scheduled: false where schedules start no jobs; kept: seconds after its
---  end until a restore session is forgotten, default never
---@return table
function M.new(options)
  local self = setmetatable({
    world = options.world, clock = options.clock, uuid = options.uuid,
    -- The API documents no time; the explorers of the console close after 15 minutes.
    idle = options.idle or 900, kept = options.kept,
    zone = options.zone or 0, scheduled = options.scheduled ~= false,
  }, Store)
  self:reset()
  return self
end

--- Resets to the start: production as it was, no sessions, the world's jobs.
function Store:reset()
  self.production = production.new(self.world, self.clock)
  self.organizations = organizations.new(self.world)
  self:forget_sessions()
  self.points = points.new(self)
  self.jobs = jobs.new(self)
  self.retrievals = retrievals.new(self)
  self.roles, self.syncs, self.device_codes = roles.new(self), {}, {}
  self.configuration = {}
  self.exports = exports.new()
end

--- Forgets all restore sessions, as a restart of the service does.
function Store:forget_sessions()
  self.sessions, self.session_by_id, self.opened = {}, {}, 0
  self.working, self.ended, self.ended_events = {}, {}, 0
end

--- Opens a restore session.
---@param options { type: string, organization: table, view: table, at: number?, offset: integer?,
---  by: string }
---@return table
function Store:open(options)
  options.id, options.clock, options.uuid = self.uuid(), self.clock, self.uuid
  self.opened = self.opened + 1
  options.number, options.idle = self.opened, self.idle
  local session = sessions.new(options)
  table.insert(self.sessions, 1, session)
  self.session_by_id[session.id] = session
  self.working[#self.working + 1] = session
  return session
end

---@param id string
---@return table?
function Store:session(id) return self.session_by_id[core.fold(id)] end

local function remove(list, value)
  for i = #list, 1, -1 do
    if list[i] == value then return table.remove(list, i) end
  end
end

-- Forgets a session that has ended.
local function forget(self, session)
  self.session_by_id[session.id] = nil
  remove(self.sessions, session)
  remove(self.ended, session)
  self.ended_events = self.ended_events - #session.events
end

-- Moves stopped sessions to those that ended.
local function retire(self)
  local working = {}
  for _, session in ipairs(self.working) do
    if session.state == "Stopped" then
      self.ended[#self.ended + 1] = session
      self.ended_events = self.ended_events + #session.events
    else
      working[#working + 1] = session
    end
  end
  self.working = working
end

-- Returns the session that ended first, where it is one too many or ended too long ago.
local function surplus(self)
  local oldest = self.ended[1]
  if oldest and (#self.ended > kept_sessions
      or self.ended_events > kept_events and #self.ended > 1
      or self.kept and self.clock() - oldest.ended >= self.kept) then
    return oldest
  end
end

--- Forgets the restore session with an id, working or not; without an id all that have ended.
---@param id string?
---@return boolean  false: there is no such session
function Store:forget_session(id)
  local session = id and self:session(id)
  if id and not session then return false end
  if session then session:stop() end
  retire(self)
  for _, each in ipairs(session and { session } or table.move(self.ended, 1, #self.ended, 1, {})) do
    forget(self, each)
  end
  return true
end

--- Advances running restores, jobs and retrievals to the current time; called before every request.
function Store:tick()
  local ended = false
  for _, session in ipairs(self.working) do
    session:tick()
    ended = ended or session.state == "Stopped"
  end
  if ended then retire(self) end
  while surplus(self) do forget(self, surplus(self)) end
  self.jobs:tick()
  self.retrievals:tick()
end

--- Finds an organization by its id.
---@param id string
---@return table?
function Store:organization(id)
  return self.organizations:find(id)
end

--- Renames an organization, in what was backed up and changed, too.
---@param organization table
---@param name string
function Store:rename(organization, name)
  local old = organization.name
  self.organizations:rename(organization, name)
  for _, change in ipairs(self.production.changes) do
    if change.organization == old then change.organization = name end
  end
  for _, point in ipairs(self.points.list) do
    if point.organization == organization then point.seen.name = name end
  end
end

--- Returns a generator of random version 4 UUIDs.
---@param bytes fun(count: integer): string
---@return fun(): string
function M.uuids(bytes)
  return function() return ids.format_uuid(bytes(16)) end
end

return M
