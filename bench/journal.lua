-- Costs of the journal: opening, the commits of changes, and questions to one of many steps.
--
--   vbolua bench/journal.lua [STEPS] [FOLDER]        (100000, a temporary folder)
--
-- The folder decides the commits: each waits for its disk (tmpfs waits for none).

local core = require "vbo.core"

local steps = math.tointeger(tonumber(arg[1] or "")) or 100000
local here = arg[0]:match "^(.*)/[^/]*$" or "."
package.path = here .. "/?.lua;" .. package.path
local support = require "support"

local folder, remove = support.folder()
if arg[2] then folder = arg[2] end
local _ <close> = setmetatable({}, { __close = remove })
local file = folder .. "/journal.db"

local function ok(value, err)
  if value == nil then error(err.message, 0) end
  return value, err
end

local function memory()
  local status <close> = io.open "/proc/self/status"
  return status and tonumber((status:read "a"):match "VmRSS:%s*(%d+)") or 0
end

local function timed(title, count, fn)
  collectgarbage()
  local before, resident = core.now(), memory()
  fn()
  local seconds = core.now() - before
  print(("%-44s %9.1f ms %12.2f us each %8.1f MiB more"):format(title, seconds * 1000,
    seconds * 1e6 / count, (memory() - resident) / 1024))
end

local intent <const> = [[INSERT INTO step(run, key, occurrence, algorithm, kind, effect, call,
  operation, api, server, title, parts, state, execution, session, asked, mono_asked, items)
  VALUES(?, ?, 1, 1, 'change', 'converges', 'mailbox:restore', 'RestoreSessionMailbox_Restore',
  'v8', 'server-1', ?, ?, 'intent', 1, 'session-1', ?, ?, 1)]]
local outcome <const> = [[UPDATE step SET state = ?, status = 201, ended = ?, mono_ended = ?,
  statistics = ?, answer = ? WHERE id = ?]]
local target <const> = [[INSERT INTO target(step, server, verb, destination, path)
  VALUES(?, 'server-1', 'restore', 'original', ?)]]
local parts = '{"organization":"contoso.onmicrosoft.com","mailbox":"alice@contoso.com",'
  .. '"folders":["Inbox","Projects","2026"],"at":1790000000,"options":"' .. ("f"):rep(64) .. '"}'
local statistics <const> = '{"restoredItemsCount":1,"failedItemsCount":0,"skippedItemsCount":0}'

local function key(number) return core.sha256("step " .. number) end

local function write_intent(journal, run, number)
  local now = 1796000000000 + number
  local step = ok(journal:write(intent, run, key(number), "mailbox " .. number, parts, now, number))
  ok(journal:write(target, step, ("contoso\x1falice\x1fInbox\x1f%d\x1f"):format(number)))
  return step
end

local function write_outcome(journal, step, number)
  ok(journal:write(outcome, number % 100 == 0 and "failed" or "done", 1796000000500 + number,
    number + 500, statistics, '{"id":"' .. number .. '"}', step))
end

local function transact(journal, fn)
  ok(journal:begin())
  fn()
  ok(journal:commit())
end

local function new_run(journal, name)
  return ok(journal:write([[INSERT INTO run(name, kind, state, execution, started)
    VALUES(?, 'script', 'running', 1, 1796000000000)]], name))
end

local function fill(journal)
  local run = new_run(journal, "20261130-182152-000001")
  for first = 1, steps, 1000 do
    transact(journal, function()
      for number = first, math.min(first + 999, steps) do
        write_outcome(journal, write_intent(journal, run, number), number)
      end
    end)
  end
  return run
end

local function change(journal, run, number)
  local step
  transact(journal, function() step = write_intent(journal, run, number) end)
  local _ <close> = ok(journal:permit(step, "POST", "/v8/x", "{}"))
  transact(journal, function() write_outcome(journal, step, number) end)
end

local function look_up(journal, run)
  for number = 1, steps do
    local found = journal:rows([[SELECT id, state, attempt, session, answer, error, statistics,
      path, size FROM step WHERE run = ? AND key = ? AND occurrence = ?]], run, key(number), 1)
    assert(#found == 1)
  end
end

local runs <const> = [[SELECT run.name, run.state, run.script, run.started,
  (SELECT count(*) FROM step WHERE step.run = run.id) AS steps,
  (SELECT count(*) FROM step WHERE step.run = run.id AND state = 'done') AS done,
  (SELECT count(*) FROM step WHERE step.run = run.id AND state = 'failed') AS failed
  FROM run ORDER BY run.id DESC]]

print(("%d steps in %s"):format(steps, file))
do
  local journal <close> = ok(core.journal())
  timed("open a new journal", 1, function() ok(journal:open(file)) end)
  local run
  timed("write all steps, 1000 a commit", steps, function() run = fill(journal) end)
  ok(journal:lock(run))
  timed("intent, permit, outcome of 200 changes", 200, function()
    for number = steps + 1, steps + 200 do change(journal, run, number) end
  end)
end
do
  local journal <close> = ok(core.journal())
  timed("open it again, with its check", 1, function() ok(journal:open(file)) end)
  timed("look up each step by its key", steps, function() look_up(journal, 1) end)
  timed("count the steps of all runs by state", 1, function() ok(journal:rows(runs)) end)
  timed("read each step, one at a time", steps, function()
    for row in journal:each("SELECT * FROM step WHERE run = ? ORDER BY id", 1) do
      assert(row.id)
    end
  end)
  timed("find the targets that lie in one", 1, function()
    ok(journal:rows([[SELECT step.id FROM target JOIN step ON step.id = target.step
      WHERE target.server = 'server-1' AND target.verb = 'restore'
      AND target.destination = 'original' AND target.path >= ? AND target.path < ?]],
      "contoso\x1falice\x1fInbox\x1f77", "contoso\x1falice\x1fInbox\x1f78"))
  end)
  local size = io.open(file):seek "end"
  print(("%-44s %9.1f MiB, %.0f bytes a step"):format("the file", size / 2 ^ 20, size / steps))
end
do
  local journal <close> = ok(core.journal())
  timed("open it to read only", 1, function() ok(journal:open(file, { readonly = true })) end)
end
do
  local journal <close> = ok(core.journal())
  ok(journal:open(file))
  timed("forget the run", steps, function() ok(journal:write "DELETE FROM run WHERE id = 1") end)
end
