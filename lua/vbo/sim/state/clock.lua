--- The time of a rehearsal server: the machine's, but never before its world's present.
---
--- A world is written down with dates of its own; were its server to live before them, a backup
--- made now would lie behind those of the world, and an explored "now" would show nothing.

local M = {}

--- A clock for a world: seconds since 1970, UTC.
---@param world { now: number }
---@param wall (fun(): number)?  os.time
---@return fun(): number
function M.of(world, wall)
  wall = wall or os.time
  local ahead = math.max(0, (world.now or 0) - wall())
  return function() return wall() + ahead end
end

return M
