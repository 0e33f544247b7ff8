--- Restore sessions: one view of a backup, what was done in it, and its events.

local work = require "vbo.sim.sessions.work"

local M = {}

local Session = {}
Session.__index = Session

local ranks = { Success = 0, Warning = 1, Failed = 2 }

--- A session.
---@param options { id: string, type: string, organization: table, view: table, at: number?,
---  offset: integer?, by: string, idle: number, clock: (fun(): number), uuid: (fun(): string) }
---  idle: seconds after which a session that nobody asks for ends by itself; 0: never
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

--- Starts restoring; see `work.new`.
function Session:begin(options)
  local new = work.new(self, options)
  self.works[#self.works + 1] = new
  if new:is_done() then new:finish() end
  return new
end

--- Somebody uses the session: it lives on.
function Session:touch() self.touched = self.clock() end

--- Somebody looked: running restores get on.
function Session:look()
  self:touch()
  for _, each in ipairs(self.works) do
    if not each:is_done() then return each:look() end
  end
end

--- Time has passed: restores get on, and a session that was left alone for too long ends.
function Session:tick()
  local busy = false
  for _, each in ipairs(self.works) do
    each:tick()
    busy = busy or not each:is_done()
  end
  if self.state ~= "Working" or busy or self.idle <= 0 then return end
  -- What a restore takes is no idling: its end counts as use.
  for _, each in ipairs(self.works) do
    self.touched = math.max(self.touched, each.event.ended or 0)
  end
  if self.clock() - self.touched >= self.idle then
    self:stop()
    self.ended, self.expired = self.touched + self.idle, true
  end
end

--- Ends the session; what is not restored by then stays undone.
function Session:stop()
  if self.state == "Stopped" then return end
  for _, each in ipairs(self.works) do each:cancel() end
  self.state, self.ended = "Stopped", self.clock()
end

--- The sums of all restores of this session.
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
