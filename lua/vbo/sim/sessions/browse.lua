--- Handles reading of restore sessions: list, get, events, statistics, and the server itself.

local core = require "vbo.core"
local access = require "vbo.sim.state.access"
local explore = require "vbo.sim.sessions.explore"
local refusal = require "vbo.sim.base.refusal"
local render = require "vbo.sim.sessions.render"
local shown = require "vbo.sim.sessions.shown"
local time = require "vbo.base.time"

local H = {}

-- Finds a session by its id, stopped ones too.
local function session(context)
  local id = context.params.restoreSessionId
  return context.store:session(id) or refusal.not_found("RestoreSession", id)
end

local sort_keys = {
  id = "id", type = "type", creationtime = "created", endtime = "ended", state = "state",
  result = "result", initiatedby = "by",
}

-- Lists the sessions of a query (v8), default newest first.
local function selected(context)
  local query, found = context.query, {}
  local function within(at, from, to)
    from, to = from and time.parse(from), to and time.parse(to)
    return (not from or at and at >= from) and (not to or at and at <= to)
  end
  for _, each in ipairs(context.store.sessions) do
    if access.sees(context.account, each)
        and within(each.created, query.startTimeFrom, query.startTimeTo)
        and within(each.ended, query.endTimeFrom, query.endTimeTo) then
      found[#found + 1] = each
    end
  end
  if query.orderBy or query.orderAsc ~= nil then
    local key = sort_keys[core.fold(tostring(query.orderBy or "creationTime"))] or "created"
    local ascending = query.orderAsc == true
    table.sort(found, function(a, b)
      local x, y = a[key] or 0, b[key] or 0
      if type(x) ~= type(y) then x, y = tostring(x), tostring(y) end
      if x == y then x, y = a.number, b.number end
      if ascending then return x < y end
      return x > y
    end)
  end
  return found
end

function H.RestoreSession_GetPage(context)
  return context:list(selected(context), render.session)
end

function H.RestoreSession_GetByRestoreSessionId(context)
  local it = session(context)
  it:look()
  return context:json(render.session(context, it))
end

function H.RestoreSession_GetRestoreStatistics(context)
  local it = session(context)
  it:look()
  return context:json(render.statistics(context, it))
end

function H.RestoreSessionEvent_Get(context)
  local it = session(context)
  it:look()
  return context:list(shown.events(context.app, it), function(_, event)
    return shown.event(context.app, render.event(context, event, it))
  end)
end

function H.RestoreSessionEvent_GetById(context)
  local it, id = session(context), context.params.eventId
  for _, event in ipairs(shown.events(context.app, it)) do
    if event.id == core.fold(id) then
      return context:json(shown.event(context.app, render.event(context, event, it)))
    end
  end
  refusal.not_found("RestoreSessionEvent", id)
end

function H.BackupOrganization_GetByRestoreSessionId(context)
  local it = explore.session(context)
  local base = "/RestoreSessions/%s/Organization"
  return context:json {
    id = it.organization.id, name = it.organization.name, type = it.organization.type,
    _links = {
      self = context:href(base, it.id),
      mailboxes = it.type == "Vex" and context:href(base .. "/Mailboxes", it.id) or nil,
      onedrives = it.type == "Veod" and context:href(base .. "/OneDrives", it.id) or nil,
      sites = it.type == "Vesp" and context:href(base .. "/Sites", it.id) or nil,
      teams = it.type == "Vet" and context:href(base .. "/Teams", it.id) or nil,
    },
  }
end

function H.ServiceInstance_Get(context)
  return context:json {
    installationId = context.app.installation, version = context.app.product_version,
  }
end

return H
