-- Signals that pause and end a run, through the program: vbo.run.pause.

local runbooks = require "spec.support.runbooks"

describe("a run", function()
  local book

  setup(function() book = runbooks.start() end)
  teardown(function() book.stop() end)
  before_each(function() book.reset() end)

  local signals = [[
    local core = require "vbo.core"
    local function send(name, state)
      os.execute("kill -" .. name .. " $PPID")
      while state and core.pause_state() ~= state do end
    end
  ]]

  -- Runs a runbook; returns its output, its status and how many things production gained.
  local function run(version, code, options)
    local output, status = book.run { version = version, code = signals .. code,
      options = options }
    return output, status, #book.server.changes()
  end

  for _, version in ipairs { "v5", "v8" } do
    it("waits before its next change after SIGUSR1; saves and reads go on, " .. version, function()
      local output, status, gained = run(version, [[
        restore(1)
        send("USR1", "paused")
        local other = vbo.spawn(function()
          print("jobs", client:jobs():first() ~= nil)
          session:onedrive("alice@contoso.com"):document "Todo.md":save { to = "Todo.md" }
          print "saved"
          send("USR2", "run")
        end)
        restore(1)
        print "restored"
        other:wait() ]])
      assert.equal(0, status, output)
      assert.equal(2, gained)
      assert.matches("jobs\ttrue\nsaved\nrestored\n$",
        output:gsub("vbolua: [^\n]*\n", ""), 1, output)
    end)

    it("finishes what is under way after SIGQUIT, and changes nothing more, " .. version, function()
      local output, status, gained = run(version, [[
        local boundary = require "vbo.run.boundary"
        function boundary.at(name)
          if name ~= "left" then return end
          boundary.at = function() end
          send("QUIT", "finish")
        end
        print(pcall(vbo.parallel, { 1, 2 }, { limit = 2, on_error = "continue" }, function(i)
          if i == 2 then vbo.sleep(0.05) end
          print("restored", restore(1).restored)
          restore(1)
        end))
        print(pcall(vbo.try, restore)) ]])
      assert.equal(23, status, output)
      -- The second element may have had its intent committed before the signal.
      assert.is_true(gained == 1 or gained == 2, output)
      assert.matches("restored\t1\n", output, 1, true)
      assert.matches("SIGQUIT stopped the run before its next step [stopped; signal]; hint: "
        .. "continue with: vbolua resume", output, 1, true)
      local expected = { { state = "stopped", status = 23, steps = gained, done = gained } }
      assert.same(expected, book.rows [[SELECT state, status, (SELECT count(*) FROM step) AS steps,
          (SELECT count(*) FROM step WHERE state = 'done') AS done FROM run]])
    end)
  end

  it("stops out of a pause after SIGQUIT", function()
    local output, status, gained = run("v8", [[
      restore(1)
      send("USR1", "paused")
      vbo.spawn(function() send("QUIT", "finish") end)
      print(pcall(restore)) ]])
    assert.equal(23, status, output)
    assert.equal(1, gained)
    assert.matches("false\t[^\n]*SIGQUIT stopped the run", output)
  end)

  it("is cancelled out of a pause by Ctrl-C", function()
    local output, status, gained = run("v8", [[
      restore(1)
      send("USR1", "paused")
      vbo.spawn(function() send "INT" vbo.sleep(60) end)
      restore(1) ]])
    assert.equal(130, status, output)
    assert.equal(1, gained)
  end)

  it("begins no save after SIGQUIT", function()
    local output, status = run("v8", [[
      restore(1)
      send("QUIT", "finish")
      session:onedrive("alice@contoso.com"):document "Todo.md":save { to = "kept.md" } ]])
    assert.equal(23, status, output)
    assert.is_nil(io.open(book.path "kept.md"))
  end)
end)
