--- Finds out where to connect, as whom, and in which API version.

local ascii = require "vbo.base.ascii"
local capability = require "vbo.client.capability"
local catalogue = require "vbo.catalogue"
local core = require "vbo.core"
local errors = require "vbo.base.error"
local loop = require "vbo.runtime.loop"
local nearest = require "vbo.base.nearest"
local options = require "vbo.base.options"
local secret = require "vbo.base.secret"
local runs = require "vbo.run.state"
local time = require "vbo.base.time"

local M = {}

--- Holds a rehearsal's hook: function(settings) that may lead a checked call elsewhere, before the
--- environment is read.  nil: none.
M.divert = nil

--- Lists the URLs of rehearsal servers that this program started itself.
M.rehearsals = {}

local spec = {
  url = "string", host = "string", port = "integer", user = "string", password = "any",
  ca = "string", pin = "string", version = "string|integer", proxy = "string",
  connect_timeout = "number", idle_timeout = "number", deadline = "number",
  retries = "integer", progress = "boolean|function", log = "function", user_agent = "string",
  needs = "string|table", zone = "string|number", at_once = "integer",
  exports_at_once = "integer", give_up_after = "number|boolean", strict = "boolean",
  longest_pause = "number",
}

-- Bounds of numeric options; seconds as the core takes them.
local day <const> = 86400
local ranges = {
  retries = { 0, 1000 }, port = { 1, 65535 }, at_once = { 1, 10000 },
  exports_at_once = { 1, 10000 }, connect_timeout = { 0.001, 24 * day },
  idle_timeout = { 0.001, 24 * day }, deadline = { 0.001, 36500 * day },
  longest_pause = { 0.001, 366 * day },
}

-- In seconds: thirty years.
local never <const> = 1e9

-- Read when the option is absent, so that one runbook serves every server.
local environment = {
  host = "VBO_HOST", user = "VBO_USER", pin = "VBO_PIN", ca = "VBO_CA", version = "VBO_VERSION",
  zone = "VBO_ZONE",
}

--- Returns the caller's options with the environment behind them.
---@param given string|table|nil  a URL, or options
---@return table settings
function M.settings(given)
  if type(given) == "string" then given = { url = given } end
  local settings = {}
  for name, value in pairs(options.check(given, spec, "connect")) do settings[name] = value end
  for name, range in pairs(ranges) do
    local value = settings[name]
    if value and (value < range[1] or value > range[2]) then
      errors.usage(("connect: '%s' must be %s to %d, got %s"):format(name, range[1], range[2],
        value))
    end
  end
  local patience = settings.give_up_after
  if patience == true or patience and patience <= 0 then
    errors.usage("connect: 'give_up_after' is a number of seconds, or false")
  end
  if settings.url and settings.host then
    errors.usage("connect: give 'url' or 'host', not both")
  end
  if M.divert then M.divert(settings) end
  local from_environment = not settings.url and not settings.host
  for name, variable in pairs(environment) do
    local value = runs.setting(variable)
    -- An authority given in the call must not be mixed with a pin of the environment.
    local trusted = (name == "pin" or name == "ca") and (settings.pin or settings.ca)
    if settings[name] == nil and value and value ~= "" and not trusted
        and not (name == "host" and settings.url) then
      settings[name] = value
    end
  end
  settings.url = M.url(settings, from_environment and "VBO_HOST" or nil)
  if not settings.user then
    errors.usage("connect needs the option 'user'", "or set VBO_USER")
  end
  if settings.password ~= nil then
    settings.password = secret.from(settings.password, "password")
  elseif os.getenv "VBO_PASSWORD" then
    settings.password = secret.env "VBO_PASSWORD"
  else
    errors.usage("connect needs the option 'password'",
      "set VBO_PASSWORD, or give vbo.secret.prompt(), .file(path) or .env(name)")
  end
  if settings.version then settings.version = M.version(settings.version) end
  settings.zone = time.zone(settings.zone, "zone")
  settings.needs = capability.list(settings.needs or {})
  return settings
end

-- Explains what is wrong with a server's URL beside its host; nil when all is right.
local function problem_with(authority, rest)
  if authority:find("@", 1, true) then
    return "cannot hold a user name or a password", "name them as the options 'user' and 'password'"
  elseif rest:find("?", 1, true) then
    return "cannot have a query", "write https://host, https://host:port or https://host/path"
  elseif rest:find("#", 1, true) then
    return "cannot have a fragment", "write https://host, https://host:port or https://host/path"
  end
  local version = rest:match "/([Vv]%d+)/*$"
  if version then
    return ("cannot name an API version, got /%s"):format(version),
      ("leave it out; version = \"%s\" pins one"):format(ascii.lower(version))
  end
end

local function port_of(authority, settings, named)
  local port = not authority:find "^%[?%x*:[%x:]*:%x*$" and authority:match ":(%d*)$"
  if not port then return ":" .. (settings.port or 4443) end
  local number = tonumber(port)
  if not number or number < 1 or number > 65535 then
    errors.usage(("connect: the port of %s must be 1 to 65535, got '%s'"):format(named, port))
  elseif settings.port and settings.port ~= number then
    errors.usage(("connect: %s names port %d, and option 'port' is %d"):format(named, number,
      settings.port), "give one of them")
  end
  return ""
end

--- Returns "https://host:port/path" of the settings; the default port is 4443.  The path is that of
--- a reverse proxy, and every request begins with it.
---@param settings table
---@param named string  where the address was given, for messages ("option 'url'", "VBO_HOST")
---@return string
function M.url(settings, named)
  local address = settings.url or settings.host
  if not address or address == "" then
    errors.usage("connect needs a server: a URL, or the option 'host'", "or set VBO_HOST")
  end
  named = named or settings.url and "option 'url'" or "option 'host'"
  local scheme, rest = address:match "^(%a[%w+.-]*)://(.*)$"
  if scheme and ascii.lower(scheme) ~= "https" then
    errors.usage(("connect: the API is served over https only, not %s"):format(scheme))
  end
  local authority, path = (rest or address):match "^([^/?#]*)(.*)$"
  local problem, hint = problem_with(authority, path)
  if problem then errors.usage(("connect: %s %s"):format(named, problem), hint) end
  return "https://" .. authority .. port_of(authority, settings, named) .. path
end

--- Returns a version's name ("v8", "V8", "8") as the catalogue has it; raises for another one.
---@param name string
---@return string
function M.version(name)
  local wanted = ascii.lower(tostring(name))
  if wanted:match "^%d+$" then wanted = "v" .. wanted end
  for _, version in ipairs(catalogue.versions) do
    if version == wanted then return wanted end
  end
  local best = nearest(wanted, catalogue.versions)
  errors.usage(("connect: there is no API version '%s'"):format(name),
    (best and ("did you mean '%s'? "):format(best) or "") .. "known: "
      .. table.concat(catalogue.versions, ", "))
end

--- Opens a client of the core for settings and an API version.
---@param engine vbo.Engine
---@param settings table
---@param version string
---@return vbo.CoreClient
function M.open(engine, settings, version)
  local token = catalogue.load(version):operation "token"
  local properties = token and token.body and token.body.properties or {}
  local client, err = core.client(engine, {
    url = settings.url, api_version = version, user = settings.user,
    password = settings.password, ca_file = settings.ca, pin = settings.pin,
    proxy = settings.proxy, user_agent = settings.user_agent,
    connect_timeout = settings.connect_timeout, idle_timeout = settings.idle_timeout,
    deadline = settings.deadline, retries = settings.retries, at_once = settings.at_once,
    journaled = settings.journaled,
    exports_at_once = settings.exports_at_once, longest_pause = settings.longest_pause,
    give_up_after = settings.give_up_after == false and never or settings.give_up_after,
    -- v7 and later want an antiforgery cookie beside the token by default.
    token_parameters = properties.disable_antiforgery_token and "disable_antiforgery_token=true"
      or nil,
  })
  return client or errors.raise(err)
end

-- A route that each version has; without a token it is refused, not absent.
local function probe(engine, settings, version)
  local client <close> = M.open(engine, settings, version)
  local known = catalogue.load(version)
  local operation = known:operation "ServiceInstance_Get" or known:operation "Organization_Get"
  local transfer, err = client:start { method = "GET", path = operation.path, anonymous = true }
  if not transfer then errors.raise(err) end
  local held <close> = transfer
  local ok, failure = loop.wait(engine, held)
  if ok or failure.kind == "auth" then return true end
  -- Only an answer tells; without one the server itself cannot be reached.
  if not failure.status or failure.status == 0 then errors.raise(failure) end
  return failure.status ~= 404 and failure.status < 500
end

local function unsupported(settings, message, hint)
  errors.raise { kind = "unsupported", server = settings.url, message = message, hint = hint }
end

-- The newest version that both sides speak, and the newest of those with what is needed.
local function newest(engine, settings, having)
  local has, spoken = {}, nil
  for _, version in ipairs(having) do has[version] = true end
  for i = #catalogue.versions, 1, -1 do
    local version = catalogue.versions[i]
    -- A version that cannot serve is probed only to name in the error what the server speaks.
    if (has[version] or not spoken) and probe(engine, settings, version) then
      spoken = spoken or version
      if has[version] then return version, spoken end
    end
  end
  return nil, spoken
end

--- Chooses the API version for settings: the one that is asked for, or the newest that both sides
--- speak and that has what the runbook needs.  Raises `unsupported` where there is none, before
--- anything but that was asked of the server.
---@param engine vbo.Engine
---@param settings table
---@return string version
---@return string why  for the log
function M.choose(engine, settings)
  local needs = settings.needs
  -- A run is resumed in the version that it began with: its steps have that version's words.
  settings.version = settings.version or runs.api_version(settings.url)
  if settings.version then
    local err = capability.missing(catalogue.load(settings.version), needs)
    if err then
      err.server = settings.url
      errors.raise(err)
    end
    return settings.version, "as asked for"
  end
  local having = capability.having(needs)
  if #having == 0 then
    unsupported(settings, "no API version has all of " .. table.concat(needs, ", "))
  end
  local version, spoken = newest(engine, settings, having)
  if version then
    return version, version == spoken and "the newest that both sides speak"
      or ("the newest that both sides speak and that has %s"):format(table.concat(needs, ", "))
  elseif not spoken then
    local path = settings.url:match "^https://[^/]+(/.*[^/])/*$"
    unsupported(settings, "the server speaks no API version that is known here",
      (path and ("check the path %s of its URL; known: "):format(path) or "known: ")
        .. table.concat(catalogue.versions, ", "))
  end
  local err = capability.missing(catalogue.load(spoken), needs)
  err.server = settings.url
  err.message = ("the server speaks %s, and %s"):format(spoken, err.message)
  errors.raise(err)
end

--- Raises the error of a login; says so where the server refused it for lack of the version.
---@param err table
---@param settings table
---@param version string
function M.login_failed(err, settings, version)
  if err.kind == "not_found" then
    err.kind = "unsupported"
    err.message = ("the server does not speak API version %s"):format(version)
    err.hint = settings.version and "leave out 'version' to use the newest one" or nil
  end
  errors.raise(err)
end

return M
