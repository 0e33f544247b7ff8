-- A rehearsal server for a spec, and what a run did to it.

local json = require "vbo.base.json"
local pipeline = require "vbo.request.pipeline"
local program = require "spec.support.program"
local vbo = require "vbo"

local M = {}

M.organization = "contoso.onmicrosoft.com"
-- The evening before the demo world's attack.
M.before = "2026-11-18T22:00:00Z"

--- Starts one; `rehearsal:connect(version)`, `:changes()`, `:reset()`, `:stop()`.
function M.start(options)
  local sim = program.sim(options)
  local self = { sim = sim }

  function self.settings(version) return program.settings(sim, version) end

  function self.connect(version) return vbo.connect(self.settings(version)) end

  --- Asks the server's own interface, outside the API.
  function self.ask(method, path, body)
    local client <close> = self.connect "v8"
    return pipeline.send(client, {
      operation = path, method = method, path = path, body = body, change = method ~= "GET",
    }).data
  end

  function self.changes() return self.ask("GET", "/sim/changes") end

  function self.reset() return self.ask("POST", "/sim/reset") end

  --- Rules of the weather from now on, in place of those before; none: fine weather.
  function self.weather(...)
    self.ask("DELETE", "/sim/weather")
    if ... then self.ask("POST", "/sim/weather", json.array { ... }) end
  end

  self.stop = sim.stop
  return self
end

--- Calls `fn` and gives the structured error it raises; fails when it raises none.
function M.failure(fn, ...)
  local ok, err = vbo.try(fn, ...)
  assert(ok == nil and err, "no error was raised")
  return err
end

--- The content of a file.
function M.content(path)
  local file <close> = assert(io.open(path, "rb"))
  return file:read "a"
end

M.json = json
return M
