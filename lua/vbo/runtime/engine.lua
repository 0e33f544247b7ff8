--- Holds the engine that carries the transfers of all clients of a Lua state.

local core = require "vbo.core"
local errors = require "vbo.base.error"

local M = {}

local engine, keeper -- luacheck: ignore keeper (held for its finalizer)

--- Returns the engine; makes it on first use.
---@return vbo.Engine
function M.get()
  if not engine then
    local err
    engine, err = core.engine()
    if not engine then errors.raise(err) end
    -- Finalizers run in the reverse order of their making: after those of all clients.
    keeper = setmetatable({}, { __gc = function() engine:close() end })
  end
  return engine
end

return M
