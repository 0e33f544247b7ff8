--- Counts what a rehearsal server keeps: only the changes in production may grow without a limit.

local M = {}

local function count(map)
  local n = 0
  for _ in pairs(map or {}) do n = n + 1 end
  return n
end

--- Counts what an app keeps.
---@param app table
---@return table
function M.of(app)
  local store = app.store
  local working, events = 0, 0
  for _, session in ipairs(store.sessions) do
    if session.state == "Working" then working = working + 1 end
    events = events + #session.events
  end
  local targets, streaks = 0, 0
  if app.weather then
    for _, rule in ipairs(app.weather.rules) do targets = targets + rule.targets:size() end
    streaks = app.weather.streaks:size()
  end
  return {
    lua = collectgarbage "count" * 1024 // 1 | 0,
    sessions = #store.sessions, working = working, events = events,
    access_tokens = count(app.auth.access), refresh_tokens = count(app.auth.refresh),
    requests = #app.requests, changes = #store.production.changes,
    outbox = #store.production.outbox, jobs = #store.jobs.list,
    job_sessions = #store.jobs.sessions, points = #store.points.list,
    retrieval_sessions = #store.retrievals.sessions, weather_targets = targets,
    weather_streaks = streaks,
  }
end

return M
