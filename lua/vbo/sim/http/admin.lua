--- Answers the admin interface of a rehearsal server, outside the API on the same port.  It takes
--- HTTP Basic with the server's user and password, or a bearer token of the API.
---
---   POST /sim/assertions          signs an assertion for the log-in of a tenant or an operator:
---                                 {"user": name, "application": id (the backup application)}
---   GET  /sim/changes?since=N     what changed in production, oldest first, after change N; with
---                                 session=ID what one restore session changed
---   GET  /sim/configuration       what changed in the server itself: jobs, settings, accounts
---   GET  /sim/production          what production holds: OneDrives, mail, sites, teams, outbox
---   GET  /sim/content?user=&path= the bytes of a document in production; with site= (its URL) a
---                                 path that starts with a library or list, with team= with a
---                                 channel
---   POST /sim/content?user=&path= writes a document, as its owner does: the body is its bytes
---   GET  /sim/sessions            restore sessions, newest first
---   POST /sim/sessions            opens one as another program does: {"organization": name,
---                                 "workload":, "user":, "host":, "events": number}
---   DELETE /sim/sessions?id=ID    forgets a session, or all that have ended
---   POST /sim/settings            sets {"ids": "backup" or "session", "events": "all", "late",
---                                 "unnamed" or "none", "session_kept": seconds or null};
---                                 GET shows them
---   DELETE /sim/points?before=T   prunes the restore points before a time, as retention does; only
---                                 those since from=T
---   POST /sim/organizations       renames one: {"name": old, "rename": new}
---   GET  /sim/requests            the last requests: method, path, operation, status
---   POST /sim/reset               resets production, sessions and jobs to the start; tokens and
---                                 weather stay
---   POST /sim/snapshots/NAME      keeps production as it is under a name; DELETE forgets it
---   GET  /sim/snapshots           the names
---   GET  /sim/diff?from=A&to=B    what differs between two of them; `start` and `production`
---                                 always exist and are the defaults
---   GET  /sim/memory              how many things the server keeps, see `memory.lua`; with
---                                 collect=true after a garbage collection
---   GET  /sim/time                the server's time
---   POST /sim/time                advances the clock: {"advance": seconds, or "90m", "4h", "7d"};
---                                 schedules run, tokens and idle sessions expire
---   GET  /sim/weather             the rules of the weather, and how often each struck
---   POST /sim/weather             adds a rule, rules, or a set: "storm", see `vbo.sim.weather`
---   DELETE /sim/weather?id=N      removes a rule, or all of them

local ascii = require "vbo.base.ascii"
local errors = require "vbo.base.error"
local json = require "vbo.base.json"
local memory = require "vbo.sim.http.memory"
local nearest = require "vbo.base.nearest"
local read = require "vbo.sim.base.request"
local report = require "vbo.sim.production.report"
local snapshots = require "vbo.sim.production.diff"
local sessions = require "vbo.sim.http.admin_sessions"
local time = require "vbo.base.time"

local M = {}

local routes = {}

local function ok(value) return { status = 200, headers = {}, json = value } end

local function problem(status, message)
  return { status = status, headers = {}, json = { message = message } }
end

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

routes["GET /sim/production"] = function(app) return ok(report.all(app.store.production)) end

routes["GET /sim/content"] = function(app, query)
  local entry = report.document(app.store.production, query)
  if not entry then
    return { status = 404, headers = {}, json = { message = "Production has no such document." } }
  end
  return {
    status = 200, stream = entry.stream,
    headers = { ["content-type"] = "application/octet-stream" },
  }
end

routes["POST /sim/content"] = function(app, query, request)
  local found = report.write(app.store.production, query, request.body or "")
  if not found then return problem(404, "Production has no such OneDrive.") end
  return { status = 204, headers = {}, body = "" }
end

routes["POST /sim/organizations"] = function(app, _, request)
  local value = read.json(request.body)
  local wanted = type(value) == "table" and value or {}
  if type(wanted.rename) ~= "string" or wanted.rename == "" then
    return problem(400, "'rename' must be the new name.")
  end
  local found = app.store.organizations:named(tostring(wanted.name))
  if not found then return problem(404, "There is no such organization.") end
  app.store:rename(found, wanted.rename)
  return ok { id = found.id, name = found.name }
end

routes["DELETE /sim/points"] = function(app, query)
  local from, before = time.parse(query.from or "2000-01-01"), time.parse(query.before or "")
  if not (from and before) then return problem(400, "'before' and 'from' must be times.") end
  local list = app.store.points:where(function(point)
    return point.at >= from and point.at < before
  end)
  for _, point in ipairs(list) do app.store.points:remove(point) end
  return ok { removed = #list }
end

routes["GET /sim/sessions"] = sessions.list
routes["POST /sim/sessions"] = sessions.open
routes["DELETE /sim/sessions"] = sessions.forget
routes["GET /sim/settings"] = sessions.settings
routes["POST /sim/settings"] = sessions.set

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

-- States that exist without a snapshot.
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

-- Answers /sim/snapshots/NAME.
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
  -- A year is more than a rehearsal needs; a clock cannot go back.
  if not seconds or seconds > 366 * 86400 then
    return problem(400, "'advance' must be a time up to a year: seconds, or as in 90m, 4h, 7d.")
  end
  app:advance(seconds)
  app.store:tick()
  return ok { time = time.iso(app.clock()) }
end

-- Calls a function; returns an answer for an error of usage, and nil with its result else.
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
  -- A body that is not JSON is the text of a rule.
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

--- Answers a request of the admin interface; returns nil for other paths.
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
