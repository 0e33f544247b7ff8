--- Declares restore sessions: a backup opened at a point in time.
---
--- A session holds resources of the server.  Leaving a `<close>` session stops it there;
--- so does closing the client that opened it.

local ascii = require "vbo.base.ascii"
local capability = require "vbo.client.capability"
local core = require "vbo.core"
local declare = require "vbo.model.declare"
local errors = require "vbo.base.error"
local known_points = require "vbo.objects.session.known_points"
local loop = require "vbo.runtime.loop"
local lost_session = require "vbo.objects.session.lost"
local moment = require "vbo.base.moment"
local nearest = require "vbo.base.nearest"
local notice = require "vbo.base.notice"
local objects = require "vbo.model.objects"
local options = require "vbo.base.options"
local pipeline = require "vbo.request.pipeline"
local points = require "vbo.run.points"
local resource = require "vbo.model.resource"
local sessions = require "vbo.run.sessions"
local statistics = require "vbo.model.statistics"
local subjects = require "vbo.model.subject"
local task = require "vbo.runtime.task"
local time = require "vbo.base.time"

---@class vbo.Session
---@field id string
---@field type string       Vex, Veod, Vesp or Vet
---@field state string      Working or Stopped
---@field result string     Success, Warning or Failed
---@field point string?    ISO 8601, UTC: of a session that was opened here, the restore point it
---  shows, or the moment that was asked for where the server tells of none
---@field point_source string?  "reported" (the server reported that point) or "requested"
---@field point_in_time string?
local Session

local function close(self, err)
  if rawget(self, "_stopped") then return end
  if err == nil then
    self:_release()
  else
    -- The error under way matters more than one of cleaning up.
    pcall(self._release, self)
  end
end

Session = resource.class {
  kind = "restore session", parameter = "restoreSessionId", rooted = true,
  get = "RestoreSession_GetByRestoreSessionId", list = "RestoreSession_GetPage",
  methods = {}, bulk = {}, close = close,
}

local named = Session.meta.__tostring

--- Names the session, its workload and its point in time: `print(session)`.
function Session.meta:__tostring()
  local point = rawget(self, "point")
  if not point then return named(self) end
  return ("%s (%s as of %s%s)"):format(named(self), rawget(self, "_workload"), point,
    rawget(self, "point_source") == "requested" and ", requested" or "")
end

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

local M = { Session = Session, Event = Event }

local workloads = { exchange = true, onedrive = true, sharepoint = true, teams = true }
local workload_names = { "exchange", "onedrive", "sharepoint", "teams" }
local codes = { exchange = "Vex", onedrive = "Veod", sharepoint = "Vesp", teams = "Vet" }
local explore_options = {
  workload = "string", at = "string|number", deleted = "boolean", all_versions = "boolean",
  repository = "string|table",
}

-- The workload that is meant, and that the version has it.
local function workload_of(client, given)
  local word = given.workload
  if word == nil then
    if capability.has(client._catalogue, "onedrive") then
      notice.tell(client, "explore: no workload is named and Exchange is taken",
        "write workload = \"exchange\", \"onedrive\", \"sharepoint\" or \"teams\"")
    end
    return "exchange"
  end
  word = ascii.lower(word)
  if not workloads[word] then
    local best = nearest(word, workload_names)
    errors.usage(("explore: there is no workload '%s'"):format(given.workload),
      (best and ("did you mean '%s'? "):format(best) or "") .. "workloads are: "
        .. table.concat(workload_names, ", "))
  end
  local missing = capability.missing(client._catalogue, { word })
  if missing then
    errors.raise {
      kind = "unsupported",
      message = ("explore: %s has no workload '%s'"):format(client.version, word),
      hint = "it is in " .. table.concat(capability.having { word }, ", "),
    }
  end
  return word
end

-- Returns what a session shows but for its point in time, as the journal compares it.
local function kind_of(owner, intent)
  local class, words = owner._class, {}
  for i, name in ipairs { "workload", "deleted", "all_versions", "repository" } do
    words[i] = ("%s=%s"):format(name, tostring(intent[name] or false))
  end
  return {
    owner = class and ("%s %s"):format(class.kind, owner.id) or "the account's organization",
    options = table.concat(words, " "), at = intent.at,
  }
end

-- The options as the dialects take them, at the point in time that is sent: what the caller
-- says, the newest point that is known, or now.
local function intent_of(owner, given, how)
  local client, repository = owner._client, given.repository
  if type(repository) == "table" then repository = repository.id end
  local intent = {
    workload = workload_of(client, given), deleted = given.deleted,
    all_versions = given.all_versions, repository = repository, zoned = true,
  }
  if how.point then
    intent.at = math.ceil(how.point)
    intent.at, intent.point = points.choose(client, kind_of(owner, intent), function()
      return how.point
    end)
    return intent
  end
  if given.at ~= nil then intent.at, intent.zoned = moment.point(client, given.at, "at") end
  -- Raises where the explored object does not exist, before the server is asked about it.
  owner:_path()
  local about = how.about or {}
  local what = {
    client = client, workload = intent.workload, organization = about.organization,
    job = about.job, repository = about.repository or repository, operator = about.operator,
  }
  intent.newest = intent.at == nil or nil
  intent.at, intent.point = points.choose(client, kind_of(owner, intent), function(at)
    return known_points.find(what, at)
  end)
  return intent
end

--- Keeps what a session shows where a runbook finds it, and writes it to the client's log.
---@param session vbo.Session
---@param workload string
---@param point string  ISO 8601, UTC
---@param source "reported"|"requested"
function M.show_point(session, workload, point, source)
  rawset(session, "point", point)
  rawset(session, "point_source", source)
  rawset(session, "_workload", workload)
  local log = session._client._log
  if not log then return end
  log(("explores %s as of %s (%s)"):format(workload, point, source == "reported"
    and "reported by the server" or "as requested; the server reports none"))
end

-- Notes the restore point where the server reports one, else the moment that was asked for.
local function note_point(session, intent)
  local understood = session:record().pointInTime
  if intent.point then
    M.show_point(session, intent.workload, time.iso(math.ceil(intent.point)), "reported")
  elseif not intent.newest and type(understood) == "string" and time.utc(understood) then
    M.show_point(session, intent.workload, time.utc(understood), "reported")
  else
    M.show_point(session, intent.workload, time.iso(intent.at), "requested")
  end
end

-- Stops a session that shows another moment than was asked for, and opens it as it was meant.
local function open_rightly(client, intent, open)
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
  return session
end

--- Opens a restore session.
---@param owner table       what is explored: an organization, a job, or the client (tenant)
---@param operation string
---@param given table?
---@param how table?  query= (parameters that the operation insists on), options= (further ones of
---  its body: name → types), about= (where its restore points are looked for: organization=, job=,
---  repository= (an id), operator=), point= (the restore point: seconds since 1970)
---@return vbo.Session
function M.explore(owner, operation, given, how)
  how = how or {}
  local accepted = {}
  for _, set in ipairs { explore_options, how.options or {} } do
    for name, types in pairs(set) do accepted[name] = types end
  end
  given = options.check(given, accepted, "explore")
  local client = owner._client
  local intent = intent_of(owner, given, how)
  local at = intent.at -- before it is moved for a server that reads dates in a zone of its own
  local session = open_rightly(client, intent, function()
    local body, implied = client._dialect:explore(intent)
    for name in pairs(how.options or {}) do body[name] = given[name] end
    return M.open(client, {
      call = "explore", operation = operation, path = owner:_path(), options = body,
      implied = implied, query = how.query,
    }, { type = codes[intent.workload], owner = owner })
  end)
  note_point(session, intent)
  local about = how.about or {}
  subjects.explored(session, {
    owner = owner, organization = about.organization or how.query and (how.query.organizationId
      or how.query.organization), workload = intent.workload, at = at, deleted = intent.deleted,
    all_versions = intent.all_versions,
    repository = intent.repository or owner:_path().repositoryId,
  })
  return session
end

--- Calls an operation that opens a session, and keeps the session: closing the client stops it.
---
--- After a signal, or where the task was cancelled meanwhile, the answer is waited for and the
--- session kept before that is raised: it will be stopped, too.
---@param client vbo.Client
---@param intent table  as `pipeline.call`
---@param wanted table  what the session is like, see `vbo.lost_session`
---@return vbo.Session
function M.open(client, intent, wanted)
  wanted.entry, wanted.began = sessions.asked(client, wanted), core.now()
  local ok, answer = pcall(pipeline.call, client, intent)
  if ok and (type(answer.data) ~= "table" or type(answer.data.id) ~= "string") then
    ok, answer = false, errors.new {
      kind = "protocol", operation = intent.operation, status = answer.status, sent = true,
      message = "the answer names no session",
    }
  end
  if not ok then
    lost_session.look(client, answer, wanted)
    error(answer, 0)
  end
  local session = M.hold(client, resource.from_record(Session, client, answer.data))
  sessions.opened(client, session, wanted.entry)
  local refused = loop.refusal()
  if refused then errors.raise(refused) end
  return session
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

-- Returns whether a session is over although its stopping failed: another client stopped it, or
-- an earlier attempt, whose answer was lost.
local function is_over(self, err)
  if not errors.is(err) then return false end
  if err.kind == "not_found" then return true end
  -- Up to v5 the server answers 500 for what was stopped before.
  if not err.status or err.status < 400 then return false end
  local ok, answer = pcall(task.shielded, pipeline.call, self._client, {
    operation = "RestoreSession_GetByRestoreSessionId", path = self:_path(), urgent = true,
  })
  if not ok then return errors.is(answer) and answer.kind == "not_found" end
  return type(answer.data) == "table" and answer.data.state == "Stopped"
end

--- Stops the session on the server.  Stopping one that is gone or stopped does nothing.
function Session.methods:stop()
  if rawget(self, "_stopped") then return end
  -- Also where a task is cancelled: what it opened must not stay open.
  local ok, err = pcall(task.shielded, pipeline.call, self._client, {
    call = "stop", operation = "RestoreSession_StopAction", path = self:_path(),
  })
  if not ok and not is_over(self, err) then error(err, 0) end
  rawset(self, "_stopped", true)
  self._client._sessions[self.id] = nil
  sessions.stopped(self._client, self)
end

-- Stops the session on clean-up, unless it still carries out a restore that the server accepted.
function Session.methods:_release()
  if rawget(self, "_stopped") then return end
  if not sessions.keep_open(self._client, self) then return self:stop() end
  rawset(self, "_stopped", true)
  self._client._sessions[self.id] = nil
end

--- The same as `stop`; what `<close>` does.
function Session.methods:close() self:stop() end

--- `session:events()`, `session:event(id)`: what happened in the session (v2 and later).
declare.children(Session.methods, "events", "event", Event)

--- `session:backup_organization()`: the organization whose backup it is, for what concerns
--- all of it.
declare.single(Session.methods, "backup_organization", "session.organization.BackupOrganization",
  "The organization whose backup it is.")

--- Requests a code by which a person with multi-factor authentication allows the restores of this
--- session (v4 and later): confirmed at `verificationUrl`, it is their option `user_code`.
---
--- Options: `application_id` (of the application that restores), `organization_name`,
--- `region` (where the organization is, default "Worldwide").
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

--- Returns what the session restored so far (v8; earlier versions answer it with each restore).
---@return vbo.Statistics
function Session.methods:statistics()
  return statistics.read(self:_call { operation = "RestoreSession_GetRestoreStatistics" }.data)
end

--- `session:onedrives()`; `session:onedrive(name)` by id, by its person's name or address,
--- or by its URL.
declare.children(Session.methods, "onedrives", "onedrive", "onedrive.OneDrive")

--- `session:mailboxes()`; `session:mailbox(name)` by id, address or name (an archive
--- by its id or name).
declare.children(Session.methods, "mailboxes", "mailbox", "exchange.Mailbox")

declare.note(Session.methods, { name = "sites", kind = "plural",
  class = "sharepoint.Site", accepts = { recursive = "boolean" } })
declare.note(Session.methods, { name = "site", kind = "singular",
  class = "sharepoint.Site" })

--- Sites and subsites (v2 and later); `recursive = false`: only the top ones.
---@param given table?  a list: a selection of them
function Session.methods:sites(given)
  return objects.named "sharepoint.sites"(self, given)
end

--- One site by id, title, URL, or path: of its URL ("/sites/marketing"), or of titles from
--- the top ("Marketing/Events").
---@param name any
---@return vbo.Site
function Session.methods:site(name)
  return objects.named "sharepoint.site"(self, name)
end

--- `session:teams()`; `session:team(name)` by id, display name, alias or address (v5 and
--- later).
declare.children(Session.methods, "teams", "team", "teams.Team")

--- Stops each of the selected sessions.
function Session.bulk:stop()
  for _, session in ipairs(self:_all()) do session:stop() end
end

return M
