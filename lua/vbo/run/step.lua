--- Carries one change or save through the journal: the permit stage of the pipeline.
---
--- A step is looked up by its key before anything is sent.  A run that is resumed finds what the
--- step was: with an outcome it answers from the journal, accepted by the server it is followed,
--- without an outcome it is reconciled.  A new step has its intent committed before its first byte.

local boundary = require "vbo.run.boundary"
local errors = require "vbo.base.error"
local json = require "vbo.base.json"
local keys = require "vbo.run.key"
local latch = require "vbo.run.latch"
local loop = require "vbo.runtime.loop"
local narrow = require "vbo.run.narrow"
local overlap = require "vbo.run.overlap"
local pause = require "vbo.run.pause"
local policy = require "vbo.run.policy"
local replay = require "vbo.run.replay"
local resume = require "vbo.run.resume"
local runs = require "vbo.run"
local states = require "vbo.run.state"

local M = {}

---@class vbo.Step
---@field mode "new"|"replay"|"follow"
---@field id integer?        its row in the journal
---@field key table          as `vbo.run.key` gives it
---@field kind "change"|"save"
---@field effect string
---@field title string
---@field items integer
---@field targets table[]
---@field parts table
---@field server string
---@field call string        the runbook's word
---@field session string?    the restore session that it is sent in
---@field baseline table?    the state of that session before
---@field accepted string?   the session that the server named
---@field row table?         as the journal has it
local Step = {}

-- Fields that the key makes when they are wanted: for a step that is new.
local of_key = { title = true, targets = true, parts = true }

local meta = { __name = "vbo.step", __index = function(self, name)
  if of_key[name] then return self.key[name] end
  return Step[name]
end }

-- ------------------------------------------------------------------ finding it

-- Returns whether a request needs a permit.  The core decides by method, path and body; a catalogue
-- of another server may say less.
local function is_change(client, request)
  if request.change or request.method == "GET" then return request.change end
  local text = request.body ~= nil and json.encode(request.body) or nil
  return client._core:changes { method = request.method, path = request.path, body = text }
end

--- Opens the step of a request; the journal says what it is.
---@param client vbo.Client
---@param request vbo.Request
---@return vbo.Step? step  nil: nothing is journaled, or the request changes and saves nothing
function M.open(client, request)
  if not client._journaled then return nil end
  local changes = is_change(client, request)
  if not changes and not request.sink then return nil end
  if changes then latch.check() end
  local state = runs.begin()
  local key = keys.of(client, request, nil, function(value)
    return state.store.handle:hmac(value)
  end)
  local self = setmetatable({
    client = client, key = key, kind = changes and "change" or "save", state = nil,
    effect = changes and key.effect or "save", items = key.items,
    verb = key.verb, server = keys.server(client), call = request.call,
    operation = request.operation, session = request.session, mode = "new", run = state,
    attempt = 1,
  }, meta)
  if state.resuming then resume.find(state, self, request) end
  return self
end

-- --------------------------------------------------------------------- sending

local function encoded(value) return replay.encode(value) end

local insert <const> = [[INSERT INTO step(run, key, occurrence, algorithm, kind, effect, call,
  operation, api, server, title, parts, backup, state, attempt, execution, session, baseline, items,
  asked, mono_asked, path)
  VALUES (?, ?, (SELECT 1 + coalesce(max(occurrence), 0) FROM step WHERE run = ? AND key = ?),
  ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'intent', ?, ?, ?, ?, ?, ?, ?, ?)]]

local again <const> = [[UPDATE step SET state = 'intent', attempt = attempt + 1, execution = ?,
  session = ?, baseline = ?, asked = ?, mono_asked = ?, accepted = NULL, status = NULL,
  statistics = NULL, answer = NULL, error = NULL, ended = NULL, raised = NULL, path = ?
  WHERE id = ?]]

-- Writes the intent: a row of its own, or a further attempt of the row that it has.
local function write_intent(self, store, request)
  local state, key = self.run, self.key
  local baseline, path = encoded(self.baseline), request.sink and request.sink.file
  if self.id then
    store:write(again, state.execution, self.session, baseline, states.now(), states.monotonic(),
      path, self.id)
    return
  end
  self.id = store:write(insert, state.id, key.digest, state.id, key.digest, key.algorithm,
    self.kind, self.effect, self.call, request.operation, self.client.version, self.server,
    self.title, encoded(self.parts), key.backup_id, self.attempt, state.execution, self.session,
    baseline, self.items, states.now(), states.monotonic(), path)
  resume.note(state, self.id)
  overlap.write(self, store)
end

-- Stops the run where another one that is unfinished changed the same.
local function check_overlap(self)
  local ok, err = pcall(overlap.check, self)
  if ok then return end
  if errors.is(err) and err.kind == "overlap" then
    latch.stop(err)
    err.latched = true
  end
  error(err, 0)
end

--- Commits the intent of a step.  Raises what stops it: the latch, a limit, another run that is
--- unfinished; nothing is written and sent then.
---@param request vbo.Request
function Step:intend(request)
  local state = self.run
  states.note_server(state, self.client, self.server)
  if self.kind == "change" then
    pause.before_change(self.client)
    latch.check()
    resume.before_change(state, self)
    check_overlap(self)
  else
    pause.before_save()
  end
  policy.check(self)
  boundary.at "before-intent"
  local ok, err = pcall(state.store.group, state.store, function(store)
    write_intent(self, store, request)
  end)
  if not ok then
    self.state = "local"
    policy.done(self)
    error(err, 0)
  end
  self.state = "intent"
  boundary.at "intent"
end

--- Adds the permit of a change, or the seal of a save, to what the core takes.
---@param given table  what `client:start` gets; receives it
function Step:permit(given)
  local handle = self.run.store.handle
  if self.kind == "save" then
    given.seal = { journal = handle, step = self.id }
    return
  end
  local permit, err = handle:permit(self.id, given.method, given.path, given.body)
  given.permit = permit or errors.raise(err)
end

--- Notes that the request is on its way.
function Step:sent()
  policy.sent(self)
  boundary.at "left"
end

-- -------------------------------------------------------------------- outcomes

-- Commits what is known now, also after a signal: it is the reason for the journal.
local function commit(self, write)
  local store = self.run.store
  loop.shielded(store.group, store, write)
end

--- Commits that the server goes on with the change in a session of its own.
---@param session string
---@param answer any  what a raw call gets
function Step:accept(session, answer)
  self.accepted, self.state = session, "accepted"
  boundary.at "answered"
  commit(self, function(store)
    store:write("UPDATE step SET state = 'accepted', accepted = ?, answer = ? WHERE id = ?",
      session, encoded(answer), self.id)
  end)
  boundary.at "accepted"
end

local finish <const> = [[UPDATE step SET state = ?, status = ?, statistics = ?, answer = ?,
  error = ?, ended = ?, mono_ended = ?, date = ?, bytes = ?, sha256 = coalesce(?, sha256),
  size = coalesce(?, size), path = coalesce(path, ?) WHERE id = ?]]

local function write_items(self, store, items)
  store:write("DELETE FROM item WHERE step = ?", self.id)
  for number, item in ipairs(items or {}) do
    store:write("INSERT INTO item(step, number, id, title, target, status, error) "
      .. "VALUES (?, ?, ?, ?, ?, ?, ?)", self.id, number, item.id, item.title, item.target,
      item.status, item.error)
  end
end

--- Commits what became of the step.  A save's outcome goes with the next commit: its sealed row
--- proves the file.
---@param outcome table  state=, and of status=, answer=, statistics=, items=, error=, saved=
function Step:finish(outcome)
  if self.finished then return end
  self.finished, self.state = true, outcome.state
  local saved, date = outcome.saved or {}, self.client._date
  local statistics = outcome.statistics
  if statistics and self.earlier then statistics = narrow.sum(self.earlier, statistics) end
  local function write(store)
    store:write(finish, outcome.state, outcome.status, encoded(statistics),
      encoded(outcome.answer), encoded(outcome.error), states.now(), states.monotonic(),
      date and date.text, saved.size, saved.sha256, saved.size, saved.path, self.id)
    if outcome.items then write_items(self, store, outcome.items) end
  end
  boundary.at "before-outcome"
  if self.kind == "save" and outcome.state == "done" then
    self.run.store:later(write)
  else
    commit(self, write)
  end
  policy.done(self)
  boundary.at "outcome"
end

-- Returns what a failure says of the change.
local function state_of(err)
  if not err.sent then return "local" end
  if err.refused then return "refused" end
  return "unknown"
end

--- Commits a failure.  An error that is not ours tells nothing of the change: the intent stays as
--- it is, which a resumed run reconciles.
---@param err any
function Step:fail(err)
  if not errors.is(err) then return end
  err.step = self.id
  if self.finished or not self.id or self.state == "accepted" then return end
  local state = self.kind == "save" and (err.sent and err.refused and "refused" or "local")
    or state_of(err)
  local ok, problem = pcall(self.finish, self, {
    state = state, status = err.status, error = replay.plain(err),
  })
  -- The intent is in the journal: the step is unknown to the next execution, which is true.
  if not ok and errors.is(problem) then err.hint = err.hint or problem.message end
end

--- Gives what a step was: the answer as it came, or its failure.
---@return table answer  {status=, data=, saved=}
function Step:replayed()
  local row = self.row
  if row.error then replay.raise(row.error, row.id) end
  if self.kind == "save" then
    local saved = replay.decode(row.answer) or {}
    -- The runbook's own spelling where the outcome is there; of a sealed step the whole path.
    saved.path, saved.size, saved.sha256 = saved.path or row.path, row.size, row.sha256
    return { status = row.status, saved = saved, replayed = true }
  end
  return { status = row.status, data = replay.decode(row.answer), replayed = true }
end

--- Gives the statistics of a restore that an earlier execution of the run made; raises its failure.
---@return vbo.Statistics
function Step:statistics()
  local row = self.row
  if row.error then replay.raise(row.error, row.id) end
  return replay.decode(row.statistics)
end

return M
