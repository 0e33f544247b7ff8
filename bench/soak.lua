-- A soak: many clients at once against a rehearsal server in a storm, for a long time.
--
--   make soak                          64 clients for ten minutes
--   make soak SOAK=60 CLIENTS=16       a quick one
--   make soak SANITIZE=1 SOAK=120      with AddressSanitizer, which also looks for leaks at the end
--   make soak TOGETHER=1               each client a process, instead of eight as tasks of one
--
-- It ends with 0 when nothing crashed, nothing leaked, no client met an error that weather does not
-- explain, and production shows exactly what the answers to the clients reported: see
-- bench/soak/rounds.lua for what they do and bench/soak/ledger.lua for what is compared.
--
-- Memory: the server's resident size at the end, after its clients have gone, is at most 1.5 times
-- what it was after the first third.  Descriptors: as many as before the first client.

local core = require "vbo.core"
local pipeline = require "vbo.request.pipeline"
local vbo = require "vbo"

local here = arg[0]:match "^(.*)/[^/]*$" or "."
package.path = here .. "/soak/?.lua;" .. package.path
local crews = require "crew"
local ledger = require "ledger"

local seconds = tonumber(os.getenv "SOAK" or "") or 600
local count = math.tointeger(tonumber(os.getenv "CLIENTS" or "") or 64)
local together = math.min(count,
  math.tointeger(tonumber(os.getenv "TOGETHER" or "") or 8))
local processes = (count + together - 1) // together
count = processes * together
local vbolua = os.getenv "VBOLUA" or "build/vbolua"
local sanitized = (os.getenv "SANITIZE" or "") ~= ""
local growth = 1.5

-- The storm, and answers that are lost after the restore was made.
local weather = os.getenv "WEATHER"
  or "--weather storm --fault 'operation=*_Restore* kind=change probability=0.02 lost'"

io.stdout:setvbuf "line"

local function shell(command)
  local pipe = assert(io.popen(command))
  local output = pipe:read "a"
  assert(pipe:close(), "failed: " .. command)
  return output
end

local folder = shell("mktemp -d"):gsub("\n$", "")
local engine <close> = assert(core.engine())

local function content(path)
  local file <close> = io.open(path)
  return file and file:read "a" or ""
end

local function start()
  local pipe = assert(io.popen(("echo pid: $$; exec %s sim --listen 127.0.0.1:0 %s 2>%s/server.log")
    :format(vbolua, weather, folder)))
  local found = { pipe = pipe }
  for line in pipe:lines() do
    local name, value = line:match "^([%w_]+): (.*)$"
    found[name or ""] = value
    if name == "fingerprint" then return found end
  end
  error("the server did not start: " .. content(folder .. "/server.log"))
end

local server = start()
local _ <close> = setmetatable({}, { __close = function()
  if server.pipe then
    os.execute("kill -9 " .. server.pid)
    server.pipe:close()
  end
  os.execute("rm -rf " .. folder)
end })

--- The server's resident MiB and its descriptors; nil when it is there no more.
local function resident()
  local kib = content("/proc/" .. server.pid .. "/status"):match "VmRSS:%s*(%d+)"
  if not kib then
    local pipe <close> = assert(io.popen("ps -o rss= -p " .. server.pid))
    kib = pipe:read "n"
  end
  return kib and kib / 1024
end

local function descriptors()
  local pipe <close> = assert(io.popen("ls /proc/" .. server.pid .. "/fd 2>/dev/null | wc -l"))
  return pipe:read "n"
end

local function connect()
  return vbo.connect { url = server.listening, user = server.user, password = server.password,
    pin = server.fingerprint, version = "v8", retries = 20 }
end

local function ask(client, path, method)
  return pipeline.send(client, { operation = "sim", method = method or "GET", path = path,
    change = false }).data
end

--- Connections take a moment to close: the least of what is seen.
local function least_descriptors()
  local least = math.huge
  for _ = 1, 50 do
    least = math.min(least, descriptors())
    engine:sleep(0.1)
  end
  return least
end

local jobs_before
do
  -- Loads now what the first request and archive load once: later it would count as a leak.
  local client <close> = connect()
  local session <close> = client:organization "contoso.onmicrosoft.com":explore {
    workload = "onedrive",
  }
  session:onedrives():first():documents():first():save { to = folder .. "/first" }
  session:onedrives():first():folders():first():save { to = folder .. "/first.zip" }
  jobs_before = ask(client, "/sim/memory").jobs
end
local open_before = least_descriptors()

local options = sanitized and "detect_leaks=1:abort_on_error=0" or ""
local crew <close> = crews.start {
  count = processes, folder = folder, arguments = { seconds, together },
  script = shell("cd " .. here .. " && pwd"):gsub("\n$", "") .. "/soak/client.lua",
  program = vbolua:find "^/" and vbolua or shell("pwd"):gsub("\n$", "") .. "/" .. vbolua,
  environment = {
    VBO_HOST = server.listening, VBO_USER = server.user, VBO_PASSWORD = server.password,
    VBO_PIN = server.fingerprint, ASAN_OPTIONS = options,
  },
}

print(("%d clients in %d process%s for %d s; the server's MiB (resident, Lua's) and what it keeps")
  :format(count, processes, processes == 1 and "" or "es", seconds))
print(("%7s %9s %8s %9s %8s %8s %8s %6s %5s"):format("s", "resident", "Lua", "sessions", "events",
  "tokens", "changes", "jobs", "fds"))

local began, warm, most = core.now(), nil, 0
local every = math.max(2, seconds / 20)
local patience = seconds + 60 + (sanitized and 240 or 60)
do
  local client <close> = connect()
  local next_row = 0
  while crew:alive() > 0 and core.now() - began < patience and resident() do
    local passed = core.now() - began
    if passed >= next_row then
      next_row = next_row + every
      local kept = ask(client, "/sim/memory?collect=true")
      local now = resident() or 0
      most = math.max(most, now)
      print(("%7.0f %9.1f %8.1f %9d %8d %8d %8d %6d %5d"):format(passed, now, kept.lua / (1 << 20),
        kept.sessions, kept.events, kept.access_tokens + kept.refresh_tokens, kept.changes,
        kept.job_sessions, descriptors()))
      if not warm and passed >= seconds / 3 then warm = now end
    end
    engine:sleep(0.25)
  end
end

local faults = {}
local function fault(format, ...) faults[#faults + 1] = format:format(...) end

if not resident() then
  fault("the server is there no more: %s", content(folder .. "/server.log"))
end
if crew:alive() > 0 then fault("%d processes of clients hang", crew:alive()) end
local own = { warm = 0, most = 0, finally = 0 }
for n, status in pairs(crew:statuses()) do
  local said = content(("%s/%d.err"):format(folder, n))
  if status ~= 0 or said ~= "" then fault("process %d ended with %d: %s", n, status, said) end
  local told = vbo.json.decode(content(("%s/process-%d.json"):format(folder, n))) or {}
  if told.open_after and told.open_after > told.open_before then
    fault("process %d has %d descriptors open, and had %d", n, told.open_after, told.open_before)
  end
  if not sanitized and told.warm and told.finally > growth * told.warm then
    fault("process %d has %.1f MiB at the end, %.1f after a third: more than %.1f times", n,
      told.finally, told.warm, growth)
  end
  for name, value in pairs(own) do own[name] = math.max(value, told[name] or 0) end
end

local found = ledger.read(folder, count)
local finally, open_after = 0, 0
if resident() then
  do
    local client <close> = connect()
    -- Restores of v8 whose answer was lost may still be under way.
    engine:sleep(3)
    ledger.compare(found, ask(client, "/sim/changes"), ask(client, "/sim/diff"))
    local jobs = ask(client, "/sim/memory").jobs
    if jobs ~= jobs_before then fault("%d jobs, and there were %d", jobs, jobs_before) end
  end
  open_after = least_descriptors()
  finally = resident()
end
table.move(found.faults, 1, #found.faults, #faults + 1, faults)
if open_after ~= open_before then
  fault("%d descriptors are open, %d were", open_after, open_before)
end
if not sanitized and warm and finally > growth * warm then
  fault("%.1f MiB at the end, %.1f after a third: more than %.1f times", finally, warm, growth)
end

-- Ends the server, so that a sanitizer reports its leaks.
os.execute("kill " .. server.pid)
server.pipe:read "a"
local good, how, status = server.pipe:close()
server.pipe = nil
local said = content(folder .. "/server.log")
if not good then fault("the server ended with %s %s: %s", how, status, said) end
if good and said ~= "" then fault("the server said: %s", said) end

local kinds = {}
for kind, rounds in pairs(found.kinds) do kinds[#kinds + 1] = ("%s %d"):format(kind, rounds) end
table.sort(kinds)
print(("rounds       %d (%s)"):format(found.rounds, table.concat(kinds, ", ")))
print(("restored     %d, production has %d changes; %d answers were lost"):format(found.restored,
  found.changes or 0, found.excused))
print(("resident     %.1f MiB after a third, %.1f at most, %.1f at the end"):format(warm or 0, most,
  finally))
print(("clients      %.1f MiB resident after a third, %.1f at most, %.1f at the end%s"):format(
  own.warm, own.most, own.finally, processes > 1 and " (the largest process)" or ""))
print(("descriptors  %d before, %d after"):format(open_before, open_after))
for i = 1, math.min(#faults, 20) do print("FAULT  " .. faults[i]:sub(1, 2000)) end
print(#faults == 0 and "sound" or ("%d faults"):format(#faults))
os.exit(#faults == 0 and 0 or 1, true)
