--- Connects to one server in one API version: clients.

local api = require "vbo.client.call"
local capability = require "vbo.client.capability"
local catalogue = require "vbo.catalogue"
local connect = require "vbo.client.connect"
local core = require "vbo.core"
local dialect = require "vbo.request.dialect"
local engines = require "vbo.runtime.engine"
local errors = require "vbo.base.error"
local filename = require "vbo.base.filename"
local method_of = require "vbo.base.method"
local objects = require "vbo.model.objects"
local pipeline = require "vbo.request.pipeline"
local loop = require "vbo.runtime.loop"
local receiver = require "vbo.base.receiver"
local progress = require "vbo.runtime.progress"
local runs = require "vbo.run.state"
local sessions = require "vbo.run.sessions"
local subjects = require "vbo.model.subject"
local task = require "vbo.runtime.task"

local M = {}

---@class vbo.Client
---@field version string       "v1" … "v8"
---@field server string        "https://host:port"
---@field fingerprint string   of the certificate the server showed, "sha256/BASE64"
---@field api vbo.api          every operation: `client.api.Job.StartAction{…}`, see `vbo.api`
---@field gates function[]     see `vbo.pipeline`
local Client = {}

--- Holds the methods of a client itself; `vbo.client.below` has those of what is below it.
M.methods = Client

local meta = { __name = "vbo.client" }

local computed = {
  version = function(self) return self._catalogue.version end,
  server = function(self) return self._core:origin() end,
  fingerprint = function(self) return self._core:fingerprint() end,
  api = function(self)
    local made = api.of(self)
    rawset(self, "api", made)
    return made
  end,
}

-- The methods of a client's own, and those of what it has below it, which are declared when the
-- first of them is touched.
local function method_named(key)
  local method = Client[key]
  if method ~= nil or type(key) ~= "string" or key:sub(1, 1) == "_" then return method end
  return require("vbo.client.below")[key]
end

local guards = {}
local by_name = "it is one thing, with methods by name: client:organizations()"

function meta:__len() receiver.no_list(self, by_name) end

--- Gives what can be read of it.
function meta:__pairs()
  local names, at = { "fingerprint", "server", "version" }, 0
  return function()
    at = at + 1
    local name = names[at]
    if name then return name, self[name] end
  end
end

function meta:__index(key)
  local field = computed[key]
  if field then return field(self) end
  local method = method_named(key)
  if method ~= nil then return method_of.guarded(guards, key, method, meta) end
  if math.type(key) then receiver.no_list(self, by_name) end
end

--- Returns what the REPL completes after `client.` and `client:`.
function meta:__complete()
  local members = { api = self.api, version = true, server = true, fingerprint = true }
  for _, methods in ipairs { Client, (require "vbo.client.below") } do
    for name in pairs(methods) do members[name] = self[name] end
  end
  return members
end

function meta:__tostring()
  return ("client of %s (%s)"):format(self._core:origin(), self._catalogue.version)
end

function meta:__close(err)
  if err == nil then self:close() else pcall(self.close, self) end
end

function meta:__gc() pcall(self.close, self) end

local function log_in(engine, opened, settings, version)
  local transfer, err = opened:start_login()
  if transfer then
    local held <close> = transfer
    transfer, err = loop.wait(engine, held)
  end
  if transfer then return end
  opened:close()
  connect.login_failed(err, settings, version)
end

-- A log that shows none of the secrets.
local function redacted(log)
  return function(text) log(core.redact(text)) end
end

-- Opens a client of checked settings.
local function connected(settings, journaled)
  settings.journaled = journaled
  local own_engine = engines.get()
  local version, why = connect.choose(own_engine, settings)
  local known = catalogue.load(version)
  local opened = connect.open(own_engine, settings, version)
  log_in(own_engine, opened, settings, version)
  if settings.log then
    settings.log = redacted(settings.log)
    settings.log(("connected to %s, API %s (%s)"):format(opened:origin(), version, why))
  end
  local client = {
    _core = opened, _engine = own_engine, _catalogue = known,
    _dialect = dialect.of(known, settings.zone),
    _sessions = {}, _progress = settings.progress, _log = settings.log,
    _window = opened:window(), _strict = settings.strict, _retries = settings.retries,
    _user = settings.user, _journaled = settings.journaled, gates = {},
  }
  client._client = client
  task.own(setmetatable(client, meta))
  sessions.connected(client, function(...) return objects.named "session.lost.find"(...) end)
  return client
end

--- Connects and logs in.
---
--- Takes a URL or a table: `url` or `host` and `port` (4443), `user`, `password` (a
--- secret), `ca` (a PEM file) or `pin` (the certificate's SHA-256), `version` (default the
--- newest that both sides speak), `needs` (capabilities that the runbook cannot do
--- without, see `vbo.capability`: the newest version that has them is taken), `zone` (the
--- server's own, of dates that name none up to v5: "+02:00", "local"; default UTC),
--- `connect_timeout`, `idle_timeout`, `deadline` (seconds), `retries`, `proxy`, `user_agent`,
--- `progress`, `log` (function(text): what was chosen, is asked for again and why, and how many
--- requests the server takes), `at_once` (requests to this server at most, default 64; fewer
--- as long as it is slow or refuses), `exports_at_once` (1: a second export to PST removes the
--- file of the first), `give_up_after` (seconds without a good answer, while one was waited for,
--- after which everything fails at once: 300; false: never), `strict` (raise `usage` for what is
--- a notice otherwise: a date without a time zone, `explore` without a workload), `longest_pause`
--- (seconds, default 600: a longer Retry-After of the server fails the request at once, with
--- `retry_after`).
--- VBO_HOST, VBO_USER, VBO_PASSWORD, VBO_PIN, VBO_CA, VBO_VERSION and VBO_ZONE stand in for
--- what is absent.  Raises `usage`, `trust`, `network`, `timeout`, `auth` or `unsupported`.
---@param given string|table|nil
---@return vbo.Client
function M.connect(given) return connected(connect.settings(given), runs.is_on()) end

--- Connects without a journal: for the own interface of a rehearsal server, which a run does not
--- know.
---@param given table  as `connect`
---@return vbo.Client
function M.control(given) return connected(connect.settings(given), false) end

--- Returns how many requests the server takes at once, as far as its answers show; shared by the
--- clients of the same server.
---@return {window: integer, limit: integer, running: integer, waiting: integer, pause: number,
---  given_up: boolean} load  `pause`: seconds that a Retry-After still asks for
function Client:load()
  local load, err = self._core:load()
  return load or errors.raise(err)
end

--- Returns whether the client's API version has something: a capability ("teams", "versions", …;
--- see `vbo.capability`), the name of an operation, or a list of those.  Nothing is sent.
---@param given string|string[]
---@return boolean supported
---@return table? err  what is missing, and which versions have it
function Client:supports(given)
  local err = capability.missing(self._catalogue, capability.list(given))
  return err == nil, err
end

--- Returns the path that leads here: an empty one.  (Resources ask their owner for it.)
function Client._path() return {} end

function Client:_call(intent)
  intent.path = intent.path or {}
  intent.subject = intent.subject or subjects.of(self)
  return pipeline.call(self, intent)
end

--- Returns the watcher of a transfer: the call's own choice, else the client's.
function Client:_watch(option, file)
  if option == nil then option = self._progress end
  return progress.watcher(option, filename.safe(file:match "([^/]*)$"))
end

local function close(self)
  pipeline.abandon(self)
  local failure
  -- A table that is changed while it is walked: stopping takes the session out.
  local held = {}
  for _, open in pairs(self._sessions) do held[#held + 1] = open end
  for _, open in ipairs(held) do
    local ok, err = pcall(open._release, open)
    if not ok then failure = failure or err end
  end
  rawset(self, "_closed", true)
  self._core:close()
  if failure then error(failure, 0) end
end

--- Stops the sessions that this client opened and closes the connection.  Idempotent.
--- What cannot be stopped is raised after everything else was.
function Client:close()
  if not rawget(self, "_closed") then task.shielded(close, self) end
end

--- Calls any operation of the API version by its catalogue name; see `vbo.api`.
---
--- Raises `usage` for a wrong argument (before anything is sent), `unsupported` for an
--- operation that this version lacks, and what the server's answer amounts to.
---@param name string       "Job_StartAction", in any case
---@param arguments table?  path and query parameters by name, and `body`
---@param given table?  options: `strict` (false lets unknown properties through),
---  `deadline` (seconds), `key` (names the step in the journal), `paginate` (all pages' rows as
---  one list); for an operation that
---  answers a stream those of a save (`vbo.model.save_options`): `to` (a file), `overwrite`,
---  `fsync`, `progress`, `sha256`, `check`, `manifest`
---@return any data         decoded JSON; nil for an empty answer; `vbo.Saved` for a stream
function Client:call(name, arguments, given) return api.call(self, name, arguments, given) end

return M
