--- Locks what only one task may do at a time.

local engines = require "vbo.runtime.engine"
local errors = require "vbo.base.error"
local loop = require "vbo.runtime.loop"

local M = {}

-- Name → the event that is signalled when it is free again.
local held = {}

--- Waits until no other task holds `name`, and holds it: `local lock <close> = lock.hold(name)`.
--- Raises `cancelled` when the waiting is.
---@param name any
---@return table held  with `<close>`
function M.hold(name)
  local function free() return held[name] == nil end
  while not free() do
    local ok, err = loop.await(engines.get(), { event = held[name], over = free })
    if not ok then errors.raise(err) end
  end
  local event = loop.event()
  held[name] = event
  return setmetatable({}, { __close = function()
    held[name] = nil
    event:signal()
  end })
end

return M
