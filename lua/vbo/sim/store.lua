--- All state of a rehearsal server but its tokens: the world, production, restore sessions, jobs,
--- job sessions, restore points and data retrievals.

local ids = require "vbo.sim.ids"
local jobs = require "vbo.sim.jobs"
local points = require "vbo.sim.points"
local organizations = require "vbo.sim.organizations"
local production = require "vbo.sim.production"
local retrievals = require "vbo.sim.retrievals"
local roles = require "vbo.sim.roles"
local sessions = require "vbo.sim.session"

local M = {}

local Store = {}
Store.__index = Store

--- The state of a world at its start.
---@param options { world: table, clock: (fun(): number), uuid: (fun(): string), idle: number? }
---  idle: seconds after which a restore session that nobody uses stops (900)
---@return table
function M.new(options)
  local self = setmetatable({
    world = options.world, clock = options.clock, uuid = options.uuid,
    -- The API's own time is not documented; the explorers of the console close after 15 minutes.
    idle = options.idle or 900,
  }, Store)
  self:reset()
  return self
end

--- Back to the start: production as it was, no sessions, the world's jobs.
function Store:reset()
  self.production = production.new(self.world, self.clock)
  self.organizations = organizations.new(self.world)
  self.sessions, self.session_by_id = {}, {}
  self.points = points.new(self)
  self.jobs = jobs.new(self)
  self.retrievals = retrievals.new(self)
  self.roles, self.syncs = roles.new(self), {}
end

--- Opens a restore session.
---@param options { type: string, organization: table, view: table, at: number?, offset: integer?,
---  by: string }
---@return table
function Store:open(options)
  options.id, options.clock, options.uuid = self.uuid(), self.clock, self.uuid
  options.number, options.idle = #self.sessions + 1, self.idle
  local session = sessions.new(options)
  table.insert(self.sessions, 1, session)
  self.session_by_id[session.id] = session
  return session
end

---@param id string
---@return table?
function Store:session(id) return self.session_by_id[id:lower()] end

--- Lets what is under way get on as time passes; called before every request.
function Store:tick()
  for _, session in ipairs(self.sessions) do session:tick() end
  self.jobs:tick()
  self.retrievals:tick()
end

--- An organization by its id.
---@param id string
---@return table?
function Store:organization(id)
  return self.organizations:find(id)
end

--- Random version 4 UUIDs.
---@param bytes fun(count: integer): string
---@return fun(): string
function M.uuids(bytes)
  return function() return ids.format_uuid(bytes(16)) end
end

return M
