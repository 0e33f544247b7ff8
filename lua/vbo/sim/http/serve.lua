--- Serves an app: takes requests from sockets, passes them to `app:handle` and sends the answers.

local ascii = require "vbo.base.ascii"
local core = require "vbo.core"
local errors = require "vbo.base.error"
local exports = require "vbo.sim.state.exports"
local json = require "vbo.base.json"
local refusal = require "vbo.sim.base.refusal"

local M = {}

-- Seconds until an idle connection is closed and its answer freed: its client has gone or no longer
-- reads.
local idle_timeout = 300

-- Checks a file before the answer starts: a missing one would break off an archive halfway.
local function check_file(description)
  local path = description.root .. "/" .. description.path
  local found = core.stat(path)
  if not found or found.type ~= "file" then
    errors.raise { kind = "disk", message = ("cannot open %s: no such file"):format(path) }
  elseif found.size < (description.size or 0) then
    errors.raise { kind = "disk", message = ("%s has become shorter"):format(path) }
  end
end

-- Opens the C stream of a description of `formats/streams.lua`.
local function open_stream(server, description)
  if description.kind == "bytes" then return assert(server.stream.bytes(description.data)) end
  if description.kind == "generate" then
    return assert(server.stream.generate { seed = description.seed, size = description.size })
  end
  if description.kind == "file" then
    check_file(description)
    return assert(server.stream.file {
      root = description.root, path = description.path, size = description.size,
    })
  end
  assert(description.kind == "zip", "no such kind of stream")
  local entries = {}
  for i, entry in ipairs(description.entries) do
    entries[i] = {
      name = entry.name, mtime = entry.mtime,
      stream = entry.stream and open_stream(server, entry.stream) or nil,
    }
  end
  return assert(server.stream.zip(entries))
end

-- For specs, which read what a description sends.
M.open_stream = open_stream

-- Answers a request in the weather of the server; returns also the faults of its way.
local function weathered(app, asked)
  local strike = app.weather:strike(asked)
  if not strike then return app:handle(asked), {} end
  local note
  local reply = strike:instead(app)
  if reply then
    -- The app has not seen the request; the admin interface lists it nevertheless.
    note = { time = os.date("!%Y-%m-%dT%H:%M:%SZ", app.clock() // 1 | 0), method = asked.method,
      path = asked.path, query = asked.query, operation = strike.about.operation,
      status = reply.status }
    app:remember(note)
    if reply.json then
      reply.body = json.encode(reply.json)
      reply.headers["content-type"] = "application/json; charset=utf-8"
    end
  else
    reply = strike:through(app, asked)
    note = app.requests[#app.requests]
  end
  if note then note.weather = strike.rules end
  return reply, strike:wire(reply), strike
end

-- Answers 500 for a stream that cannot be opened, such as a file that is gone from the world.
local function unreadable(app, request, why)
  local text = "The rehearsal server cannot read its world: " .. (type(why) == "table"
    and why.message or tostring(why))
  app.log(("%s %s: %s"):format(request.method, request.path, text))
  local number = tonumber(request.path:match "^/[vV](%d+)/") or 8
  return request:reply {
    status = 500, headers = { ["content-type"] = "application/json; charset=utf-8" },
    body = json.encode(refusal.render(refusal.make(500, text), number)),
  }
end

-- Answers one request; a failure here is logged, and the client gets a 500.  Returns the strike of
-- the weather, if any, and whether the request is still needed.
local function answer(server, app, request)
  local reply, wire, strike = weathered(app, {
    method = request.method, path = request.path, query = request.query,
    headers = request:headers(), body = request:body(), peer = request:peer(),
  })
  wire.status, wire.headers = reply.status, reply.headers
  if reply.delay then wire.delay = (wire.delay or 0) + reply.delay end
  if reply.stream then
    local good, stream = pcall(open_stream, server, reply.stream)
    if not good then
      unreadable(app, request, stream)
      return strike, false
    end
    wire.stream = stream
  else
    wire.body = reply.body or ""
  end
  local export = reply.export
  if export then
    wire.breakable, wire.delay = true, (wire.delay or 0) + exports.preparing
    function export.break_off() return request:break_off() end
  end
  local sent, why = request:reply(wire)
  if not sent and why and why.kind ~= "closed" then unreadable(app, request, why) end
  return strike, sent and export ~= nil
end

--- Checks whether only this machine reaches an address.
---@param address string
---@return boolean
function M.loopback(address)
  local inner = ascii.lower((address:gsub("^%[(.*)%]$", "%1")))
  return inner == "localhost" or inner == "::1" or inner:find "^127%.%d+%.%d+%.%d+$" ~= nil
    or inner:find "^::ffff:127%." ~= nil
end

--- Prints where a server listens and how to log in: four lines of "name: value".
---@param server table  of `vbo.server`
---@param app table     of `vbo.sim.http.app`
function M.announce(server, app)
  io.stdout:write(
    "listening: ", server:url(), "\n",
    "user: ", app.user, "\n",
    "password: ", app.password, "\n",
    "fingerprint: ", server:fingerprint(), "\n")
  io.stdout:flush()
end

--- Serves until a signal (SIGINT, SIGTERM) comes.
---@param options table
---  address, port: default 127.0.0.1 and any free port;
---  app: options of `app.lua`;
---  weather: of `vbo.sim.weather`, default without faults;
---  deaf: true ignores signals: the parent process ends the server;
---  ready: function(server, app) called when the server takes requests;
---  log: function(text) that receives failures inside
function M.run(options)
  local server = require "vbo.server"
  local function listen(port)
    local socket, err = server.listen {
      address = options.address or "127.0.0.1", port = port, signals = true,
      idle_timeout = idle_timeout,
    }
    return socket or errors.raise(err)
  end
  local held <close> = setmetatable({ socket = listen(options.port or 0) }, {
    __close = function(self) self.socket:close() end,
  })
  local settings = { log = options.log }
  for key, value in pairs(options.app or {}) do settings[key] = value end
  local url, port = held.socket:url(), held.socket:port()
  settings.origin = function() return url end
  local app = require("vbo.sim.http.app").new(settings)
  if options.log and not M.loopback(options.address or "127.0.0.1") then
    options.log(("listening on %s, not on this machine alone: whoever reaches it and has the "
      .. "password reads what the world holds"):format(options.address))
  end
  app.weather = options.weather or require("vbo.sim.weather").new()
  options.ready(held.socket, app)
  while true do
    local request, why = held.socket:next()
    if request then
      local good, strike, needed = xpcall(answer, function(err)
        return debug.traceback(tostring(err), 2)
      end, server, app, request)
      if not needed then request:close() end
      if not good then
        if options.log then options.log(strike) end
      elseif strike and strike.new_certificate then
        -- A new identity at the same address ends every connection.
        held.socket:close()
        held.socket = listen(port)
      end
    elseif why == "interrupted" then
      if not options.deaf then return end
    elseif why then
      errors.raise(why)
    end
  end
end

return M
