--- Keeps the points in time that a run explores, so that a resumed run shows the same although
--- backups have ended meanwhile.
---
--- An explore without `at` sends the newest known point, else the moment the run began.  What is
--- sent is written by what is explored and the options; a run that is resumed sends it again.
--- Explores of one kind are compared in their order: a runbook may explore several points one after
--- another.

local core = require "vbo.core"
local errors = require "vbo.base.error"
local keys = require "vbo.run.key"
local loop = require "vbo.runtime.loop"
local states = require "vbo.run.state"
local time = require "vbo.base.time"

local M = {}

-- Keeps what no journal holds yet, in its order.
local unwritten = {}
-- How often each kind was explored in this execution, and what an earlier execution sent of it.
local counts, earlier = {}, {}

local function changed(message, hint)
  errors.raise { kind = "changed", message = message, hint = hint }
end

local function write(state, row)
  state.store:later(function(store)
    store:write([[INSERT INTO point(run, server, owner, options, sent, point, source, execution)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?)]], state.id, row.server, row.owner, row.options, row.sent,
      row.point, row.source, state.execution)
  end)
end

--- Writes with the next commit what was explored before the journal was open.
---@param state vbo.RunState
function M.flush(state)
  local rows = unwritten
  unwritten = {}
  for _, row in ipairs(rows) do
    row.server = keys.server(row.client)
    write(state, row)
  end
end

local function note(client, row)
  local state = states.current()
  row.client = client
  if state and state.opened then
    row.server = keys.server(client)
    write(state, row)
  else
    unwritten[#unwritten + 1] = row
  end
end

-- Returns the rows of the execution that came furthest: each one begins anew.
local function longest(rows)
  local by_execution, best = {}, {}
  for _, row in ipairs(rows) do
    local list = by_execution[row.execution] or {}
    by_execution[row.execution] = list
    list[#list + 1] = row
    if #list >= #best then best = list end
  end
  return best
end

-- Returns what earlier executions sent for a kind of explore, in its order.
local function sent_before(state, client, what, asked)
  local server = keys.server(client)
  local name = table.concat({ server, what.owner, what.options, asked and "at" or "" }, "\0")
  if not earlier[name] then
    earlier[name] = longest(state.store:rows([[SELECT sent, point, source, execution FROM point
      WHERE run = ? AND server = ? AND owner = ? AND options = ? AND (source = 'asked') = ?
      AND execution < ? ORDER BY execution, rowid]], state.id, server, what.owner, what.options,
      asked, state.execution))
  end
  return earlier[name], name
end

local function has(rows, sent)
  for _, row in ipairs(rows) do if row.sent == sent then return true end end
  return false
end

local function next_of(name)
  counts[name] = (counts[name] or 0) + 1
  return counts[name]
end

-- Raises where a point that the run explored is there no longer, as far as the server lists them.
local function check_there(what, row, found)
  if row.point == nil or found == nil or found == row.point then return end
  changed(("the restore point of %s that the run explored is gone (%s)"):format(
    time.iso(row.point), what.owner),
    ("the newest before is of %s: begin a new run to explore it"):format(time.iso(found)))
end

-- An explicit point: the runbook must compute the one that it computed before.
local function check_explicit(state, client, what, found)
  local rows, name = sent_before(state, client, what, true)
  local row = rows[next_of(name)]
  if state.resuming.changed or not row then return end
  if row.sent == what.at then
    return check_there(what, row, found)
  elseif not has(rows, what.at) then
    changed(("the runbook explores %s as of %s, and the run explored it as of %s"):format(
      what.owner, time.iso(what.at), time.iso(row.sent)),
      "give 'at' a fixed moment, or resume with --changed")
  end
end

-- Returns the row that the run sent before; nil where it came to no such explore.
local function sent_again(state, client, what)
  local rows, name = sent_before(state, client, what, false)
  local row, first = rows[next_of(name)], rows[1]
  local several = false
  for _, other in ipairs(rows) do several = several or other.sent ~= first.sent end
  -- One point in all of the run is the point of the rest of it, too.
  if first and not several then return first end
  if row and loop.current() and not state.resuming.changed then
    changed(("the run explored several points of %s, and its tasks have no order"):format(
      what.owner), "give 'at' a fixed moment, or resume with --changed")
  end
  return row
end

local function integer(seconds) return seconds and math.ceil(seconds) end

local function choose_newest(client, what, find, state)
  local row = state and state.resuming and sent_again(state, client, what)
  if row then
    local found = row.source == "newest" and find(row.sent) or nil
    if not state.resuming.changed then check_there(what, row, integer(found)) end
    return row.sent, found or row.point, row.source
  end
  local point = find(nil)
  -- Requests carry whole seconds, and a moment before a point is not that point.
  return integer(point or client._journaled and state and state.started or core.time()), point,
    point and "newest" or "start"
end

--- Chooses the point in time that an explore sends, and writes it.
---
--- Raises `changed` where a resumed run computes another explicit point than before, or where the
--- point that it sent is gone.
---@param client vbo.Client
---@param what { owner: string, options: string, at: number? }  owner: what is explored, for
---  people; at: of an explicit point, seconds since 1970
---@param find fun(at: number?): number?  finds the known point at or before a moment; nil: newest
---@return number sent
---@return number? point  the restore point that it shows, where that is known
function M.choose(client, what, find)
  local state = client._journaled and states.state() or nil
  local sent, point, source
  if what.at then
    sent, point, source = what.at, find(what.at), "asked"
    if state and state.resuming then check_explicit(state, client, what, integer(point)) end
  else
    sent, point, source = choose_newest(client, what, find, state)
  end
  if state then
    note(client, { owner = what.owner, options = what.options, sent = integer(sent),
      point = integer(point), source = source })
  end
  return sent, point
end

return M
