--- The rehearsal server without its sockets: a request in, an answer out.
---
---   local app = require("vbo.sim.http.app").new { world = "demo", user = "u", password = "p" }
---   local answer = app:handle { method = "GET", path = "/v8/Jobs", query = nil, headers = {…},
---                               body = "" }
---   answer.status, answer.headers, answer.body | answer.stream   (see `vbo.sim.streams`)
---
--- The catalogue says which operation a request means; one handler per canonical name then
--- serves every version and both dialects.

local ascii = require "vbo.base.ascii"
local access = require "vbo.sim.state.access"
local admin = require "vbo.sim.http.admin"
local auth = require "vbo.sim.http.auth"
local catalogue = require "vbo.catalogue"
local clocks = require "vbo.sim.state.clock"
local configuration = require "vbo.sim.state.configuration"
local contexts = require "vbo.sim.http.context"
local identities = require "vbo.sim.state.identities"
local ids = require "vbo.sim.base.ids"
local json = require "vbo.base.json"
local random = require "vbo.sim.base.random"
local read = require "vbo.sim.base.request"
local refusal = require "vbo.sim.base.refusal"
local stores = require "vbo.sim.store"
local swagger = require "vbo.sim.http.swagger"
local typed = require "vbo.sim.typed"
local validate = require "vbo.sim.http.validate"
local worlds = require "vbo.sim.world"

local M = {}

local App = {}
App.__index = App

local handlers = {}
for _, name in ipairs { "organizations.browse", "organizations.change", "sessions.browse",
  "onedrive.browse", "onedrive.change", "exchange.browse",
  "exchange.export",
  "sharepoint.browse", "sharepoint.change", "teams.browse", "teams.change",
  "sessions.search",
  "jobs.change", "jobs.sessions", "backups.browse", "jobs.copies", "backups.retrieve",
  "backups.data", "organizations.members", "roles.browse", "roles.operator" } do
  for operation, handler in pairs(require("vbo.sim." .. name)) do
    assert(not handlers[operation], "two handlers of " .. operation)
    handlers[operation] = handler
  end
end

--- The operations that this server knows, by canonical name.
M.handlers = handlers

local known_options = { world = true, user = true, password = true, token_lifetime = true,
  session_idle = true, zone = true, origin = true, clock = true, uuid = true, bytes = true,
  log = true, no_outlook = true, no_schedules = true }

-- How many requests the admin interface remembers.
local remembered = 1000

--- An app.
---@param options table
---  world: a name or a world object ("demo");
---  user, password: the one account ("admin@rehearsal.local"; a random password);
---  token_lifetime: seconds of an access token (3600, the real server's default);
---  session_idle: seconds until a restore session that nobody uses stops (900); 0: never;
---  zone: the server's own, in seconds east of UTC (0): v1 and v2 tell times in it;
---  origin: function that gives "https://host:port" for absolute links;
---  clock, uuid, bytes: time in seconds, new ids and random bytes, for tests to replace;
---  no_schedules: jobs run when they are started, never by themselves;
---  no_outlook: exports to PST fail as on a server without Outlook;
---  log: function(text) told of what went wrong inside
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
  -- Whoever watches may let time pass (POST /sim/time).
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
    installation = ids.uuid "rehearsal server", product_version = "8.0.0.0",
    mail_from = "veeam@rehearsal.local", outlook = not options.no_outlook,
  }, App)
  self.store = stores.new {
    world = world, clock = clock, uuid = uuid, idle = options.session_idle,
    zone = options.zone, scheduled = not options.no_schedules,
  }
  self.auth = auth.new {
    user = self.user, password = self.password, lifetime = options.token_lifetime or 3600,
    clock = clock, bytes = bytes, store = function() return self.store end, log = self.log,
  }
  return self
end

--- The body of a request: of an action what its key holds, and the operation that the key means.
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
    -- The facts of v1 to v5 do not describe all bodies.
    if operation.method ~= "GET" and not operation.action and operation.path:match "^/v[1-5]/" then
      return value
    end
    -- An action without properties may still be sent with an empty object, and what is always an
    -- archive with the word for it: a widely used client says so of a library.
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

-- What is answered to anybody is answered to them.
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
  access.check(context)
  context.body = checked_body(operation, value)
  local session = parameters.restoreSessionId and self.store:session(parameters.restoreSessionId)
  if session and session.state == "Working" and operation.change then
    identities.check(context, session)
  end
  local handler = handlers[operation.name]
  local subject = operation.change and configuration.subject(context)
  -- What has no handler of its own is answered by its schema.
  local answer = handler and handler(context) or typed.handle(context, handlers)
  configuration.note(self.store.configuration, context, subject or nil)
  return answer
end

--- The answer to a request of the API in one version.
local function answer_of(self, cat, request, note)
  local function explain(err)
    if refusal.is(err) then return err end
    self.log(debug.traceback(tostring(err), 2))
    return refusal.make(500, "The rehearsal server failed: " .. tostring(err))
  end
  local good, answer = xpcall(perform, explain, self, cat, request, note)
  if good then return answer end
  return {
    status = answer.status, headers = answer.headers or {},
    json = refusal.render(answer, cat.number),
  }
end

-- A request may hold bytes that are no text (%FF in a path), and answers tell what was asked.
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

--- Notes a request for whoever watches.
---@param note table
function App:remember(note)
  local list = self.requests
  list[#list + 1] = note
  -- Now and then, and not with every request: what is kept has to move.
  if #list >= 2 * remembered then
    self.requests = table.move(list, #list - remembered + 1, #list, 1, {})
  end
end

--- The last requests, oldest first.
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
