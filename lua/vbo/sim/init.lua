--- Starts rehearsal servers for specs and for programs that embed this library: `vbo.sim`.
---
---     local server <close> = vbo.sim.start { weather = "storm" }
---     local client <close> = vbo.connect(server:settings())
---     …
---     print(#server:changes())
---
--- Each server is a process of its own on 127.0.0.1, with a free port and a random password.  It
--- ends with `stop`, with its scope, and with the program that started it.  It prints nothing.

local clock = require "vbo.sim.state.clock"
local connect = require "vbo.client.connect"
local errors = require "vbo.base.error"
local launch = require "vbo.sim.launch"
local options = require "vbo.base.options"
local remote = require "vbo.sim.remote"
local secret = require "vbo.base.secret"

local M = {}

---@class vbo.sim.Rehearsal
---@field url string          "https://127.0.0.1:port"
---@field user string
---@field fingerprint string  the pin, "sha256/BASE64"
local Rehearsal = {}

local meta = { __name = "vbo.sim", __index = Rehearsal }

---@class vbo.sim.StartOptions
---@field world? string
---@field weather? string|table
---@field seed? integer
---@field user? string
---@field password? string
---@field token_lifetime? integer
---@field zone? string
---@field session_idle? integer
---@field session_kept? integer
---@field ids? "backup"|"session"
---@field events? "all"|"late"|"unnamed"|"none"
---@field installation? string
---@field schedules? boolean

local spec = {
  world = "string", weather = "string|table", seed = "integer", user = "string",
  password = "string", token_lifetime = "integer", zone = "string",
  session_idle = "integer", schedules = "boolean", session_kept = "integer", ids = "string",
  events = "string", installation = "string",
}

-- Collects the rules of the weather: the name of a set or a file, one rule, or a list of those.
local function add_rules(rules, given)
  local weather = require "vbo.sim.weather"
  if type(given) == "table" and #given > 0 then
    for _, each in ipairs(given) do add_rules(rules, each) end
  elseif type(given) == "string" and not given:find "[=%s]" then
    weather.new():load(given)
    rules[#rules + 1] = { load = given }
  else
    local one = weather.new()
    one:add(given)
    rules[#rules + 1] = { add = one:list()[1].rule }
  end
  return rules
end

local function check(good, name, expected, value)
  if not good then
    errors.usage(("sim.start: option '%s' must be %s, got '%s'"):format(name, expected, value))
  end
end

local function check_words(wanted)
  local settings = require "vbo.sim.http.admin_sessions"
  for _, name in ipairs { "ids", "events" } do
    local why = wanted[name] and settings.wrong(name, wanted[name])
    if why then errors.usage("sim.start: option " .. why:sub(1, -2)) end
  end
end

-- Checks the options and returns those of the server's process.
local function process_options(wanted)
  wanted = options.check(wanted, spec, "sim.start")
  for _, name in ipairs { "world", "user", "password", "installation" } do
    check(wanted[name] ~= "", name, "a text that is not empty", wanted[name])
  end
  for name, least in pairs { token_lifetime = 1, session_idle = 0, session_kept = 0 } do
    local value = wanted[name]
    check(not value or value >= least, name, "at least " .. least .. " seconds", value)
  end
  check_words(wanted)
  local zone = wanted.zone and clock.zone(wanted.zone)
  check(zone or not wanted.zone, "zone", "a time zone such as +01:00", wanted.zone)
  return {
    world = wanted.world, user = wanted.user, password = wanted.password, seed = wanted.seed,
    token_lifetime = wanted.token_lifetime, session_idle = wanted.session_idle, zone = zone,
    no_schedules = wanted.schedules == false or nil, session_kept = wanted.session_kept,
    ids = wanted.ids, events = wanted.events, installation = wanted.installation,
    rules = wanted.weather ~= nil and add_rules({}, wanted.weather) or nil,
  }
end

--- Starts a rehearsal server.
---
--- Takes `world` (default "demo"), `weather` (the name of a set, a file, a rule, or a list of
--- those; see `vbolua sim --help`), `seed` of the weather (default 1), `user` (default
--- "admin@rehearsal.local"), `password` (default a random one), `token_lifetime` (seconds, default
--- 3600), `zone` (default "+00:00"), `session_idle` (seconds until an unused restore session stops,
--- default 900; 0: never), `session_kept` (seconds until one that ended is forgotten, default
--- never), `ids` ("session": each restore session has ids of its own, default "backup"), `events`
--- (which events of restore sessions are shown: "all", "late", "unnamed" or "none"), `installation`
--- (the server's installation id, a UUID) and `schedules` (default true; false: jobs run only when
--- they are started).  Raises `usage` for a wrong option, `unsupported` where neither the program
--- vbolua nor the module vbo.server is there to run it.
---@param wanted vbo.sim.StartOptions?
---@return vbo.sim.Rehearsal
function M.start(wanted)
  local process = launch.start(process_options(wanted))
  connect.rehearsals[process.url] = true
  return setmetatable({
    _process = process, url = process.url, user = process.user, fingerprint = process.fingerprint,
  }, meta)
end

--- Returns options of `vbo.connect` that connect to this server.
---@param more string|table?  an API version, or further options
---@return table
function Rehearsal:settings(more)
  local out = {
    url = self.url, user = self.user, password = secret.of(self._process.password),
    -- A proxy of the environment is not for a server on this machine.
    pin = self.fingerprint, proxy = "",
  }
  if type(more) == "string" then more = { version = more } end
  for name, value in pairs(more or {}) do out[name] = value end
  return out
end

-- Returns the client of the server's own interface, connected on first use.
local function admin(self)
  if not self._process._pipe then
    errors.raise { kind = "closed", message = "the rehearsal server is stopped" }
  end
  if not self._admin then
    self._admin = require("vbo.client").control(self:settings "v8")
  end
  return self._admin
end

--- Connects to the server's own interface now instead of on first use.
function Rehearsal:watch() admin(self) end

--- Lists the names of its organizations.
---@return string[]
function Rehearsal:organizations()
  local names = {}
  for each in admin(self):organizations():each() do names[#names + 1] = each.name end
  return names
end

--- Lists what changed in its production, oldest first.
---@return vbo.sim.Change[]
function Rehearsal:changes() return remote.changes(admin(self)) end

--- Lists what changed in the server itself, oldest first: jobs, settings, accounts, organizations.
---@return { sequence: integer, time: string, operation: string, what: string, subject: string? }[]
function Rehearsal:configuration() return remote.configuration(admin(self)) end

--- Keeps its production as it is now under a name.
---@param name string
function Rehearsal:snapshot(name) remote.snapshot(admin(self), name) end

--- Compares two snapshots.
---@param from string?  default "start"
---@param to string?    default "production"
---@return vbo.sim.Difference[]
function Rehearsal:diff(from, to)
  return remote.diff(admin(self), from, to)
end

local function ask(self, method, path, body)
  return remote.ask(admin(self), method, path, body)
end

--- Resets production, sessions and jobs to the start.
function Rehearsal:reset() ask(self, "POST", "/sim/reset") end

--- Changes `ids`, `events` and `session_kept` of `start` from now on.
---@param wanted { ids: string?, events: string?, session_kept: integer? }
---@return table settings  all of them
function Rehearsal:set(wanted) return ask(self, "POST", "/sim/settings", wanted) end

--- Opens a restore session as another program does.
---@param wanted { organization: string, workload: string?, user: string?, host: string?,
---  events: integer? }  workload: default "onedrive"; user: default this server's; events: how many
---  restored items its events name, default 0
---@return { id: string, state: string }
function Rehearsal:open_session(wanted) return ask(self, "POST", "/sim/sessions", wanted) end

--- Forgets the restore session with an id, or all that have ended.
---@param id string?
function Rehearsal:forget_sessions(id)
  ask(self, "DELETE", "/sim/sessions" .. (id and "?id=" .. id or ""))
end

--- Renames an organization.
---@param name string
---@param new string
function Rehearsal:rename(name, new)
  ask(self, "POST", "/sim/organizations", { name = name, rename = new })
end

--- Advances its clock: schedules run, tokens expire and unused restore sessions stop.
---@param time string|integer  seconds, or as "90m", "4h", "7d"
---@return string now  of the server, ISO 8601
function Rehearsal:advance(time) return remote.advance(admin(self), time) end

--- Signs an assertion for the log-in of a tenant or a restore operator (grants `jwt-bearer` and
--- `operator`).
---@param user string          the account of an organization, or one of its users
---@param application string?  id of one of its applications, default the first
---@return string
function Rehearsal:assertion(user, application)
  return remote.assertion(admin(self), user, application)
end

--- Adds a rule, a list of rules or the set of a name to the weather, and returns its
--- rules.  `false` removes all rules; nil only returns them.
---@param given string|table|false|nil
---@return { id: integer, rule: string, seen: integer, struck: integer }[]
function Rehearsal:weather(given) return remote.weather(admin(self), given) end

--- Returns what the server logged about failures inside it, default "".
---@return string
function Rehearsal:log() return self._process:said() end

--- Ends the server.  Idempotent.
function Rehearsal:stop()
  local client = self._admin
  self._admin = nil
  if client then pcall(client.close, client) end
  connect.rehearsals[self.url] = nil
  self._process:stop()
end

meta.__close, meta.__gc = Rehearsal.stop, Rehearsal.stop

function meta:__tostring() return "rehearsal server at " .. self.url end

return M
