-- SIGUSR1, SIGUSR2 and SIGQUIT: whether changes may begin.

local program = require "spec.support.program"

local folder, remove

setup(function() folder, remove = program.folder() end)
teardown(function() remove() end)

-- Runs code that has said "ready: yes" and waits for the signals of `steps`: each is sent when the
-- line before it was printed.  Returns what it printed, standard error and the status.
local function signalled(code)
  local file <close> = assert(io.open(folder .. "/x.lua", "w"))
  file:write([[local core, vbo = require "vbo.core", require "vbo"
    io.stdout:setvbuf "line"
    local function send(name) os.execute("kill -" .. name .. " $PPID") end
    local function await(state)
      while core.pause_state() ~= state do vbo.sleep(0.01) end
      print(state)
    end
]], code)
  file:close()
  local quoted = program.quoted
  local output, status = program.run(("cd %s && %s x.lua 2>err"):format(quoted(folder),
    quoted(program.vbolua)))
  local errors = assert(io.open(folder .. "/err"))
  local said = errors:read "a"
  errors:close()
  return output, said, status
end

local paused = "vbolua: pausing before the next change; SIGUSR2 goes on\n"
local on = "vbolua: going on\n"
local finish = "vbolua: finishing what is under way; no further change begins, a second SIGQUIT "
  .. "stops\n"

describe("a signal", function()
  it("pauses (SIGUSR1) and goes on (SIGUSR2), each once, with a line on standard error", function()
    local output, said, status = signalled [[
      print(core.pause_state())
      send "USR2" send "USR1" await "paused" send "USR1" send "USR2" await "run"]]
    assert.equal("run\npaused\nrun\n", output)
    assert.equal(paused .. on, said)
    assert.equal(0, status)
  end)

  it("pauses also before anything asked", function()
    local output, said = signalled [[send "USR1" await "paused" send "USR2" await "run"]]
    assert.equal("paused\nrun\n", output)
    assert.equal(paused .. on, said)
  end)

  it("lets the program finish (SIGQUIT), for good, also out of a pause", function()
    local output, said, status = signalled [[
      send "USR1" await "paused" send "QUIT" await "finish" send "USR1" send "USR2"
      print(core.pause_state())]]
    assert.equal("paused\nfinish\nfinish\n", output)
    assert.equal(paused .. finish, said)
    assert.equal(0, status)
  end)

  it("stops the program (SIGQUIT) that has asked for nothing, without a core dump", function()
    local output, said, status = signalled [[
      local held <close> = setmetatable({}, { __close = function() print "cleaned up" end })
      send "QUIT" while true do end]]
    assert.equal("cleaned up\n", output)
    assert.equal(131, status)
    assert.matches("^vbolua: x.lua:%d+: stopped by a signal %[cancelled%]\n$", said)
    assert.equal("", (program.run("ls " .. program.quoted(folder) .. " | grep core")))
  end)

  it("stops it (SIGQUIT) when it comes for the second time, also in a read", function()
    local output, said, status = signalled [[
      core.pause_state()
      send "QUIT" await "finish"
      -- The child writes nothing and outlives the read.
      local pipe = io.popen "kill -QUIT $PPID; exec sleep 100"
      pipe:read "l"
      vbo.sleep(100)]]
    assert.equal("finish\n", output)
    assert.equal(131, status)
    assert.matches("stopped by a signal %[cancelled%]", said)
    assert.equal(finish, said:sub(1, #finish))
  end)

  it("wakes an engine that waits, and ends no sleep early", function()
    local output = signalled [[
      local engine = core.engine()
      core.pause_state()
      local child = io.popen "sleep 0.2; kill -USR1 $PPID"
      local began = core.now()
      engine:run(500)
      print(core.pause_state(), core.now() - began < 400)
      child:close()
      engine:close()
      child = io.popen "sleep 0.1; kill -USR2 $PPID"
      began = core.now()
      vbo.sleep(1)
      print(core.pause_state(), core.now() - began >= 1)
      child:close()]]
    assert.equal("paused\ttrue\nrun\ttrue\n", output)
  end)

  it("finds its default in the programs that a script starts", function()
    for _, name in ipairs { "USR1", "USR2", "QUIT" } do
      local output = signalled(([[
        print(os.execute "trap 'exit 9' %s; kill -%s $$; exit 1")
        print((select(2, os.execute "kill -%s $$")))
        print((select(2, io.popen("kill -%s $$", "w"):close())))]]):format(name, name, name, name))
      assert.equal("nil\texit\t9\nsignal\nsignal\n", output)
    end
  end)
end)
