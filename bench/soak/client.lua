--- One client of the soak: logs in, does a round of something, again and again, until its time is
--- over; writes down what it was told was done, and what went wrong.
---
---   vbolua bench/soak/client.lua NUMBER FOLDER SECONDS        (VBO_HOST and so on say where)

local core = require "vbo.core"
local vbo = require "vbo"

local number, folder, seconds = tonumber(arg[1]), arg[2], tonumber(arg[3])
package.path = arg[0]:match "^(.*)/[^/]*$" .. "/?.lua;" .. package.path
local rounds = require "rounds"

local versions = { "v8", "v7", "v8", "v6", "v8", "v5" }

local report = assert(io.open(("%s/%d.jsonl"):format(folder, number), "w"))
report:setvbuf "line"
local function say(row) report:write(vbo.json.encode(row), "\n") end

math.randomseed(number)
local until_then = core.now() + seconds
local done = 0
while core.now() < until_then do
  local kind = rounds.kinds[(number + done) % #rounds.kinds + 1]
  local version = versions[(number + done // #rounds.kinds) % #versions + 1]
  local began = core.now()
  local good, err = xpcall(rounds.run, function(err)
    if type(err) == "table" and err.kind then return err end
    return { kind = "bug", message = debug.traceback(tostring(err)) }
  end, kind, version, { folder = ("%s/%d"):format(folder, number), say = say, number = number,
    round = done })
  done = done + 1
  if good then
    say { round = kind, version = version, seconds = core.now() - began }
  else
    say { failed = kind, version = version, kind = err.kind, message = tostring(err.message),
      operation = err.operation, status = err.status, session = err.session }
  end
end
say { rounds = done }
report:close()
