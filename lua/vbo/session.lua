--- Restore sessions: a backup opened at a point in time.
---
--- A session holds resources of the server.  Leaving a `<close>` session stops it there;
--- so does closing the client that opened it.

local ascii = require "vbo.ascii"
local backup_organization = require "vbo.backup_organization"
local declare = require "vbo.declare"
local errors = require "vbo.error"
local exchange = require "vbo.exchange"
local onedrive = require "vbo.onedrive"
local options = require "vbo.options"
local pipeline = require "vbo.pipeline"
local resource = require "vbo.resource"
local sharepoint = require "vbo.sharepoint"
local statistics = require "vbo.statistics"
local task = require "vbo.runtime.task"
local teams = require "vbo.teams"
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

local device_code_options = {
  application_id = "string", organization_name = "string", region = "string",
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
  local workload = ascii.lower(given.workload or "exchange")
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
    if not zone and client._dialect.zone then
      -- A date without a zone is the server's own, whose zone we were told.
      intent.at, intent.zoned = time.from_zone(intent.at, client._dialect.zone), true
    end
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
  if moved == nil and client._log then
    client._log(("%s reads the point in time in its server's own zone and does not tell which: "
      .. "connect { zone = … } does (UTC was taken)"):format(client.version))
  elseif moved and moved ~= 0 then
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
  task.own(session)
  return session
end

function Session.methods:_session() return self end

--- Stops the session on the server.  Stopping one that is gone or stopped is no error.
function Session.methods:stop()
  if rawget(self, "_stopped") then return end
  -- Also where a task is cancelled: what it opened must not stay open.
  local ok, err = pcall(task.shielded, pipeline.call, self._client, {
    call = "stop", operation = "RestoreSession_StopAction", path = self:_path(),
  })
  if not ok and not (errors.is(err) and err.kind == "not_found") then error(err, 0) end
  rawset(self, "_stopped", true)
  self._client._sessions[self.id] = nil
end

--- The same as `stop`; what `<close>` does.
function Session.methods:close() self:stop() end

--- `session:events()`, `session:event(id)`: what happened in the session (v2 and later).
declare.children(Session.methods, "events", "event", Event)

--- `session:backup_organization()`: the organization whose backup it is, for what concerns
--- all of it.
declare.single(Session.methods, "backup_organization", backup_organization.BackupOrganization,
  "The organization whose backup it is.")

--- A code by which somebody with multi-factor authentication allows the restores of this
--- session (v4 and later): confirmed at `verificationUrl`, it is their option `user_code`.
---
--- Options: `application_id` (of the application that restores), `organization_name`,
--- `region` (where the organization is, "Worldwide" unless told).
---@param given table?
---@return {userCode: string, verificationUrl: string, message: string, expiresIn: integer} code
function Session.methods:device_code(given)
  options.check(given, device_code_options, "device_code")
  local body = {}
  for name, value in pairs(given or {}) do body["target_" .. name] = value end
  return self:_call {
    call = "device_code", operation = "RestoreSession_DeviceCodeAction", options = body,
  }.data
end

--- What the session restored so far (v8; earlier versions answer it with each restore).
---@return vbo.Statistics
function Session.methods:statistics()
  return statistics.read(self:_call { operation = "RestoreSession_GetRestoreStatistics" }.data)
end

--- `session:onedrives()`; `session:onedrive(name)` by id, by its person's name or address,
--- or by its URL.
declare.children(Session.methods, "onedrives", "onedrive", onedrive.OneDrive)

--- `session:mailboxes()`; `session:mailbox(name)` by id, address or name (an archive
--- by its id or name).
declare.children(Session.methods, "mailboxes", "mailbox", exchange.Mailbox)

declare.note(Session.methods, { name = "sites", kind = "plural",
  operation = sharepoint.Site.list, class = sharepoint.Site })
declare.note(Session.methods, { name = "site", kind = "singular",
  operation = sharepoint.Site.get, class = sharepoint.Site })

--- Sites and subsites (v2 and later); `recursive = false`: only the top ones.
---@param given table?  a list: a selection of them
function Session.methods:sites(given) return sharepoint.sites(self, given) end

--- One site by id, title, URL, or path: of its URL ("/sites/marketing"), or of titles from
--- the top ("Marketing/Events").
---@param name any
---@return vbo.Site
function Session.methods:site(name) return sharepoint.site(self, name) end

--- `session:teams()`; `session:team(name)` by id, display name, alias or address (v5 and
--- later).
declare.children(Session.methods, "teams", "team", teams.Team)

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
