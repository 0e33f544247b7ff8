-- Judging steps whose outcome is unknown by what the server shows.
--
-- Tests vbo.run.reconcile, by itself and through the program.

local core = require "vbo.core"
local crash = require "spec.support.crash"
local reconcile = require "vbo.run.reconcile"
local rehearsal = require "spec.support.rehearsal"

local begin <const> = [[
local client <close> = require "vbo".connect()
local session <close> = client:organization "contoso.onmicrosoft.com":explore {
  workload = "onedrive", at = "2026-11-18T22:00:00Z" }
local drive = session:onedrive "alice@contoso.com"
local aurora = drive:folder "Documents/Projects/Aurora"
]]

local keep <const> = begin .. [[
drive:folder("Documents"):document("Handbook.docx"):restore { on_conflict = "keep" }
aurora:document("Plan.docx"):restore { on_conflict = "keep" }
]]

describe("the baseline of a step", function()
  it("is plain: the highest order, the counts, how many items are listed", function()
    assert.same({ order = 4, event = { id = "e", order = 4 }, counted = true, items = 2,
      statistics = { total = 2, restored = 1, failed = 1, skipped = 0, errors = { "no" },
        warnings = {} } }, reconcile.baseline {
      event = { id = "e", order = 4, title = "x" }, events = {}, counted = true,
      statistics = { total = 2, restored = 1, failed = 1, skipped = 0, errors = { "no" },
        warnings = {}, raw = { items = { {}, {} } } } })
    assert.equal(0, reconcile.baseline({ events = {} }).order)
    assert.is_nil(reconcile.baseline({ statistics = {} }).order)
  end)
end)

describe("a step without an outcome", function()
  local server

  setup(function() server = rehearsal.start() end)
  teardown(function() server.stop() end)

  local function with(script, version, test)
    local it <close> = crash.new(server, version, nil, script)
    test(it)
  end

  -- After the answer, before the journal knows of it; v8 answers before the restore is over.
  local function killing(version, nth, sent)
    return (version == "v8" and not sent and "answered:%d" or "before-outcome:%d"):format(nth)
  end

  for _, version in ipairs { "v2", "v5", "v7", "v8" } do
    it("is done where its session shows each of its items, in " .. version, function()
      with(keep, version, function(run)
        assert.equal(137, select(2, run:kill(killing(version, 2))))
        assert.equal(2, #crash.requests(server))
        local output, status = run:resume "--unknown=fail"
        assert.equal(0, status, output)
        assert.equal(2, #crash.requests(server))
        local step = run:steps()[2]
        assert.equal("done", step.state)
        assert.equal(1, rehearsal.json.decode(step.statistics).restored)
      end)
    end)

    it("stays unknown where events are hidden or forgotten, in " .. version, function()
      if version == "v8" then return end -- its statistics prove it
      with(keep, version, function(run)
        assert.equal(137, select(2, run:kill(killing(version, 2))))
        server.ask("POST", "/sim/settings", { events = "none" })
        local output, status = run:resume "--unknown=fail"
        assert.equal(core.kinds.unknown_outcome, status, output)
        assert.matches("Plan.docx", output, 1, true)
        server.ask("POST", "/sim/settings", { events = "unnamed" })
        assert.equal(core.kinds.unknown_outcome, select(2, run:resume "--unknown=fail"))
        server.ask("POST", "/sim/settings", { events = "all" })
        server.ask("DELETE", "/sim/sessions")
        output, status = run:resume "--unknown=fail"
        assert.equal(core.kinds.unknown_outcome, status, output)
        assert.equal(2, #crash.requests(server))
      end)
    end)
  end

  for _, version in ipairs { "v5", "v7", "v8" } do
    it("of a whole folder is done when the session says that it ended, in " .. version, function()
      with(begin .. [[aurora:restore { on_conflict = "keep" }]], version, function(run)
        assert.equal(137, select(2, run:kill(killing(version, 1))))
        local output, status = run:resume "--unknown=fail"
        assert.equal(0, status, output)
        assert.equal(1, #crash.requests(server))
        assert.equal("done", run:steps()[1].state)
        assert.is_true(rehearsal.json.decode(run:steps()[1].statistics).restored > 1)
      end)
    end)
  end

  it("that broke half-way stays unknown, and names what is there", function()
    with(begin .. [[aurora:restore { on_conflict = "keep" }]], "v7", function(run)
      server.weather "operation=OneDrive*Restore* count=1 break_after=2"
      assert.equal(core.kinds.unknown_outcome, select(2, run:run()))
      server.weather()
      local output, status = run:resume "--unknown=fail"
      assert.equal(core.kinds.unknown_outcome, status, output)
      assert.matches("nothing in its session proves that it ended; items of it: ", output, 1, true)
      assert.equal(1, #crash.requests(server))
    end)
  end)

  for _, version in ipairs { "v5", "v8" } do
    it("that enables a job is done where the job is enabled, in " .. version, function()
      with([[
local client <close> = require "vbo".connect()
client:job "Contoso nightly":disable()
]], version, function(run)
        assert.equal(137, select(2, run:kill(killing(version, 1, true))))
        local output, status = run:resume "--unknown=fail"
        assert.equal(0, status, output)
        assert.equal("done", run:steps()[1].state)
        assert.is_false(server.connect("v8"):job("Contoso nightly").is_enabled)
      end)
    end)
  end
end)
