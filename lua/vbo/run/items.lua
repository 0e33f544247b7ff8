--- Lists what became of each item of a step.

local M = {}

--- Lists the items of a step from its session's events and statistics.
---@param session vbo.Session
---@param baseline table?  of `vbo.run.reconcile.baseline`
---@param statistics vbo.Statistics?  of the step
---@return table[] items  {id=, title=, target=, status=, error=}
function M.of(session, baseline, statistics) -- luacheck: ignore
  return {}
end

return M
