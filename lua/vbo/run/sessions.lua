--- Keeps the restore sessions of a run: one that died leaves none open that nothing names.
---
--- A session holds resources of the server.  Each one is noted when it is asked for, when it is
--- open and when it is stopped; in memory as long as the journal is not open, since a script that
--- only reads opens none.

local ascii = require "vbo.base.ascii"
local core = require "vbo.core"
local errors = require "vbo.base.error"
local keys = require "vbo.run.key"
local loop = require "vbo.runtime.loop"
local states = require "vbo.run.state"
local time = require "vbo.base.time"

local M = {}

---@class vbo.SessionEntry
---@field client vbo.Client
---@field workload string?
---@field id string?
---@field state "asked"|"open"|"stopped"|"left"|"lost"

-- The entries whose answers are waited for, and those of open sessions by their ids.
local under_way, open_now = {}, {}
-- The entries that no journal holds yet.
local unwritten = {}
-- Ends the waiting for other answers.
local answered = loop.event()

-- Sessions of the server that are looked through at most.
local most <const> = 10000
-- Seconds by which moments may be off that have whole seconds, and the most that the answers
-- to other requests for a session are waited for.
local rounding <const>, patience <const> = 2, 60

local workloads = { vex = "exchange", veod = "onedrive", vesp = "sharepoint", vet = "teams" }

--- Returns an account's name for comparing: "DOMAIN\user" and "user" are one.
---@param name string
---@return string
function M.account(name) return core.fold((tostring(name):gsub("^.*\\", ""))) end

-- -------------------------------------------------------------------- writing them

-- Returns the state of the run; nil where the journal is not open.
local function written()
  local state = states.current()
  return state and state.opened and state or nil
end

-- Returns the identity of a client's server; nil where it cannot be read now.
local function identity(client)
  local ok, found = pcall(keys.server, client)
  return ok and found or nil
end

local function put(state, entry)
  return function(store)
    if entry.row then
      store:write("UPDATE session SET id = ?, opened = ?, stopped = ?, state = ? WHERE rowid = ?",
        entry.id, entry.opened, entry.stopped, entry.state, entry.row)
    else
      entry.row = store:write([[INSERT INTO session(run, id, server, account, host, workload,
        asked, opened, date, stopped, state) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)]],
        state.id, entry.id, entry.server, entry.client._user, entry.client.server, entry.workload,
        entry.asked, entry.opened, entry.date, entry.stopped, entry.state)
    end
  end
end

-- Writes an entry: at once, or with the next commit.  A journal that cannot be written stops the
-- next change, and no session.
local function write(entry, soon)
  local state = entry.client._journaled and written()
  if not state then
    unwritten[entry] = entry.client._journaled or nil
    return
  end
  if not entry.row then entry.server = identity(entry.client) end
  if soon and not state.finished then
    state.store:later(put(state, entry))
  else
    pcall(loop.shielded, state.store.group, state.store, put(state, entry))
  end
end

--- Writes with the next commit what was noted before the journal was open.
---@param state vbo.RunState
function M.flush(state)
  local entries = unwritten
  unwritten = {}
  for entry in pairs(entries) do
    entry.server = identity(entry.client)
    state.store:later(put(state, entry))
  end
end

-- -------------------------------------------------------------------- noting them

local function name_of(client, id) return client.server .. "/" .. id end

--- Notes that a session is asked for.
---@param client vbo.Client
---@param wanted table  {type=}
---@return vbo.SessionEntry entry
function M.asked(client, wanted)
  local entry = {
    client = client, workload = wanted.type and workloads[ascii.lower(wanted.type)],
    state = "asked", asked = states.now(), date = client._date and client._date.text,
  }
  under_way[entry] = true
  write(entry)
  return entry
end

local function settled(entry)
  under_way[entry] = nil
  answered:signal()
end

--- Notes the session that was opened.
---@param client vbo.Client
---@param session vbo.Session
---@param entry vbo.SessionEntry?  of `asked`
function M.opened(client, session, entry)
  entry = entry or { client = client, asked = states.now() }
  entry.id, entry.opened, entry.state = session.id, states.now(), "open"
  -- The server's own word for this machine, by which it names it elsewhere, too.
  local host = session:record().clientHost
  if type(host) == "string" and host ~= "" then rawset(client, "_known_as", host) end
  open_now[name_of(client, session.id)] = entry
  settled(entry)
  write(entry)
end

--- Notes that no session was opened, or that nothing names it.
---@param entry vbo.SessionEntry
---@param is_lost boolean  the server may have opened one
---@param id string?       that is the one
function M.failed(entry, is_lost, id)
  settled(entry)
  entry.state, entry.id = is_lost and "lost" or "stopped", id
  if unwritten[entry] and not is_lost then
    unwritten[entry] = nil
  else
    write(entry, true)
  end
end

local function ended(client, session, state)
  local name = name_of(client, session.id)
  local entry = open_now[name]
  if not entry then return end
  open_now[name] = nil
  entry.state, entry.stopped = state, state == "stopped" and states.now() or nil
  if unwritten[entry] and state == "stopped" then
    unwritten[entry] = nil
  else
    write(entry, true)
  end
end

--- Notes that a session was stopped.
---@param client vbo.Client
---@param session vbo.Session
function M.stopped(client, session) ended(client, session, "stopped") end

--- Returns whether this program, or a run of the journal, opened a session.
---@param client vbo.Client
---@param id string
---@return boolean
function M.is_known(client, id)
  if client._sessions[id] or open_now[name_of(client, id)] then return true end
  local state = written()
  return state ~= nil and state.store:row("SELECT 1 AS known FROM session WHERE id = ?", id) ~= nil
end

--- Waits until no other session of a server is asked for: what opens meanwhile is not the one that
--- was lost.
---@param client vbo.Client
---@param entry vbo.SessionEntry
---@return boolean alone  false: another one is still asked for after a minute
function M.alone(client, entry)
  settled(entry)
  local function over()
    for other in pairs(under_way) do
      if other.client.server == client.server then return false end
    end
    return true
  end
  local at = core.now() + patience
  while not over() do
    if core.now() >= at
        or not loop.await(client._engine, { event = answered, over = over, at = at }) then
      return false
    end
  end
  return true
end

-- ------------------------------------------------------- what a session still carries out

---@class vbo.Carried
---@field over fun(): any   settles it when it is over; false as long as it is not
---@field title string?

--- Notes that the server accepted a change which it carries out in a session.
---@param client vbo.Client
---@param id string  of the session
---@param carried vbo.Carried
function M.accepted(client, id, carried)
  local all = client._accepted or {}
  rawset(client, "_accepted", all)
  all[id] = all[id] or {}
  all[id][carried] = true
end

--- Notes that such a change is over.
---@param client vbo.Client
---@param id string
---@param carried vbo.Carried
function M.done(client, id, carried)
  local list = client._accepted and client._accepted[id]
  if list then list[carried] = nil end
end

-- Notices on standard error which session stays open, and why.
local function notice(client, session)
  local state = client._journaled and written()
  local text = ("the restore session %s of %s is left open: it still carries out a restore; %s")
    :format(session.id, client.server, state and ("follow it with 'vbolua resume %s', or stop it "
      .. "with 'vbolua reap --stop-running'"):format(state.name) or "stop it when that is over")
  if client._log then client._log(text) end
  io.stderr:write(core.screen.setting() ~= nil and "vbolua: " or "vbo: ", text, "\n")
end

--- Returns whether a session is left open on clean-up, since a change that the server accepted is
--- under way in it; names it on standard error then.
---@param client vbo.Client
---@param session vbo.Session
---@return boolean
function M.keep_open(client, session)
  local list = client._accepted and client._accepted[session.id]
  local going = false
  for carried in pairs(list or {}) do
    local ok, over = pcall(loop.shielded, carried.over)
    if ok and over then list[carried] = nil else going = true end
  end
  if not going then return false end
  ended(client, session, "left")
  notice(client, session)
  return true
end

-- ---------------------------------------------------------------- sessions of dead runs

local unfinished <const> = [[SELECT id, title FROM step
  WHERE accepted = ? AND state = 'accepted' LIMIT 1]]

-- A step without an outcome: what the server still does in its session shows what became of it.
local unsettled <const> = [[SELECT id FROM step WHERE session = ?
  AND state IN ('intent', 'unknown') AND kind = 'change' LIMIT 1]]

-- The condition that holds for a session of the journal which may be open on a server.
local standing <const> = "s.state IN ('asked', 'open', 'left', 'lost')"

local function take_over(client, state, row)
  local session = client:session(row.id)
  client._sessions[row.id] = session
  open_now[name_of(client, row.id)] = {
    client = client, id = row.id, row = row.number, opened = row.opened, state = "open",
  }
  M.accepted(client, row.id, { over = function()
    return state.store:row(unfinished, row.id) == nil
  end })
end

-- Stops a session and writes it; returns what became of it.
local function stop(client, id)
  local session = client:session(id)
  local ok, err = pcall(session.refresh, session)
  if ok and session.state == "Stopped" or not ok and errors.is(err) and err.kind == "not_found" then
    return "gone"
  end
  ok, err = pcall(session.stop, session)
  if ok then return "stopped" end
  return nil, errors.is(err) and err.message or tostring(err)
end

--- Stops the sessions that earlier executions of a resumed run left on a client's server, and takes
--- over those in which an accepted step goes on.
---@param client vbo.Client
---@param find fun(client: vbo.Client, row: table): string?  finds a session whose answer was lost
function M.connected(client, find)
  local state = client._journaled and written()
  if not state or not state.resuming then return end
  local server = identity(client)
  local rows = state.store:rows("SELECT s.rowid AS number, s.* FROM session s WHERE s.run = ? AND "
    .. standing, state.id)
  for _, row in ipairs(rows) do
    local is_here = row.server == server or not row.server and row.host == client.server
    local mine = row.id and open_now[name_of(client, row.id)]
    local id = row.id or is_here and find(client, row)
    if not is_here or mine or not id then goto continue end
    if row.id and (state.store:row(unfinished, row.id) or state.store:row(unsettled, row.id)) then
      take_over(client, state, row)
    elseif stop(client, id) then
      state.store:later(function(store)
        store:write("UPDATE session SET id = ?, state = 'stopped', stopped = ? WHERE rowid = ?",
          id, states.now(), row.number)
      end)
    end
    ::continue::
  end
end

-- Returns the moment by the server's clock since when sessions of the run are looked for.
local function began(client, state, server)
  local first = state.store:row([[SELECT date FROM session WHERE run = ? AND server = ?
    AND date IS NOT NULL ORDER BY asked LIMIT 1]], state.id, server)
  local said = first and time.http(first.date)
  if said then return said - rounding end
  local now = client._date and time.http(client._date.text)
  local ahead = now and now + (core.now() - client._date.at) - core.time() or 0
  return state.resuming.row.started / 1000 + ahead - rounding
end

-- Returns the accounts of the run on a server: another operator may have begun it.
local function accounts_of(client, state)
  local known = { [M.account(client._user)] = true }
  for _, row in ipairs(state.store:rows("SELECT DISTINCT account FROM session WHERE run = ?",
      state.id)) do
    if row.account then known[M.account(row.account)] = true end
  end
  return known
end

local function restores_in(session)
  local count = 0
  for _ in session:events():where { type = "Restore" }:each() do count = count + 1 end
  return count
end

local function unknown(session, client, count)
  errors.raise {
    kind = "changed", session = session.id,
    message = ("the journal does not know the restore session %s of %s on %s, which restored since "
      .. "the run began (created %s, %d event%s)"):format(session.id, session.initiated_by,
        client.server, session.creation_time, count, count == 1 and "" or "s"),
    hint = "the journal may be older than the server: bring back its newest copy; where the "
      .. "session is another program's, resume with --changed",
  }
end

-- Returns the sessions of a server since a moment.
local function since(client, moment)
  local operation = client._catalogue:operation "RestoreSession_GetPage"
  for _, parameter in ipairs(operation.parameters) do
    if parameter.name == "startTimeFrom" then
      return client:sessions { start_time_from = time.iso(moment // 1) }
    end
  end
  return client:sessions()
end

--- Compares the server's sessions with the journal before the first change of a resumed run.
---
--- Raises `changed` for a session of the run's accounts since the run began that restored something
--- and that no run of the journal opened: the journal is older than the server.
---@param client vbo.Client
---@param state vbo.RunState
function M.compare(client, state)
  if not client._catalogue:operation "RestoreSessionEvent_Get" then return end
  local moment = began(client, state, identity(client))
  local accounts, seen = accounts_of(client, state), 0
  for session in since(client, moment):each() do
    seen = seen + 1
    if seen > most then return end
    local made = session.creation_time and time.parse(session.creation_time)
    local by = session.initiated_by
    if made and made >= moment and by and accounts[M.account(by)]
        and not M.is_known(client, session.id) then
      local count = restores_in(session)
      if count > 0 then unknown(session, client, count) end
    end
  end
end

-- -------------------------------------------------------------------------- reaping

local function names_server(row, wanted)
  if not wanted then return true end
  for _, name in ipairs { row.host or "", row.server or "" } do
    if core.fold(name):find(core.fold(wanted), 1, true) then return true end
  end
  return false
end

-- Returns whether a row names a client's server: older API versions know it by its certificate and
-- address alone.
local function answers_as(client, server)
  return identity(client) == server
    or server == ("%s %s"):format(client._core:fingerprint() or "", client._core:origin())
end

-- Returns a client for the server of a row; nil and the reason when it cannot connect.
local function client_for(row, given, clients)
  local name = ("%s %s"):format(row.host, row.account)
  local known = clients[name]
  if not known then
    local ok, client = pcall(given.connect, row.host, row.account)
    known = ok and { client = client }
      or { why = errors.is(client) and client.message or tostring(client) }
    if ok and row.server and not answers_as(client, row.server) then
      known.why = "another server answers at " .. row.host
    end
    clients[name] = known
  end
  return not known.why and known.client or nil, known.why
end

-- Treats one session; returns what was done, and why.
local function reap(journal, row, given, clients)
  if not row.id then return "left", "its answer was lost: nothing tells its id" end
  local step = journal:rows(unfinished, row.id)[1]
  if step and not given.stop_running then
    return "left", ("it still carries out step %d: %s"):format(step.id, step.title)
  end
  local client, why = client_for(row, given, clients)
  if not client then return "failed", why end
  local done, problem = stop(client, row.id)
  if not done then return "failed", problem end
  local ok, err = journal:write("UPDATE session SET state = 'stopped', stopped = ? WHERE rowid = ?",
    states.now(), row.number)
  if not ok then errors.raise(err) end
  return done
end

--- Stops the known sessions of dead runs, and only them.  A session in which an accepted step goes
--- on is left and named, unless `stop_running`.
---@param journal vbo.JournalHandle
---@param given { connect: (fun(host: string, account: string?): vbo.Client), server: string?,
---  older: number?, stop_running: boolean? }  server: a part of its address or identity; older:
---  seconds since it was asked for
---@return table[] rows  {run=, session=, server=, host=, workload=, opened=, done= ("stopped",
---  "gone", "left" or "failed"), why=}
function M.reap(journal, given)
  local rows, err = journal:rows("SELECT s.rowid AS number, s.*, r.name AS run_name FROM session s "
    .. "JOIN run r ON r.id = s.run WHERE " .. standing .. " ORDER BY s.asked")
  if not rows then errors.raise(err) end
  local found, clients = {}, {}
  local held <close> = setmetatable({}, { __close = function() -- luacheck: ignore held
    for _, known in pairs(clients) do
      if known.client then pcall(known.client.close, known.client) end
    end
  end })
  local newest = given.older and states.now() - given.older * 1000
  for _, row in ipairs(rows) do
    local is_old = not newest or (row.asked or 0) <= newest
    if is_old and names_server(row, given.server) and not journal:live(row.run) then
      local done, why = reap(journal, row, given, clients)
      found[#found + 1] = {
        run = row.run_name, session = row.id, server = row.server, host = row.host,
        workload = row.workload, opened = row.opened, done = done, why = why,
      }
    end
  end
  return found
end

return M
