--- Computes when the things of one owner came and went.  They came in the order of their numbers,
--- and the oldest hundredth was deleted in the weeks of the restore points; so a point in time
--- shows a range of numbers.

local numbers = require "vbo.sim.world.numbers"

local M = {}

local Timeline = {}
Timeline.__index = Timeline

--- Returns a timeline.
---@param options { key: integer, count: integer, first: integer, start: integer, now: integer,
---  points: integer[] }  first: the number of its first thing in the whole world;
---  start: the earliest time of the oldest
---@return table
function M.new(options)
  local self = setmetatable(options, Timeline)
  self.span, self.going = options.now - options.start, options.count // 100
  self.step = math.max(1, self.count > 0 and self.span // self.count or 1)
  return self
end

--- Returns when the j-th (0 …) came.
function Timeline:came(j)
  return self.start + j * self.span // self.count
    + (numbers.hash(self.key, self.first + j) >> 1) % self.step
end

--- Returns when the j-th was deleted; nil: it still exists.
function Timeline:went(j)
  if j >= self.going then return nil end
  local points = self.points
  local from = points[1] + 3600
  return from + j * (points[#points] - from) // self.going
end

-- Finds the smallest j of 0 … count with at(j) > time; `at` is ascending.
local function after(count, time, at)
  local low, high = 0, count
  while low < high do
    local middle = (low + high) // 2
    if at(middle) > time then high = middle else low = middle + 1 end
  end
  return low
end

--- Returns the range that exists at a time.
---@param time number
---@param deleted boolean?  includes deleted things
---@return integer from, integer to  numbers from … to - 1
function Timeline:range(time, deleted)
  local to = after(self.count, time, function(j) return self:came(j) end)
  if deleted then return 0, to end
  return math.min(to, after(self.going, time, function(j) return self:went(j) end)), to
end

return M
