-- Measures what loading one version's catalogue costs: time and memory, beside the limits.
--
--     build/vbolua bench/catalogue.lua
--
-- "load" is what connecting costs: the index, and the first two operations with the schemas
-- they name.  "all" reads every operation of the version, which no run does.

local catalogue = require "vbo.catalogue"
local core = require "vbo.core"
local lookup = require "vbo.catalogue.lookup"

local allowed = { seconds = 0.005, kilobytes = 4096 }
-- The clock counts milliseconds: many loads are timed together.
local rounds, together = 9, 25

local function forget()
  for name in pairs(package.loaded) do
    if name:match "^vbo%.catalogue%.facts" then package.loaded[name] = nil end
  end
end

local function load(version)
  forget()
  local loaded = lookup.new(require("vbo.catalogue.facts." .. version))
  assert(loaded:operation "RestoreSession_StopAction")
  assert(loaded:operation "Job_Update")
  return loaded
end

local function read_all(version)
  local loaded, count = load(version), 0
  for _ in loaded:operations() do count = count + 1 end
  return loaded, count
end

--- The median of seconds a call, over rounds of many calls.
local function timed(fn, version, many)
  local list = {}
  for i = 0, rounds do
    collectgarbage()
    local began = core.now()
    for _ = 1, many do fn(version) end
    -- The first round warms the caches.
    if i > 0 then list[i] = (core.now() - began) / many end
  end
  table.sort(list)
  return list[(#list + 1) // 2]
end

--- Kilobytes that a call leaves in use, and the most it had in use with its garbage.
local function weighed(fn, version)
  forget()
  collectgarbage()
  collectgarbage "stop"
  local before = collectgarbage "count"
  local held = fn(version)
  local most = collectgarbage "count" - before
  collectgarbage "restart"
  collectgarbage()
  local kept = collectgarbage "count" - before
  return kept, most, held
end

print(("allowed: %.0f ms, %.0f KB; medians of %d rounds"):format(
  allowed.seconds * 1000, allowed.kilobytes, rounds))
print "         load ms   kept KB   most KB  |  all ms  all KB  operations"
local over = false
for _, version in ipairs(catalogue.versions) do
  local seconds = timed(load, version, together)
  local kept, most = weighed(load, version)
  local all_seconds = timed(read_all, version, 2)
  local all_kept = weighed(read_all, version)
  local _, count = read_all(version)
  print(("%-6s %9.2f %9.0f %9.0f  | %7.1f %7.0f %11d"):format(version, seconds * 1000, kept, most,
    all_seconds * 1000, all_kept, count))
  over = over or seconds > allowed.seconds or most > allowed.kilobytes
end
if over then
  io.stderr:write "bench/catalogue.lua: over what is allowed\n"
  os.exit(1)
end
