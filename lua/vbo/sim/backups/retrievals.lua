--- Keeps the data retrievals: data that is brought back from an archive to be explored for some
--- days.

local core = require "vbo.core"
local ids = require "vbo.sim.base.ids"
local refusal = require "vbo.sim.base.refusal"

local M = {}

local Retrievals = {}
Retrievals.__index = Retrievals

-- The reads or seconds that a retrieval takes, whichever is first; the real server takes hours.
local looks, seconds = 3, 2
local day = 86400
-- The most finished sessions that are kept.
local kept_sessions = 1000

---@param store table
function M.new(store)
  return setmetatable({ store = store, list = {}, sessions = {} }, Retrievals)
end

local function say(session, kind, text, at)
  local n = #session.log + 1
  session.log[n] = {
    id = ids.uuid(session.id .. "/log/" .. n), usn = n, type = kind, text = text, at = at,
  }
end

-- Starts a session of a retrieval.
function Retrievals:session_of(it, kind, text)
  local session = {
    id = self.store.uuid(), retrieval = it, kind = kind, created = self.store.clock(), looks = 0,
    status = "Running", progress = 0, objects = 0, log = {}, name = it.name,
  }
  say(session, "Success", text, session.created)
  table.insert(self.sessions, 1, session)
  while #self.sessions > kept_sessions and self.sessions[#self.sessions].status ~= "Running" do
    self.sessions[#self.sessions] = nil
  end
  it.session = session
  return session
end

--- Starts a retrieval.
---@param it table  name, description, organization, repository, point, at, days, kind, chosen, …
function Retrievals:add(it)
  it.id, it.started, it.state = self.store.uuid(), self.store.clock(), "Retrieving"
  it.status = "Running"
  self.list[#self.list + 1] = it
  self:session_of(it, "Retrieve", ("Retrieving %d object(s)"):format(#it.chosen))
  return it
end

--- Finds a retrieval by its id, or refuses with 404.
function Retrievals:get(id)
  for i, it in ipairs(self.list) do
    if it.id == core.fold(id) then return it, i end
  end
  refusal.not_found("DataRetrieval", id)
end

--- Finds a session by its id, or refuses with 404.
function Retrievals:session(id)
  for _, session in ipairs(self.sessions) do
    if session.id == core.fold(id) then return session end
  end
  refusal.not_found("DataRetrievalSession", id)
end

local function finish(self, session, at)
  local it = session.retrieval
  session.status, session.progress, session.ended = "Success", 100, at
  session.objects = #it.chosen
  it.session, it.state, it.status = nil, "Retrieved", "Success"
  if session.kind == "Retrieve" then
    it.retrieved = at
    it.restored = self.store.points:add {
      id = ids.uuid("point/" .. it.id), at = it.point.at, job = it.point.job,
      organization = it.organization, seen = it.point.seen, covers = it.covers,
      repository = it.repository, retrieval = it,
    }
    say(session, "Success", "Data was retrieved", at)
  else
    say(session, "Success", "Availability period was changed", at)
  end
  it.expires = it.retrieved + it.days * day
end

-- Advances a session.
local function advance(self, session, share, at)
  if session.status ~= "Running" then return end
  session.progress = math.max(session.progress, math.min(99, share * 100 // 1 | 0))
  session.objects = math.floor(#session.retrieval.chosen * math.min(1, share))
  if share >= 1 then finish(self, session, at) end
end

--- Advances a session because a client reads it.
function Retrievals:look(session)
  if not session or session.status ~= "Running" then return end
  session.looks = session.looks + 1
  advance(self, session, session.looks / looks, self.store.clock())
end

--- Changes the days that the data stays.
function Retrievals:extend(it, days)
  if it.state ~= "Retrieved" then
    refusal.raise(409, ("Data retrieval '%s' is busy: %s."):format(it.name, it.state))
  end
  it.days, it.state, it.status = days, "ChangingAvailabilityPeriod", "Running"
  self:session_of(it, "RetrievalChangeAvailabilityPeriodDays",
    ("Changing the availability period to %d day(s)"):format(days))
end

--- Removes a retrieval and its data.
function Retrievals:remove(id, at)
  local it, index = self:get(id)
  at = at or self.store.clock()
  if it.session then
    it.session.status, it.session.ended = "Stopped", at
    say(it.session, "Stop", "Stopped", at)
  end
  local session = self:session_of(it, "RetrievalRemoving", "Removing retrieved data")
  session.created, session.log[1].at = at, at
  session.status, session.progress, session.ended = "Success", 100, at
  session.objects = #it.chosen
  say(session, "Success", "Retrieved data was removed", at)
  if it.restored then self.store.points:remove(it.restored) end
  table.remove(self.list, index)
end

--- Advances to the current time: retrievals end, and expired data is removed.
function Retrievals:tick()
  local now = self.store.clock()
  for i = #self.list, 1, -1 do
    local it = self.list[i]
    if it.session then
      local ends = it.session.created + seconds
      advance(self, it.session, (now - it.session.created) / seconds, math.min(now, ends))
    end
    if it.expires and not it.session and now >= it.expires then self:remove(it.id, it.expires) end
  end
end

return M
