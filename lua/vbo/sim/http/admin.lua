--- The simulator's own interface, outside the API on the same port, for whoever watches a
--- rehearsal: HTTP Basic with the server's user and password, or a bearer token of the API.
---
---   POST /sim/assertions          signs an assertion for the log-in of a tenant or an operator:
---                                 {"user": name, "application": id (the backup application)}
---   GET  /sim/changes?since=N     what changed in production, oldest first, after change N; with
---                                 session=ID what one restore session changed
---   GET  /sim/configuration       what changed in the server itself: jobs, settings, accounts
---   GET  /sim/production          what production holds: OneDrives, mail, sites, teams, outbox
---   GET  /sim/content?user=&path= the bytes of a document in production; with site= (its URL) a
---                                 path from a library or list on, with team= from a channel on
---   GET  /sim/sessions            restore sessions, newest first
---   GET  /sim/requests            the last requests: method, path, operation, status
---   POST /sim/reset               production, sessions and jobs as at the start; tokens and
---                                 weather stay
---   POST /sim/snapshots/NAME      keeps production as it is under a name; DELETE forgets it
---   GET  /sim/snapshots           the names
---   GET  /sim/diff?from=A&to=B    what differs between two of them (start and production, which
---                                 are there always, unless told)
---   GET  /sim/memory              how much the server keeps of what, see `vbo.sim.memory`; with
---                                 collect=true what nobody holds any more is freed first
---   GET  /sim/time                what time it is there
---   POST /sim/time                lets time pass: {"advance": seconds, or "90m", "4h", "7d"};
---                                 schedules run, tokens and idle sessions end
---   GET  /sim/weather             the rules of the weather, and how often each struck
---   POST /sim/weather             adds a rule, rules, or a set: "storm", see `vbo.sim.weather`
---   DELETE /sim/weather?id=N      takes a rule away, or all of them

local ascii = require "vbo.base.ascii"
local admin_sites = require "vbo.sim.http.admin_sites"
local errors = require "vbo.base.error"
local json = require "vbo.base.json"
local memory = require "vbo.sim.http.memory"
local nearest = require "vbo.base.nearest"
local read = require "vbo.sim.base.request"
local snapshots = require "vbo.sim.production.diff"
local time = require "vbo.base.time"

local M = {}

local routes = {}

local function ok(value) return { status = 200, headers = {}, json = value } end

routes["GET /sim/changes"] = function(app, query)
  local since, out = tonumber(query.since or 0) or 0, json.array {}
  for _, change in ipairs(app.store.production.changes) do
    if change.sequence > since and (not query.session or change.session == query.session) then
      local row = {}
      for key, value in pairs(change) do row[key] = value end
      row.time = time.iso(change.time)
      out[#out + 1] = row
    end
  end
  return ok(out)
end

local function by_path(a, b) return a.path < b.path end

local function drive_of(production, organization, user)
  local live = production:drive(organization, user.name)
  if not live then return nil end
  local documents, folders = json.array {}, json.array {}
  for _, entry in pairs(live.entries) do
    documents[#documents + 1] = {
      path = entry.path, size = entry.size, version = entry.version,
      modified = time.iso(entry.modified), modifiedBy = entry.by,
      -- Of what was restored.
      versions = entry.versions, permissions = entry.permissions,
    }
  end
  for path in pairs(live.folders) do folders[#folders + 1] = path end
  table.sort(documents, by_path)
  table.sort(folders)
  return { user = user.name, id = live.drive.id, folders = folders, documents = documents }
end

local function mailbox_of(production, organization, user, archive)
  local live = production:mailbox(organization, user.name, archive)
  if not live then return nil end
  local items = json.array {}
  for _, entry in pairs(live.items) do
    items[#items + 1] = {
      path = entry.folder .. "/" .. entry.item.subject, folder = entry.folder,
      subject = entry.item.subject, size = entry.item.size, unread = entry.unread,
      received = time.iso(entry.received),
    }
  end
  table.sort(items, function(a, b)
    if a.path ~= b.path then return a.path < b.path end
    return a.received < b.received
  end)
  return { user = user.name, id = live.mailbox.id, archive = archive, items = items }
end

-- Of a generated world those whom a rehearsal touched: all of them are too many to tell.
local function users_of(production, organization)
  if not organization.everybody then return organization.users end
  local found, seen = {}, {}
  for _, places in ipairs { production._drives, production._mailboxes } do
    for _, place in pairs(places) do
      local user = place and place.user
      if user and user.organization == organization and not seen[user.name] then
        seen[user.name] = true
        found[#found + 1] = user
      end
    end
  end
  table.sort(found, function(a, b) return a.name < b.name end)
  return found
end

routes["GET /sim/production"] = function(app)
  local production, organizations, outbox = app.store.production, json.array {}, json.array {}
  for _, organization in ipairs(app.store.world:organizations()) do
    local row = { name = organization.name, drives = json.array {}, mailboxes = json.array {} }
    for _, user in ipairs(users_of(production, organization)) do
      row.drives[#row.drives + 1] = drive_of(production, organization, user)
      row.mailboxes[#row.mailboxes + 1] = mailbox_of(production, organization, user)
      if user.archive then
        row.mailboxes[#row.mailboxes + 1] = mailbox_of(production, organization, user, true)
      end
    end
    row.sites = admin_sites.sites(production, organization)
    row.teams = admin_sites.teams(production, organization)
    organizations[#organizations + 1] = row
  end
  for i, letter in ipairs(production.outbox) do
    local row = {}
    for key, value in pairs(letter) do row[key] = value end
    row.time, row.attachments = time.iso(letter.time), json.array(letter.attachments)
    outbox[i] = row
  end
  return ok { organizations = organizations, outbox = outbox }
end

routes["GET /sim/content"] = function(app, query)
  for _, organization in ipairs(app.store.world:organizations()) do
    local live = query.user and app.store.production:drive(organization, query.user)
    local entry = live and live.entries[query.path or ""]
      or admin_sites.content(app.store.production, organization, query)
    if entry then
      return {
        status = 200, stream = entry.stream,
        headers = { ["content-type"] = "application/octet-stream" },
      }
    end
  end
  return { status = 404, headers = {}, json = { message = "Production has no such document." } }
end

routes["GET /sim/sessions"] = function(app)
  local out = json.array {}
  for i, session in ipairs(app.store.sessions) do
    local sums = session:statistics()
    out[i] = {
      id = session.id, type = session.type, organization = session.organization.name,
      state = session.state, result = session.result, created = time.iso(session.created),
      ended = session.ended and time.iso(session.ended) or nil,
      point = session.view.point and time.iso(session.view.point) or nil,
      events = #session.events, total = sums.total, restored = sums.restored,
      failed = sums.failed, skipped = sums.skipped,
    }
  end
  return ok(out)
end

routes["GET /sim/configuration"] = function(app)
  return ok(json.array(table.move(app.store.configuration, 1, #app.store.configuration, 1, {})))
end

routes["GET /sim/requests"] = function(app)
  return ok(json.array(app:last_requests()))
end

routes["GET /sim/memory"] = function(app, query)
  if query.collect == "true" then collectgarbage() end
  return ok(memory.of(app))
end

local function problem(status, message)
  return { status = status, headers = {}, json = { message = message } }
end

-- States that need no snapshot.
local standing = {
  start = snapshots.start, production = snapshots.take,
}

local function snapshot_names(app)
  local names = json.array {}
  for name in pairs(app.snapshots or {}) do names[#names + 1] = name end
  table.sort(names)
  return names
end

routes["GET /sim/snapshots"] = function(app)
  local out = json.array {}
  for i, name in ipairs(snapshot_names(app)) do
    local snapshot = app.snapshots[name]
    out[i] = { name = name, time = time.iso(snapshot.time), changes = snapshot.changes }
  end
  return ok(out)
end

--- /sim/snapshots/NAME, whose last part is the caller's.
local function snapshot_route(app, method, name)
  app.snapshots = app.snapshots or {}
  if method == "POST" then
    if standing[name] or not name:find "^[%w._-]+$" then
      return problem(400, ("No snapshot can be called '%s'."):format(name))
    end
    app.snapshots[name] = snapshots.take(app.store)
  elseif method == "DELETE" and app.snapshots[name] then
    app.snapshots[name] = nil
  else
    return nil
  end
  return { status = 204, headers = {}, body = "" }
end

routes["GET /sim/diff"] = function(app, query)
  local found = {}
  for i, name in ipairs { query.from or "start", query.to or "production" } do
    found[i] = standing[name] and standing[name](app.store) or (app.snapshots or {})[name]
    if not found[i] then
      local names = snapshot_names(app)
      table.move({ "start", "production" }, 1, 2, #names + 1, names)
      local near = nearest(name, names)
      return problem(404, ("There is no snapshot '%s'; %s"):format(name, near
        and ("did you mean '%s'?"):format(near) or "there is: " .. table.concat(names, ", ")))
    end
  end
  return ok(json.array(snapshots.compare(app.store, found[1], found[2])))
end

routes["GET /sim/time"] = function(app) return ok { time = time.iso(app.clock()) } end

local units = { [""] = 1, s = 1, m = 60, h = 3600, d = 86400 }

routes["POST /sim/time"] = function(app, _, request)
  local value = read.json(request.body)
  local given = type(value) == "table" and value.advance
  local count, unit = tostring(given):match "^(%d+)%s*(%a?)$"
  local seconds = count and units[unit] and math.tointeger(tonumber(count)) * units[unit]
  -- A year is more than any rehearsal needs; a clock never goes back.
  if not seconds or seconds > 366 * 86400 then
    return problem(400, "'advance' must be a time up to a year: seconds, or as in 90m, 4h, 7d.")
  end
  app:advance(seconds)
  app.store:tick()
  return ok { time = time.iso(app.clock()) }
end

-- What whoever asks got wrong is theirs to know.
local function taken(status, fn, ...)
  local good, err = pcall(fn, ...)
  if good then return nil, err end
  if not (errors.is(err) and err.kind == "usage") then error(err, 0) end
  return problem(status, err.message .. (err.hint and "; " .. err.hint or ""))
end

local function weather_of(app)
  app.weather = app.weather or require("vbo.sim.weather").new()
  return app.weather
end

routes["GET /sim/weather"] = function(app) return ok(weather_of(app):list()) end

routes["POST /sim/weather"] = function(app, _, request)
  local value, message = read.json(request.body)
  -- A rule as text needs no quotes: it may be the body itself.
  if message then value = request.body end
  local weather = weather_of(app)
  return taken(400, weather.post, weather, value) or ok(weather:list())
end

routes["DELETE /sim/weather"] = function(app, query)
  local weather, id = weather_of(app), query.id and math.tointeger(tonumber(query.id))
  if query.id and not (id and weather:clear(id)) then
    return problem(404, "There is no such rule.")
  end
  if not query.id then weather:clear() end
  return ok(weather:list())
end

routes["POST /sim/assertions"] = function(app, _, request)
  local value = read.json(request.body)
  local user = type(value) == "table" and value.user
  local application = type(value) == "table" and value.application
  if application == json.null then application = nil end
  if type(user) ~= "string" or application and type(application) ~= "string" then
    return problem(400, "'user' must name a tenant's account or a user, 'application' an id.")
  end
  local assertion, why = app.auth:assertion(user, application or nil)
  if not assertion then return problem(404, why) end
  return ok { assertion = assertion }
end

routes["POST /sim/reset"] = function(app)
  app.store:reset()
  app.requests = {}
  return { status = 204, headers = {}, body = "" }
end

--- Answers a request of the admin interface; nil when the path is not its own.
---@param app table
---@param request table  of `app:handle`
---@return table?
function M.handle(app, request)
  local path = request.path:gsub("/+$", "")
  if path ~= "/sim" and not path:find("^/sim/") then return nil end
  local account = app.auth:bearer(request)
  if not (account and account.kind == "administrator") then
    local user, delay, retry = app.auth:basic(request)
    if not user then
      return {
        status = retry and 429 or 401, delay = delay,
        headers = { ["www-authenticate"] = 'Basic realm="rehearsal server"',
          ["retry-after"] = retry and tostring(retry) },
        json = { message = "The rehearsal server's user and password are needed." },
      }
    end
  end
  local route = routes[ascii.upper(request.method) .. " " .. path]
  local snapshot = path:match "^/sim/snapshots/([^/]+)$"
  local answer = snapshot
    and snapshot_route(app, ascii.upper(request.method), read.decode(snapshot))
  if answer then return answer end
  if route then return route(app, (read.fields(request.query)), request) end
  local names = { "POST /sim/snapshots/NAME", "DELETE /sim/snapshots/NAME" }
  for name in pairs(routes) do names[#names + 1] = name end
  table.sort(names)
  return {
    status = 404, headers = {},
    json = { message = "Not here; there is: " .. table.concat(names, ", ") },
  }
end

return M
