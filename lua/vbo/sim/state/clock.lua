--- Tells the time of a rehearsal server: the machine's, but never before its world's present.
---
--- A world has dates of its own.  On a machine whose clock is behind them a backup made now would
--- be older than those of the world, and exploring "now" would show nothing.

local M = {}

--- Returns a clock for a world: seconds since 1970, UTC.
---@param world { now: number }
---@param wall (fun(): number)?  default os.time
---@return fun(): number
function M.of(world, wall)
  wall = wall or os.time
  local ahead = math.max(0, (world.now or 0) - wall())
  return function() return wall() + ahead end
end

--- Reads a time zone.
---@param text string  "+01:00"
---@return integer?  seconds east of UTC; nil where the text is not a time zone
function M.zone(text)
  local sign, hours, minutes = text:match "^([+-])(%d%d):(%d%d)$"
  if not sign or tonumber(hours) > 14 or tonumber(minutes) > 59 then return nil end
  return (tonumber(hours) * 3600 + tonumber(minutes) * 60) * (sign == "-" and -1 or 1) | 0
end

return M
