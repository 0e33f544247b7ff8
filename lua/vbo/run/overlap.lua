--- Stops a change of something that an unfinished run changed: it may be there already, or be about
--- to come when that run is resumed.
---
--- With its intent each step indexes its targets.  A target's path is the chain of the objects that
--- hold it, each followed by the unit separator: what a folder holds begins with the folder's path,
--- and one range of the index has it all.

local errors = require "vbo.base.error"
local time = require "vbo.base.time"

local M = {}

-- The last byte of a path, and the byte after it: between both lies all that a path holds.
local separator <const>, behind <const> = "\x1f", "\x20"

-- A run that ended well is never in the way.  A moved one is under way on another machine.
local changed <const> = [[
  SELECT run.name AS name, run.id AS run, run.state AS state, run.moved_to AS moved_to,
    step.id AS step, step.title AS title, step.asked AS asked
  FROM target CROSS JOIN step ON step.id = target.step CROSS JOIN run ON run.id = step.run
  WHERE target.server = ? AND target.verb = ? AND target.destination = ? AND %s
    AND step.kind = 'change' AND step.state NOT IN ('refused', 'local', 'skipped')
    AND run.state <> 'ended' AND run.id <> ? AND run.name <> ?
  ORDER BY run.id DESC LIMIT 1]]

local below <const> = changed:format "target.path >= ? AND target.path < ?"
local above <const> = changed:format "target.path = ?"

-- Returns the paths of all that holds a path.
local function holders(path)
  local found, at = {}, 0
  while true do
    at = path:find(separator, at + 1, true)
    if not at or at >= #path then return found end
    found[#found + 1] = path:sub(1, at)
  end
end

-- Returns the first change of another unfinished run that touches a target.
local function touching(run, server, target)
  local store, path = run.store, target.path
  local verb, destination = target.verb or "", target.destination or ""
  local id, retried = run.id or 0, run.retry_of or ""
  local row = store:row(below, server, verb, destination, path, path:sub(1, -2) .. behind, id,
    retried)
  if row then return row end
  for _, holder in ipairs(holders(path)) do
    row = store:row(above, server, verb, destination, holder, id, retried)
    if row then return row end
  end
end

local function hint_of(run, row)
  local forget = ("or drop what it left with 'vbolua runs forget %s', or pass --overlap=allow")
    :format(row.name)
  if row.state == "moved" then
    return ("that run was moved to %s: look there, %s"):format(row.moved_to or "another journal",
      forget)
  elseif row.state == "running" and run.store.handle:live(row.run) then
    return "that run is under way: wait until it ends, or pass --overlap=allow"
  end
  return ("resume that run with 'vbolua resume %s', %s"):format(row.name, forget)
end

local function stop(step, row)
  errors.raise {
    kind = "overlap", run = row.name, step = row.step,
    message = ("%s was not sent: it overlaps with what the unfinished run %s changed at %s: %s")
      :format(step.title, row.name, time.iso(row.asked // 1000), row.title),
    hint = hint_of(step.run, row),
  }
end

--- Raises `overlap` where a target of a change equals, contains or lies in one that another
--- unfinished run changed by the same verb to the same destination on the same server.  A run that
--- ended well never stops a change, nor does the step's own run or the run that it retries.
---@param step vbo.Step
function M.check(step)
  local run = step.run
  if step.kind ~= "change" or run.options and run.options.overlap == "allow" then return end
  -- Each rehearsal has a world of its own, in which nothing has been changed before.
  if run.rehearsal then return end
  if not run.store:row("SELECT 1 AS found FROM run WHERE state <> 'ended' AND id <> ? LIMIT 1",
    run.id or 0) then
    return
  end
  for _, target in ipairs(step.targets or {}) do
    local row = touching(run, step.server, target)
    if row then stop(step, row) end
  end
end

--- Writes the targets of a step, with its intent.
---@param step vbo.Step
---@param store vbo.Store
function M.write(step, store)
  if step.kind ~= "change" then return end
  for _, target in ipairs(step.targets or {}) do
    store:write("INSERT INTO target(step, server, verb, destination, path) VALUES (?, ?, ?, ?, ?)",
      step.id, step.server, target.verb or "", target.destination or "", target.path)
  end
end

return M
