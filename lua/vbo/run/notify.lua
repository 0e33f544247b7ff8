--- Runs the command of `--notify` when a run ends or stops.

local M = {}

--- Runs the command, once.  Does nothing without `--notify`.
---@param summary table  run=, state=, status=, done=, failed=, unknown=, error=
function M.run(summary) -- luacheck: ignore summary
end

return M
