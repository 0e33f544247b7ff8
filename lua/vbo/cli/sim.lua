--- Runs `vbolua sim`: a rehearsal server, and the subcommands that look at a running one.

local errors = require "vbo.base.error"
local serve = require "vbo.cli.sim.serve"

local M = {}

M.summary = "run a rehearsal server, a VB365 to try runbooks on"

M.usage = [[
usage: vbolua sim [options]      run a rehearsal server until Ctrl-C or SIGTERM
       vbolua sim changes        show what changed in its production so far
       vbolua sim snapshot NAME  keep its production as it is now under a name
       vbolua sim diff [A] [B]   compare two snapshots, default `start` and `production`
       vbolua sim advance TIME   let time pass there (90m, 4h, 7d): schedules run, sessions and
                                 tokens end
       vbolua sim weather [RULE] show the rules of its weather and how often each struck, after
                                 adding one, or with `clear` none
       vbolua sim assertion USER [APPLICATION]
                                 sign an assertion that a tenant or a restore operator logs in
                                 with, for an application of its organization
       vbolua sim record --out DIR
                                 read a real server and write a world (`sim record --help`)

  --listen ADDR:PORT         where to listen (default 127.0.0.1:4443; port 0 takes a free one)
  --user U                   the account (default admin@rehearsal.local)
  --password P               its password (default a random one)
  --world NAME               what the server holds (default demo); generated, as in
                             big:users=2000,docs=1000000,seed=7 (also mails=, folders=); or a
                             folder of files and mail: DIR/drives/ADDRESS, DIR/mail/ADDRESS,
                             DIR/world.lua; or what sim record wrote
  --token-lifetime SECONDS   how long an access token is valid (default 3600)
  --session-idle SECONDS     when an unused restore session stops by itself (default 900; 0: never)
  --session-kept SECONDS     when a session that ended is forgotten (default: the last thousand are
                             kept)
  --ids backup|session       whether each restore session has ids of its own (default backup)
  --events WHICH             which events of restore sessions are shown: all, late (after a
                             minute), unnamed (without items) or none (default all)
  --installation UUID        the server's installation id (default a new one)
  --weather NAME|FILE        what goes wrong on the way: storm, slow, busy, or rules in a file (Lua
                             or JSON); may be given several times
  --fault 'RULE'             one rule, as 'operation=OneDrive*Save* nth=2 reset_at=5000'; may be
                             given several times
  --seed N                   the seed of the weather (default 1)
  --no-outlook               make exports to PST fail, as on a server without Outlook
  --no-schedules             run jobs only when they are started, never by their schedules
  --deaf                     go on when SIGINT or SIGTERM comes
  --zone +HH:MM              the server's time zone, in which v1 and v2 report times (+00:00)

When it is ready it prints four lines: listening, user, password and fingerprint (the pin).
The other commands find the server by VBO_HOST, VBO_USER, VBO_PASSWORD and VBO_PIN.
]]

--- The options by name, and the subcommands, as `vbolua complete` offers them.
M.options = serve.options
M.subcommands = {
  advance = { summary = "advance the clock" },
  assertion = { summary = "sign an assertion to log in with" },
  changes = { summary = "show what changed in production" },
  diff = { summary = "compare two snapshots" },
  record = setmetatable({ summary = "record a server as a world" }, {
    __index = function(_, key) return require("vbo.cli.sim.record")[key] end,
  }),
  snapshot = { summary = "keep production as it is now" },
  weather = { summary = "show the rules of the weather, add one" },
}

-- Connects to the server that the environment names, without a proxy where it is on this machine.
local function connect()
  local host = (os.getenv "VBO_HOST" or ""):gsub("^%a+://", ""):gsub(":%d+$", "")
  local here = require("vbo.sim.http.serve").loopback(host)
  return require("vbo.client").control(here and { proxy = "" } or {})
end

local function print_lines(lines)
  for _, line in ipairs(lines) do io.stdout:write(line, "\n") end
end

-- Each takes a client and the words behind its name.
local commands = {}

function commands.changes(client)
  local remote, changes = require "vbo.sim.remote", require "vbo.cli.common.changes"
  print_lines(changes.lines(remote.changes(client)))
  local rows = remote.configuration(client)
  if rows[1] then io.stdout:write "jobs and settings of the server\n" end
  print_lines(changes.configuration_lines(rows))
end

function commands.snapshot(client, name) require("vbo.sim.remote").snapshot(client, name) end

function commands.diff(client, from, to)
  local changes = require "vbo.cli.common.changes"
  local rows = require("vbo.sim.remote").diff(client, from, to)
  print_lines(changes.tree(rows))
  io.stdout:write(changes.summary(rows), "\n")
end

function commands.advance(client, time)
  io.stdout:write("time: ", require("vbo.sim.remote").advance(client, time), "\n")
end

function commands.assertion(client, user, application)
  io.stdout:write(require("vbo.sim.remote").assertion(client, user, application), "\n")
end

function commands.weather(client, rule)
  if rule == "clear" then rule = false end
  for _, each in ipairs(require("vbo.sim.remote").weather(client, rule)) do
    io.stdout:write(("%d of %d: %s\n"):format(each.struck, each.seen, each.rule))
  end
end

-- The most arguments of each, and the error where the first is missing.
local most <const> = { changes = 0, snapshot = 1, diff = 2, advance = 1, assertion = 2,
  weather = 1 }
local needs <const> = {
  snapshot = { "sim snapshot needs a name" },
  advance = { "sim advance needs a time", "write it as 90m, 4h or 7d" },
  assertion = { "sim assertion needs the name of an account" },
}

--- Runs the command.
---@param arguments string[]
---@return integer status
function M.run(arguments)
  local name = arguments[1]
  local rest = table.move(arguments, 2, #arguments, 1, {})
  if name == "record" then return require("vbo.cli.sim.record").run(rest) end
  local command = name and commands[name]
  if not command then return serve.run(arguments) end
  if needs[name] and not rest[1] then errors.usage(table.unpack(needs[name])) end
  local surplus = rest[most[name] + 1]
  if surplus then errors.usage("unexpected argument: " .. surplus) end
  local client <close> = connect()
  command(client, table.unpack(rest))
  return 0
end

return M
