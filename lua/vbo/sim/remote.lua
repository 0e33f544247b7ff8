--- Calls a rehearsal server's own interface (`/sim/…`) with a client of its administrator.

local errors = require "vbo.base.error"
local pipeline = require "vbo.request.pipeline"

local M = {}

--- Sends a request to the server's own interface.
---@param client vbo.Client
---@param method string
---@param path string  "/sim/…"
---@param body any?
---@return any data
function M.ask(client, method, path, body)
  local data = pipeline.send(client, {
    operation = "sim", method = method, path = path, body = body, change = method ~= "GET",
  }).data
  if method == "GET" and type(data) ~= "table" then
    errors.raise { kind = "protocol", message = "this server is not a rehearsal server" }
  end
  return data
end

--- Keeps production as it is under a name.
---@param client vbo.Client
---@param name string
function M.snapshot(client, name)
  if not name:find "^[%w._-]+$" then
    errors.usage(("the name of a snapshot must consist of letters, digits, . _ and -, got '%s'")
      :format(name))
  end
  M.ask(client, "POST", "/sim/snapshots/" .. name)
end

--- Advances the clock of the server.
---@param client vbo.Client
---@param time string|integer  seconds, or as "90m", "4h", "7d"
---@return string now  of the server, ISO 8601
function M.advance(client, time)
  return M.ask(client, "POST", "/sim/time", { advance = time }).time
end

--- Signs an assertion that an account logs in with.
---@param client vbo.Client
---@param user string           a tenant's account, or a user
---@param application string?   id, default the organization's first
---@return string
function M.assertion(client, user, application)
  local body = { user = user, application = application }
  return M.ask(client, "POST", "/sim/assertions", body).assertion
end

--- Adds a rule, a list of rules or the set of a name to the weather, and returns its rules.
--- `false` removes all rules; nil only returns them.
---@param client vbo.Client
---@param given string|table|false|nil
---@return { id: integer, rule: string, seen: integer, struck: integer }[]
function M.weather(client, given)
  if given == nil then return M.ask(client, "GET", "/sim/weather") end
  if given == false then return M.ask(client, "DELETE", "/sim/weather") end
  return M.ask(client, "POST", "/sim/weather", given)
end

local function escaped(name)
  return (name:gsub("[^%w._-]", function(c) return ("%%%02X"):format(c:byte()) end))
end

--- Compares two snapshots.
---@param client vbo.Client
---@param from string?  default "start"
---@param to string?    default "production"
---@return vbo.sim.Difference[]
function M.diff(client, from, to)
  return M.ask(client, "GET", ("/sim/diff?from=%s&to=%s"):format(
    escaped(from or "start"), escaped(to or "production")))
end

--- Lists what changed in production since the start or the last reset.
---@param client vbo.Client
---@return vbo.sim.Change[]
function M.changes(client) return M.ask(client, "GET", "/sim/changes") end

--- Lists what changed in the server itself: jobs, settings, accounts, organizations.
---@param client vbo.Client
---@return { sequence: integer, time: string, operation: string, what: string, subject: string? }[]
function M.configuration(client) return M.ask(client, "GET", "/sim/configuration") end

return M
