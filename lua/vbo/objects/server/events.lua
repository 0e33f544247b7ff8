--- Reads the events of a server, one batch after another (v8).

local core = require "vbo.core"
local errors = require "vbo.base.error"
local options = require "vbo.base.options"
local pipeline = require "vbo.request.pipeline"
local resource = require "vbo.model.resource"
local loop = require "vbo.runtime.loop"
local time = require "vbo.base.time"

local M = {}

---@class vbo.ServerEvent
---@field id string
---@field event_type string        JobUpdate, RestoreSessionDelete, …
---@field status string?
---@field job_id string?
---@field organization_id string?
local ServerEvent = resource.class {
  kind = "server event", list = "Events_Get", label = "eventType", methods = {}, bulk = {},
}

local event_options = {
  from = "!string|number", limit = "integer", timeout_seconds = "integer",
}

local function query_of(given)
  local query = {}
  for name, value in pairs(given) do query[name] = value end
  if type(query.from) == "number" then query.from = time.iso(query.from) end
  return query
end
--- Carries out `client:events`.
---@param client vbo.Client
---@param given table
---@return vbo.ServerEvent[] events
---@return string? token  `from` of the next batch
function M.events(client, given)
  options.check(given, event_options, "events")
  local answer = pipeline.call(client, {
    call = "events", operation = "Events_Get", path = {}, query = query_of(given),
  }).data
  if type(answer) ~= "table" or type(answer.results) ~= "table" then
    errors.raise { kind = "protocol", operation = "Events_Get",
      message = "the server answered no events" }
  end
  local events = {}
  for i, record in ipairs(answer.results) do
    events[i] = resource.from_record(ServerEvent, client, record)
  end
  local token = answer.nextChangeToken
  return events, type(token) == "string" and token or nil
end

-- How long the server may wait by default, and the least time between two requests that
-- brought nothing: one that does not wait is not to be asked without a pause.
local patience, pause = 30, 1
--- Carries out `client:follow_events`.
---@param client vbo.Client
---@param given table
---@return fun(): vbo.ServerEvent
function M.follow_events(client, given)
  options.check(given, event_options, "follow_events")
  local query = query_of(given)
  query.timeout_seconds = query.timeout_seconds or patience
  local batch, position = {}, 0
  return function()
    position = position + 1
    while not batch[position] do
      local asked = core.now()
      local token
      batch, token = M.events(client, query)
      position, query.from = 1, token or query.from
      local left = pause - (core.now() - asked)
      if not batch[1] and left > 0 then
        local ok, err = loop.sleep(client._engine, left)
        if not ok then errors.raise(err) end
      end
    end
    return batch[position], query.from
  end
end

M.ServerEvent = ServerEvent

return M
