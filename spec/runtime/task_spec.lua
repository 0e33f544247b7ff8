-- Tasks: what runs while something else waits.

local loop = require "vbo.runtime.loop"
local program = require "spec.support.program"
local rehearsal = require "spec.support.rehearsal"
local vbo = require "vbo"
local versions = require "spec.support.versions"

-- Lets everybody else go on once.
local function pause() vbo.sleep(0.001) end

describe("a task", function()
  after_each(function() assert.equal(0, loop.alive()) end)

  it("begins with the next wait, and gives what its function returns, as often as asked", function()
    local begun = false
    local task = vbo.spawn(function(...)
      begun = true
      pause()
      return select("#", ...), nil, ...
    end, "a", nil)
    assert.is_false(begun)
    assert.is_false(task:done())
    assert.equal("task (running)", tostring(task))
    assert.same({ n = 4, 2, nil, "a", nil }, table.pack(task:wait()))
    assert.same({ n = 4, 2, nil, "a", nil }, table.pack(task:wait()))
    assert.is_true(task:done())
    assert.equal("task (done)", tostring(task))
  end)

  it("runs while others wait, in the order in which the waits end", function()
    local told = {}
    local function say(text, times, seconds)
      return vbo.spawn(function()
        for i = 1, times do
          vbo.sleep(seconds)
          told[#told + 1] = text .. i
        end
      end)
    end
    -- So far apart that a busy machine does not change their order.
    local slow, quick = say("slow", 1, 2), say("quick", 2, 0.01)
    slow:wait()
    assert.is_true(quick:done())
    assert.same({ "quick1", "quick2", "slow1" }, told)
  end)

  it("raises the same error value in every task that waits for it", function()
    local value = { mine = true }
    local task = vbo.spawn(function() pause() error(value) end)
    for _ = 1, 2 do
      local ok, err = pcall(task.wait, task)
      assert.is_false(ok)
      assert.equal(value, err)
    end
    assert.equal(value, task:failure())
    assert.equal("task (failed)", tostring(task))
  end)

  it("lets pcall, <close>, iterators, break and metamethods wait", function()
    local told = {}
    local slow = setmetatable({}, {
      __index = function(_, key) pause() return key .. "!" end,
      __add = function(_, other) pause() return other + 1 end,
      __close = function(_, err) pause() told[#told + 1] = "closed " .. tostring(err) end,
    })
    local function counting()
      local i = 0
      return function() pause() i = i + 1 return i end, nil, nil, slow
    end
    local task = vbo.spawn(function()
      local ok, err = pcall(function()
        local held <close> = slow -- luacheck: ignore held
        pause()
        error("inner", 0)
      end)
      told[#told + 1] = tostring(ok) .. " " .. err
      for i in counting() do
        if i == 3 then break end
      end
      return slow.key, slow + 1
    end)
    local other = vbo.spawn(function() for _ = 1, 20 do pause() end return "through" end)
    assert.same({ "key!", 2 }, { task:wait() })
    assert.same({ "closed inner", "false inner", "closed nil" }, told)
    assert.equal("through", other:wait())
  end)

  it("waits where it stands in coroutines of the user's and in callbacks of C", function()
    local others = 0
    local other = vbo.spawn(function()
      for _ = 1, 30 do
        pause()
        others = others + 1
      end
    end)
    local task = vbo.spawn(function()
      local seen = {}
      -- The user's own yields pass between the user's own coroutines only.
      local mine = coroutine.wrap(function()
        for i = 1, 3 do
          vbo.sleep(0.005)
          coroutine.yield(i)
        end
      end)
      for i = 1, 3 do seen[i] = mine() end
      local sorted = { 3, 1, 2 }
      table.sort(sorted, function(a, b) pause() return a < b end)
      local text = ("a-b"):gsub("%a", function(letter) pause() return letter:upper() end)
      assert(others > 0, "nobody ran meanwhile")
      return seen, sorted, text
    end)
    local seen, sorted, text = task:wait()
    assert.same({ 1, 2, 3 }, seen)
    assert.same({ 1, 2, 3 }, sorted)
    assert.equal("A-B", text)
    other:wait()
  end)

  it("may wait in the user's coroutines by the hundred", function()
    local tasks = {}
    for i = 1, 300 do
      tasks[i] = vbo.spawn(function()
        return coroutine.wrap(function()
          vbo.sleep(0.02)
          return i
        end)()
      end)
    end
    for i = 1, 300 do assert.equal(i, tasks[i]:wait()) end
  end)

  it("lets others go first with a plain yield", function()
    local told = {}
    local one = vbo.spawn(function()
      told[#told + 1] = "one"
      coroutine.yield()
      told[#told + 1] = "one again"
    end)
    local two = vbo.spawn(function() told[#told + 1] = "two" end)
    one:wait()
    two:wait()
    assert.same({ "one", "two", "one again" }, told)
  end)

  it("can spawn and wait for others, and cannot wait in a circle", function()
    local outer = vbo.spawn(function()
      local inner = vbo.spawn(function() pause() return 7 end)
      return inner:wait() + 1
    end)
    assert.equal(8, outer:wait())

    local itself
    itself = vbo.spawn(function() itself:wait() end)
    local ok, err = pcall(itself.wait, itself)
    assert.is_false(ok)
    assert.equal("usage", err.kind)
    assert.matches("cannot wait for itself", err.message)

    local one, two
    one = vbo.spawn(function() two:wait() end)
    two = vbo.spawn(function() one:wait() end)
    ok, err = pcall(one.wait, one)
    assert.is_false(ok)
    assert.matches("wait for one another", err.message)
    one:cancel()
    two:cancel()
    assert.is_false((pcall(one.wait, one)))
    assert.is_false((pcall(two.wait, two)))
  end)

  it("that is cancelled closes what it holds and waits for nothing more", function()
    local told = {}
    local task = vbo.spawn(function()
      local held <close> = setmetatable({}, { __close = function(_, err) -- luacheck: ignore held
        told[#told + 1] = err.kind
      end })
      local ok, err = pcall(vbo.sleep, 60)
      told[#told + 1] = tostring(ok) .. " " .. err.message
      vbo.sleep(60)
      told[#told + 1] = "went on"
    end)
    pause()
    task:cancel "no longer needed"
    task:cancel "again"
    local ok, err = pcall(task.wait, task)
    assert.is_false(ok)
    assert.equal("cancelled", err.kind)
    assert.same({ "false cancelled: no longer needed", "cancelled" }, told)
    task:cancel() -- it is over

    local begun = false
    task = vbo.spawn(function() begun = true end)
    task:cancel()
    assert.is_false((pcall(task.wait, task)))
    assert.is_false(begun)
  end)

  it("in a <close> variable ends with its block", function()
    local done
    do
      local task <close> = vbo.spawn(function() pause() done = true end) -- luacheck: ignore task
    end
    assert.is_true(done)
    local ok, err = pcall(function()
      local task <close> = vbo.spawn(function() error("its own", 0) end) -- luacheck: ignore task
    end)
    assert.same({ false, "its own" }, { ok, err })
    local went_on = false
    ok, err = pcall(function()
      local task <close> = vbo.spawn(function() -- luacheck: ignore task
        vbo.sleep(60)
        went_on = true
      end)
      pause()
      error("the block's", 0)
    end)
    assert.same({ false, "the block's", false }, { ok, err, went_on })
  end)

  it("must be a function", function()
    local err = rehearsal.failure(vbo.spawn, "sleep")
    assert.equal("usage", err.kind)
    assert.matches("a function, not a string", err.message)
  end)
end)

describe("tasks at a server", function()
  local server

  setup(function() server = rehearsal.start() end)
  teardown(function() server.stop() end)
  after_each(function() assert.equal(0, loop.alive()) end)

  local function states(client, sessions)
    local found = {}
    for i, id in ipairs(sessions) do found[i] = client:session(id).state end
    return found
  end

  it("log in at once, each on its own", function()
    local tasks = {}
    for i, version in ipairs(versions.distinct) do
      tasks[i] = vbo.spawn(function()
        local client <close> = server.connect(version)
        return client.version .. " " .. client:organizations():count()
      end)
    end
    local client <close> = server.connect()
    local count = client:organizations():count()
    for i, version in ipairs(versions.distinct) do
      assert.equal(version .. " " .. count, tasks[i]:wait())
    end
  end)

  it("close what they opened, but not what they return", function()
    local client <close> = server.connect()
    local organization = client:organization(rehearsal.organization)
    local sessions, lost = {}, nil
    local task = vbo.spawn(function()
      lost = organization:explore { workload = "onedrive" }
      local kept = organization:explore { workload = "onedrive" }
      local other = server.connect()
      sessions = { lost.id, kept.id }
      return kept, other
    end)
    local kept, other = task:wait()
    assert.same({ "Stopped", "Working" }, states(client, sessions))
    assert.is_true(kept:onedrives():count() > 0)
    assert.is_true(other:organizations():count() > 0)
    kept:stop()
    other:close()
    assert.is_false((pcall(function() return lost:onedrives():all() end)))

    task = vbo.spawn(function()
      local session = organization:explore { workload = "onedrive" }
      sessions = { session.id }
      error("not caught", 0)
    end)
    assert.is_false((pcall(task.wait, task)))
    assert.same({ "Stopped" }, states(client, sessions))
  end)

  it("stop their sessions when they are cancelled", function()
    local client <close> = server.connect()
    local organization = client:organization(rehearsal.organization)
    local sessions = {}
    local task = vbo.spawn(function()
      local session <close> = organization:explore { workload = "onedrive" }
      local inner = organization:explore { workload = "exchange" }
      sessions = { session.id, inner.id }
      vbo.sleep(60)
    end)
    while not sessions[1] do vbo.sleep(0.01) end
    assert.same({ "Working", "Working" }, states(client, sessions))
    task:cancel()
    assert.is_false((pcall(task.wait, task)))
    assert.same({ "Stopped", "Stopped" }, states(client, sessions))
  end)

  it("say so when a change was under way", function()
    local client <close> = server.connect()
    local session <close> = client:organization(rehearsal.organization):explore {
      workload = "onedrive", at = rehearsal.before }
    local document = session:onedrive("alice@contoso.com"):document "Todo.md"
    server.weather "operation=OneDriveDocument_Restore* hang"
    local task = vbo.spawn(function() document:restore { on_conflict = "keep" } end)
    while #server.ask("GET", "/sim/weather") == 0
      or server.ask("GET", "/sim/weather")[1].struck == 0 do vbo.sleep(0.01) end
    task:cancel()
    local ok, err = pcall(task.wait, task)
    server.weather()
    assert.is_false(ok)
    -- Still what a runbook must not mistake for an answer, and it says what is not known.
    assert.equal("cancelled", err.kind)
    assert.is_true(err.sent)
    assert.matches("a change was under way, and its outcome is not known", err.message)
    assert.matches("^POST /v8/RestoreSessions/.*restore$", err.request)
  end)
end)

describe("the end of a program", function()
  local folder, remove

  setup(function() folder, remove = program.folder() end)
  teardown(function() remove() end)

  local function run(code, options)
    local file <close> = assert(io.open(folder .. "/tasks.lua", "w"))
    file:write('local vbo = require "vbo"\n', code)
    file:close()
    return program.run(("cd %s; unset LUA_INIT VBO_CHECK_HANDLES; %s %s tasks.lua")
      :format(program.quoted(folder), program.quoted(program.vbolua), options or ""))
  end

  it("waits for its tasks", function()
    assert.same({ "main\ntask\n", 0 }, { run [[
      vbo.spawn(function() vbo.sleep(0.05) print "task" end)
      print "main"]] })
  end)

  it("fails with the error of a task without a waiter, and prints where it was raised", function()
    local code = [[
      local function inner() error "deep" end
      vbo.spawn(function() vbo.sleep(0.01) inner() end)
      print "main"]]
    local output, status = run(code)
    assert.matches("^main\nvbolua: tasks%.lua:2: deep\n", output)
    assert.equal(1, status)
    assert.matches("in a task:\n.*tasks.lua:2: in upvalue 'inner'.*waited for here", output)
  end)

  it("keeps the traceback of a task's error for the task that waits for it", function()
    local output = run([[
      local function inner() vbo.sleep(0.01) error "deep" end
      vbo.parallel({ 1, 2 }, function() inner() end)]], "--trace")
    assert.matches("in a task:\n.*tasks.lua:2: in upvalue 'inner'.*waited for here:\n"
      .. ".*tasks.lua:3: in main chunk", output)
  end)

  it("by os.exit or an error ends them, and says so", function()
    local output, status = run [[
      vbo.spawn(function()
        local held <close> = setmetatable({}, { __close = function() print "closed" end })
        vbo.sleep(60)
      end)
      vbo.sleep(0.01)
      os.exit(3)]]
    assert.equal("closed\nvbolua: 1 task was ended with the program, unfinished\n", output)
    assert.equal(3, status)
    output, status = run [[
      vbo.spawn(function() vbo.sleep(60) end)
      vbo.spawn(function() vbo.sleep(60) end)
      vbo.sleep(0.01)
      error "main"]]
    assert.matches("^vbolua: tasks%.lua:5: main\nstack traceback:\n", output)
    assert.matches("\nvbolua: 2 tasks were ended with the program, unfinished\n$", output)
    assert.equal(1, status)
  end)

  it("prints errors of tasks without a waiter in stock lua, too", function()
    local file <close> = assert(io.open(folder .. "/tasks.lua", "w"))
    file:write [[
      local vbo = require "vbo"
      vbo.spawn(function() error("unheard", 0) end)
      vbo.sleep(0.01)]]
    file:close()
    -- The same module, but not our interpreter's end: the state is simply closed.
    local output = program.run(("cd %s; unset LUA_INIT VBO_CHECK_HANDLES; %s -e %s")
      :format(program.quoted(folder), program.quoted(program.vbolua),
        program.quoted 'dofile "tasks.lua"; os.exit()'))
    assert.equal("vbolua: a task failed, and no other task waited for it: unheard\n", output)
  end)
end)
