--- Reads the journal of runs: lists them, finds one, iterates over its steps.  It never writes.

local core = require "vbo.core"
local errors = require "vbo.base.error"
local json = require "vbo.base.json"
local options_of = require "vbo.base.options"
local place = require "vbo.run.place"
local time = require "vbo.base.time"

local M = {}

---@class vbo.RunRecord
---@field run string         its name
---@field state string       running, ended, failed, stopped, died or moved
---@field kind string        script, repl, string, stdin, command or library
---@field runbook string?    the path of the script
---@field arguments any[]?   `json.null` for each that looked secret
---@field reason string?
---@field server string?     the server, or several with commas between
---@field operator string?   who started it
---@field host string?       where
---@field version string?    of vbolua
---@field started string     ISO 8601
---@field ended string?
---@field executions integer 1, and 1 for each resume
---@field steps integer      how many changes and saves it asked for
---@field done integer
---@field failed integer     refused, failed, or done in part
---@field unknown integer    outcome not known
---@field left integer       begun without an outcome, or failed before anything was sent
---@field skipped integer
---@field status integer?    exit status
---@field error string?      the error that ended it
---@field rehearsal boolean
---@field moved_to string?
---@field moved_from string?
---@field retry_of string?

--- Lists the states of a run.
M.states = { "running", "ended", "failed", "stopped", "died", "moved" }

-- A value of the journal, or its error raised.
local function checked(value, err)
  if value == nil and err then errors.raise(err) end
  return value
end
M.checked = checked

--- Opens a journal.
---@param options? { journal: string? }
---@param given? { rehearsal: boolean?, writable: boolean?, create: boolean? }
---@return vbo.JournalHandle? journal  nil for a missing file, which `create` makes
---@return string path
function M.open(options, given)
  given = given or {}
  local path = place.of(options, given.rehearsal)
  if not given.create and not core.stat(path) then return nil, path end
  local journal = core.journal()
  local ok, err = journal:open(path, { readonly = not given.writable })
  if not ok then errors.raise(err) end
  return journal, path
end

-- Steps follow one another: most moments are of the same second as one of the last.
local known, count = {}, 0
local most <const> = 1000

--- Writes milliseconds since 1970 as ISO 8601; nil stays nil.
---@param milliseconds integer?
---@return string?
function M.moment(milliseconds)
  if not milliseconds then return nil end
  local second = milliseconds // 1000
  local text = known[second]
  if text then return text end
  if count == most then known, count = {}, 0 end
  text = time.iso(second)
  known[second], count = text, count + 1
  return text
end

local counted = [[
  SELECT run, count(*) AS steps, sum(state = 'done') AS done,
    sum(state IN ('failed', 'refused', 'partial')) AS failed, sum(state = 'unknown') AS unknown,
    sum(state = 'intent') AS intent, sum(state IN ('accepted', 'sealed', 'local')) AS begun,
    sum(state = 'skipped') AS skipped
  FROM step %s GROUP BY run]]

local selected = [[
  SELECT r.*, steps, done, failed, unknown, intent, begun, skipped,
    (SELECT group_concat(DISTINCT server) FROM session WHERE run = r.id) AS servers,
    (SELECT server FROM step WHERE run = r.id LIMIT 1) AS step_server
  FROM run r LEFT JOIN (%s) ON run = r.id WHERE %s ORDER BY r.id DESC]]

local function decoded(text) return text and (json.decode(text)) or nil end

-- The server as the runbook named it; else as its sessions and steps have it.
local function server_of(row)
  local settings = decoded(row.settings) or {}
  return settings.VBO_HOST or row.servers or row.step_server
end

-- A request without an answer is under way while the program runs, and unknown once it died.
local function counts(row, is_live)
  local intent = row.intent or 0
  local unknown, begun = row.unknown or 0, row.begun or 0
  if is_live then return unknown, begun + intent end
  return unknown + intent, begun
end

local function error_of(row)
  local err = decoded(row.error)
  return type(err) == "table" and err.message or err
end

-- Returns the limits in force at the first step; nil where there were none.
local function limits_of(row)
  local options = decoded(row.options)
  local limits = type(options) == "table" and options.policy
  return type(limits) == "table" and next(limits) ~= nil and limits or nil
end

local function run_of(journal, row)
  local is_live = checked(journal:live(row.id))
  local unknown, left = counts(row, is_live)
  return {
    run = row.name, state = row.state == "running" and not is_live and "died" or row.state,
    kind = row.kind, runbook = row.script, arguments = decoded(row.arguments), reason = row.reason,
    server = server_of(row), operator = row.operator, host = row.host, version = row.version,
    started = M.moment(row.started), ended = M.moment(row.ended), executions = row.execution,
    steps = row.steps or 0, done = row.done or 0, failed = row.failed or 0, unknown = unknown,
    left = left, skipped = row.skipped or 0, status = row.status, error = error_of(row),
    rehearsal = row.rehearsal == 1, moved_to = row.moved_to, moved_from = row.moved_from,
    retry_of = row.retry_of, limits = limits_of(row),
  }, row
end

local function read(journal, where, ...)
  local sql = selected:format(counted:format "", where)
  return checked(journal:rows(sql, ...))
end

-- The seconds of "90d", or of a date.
local ages = { s = 1, m = 60, h = 3600, d = 86400, w = 604800 }

--- Reads an age as "90d", "2h", "30m", "45s" or "2w".
---@param text string
---@param what string  the option's name
---@return integer seconds
function M.age(text, what)
  local number, unit = text:match "^(%d+)(%l)$"
  number = number and math.tointeger(tonumber(number))
  if not number or not ages[unit] or number > 1e6 then
    errors.usage(("%s must be an age such as 90d, 2h or 30m, got '%s'"):format(what, text))
  end
  return number * ages[unit]
end

local function since_of(value)
  if value == nil then return 0 end
  if type(value) == "string" and value:find "^%d+%l$" then
    return math.floor(core.time() - M.age(value, "since")) * 1000
  end
  return math.floor((time.point(value, "since")) * 1000)
end

-- Returns whether a text holds a word, whatever their case; a word that is left out fits.
local function holds(text, word)
  return word == nil or text ~= nil and core.fold(text):find(core.fold(word), 1, true) ~= nil
end

--- Lists runs, the last one first.
---@param journal vbo.JournalHandle
---@param filter? { state: string?, runbook: string?, server: string?, since: string|number|nil,
---  rehearsal: boolean? }  runbook, server: part of the name; since: a date, or an age as "7d"
---@return vbo.RunRecord[]
function M.list(journal, filter)
  filter = filter or {}
  local rows = read(journal, "r.rehearsal = ? AND r.started >= ?", filter.rehearsal or false,
    since_of(filter.since))
  local list = {}
  for _, row in ipairs(rows) do
    local run = run_of(journal, row)
    if (filter.state == nil or run.state == filter.state) and holds(run.runbook, filter.runbook)
      and holds(run.server, filter.server) then
      list[#list + 1] = run
    end
  end
  return list
end

local function several(name, rows)
  local names = {}
  for i = 1, math.min(#rows, 5) do names[i] = rows[i].name end
  if #rows > 5 then names[6] = ("and %d more"):format(#rows - 5) end
  errors.usage(("RUN must name one run, got '%s', which fits %d"):format(name, #rows),
    "name one of " .. table.concat(names, ", "))
end

local function missing(journal, name)
  errors.raise {
    kind = "not_found", message = ("there is no run '%s' in %s"):format(name, journal:path()),
    hint = "list the runs with `vbolua runs`",
  }
end

--- Finds the run that a person names: by its name, by a part that it alone begins or ends with, or
--- as "last".  Raises `not_found`, and `usage` where several fit.
---@param journal vbo.JournalHandle
---@param name string
---@param rehearsal? boolean
---@return vbo.RunRecord run
---@return table row  of the journal
function M.find(journal, name, rehearsal)
  if name == "last" then
    local rows = read(journal, "r.id = (SELECT max(id) FROM run WHERE rehearsal = ?)",
      rehearsal or false)
    if not rows[1] then missing(journal, name) end
    return run_of(journal, rows[1])
  end
  local rows = read(journal, "r.name = ?", name)
  if not rows[1] and name:find "^[%x-]+$" then
    rows = read(journal, "r.name GLOB ? OR r.name GLOB ?", name .. "*", "*" .. name)
  end
  if not rows[1] then missing(journal, name) end
  if rows[2] then several(name, rows) end
  return run_of(journal, rows[1])
end

-- The rows of a run's steps lie close together: reading them in the order of their ids needs no
-- sort.  The + keeps SQLite from the index of `run`, whose order is another.
local in_order = "FROM step WHERE id BETWEEN ? AND ? AND +run = ? ORDER BY id"

local function bounds(journal, run)
  local found = checked(journal:rows("SELECT min(id) AS low, max(id) AS high FROM step"
    .. " WHERE run = ?", run))[1]
  return found.low or 1, found.high or 0
end

--- Iterates over the steps of a run, one row in memory at a time.
---@param journal vbo.JournalHandle
---@param run integer     id of its row
---@param columns string  SQL
---@return function, any, any, any  for a generic `for`
function M.steps(journal, run, columns)
  local low, high = bounds(journal, run)
  local next_row, state, first, held = journal:each(("SELECT %s %s"):format(columns, in_order), low,
    high, run)
  checked(next_row, state)
  return next_row, state, first, held
end

--- Iterates over the items of a run's steps, in the order of the steps.
---@param journal vbo.JournalHandle
---@param run integer
---@return function, any, any, any
function M.items(journal, run)
  local low, high = bounds(journal, run)
  local next_row, state, first, held = journal:each([[
    SELECT * FROM item WHERE step BETWEEN ? AND ?
      AND (SELECT run FROM step WHERE id = item.step) = ? ORDER BY step, number]], low, high, run)
  checked(next_row, state)
  return next_row, state, first, held
end

--- Lists the executions of a run, its sessions or its modules, as the journal has them.
---@param journal vbo.JournalHandle
---@param what "execution"|"session"|"module"
---@param run integer
---@return table[]
function M.parts(journal, what, run)
  local order = { execution = "number", session = "asked", module = "name" }
  return checked(journal:rows(("SELECT * FROM %s WHERE run = ? ORDER BY %s"):format(what,
    order[what]), run))
end

local filters = { state = "string", runbook = "string", server = "string",
  since = "string|number", rehearsal = "boolean", journal = "string" }

--- Checks the options of `runs`; raises `usage` for a wrong one.
---@param given table
---@return table given
function M.check(given)
  options_of.check(given, filters, "runs")
  for _, state in ipairs(M.states) do
    if given.state == nil or state == given.state then return given end
  end
  errors.usage(("'state' must be one of %s, got '%s'"):format(table.concat(M.states, ", "),
    given.state))
end

--- Lists the runs of this user's journal, the last one first; without a journal the list is empty.
---@param given? { state: string?, runbook: string?, server: string?, since: string|number|nil,
---  rehearsal: boolean?, journal: string? }  as `list`; journal: its file
---@return vbo.RunRecord[]
function M.runs(given)
  given = M.check(options_of.given(given, "runs"))
  local program = core.program()
  local named = given.journal or program and program.options.journal
  local journal <close> = M.open({ journal = named }, { rehearsal = given.rehearsal })
  return journal and M.list(journal, given) or {}
end

return M
