--- How fast something grows, smoothed.
---
--- The clock is told, not asked.  One that jumps back or far ahead (the process was stopped, the
--- machine slept) says nothing about the rate: measuring goes on from there.

local M = {}

-- Seconds: the shortest time that is measured over, the longest, and how long the rate takes to
-- follow a change.
local shortest <const>, longest <const>, smoothing <const> = 0.1, 10, 3

---@class vbo.progress.Gauge
---@field rate number?  a second; nil until there is one
local Gauge = {}
Gauge.__index = Gauge

---@return vbo.progress.Gauge
function M.new() return setmetatable({}, Gauge) end

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

return M
