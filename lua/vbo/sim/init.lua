--- Rehearsal servers for specs and for programs that embed this library: `vbo.sim`.
---
---     local server <close> = vbo.sim.start { weather = "storm" }
---     local client <close> = vbo.connect(server:settings())
---     …
---     print(#server:changes())
---
--- Each server is a process of its own on 127.0.0.1, with a free port and a random password; it
--- ends with `stop`, with its scope, and with the program that started it.  Nothing is printed.

local changes = require "vbo.sim.state.changes"
local connect = require "vbo.client.connect"
local errors = require "vbo.base.error"
local launch = require "vbo.sim.launch"
local options = require "vbo.base.options"
local pipeline = require "vbo.request.pipeline"
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
---@field schedules? boolean

local spec = {
  world = "string", weather = "string|table", seed = "integer", user = "string",
  password = "string", token_lifetime = "integer", zone = "string",
  session_idle = "integer", schedules = "boolean",
}

--- The weather as arguments: the name of a set or a file, one rule, or a list of those.
local function add_weather(arguments, given)
  local weather = require "vbo.sim.weather"
  if type(given) == "table" and #given > 0 then
    for _, each in ipairs(given) do add_weather(arguments, each) end
  elseif type(given) == "string" and not given:find "[=%s]" then
    weather.new():load(given)
    table.move({ "--weather", given }, 1, 2, #arguments + 1, arguments)
  else
    local one = weather.new()
    one:add(given)
    table.move({ "--fault", one:list()[1].rule }, 1, 2, #arguments + 1, arguments)
  end
end

--- Starts a rehearsal server.
---
--- Takes `world` ("demo"), `weather` (the name of a set, a file, a rule, or a list of those; see
--- `vbolua sim --help`), `seed` of the weather, `user`, `password`, `token_lifetime` (seconds),
--- `zone` ("+01:00"), `session_idle` (seconds until a restore session that nobody uses stops;
--- 0: never) and `schedules` (false: jobs never run by themselves).  A password that is given
--- shows in the list of processes; the random one does not.  Raises `usage` for what makes no
--- sense, `unsupported` where neither the program vbolua nor the module vbo.server is there to
--- run it.
---@param wanted vbo.sim.StartOptions?
---@return vbo.sim.Rehearsal
function M.start(wanted)
  wanted = options.check(wanted, spec, "sim.start")
  local arguments = { "--listen", "127.0.0.1:0", "--deaf" }
  for _, name in ipairs { "world", "seed", "user", "password", "token_lifetime", "zone",
    "session_idle" } do
    if wanted[name] ~= nil then
      arguments[#arguments + 1] = ("--%s=%s"):format(name:gsub("_", "-"), wanted[name])
    end
  end
  if wanted.schedules == false then arguments[#arguments + 1] = "--no-schedules" end
  if wanted.weather ~= nil then add_weather(arguments, wanted.weather) end
  local process = launch.start(arguments)
  process.password = wanted.password or process.password
  connect.rehearsals[process.url] = true
  return setmetatable({
    _process = process, url = process.url, user = process.user, fingerprint = process.fingerprint,
  }, meta)
end

--- Options of `vbo.connect` that lead to this server.
---@param more string|table?  an API version, or further options
---@return table
function Rehearsal:settings(more)
  local out = {
    url = self.url, user = self.user, password = secret.of(self._process.password),
    -- What the environment names as a proxy is for other servers than one on this machine.
    pin = self.fingerprint, proxy = "",
  }
  if type(more) == "string" then more = { version = more } end
  for name, value in pairs(more or {}) do out[name] = value end
  return out
end

-- The connection to the server's own interface.
local function admin(self)
  if not self._process._pipe then
    errors.raise { kind = "closed", message = "the rehearsal server is stopped" }
  end
  if not self._admin then
    self._admin = require("vbo.client").connect(self:settings "v8")
  end
  return self._admin
end

--- Connects to the server's own interface now rather than when it is first asked.
function Rehearsal:watch() admin(self) end

--- The names of its organizations.
---@return string[]
function Rehearsal:organizations()
  local names = {}
  for each in admin(self):organizations():each() do names[#names + 1] = each.name end
  return names
end

--- What changed in its production, in the order it happened.
---@return vbo.sim.Change[]
function Rehearsal:changes() return changes.list(admin(self)) end

--- What changed in the server itself: jobs, settings, accounts, organizations, in the order it
--- happened.
---@return { sequence: integer, time: string, operation: string, what: string, subject: string? }[]
function Rehearsal:configuration() return changes.configuration(admin(self)) end

--- Keeps its production as it is now under a name.
---@param name string
function Rehearsal:snapshot(name) changes.snapshot(admin(self), name) end

--- What differs between two snapshots ("start" and "production" unless told).
---@param from string?
---@param to string?
---@return vbo.sim.Difference[]
function Rehearsal:diff(from, to)
  return changes.diff(admin(self), from or "start", to or "production")
end

local function ask(self, method, path, body)
  return pipeline.run(admin(self), {
    operation = "sim", method = method, path = path, body = body, change = method ~= "GET",
  }, 1).data
end

--- Production, sessions and jobs as at the start.
function Rehearsal:reset() ask(self, "POST", "/sim/reset") end

--- Lets time pass: schedules run, tokens and sessions that nobody uses end.
---@param time string|integer  seconds, or as "90m", "4h", "7d"
---@return string now  the time it is there then, ISO 8601
function Rehearsal:advance(time) return changes.advance(admin(self), time) end

--- Signs an assertion for the log-in of a tenant or a restore operator (grants `jwt-bearer` and
--- `operator`).
---@param user string          the account of an organization, or one of its users
---@param application string?  id of one of its applications (default the first)
---@return string
function Rehearsal:assertion(user, application)
  return changes.assertion(admin(self), user, application)
end

--- Adds a rule to the weather, a list of rules, or the name of a set; `false` clears the sky;
--- nil changes nothing.
---@param given string|table|false|nil
---@return { id: integer, rule: string, seen: integer, struck: integer }[]
function Rehearsal:weather(given)
  if given == nil then return ask(self, "GET", "/sim/weather") end
  if given == false then return ask(self, "DELETE", "/sim/weather") end
  return ask(self, "POST", "/sim/weather", given)
end

--- What the server said about failures inside it; "" when there were none.
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
