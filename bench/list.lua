-- A million documents listed, beside Python (httpx and json) and Node (fetch): wall seconds, CPU
-- seconds and peak memory, as whole processes; and how the time grows with the number.
--
--   vbolua bench/list.lua [DOCUMENTS] [PAGE_SIZE] [RUNS]        (1000000 250 3)
--
-- All ask the same server over TLS for the same pages, and add up the length of each name.  The
-- server (spec/support/pages.c) copies canned pages, so that it is not what they wait for; curl,
-- which writes the same bytes to /dev/null, shows what is left when nothing is done with them.
-- The programs take turns, and what counts is the ratio: machines are noisy.

local documents = math.tointeger(tonumber(arg[1] or "")) or 1000000
local page_size = math.tointeger(tonumber(arg[2] or "")) or 250
local runs = math.tointeger(tonumber(arg[3] or "")) or 3
local vbolua = os.getenv "VBOLUA" or "build/vbolua"
local pages = os.getenv "VBO_PAGES" or "build/pages"
local here = arg[0]:match "^(.*)/[^/]*$" or "."
package.path = here .. "/?.lua;" .. package.path
local support = require "support"

local folder, remove = support.folder()
local _ <close> = setmetatable({}, { __close = remove })

local function start(count)
  return support.start(
    ("%s --records %d --certificate %s/cert.pem"):format(pages, count, folder), "^ready$")
end

local session = "15aa649c-af84-41b1-88a9-05e96b4848ab"
local drive = "4e036749-2d65-40e4-b49b-b8b8b327fda733226343-4e4d-42a2-b434-3d1d8c04c66e"
local path = ("/v8/RestoreSessions/%s/Organization/OneDrives/%s/Documents"):format(session, drive)

local function write(name, text)
  local file <close> = assert(io.open(folder .. "/" .. name, "w"))
  file:write(text)
  return folder .. "/" .. name
end

local lister = write("list.lua", [[
local vbo = require "vbo"
local session, drive, size = table.unpack(arg)
local count, letters = 0, 0
local client <close> = vbo.connect { version = "v8" }
local list = client:session(session):onedrive(drive):documents { page_size = tonumber(size) }
for document in list:each() do
  count = count + 1
  letters = letters + #document.name
end
print(count, letters)
]])

local function measured(command, count)
  local run, output = support.measured(command, folder)
  if count then
    assert(output:match "^(%d+)%s+%d+" == tostring(count), "listed: " .. output)
  end
  return run
end

local function median(list, field)
  local values = {}
  for i, run in ipairs(list) do values[i] = run[field] end
  return support.median(values)
end

local function ours(server)
  return ("VBO_HOST=%s VBO_USER=u VBO_PASSWORD=p VBO_CA=%s/cert.pem %s %s %s %s %d"):format(
    server.url, folder, vbolua, lister, session, drive, page_size)
end

local function curl(server)
  local lines = { 'header = "Authorization: Bearer bench"' }
  for offset = 0, documents - 1, page_size do
    lines[#lines + 1] = ('url = "%s%s?offset=%d&limit=%d"\noutput = "/dev/null"'):format(
      server.url, path, offset, page_size)
  end
  return ("curl -sS --cacert %s/cert.pem -K %s"):format(folder,
    write("curl", table.concat(lines, "\n")))
end

do
  local server <close> = start(documents)
  local programs = { { "vbolua", ours(server), documents } }
  local skipped = {}
  if support.there "/usr/bin/python3 -c 'import httpx'" then
    programs[#programs + 1] = { "python3-httpx", ("/usr/bin/python3 %s/list.py %s %s/cert.pem "
      .. "%s %d"):format(here, server.url, folder, path, page_size), documents }
  else
    skipped[#skipped + 1] = "python3-httpx"
  end
  if support.there "node -e 'fetch'" then
    programs[#programs + 1] = { "node fetch", ("NODE_EXTRA_CA_CERTS=%s/cert.pem node %s/list.mjs "
      .. "%s %s %d"):format(folder, here, server.url, path, page_size), documents }
  else
    skipped[#skipped + 1] = "node with fetch (18 or later)"
  end
  programs[#programs + 1] = { "curl alone", curl(server) }
  for _, program in ipairs(programs) do program.runs = {} end
  for run = 1, runs do
    for _, program in ipairs(programs) do
      program.runs[run] = measured(program[2], program[3])
    end
  end
  print(("%d documents in pages of %d, %d runs each, medians; × is beside vbolua"):format(
    documents, page_size, runs))
  print(("%-14s %8s %7s %8s %7s %9s"):format("", "wall s", "×", "CPU s", "×", "peak MiB"))
  local first = programs[1].runs
  for _, program in ipairs(programs) do
    local wall, cpu = median(program.runs, "wall"), median(program.runs, "cpu")
    print(("%-14s %8.2f %7.2f %8.2f %7.2f %9.1f"):format(program[1], wall,
      wall / median(first, "wall"), cpu, cpu / median(first, "cpu"),
      median(program.runs, "peak") / 1024))
  end
  for _, name in ipairs(skipped) do print("skipped, for it is not here: " .. name) end
end

print "\ngrowth, vbolua alone (least CPU of the runs; microseconds a record are those beyond 1)"
print(("%-10s %8s %8s %12s %9s"):format("records", "wall s", "CPU s", "µs a record", "peak MiB"))
local empty
for _, count in ipairs { 1, 1000, 10000, 100000, 1000000 } do
  if count <= documents then
    local server <close> = start(count)
    local best
    for _ = 1, runs do
      local run = measured(ours(server), count)
      if not best or run.cpu < best.cpu then best = run end
    end
    empty = empty or best.cpu
    print(("%-10d %8.2f %8.2f %12s %9.1f"):format(count, best.wall, best.cpu,
      count > 1000 and ("%.2f"):format((best.cpu - empty) / count * 1e6) or "", best.peak / 1024))
  end
end
