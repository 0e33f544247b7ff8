-- Kills its own program at a boundary of a step, as a power cut would: LUA_INIT loads it before the
-- runbook.  CRASH_AT names the boundary and how often it is reached before: "intent:2".

local boundary = require "vbo.run.boundary"

local name, nth = (os.getenv "CRASH_AT" or ""):match "^([%w-]+):(%d+)$"
local left = math.tointeger(tonumber(nth))

function boundary.at(reached)
  if reached ~= name then return end
  left = left - 1
  -- The parent of the shell is this program.
  if left == 0 then os.execute "kill -KILL $PPID" end
end
