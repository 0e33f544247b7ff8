--- Keeps the run of this program: one execution of a runbook, and its journal.
---
--- A run begins with the first change or save: a script that only reads opens no journal.  The
--- program `vbolua` journals by itself; with stock Lua `vbo.journal` turns it on.

local core = require "vbo.core"
local errors = require "vbo.base.error"
local files = require "vbo.run.files"
local json = require "vbo.base.json"
local latch = require "vbo.run.latch"
local notify = require "vbo.run.notify"
local options_of = require "vbo.base.options"
local points = require "vbo.run.points"
local policy = require "vbo.run.policy"
local redact = require("vbo.run.arguments").redact
local replay = require "vbo.run.replay"
local sessions = require "vbo.run.sessions"
local states = require "vbo.run.state"

local M = {}

local function milliseconds(time) return time * 1000 // 1 | 0 end

-- Returns the options that the journal shows: all but those that name the journal itself.
local function plain_options(options)
  local shown = {}
  for name, value in pairs(options) do
    if name ~= "journal" and name ~= "no_journal" then shown[name] = value end
  end
  -- The limits in force, of all sources.
  shown.policy = policy.shown()
  return shown
end

-- Writes the row of an execution.
local function add_execution(self, store)
  local system = core.system()
  store:write([[INSERT INTO execution(run, number, started, pid, boot, host, operator, state)
    VALUES (?, ?, ?, ?, ?, ?, ?, 'running')]], self.id, self.execution, milliseconds(self.started),
    system.pid, system.boot, system.host, system.user)
end

-- Writes the run that begins.  The lock comes before the commit: whoever reads the row finds the
-- run alive.
local function insert(self, store)
  local system = core.system()
  self.settings = states.settings_now()
  local arguments, hidden = redact(states.arguments())
  local script = self.kind == "script" and self.script and files.absolute(self.script) or nil
  self.id = store:write([[INSERT INTO run(name, kind, script, script_sha256, folder, arguments,
    hidden, settings, options, reason, operator, host, version, started, state, execution,
    rehearsal) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'running', 1, ?)]],
    self.name, self.kind, script, script and files.sha256(script), system.folder,
    json.encode(json.array(arguments)), json.encode(json.array(hidden)),
    json.encode(self.settings), json.encode(plain_options(self.options)), self.options.reason,
    system.user, system.host, core.version, milliseconds(self.started),
    self.rehearsal == true)
  if not self.store.handle:lock(self.id) then
    errors.raise { kind = "journal", message = "the run that begins is locked by another program" }
  end
  add_execution(self, store)
  M.note_modules(self, store)
end

--- Writes the runbook's own Lua modules that were loaded by now.
---@param self vbo.RunState
---@param store vbo.Store
function M.note_modules(self, store)
  for name, module in pairs(files.modules()) do
    if not (self.modules and self.modules[name]) then
      self.modules = self.modules or {}
      self.modules[name] = true
      store:write("INSERT OR REPLACE INTO module(run, name, path, sha256) VALUES (?, ?, ?, ?)",
        self.id, name, module.path, module.sha256)
    end
  end
end

--- Begins the run: opens the journal, and has the run written with the next commit.
---@return vbo.RunState
function M.begin()
  local self = assert(states.state())
  if self.begun then return self end
  self.begun = true
  states.open(self)
  if not self.id then
    table.insert(self.store.due, 1, function(store) insert(self, store) end)
  end
  sessions.flush(self)
  points.flush(self)
  return self
end

local function state_of(status, latched)
  if latched and latched.kind == "stopped" then return "stopped" end
  return status == 0 and "ended" or "failed"
end

-- Returns an error as the journal keeps it.
local function error_text(err)
  if err == nil then return nil end
  if not errors.is(err) then
    return json.encode { kind = "error", message = core.redact(tostring(err)) }
  end
  return json.encode(replay.plain(err))
end

local function write_end(self, status, err, latched)
  local store, now = self.store, states.now()
  store:now(function()
    M.note_modules(self, store)
    local ended = state_of(status, latched)
    store:write("UPDATE run SET ended = ?, state = ?, status = ?, error = ? WHERE id = ?", now,
      ended, status, error_text(err), self.id)
    store:write("UPDATE execution SET ended = ?, state = ?, status = ? WHERE run = ? "
      .. "AND number = ?", now, ended, status, self.id, self.execution)
    local step = errors.is(err) and err.step
    if step then store:write("UPDATE step SET raised = 1 WHERE id = ?", step) end
  end)
end

local counts <const> = [[SELECT count(*) AS steps, total(state IN ('done', 'skipped')) AS done,
  total(state IN ('partial', 'refused', 'local')) AS failed,
  total(state IN ('intent', 'unknown', 'accepted')) AS unknown FROM step WHERE run = ?]]

-- Returns the summary of a run that ends.
local function summary(self, status, err, latched)
  local found = self.id and self.store:row(counts, self.id) or {}
  return {
    run = self.name, state = state_of(status, latched), status = status,
    done = math.tointeger(found.done) or 0, failed = math.tointeger(found.failed) or 0,
    unknown = math.tointeger(found.unknown) or 0, steps = found.steps or 0,
    error = latched and latched.message or err and core.redact(tostring(err)) or nil,
    script = self.script,
  }
end

-- Returns the command of `--notify`; a resumed run keeps the one that it began with.
local function command_of(self)
  local row = self.resuming and self.resuming.row
  local begun = row and row.options and json.decode(row.options) or {}
  return self.options.notify or begun.notify
end

-- Returns the state of the run that ends; of a script that never connected where `--notify` wants
-- to hear of it.
local function ending()
  local self = states.current()
  local told = not self and core.program and core.program()
  if told and told.kind ~= "command" and (told.options or {}).notify then
    local ok, made = pcall(states.state)
    self = ok and made or nil
  end
  return self
end

-- Writes the end, and returns the exit status.
local function close(self, status, err, latched)
  local ok, problem = pcall(write_end, self, status, err, latched)
  if ok then return status end
  io.stderr:write("vbolua: the end of the run cannot be written: ", tostring(problem), "\n")
  return status == 0 and core.kinds.journal or status
end

--- Ends the run: writes how, notifies, and returns the exit status of the program.  A stop's own
--- status wins.  What is written later (sessions that are stopped on the way out) still is.
---@param status integer  what the program would exit with
---@param err any         what ended it, where something was raised
---@return integer status
function M.finish(status, err)
  local self = ending()
  if not self or self.finished then return status end
  self.finished = true
  policy.drain()
  local latched = latch.error()
  status = latch.status(status, err)
  if self.id then status = close(self, status, err, latched) end
  local command = command_of(self)
  if command then notify.run(command, summary(self, status, err, latched)) end
  return status
end

--- Makes a run of the journal, which is locked, this program's: a further execution begins.
---@param self vbo.RunState
---@param row table
function M.adopt(self, row)
  local store = self.store
  self.id, self.name, self.execution = row.id, row.name, row.execution + 1
  store:now(function()
    store:write("UPDATE run SET state = 'running', ended = NULL, status = NULL, error = NULL, "
      .. "execution = ? WHERE id = ?", self.execution, row.id)
    add_execution(self, store)
  end)
end

-- -------------------------------------------------------------------- library

local Library = {}
Library.__index = Library
Library.__name = "vbo.journal"

--- Ends the run: writes that it went well, or what ended it.
---@param err any
function Library.finish(_, err)
  M.finish(err == nil and 0 or 1, err)
  states.current().store.handle:close()
end

function Library:__close(err) self:finish(err) end

--- Journals what this program changes and saves: for Lua programs other than `vbolua`, which does
--- so by itself.  Clients that connect afterwards are journaled.
---
---     local journal <close> = vbo.journal "/var/lib/portal/journal.db"
---@param path string     the file of the journal
---@param given { reason: string? }?
---@return vbo.LibraryJournal  a `<close>` variable, with which the run ends; without it the journal
---  shows a run that died
function M.library(path, given)
  if type(path) ~= "string" or path == "" then
    errors.usage(("journal takes the name of a file, got %s"):format(type(path)))
  end
  given = options_of.check(given, { reason = "string" }, "journal")
  states.enable { path = path, reason = given.reason }
  return setmetatable({}, Library)
end

return M
