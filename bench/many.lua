-- Many transfers at once, beside curl --parallel and, where they are, Python's httpx and h2load:
--
--   vbolua bench/many.lua [RUNS] [GETS]        (make bench: 3 20000)
--
--   64 saves of 16 MiB, each checked and hashed (curl writes, and does neither)
--   20,000 small GETs, 64 at once
--   growth: 1, 10, 100 and 1,000 tasks at once, each with ten GETs
--
-- The server is spec/support/pages.c, which answers from memory: none of them waits for it longer
-- than the others.

local here = arg[0]:match "^(.*)/[^/]*$" or "."
package.path = here .. "/?.lua;" .. package.path
local support = require "support"

local runs = math.tointeger(tonumber(arg[1] or "")) or 3
local gets = math.tointeger(tonumber(arg[2] or "")) or 20000
local vbolua = os.getenv "VBOLUA" or "build/vbolua"
local pages = os.getenv "VBO_PAGES" or "build/pages"

local folder, remove = support.folder()
local _ <close> = setmetatable({}, { __close = remove })
local server <close> = support.start(
  ("%s --certificate %s/ca.pem"):format(pages, folder), "^ready$")

local function write(name, text)
  local file <close> = assert(io.open(folder .. "/" .. name, "w"))
  file:write(text)
  return folder .. "/" .. name
end

local function ours(script, ...)
  return ("VBO_HOST=%s VBO_USER=u VBO_PASSWORD=p VBO_CA=%s/ca.pem VBO_VERSION=v8 %s %s %s"):format(
    server.url, folder, vbolua, script, table.concat({ ... }, " "))
end

local function curl(config)
  return ("curl -sS --no-progress-meter --cacert %s/ca.pem -Z --parallel-max 64 -K %s"):format(
    folder, config)
end

local function empty(name)
  return function()
    os.execute(("rm -rf %s/%s; mkdir %s/%s"):format(folder, name, folder, name))
  end
end

-- ------------------------------------------------------------------- saves

local saver = write("save.lua", [[
local vbo = require "vbo"
local folder, count = arg[1], tonumber(arg[2])
local client <close> = vbo.connect()
local numbers = {}
for i = 1, count do numbers[i] = i end
vbo.parallel(numbers, { limit = count }, function(i)
  client:call("OneDriveDocument_SaveDocumentAction", {
    restoreSessionId = "15aa649c-af84-41b1-88a9-05e96b4848ab", oneDriveId = "d",
    documentId = ("15aa649c-af84-41b1-88a9-%012d"):format(i), body = { asZip = false },
  }, { to = folder .. "/" .. i, fsync = false })
end)
]])
local lines = { 'header = "Authorization: Bearer bench"',
  'header = "Content-Type: application/json"', 'data = "{}"' }
for i = 1, 64 do
  lines[#lines + 1] = ('url = "%s/v8/RestoreSessions/s/Organization/OneDrives/d/Documents/x%d/save"'
    .. '\noutput = "%s/theirs/%d"'):format(server.url, i, folder, i)
end
support.compare("64 saves of 16 MiB", {
  { "vbolua, with SHA-256", ours(saver, folder .. "/ours", 64), before = empty "ours" },
  { "curl -Z, without", curl(write("saves", table.concat(lines, "\n"))), before = empty "theirs" },
}, runs, folder)
empty "ours" ()
empty "theirs" ()

-- -------------------------------------------------------------------- GETs

local getter = write("get.lua", [[
local vbo = require "vbo"
local count, limit = tonumber(arg[1]), tonumber(arg[2])
local client <close> = vbo.connect { at_once = limit }
local i = 0
vbo.parallel(function()
  i = i + 1
  if i <= count then return i end
end, { limit = limit }, function() client:call "ServiceInstance_Get" end)
]])
lines = { 'header = "Authorization: Bearer bench"' }
for _ = 1, gets do
  lines[#lines + 1] = ('url = "%s/v8/ServiceInstance"\noutput = "/dev/null"'):format(server.url)
end
local programs = {
  { "vbolua", ours(getter, gets, 64) },
  { "curl -Z", curl(write("gets", table.concat(lines, "\n"))) },
}
local skipped = {}
local httpx = write("get.py", [[
import asyncio, sys, httpx
url, ca, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
async def main():
    limits = httpx.Limits(max_connections=64)
    async with httpx.AsyncClient(verify=ca, limits=limits,
                                 headers={"Authorization": "Bearer bench"}) as client:
        left = iter(range(count))
        async def worker():
            for _ in left:
                (await client.get(url + "/v8/ServiceInstance")).json()
        await asyncio.gather(*(worker() for _ in range(64)))
asyncio.run(main())
]])
if support.there "/usr/bin/python3 -c 'import httpx'" then
  -- A tenth of the work, or the bench would be its.
  programs[#programs + 1] = { ("httpx, %d of them"):format(gets // 10),
    ("/usr/bin/python3 %s %s %s/ca.pem %d"):format(httpx, server.url, folder, gets // 10) }
else
  skipped[#skipped + 1] = "python3-httpx"
end
if support.there "command -v h2load" then
  programs[#programs + 1] = { "h2load, the limit",
    ("h2load --h1 -n %d -c 64 -t 1 %s/v8/ServiceInstance"):format(gets, server.url) }
else
  skipped[#skipped + 1] = "h2load"
end
support.compare(("%d small GETs, 64 at once"):format(gets), programs, runs, folder)
for _, name in ipairs(skipped) do print("  skipped, for it is not here: " .. name) end

-- ------------------------------------------------------------------ growth

print "growth: tasks at once, ten GETs each"
print(("  %6s %8s %8s %12s %9s"):format("tasks", "wall s", "CPU s", "CPU µs a GET", "peak MiB"))
local least
for _, count in ipairs { 1, 10, 100, 1000 } do
  local best
  for _ = 1, runs do
    local run = support.measured(ours(getter, count * 10, count), folder)
    if not best or run.cpu < best.cpu then best = run end
  end
  least = least or best.cpu
  print(("  %6d %8.2f %8.2f %12s %9.1f"):format(count, best.wall, best.cpu,
    count > 1 and ("%.0f"):format((best.cpu - least) / (count - 1) / 10 * 1e6) or "",
    best.peak / 1024))
end
