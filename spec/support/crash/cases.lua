-- Kills runs at the boundaries of a step, resumes them, and checks the journal and production.

local core = require "vbo.core"
local crash = require "spec.support.crash"

local M = {}

-- Gives the state of the step in the journal after a kill there: of a change whose answer is its
-- outcome (v7 and older), and of one that goes on in the background.
local states <const> = {
  ["before-intent"] = { false, false }, intent = { "intent", "intent" },
  left = { "intent", "intent" }, sent = { "intent", "intent" },
  answered = { nil, "intent" }, accepted = { nil, "accepted" },
  ["before-outcome"] = { "intent", "accepted" }, outcome = { "done", "done" },
}

local saves <const> = {
  ["before-intent"] = false, intent = "intent", left = "intent", sealed = "sealed",
  renamed = "sealed", ["before-outcome"] = "sealed", outcome = "sealed",
}

-- The boundaries in the C core: a library that is loaded before the program kills it there.
M.native = { sealed = true, renamed = true }

--- The third step of the runbook saves, the others change.
M.save = 3

--- All boundaries of a change, in their order.
M.boundaries = { "before-intent", "intent", "left", "sent", "answered", "accepted",
  "before-outcome", "outcome" }

--- All boundaries of a save, in their order.
M.saves = { "before-intent", "intent", "left", "sealed", "renamed", "before-outcome", "outcome" }

--- Returns the state that the journal must give the step after the kill; false: it has no row; nil:
--- this version does not come to the boundary.
function M.state(boundary, step, background)
  if step == M.save then return saves[boundary] end
  return states[boundary][background and 2 or 1]
end

-- The boundaries at which the server has carried the step out.
local carried_out <const> = { sent = true, answered = true, accepted = true,
  ["before-outcome"] = true, outcome = true }

local function fail(text, ...) error(text:format(...), 0) end

local function same(what, expected, found)
  if expected ~= found then fail("%s: %s, not %s", what, tostring(found), tostring(expected)) end
end

--- Checks that production holds each change once; what is unknown by name may be missing.
function M.check_once(reference, it, missing)
  local found, lacks = it:changes(), 0
  for what, count in pairs(reference.changes) do
    local there = found[what] or 0
    if there > count then fail("%s was changed %d times instead of %d", what, there, count) end
    if there < count then lacks = lacks + 1 end
  end
  for what in pairs(found) do
    if not reference.changes[what] then fail("%s was changed", what) end
  end
  if lacks > 0 and not missing then fail("%d changes are missing", lacks) end
end

--- Checks that the server carried an adding change out once at most.
---@param repeats integer?  how often it may carry out one that converges, default 2
function M.check_requests(reference, it, repeats)
  local sent = {}
  for _, each in ipairs(crash.requests(it.server)) do
    local what = each.operation .. " " .. each.path
    if each.status < 400 then sent[what] = (sent[what] or 0) + 1 end
  end
  for step, what in pairs(reference.requests) do
    local most = reference.effects[step] == "adds" and 1 or repeats or 2
    if (sent[what] or 0) > most then fail("%s was sent %d times", what, sent[what]) end
  end
end

--- Returns what a run without a crash leaves: its changes, requests by step, effects by step, and
--- the hash of the saved file.
function M.reference(server, workload, version)
  local it <close> = crash.new(server, version, workload)
  local output, status = it:run()
  same("a run without a crash ends with (" .. output .. ")", 0, status)
  local requests, effects = {}, {}
  for i, step in ipairs(it:steps()) do effects[i] = step.effect end
  for i, each in ipairs(crash.requests(server)) do
    requests[i < M.save and i or i + 1] = each.operation .. " " .. each.path
  end
  return {
    changes = it:changes(), requests = requests, effects = effects, sha256 = it:saved(),
  }
end

local function check_journal(it, boundary, step)
  local expected = M.state(boundary, step, it.version >= "v8")
  local row = it:steps()[step]
  same("the journal's state of the step", expected or nil, row and row.state or nil)
end

-- Resumes until the run is complete.  What adds, and may or may not have been carried out, may stay
-- unknown: it must be named, and is skipped.
local function complete(reference, it, boundary, step)
  local output, status = it:resume()
  if status == 0 then return false end
  if boundary == "before-intent" and step == 1 then
    -- The journal has no run yet: nothing was changed, and the runbook is begun anew.
    same("the status of a resume without a run", core.kinds.not_found, status)
    output, status = it:run()
    same("a run that begins anew ends with (" .. output .. ")", 0, status)
    return false
  end
  local row = it:steps()[step]
  if reference.effects[step] ~= "adds" or boundary == "before-intent" or row.state == "done" then
    fail("resume ends with %d: %s", status, output)
  end
  if not output:find(row.title, 1, true) then
    fail("the unknown step is not named (%s): %s", row.title, output)
  end
  output, status = it:resume "--unknown=skip"
  if status ~= 0 then fail("resume --unknown=skip ends with %d: %s", status, output) end
  return true
end

-- The boundaries that only changes come to: their count leaves the save out.
local of_changes <const> = { sent = true, answered = true, accepted = true }

--- Kills a run at a boundary of a step, resumes it, and checks what is left.  Raises a text where
--- something is wrong.
---@param server table
---@param reference table  of `reference`
---@return boolean unknown  the step stayed unknown
function M.run(server, reference, workload, version, boundary, step)
  local it <close> = crash.new(server, version, workload)
  local nth = of_changes[boundary] and step > M.save and step - 1 or step
  local output, status = it:kill(boundary .. ":" .. nth)
  same("the killed run ends with (" .. output .. ")", 137, status)
  check_journal(it, boundary, step)
  -- The server finishes what it has begun in the background.
  server.ask("POST", "/sim/time", { advance = 10 })
  local saved = it:saved()
  if saved then same("the file after the kill", reference.sha256, saved) end
  local skipped = complete(reference, it, boundary, step)
  M.check_once(reference, it, skipped and not carried_out[boundary])
  M.check_requests(reference, it)
  same("the saved file", reference.sha256, it:saved())
  -- The session of a run that died before its first intent is in no journal: the server's idle
  -- timeout ends it.
  local open = it:open_sessions()
  if not (boundary == "before-intent" and step == 1) then same("open sessions", 0, open) end
  for _, row in ipairs(it:steps()) do
    if row.state ~= "done" and row.state ~= "sealed" and row.state ~= "skipped" then
      fail("step %d (%s) is %s at the end", row.id, row.title, row.state)
    end
  end
  return skipped
end

return M
