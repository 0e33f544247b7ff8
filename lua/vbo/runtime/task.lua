--- The one place where a runbook waits.
---
--- Every object method that talks to a server ends up here.  A runbook of one thread
--- blocks while the engine moves the transfer; nothing else in the library waits.

local M = {}

--- Waits until a transfer is done.
---@param engine vbo.Engine
---@param transfer vbo.Transfer
---@param watch fun(progress: table)?  told about ten times a second how far it is
---@return true? ok, table? err  the transfer's own failure, or `cancelled`
function M.wait(engine, transfer, watch)
  if not watch then return transfer:wait() end
  while not transfer:done() do
    local ok, err = engine:run(0.1)
    if not ok then
      transfer:cancel()
      return nil, transfer:error() or err
    end
    -- The end is told by who knows whether it was a good one.
    if not transfer:done() then watch(transfer:progress()) end
  end
  return transfer:wait()
end

--- Pauses, while the engine moves what else is under way.
---@param engine vbo.Engine
---@param seconds number
---@return true? ok, table? err
function M.sleep(engine, seconds)
  return engine:sleep(seconds)
end

return M
