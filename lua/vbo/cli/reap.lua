--- Runs `vbolua reap`: stops the restore sessions that dead runs left on servers.

local core = require "vbo.core"
local errors = require "vbo.base.error"
local formats = require "vbo.cli.common.formats"
local history = require "vbo.run.history"
local json = require "vbo.base.json"
local login = require "vbo.cli.common.login"
local options_of = require "vbo.cli.common.options"
local output = require "vbo.cli.common.output"
local runs = require "vbo.cli.runs"
local table_of = require "vbo.cli.common.table"

local M = {}

M.summary = "stop the restore sessions that dead runs left open"

M.usage = [[
usage: vbolua reap [options]

Stops the restore sessions that the journal knows of runs that died, and only those.  A session in
which a restore is still under way is left, and named; so are sessions that the journal cannot tell
from those of others.

  --server TEXT        only those on servers whose name holds TEXT
  --older AGE          only those that were opened longer ago, as 2h, 30m or 7d
  --stop-running       stop also those in which a restore is under way
  --journal FILE       look into this journal
  --json, --csv, --ndjson
                       print JSON, CSV or one JSON object a line instead of a table

  --user U, --pin P, --ca FILE, --version V, --password-file FILE
                       instead of VBO_USER, VBO_PIN, VBO_CA, VBO_VERSION and VBO_PASSWORD

The exit status is 10 when a session could not be stopped.
]]

--- The options, as `vbo.cli.common.options` reads them; `vbolua complete` offers them.
M.options = {
  server = "value", older = "value", ["stop-running"] = "flag", journal = "value", json = "flag",
  csv = "flag", ndjson = "flag", user = "value", pin = "value", ca = "value", version = "value",
  ["password-file"] = "value", password = "value",
}

local fields = { "run", "session", "server", "workload", "opened", "done", "why" }

local function connector(options)
  return function(host, account)
    return login.open({ host = host, user = options.user or os.getenv "VBO_USER" or account,
      pin = options.pin, ca = options.ca, ["password-file"] = options["password-file"] },
      options.version)
  end
end

local function print_rows(rows, format)
  if format then return output.print(json.array(rows), { format = format,
    schema = { order = fields } }) end
  local cells = {}
  for i, row in ipairs(rows) do
    cells[i] = {}
    for n, name in ipairs(fields) do cells[i][n] = row[name] end
  end
  table_of.write(fields, cells, {
    write = output.write, chosen = true, width = core.isatty(1) and core.columns() or nil,
    kept = { run = true, done = true },
    note = function() io.stderr:write "vbolua reap: no session of a dead run is open\n" end,
  })
end

--- Runs the command.
---@param arguments string[]
---@return integer? status
function M.run(arguments)
  local options, words = options_of.read(arguments, M.options)
  login.check(options)
  if words[1] then errors.usage("unexpected argument: " .. words[1]) end
  local format = formats.chosen(options, runs.formats)
  local older = options.older and history.age(options.older, "--older") or nil
  local journal <close> = runs.open(options, { writable = true })
  local rows = journal and require "vbo.run.sessions".reap(journal, {
    connect = connector(options), server = options.server, older = older,
    stop_running = options["stop-running"] or false,
  }) or {}
  local failed = false
  for _, row in ipairs(rows) do
    row.opened = history.moment(row.opened)
    failed = failed or row.done == "failed"
    for _, name in ipairs(fields) do if row[name] == nil then row[name] = json.null end end
  end
  print_rows(rows, format)
  return failed and core.kinds.partial or 0
end

return M
