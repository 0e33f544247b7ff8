--- Restore sessions: a backup opened at a point in time.
---
--- A session holds resources of the server.  Leaving a `<close>` session stops it there;
--- so does closing the client that opened it.

local collection = require "vbo.collection"
local declare = require "vbo.declare"
local errors = require "vbo.error"
local exchange = require "vbo.exchange"
local onedrive = require "vbo.onedrive"
local options = require "vbo.options"
local pipeline = require "vbo.pipeline"
local resource = require "vbo.resource"
local statistics = require "vbo.statistics"
local time = require "vbo.time"

---@class vbo.Session
---@field id string
---@field type string       Vex, Veod, Vesp or Vet
---@field state string      Working or Stopped
---@field result string     Success, Warning or Failed
---@field point_in_time string?
local Session

local function close(self, err)
  if rawget(self, "_stopped") then return end
  if err == nil then
    self:stop()
  else
    -- The error under way matters more than one of cleaning up.
    pcall(self.stop, self)
  end
end

Session = resource.class {
  kind = "restore session", parameter = "restoreSessionId", rooted = true,
  get = "RestoreSession_GetByRestoreSessionId", list = "RestoreSession_GetPage",
  methods = {}, bulk = {}, close = close,
}

---@class vbo.Event
---@field type string    Save, Export, Send, Restore, View or None
---@field status string  Running, Success, Warning or Failed
---@field title string
---@field message string
local Event = resource.class {
  kind = "event", parameter = "eventId", label = "title",
  get = "RestoreSessionEvent_GetById", list = "RestoreSessionEvent_Get", methods = {},
}

local M = { Session = Session, Event = Event, client = {} }

local workloads = { exchange = true, onedrive = true, sharepoint = true, teams = true }
local explore_options = {
  workload = "string", at = "string|number", deleted = "boolean", all_versions = "boolean",
  repository = "string|table",
}

--- Opens a restore session.
---@param owner table       what is explored: an organization, a job, or the client (tenant)
---@param operation string
---@param given table?
---@param query table?      query parameters that the operation insists on
---@param more table?       further options of the operation's body: name → types
---@return vbo.Session
function M.explore(owner, operation, given, query, more)
  local accepted = explore_options
  if more then
    accepted = {}
    for _, set in ipairs { explore_options, more } do
      for name, types in pairs(set) do accepted[name] = types end
    end
  end
  given = options.check(given, accepted, "explore")
  local workload = (given.workload or "exchange"):lower()
  if not workloads[workload] then
    errors.usage(("explore: there is no workload '%s'"):format(workload),
      "workloads are: exchange, onedrive, sharepoint, teams")
  end
  local client = owner._client
  local intent = {
    workload = workload, deleted = given.deleted, all_versions = given.all_versions,
    repository = type(given.repository) == "table" and given.repository.id or given.repository,
  }
  if given.at ~= nil then
    local zone
    intent.at, zone = time.point(given.at, "at")
    intent.zoned = zone ~= nil
  end
  local function open()
    local body, implied = client._dialect:explore(intent)
    for name in pairs(more or {}) do body[name] = given[name] end
    local answer = pipeline.call(client, {
      call = "explore", operation = operation, path = owner:_path(), options = body,
      implied = implied, query = query,
    })
    return resource.from_record(Session, client, answer.data)
  end
  local session = open()
  local moved = client._dialect:misread(intent, session:record())
  if moved ~= 0 then
    -- v1 and v2 read the date in the server's own zone, which only the answer tells.
    session:stop()
    intent.at = intent.at + moved
    session = open()
  end
  return M.hold(client, session)
end

--- Keeps a session that was opened: closing the client stops it.
---@param client vbo.Client
---@param session vbo.Session
---@return vbo.Session session
function M.hold(client, session)
  client._sessions[session.id] = session
  return session
end

function Session.methods:_session() return self end

--- Stops the session on the server.  Stopping one that is gone or stopped is no error.
function Session.methods:stop()
  if rawget(self, "_stopped") then return end
  local ok, err = pcall(pipeline.call, self._client, {
    call = "stop", operation = "RestoreSession_StopAction", path = self:_path(),
  })
  if not ok and not (errors.is(err) and err.kind == "not_found") then error(err, 0) end
  rawset(self, "_stopped", true)
  self._client._sessions[self.id] = nil
end

--- The same as `stop`; what `<close>` does.
function Session.methods:close() self:stop() end

--- What happened in the session (v2 and later).
function Session.methods:events() return collection.new(Event, self, {}) end

--- What the session restored so far (v8; earlier versions answer it with each restore).
---@return vbo.Statistics
function Session.methods:statistics()
  return statistics.read(self:_call { operation = "RestoreSession_GetRestoreStatistics" }.data)
end

--- `session:onedrives()`; `session:onedrive(name)` by id, by its person's name or address,
--- or by its URL.
declare.children(Session.methods, "onedrives", "onedrive", onedrive.OneDrive)

--- `session:mailboxes()`; `session:mailbox(name)` by id, address or name.
declare.children(Session.methods, "mailboxes", "mailbox", exchange.Mailbox)

--- Stops each of the selected sessions.
function Session.bulk:stop()
  for _, session in ipairs(self:_all()) do session:stop() end
end

--- `client:sessions()`; `client:session(id)`.
declare.children(M.client, "sessions", "session", Session)

--- Opens a restore session on the organization of the account itself (a tenant's login).
--- Options as `Organization:explore`.
---@param given table?
---@return vbo.Session
function M.client:explore(given)
  return M.explore(self, "RestoreSession_ExploreAction", given)
end

return M
