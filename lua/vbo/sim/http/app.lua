--- Answers requests as a rehearsal server, without sockets.
---
---   local app = require("vbo.sim.http.app").new { world = "demo", user = "u", password = "p" }
---   local answer = app:handle { method = "GET", path = "/v8/Jobs", query = nil, headers = {…},
---                               body = "" }
---   answer.status, answer.headers, answer.body | answer.stream   (see `formats/streams.lua`)
---
--- The catalogue finds the operation of a request; one handler for each canonical name serves every
--- version and both dialects.

local ascii = require "vbo.base.ascii"
local access = require "vbo.sim.state.access"
local admin = require "vbo.sim.http.admin"
local auth = require "vbo.sim.http.auth"
local catalogue = require "vbo.catalogue"
local clocks = require "vbo.sim.state.clock"
local configuration = require "vbo.sim.state.configuration"
local contexts = require "vbo.sim.base.context"
local identities = require "vbo.sim.state.identities"
local json = require "vbo.base.json"
local random = require "vbo.sim.base.random"
local read = require "vbo.sim.base.request"
local session_ids = require "vbo.sim.sessions.ids"
local refusal = require "vbo.sim.base.refusal"
local stores = require "vbo.sim.store"
local swagger = require "vbo.sim.http.swagger"
local typed = require "vbo.sim.typed"
local validate = require "vbo.sim.http.validate"
local worlds = require "vbo.sim.world"

local M = {}

local App = {}
App.__index = App

-- Each of these modules is a table of handlers by the canonical name of their operation.
local handler_modules = {
  require "vbo.sim.backups.browse", require "vbo.sim.backups.data",
  require "vbo.sim.backups.retrieve",
  require "vbo.sim.exchange.browse", require "vbo.sim.exchange.change",
  require "vbo.sim.exchange.export",
  require "vbo.sim.jobs.browse", require "vbo.sim.jobs.change", require "vbo.sim.jobs.copies",
  require "vbo.sim.jobs.items", require "vbo.sim.jobs.sessions",
  require "vbo.sim.onedrive.browse", require "vbo.sim.onedrive.change",
  require "vbo.sim.organizations.browse", require "vbo.sim.organizations.change",
  require "vbo.sim.organizations.members",
  require "vbo.sim.roles.browse", require "vbo.sim.roles.change",
  require "vbo.sim.roles.operator",
  require "vbo.sim.sessions.browse", require "vbo.sim.sessions.change",
  require "vbo.sim.sharepoint.browse", require "vbo.sim.sharepoint.change",
  require "vbo.sim.sharepoint.search",
  require "vbo.sim.teams.browse", require "vbo.sim.teams.change", (require "vbo.sim.teams.search"),
}

local handlers = {}
for _, module in ipairs(handler_modules) do
  for operation, handler in pairs(module) do
    assert(not handlers[operation], "two handlers of " .. operation)
    handlers[operation] = handler
  end
end

--- Handlers by the canonical name of their operation.
M.handlers = handlers

local known_options = { world = true, user = true, password = true, token_lifetime = true,
  session_idle = true, zone = true, origin = true, clock = true, uuid = true, bytes = true,
  log = true, no_outlook = true, no_schedules = true,
  ids = true, events = true, session_kept = true, installation = true }

-- The requests that the admin interface keeps.
local remembered = 1000

--- Returns an app.
---@param options table
---  world: a name or a world object, default "demo";
---  user, password: of the administrator, default "admin@rehearsal.local" and a random password;
---  token_lifetime: seconds of an access token, default 3600 as on the real server;
---  session_idle: seconds until an unused restore session stops, default 900; 0: never;
---  zone: the server's time zone in seconds east of UTC, default 0: v1 and v2 write times in it;
---  origin: function that returns "https://host:port" for absolute links;
---  clock, uuid, bytes: time in seconds, new ids and random bytes, for tests to replace;
---  no_schedules: jobs run only when they are started;
---  no_outlook: exports to PST fail as on a server without Outlook;
---  ids: "backup" (default), or "session": each restore session has ids of its own;
---  events: which events of a restore session are shown, see `sessions/shown.lua`, default "all";
---  session_kept: seconds after its end until a restore session is forgotten, default never;
---  installation: the server's installation id, default a new one;
---  log: function(text) that receives failures inside
---@return table
function M.new(options)
  for name in pairs(options) do
    if not known_options[name] then error("unknown option '" .. tostring(name) .. "'", 2) end
  end
  local world = options.world or "demo"
  if type(world) == "string" then
    local opened, message = worlds.open(world)
    if not opened then error(message, 2) end
    world = opened
  end
  local bytes = options.bytes or random.bytes
  local base = options.clock or clocks.of(world)
  -- The admin interface may advance the clock (POST /sim/time).
  local ahead = 0
  local function clock() return base() + ahead end
  local uuid = options.uuid or stores.uuids(bytes)
  local self = setmetatable({
    user = options.user or "admin@rehearsal.local",
    password = options.password or random.password(),
    zone = options.zone or 0, clock = clock, uuid = uuid,
    advance = function(_, seconds) ahead = ahead + seconds end,
    origin = options.origin or function() return "https://localhost:4443" end,
    log = options.log or function() end, requests = {},
    ids = options.ids or "backup", events = options.events or "all",
    installation = options.installation or uuid(), product_version = "8.0.0.0",
    mail_from = "veeam@rehearsal.local", outlook = not options.no_outlook,
  }, App)
  self.store = stores.new {
    world = world, clock = clock, uuid = uuid, idle = options.session_idle,
    zone = options.zone, scheduled = not options.no_schedules, kept = options.session_kept,
  }
  self.auth = auth.new {
    user = self.user, password = self.password, lifetime = options.token_lifetime or 3600,
    clock = clock, bytes = bytes, store = function() return self.store end, log = self.log,
  }
  return self
end

-- Reads the body of a request.  The key of an action's body chooses the operation; its value is the
-- body.
local function body_of(found, request)
  local value, message = read.json(request.body)
  if message then refusal.raise(400, "The body is not valid JSON: " .. message) end
  if not found.actions then return found, value end
  local names = {}
  for _, operation in pairs(found.actions) do names[#names + 1] = operation.action end
  table.sort(names)
  local list = table.concat(names, ", ")
  if type(value) ~= "table" or next(value) == nil or json.is_array(value) then
    refusal.raise(400, "The body must be an object whose one key names the action: " .. list .. ".")
  end
  local key, inner = next(value)
  if next(value, key) ~= nil then
    refusal.raise(400, "The body must have one key alone, the action: " .. list .. ".")
  end
  local operation = found.actions[ascii.lower(tostring(key))]
  if not operation then
    refusal.raise(400, ("Unknown action '%s'; this resource knows %s."):format(key, list))
  end
  return operation, inner
end

local function checked_body(operation, value)
  if value == nil or value == json.null then
    if operation.body and operation.body_required and not operation.null_body then
      refusal.raise(400, "A body is needed.")
    end
    return {}
  end
  if not operation.body then
    -- The facts of v1 to v5 lack some bodies.
    if operation.method ~= "GET" and not operation.action and operation.path:match "^/v[1-5]/" then
      return value
    end
    -- Clients send an empty object to an action without properties, and a widely used one sends
    -- asZip where the answer is always an archive.
    if type(value) == "table" then
      local key = next(value)
      local zip = operation.action == "save" and type(key) == "string"
        and ascii.lower(key) == "aszip"
      if key == nil or zip and next(value, key) == nil then return {} end
    end
    refusal.raise(400, ("%s takes no properties."):format(operation.action or "This operation"))
  end
  return validate.body(value, operation.body) or {}
end

-- The account of a request that needs no login.
local nobody = { kind = "administrator" }

local function perform(self, cat, request, note)
  local found, parameters, allowed = cat:match(request.method, request.path)
  if not found then
    if allowed then
      refusal.raise(405, ("%s is not allowed here."):format(request.method),
        { allow = table.concat(allowed, ", ") })
    end
    refusal.raise(404, ("No HTTP resource was found that matches %s."):format(request.path))
  end
  if found.name == "token" then
    note.operation = "token"
    return self.auth:token(request, cat)
  end
  local account = nobody
  if not found.anonymous then
    local why
    account, why = self.auth:bearer(request)
    if not account then refusal.raise(401, why, { ["www-authenticate"] = "Bearer" }) end
  end
  local operation, value = body_of(found, request)
  note.operation = operation.name
  if operation.name == "logout" then
    self.auth:logout(request)
    return { status = operation.answer.status, headers = {}, body = "" }
  end
  local context = contexts.new {
    app = self, store = self.store, number = cat.number, cat = cat, op = operation,
    params = parameters, user = account.user, account = account,
    query = validate.query(operation.parameters, read.fields(request.query)),
  }
  local own = session_ids.of(self, found.path, parameters)
  request.ids = own
  if own then own:request(context) end
  access.check(context)
  context.body = checked_body(operation, value)
  if own then context.body = own:value(context.body) end
  local session = parameters.restoreSessionId and self.store:session(parameters.restoreSessionId)
  if session and session.state == "Working" and operation.change then
    identities.check(context, session)
  end
  local handler = handlers[operation.name]
  local subject = operation.change and configuration.subject(context)
  -- An operation without a handler is answered by its schema.
  local answer = handler and handler(context) or typed.handle(context, handlers)
  configuration.note(self.store.configuration, context, subject or nil)
  if own then answer.json = own:value(answer.json) end
  return answer
end

-- Answers a request of the API in one version.
local function answer_of(self, cat, request, note)
  local function explain(err)
    if refusal.is(err) then return err end
    self.log(debug.traceback(tostring(err), 2))
    return refusal.make(500, "The rehearsal server failed: " .. tostring(err))
  end
  local good, answer = xpcall(perform, explain, self, cat, request, note)
  if good then return answer end
  if request.ids then answer.message = request.ids:text(answer.message) end
  return {
    status = answer.status, headers = answer.headers or {},
    json = refusal.render(answer, cat.number),
  }
end

-- Replaces invalid UTF-8: a path may hold any bytes (%FF), and an answer repeats it.
local function text_alone(value)
  if type(value) == "string" and not utf8.len(value) then
    return (value:gsub("[\x80-\xFF]", "\u{FFFD}"))
  elseif type(value) ~= "table" or value == json.null then
    return value
  end
  local out = setmetatable({}, getmetatable(value))
  for key, each in pairs(value) do out[text_alone(key)] = text_alone(each) end
  return out
end

local function encoded(value)
  local good, text = pcall(json.encode, value)
  return good and text or json.encode(text_alone(value))
end

--- Keeps a request for the admin interface.
---@param note table
function App:remember(note)
  local list = self.requests
  list[#list + 1] = note
  -- Trim the list only at twice its length, since trimming moves it.
  if #list >= 2 * remembered then
    self.requests = table.move(list, #list - remembered + 1, #list, 1, {})
  end
end

--- Lists the last requests, oldest first.
---@return table[]
function App:last_requests()
  local list = self.requests
  return table.move(list, math.max(1, #list - remembered + 1), #list, 1, {})
end

--- Answers a request.
---@param request { method: string, path: string, query: string?, headers: table<string, string>,
---  body: string?, peer: string? }  path and query as in the request line; header names in lower
---  case; peer: "address:port" of the client
---@return { status: integer, headers: table<string, string>, body: string?, stream: table?,
---  delay: number? }  delay: seconds until it may leave
function App:handle(request)
  self.store:tick()
  local answer = admin.handle(self, request) or swagger.handle(self, request)
  if not answer then
    local note = { time = os.date("!%Y-%m-%dT%H:%M:%SZ", self.clock() // 1 | 0),
      method = request.method, path = request.path, query = request.query }
    local version = request.path:match "^/([vV]%d+)/"
    local known = {}
    for _, name in ipairs(catalogue.versions) do known[name] = true end
    if version and known[ascii.lower(version)] then
      answer = answer_of(self, catalogue.load(ascii.lower(version)), request, note)
    else
      answer = { status = 404, headers = {}, json = {
        message = ("There is no API at %s; there is /v1 to /%s."):format(
          request.path, catalogue.versions[#catalogue.versions]) } }
    end
    note.status = answer.status
    self:remember(note)
  end
  if answer.json ~= nil then
    answer.body = encoded(answer.json)
    answer.json = nil
    answer.headers["content-type"] = "application/json; charset=utf-8"
  end
  return answer
end

return M
