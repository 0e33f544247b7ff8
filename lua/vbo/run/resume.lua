--- Resumes a run: executes its runbook again, with the journal of what it did.

local ascii = require "vbo.base.ascii"
local core = require "vbo.core"
local errors = require "vbo.base.error"
local files = require "vbo.run.files"
local latch = require "vbo.run.latch"
local narrow = require "vbo.run.narrow"
local reconcile = require "vbo.run.reconcile"
local replay = require "vbo.run.replay"
local runs = require "vbo.run"
local states = require "vbo.run.state"
local sessions = require "vbo.run.sessions"

local M = {}

---@class vbo.Resuming
---@field unknown "ask"|"retry"|"skip"|"fail"  how a step is treated whose outcome stays unknown
---@field changed boolean   allows a runbook, module, server or point that differs
---@field retry boolean     does again what failed
---@field row table         of the run
---@field had table<integer, boolean>  rows that are steps of this execution
---@field last table<string, integer>  the highest occurrence of them, for keys that came again
---@field compared table<table, boolean>  clients whose servers were compared with the journal

local function changed(message, hint)
  errors.raise { kind = "changed", message = message,
    hint = hint or "resume with --changed to go on nevertheless" }
end

-- ------------------------------------------------------------------- beginning

local function check_file(what, path, sha256)
  local now = files.sha256(path)
  if now == sha256 then return end
  changed(("%s %s %s since the run began"):format(what, path, now and "has changed" or "is gone"))
end

local function check_files(state, row)
  check_file("the runbook", row.script, row.script_sha256)
  for _, module in ipairs(state.store:rows(
      "SELECT name, path, sha256 FROM module WHERE run = ? ORDER BY name", row.id)) do
    check_file(("the module %s in"):format(module.name), module.path, module.sha256)
  end
end

-- The account may be another one: a colleague goes on with the run.
local function check_settings(recorded)
  for _, name in ipairs { "VBO_HOST", "VBO_VERSION", "VBO_ZONE" } do
    local now = os.getenv(name)
    if now and now ~= "" and now ~= recorded[name] then
      changed(("%s is %s, and the run began with %s"):format(name, now,
        recorded[name] or "none"), "unset it, or resume with --changed")
    end
  end
end

local function find_run(state, name)
  local row = state.store:row("SELECT * FROM run WHERE name = ?", name)
  if not row then
    errors.raise { kind = "not_found", message = ("the journal has no run %s"):format(name),
      hint = "list them with `vbolua runs`" }
  end
  return row
end

local refusals = {
  moved = "it was moved to another journal",
}

local function check_resumable(row)
  local why = refusals[row.state]
  if row.kind ~= "script" then
    why = "it had no script: what is typed or given with -e cannot be executed again"
  end
  if why then
    errors.raise { kind = "usage",
      message = ("run %s cannot be resumed: %s"):format(row.name, why) }
  end
end

-- Locks the run for this program: two may not resume it at once.
local function lock(state, row)
  if state.store.handle:lock(row.id) then return end
  errors.raise { kind = "busy", message = ("run %s is running"):format(row.name),
    hint = "follow it with `vbolua runs show --watch`" }
end

--- Makes this program's run a further execution of one in the journal.  Raises `not_found`,
--- `busy` for one that is live, `changed` for a runbook, module or setting that differs, and
--- `usage` for a run that cannot be executed again.
---@param name string
---@param how { unknown: string?, changed: boolean?, retry: boolean? }
---@return table run  script=, folder=, arguments= (json.null: it looked secret), hidden=, options=
function M.start(name, how)
  local state = assert(states.state())
  states.open(state)
  local row = find_run(state, name)
  check_resumable(row)
  lock(state, row)
  local recorded = replay.decode(row.settings) or {}
  if not how.changed then
    check_files(state, row)
    check_settings(recorded)
  end
  runs.adopt(state, row)
  state.settings, state.servers = recorded, recorded.servers or {}
  state.resuming = {
    unknown = how.unknown or (core.isatty(0) and "ask" or "fail"), changed = how.changed or false,
    retry = how.retry or false, row = row, compared = {},
    had = {}, last = {},
  }
  return {
    script = row.script, folder = row.folder, arguments = replay.decode(row.arguments),
    hidden = replay.decode(row.hidden), options = replay.decode(row.options),
  }
end

-- ------------------------------------------------------------------- questions

-- Asks on the terminal; the first letter of an answer is enough.
local function ask(text, answers)
  io.stdout:flush()
  while true do
    io.stderr:write("vbolua: ", core.visible(core.redact(text)), "\nvbolua: ",
      table.concat(answers, ", "), "? ")
    local line = io.read "l"
    if not line then return "fail" end
    for _, answer in ipairs(answers) do
      if line ~= "" and answer:sub(1, #line) == ascii.lower(line) then return answer end
    end
  end
end

local function named(self, row)
  return ("%s (step %d)"):format(self.title or row.title, row.id)
end

local nothing_done = { total = 0, restored = 0, failed = 0, skipped = 0, errors = {},
  warnings = {} }

-- Decides on a step whose outcome is unknown.
local function decide(state, self, row, why)
  local how = state.resuming.unknown
  local converges = row.effect == "converges"
  local text = ("the outcome of %s is unknown: %s"):format(named(self, row), why)
  if how == "ask" then
    how = ask(text, converges and { "retry", "skip", "fail" } or { "skip", "fail" })
  end
  if how == "retry" and converges then
    self.mode = "new"
  elseif how == "skip" then
    self:finish { state = "skipped", statistics = nothing_done }
    self.row = state.store:row("SELECT * FROM step WHERE id = ?", row.id)
    self.mode = "replay"
  else
    latch.raise {
      kind = "unknown_outcome", message = text, step = row.id,
      hint = converges and "look at the server; resume with --unknown=retry to do it again, or "
        .. "--unknown=skip to go on without it"
        or "look at the server; resume with --unknown=skip when it is as it should be",
    }
  end
end

-- ------------------------------------------------------------------ each step

-- Settles a step that was sent and has no outcome.
local function settle(state, self, row)
  self.session = row.session
  self.baseline = replay.decode(row.baseline)
  local verdict, found = reconcile.judge(self.client, self)
  if verdict ~= "done" then return decide(state, self, row, found) end
  local statistics = found.statistics
  self:finish {
    state = statistics and statistics.failed > 0 and "partial" or "done",
    statistics = statistics, items = found.items, answer = found.answer, status = row.status,
  }
  self.row = state.store:row("SELECT * FROM step WHERE id = ?", row.id)
  self.mode = "replay"
end

local function replayed(_, self) self.mode = "replay" end
local function again(_, self) self.mode = "new" end

-- A file that a later step of the run saved over is as that step left it.
local function is_saved(state, row)
  if files.is_saved(row) then return true end
  for _, later in ipairs(state.store:rows([[SELECT * FROM step WHERE run = ? AND id > ?
      AND path = ? AND state IN ('done', 'sealed') ORDER BY id]], state.id, row.id, row.path)) do
    if files.is_saved(later) then return true end
  end
  return false
end

local function saved(state, self, row)
  self.mode = is_saved(state, row) and "replay" or "new"
end

-- Returns whether what failed of a step can be done again.  A whole step can be where that adds
-- nothing to what was restored: it converges, or nothing was.
local function may_retry(state, self, row, request)
  if narrow.request(state, self, request) then return true end
  local statistics = replay.decode(row.statistics) or {}
  if row.effect == "converges" or statistics.restored == 0 then return true end
  io.stderr:write(("vbolua: %s is not retried: the server does not name the items that failed, and "
    .. "those that were restored would come twice\n"):format(core.visible(named(self, row))))
  return false
end

local changes = {
  done = replayed, skipped = replayed, unknown = settle, intent = settle, ["local"] = again,
  partial = function(state, self, row, request)
    self.mode = state.resuming.retry and may_retry(state, self, row, request) and "new" or "replay"
  end,
  refused = function(state, self, row)
    self.mode = (row.raised or state.resuming.retry) and "new" or "replay"
  end,
  accepted = function(_, self, row)
    self.mode, self.accepted, self.state = "follow", row.accepted, "accepted"
    self.baseline, self.session = replay.decode(row.baseline), row.session
  end,
}

local saves = { done = saved, sealed = saved }

local function all_done(rows)
  for _, row in ipairs(rows) do if row.state ~= "done" then return false end end
  return true
end

-- Finds out whether the ids of the server are the same in every session: by an id of the journal.
local function ids_agree(resuming, self, row)
  if resuming.agree == nil and self.key.exists and row.backup then
    resuming.agree = self.key.exists(row.backup)
  end
  return resuming.agree == true
end

-- Returns the row of one of several steps that nothing tells apart: they are one group.
local function of_group(resuming, self, rows)
  resuming.groups = resuming.groups or {}
  local at = (resuming.groups[self.key.digest] or 0) + 1
  resuming.groups[self.key.digest] = at
  if #rows == 1 and at == 1 or at <= #rows and all_done(rows) then return rows[at] end
  latch.raise {
    kind = "unknown_outcome",
    message = ("%s looks like %d other step%s of the run, and the server's ids do not tell them "
      .. "apart"):format(self.title, #rows, #rows == 1 and "" or "s"),
    hint = "look at the server, and restore what is missing with a runbook of its own",
  }
end

-- Returns the next row with the key and the backup's id of a step that this execution has not had,
-- and whether it had earlier ones.  Only keys that come again are remembered: a run may have very
-- many steps.
local function next_row(state, self)
  local resuming = state.resuming
  local mark = self.key.digest .. (self.key.backup_id or "")
  local last = resuming.last[mark] or 0
  while true do
    local row = state.store:row("SELECT * FROM step WHERE run = ? AND key = ? AND backup IS ? "
      .. "AND occurrence > ? ORDER BY occurrence LIMIT 1", state.id, self.key.digest,
      self.key.backup_id, last)
    if not row then return nil, last > 0 end
    if not resuming.had[row.id] then return row end
    last = row.occurrence
    resuming.last[mark] = last
  end
end

-- Returns the row of a step; nil: it is new.  Where journal and server agree on the backup's ids,
-- these distinguish rows whose keys are equal.
local function choose(state, self)
  local resuming = state.resuming
  local row, had_others = next_row(state, self)
  if row or had_others then
    if self.key.backup_id then resuming.agree = true end
    return row
  end
  local rows = state.store:rows("SELECT * FROM step WHERE run = ? AND key = ? ORDER BY occurrence",
    state.id, self.key.digest)
  if not rows[1] or ids_agree(resuming, self, rows[1]) then return nil end
  return of_group(resuming, self, rows)
end

--- Notes that a row is a step of this execution.
---@param state vbo.RunState
---@param id integer
function M.note(state, id)
  if state.resuming then state.resuming.had[id] = true end
end

--- Finds what a step of a resumed run was, and sets its mode.
---@param state vbo.RunState
---@param self vbo.Step
---@param request vbo.Request  that of a retry is narrowed to what failed
function M.find(state, self, request)
  local row = choose(state, self)
  if not row then return end
  M.note(state, row.id)
  self.row, self.id, self.attempt = row, row.id, row.attempt
  local decided = (self.kind == "save" and saves or changes)[row.state] or again
  decided(state, self, row, request)
end

-- ------------------------------------------------------------- before a change

-- Raises where another server answers under the name of the one that the run knew.
local function check_server(state, self)
  local known = state.servers[self.client.server]
  if known and known.identity ~= self.server then
    changed(("%s is another server than the run began with (%s, was %s)"):format(
      self.client.server, self.server, known.identity))
  end
end

-- Raises for a change of an object's state that this run changed already, and that its first
-- execution did not make: a toggle that was on its way would be turned again.
local function check_toggle(state, self)
  if self.session or self.row or self.effect ~= "converges" then return end
  for _, target in ipairs(self.targets) do
    local other = state.store:row([[SELECT s.id, s.title FROM target t JOIN step s ON s.id = t.step
      WHERE t.server = ? AND t.path = ? AND s.run = ? AND s.execution < ? LIMIT 1]],
      self.server, target.path, state.id, state.execution)
    if other then
      local text = ("%s: this run changed it already (%s, step %d), and its first execution did "
        .. "not come to this change"):format(self.title, other.title, other.id)
      local answer = state.resuming.unknown == "ask" and ask(text, { "yes", "no" })
      if answer ~= "yes" then
        latch.raise { kind = "changed", message = text,
          hint = "look at the server; resume with --changed to go on" }
      end
    end
  end
end

--- Compares the server with the journal, before a resumed run's changes.
---@param state vbo.RunState
---@param self vbo.Step
function M.before_change(state, self)
  local resuming = state.resuming
  if not resuming then return end
  local client = self.client
  if not resuming.compared[client] and not resuming.changed then
    check_server(state, self)
    sessions.compare(client, state)
    resuming.compared[client] = true
  end
  if not resuming.changed then check_toggle(state, self) end
end

return M
