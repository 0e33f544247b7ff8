-- A client like that of spec/support/sim_app.lua, over HTTPS to a rehearsal server that runs as a
-- process, and a log of all answers, for validators that are not part of this project.

local json = require "vbo.base.json"
local program = require "spec.support.program"
local sim_app = require "spec.support.sim_app"
local vbo = require "vbo"

local M = {}

local Client = setmetatable({}, { __index = sim_app.Client })
Client.__index = Client

--- A client in a version.
---@param sim table      of `program.sim`
---@param version string
---@param log file*?     takes a line of JSON an answer
function M.new(sim, version, log)
  local settings = program.settings(sim, version)
  settings.retries = 0
  return setmetatable({
    sim = sim, log = log, _client = vbo.connect(settings), answered = 0,
  }, Client):speak(version)
end

function Client:close() self._client:close() end

local function is_stream(answer)
  return (answer.type or ""):find("octet-stream", 1, true) ~= nil
end

-- Logs an answer; a stream by its type and size only.
local function note(self, method, target, answer)
  if not self.log or target:find "^/sim" then return end
  self.log:write(json.encode {
    method = method, target = target, status = answer.status, type = answer.type or "",
    size = #answer.body, body = not is_stream(answer) and answer.body or nil,
  }, "\n")
  self.answered = self.answered + 1
end

--- One request; `options` has content_type and anonymous.
function Client:raw(method, target, body, options)
  options = options or {}
  local transfer <close> = assert(self._client._core:start {
    method = method, path = target, body = body, content_type = options.content_type,
    anonymous = options.anonymous, change = false, sink = "memory", limit = 1 << 20,
  })
  local ok, err = transfer:wait()
  local answer = { status = transfer:status(), body = transfer:body() or "",
    type = transfer:header "Content-Type" }
  if not ok and err.kind == "limit" and is_stream(answer) then
    -- A long one; that it came is enough here.
    ok, answer.body = true, ("x"):rep(1 << 20)
  end
  -- A refusal of the server arrives whole; any other failure happened on the way.
  assert(ok or answer.status and answer.status >= 400,
    err and ("%s %s: %s"):format(method, target, err.message))
  note(self, method, target, answer)
  return answer
end

function Client:call(method, target, body, options)
  if body ~= nil and type(body) ~= "string" then body = json.encode(body) end
  if not target:find "^/[vV]%d" and not target:find "^/sim" then
    target = "/" .. self.version .. target
  end
  local answer = self:raw(method, target, body, options)
  answer.stream = is_stream(answer)
  if answer.stream or answer.body == "" then return nil, answer end
  return assert(json.decode(answer.body)), answer
end

--- Brings the server back to its first state.
function Client:reset()
  local _, answer = self:call("POST", "/sim/reset")
  assert(answer.status < 300, answer.body)
  return self
end

return M
