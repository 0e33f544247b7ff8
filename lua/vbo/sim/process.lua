--- The process of a rehearsal server that `vbo.sim.start` started: reads its options from standard
--- input, prints where it listens, and serves until it is killed.

local core = require "vbo.core"
local errors = require "vbo.base.error"

local M = {}

-- Reads the options: a Lua table without code (see `launch.lua`).
local function options_of(text)
  return assert(load("return " .. text, "=options", "t", {}))()
end

local function weather_of(options)
  local weather = require("vbo.sim.weather").new { seed = options.seed }
  for _, rule in ipairs(options.rules or {}) do
    if rule.load then weather:load(rule.load) else weather:add(rule.add) end
  end
  return weather
end

local function serve(options)
  local world, message = require("vbo.sim.world").open(options.world or "demo")
  if not world then errors.usage(message) end
  local server = require "vbo.sim.http.serve"
  server.run {
    address = "127.0.0.1", port = 0, deaf = true, ready = server.announce,
    weather = weather_of(options),
    log = function(text) io.stderr:write("rehearsal server: ", text, "\n") end,
    app = {
      world = world, user = options.user, password = options.password,
      token_lifetime = options.token_lifetime, zone = options.zone,
      session_idle = options.session_idle, no_schedules = options.no_schedules,
      session_kept = options.session_kept, ids = options.ids, events = options.events,
      installation = options.installation,
    },
  }
end

-- Tells the parent why the server ends: one field a line, as in `serve.announce`.
local function report(err)
  local fields = errors.is(err) and err or { kind = "server", message = tostring(err) }
  for _, name in ipairs { "kind", "message", "hint" } do
    if fields[name] then io.stdout:write(name, ": ", (fields[name]:gsub("%s+", " ")), "\n") end
  end
  io.stdout:flush()
  return core.kinds[fields.kind] or 1
end

--- Runs the server; ends the process.
function M.main()
  local good, err = pcall(function() serve(options_of(io.read "a")) end)
  os.exit(good and 0 or report(err))
end

return M
