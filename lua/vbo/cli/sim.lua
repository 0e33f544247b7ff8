--- Runs `vbolua sim`: a rehearsal server, and the commands that look at a running one.

local errors = require "vbo.base.error"
local nearest = require "vbo.base.nearest"

local M = {}

M.summary = "run a rehearsal server, a VB365 to try runbooks on"

M.usage = [[
usage: vbolua sim [options]      run a rehearsal server until Ctrl-C or SIGTERM
       vbolua sim changes        show what changed in its production so far
       vbolua sim snapshot NAME  keep its production as it is now under a name
       vbolua sim diff [A] [B]   compare two snapshots, default `start` and `production`
       vbolua sim advance TIME   let time pass there (90m, 4h, 7d): schedules run, sessions and
                                 tokens end
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

local commands = {}

--- Connects to the server that the environment names, past a proxy where it is on this machine.
local function connect()
  local host = (os.getenv "VBO_HOST" or ""):gsub("^%a+://", ""):gsub(":%d+$", "")
  local here = require("vbo.sim.http.serve").loopback(host)
  return require("vbo").connect(here and { proxy = "" } or {})
end

--- Prints what a run changed.
function commands.changes(arguments)
  if arguments[2] then errors.usage("unexpected argument: " .. arguments[2]) end
  local changes = require "vbo.sim.state.changes"
  local client <close> = connect()
  for _, line in ipairs(changes.lines(changes.list(client))) do io.stdout:write(line, "\n") end
  local rows = changes.configuration(client)
  if rows[1] then io.stdout:write "jobs and settings of the server\n" end
  for _, line in ipairs(changes.configuration_lines(rows)) do io.stdout:write(line, "\n") end
  return 0
end

--- Keeps production under a name.
function commands.snapshot(arguments)
  if not arguments[2] then errors.usage("sim snapshot needs a name") end
  if arguments[3] then errors.usage("unexpected argument: " .. arguments[3]) end
  local client <close> = connect()
  require("vbo.sim.state.changes").snapshot(client, arguments[2])
  return 0
end

--- Prints what differs between two snapshots, as a tree.
function commands.diff(arguments)
  if arguments[4] then errors.usage("unexpected argument: " .. arguments[4]) end
  local changes = require "vbo.sim.state.changes"
  local client <close> = connect()
  local rows = changes.diff(client, arguments[2] or "start", arguments[3] or "production")
  for _, line in ipairs(changes.tree(rows)) do io.stdout:write(line, "\n") end
  io.stdout:write(changes.summary(rows), "\n")
  return 0
end

--- Lets time pass.
function commands.advance(arguments)
  if not arguments[2] then errors.usage("sim advance needs a time", "write it as 90m, 4h or 7d") end
  if arguments[3] then errors.usage("unexpected argument: " .. arguments[3]) end
  local client <close> = connect()
  local now = require("vbo.sim.state.changes").advance(client, arguments[2])
  io.stdout:write("time: ", now, "\n")
  return 0
end

--- Signs an assertion, as an organization's identity provider would.
function commands.assertion(arguments)
  if not arguments[2] then errors.usage("sim assertion needs the name of an account") end
  if arguments[4] then errors.usage("unexpected argument: " .. arguments[4]) end
  local client <close> = connect()
  local text = require("vbo.sim.state.changes").assertion(client, arguments[2], arguments[3])
  io.stdout:write(text, "\n")
  return 0
end

--- Records a real server as a folder.
function commands.record(arguments)
  return require("vbo.cli.sim.record").run(table.move(arguments, 2, #arguments, 1, {}))
end

local function address_and_port(text)
  local address, port = text:match "^%[(.+)%]:(%d+)$"
  if not address then address, port = text:match "^([^:]*):(%d+)$" end
  port = math.tointeger(tonumber(port))
  if not port or port > 65535 then
    errors.usage(("--listen must be ADDR:PORT, got '%s'"):format(text),
      "write it as 127.0.0.1:4443")
  end
  return address ~= "" and address or "127.0.0.1", port
end

local function zone(text)
  local sign, hours, minutes = text:match "^([+-])(%d%d):(%d%d)$"
  if not sign or tonumber(hours) > 14 or tonumber(minutes) > 59 then
    errors.usage(("--zone must be +HH:MM or -HH:MM, got '%s'"):format(text), "write it as +01:00")
  end
  return (tonumber(hours) * 3600 + tonumber(minutes) * 60) * (sign == "-" and -1 or 1)
end

local function seconds(name, least)
  return function(text)
    local value = math.tointeger(tonumber(text))
    if not value or value < least then
      errors.usage(("%s must be a whole number of seconds, at least %d, got '%s'"):format(name,
        least, text))
    end
    return value
  end
end

local function whole(text)
  return math.tointeger(tonumber(text))
    or errors.usage(("--seed must be a whole number, got '%s'"):format(text))
end

local function filled(name)
  return function(text)
    if text == "" then errors.usage(name .. " must not be empty") end
    return text
  end
end

local readers = {
  ["--listen"] = address_and_port, ["--user"] = filled "--user",
  ["--password"] = filled "--password", ["--world"] = filled "--world",
  ["--token-lifetime"] = seconds("--token-lifetime", 1),
  ["--session-idle"] = seconds("--session-idle", 0), ["--zone"] = zone, ["--seed"] = whole,
  ["--weather"] = filled "--weather", ["--fault"] = filled "--fault",
}

-- Options without a value.
local flags = { ["--deaf"] = true, ["--no-outlook"] = true, ["--no-schedules"] = true }

--- The options, and the commands below it, as `vbolua complete` offers them.
M.options = {}
for name in pairs(readers) do M.options[name:sub(3)] = "value" end
for name in pairs(flags) do M.options[name:sub(3)] = "flag" end
M.subcommands = {
  advance = { summary = "let time pass" },
  assertion = { summary = "sign an assertion to log in with" },
  changes = { summary = "show what changed in production" },
  diff = { summary = "compare two snapshots" },
  record = setmetatable({ summary = "record a server as a world" }, {
    __index = function(_, key) return require("vbo.cli.sim.record")[key] end,
  }),
  snapshot = { summary = "keep production as it is now" },
}

--- Reads "--name value" and "--name=value".
local function options_of(arguments)
  local found, i, names = {}, 1, {}
  for name in pairs(readers) do names[#names + 1] = name end
  table.sort(names)
  found.weather = {}
  while arguments[i] do
    local name, value = arguments[i]:match "^(%-%-[^=]+)=(.*)$"
    name = name or arguments[i]
    local reader = readers[name]
    if flags[arguments[i]] then
      reader, value = function() return true end, ""
    elseif not reader then
      local near = nearest(name, names)
      errors.usage("unknown option: " .. name, near and "did you mean " .. near .. "?" or nil)
    end
    if not value then
      i = i + 1
      value = arguments[i] or errors.usage(name .. " needs a value")
    end
    found[name] = table.pack(reader(value))
    if name == "--weather" or name == "--fault" then
      table.insert(found.weather, { value, rule = name == "--fault" })
    end
    i = i + 1
  end
  return found
end

--- Returns the weather of the command line, in its order.
local function weather_of(given)
  local weather = require("vbo.sim.weather").new { seed = given["--seed"] and given["--seed"][1] }
  for _, each in ipairs(given.weather) do
    if each.rule then weather:add(each[1]) else weather:load(each[1]) end
  end
  return weather
end

local function ready(server, app)
  io.stdout:write(
    "listening: ", server:url(), "\n",
    "user: ", app.user, "\n",
    "password: ", app.password, "\n",
    "fingerprint: ", server:fingerprint(), "\n")
  io.stdout:flush()
end

--- Runs the command.
---@param arguments string[]
---@return integer status
function M.run(arguments)
  local first = arguments[1]
  if first and commands[first] then return commands[first](arguments) end
  local given = options_of(arguments)
  local function option(name) return given[name] and given[name][1] or nil end
  local world, message = require("vbo.sim.world").open(option "--world" or "demo")
  if not world then errors.usage(message) end
  local listen = given["--listen"] or { "127.0.0.1", 4443 }
  require("vbo.sim.http.serve").run {
    address = listen[1], port = listen[2], ready = ready, deaf = option "--deaf",
    weather = weather_of(given),
    log = function(text) io.stderr:write("vbolua sim: ", text, "\n") end,
    app = {
      world = world, user = option "--user", password = option "--password",
      token_lifetime = option "--token-lifetime", zone = option "--zone",
      no_outlook = option "--no-outlook", no_schedules = option "--no-schedules",
      session_idle = option "--session-idle",
    },
  }
  return 0
end

return M
