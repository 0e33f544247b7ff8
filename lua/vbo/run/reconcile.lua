--- Judges steps whose outcome is unknown by what the server shows.

local M = {}

--- Makes the baseline of a step from the state of its session before the step is sent.
---@param state table  {order=, statistics=, counted=}
---@return table baseline  plain: what the journal keeps
function M.baseline(state)
  local counts = state.statistics or {}
  return {
    order = state.order, counted = state.counted,
    statistics = { total = counts.total or 0, restored = counts.restored or 0,
      failed = counts.failed or 0, skipped = counts.skipped or 0 },
  }
end

--- Judges a step that has an intent and no outcome.
---@param client vbo.Client
---@param step table  its row
---@return "done"|"unknown" verdict
---@return any found  done: {statistics=, items=}; unknown: why
function M.judge(client, step) -- luacheck: ignore
  return "unknown", "nothing on the server proves what became of it"
end

return M
