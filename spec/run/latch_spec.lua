-- Stops of a run, through the program: vbo.run.latch, vbo.run.policy and vbo.run.pause.

local core = require "vbo.core"
local errors = require "vbo.base.error"
local latch = require "vbo.run.latch"
local runbooks = require "spec.support.runbooks"
local vbo = require "vbo"

describe("a stop of the run", function()
  before_each(latch.forget)
  after_each(latch.forget)

  it("stays, and the first one wins", function()
    latch.stop { message = "one" }
    latch.stop { kind = "journal", message = "two" }
    for _ = 1, 2 do
      local ok, err = pcall(latch.check)
      assert.is_false(ok)
      assert.equal("one", err.message)
      assert.equal("stopped", err.kind)
    end
    assert.equal(core.kinds.stopped, latch.status(0, latch.new()))
  end)

  it("is passed on by vbo.try", function()
    local ok, err = pcall(vbo.try, function() latch.raise { message = "one" } end)
    assert.is_false(ok)
    assert.equal("one", err.message)
    assert.is_true(errors.is_stop(err))
  end)

  it("is kept by the journal's handle, which Lua cannot undo", function()
    local handle <close> = core.journal()
    latch.use(handle)
    latch.stop { kind = "overlap", message = "one", hint = "wait" }
    latch.forget()
    assert.is_nil(latch.error())
    latch.use(handle)
    local found = latch.error()
    assert.equal("overlap", found.kind)
    assert.equal("one", found.message)
    assert.equal("wait", found.hint)
  end)

  it("lets the elements of vbo.parallel end that are under way, and begins no other", function()
    local ended, begun = {}, 0
    local ok, err = pcall(vbo.parallel, { 1, 2, 3, 4, 5 }, { limit = 3, on_error = "continue" },
      function(i)
        begun = begun + 1
        if i == 2 then latch.raise { message = "one" } end
        vbo.sleep(0.01)
        ended[#ended + 1] = i
      end)
    assert.is_false(ok)
    assert.equal("one", err.message)
    assert.same({ 1, 3 }, ended)
    assert.equal(3, begun)
  end)
end)

describe("a run", function()
  local book

  setup(function() book = runbooks.start() end)
  teardown(function() book.stop() end)
  before_each(function() book.reset() end)

  -- Runs a runbook; returns its output, its status and how many things production gained.
  local function run(given)
    local output, status = book.run(given)
    return output, status, #book.server.changes()
  end

  local function no_session_is_open()
    local client <close> = book.server.connect "v8"
    for session in client:sessions():each() do assert.equal("Stopped", session.state) end
  end

  -- Each makes six changes, or as many as it can, and catches what it can.
  local ways = {
    ["pcall"] = [[for _ = 1, 6 do pcall(restore) end]],
    ["vbo.try"] = [[for _ = 1, 6 do pcall(vbo.try, restore) end]],
    ["vbo.parallel that continues"] = [[
      pcall(vbo.parallel, { 1, 2, 3, 4, 5, 6 }, { on_error = "continue" }, function()
        restore()
      end)]],
    ["tasks"] = [[
      local tasks = {}
      for i = 1, 6 do tasks[i] = vbo.spawn(function() pcall(restore) end) end
      for _, task in ipairs(tasks) do task:wait() end]],
    ["gates that are gone"] = [[
      client.gates = {}
      for _ = 1, 6 do pcall(restore) end]],
  }

  for _, version in ipairs { "v5", "v8" } do
    for name, code in pairs(ways) do
      it(("makes no change beyond the limit under %s, %s"):format(name, version), function()
        local output, status, gained = run { version = version, code = code,
          options = "--max-changes=3" }
        assert.equal(23, status)
        assert.equal(3, gained)
        assert.matches("the run has made 3 changes; max_changes is 3 %(%-%-max%-changes%)", output)
        assert.same({ { state = "stopped", status = 23, steps = 3 } }, book.rows(
          "SELECT state, status, (SELECT count(*) FROM step) AS steps FROM run"))
        no_session_is_open()
      end)
    end

    it("makes no change beyond the limit by raw calls, " .. version, function()
      local output, status = run { version = version, options = "--max-changes=1", code = [[
        local job = client:jobs():first()
        print(pcall(job.disable, job))
        print(pcall(client.call, client, "Job_EnableAction", { jobId = job.id }))
        local transfer, err = client._core:start { method = "POST", change = true,
          path = ("/%s/Jobs/%s/%s"):format(client.version, job.id,
            client.version == "v5" and "action" or "enable"),
          body = client.version == "v5" and '{"enable":null}' or nil }
        if transfer then transfer:wait() end
        print(transfer == nil, err and err.kind)
        print(client:job(job.id).is_enabled) ]] }
      assert.equal(23, status, output)
      local lines = {}
      for line in output:gmatch "[^\n]+" do lines[#lines + 1] = line end
      assert.matches("^true", lines[1], 1, output)
      assert.matches("^false.*max_changes is 1", lines[2], 1, output)
      assert.matches("^true\t", lines[3], 1, output)
      assert.matches("^false", lines[4], 1, output)
    end)

    it("makes exactly N changes when 64 tasks ask at once, " .. version, function()
      local _, status, gained = run { version = version, options = "--max-changes 10", code = [[
        local list = {}
        for i = 1, 64 do list[i] = i end
        vbo.parallel(list, { limit = 64, on_error = "continue" }, function() restore() end)
        print "not reached" ]] }
      assert.equal(23, status)
      assert.equal(10, gained)
    end)

    it("counts what a bulk call names, " .. version, function()
      local code = [[
        local folder = session:onedrive("alice@contoso.com"):folder "Documents/Reports"
        folder:documents():where { name = "*.csv" }:restore { on_conflict = "keep" }
        print "done" ]]
      local output, status, gained = run { version = version, code = code,
        options = "--max-items 1" }
      assert.equal(23, status, output)
      assert.equal(0, gained)
      assert.matches("it names %d+ items, and the changes before it 0; max_items is 1", output)
      output, status = run { version = version, code = code, options = "--max-items 100",
        journal = "other" }
      assert.equal(0, status, output)
    end)

    it("changes nothing outside of --only, " .. version, function()
      local output, status, gained = run { version = version,
        options = "--only 'onedrive:Alice*' --only 'site:*'",
        code = [[restore(1) pcall(restore, 2) pcall(restore, 1)]] }
      assert.equal(23, status, output)
      assert.equal(1, gained)
      assert.matches("only is onedrive:Alice%*, site:%* %(%-%-only%)", output)
    end)
  end

  it("stops for a look after the canary, and goes on when it is resumed", function()
    local code = [[for number = 1, 3 do restore(number) end]]
    local output, status, gained = run { options = "--canary 1", code = code }
    assert.equal(23, status, output)
    assert.equal(1, gained)
    assert.matches("canary is 1 %(%-%-canary%)", output)
    book.write("resume.lua", [[
      local run = require("vbo.run.resume").start(arg[1], { unknown = "fail" })
      arg = { [0] = run.script }
      dofile(run.script) ]])
    local name = book.rows("SELECT name FROM run")[1].name
    output, status, gained = run { code = code, words = "resume.lua " .. name }
    assert.equal(0, status, output)
    assert.equal(3, gained)
  end)

  it("keeps its limits when it is resumed, counting what it did before", function()
    local code = [[for number = 1, 3 do restore(number) end]]
    local _, _, gained = run { options = "--max-changes 2", code = code }
    assert.equal(2, gained)
    book.write("resume.lua", [[
      local run = require("vbo.run.resume").start(arg[1], { unknown = "fail" })
      arg = { [0] = run.script }
      dofile(run.script) ]])
    local name = book.rows("SELECT name FROM run")[1].name
    local output, status
    output, status, gained = run { code = code, words = "resume.lua " .. name }
    assert.equal(23, status, output)
    assert.equal(2, gained)
    output, status, gained = run { code = code, words = "resume.lua " .. name,
      options = "--max-changes 3" }
    assert.equal(0, status, output)
    assert.equal(3, gained)
  end)

  it("stops after failures that the runbook survives", function()
    local output, status = run { options = "--stop-after-failures=2", code = [[
      local function fail()
        client:call("Job_EnableAction", { jobId = "00000000-0000-0000-0000-000000000000" })
      end
      for i = 1, 5 do
        local ok, err = pcall(fail)
        print(i, ok, err.kind)
      end ]] }
    assert.equal(23, status, output)
    assert.matches("1\tfalse\tnot_found\n2\tfalse\tnot_found\n3\tfalse\tstopped\n", output)
    assert.matches("2 of 2 steps failed; stop_after_failures is 2", output)
  end)

  it("is held to the user's policy file, which a looser option does not change", function()
    book.write("config/vbolua/policy.lua", "return { max_changes = 1, effects = 'adds' }")
    local config = book.path "config/vbolua"
    assert(os.execute("chmod -R go-w " .. config))
    local output, status, gained = run { options = "--max-changes=5",
      code = [[restore() pcall(restore)]] }
    assert.equal(23, status, output)
    assert.equal(1, gained)
    assert.matches("max_changes is 1 %(" .. config:gsub("%p", "%%%0") .. "/policy.lua%)", output)
    output, status, gained = run { journal = "other", code = [[
      session:onedrive("alice@contoso.com"):document "Todo.md":restore {
        on_conflict = "overwrite" } ]] }
    assert.equal(23, status, output)
    assert.equal(1, gained)
    assert.matches("its effect is converges; effects is adds", output)
  end)

  it("does nothing when a policy file is wrong", function()
    book.write("config/vbolua/policy.lua", "return {\n  max_chagnes = 1 }")
    assert(os.execute("chmod -R go-w " .. book.path "config"))
    local output, status, gained = run { code = [[restore()]] }
    assert.equal(2, status)
    assert.equal(0, gained)
    assert.matches("policy.lua:2 has no option 'max_chagnes' %[usage%]; hint: did you mean "
      .. "'max_changes'%?", output)
  end)

  it("can tighten its own limits, also without a journal on disk", function()
    local code = [[
      vbo.policy { max_changes = 9 }
      print(vbo.policy().max_changes)
      print(vbo.policy { max_changes = 2 }.max_changes)
      print(vbo.policy())
      for _ = 1, 3 do pcall(restore) end ]]
    local output, status, gained = run { options = "--max-changes=4 --no-journal", code = code,
      journal = false }
    assert.equal(23, status, output)
    assert.equal(2, gained)
    output, status, gained = run { options = "--max-changes=4", code = code }
    assert.equal(23, status, output)
    assert.equal(4, gained)
    assert.matches("^4\n2\nmax_changes: 2 %(vbo.policy%)\n", output)
    output = book.run { words = "runs show last", code = "" }
    assert.matches('\nlimits%s+{"max_changes":2}\n', output)
  end)

  it("without a journal is held to limits that are set before it connects", function()
    local code = [[
      local vbo = require "vbo"
      vbo.policy { max_changes = 1 }
      local client <close> = vbo.connect()
      local job = client:jobs():first()
      job:disable()
      job:enable() ]]
    local output, status = run { plain = true, journal = false, options = "--no-journal",
      code = code }
    assert.equal(23, status, output)
    output, status = run { journal = false, options = "--no-journal",
      code = "vbo.policy { max_changes = 1 }" }
    assert.equal(2, status)
    assert.matches("vbo.policy cannot hold a client that connected without a journal [usage]; "
      .. "hint: call it before vbo.connect, or leave out --no-journal", output, 1, true)
  end)

  it("is stopped for good by what another run left unfinished", function()
    run { code = "restore(1) error 'died'" }
    local output, status, gained = run { code = "pcall(restore, 1) pcall(restore, 2)" }
    assert.equal(24, status, output)
    assert.equal(1, gained)
  end)

  it("asks for a reason where a policy wants one", function()
    local code = [[vbo.policy { reason_required = true } restore()]]
    local output, status, gained = run { code = code }
    assert.equal(23, status, output)
    assert.equal(0, gained)
    assert.matches("the run has no reason.*hint: give %-%-reason TEXT", output)
    output, status = run { code = code, options = "--reason 'ticket 12'", journal = "other" }
    assert.equal(0, status, output)
  end)
end)
