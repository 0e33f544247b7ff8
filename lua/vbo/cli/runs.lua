--- Runs `vbolua runs`: lists the runs of the journal; its subcommands show, hand over and forget
--- them.

local core = require "vbo.core"
local errors = require "vbo.base.error"
local formats = require "vbo.cli.common.formats"
local history = require "vbo.run.history"
local json = require "vbo.base.json"
local nearest = require "vbo.base.nearest"
local options_of = require "vbo.cli.common.options"
local output = require "vbo.cli.common.output"
local table_of = require "vbo.cli.common.table"

local M = {}

M.summary = "list the runs of runbooks, show, hand over and forget them"

M.usage = [[
usage: vbolua runs [options]                list the runs, the last one first
       vbolua runs show RUN [options]       show a run: its steps, and what became of each
       vbolua runs export RUN [-o FILE]     write a run to a file, for a colleague to resume
       vbolua runs import FILE              take over a run that was exported
       vbolua runs forget RUN               delete a run from the journal
       vbolua runs prune --older AGE        delete the runs that ended well, older than 90d
RUN is the name of a run, a part that it alone begins or ends with, or `last`

  --state STATE        list those that are running, ended, failed, stopped, died or moved
  --runbook TEXT       list those whose runbook's path holds TEXT
  --server TEXT        list those whose server's name holds TEXT
  --since DATE|AGE     list those that were started since then (2026-11-30T18:00:00Z, 7d, 2h)
  --rehearsal          look at the rehearsals, which have a journal of their own
  --journal FILE       look into this journal
  --json, --csv, --ndjson
                       print JSON, CSV or one JSON object a line instead of a table

options of a subcommand
  show    --watch      follow a live run until it ends; --json, --csv and --ndjson as above
  export  --output FILE, -o FILE
                       where to write (default standard output); the run is marked as moved and
                       cannot be resumed from this journal
  forget  --yes        do not ask
  forget  --force      forget also steps whose outcome is unknown
  prune   --older AGE  as 90d, 12h or 30m
]]

--- The options, as `vbo.cli.common.options` reads them; `vbolua complete` offers them.
M.options = {
  state = "value", runbook = "value", server = "value", since = "value", rehearsal = "flag",
  journal = "value", json = "flag", csv = "flag", ndjson = "flag",
}

local common = { journal = "value", rehearsal = "flag" }
local function with(more)
  for name, kind in pairs(common) do more[name] = kind end
  return more
end

--- The subcommands; `runs`: words stand for runs.
M.subcommands = {
  show = { summary = "show the steps of a run", runs = true, options = with {
    json = "flag", csv = "flag", ndjson = "flag", watch = "flag" } },
  export = { summary = "write a run to a file", runs = true, options = with { output = "value" } },
  import = { summary = "take over a run from a file", files = true, options = with {} },
  forget = { summary = "delete a run", runs = true, options = with {
    yes = "flag", force = "flag" } },
  prune = { summary = "delete old runs that ended well", options = with { older = "value" } },
}

--- Returns the options of the journal, as `vbo.run.place` reads them.
local function named(options)
  local program = core.program()
  return { journal = options.journal or program and program.options.journal }
end

--- Opens the journal that the options name.
---@param options table
---@param given? { writable: boolean?, create: boolean? }
---@return vbo.JournalHandle? journal
---@return string path
function M.open(options, given)
  given = given or {}
  return history.open(named(options), { rehearsal = options.rehearsal, writable = given.writable,
    create = given.create })
end

--- Opens the journal that the options name; raises `not_found` for a missing file.
---@param options table
---@param given? { writable: boolean? }
---@return vbo.JournalHandle
function M.journal(options, given)
  local journal, path = M.open(options, given)
  return journal or errors.raise { kind = "not_found", message = "there is no journal " .. path,
    hint = "the first change or save of a runbook makes it; --journal names another" }
end

--- Returns the word that names a run; raises `usage` without one, and for more.
---@param words string[]
---@param command string
---@return string
function M.word(words, command)
  if not words[1] then
    errors.usage(("%s needs a run"):format(command), "name it; `vbolua runs` lists them")
  end
  if words[2] then errors.usage("unexpected argument: " .. words[2]) end
  return words[1]
end

local fields = { "run", "state", "kind", "runbook", "server", "started", "ended", "steps", "done",
  "failed", "unknown", "left", "skipped", "executions", "status", "error", "reason", "operator",
  "host", "version", "arguments", "rehearsal", "retry_of", "moved_to", "moved_from" }

--- Returns a run with each of its fields, null where it has no value: the columns of CSV do not
--- depend on the rows.
---@param run vbo.RunRecord
---@return table
function M.whole(run)
  local whole = {}
  for _, name in ipairs(fields) do whole[name] = run[name] == nil and json.null or run[name] end
  return whole
end

local columns = { "run", "runbook", "server", "done", "failed", "unknown", "left", "state" }
-- Where there is room: the name of a run begins with the time of its start (UTC).
local wide <const> = 110

local function cells_of(run, is_wide)
  local cells = { run.run, (run.runbook or run.kind):match "[^/]*$",
    (run.server or ""):gsub("^https://", ""), run.done, run.failed, run.unknown, run.left,
    run.state }
  if is_wide then table.insert(cells, 2, run.started) end
  return cells
end

local function print_table(list)
  local width = core.isatty(1) and core.columns() or nil
  local is_wide = not width or width >= wide
  local names = table.move(columns, 1, #columns, 1, {})
  if is_wide then table.insert(names, 2, "started") end
  local rows = {}
  for i, run in ipairs(list) do rows[i] = cells_of(run, is_wide) end
  table_of.write(names, rows, {
    write = output.write, chosen = true, width = width,
    kept = { run = true, started = true, state = true },
    note = function(message) io.stderr:write("vbolua runs: ", message, "\n") end,
  })
end

--- The formats that flags name.
M.formats = { "json", "csv", "ndjson" }

local function list(arguments)
  local options, words = options_of.read(arguments, M.options)
  if words[1] then errors.usage("unexpected argument: " .. words[1]) end
  local format = formats.chosen(options, M.formats)
  local filter = history.check { state = options.state, runbook = options.runbook,
    server = options.server, since = options.since, rehearsal = options.rehearsal }
  local journal <close> = M.open(options)
  local found = journal and history.list(journal, filter) or {}
  if not format then return print_table(found) end
  for i, run in ipairs(found) do found[i] = M.whole(run) end
  output.print(json.array(found), { format = format, schema = { order = fields } })
end

local commands = {
  show = "vbo.cli.runs.show", export = "vbo.cli.runs.transfer", import = "vbo.cli.runs.transfer",
  forget = "vbo.cli.runs.remove", prune = "vbo.cli.runs.remove",
}

-- "-o FILE" is short for "--output FILE".
local function spelled(arguments)
  local words = {}
  for i = 2, #arguments do
    words[i - 1] = arguments[i] == "-o" and "--output" or arguments[i]
  end
  return words
end

--- Runs the command.
---@param arguments string[]
---@return integer? status
function M.run(arguments)
  local name = arguments[1] or ""
  if not commands[name] then
    if name ~= "" and name:sub(1, 1) ~= "-" then
      local near = nearest(name, { "show", "export", "import", "forget", "prune" })
      errors.usage(("runs has no command '%s'"):format(name),
        near and ("did you mean %s?"):format(near) or "`vbolua runs show RUN` shows a run")
    end
    return list(arguments)
  end
  local options, words = options_of.read(spelled(arguments), M.subcommands[name].options)
  return require(commands[name])[name](M, options, words)
end

return M
