--- Restore sessions whose Explore was carried out and whose answer was lost: nothing names them,
--- and they stay open on the server.

local core = require "vbo.core"
local errors = require "vbo.base.error"
local loop = require "vbo.runtime.loop"
local time = require "vbo.base.time"

local M = {}

-- Sessions that are looked through at most: the server lists those of years.
local most <const> = 1000
-- Seconds by which the server's times may be off what they are compared with: they are written in
-- whole seconds; and by which its clock may be off ours, where it does not tell the time.
local rounding <const>, clocks <const> = 2, 600

local months = { Jan = 1, Feb = 2, Mar = 3, Apr = 4, May = 5, Jun = 6, Jul = 7, Aug = 8, Sep = 9,
  Oct = 10, Nov = 11, Dec = 12 }

-- Seconds since 1970 of an HTTP date; nil for anything else.
local function http_date(text)
  local day, month, year, clock = (text or ""):match "(%d%d) (%a%a%a) (%d%d%d%d) (%d%d:%d%d:%d%d)"
  return months[month]
    and time.parse(("%s-%02d-%sT%sZ"):format(year, months[month], day, clock)) or nil
end

--- Returns the moment `ago` seconds ago by the server's clock, as its last answer said; by ours,
--- with room for the difference, where none did.
---@param client vbo.Client
---@param ago number
---@return number
local function moment(client, ago)
  local said = client._date and http_date(client._date.text)
  if not said then return core.time() - ago - clocks end
  return said + (core.now() - client._date.at) - ago - rounding
end

-- "DOMAIN\user" and "user" are one account.
local function account(name) return core.fold((tostring(name):gsub("^.*\\", ""))) end

local function is_candidate(client, session, wanted)
  if session.state ~= "Working" or client._sessions[session.id] then return false end
  local made = session.creation_time and time.parse(session.creation_time)
  if not made or made < wanted.since then return false end
  local by, organization = session.initiated_by, session.organization
  return (not by or account(by) == account(client._user))
    and (not wanted.type or core.fold(session.type or "") == core.fold(wanted.type))
    and (not wanted.organization or type(organization) ~= "string"
      or core.fold(organization) == core.fold(wanted.organization))
end

local function candidates(client, wanted)
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
  return found
end

local function names(list)
  local ids = {}
  for i, session in ipairs(list) do ids[i] = session.id end
  return ids
end

-- Stops the only one; which of several is ours is unknown.
local function settle(err, found)
  err.sessions = names(found)
  if #found == 0 then
    err.hint = "the server shows no session that it opened; try again"
    err.retryable = true
  elseif #found == 1 and pcall(found[1].stop, found[1]) then
    err.message = ("%s; the session that it had opened was stopped (%s)"):format(err.message,
      found[1].id)
    err.retryable = true
  else
    err.message = ("%s; it may have opened a session: %s"):format(err.message,
      table.concat(err.sessions, ", "))
    err.hint = "stop the one that is yours: client:session(id):stop()"
  end
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
---  owner= (what is explored)
function M.look(client, err, wanted)
  if not is_lost(err) then return end
  wanted.since = moment(client, core.now() - wanted.began)
  local ok, found = pcall(loop.shielded, candidates, client, wanted)
  if ok then return settle(err, found) end
  err.hint = "it may have opened a session, and the server's list cannot be read: "
    .. "look for one of yours and stop it"
end

return M
