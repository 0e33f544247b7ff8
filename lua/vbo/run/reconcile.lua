--- Judges steps whose outcome is unknown by what the server shows.
---
--- A step is done where its own session proves it: by events above the step's baseline, or by the
--- session's statistics since then, every item matched and ended.  The session counts only where a
--- run of the journal opened it: others would use it, too.  Clock times, absent events and sessions
--- that the server forgot prove nothing.

local core = require "vbo.core"
local errors = require "vbo.base.error"
local items_of = require "vbo.run.items"
local loop = require "vbo.runtime.loop"

local M = {}

local function counts_of(statistics)
  local counts = {}
  for _, name in ipairs { "total", "restored", "failed", "skipped" } do
    counts[name] = statistics and statistics[name] or 0
  end
  counts.errors = statistics and statistics.errors or {}
  counts.warnings = statistics and statistics.warnings or {}
  return counts
end

--- Makes the baseline of a step from the state of its session before the step is sent.
---@param state table  events= (those read), event= (the newest), statistics=, counted=
---@return table baseline  what the journal keeps: order= (the highest of an event; nil: unknown),
---  event=, statistics=, counted=, items= (how many the statistics list)
function M.baseline(state)
  local event, raw = state.event, state.statistics and state.statistics.raw
  return {
    order = event and items_of.order(event) or state.events and 0 or nil,
    event = event and { id = event.id, order = items_of.order(event) } or nil,
    statistics = counts_of(state.statistics), counted = state.counted,
    items = raw and type(raw.items) == "table" and #raw.items or nil,
  }
end

-- ------------------------------------------------------------------- what is expected

-- Kinds of which each one is one item of a restore; all else holds items.
local single = { document = true, item = true, post = true, file = true, tab = true,
  attachment = true, ["list item"] = true }

-- Returns the last name of a path.
local function leaf(path)
  local name = path:match "([^\x1f]*)\x1f$" or path
  return (name:match "^[^\x1e]*")
end

local function is_single(step)
  for _, part in ipairs(step.parts or {}) do
    if single[part.name] then return true end
  end
  return false
end

-- Counts the names of targets.
local function count_names(paths)
  local counts = {}
  for _, path in ipairs(paths) do
    local name = leaf(path)
    counts[name] = (counts[name] or 0) + 1
  end
  return counts
end

-- Returns the paths that other steps of the session may have touched beside this one's events:
-- all of them where the step has no baseline, else the later ones.
local function others(step)
  local store, found = step.run.store, {}
  local since = step.baseline and step.baseline.order and step.id or 0
  for _, row in ipairs(store:rows([[SELECT t.path FROM step s JOIN target t ON t.step = s.id
    WHERE s.session = ? AND s.id <> ? AND s.id > ? AND s.kind = 'change'
      AND s.state NOT IN ('refused', 'local', 'skipped')]], step.session, step.id, since)) do
    found[#found + 1] = row.path
  end
  return found
end

-- ---------------------------------------------------------------------- what is seen

local statuses = { Success = "restored", Warning = "restored", Failed = "failed",
  Skipped = "skipped", Cancelled = "skipped" }

local function sum_of(items)
  local sum = { total = 0, restored = 0, failed = 0, skipped = 0, errors = {}, warnings = {} }
  for _, item in ipairs(items) do
    local name = statuses[item.status] or "restored"
    sum.total, sum[name] = sum.total + 1, sum[name] + 1
    if item.error then sum.errors[#sum.errors + 1] = item.error end
  end
  return sum
end

local function fold(text) return text and core.fold(text) or "" end

-- Takes from ended items those that the targets name.  Returns them, and how many are missing;
-- nil where steps beside this one may have made them.
local function match(items, wanted, beside)
  local seen, taken, missing = {}, {}, 0
  for _, item in ipairs(items) do
    local name = fold(item.title)
    seen[name] = seen[name] or {}
    table.insert(seen[name], item)
  end
  for name, count in pairs(wanted) do
    local list = seen[name] or {}
    local free = #list - (beside[name] or 0)
    if free < count then
      missing = missing + count - math.max(free, 0)
    elseif beside[name] and #list > count then
      -- The newest are of the later step, which one cannot tell.
      missing = missing + count
    end
    for i = 1, math.min(count, math.max(free, 0)) do taken[#taken + 1] = list[i] end
  end
  return taken, missing
end

-- Returns whether a title names something beside other words: "Restoring folder Aurora".
local function names(title, name)
  title = fold(title)
  local first, last = title:find(name, 1, true)
  return first ~= nil and title ~= name
    and not title:sub(first - 1, first - 1):find "[%w.]" and not title:sub(last + 1):find "^[%w.]"
end

-- Returns whether an event of each container says that its restore has ended.
local function containers_ended(events, wanted, order)
  for name in pairs(wanted) do
    local ended = false
    for _, event in ipairs(events) do
      if not event.item_name and items_of.order(event) > order and names(event.title, name) then
        if event.status ~= "Success" and event.status ~= "Warning" then return false end
        ended = true
      end
    end
    if not ended then return false end
  end
  return true
end

local function running(events, order)
  for _, event in ipairs(events) do
    if event.status == "Running" and items_of.order(event) > order then return true end
  end
  return false
end

-- Items of v2, whose events have no names of items: their titles are.
local function titled(events, order)
  local found = {}
  for _, event in ipairs(events) do
    if event.status ~= "Running" and items_of.order(event) > order then
      found[#found + 1] = { title = event.item_name or event.title, target = event.target,
        status = event.status, error = event.status == "Failed" and event.message or nil }
    end
  end
  return found
end

local function named_list(items)
  local list = {}
  for i, item in ipairs(items) do
    if i > 5 then
      list[i] = ("… (%d)"):format(#items)
      break
    end
    list[i] = item.title or "?"
  end
  return table.concat(list, ", ")
end

-- ---------------------------------------------------------------------- the verdicts

local function unknown(why) return "unknown", why end

-- By the statistics that a session counts (v8): all that it was to restore since the baseline.
local function by_statistics(session, step, events)
  local before = step.baseline
  if not (before and before.counted and before.order) then return nil end
  local now = session:statistics()
  local was, since = before.statistics, {}
  for _, name in ipairs { "total", "restored", "failed", "skipped" } do
    since[name] = now[name] - was[name]
    if since[name] < 0 then return nil end
  end
  for _, name in ipairs { "errors", "warnings" } do
    since[name] = table.move(now[name], #was[name] + 1, #now[name], 1, {})
  end
  local ended = since.restored + since.failed + since.skipped
  if since.total == 0 or ended < since.total or others(step)[1] then return nil end
  since.session, since.raw = session.id, now.raw
  return "done", { statistics = since, items = items_of.of(session, before, since, events) }
end

-- By the events of a session, item for item.
local function by_events(step, events)
  local order = step.baseline and step.baseline.order or 0
  local paths, beside = {}, count_names(others(step))
  for i, target in ipairs(step.targets) do paths[i] = target.path end
  local wanted = count_names(paths)
  local seen = titled(events, order)
  if is_single(step) then
    local taken, missing = match(seen, wanted, beside)
    if missing == 0 and taken[1] then
      return "done", { statistics = sum_of(taken), items = taken }
    end
    return unknown(("the session shows %d of %d items%s"):format(#taken, step.items or #paths,
      taken[1] and ": " .. named_list(taken) or ""))
  end
  local items = items_of.from_events(events, order)
  if next(beside) == nil and containers_ended(events, wanted, order) then
    return "done", { statistics = sum_of(items), items = items }
  end
  if items[1] then
    return unknown(("nothing in its session proves that it ended; items of it: %s"):format(
      named_list(items)))
  end
  return unknown "its session shows nothing that proves it"
end

-- Waits until nothing runs in a session above a baseline; returns its events.
local function settled_events(client, session, order)
  local pause = 0.1
  while true do
    local events = session:events():where { type = { "Restore", "Send" } }:all()
    if not running(events, order) then return events end
    if session:refresh().state == "Stopped" then return events end
    local ok, err = loop.sleep(client._engine, pause)
    if not ok then errors.raise(err) end
    pause = math.min(pause * 1.5, 10)
  end
end

local function in_session(client, step)
  local store, session = step.run.store, client:session(step.session)
  if not store:row("SELECT 1 AS known FROM session WHERE id = ?", step.session) then
    return unknown(("it was sent in the session %s, which no run of the journal opened: others "
      .. "may use it"):format(step.session))
  end
  if not client._catalogue:operation "RestoreSessionEvent_Get" then
    return unknown(client.version .. " does not tell what happened in a session")
  end
  local ok, events = pcall(settled_events, client, session,
    step.baseline and step.baseline.order or 0)
  if not ok then
    if errors.is(events) and (events.kind == "not_found" or events.kind == "server") then
      return unknown(("the server does not know its session %s any more"):format(step.session))
    end
    error(events, 0)
  end
  local verdict, found = by_statistics(session, step, events)
  if verdict then return verdict, found end
  return by_events(step, events)
end

-- Names the state that proves a change: the object is as it would have made it.
local wanted_state = {
  Job_EnableAction = { "job", true }, Job_DisableAction = { "job", false },
  CopyJob_Enable = { "copy_job", true }, CopyJob_Disable = { "copy_job", false },
}

local function by_state(client, step)
  local wanted = wanted_state[step.operation]
  local target = wanted and step.targets and #step.targets == 1 and step.targets[1].path
  local id = target and leaf(target)
  if not id then return unknown "nothing on the server proves what became of it" end
  local ok, object = pcall(function() return client[wanted[1]](client, id):refresh() end)
  if not ok then return unknown(("its state cannot be read: %s"):format(tostring(object))) end
  if object.is_enabled == wanted[2] then return "done", {} end
  return unknown(("it is %s now"):format(object.is_enabled and "enabled" or "disabled"))
end

--- Judges a step that has an intent and no outcome.
---@param client vbo.Client
---@param step vbo.Step  with what its row has: session=, baseline=
---@return "done"|"unknown" verdict
---@return any found  done: {statistics=, items=}; unknown: why
function M.judge(client, step)
  if not step.session then return by_state(client, step) end
  return in_session(client, step)
end

return M
