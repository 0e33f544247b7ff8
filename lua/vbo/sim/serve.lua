--- The loop behind `vbolua sim`: sockets on one side, `app:handle` on the other.

local errors = require "vbo.error"

local M = {}

--- The C stream of a description (see `vbo.sim.streams`).
local function open_stream(server, description)
  if description.kind == "bytes" then return assert(server.stream.bytes(description.data)) end
  if description.kind == "generate" then
    return assert(server.stream.generate { seed = description.seed, size = description.size })
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

M.open_stream = open_stream

--- Answers one request; what fails here is told to nobody but the log, the client gets a 500.
local function answer(server, app, request)
  local reply = app:handle {
    method = request.method, path = request.path, query = request.query,
    headers = request:headers(), body = request:body(),
  }
  local wire = { status = reply.status, headers = reply.headers }
  if reply.stream then
    wire.stream = open_stream(server, reply.stream)
  else
    wire.body = reply.body or ""
  end
  request:reply(wire)
end

--- Serves until a signal (SIGINT, SIGTERM) comes.
---@param options table
---  address, port: where to listen (127.0.0.1, 0 for any free port);
---  app: options of `vbo.sim.app`;
---  ready: function(server, app) called once requests are taken;
---  log: function(text) told of failures inside
function M.run(options)
  local server = require "vbo.server"
  local socket <close>, err = server.listen {
    address = options.address or "127.0.0.1", port = options.port or 0, signals = true,
  }
  if not socket then errors.raise(err) end
  local settings = { log = options.log }
  for key, value in pairs(options.app or {}) do settings[key] = value end
  local url = socket:url()
  settings.origin = function() return url end
  local app = require("vbo.sim.app").new(settings)
  options.ready(socket, app)
  while true do
    local request <close>, why = socket:next()
    if request then
      local good, failure = xpcall(answer, debug.traceback, server, app, request)
      if not good and options.log then options.log(failure) end
    elseif why == "interrupted" then
      return
    elseif why then
      errors.raise(why)
    end
  end
end

return M
