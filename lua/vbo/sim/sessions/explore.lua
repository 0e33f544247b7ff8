--- Opens a restore session on a backup as of a point in time, and finds the session of a request.

local ascii = require "vbo.base.ascii"
local core = require "vbo.core"
local points = require "vbo.sim.backups.points"
local refusal = require "vbo.sim.base.refusal"
local render = require "vbo.sim.sessions.render"
local time = require "vbo.base.time"

local M = {}

local names = {
  Vex = "Exchange", Veod = "OneDrive for Business", Vesp = "SharePoint", Vet = "Microsoft Teams",
}

-- Reads a point in time.  v1 and v2 take only the dotted form, in the server's time zone; later
-- versions take ISO 8601, too, with the server's time zone as the default.
local function point_in_time(context, text)
  if text == nil or text == "" then return nil end
  local dotted = text:match "^%d%d%d%d%.%d%d%.%d%d %d%d:%d%d:%d%d$"
  local at, offset = time.parse(text)
  local good = at and (dotted and context.number <= 5 or not dotted and context.number >= 3)
  if not good then
    refusal.raise(400, ("'%s' is not a date and time of this version; write it as %s."):format(
      text, context.number <= 2 and "2026.11.20 22:00:00" or "2026-11-20T22:00:00Z"))
  end
  return offset and at or at - context.app.zone
end

--- Opens a session on a restore point and answers it.
---@param context vbo.sim.Context
---@param organization table
---@param options { from: string?, test: (fun(point: vbo.sim.Point): boolean)?,
---  only: table<string, any>?, at: number?, kind: string?, reason: string?, scope: string?,
---  operator: boolean?, narrow: (fun(view: table))? }?
---  test: selects the points; from: the subject of the error without a point; only: lower-case
---  addresses of the users to show; at, kind: instead of those of the body
function M.open(context, organization, options)
  options = options or {}
  local body, store = context.body, context.store
  local kind = options.kind or body.type or "Vex"
  kind = ascii.upper(kind:sub(1, 1)) .. core.fold(kind:sub(2))
  local list = store.points:where(function(point)
    if point.organization ~= organization or not points.holds(point, kind) then return false end
    if options.test then return options.test(point) end
    return not point.copy and not point.retrieval
  end)
  if #list == 0 then
    refusal.raise(500, ("Restore session cannot be created: there is no restore point of %s for "
      .. "%s."):format(names[kind] or kind,
        options.from or "organization " .. organization.name))
  end
  local only = options.only and {}
  for email in pairs(options.only or {}) do only[email] = true end
  local at = options.at or point_in_time(context, body.dateTime or body.datetime)
  local point = points.last(list, at)
  local view = store.points:view(organization, point, {
    deleted = body.showDeleted, versions = body.showAllVersions, only = only,
  })
  if options.narrow then options.narrow(view) end
  local session = store:open {
    type = kind, organization = organization, at = at, by = context.user, point = point,
    reason = options.reason, scope = options.scope, operator = options.operator, view = view,
  }
  return context:json(render.session(context, session))
end

--- Finds the session of a path; refuses one that is stopped or of another kind.
---@param context vbo.sim.Context
---@param kind string?  "Vex" or "Veod"; nil: any
---@return table
function M.session(context, kind)
  local id = context.params.restoreSessionId
  local session = context.store:session(id)
  if not session or session.state ~= "Working" then
    -- Up to v5 the real server answers a stopped session with a 500 and this text.
    local text = "Resource cannot be found for current key: RestoreSession '" .. id .. "'"
      .. (not session and "." or session.expired
        and (", it was stopped after %s without a request."):format(session.idle < 60
          and session.idle .. " seconds" or session.idle < 120 and "1 minute"
          or session.idle // 60 .. " minutes")
        or ", it was stopped.")
    refusal.raise(context.number <= 5 and 500 or 404, text)
  end
  session:touch()
  if kind and session.type ~= kind then
    refusal.raise(400, ("This restore session explores %s, not %s."):format(
      names[session.type], names[kind]))
  end
  return session
end

--- Starts a restore of a restore operator in their session and answers it: in every version these
--- restores run in the background.
---@param context vbo.sim.Context
---@param session table
---@param options table  of `session:begin`
function M.begin(context, session, options)
  if not session.operator then
    refusal.raise(403, "This restore session was not opened by a restore operator.")
  end
  local reason = context.body.reason
  if reason and reason ~= "" then options.title = options.title .. ": " .. reason end
  options.break_after = context.app.break_after
  session:begin(options)
  return context:json { sessionId = session.id }
end

return M
