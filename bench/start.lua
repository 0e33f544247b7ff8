-- How soon a program begins: an empty one beside lua5.4, and one that connects and makes one call
-- beside Python with requests.
--
--   vbolua bench/start.lua [ROUNDS]        (10)
--
-- The programs take turns of twenty runs each; the least and the median of the rounds, in
-- milliseconds a run of wall and of CPU time.  On a busy machine the least tells most.

local rounds = math.tointeger(tonumber(arg[1] or "")) or 10
local turn <const> = 20
local vbolua = os.getenv "VBOLUA" or "build/vbolua"
local pages = os.getenv "VBO_PAGES" or "build/pages"
local here = arg[0]:match "^(.*)/[^/]*$" or "."
package.path = here .. "/?.lua;" .. package.path
local support = require "support"

local folder, remove = support.folder()
local _ <close> = setmetatable({}, { __close = remove })
local server <close> = support.start(
  ("%s --certificate %s/cert.pem"):format(pages, folder), "^ready$")

local script <close> = assert(io.open(folder .. "/call.lua", "w"))
script:write [[
local vbo = require "vbo"
local client <close> = vbo.connect { version = "v8" }
assert(client:call "ServiceInstance_Get".name == "bench")
]]
script:close()

local function measured(command)
  local report = folder .. "/time"
  support.shell(("/usr/bin/time -o %s -f '%%e %%U %%S' "
    .. "sh -ec 'i=0; while [ $i -lt %d ]; do i=$((i+1)); "
    .. "%s; done'"):format(report, turn, command))
  local file <close> = assert(io.open(report))
  local wall, user, system = file:read("a"):match "([%d.]+) ([%d.]+) ([%d.]+)%s*$"
  return { wall = wall * 1000 / turn, cpu = (user + system) * 1000 / turn }
end

local function sorted(runs, field)
  local values = {}
  for i, run in ipairs(runs) do values[i] = run[field] end
  table.sort(values)
  return values[1], values[(#values + 1) // 2]
end

local function compare(title, programs)
  print(title)
  print(("%-18s %21s %21s"):format("", "wall ms least median", "CPU ms least median"))
  for _, program in ipairs(programs) do program.runs = {} end
  for i = 1, rounds do
    for _, program in ipairs(programs) do program.runs[i] = measured(program[2]) end
  end
  for _, program in ipairs(programs) do
    local wall, wall_median = sorted(program.runs, "wall")
    local cpu, cpu_median = sorted(program.runs, "cpu")
    print(("%-18s %14.1f %6.1f %14.1f %6.1f"):format(program[1], wall, wall_median, cpu,
      cpu_median))
  end
end

local settings = ("VBO_HOST=%s VBO_USER=u VBO_PASSWORD=p VBO_CA=%s/cert.pem"):format(
  server.url, folder)
compare("an empty program", {
  { "true", "/bin/true" },
  { "lua5.4", "lua5.4 -e \"\"" },
  { "vbolua", vbolua .. " -e \"\"" },
})
local callers = { { "vbolua", ("%s %s %s/call.lua"):format(settings, vbolua, folder) } }
if os.execute "/usr/bin/python3 -c 'import requests' 2>/dev/null" then
  callers[2] = { "python3-requests", ("/usr/bin/python3 %s/start.py %s %s/cert.pem"):format(here,
    server.url, folder) }
end
compare("\nconnect, and one call", callers)
if not callers[2] then print "skipped, for it is not here: python3-requests" end
