--- Restore sessions whose Explore was carried out and whose answer was lost: nothing names them,
--- and they stay open on the server.

local core = require "vbo.core"
local errors = require "vbo.base.error"
local loop = require "vbo.runtime.loop"
local sessions = require "vbo.run.sessions"
local time = require "vbo.base.time"

local M = {}

-- Sessions that are looked through at most: the server lists those of years.
local most <const> = 1000
-- Seconds by which the server's times may be off what they are compared with: they are written in
-- whole seconds; and by which its clock may be off ours, where it does not tell the time.
local rounding <const>, clocks <const> = 1, 600

--- Returns the moment `ago` seconds ago by the server's clock, as its last answer said; by ours,
--- with room for the difference, where none did.
---@param client vbo.Client
---@param ago number
---@return number
local function moment(client, ago)
  local said = client._date and time.http(client._date.text)
  if not said then return core.time() - ago - clocks end
  return said + (core.now() - client._date.at) - ago - rounding
end

-- Returns whether a server's word for a machine means this one; nil where nothing tells it.
local function is_here(client, host)
  if type(host) ~= "string" or host == "" then return nil end
  host = core.fold(host)
  local known = { client._known_as or client._core:address() or "", core.system().host }
  for _, name in ipairs(known) do
    name = core.fold(name)
    -- A server may tell a host with its domain, or without.
    if name ~= "" and (name == host or not name:find "^[%d.]+$"
        and name:match "^[^.]+" == host:match "^[^.]+") then
      return true
    end
  end
  return false
end

-- Returns whether a session may be the one that was asked for.
local function is_candidate(client, session, wanted)
  if session.state ~= "Working" or sessions.is_known(client, session.id) then return false end
  local made = session.creation_time and time.parse(session.creation_time)
  if not made or made < wanted.since then return false end
  local by, organization = session.initiated_by, session.organization
  return (not by or sessions.account(by) == sessions.account(client._user))
    and is_here(client, session.client_host) ~= false
    and (not wanted.type or core.fold(session.type or "") == core.fold(wanted.type))
    and (not wanted.organization or type(organization) ~= "string"
      or core.fold(organization) == core.fold(wanted.organization))
end

-- Returns whether a candidate is surely ours: the server tells the account, and nothing has
-- happened in it.
local function is_ours(client, session)
  if not session.initiated_by then return false end
  if not client._catalogue:operation "RestoreSessionEvent_Get" then return false end
  return session:events():count() == 0
end

local function candidates(client, wanted)
  local alone = sessions.alone(client, wanted.entry)
  local found, seen, owner = {}, 0, wanted.owner
  -- Asked for only now: it may cost a request.
  if owner and owner._class and owner._class.kind == "organization" then
    wanted.organization = owner.name
  end
  for session in client:sessions():each() do
    seen = seen + 1
    if seen > most then break end
    if is_candidate(client, session, wanted) then found[#found + 1] = session end
  end
  found.ours = alone and #found == 1 and is_ours(client, found[1])
  return found
end

local function names(list)
  local ids = {}
  for i, session in ipairs(list) do ids[i] = session.id end
  return ids
end

-- Stops the only one; which of several is ours is unknown.  Returns whether one may be open, and
-- its id.
local function settle(err, found)
  err.sessions = names(found)
  if #found == 0 then
    err.hint = "the server shows no session that it opened; try again"
    err.retryable = true
    return true
  elseif found.ours and pcall(found[1].stop, found[1]) then
    err.message = ("%s; the session that it had opened was stopped (%s)"):format(err.message,
      found[1].id)
    err.retryable = true
    return false, found[1].id
  end
  err.message = ("%s; it may have opened a session: %s"):format(err.message,
    table.concat(err.sessions, ", "))
  err.hint = "stop the one that is yours: client:session(id):stop()"
  return true, found.ours and found[1].id or nil
end

-- Whether the server may have done what it gave no proper answer to.
local function is_lost(err)
  if not errors.is(err) or not err.sent or err.refused then return false end
  local status = err.status or 0
  return status < 300 or status == 408 or status >= 500
end

--- Looks for the session of an Explore that failed, and stops it or names it in the error.
---@param client vbo.Client
---@param err any        what the call raised; other errors stay as they are
---@param wanted table   began= (core.now() before it was sent), type= (of the session),
---  owner= (what is explored), entry= (of `vbo.run.sessions`)
function M.look(client, err, wanted)
  if not is_lost(err) then return sessions.failed(wanted.entry, false) end
  wanted.since = moment(client, core.now() - wanted.began)
  local ok, found = pcall(loop.shielded, candidates, client, wanted)
  if ok then return sessions.failed(wanted.entry, settle(err, found)) end
  sessions.failed(wanted.entry, true)
  err.hint = "it may have opened a session, and the server's list cannot be read: "
    .. "look for one of yours and stop it"
end

local codes = { exchange = "Vex", onedrive = "Veod", sharepoint = "Vesp", teams = "Vet" }

--- Finds the session of a dead run whose Explore was sent and whose answer nothing kept.
---@param client vbo.Client
---@param row table  of the journal: workload=, date= (of the server's last answer before)
---@return string? id  nil: none is surely its own
function M.find(client, row)
  local since = time.http(row.date)
  if not since then return nil end
  local ok, found = pcall(candidates, client, {
    since = since, type = codes[row.workload], entry = row,
  })
  return ok and found.ours and found[1].id or nil
end

return M
