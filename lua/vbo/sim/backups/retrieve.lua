--- Handles data retrievals: create, edit, remove, explore, what they brought back, sessions and
--- logs.

local core = require "vbo.core"
local explore = require "vbo.sim.sessions.explore"
local points = require "vbo.sim.backups.points"
local refusal = require "vbo.sim.base.refusal"
local dates = require "vbo.sim.state.dates"
local render_jobs = require "vbo.sim.jobs.render"
local repositories = require "vbo.sim.backups.repositories"
local time = require "vbo.base.time"

local H = {}

local function retrievals(context) return context.store.retrievals end

local function retrieval(context) return retrievals(context):get(context.params.dataRetrievalId) end

local function row(context, it)
  local storage = it.azure and "AzureArchive" or "AmazonS3Glacier"
  return {
    id = it.id, name = it.name, description = it.description, organizationId = it.organization.id,
    organizationUniqueId = it.organization.id, repositoryId = it.repository.id,
    proxyId = it.repository.proxy and it.repository.proxy.id, pointInTime = dates.time(it.at),
    startTime = dates.time(it.started), expirationTime = dates.time(it.expires),
    dataState = it.state, lastStatus = it.status, type = it.kind.name, storageType = storage,
    amazonS3GlacierRetrievalPolicy = it.amazon, azureArchiveRetrievalPolicy = it.azure,
    showDeleted = it.deleted, showAllVersions = it.versions,
    retrievedRestorePointId = it.restored and it.restored.id,
    enableExpirationNotification = it.notify, expirationHoursThreshold = it.threshold,
    _links = {
      self = context:href("/DataRetrievals/%s", it.id),
      organization = context:href("/Organizations/%s", it.organization.id),
      repository = context:href("/BackupRepositories/%s", it.repository.id),
      sessions = context:href("/DataRetrievalSessions?dataRetrievalId=%s", it.id),
    },
  }
end

function H.DataRetrieval_GetDataRetrievals(context)
  local query, found = context.query, {}
  local function same(wanted, value) return not wanted or core.fold(value) == core.fold(wanted) end
  for _, it in ipairs(retrievals(context).list) do
    if same(query.organizationId, it.organization.id)
        and same(query.repositoryId, it.repository.id) and same(query.dataState, it.state) then
      found[#found + 1] = it
    end
  end
  return context:list(found, row)
end

function H.DataRetrieval_GetDataRetrieval(context)
  local it = retrieval(context)
  retrievals(context):look(it.session)
  return context:json(row(context, it))
end

-- The kinds of data to retrieve, by the property of a body; one kind at a time.
local kinds = {
  { given = "mailboxes", name = "Exchange", type = "Vex", list = "mailboxes", what = "Mailbox" },
  { given = "oneDrives", name = "OneDrive", type = "Veod", list = "drives", what = "OneDrive" },
  { given = "sites", name = "SharePoint", type = "Vesp", list = "sites", what = "Site" },
  { given = "teams", name = "Teams", type = "Vet", list = "teams", what = "Team" },
}

local function chosen_of(organization, body)
  local kind
  for _, each in ipairs(kinds) do
    if #(body[each.given] or {}) > 0 then
      if kind then
        refusal.raise(400, ("A data retrieval takes '%s' or '%s', not both."):format(
          kind.given, each.given))
      end
      kind = each
    end
  end
  if not kind then refusal.missing { "Mailboxes" } end
  local chosen = {}
  for i, given in ipairs(body[kind.given]) do
    local id = given.id or refusal.missing { ("%s[%d].Id"):format(kind.given, i - 1) }
    for _, it in ipairs(organization[kind.list] or {}) do
      if core.fold(it.id) == core.fold(id) then chosen[i] = it end
    end
    if not chosen[i] then refusal.not_found(kind.what, id) end
  end
  return kind, chosen
end

local function days_of(value)
  if value and (value < 1 or value > 30) then
    refusal.raise(400, "'availabilityPeriodDays' must be between 1 and 30.")
  end
  return value
end

function H.DataRetrieval_Create(context)
  local body, store = context.body, context.store
  if not body.organizationId then refusal.missing { "OrganizationId" } end
  local organization = store:organization(body.organizationId)
    or refusal.not_found("Organization", body.organizationId)
  local repository = repositories.get(context, body.repositoryId)
  local kind, chosen = chosen_of(organization, body)
  local at = body.pointInTime and time.parse(body.pointInTime)
  local point = points.last(store.points:where(function(each)
    return each.organization == organization and not each.retrieval and each.repository ~= nil
      and each.repository.id == repository.id and points.holds(each, kind.type)
  end), at)
  if not point then
    refusal.raise(400, ("Repository '%s' holds no restore point of organization %s at that time.")
      :format(repository.name, organization.name))
  end
  local covers
  if kind.type == "Vex" or kind.type == "Veod" then
    covers = {}
    for _, it in ipairs(chosen) do
      covers[core.fold(it.email or it.owner)] = { [kind.type] = true }
    end
  end
  local made = retrievals(context):add {
    name = body.name or ("Retrieval of %s"):format(organization.name),
    description = body.description or "", organization = organization, repository = repository,
    kind = kind, chosen = chosen, covers = covers, point = point, at = at or point.at,
    days = days_of(body.availabilityPeriodDays) or 7, deleted = body.showDeleted or false,
    versions = body.showAllVersions or false, amazon = body.amazonS3GlacierRetrievalPolicy,
    azure = body.azureArchiveRetrievalPolicy,
    notify = body.enableExpirationNotification or false,
    threshold = body.expirationHoursThreshold or 24,
  }
  return context:json(row(context, made))
end

function H.DataRetrieval_Update(context)
  local it, body = retrieval(context), context.body
  local days = days_of(body.availabilityPeriodDays)
  if days and days ~= it.days then retrievals(context):extend(it, days) end
  for key, name in pairs { name = "name", description = "description",
    notify = "enableExpirationNotification", threshold = "expirationHoursThreshold" } do
    if body[name] ~= nil then it[key] = body[name] end
  end
  return context:empty()
end

function H.DataRetrieval_DeleteDataRetrieval(context)
  retrievals(context):remove(context.params.dataRetrievalId)
  return context:empty()
end

--- Explores only what was brought back.
function H.DataRetrieval_ExploreAction(context)
  local it = retrieval(context)
  if not it.restored then
    refusal.raise(409, ("Data retrieval '%s' is not there yet: %s."):format(it.name, it.state))
  end
  context.body = { showDeleted = it.deleted, showAllVersions = it.versions }
  return explore.open(context, it.organization, {
    kind = it.kind.type, at = it.restored.at, only = it.covers,
    from = "data retrieval " .. it.name,
    test = function(point) return point == it.restored end,
  })
end

local function web(_, it)
  return { SiteId = it.id:sub(1, 36), WebId = it.id:sub(37), Title = it.name, Url = it.url }
end

local function mailbox(_, it)
  return { id = it.id, email = it.email, displayName = it.name, isArchive = it.archive or false }
end

local function team(_, it)
  return { id = it.id, displayName = it.name, description = it.description }
end

-- Lists what a retrieval brought back of one workload; nothing of the others.
local function list_retrieved(kind, render)
  return function(context)
    local it = retrieval(context)
    return context:list(it.kind.type == kind and it.chosen or {}, render)
  end
end

H.DataRetrieval_GetMailboxes = list_retrieved("Vex", mailbox)
H.DataRetrieval_GetOneDrives = list_retrieved("Veod", web)
H.DataRetrieval_GetWebs = list_retrieved("Vesp", web)
H.DataRetrieval_GetTeams = list_retrieved("Vet", team)

-- Returns the type of a session; the schemas of v6 have one that ends in a comma.
local function type_of(context, kind)
  if kind == "RetrievalChangeAvailabilityPeriodDays" and context.number == 6 then
    return kind .. ","
  end
  return kind
end

local function session_row(context, it)
  return {
    id = it.id, retrievalId = it.retrieval.id, name = it.name, type = type_of(context, it.kind),
    status = it.status, progress = it.progress, processedObjects = it.objects,
    creationTime = dates.time(it.created), endTime = dates.time(it.ended),
    repositoryId = it.retrieval.repository.id,
    _links = {
      self = context:href("/DataRetrievalSessions/%s", it.id),
      log = context:href("/DataRetrievalSessions/%s/LogItems", it.id),
    },
  }
end

function H.DataRetrievalSession_Get(context)
  local wanted, found = context.query.dataRetrievalId, {}
  for _, session in ipairs(retrievals(context).sessions) do
    if not wanted or session.retrieval.id == core.fold(wanted) then found[#found + 1] = session end
  end
  return context:list(found, session_row)
end

local function session(context)
  local id = context.params.dataRetrievalSessionId or context.params.sessionId
  local it = retrievals(context):session(id)
  retrievals(context):look(it)
  return it
end

function H.DataRetrievalSession_GetById(context)
  return context:json(session_row(context, session(context)))
end

local log_row = render_jobs.log_item "/DataRetrievalSessions"

function H.DataRetrievalSessionLog_GetBatchBySessionId(context)
  local it = session(context)
  local list = table.move(it.log, 1, #it.log, 1, {})
  if context.query.orderAsc == false then
    table.sort(list, function(a, b) return a.usn > b.usn end)
  end
  return context:list(list, function(_, each) return log_row(context, each, it) end)
end

function H.DataRetrievalSessionLog_GetOneBySessionIdByLogItemId(context)
  local it = session(context)
  for _, each in ipairs(it.log) do
    if each.id == core.fold(context.params.logItemId) then
      return context:json(log_row(context, each, it))
    end
  end
  refusal.not_found("LogItem", context.params.logItemId)
end

return H
