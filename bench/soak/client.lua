--- Clients of the soak: each logs in, does a round of something, again and again, until the time is
--- over; writes down what the server reported as done, and what went wrong.
---
---   vbolua bench/soak/client.lua NUMBER FOLDER SECONDS TOGETHER    (VBO_HOST and so on say where)
---
--- This process is the NUMBERth, and TOGETHER clients are tasks of it.

local core = require "vbo.core"
local vbo = require "vbo"

local process, folder, seconds = tonumber(arg[1]), arg[2], tonumber(arg[3])
local together = math.tointeger(tonumber(arg[4]))
package.path = arg[0]:match "^(.*)/[^/]*$" .. "/?.lua;" .. package.path
local rounds = require "rounds"

local versions = { "v8", "v7", "v8", "v6", "v8", "v5" }
local began = core.now()
math.randomseed(process)

local function content(path)
  local file <close> = io.open(path)
  return file and file:read "a" or ""
end

-- Resident MiB of this process and its descriptors; nil where the system does not tell.
local function resident()
  local kib = tonumber(content "/proc/self/status":match "VmRSS:%s*(%d+)")
  return kib and kib / 1024
end

-- The least of what is seen: popen closes its end of the pipe a moment after `ls` has begun.
local function descriptors()
  local least = math.huge
  for _ = 1, 10 do
    local pipe <close> = assert(io.popen "sleep 0.01; ls /proc/$PPID/fd 2>/dev/null | wc -l")
    least = math.min(least, pipe:read "n")
  end
  return least
end

--- One client.
local function run(number)
  local own = ("%s/%d"):format(folder, number)
  assert(os.execute("mkdir -p '" .. own .. "'"))
  local report <close> = assert(io.open(own .. ".jsonl", "w"))
  report:setvbuf "line"
  local function say(row) report:write(vbo.json.encode(row), "\n") end
  local done = 0
  while core.now() < began + seconds do
    local kind = rounds.kinds[(number + done) % #rounds.kinds + 1]
    local version = versions[(number + done // #rounds.kinds) % #versions + 1]
    local start = core.now()
    local good, err = xpcall(rounds.run, function(err)
      if type(err) == "table" and err.kind then return err end
      return { kind = "bug", message = debug.traceback(tostring(err)) }
    end, kind, version, { folder = own, say = say, number = number, round = done })
    done = done + 1
    if good then
      say { round = kind, version = version, seconds = core.now() - start }
    else
      say { failed = kind, version = version, kind = err.kind, message = tostring(err.message),
        operation = err.operation, status = err.status, session = err.session }
    end
  end
  say { rounds = done }
end

local numbers = {}
for i = 1, together do numbers[i] = (process - 1) * together + i end

local warm, most = nil, 0
local watch = vbo.spawn(function()
  while core.now() < began + seconds do
    vbo.sleep(math.min(1, seconds / 10))
    local now = resident() or 0
    most = math.max(most, now)
    if not warm and core.now() >= began + seconds / 3 then warm = now end
  end
end)
-- The first transfer loads what stays open.
do
  local client <close> = vbo.connect { retries = 20 }
  client:organizations():all()
end
local open_before = descriptors()
vbo.parallel(numbers, { limit = together }, run)
watch:wait()
collectgarbage()
collectgarbage()
local ended = {
  warm = warm, most = most, finally = resident(), open_before = open_before,
  open_after = descriptors(),
}
local report <close> = assert(io.open(("%s/process-%d.json"):format(folder, process), "w"))
report:write(vbo.json.encode(ended))
