--- Answers the part of the admin interface about restore sessions: what clients see of them, their
--- end, and sessions of other programs.

local json = require "vbo.base.json"
local read = require "vbo.sim.base.request"
local shown = require "vbo.sim.sessions.shown"
local time = require "vbo.base.time"

local M = {}

local function ok(value) return { status = 200, headers = {}, json = value } end

local function problem(status, message)
  return { status = status, headers = {}, json = { message = message } }
end

local function row(session)
  local sums = session:statistics()
  return {
    id = session.id, type = session.type, organization = session.organization.name,
    state = session.state, result = session.result, created = time.iso(session.created),
    ended = session.ended and time.iso(session.ended) or nil,
    point = session.view.point and time.iso(session.view.point) or nil,
    user = session.by, events = #session.events, total = sums.total, restored = sums.restored,
    failed = sums.failed, skipped = sums.skipped,
  }
end

--- Lists the restore sessions, newest first.
function M.list(app)
  local out = json.array {}
  for i, session in ipairs(app.store.sessions) do out[i] = row(session) end
  return ok(out)
end

local words <const> = {
  ids = { "backup", "session" }, events = shown.names,
}

--- Checks a value of the settings; returns the reason where it is wrong.
---@param name string
---@param value any
---@return string?
function M.wrong(name, value)
  if name == "session_kept" then
    if value == json.null or math.type(value) == "integer" and value >= 0 then return nil end
    return "'session_kept' must be a whole number of seconds, from 0 on."
  end
  local list = words[name]
  if not list then return "There is: events, ids, session_kept." end
  for _, each in ipairs(list) do
    if value == each then return nil end
  end
  return ("'%s' must be one of %s."):format(name, table.concat(list, ", "))
end

--- Returns the settings.
function M.settings(app)
  return ok { ids = app.ids, events = app.events, session_kept = app.store.kept }
end

--- Changes the settings that a body names.
function M.set(app, _, request)
  local value = read.json(request.body)
  if type(value) ~= "table" then return problem(400, M.wrong("")) end
  for name, each in pairs(value) do
    local why = M.wrong(name, each)
    if why then return problem(400, why) end
  end
  app.ids, app.events = value.ids or app.ids, value.events or app.events
  if value.session_kept ~= nil then app.store.kept = read.given(value.session_kept) end
  return M.settings(app)
end

local kinds <const> = { exchange = "Vex", onedrive = "Veod", sharepoint = "Vesp", teams = "Vet" }

--- Opens a session that another program opened: { "organization": name, "workload": "onedrive",
--- "user": default the administrator, "host": default this machine, "events": default 0 }.
function M.open(app, _, request)
  local value = read.json(request.body)
  if type(value) ~= "table" then return problem(400, "A body is needed.") end
  local organization = app.store.organizations:named(tostring(value.organization))
  local kind = kinds[value.workload or "onedrive"]
  if not organization or not kind then
    return problem(404, "'organization' must name one of this server, 'workload' be one of "
      .. "exchange, onedrive, sharepoint, teams.")
  end
  local points = require "vbo.sim.backups.points"
  local point = points.last(app.store.points:where(function(each)
    return each.organization == organization and points.holds(each, kind)
      and not each.copy and not each.retrieval
  end))
  local session = app.store:open {
    type = kind, organization = organization, by = value.user or app.user, host = value.host,
    point = point, view = app.store.points:view(organization, point, {}),
  }
  for i = 1, math.tointeger(value.events) or 0 do
    session:event {
      type = "Restore", status = "Success", done = true, title = "Restoring item " .. i,
      message = "Restored item " .. i, item = { name = "item " .. i, type = "Item" },
    }
  end
  return ok(row(session))
end

--- Forgets the sessions that have ended, or the one of `id`.
function M.forget(app, query)
  if not app.store:forget_session(query.id) then
    return problem(404, "There is no such session.")
  end
  return { status = 204, headers = {}, body = "" }
end

return M
