--- Keeps a restore session: its view of a backup, its restores and its events.

local work = require "vbo.sim.sessions.work"

local M = {}

local Session = {}
Session.__index = Session

local ranks = { Success = 0, Warning = 1, Failed = 2 }

--- Returns a session.
---@param options { id: string, type: string, organization: table, view: table, at: number?,
---  offset: integer?, by: string, idle: number, clock: (fun(): number), uuid: (fun(): string) }
---  idle: seconds until an unused session stops; 0: never
---@return table
function M.new(options)
  local self = setmetatable(options, Session)
  self.created = self.clock()
  self.touched = self.created
  self.state, self.result = "Working", "Success"
  self.events, self.works = {}, {}
  return self
end

--- Adds an event.
---@param event { type: string, status: string, title: string, message: string, done: boolean?,
---  item: table?, target: string? }
---@return table event
function Session:event(event)
  event.id = self.uuid()
  event.order = #self.events + 1
  event.started = self.clock()
  if event.done then event.ended = event.started end
  self.events[event.order] = event
  return event
end

function Session:worsen(result)
  if ranks[result] > ranks[self.result] then self.result = result end
end

--- Starts a restore; see `work.new`.
function Session:begin(options)
  local new = work.new(self, options)
  self.works[#self.works + 1] = new
  if new:is_done() then new:finish() end
  return new
end

--- Notes that a client uses the session.
function Session:touch() self.touched = self.clock() end

--- Advances running restores because a client reads the session.
function Session:look()
  self:touch()
  for _, each in ipairs(self.works) do
    if not each:is_done() then return each:look() end
  end
end

--- Advances to the current time: restores proceed, and an unused session stops.
function Session:tick()
  local busy = false
  for _, each in ipairs(self.works) do
    each:tick()
    busy = busy or not each:is_done()
  end
  if self.state ~= "Working" or busy or self.idle <= 0 then return end
  -- A running restore counts as use until its end.
  for _, each in ipairs(self.works) do
    self.touched = math.max(self.touched, each.event.ended or 0)
  end
  if self.clock() - self.touched >= self.idle then
    self:stop()
    self.ended, self.expired = self.touched + self.idle, true
  end
end

--- Stops the session and cancels its running restores.
function Session:stop()
  if self.state == "Stopped" then return end
  for _, each in ipairs(self.works) do each:cancel() end
  self.state, self.ended = "Stopped", self.clock()
end

--- Sums up all restores of the session.
function Session:statistics()
  local sums = { total = 0, restored = 0, failed = 0, skipped = 0, warnings = {}, errors = {},
    outcomes = {} }
  for _, each in ipairs(self.works) do
    local counts = each.counts
    sums.total = sums.total + counts.total
    sums.restored = sums.restored + each:restored()
    sums.failed = sums.failed + counts.failed
    sums.skipped = sums.skipped + counts.skipped + counts.unchanged
    for _, name in ipairs { "warnings", "errors", "outcomes" } do
      for _, value in ipairs(each[name]) do sums[name][#sums[name] + 1] = value end
    end
  end
  return sums
end

return M
