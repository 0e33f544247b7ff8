-- Kills runs and resumes them: at every boundary of every step, and at random in a storm that loses
-- answers.  `make crash` calls it:
--
--   CRASH=1000 vbolua --no-journal spec/support/crash/all.lua
--
-- CRASH is how often a run is killed at random.  Prints counts; ends with 1 where a change was made
-- twice or is missing, a file is not whole, or a run cannot be completed.

local cases = require "spec.support.crash.cases"
local crash = require "spec.support.crash"
local program = require "spec.support.program"
local rehearsal = require "spec.support.rehearsal"
local vbo = require "vbo"
local versions = require "spec.support.versions"

local wanted = math.tointeger(tonumber(os.getenv "CRASH" or 1000)) or error "CRASH is a number"
local workloads <const> = { "exchange", "onedrive", "sharepoint", "teams" }
local storm <const> = { "storm", "kind=change probability=0.1 lost",
  "operation=*Explore* probability=0.1 lost" }

local server = rehearsal.start()
local references, failures, counts = {}, 0, {}

local function count(name) counts[name] = (counts[name] or 0) + 1 end

local function failed(what, why)
  failures = failures + 1
  print(("FAILED %s: %s"):format(what, tostring(why)))
end

local function reference(workload, version)
  local key = workload .. version
  references[key] = references[key] or cases.reference(server, workload, version)
  return references[key]
end

-- ------------------------------------------------------------------ boundaries

local function at_boundary(workload, version, boundary, step)
  local what = ("%s %s, %s of step %d"):format(workload, version, boundary, step)
  local ok, skipped = pcall(cases.run, server, reference(workload, version), workload, version,
    boundary, step)
  if not ok then return failed(what, skipped) end
  count "boundaries"
  if skipped then count "unknown" end
end

local native = os.getenv "VBO_KILL_SHIM"

local function every_boundary(workload, version)
  for step = 1, 4 do
    for _, boundary in ipairs(step == cases.save and cases.saves or cases.boundaries) do
      local lacks = step == cases.save and cases.native[boundary] and not native
      local reached = cases.state(boundary, step, version >= "v8") ~= nil
      if reached and not lacks then
        at_boundary(workload, version, boundary, step)
      end
    end
  end
end

for _, workload in ipairs(workloads) do
  for _, version in ipairs(versions.each_dialect) do every_boundary(workload, version) end
end
print(("%d kills at boundaries; %d adding changes stayed unknown by name"):format(
  counts.boundaries or 0, counts.unknown or 0))

-- ---------------------------------------------------------------------- random

-- Starts a program and kills it after some time; returns its output and status.
local function life(it, words)
  local child = program.start(it:command(words) .. " 2>&1", "pid")
  vbo.sleep(math.random() * 0.4)
  os.execute(("kill -KILL %s 2>/dev/null"):format(child.pid))
  return child.wait()
end

-- Lives until the run is complete, or dead often enough.
local function lives(it)
  local words = it:runbook_words()
  for _ = 1, 12 do
    local output, status = life(it, words)
    if status == 0 then return true end
    count(status == 137 and "kills" or "failed")
    if status ~= 137 and output:find("[not_found]", 1, true) then
      words = it:runbook_words()
    elseif pcall(it.steps, it) and it:steps()[1] then
      words = "resume --unknown=retry"
    end
  end
end

-- Completes a run in fine weather; returns whether something unknown was skipped.
local function complete(it)
  server.weather()
  server.ask("POST", "/sim/time", { advance = 10 })
  local output, status = it:resume()
  -- It died before its first intent: nothing was changed.
  if status ~= 0 and (output:find("no run of yours", 1, true)
      or output:find("there is no journal", 1, true)) then
    status = select(2, it:run())
  end
  if status == 0 then return false end
  local rest, last = it:resume "--unknown=skip"
  if last ~= 0 then error(rest, 0) end
  return true
end

local function at_random(workload, version)
  local expected = reference(workload, version)
  local it <close> = crash.new(server, version, workload)
  server.weather(table.unpack(storm))
  local skipped = not lives(it) and complete(it)
  server.weather()
  count "runs"
  if skipped then count "skipped" end
  cases.check_once(expected, it, skipped)
  cases.check_requests(expected, it, math.huge)
  assert(it:saved() == expected.sha256, "the saved file is another")
  counts.open = (counts.open or 0) + it:open_sessions()
end

while (counts.kills or 0) < wanted do
  local workload = workloads[math.random(#workloads)]
  local version = versions.since "v5"[math.random(#versions.since "v5")]
  local ok, why = pcall(at_random, workload, version)
  if not ok then failed(("%s %s at random"):format(workload, version), why) end
end

server.stop()
print(("%d kills at random in %d runs; %d runs skipped what stayed unknown; %d sessions were left "
  .. "to the server's timeout"):format(counts.kills or 0, counts.runs or 0, counts.skipped or 0,
  counts.open or 0))
print(("%d failed"):format(failures))
os.exit(failures == 0 and 0 or 1, true)
