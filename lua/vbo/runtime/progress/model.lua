--- Models transfers under way and their totals.  Pure: no clock, no terminal.
---
--- Transfers that follow one another within two seconds are one batch: its totals are what the
--- line below the bars shows.

local M = {}

-- ------------------------------------------------------------------------- rates

-- Seconds: the shortest time that is measured over, the longest, and how long the rate takes to
-- follow a change.
local shortest <const>, longest <const>, smoothing <const> = 0.1, 10, 3

---@class vbo.progress.Gauge
---@field rate number?  a second; nil until there is one
local Gauge = {}
Gauge.__index = Gauge

--- Makes a gauge: measures how fast something grows, smoothed.  The caller passes the time; a clock
--- that jumps back or far ahead (the process was stopped, the machine slept) says nothing about the
--- rate, and measuring goes on from there.
---@return vbo.progress.Gauge
function M.gauge() return setmetatable({}, Gauge) end

--- Begins again from an amount.
---@param amount number
---@param now number
function Gauge:restart(amount, now)
  self.rate, self._amount, self._at = nil, amount, now
end

--- Tells how much there is now.  Less than before begins again.
---@param amount number
---@param now number
function Gauge:measure(amount, now)
  if not self._at or amount < self._amount then return self:restart(amount, now) end
  local passed = now - self._at
  if passed >= 0 and passed < shortest then return end
  if passed >= shortest and passed <= longest then
    local rate = (amount - self._amount) / passed
    self.rate = self.rate and self.rate + (rate - self.rate) * passed / (passed + smoothing) or rate
  end
  self._amount, self._at = amount, now
end

-- --------------------------------------------------------------------- transfers

-- Seconds without any transfer after which the next one begins a batch of its own.
local batch_gap <const> = 2

---@class vbo.progress.Transfer
---@field id integer
---@field name string
---@field began number      the clock's time
---@field phase string      of `vbo.Transfer:progress()`
---@field received integer  bytes of this attempt
---@field expected integer?
---@field elapsed number    seconds
---@field waited number     seconds for the answer's first byte, of this attempt
---@field attempts integer
---@field pause number?     seconds that it still waits before it is sent, as its server asked for
---@field rate number?      bytes a second, smoothed; the mean once it is over
---@field state "live"|"done"|"failed"
---@field error any         of a failed one
---@field eager boolean?    is shown from its first moment

---@class vbo.progress.Model
---@field live vbo.progress.Transfer[]  in the order of their beginning
---@field began number?    when the batch began
---@field done integer     of the batch
---@field failed integer
---@field plan vbo.progress.Plan?  work that is known to have so many parts
---@field ever { done: integer, failed: integer, received: integer }
local Model = {}
Model.__index = Model

---@return vbo.progress.Model
function M.new()
  return setmetatable({
    live = {}, done = 0, failed = 0, saved = 0, moved = 0, last_id = 0,
    gauge = M.gauge(), ever = { done = 0, failed = 0, received = 0 },
  }, Model)
end

local function new_batch(self, now)
  self.began, self.done, self.failed, self.saved, self.moved = now, 0, 0, 0, 0
  self.gauge:restart(0, now)
end

local function is_over(self, now)
  if not self.began then return true end
  if #self.live > 0 or self.plan then return false end
  return math.abs(now - self.ended) > batch_gap
end

---@class vbo.progress.Plan
---@field count integer
---@field done integer

--- Begins work of so many parts, whatever each of them transfers.  While it lasts there is one
--- batch.  A plan within a plan adds to it.
---@param count integer
---@param now number
---@return vbo.progress.Plan
function Model:open_plan(count, now)
  if is_over(self, now) then new_batch(self, now) end
  local plan = self.plan
  if plan then
    plan.count, plan.open = plan.count + count, plan.open + 1
  else
    plan = { count = count, done = 0, open = 1, gauge = M.gauge() }
    plan.gauge:restart(0, now)
    self.plan = plan
  end
  return plan
end

--- Ends one part of it.
---@param plan vbo.progress.Plan
---@param now number
function M.step(plan, now)
  plan.done = plan.done + 1
  plan.gauge:measure(plan.done, now)
end

--- Ends it, whether or not all of its parts have ended.
---@param plan vbo.progress.Plan
---@param now number
function Model:close_plan(plan, now)
  plan.open = plan.open - 1
  if plan.open == 0 and self.plan == plan then self.plan = nil end
  self.ended = now
end

--- Begins a transfer.
---@param name string
---@param now number
---@return vbo.progress.Transfer
function Model:begin(name, now)
  if is_over(self, now) then new_batch(self, now) end
  self.last_id = self.last_id + 1
  local transfer = {
    id = self.last_id, name = name, began = now, phase = "queued", received = 0, elapsed = 0,
    waited = 0, attempts = 0, state = "live", gauge = M.gauge(),
  }
  self.live[#self.live + 1] = transfer
  return transfer
end

--- Notes how far it is.
---@param transfer vbo.progress.Transfer
---@param progress table  as `vbo.Transfer:progress()`
---@param now number
function Model:update(transfer, progress, now)
  local again = progress.attempts ~= transfer.attempts or progress.received < transfer.received
  self.moved = self.moved + progress.received - (again and 0 or transfer.received)
  transfer.phase, transfer.received, transfer.expected =
    progress.phase, progress.received, progress.expected
  transfer.elapsed, transfer.waited, transfer.attempts =
    progress.elapsed, progress.waited, progress.attempts
  transfer.pause = progress.pause
  if progress.phase ~= "receiving" then
    if transfer.gauge.rate then transfer.gauge = M.gauge() end
  elseif again then
    -- The rate of another connection says nothing about this one.
    transfer.gauge:restart(progress.received, now)
  else
    transfer.gauge:measure(progress.received, now)
  end
  transfer.rate = transfer.gauge.rate
end

--- Updates the rate of all together, before it is shown.
---@param now number
function Model:measure(now) self.gauge:measure(self.moved, now) end

--- Ends it, well or not.
---@param transfer vbo.progress.Transfer
---@param state "done"|"failed"
---@param err any  why it failed
---@param now number
function Model:finish(transfer, state, err, now)
  for i, each in ipairs(self.live) do
    if each == transfer then
      table.remove(self.live, i)
      break
    end
  end
  transfer.state, transfer.error = state, err
  local moving = transfer.elapsed - transfer.waited
  transfer.rate = moving > 0 and transfer.received / moving or nil
  self[state] = self[state] + 1
  self.ever[state] = self.ever[state] + 1
  if state == "done" then
    self.saved = self.saved + transfer.received
    self.ever.received = self.ever.received + transfer.received
  end
  self.ended = now
end

--- Returns how long one still takes at its rate.
---@param transfer vbo.progress.Transfer
---@return number? seconds
function M.left(transfer)
  local rate, expected = transfer.rate, transfer.expected
  if transfer.state ~= "live" or not rate or rate < 1 or not expected then return nil end
  return math.max(expected - transfer.received, 0) / rate
end

---@class vbo.progress.Totals
---@field count integer     of the batch so far
---@field plan vbo.progress.Plan?
---@field live integer
---@field done integer
---@field failed integer
---@field preparing integer
---@field receiving integer
---@field waiting integer   neither: connecting, or before another attempt
---@field received integer  bytes of what is done and what is under way
---@field expected integer? nil unless all say so
---@field rate number?
---@field left number?      seconds

--- Adds up the batch, or the given transfers of it.
---@param list vbo.progress.Transfer[]?
---@return vbo.progress.Totals
function Model:totals(list)
  local of = list or self.live
  local totals = {
    count = self.done + self.failed + #self.live, live = #of, plan = self.plan,
    done = self.done, failed = self.failed, preparing = 0, receiving = 0, waiting = 0,
    received = list and 0 or self.saved, expected = list and 0 or self.saved,
    rate = self.gauge.rate,
  }
  for _, transfer in ipairs(of) do
    local phase = transfer.phase
    local kind = (phase == "preparing" or phase == "receiving") and phase or "waiting"
    totals[kind] = totals[kind] + 1
    totals.received = totals.received + transfer.received
    if transfer.expected and totals.expected then
      totals.expected = totals.expected + math.max(transfer.expected, transfer.received)
    else
      totals.expected = nil
    end
  end
  local plan = self.plan
  if plan then
    -- The size of what has not begun is unknown: its parts are counted.
    totals.expected = nil
    local rate = plan.gauge.rate
    totals.left = rate and rate > 0 and math.max(plan.count - plan.done, 0) / rate or nil
  elseif totals.live == 0 then
    totals.expected = nil -- it is what there is
  elseif totals.expected and totals.rate and totals.rate >= 1 then
    totals.left = (totals.expected - totals.received) / totals.rate
  end
  return totals
end

return M
