--- Declares data retrievals: backups fetched from archive storage for a while (v6 and later), and
--- the sessions that fetch them.

local ascii = require "vbo.base.ascii"
local declare = require "vbo.model.declare"
local options_of = require "vbo.base.options"
local resource = require "vbo.model.resource"
local session = require "vbo.objects.session"
local subjects = require "vbo.model.subject"
local time = require "vbo.base.time"

local M = {}

---@class vbo.DataRetrieval
---@field id string
---@field name string
---@field description string?
---@field data_state string        Retrieving, Retrieved, ChangingAvailabilityPeriod or Removing
---@field last_status string
---@field type string              Exchange, OneDrive, SharePoint or Teams
---@field point_in_time string
---@field expiration_time string?
---@field organization_id string?
---@field repository_id string
---@field retrieved_restore_point_id string?
local DataRetrieval = resource.class {
  kind = "data retrieval", plural = "data_retrievals", parameter = "dataRetrievalId",
  rooted = true, get = "DataRetrieval_GetDataRetrieval",
  list = "DataRetrieval_GetDataRetrievals", names = declare.named "name",
  methods = {}, bulk = {},
}

---@class vbo.DataRetrievalSession
---@field id string
---@field name string
---@field type string              Retrieve, RetrievalChangeAvailabilityPeriodDays, …
---@field status string
---@field progress integer
---@field processed_objects integer
---@field retrieval_id string
local Session = resource.class {
  kind = "data retrieval session", plural = "data_retrieval_sessions", rooted = true,
  get = "DataRetrievalSession_GetById", list = "DataRetrievalSession_Get",
  names = declare.named "name", methods = {}, bulk = {},
}

---@class vbo.DataRetrievalLogItem
---@field id string
---@field title string      the line; v8 calls it message, either word reads it
---@field message string
---@field type string?      v8
---@field creation_time string
---@field end_time string?
local LogItem = resource.class {
  kind = "log item", parameter = "logItemId", label = "title",
  get = "DataRetrievalSessionLog_GetOneBySessionIdByLogItemId",
  list = "DataRetrievalSessionLog_GetBatchBySessionId",
  fields = { title = { "message" }, message = { "title" } }, methods = {}, bulk = {},
}

---@class vbo.RetrievedMailbox
---@field id string
---@field display_name string
---@field email string
---@field is_archive boolean
local Mailbox = resource.class {
  kind = "retrieved mailbox", plural = "mailboxes", label = "email",
  list = "DataRetrieval_GetMailboxes", names = declare.named("email", "displayName"),
  methods = {}, bulk = {},
}

---@class vbo.RetrievedOneDrive
---@field id string        the web's id
---@field site_id string
---@field web_id string
---@field title string
---@field url string
local OneDrive = resource.class {
  kind = "retrieved OneDrive", plural = "onedrives", label = "title", key = "webId",
  list = "DataRetrieval_GetOneDrives", names = declare.named("title", "url"),
  methods = {}, bulk = {},
}

---@class vbo.RetrievedTeam
---@field id string
---@field display_name string
---@field description string?
local Team = resource.class {
  kind = "retrieved team", plural = "teams", label = "displayName",
  list = "DataRetrieval_GetTeams", names = declare.named "displayName", methods = {}, bulk = {},
}

---@class vbo.RetrievedWeb
---@field id string        the web's id
---@field site_id string
---@field web_id string
---@field title string
---@field url string
local Web = resource.class {
  kind = "retrieved web", plural = "webs", label = "title", key = "webId",
  list = "DataRetrieval_GetWebs", names = declare.named("title", "url"), methods = {}, bulk = {},
}

M.DataRetrieval, M.DataRetrievalSession, M.LogItem = DataRetrieval, Session, LogItem

--- Starts to fetch.  Options: `name`, `organization`, `repository`, `at` (the point in time),
--- `mailboxes`, `onedrives`, `sites`, `teams` (lists of the repository's data of that kind),
--- `availability_period_days`, `amazon_s3_glacier_retrieval_policy` or
--- `azure_archive_retrieval_policy`, `show_deleted`, `show_all_versions`, ….
declare.create(DataRetrieval, "DataRetrieval_Create")

--- Changes `name`, `description`, `availability_period_days`,
--- `enable_expiration_notification`, `expiration_hours_threshold`.
declare.edit(DataRetrieval, "DataRetrieval_Update")

--- Gives the fetched data back before its time (v6 and v7).
declare.remove(DataRetrieval, "DataRetrieval_DeleteDataRetrieval")

--- Keeps the fetched data for so many days.
---@param days integer
---@param given table?  further options of `edit`
---@return vbo.DataRetrieval self
function DataRetrieval.methods:extend(days, given)
  local options = { availability_period_days = days }
  for name, value in pairs(options_of.given(given, "extend")) do options[name] = value end
  return self:edit(options)
end

--- Opens a restore session on what was fetched; its workload is the retrieval's.
---@return vbo.Session
function DataRetrieval.methods:explore()
  local workload, point = ascii.lower(tostring(self.type)), self.point_in_time
  local opened = session.open(self._client, {
    call = "explore", operation = "DataRetrieval_ExploreAction", path = self:_path(),
  }, {})
  subjects.explored(opened, {
    owner = self, organization = self.organization_id, workload = workload,
    at = type(point) == "string" and time.parse(point) or nil, deleted = self.show_deleted,
    all_versions = self.show_all_versions,
  })
  if point then session.show_point(opened, workload, point, "reported") end
  return opened
end

declare.children(DataRetrieval.methods, "mailboxes", "mailbox", Mailbox)
declare.children(DataRetrieval.methods, "onedrives", "onedrive", OneDrive)
declare.children(DataRetrieval.methods, "teams", "team", Team)
declare.children(DataRetrieval.methods, "webs", "web", Web)

--- `retrieval:data_retrieval_sessions()`: what worked on it.
declare.children(DataRetrieval.methods, "data_retrieval_sessions", "data_retrieval_session",
  Session, { rooted = "data_retrieval" })

-- The same id has two names in the interface's paths.
function Session.methods:_path()
  local id = self:_id()
  return { dataRetrievalSessionId = id, sessionId = id }
end

--- `session:log_items()`; `order_asc` in v8.
declare.children(Session.methods, "log_items", "log_item", LogItem)

--- Returns the retrieval that the session works on.
---@return vbo.DataRetrieval
function Session.methods:data_retrieval() return self._client:data_retrieval(self.retrieval_id) end

return M
