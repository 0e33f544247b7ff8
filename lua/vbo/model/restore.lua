--- Sends changes of production that count what they did.
---
--- Up to v7 the answer comes when the restore is over; v8, and every restore by an operator
--- (v6 and later), answers at once the id of a session that restores in the background.
--- Both end here in the same statistics, and a restore that left items out raises `partial`.

local body = require "vbo.request.body"
local core = require "vbo.core"
local errors = require "vbo.base.error"
local items_of = require "vbo.run.items"
local lock = require "vbo.runtime.lock"
local loop = require "vbo.runtime.loop"
local options = require "vbo.base.options"
local pipeline = require "vbo.request.pipeline"
local reconcile = require "vbo.run.reconcile"
local sessions = require "vbo.run.sessions"
local statistics_of = require "vbo.model.statistics"
local steps = require "vbo.run.step"
local subjects = require "vbo.model.subject"
local time = require "vbo.base.time"

local M = {}

M.own = {
  wait = "boolean", allow_partial = "boolean", deadline = "number", key = "string",
}

-- Whether a version's operation answers before the restore is over.
local function in_background(operation)
  local schema = operation.answer and operation.answer.schema
  local properties = schema and schema.properties
  return properties ~= nil and properties.sessionId ~= nil
end

--- Returns the restore events of a session, in no order, and the newest of them.
local function restores_of(session)
  local list, newest = {}, nil
  for event in session:events():where { type = "Restore" }:each() do
    list[#list + 1] = event
    if not newest or (event.order or 0) > (newest.order or 0) then newest = event end
  end
  return list, newest
end

--- Returns what a session restored, and its newest restore event.
local function state_of(session)
  local events, newest = restores_of(session)
  local state = { event = newest, events = events, running = false }
  for _, event in ipairs(events) do state.running = state.running or event.status == "Running" end
  if session._client._catalogue:operation "RestoreSession_GetRestoreStatistics" then
    state.counted = true
    state.statistics = statistics_of.read(
      session:_call { operation = "RestoreSession_GetRestoreStatistics" }.data)
  else
    -- v6 and v7 tell what operators restore by its events only.
    state.statistics = statistics_of.events(events)
  end
  return state
end

local function has_events(session)
  return session._client._catalogue:operation "RestoreSessionEvent_Get" ~= nil
end

local function order_of(event) return math.tointeger(event.order) or 0 end

-- Counts the items of a restore whose answer counts what holds them: by the events that are
-- newer than `before`.  Where they name no items, the answer's own counts stay.
local function count_items(session, before, statistics)
  local since = before.event and order_of(before.event) or -1
  local items = {}
  for _, event in ipairs((restores_of(session))) do
    if order_of(event) > since and event.item_name then items[#items + 1] = event end
  end
  if not items[1] then return end
  local failed = statistics.failed
  statistics_of.recount(statistics, statistics_of.events(items))
  if statistics.failed == 0 and failed > 0 then
    -- A drive or a list failed as a whole, before its items.
    statistics.failed, statistics.total = failed, statistics.total + failed
  end
end

-- Adds why items failed where the answer does not say it (mail up to v5): the newest events
-- of failed restores, one for each.
local function add_reasons(session, statistics)
  local failed = session:events():where { type = "Restore", status = "Failed" }:all()
  local items = {}
  for _, event in ipairs(failed) do
    if event.item_name then items[#items + 1] = event end
  end
  if not items[1] then items = failed end
  table.sort(items, function(a, b) return order_of(a) < order_of(b) end)
  for i = math.max(1, #items - statistics.failed + 1), #items do
    local title, text = items[i].title, items[i].message
    if title and text and not text:find(title, 1, true) then
      text = ("%s: %s"):format(title, text)
    end
    statistics.errors[#statistics.errors + 1] = text or title
  end
end

-- The restore is done, and what it came to is known: a failure to look closer must not lose
-- that.  Only an interrupt goes on, with what is known.
local function look_closer(statistics, fn, ...)
  local ok, err = pcall(fn, ...)
  if ok or not (errors.is(err) and err.kind == "cancelled") then return end
  err.statistics, err.hint = statistics, "the restore itself was done"
  error(err, 0)
end

-- Returns the state of a session of which nothing need be known.
local function nothing() return { statistics = statistics_of.read(nil) } end

-- Returns the event of the restore as a whole that says it has ended, newer than `before`.
local function end_of(before, now)
  local since, last = before.event and order_of(before.event) or -1, nil
  for _, event in ipairs(now.events) do
    local is_newer = order_of(event) > since and not event.item_name
    if is_newer and (not last or order_of(event) > order_of(last)) then last = event end
  end
  return not now.running and last or nil
end

-- Counts as failed what a restore left out that ended before its items were through.
local function break_off(statistics, left, event)
  statistics.failed = statistics.failed + left
  local text = event and (event.message or event.title)
  if text and not statistics.errors[1] then statistics.errors[1] = text end
end

-- It is over when every item is counted, when an event that is newer than the request says so and
-- nothing was counted since the last look, or when the session itself has ended.
local function over(session, before, now, statistics)
  if not now.counted or statistics.total == 0 then
    local event = now.event
    if event and not now.running and (not before.event or event.id ~= before.event.id) then
      return true
    end
    return session:refresh().state == "Stopped"
  end
  local counted = statistics.restored + statistics.failed + statistics.skipped
  local left, event = statistics.total - counted, end_of(before, now)
  if left <= 0 then return true end
  local stood_still = before.seen == counted
  before.seen = counted
  if not (stood_still and (event or session:refresh().state == "Stopped")) then return false end
  break_off(statistics, left, event)
  return true
end

-- Returns what a session restored since `before`, and its state.
local function restored_since(session, before)
  local now = state_of(session)
  local statistics = statistics_of.since(before.statistics, now.statistics)
  statistics.session = session.id
  return statistics, now
end

--- Waits for a restore in the background.
---@param client vbo.Client
---@param id string     the session that the answer named
---@param before table  state of that session when the restore was sent
---@return vbo.Statistics
---@return vbo.Event[] events  of the session
local function follow(client, id, before)
  local session = client:session(id)
  local pause = 0.1
  while true do
    local statistics, now = restored_since(session, before)
    if over(session, before, now, statistics) then return statistics, now.events end
    local ok, err = loop.sleep(client._engine, pause)
    if not ok then errors.raise(err) end
    -- Short restores are seen at once, long ones are not asked about all the time.
    pause = math.min(pause * 1.5, 10)
  end
end

-- Returns what the session's events say of a change whose answer was lost.
local function events_since(session, sent_at)
  local seen = {}
  for event in session:events():each() do
    local started = event.start_time and time.parse(event.start_time)
    if started and started >= sent_at - 1 then
      seen[#seen + 1] = {
        type = event.type, status = event.status, title = event.title, message = event.message,
      }
    end
  end
  return seen
end

-- Adds to a lost answer's error what the session knows.
local function explain(err, session, sent_at)
  local found, events = pcall(events_since, session, sent_at)
  if not found then return end
  err.events = errors.redact(events)
  err.hint = #events == 0
    and "the session's events show nothing of it so far; look before repeating it"
    or ("the session's events show: %s %s"):format(events[#events].title or events[#events].type,
      events[#events].status)
end

--- Adds defaults for what the options do not say, in any of its spellings, and this
--- version's operation has.
---@param operation table
---@param given table  receives them
---@param defaults table?
function M.complete(operation, given, defaults)
  local said = {}
  for name in pairs(given) do
    local property = body.property(operation.body, name)
    if property then said[property] = true end
  end
  for name, value in pairs(defaults or {}) do
    local property = body.property(operation.body, name)
    if property and not said[property] then given[name] = value end
  end
end

-- Returns the state of the session when a restore is sent; nothing where it need not be known.
local function state_before(restore)
  if restore.background then return restore.session and state_of(restore.session) or nothing() end
  if not restore.recount then return nothing() end
  local events, newest = restores_of(restore.session)
  return { event = newest, events = events }
end

-- Writes what became of a restore.
local function finish(restore, statistics)
  local step, session = restore.step, restore.session
  if not step then return end
  local has_failed = statistics.failed > 0
  -- Events that were not read on the way are read for failures alone.
  local items
  if session and (has_failed or restore.events) then
    local ok, found = pcall(items_of.of, session, step.baseline, statistics, restore.events)
    items = ok and found or nil
  end
  step:finish { state = has_failed and "partial" or "done", statistics = statistics,
    items = items }
end

-- Notes that the server carries out the restore in a session: clean-up leaves that open until then.
local function carry(restore, id, before)
  local client = restore.client
  local carried = { title = restore.step and restore.step.title }
  function carried.over()
    local session = client:session(id)
    local statistics, now = restored_since(session, before)
    if not over(session, before, now, statistics) then return false end
    restore.events = now.events
    finish(restore, statistics)
    return true
  end
  sessions.accepted(client, id, carried)
  return carried
end

-- Follows a restore that the server accepted.  Only the polling fails here: the restore itself must
-- not be repeated.
local function follow_accepted(restore, id, before)
  local carried = carry(restore, id, before)
  if restore.wait == false then
    local statistics = statistics_of.read(nil)
    statistics.session = id
    return statistics, false
  end
  local ok, statistics, events = pcall(follow, restore.client, id, before)
  if ok then
    sessions.done(restore.client, id, carried)
    restore.events = events
    return statistics, true
  end
  if errors.is(statistics) then
    statistics.retryable, statistics.sent, statistics.session = false, true, id
    statistics.accepted = true
    statistics.hint = ("the restore goes on in the server's session %s: look there before "
      .. "anything is repeated"):format(id)
  end
  error(statistics, 0)
end

-- Adds what the caller knows to a failure.
local function annotate(restore, err, sent_at)
  local session = restore.session
  if errors.is(err) and err.sent and session then
    err.session = err.session or session.id
    if err.kind == "unknown_outcome" then explain(err, session, sent_at) end
  end
  error(err, 0)
end

-- Sends it; returns its statistics, and whether they are final: with `wait = false` they are not.
local function send(restore, request)
  local before, step = state_before(restore), restore.step
  if step then step.baseline, request.step = reconcile.baseline(before), step end
  local sent_at = core.time()
  local ok, answer = pcall(pipeline.send, restore.client, request)
  if not ok then annotate(restore, answer, sent_at) end
  local id = restore.background and type(answer.data) == "table" and answer.data.sessionId
  if id then
    if step then step:accept(id, answer.data) end
    local same = restore.session and restore.session.id == id
    return follow_accepted(restore, id, same and before or nothing())
  end
  local statistics = statistics_of.read(answer.data)
  if restore.recount then
    look_closer(statistics, count_items, restore.session, before, statistics)
  end
  return statistics, true
end

-- Goes on with a restore that an earlier execution of the run sent.
local function go_on(restore)
  local step = restore.step
  local same = step.session == step.accepted and step.baseline and step.baseline.statistics
  restore.session = restore.client:session(step.accepted)
  return follow_accepted(restore, step.accepted, same and step.baseline or nothing())
end

-- Carries out a restore; returns its statistics.
local function carry_out(restore, request)
  local step = restore.step
  if step and step.mode == "replay" then return step:statistics() end
  local statistics, final
  if step and step.mode == "follow" then
    statistics, final = go_on(restore)
  else
    statistics, final = send(restore, request)
  end
  local session = restore.session
  if statistics.failed > 0 and not statistics.errors[1] and session
      and has_events(session) then
    look_closer(statistics, add_reasons, session, statistics)
  end
  if final then finish(restore, statistics) end
  return statistics
end

-- Raises `partial` for what was not restored.
local function check_whole(statistics, operation)
  if statistics.failed == 0 then return end
  errors.raise {
    kind = "partial", operation = operation.name, statistics = statistics,
    message = ("%d of %d items were not restored%s"):format(statistics.failed, statistics.total,
      statistics.errors[1] and ": " .. statistics.errors[1] or ""),
  }
end

--- Sends a restore (or another change of production) and waits until, by default,
--- it is over.
---@param target table   a resource below a restore session
---@param intent table   as `pipeline.call`
---@param given table?   the caller's options
---@return vbo.Statistics
function M.run(target, intent, given)
  local own, rest = options.split(given, M.own, intent.call)
  local client = target._client
  for name, value in pairs(intent.selection or {}) do rest[name] = value end
  local operation = pipeline.operation(client, intent.operation, intent.call)
  intent.operation = operation
  M.complete(operation, rest, intent.defaults)
  intent.options = rest
  intent.path = intent.path or target:_path()
  intent.implied = intent.implied or client._dialect.implied
  intent.deadline, intent.key = own.deadline, own.key
  intent.subject = intent.subject or subjects.of(target)
  local background = in_background(operation)
  if not background then intent.expects = statistics_of.problem end
  local request = pipeline.request(client, intent)
  local session = target._session and target:_session()
  local recount = session and statistics_of.counts_containers(operation) and has_events(session)
  -- A session counts its restores together: two at once could not be distinguished.
  local alone <close> = (background or recount) and lock.hold(session.id) or nil -- luacheck: ignore
  local statistics = carry_out({
    client = client, session = session, background = background, recount = recount,
    wait = own.wait, step = steps.open(client, request),
  }, request)
  if not own.allow_partial then check_whole(statistics, operation) end
  return statistics
end

return M
