-- Restore sessions of runs: noted, left open, stopped when a run died.
--
-- Tests vbo.run.sessions through the program.

local core = require "vbo.core"
local crash = require "spec.support.crash"
local program = require "spec.support.program"
local rehearsal = require "spec.support.rehearsal"

local begin <const> = [[
local vbo = require "vbo"
local client <close> = vbo.connect()
local session <close> = client:organization "contoso.onmicrosoft.com":explore {
  workload = "onedrive", at = "2026-11-18T22:00:00Z",
}
local drive = session:onedrive "alice@contoso.com"
]]

local two <const> = begin .. [[
drive:folder("Documents/Projects/Aurora"):document("Plan.docx"):restore()
drive:folder("Documents/Reports"):document("Annual report.docx"):restore()
]]

describe("the restore sessions of a run", function()
  local server

  setup(function() server = rehearsal.start() end)
  teardown(function() server.stop() end)

  local function with(script, version, test)
    local it <close> = crash.new(server, version, nil, script)
    test(it)
  end

  local function query(it, sql)
    local journal <close> = core.journal()
    assert(journal:open(it.folder .. "/state/vbolua/journal.db", { readonly = true }))
    return assert(journal:rows(sql))
  end

  -- Returns the ids of the sessions that are open on the server.
  local function open_sessions()
    local open = {}
    for _, row in ipairs(server.ask("GET", "/sim/sessions")) do
      if row.state == "Working" then open[#open + 1] = row.id end
    end
    return open
  end

  local function reap(it, own) return program.run(it:command("reap " .. (own or ""))) end

  for _, version in ipairs { "v3", "v8" } do
    it("are written with their server, account and workload, in " .. version, function()
      with(two, version, function(run)
        local output, status = run:run()
        assert.equal(0, status, output)
        local rows = query(run, "SELECT * FROM session")
        assert.equal(1, #rows)
        local row = rows[1]
        assert.same({ server.sim.user, server.sim.listening, "onedrive", "stopped" },
          { row.account, row.host, row.workload, row.state })
        assert.is_true(row.asked <= row.opened and row.opened <= row.stopped)
        assert.equal(query(run, "SELECT server FROM step")[1].server, row.server)
        assert.is_string(row.date)
      end)
    end)

    it("are stopped when the run is resumed, in " .. version, function()
      with(two, version, function(run)
        assert.equal(137, select(2, run:kill "outcome:1"))
        local id = query(run, "SELECT id FROM session WHERE state = 'open'")[1].id
        assert.same({ id }, open_sessions())
        local output, status = run:resume()
        assert.equal(0, status, output)
        assert.same({}, open_sessions())
        assert.same({}, query(run, "SELECT id FROM session WHERE state <> 'stopped'"))
      end)
    end)

    it("are stopped by reap when their run died, in " .. version, function()
      with(two, version, function(run)
        assert.equal(137, select(2, run:kill "outcome:1"))
        local mine = open_sessions()
        local other = server.ask("POST", "/sim/sessions", {
          organization = rehearsal.organization }).id
        local output, status = reap(run)
        assert.equal(0, status, output)
        assert.is_truthy(output:find(mine[1], 1, true))
        assert.matches(" stopped", output)
        assert.same({ other }, open_sessions())
        assert.matches("no session of a dead run is open", (reap(run)))
        server.connect("v8"):session(other):stop()
      end)
    end)
  end

  it("are left by reap while a restore is under way, unless --stop-running", function()
    with(two, "v8", function(run)
      assert.equal(137, select(2, run:kill "accepted:1"))
      local output, status = reap(run, "--json")
      assert.equal(0, status, output)
      local row = rehearsal.json.decode(output)[1]
      assert.equal("left", row.done)
      assert.matches("it still carries out step 1: restore document", row.why, 1, true)
      assert.same({ row.session }, open_sessions())
      assert.equal("[]", (reap(run, "--json --older 1h"):gsub("%s", "")))
      assert.equal("[]", (reap(run, "--json --server other.contoso.com"):gsub("%s", "")))
      row = rehearsal.json.decode((reap(run, "--json --stop-running")))[1]
      assert.equal("stopped", row.done)
      assert.same({}, open_sessions())
    end)
  end)

  it("stay open and are named when a restore goes on at the end", function()
    with(begin .. [[drive:folder("Documents"):restore { wait = false }]], "v8", function(run)
      local output, status = run:run()
      assert.equal(0, status, output)
      local id = open_sessions()[1]
      assert.matches(("the restore session %s of %s is left open: it still carries out a restore")
        :format(id, server.sim.listening), output, 1, true)
      assert.same({ { id = id, state = "left" } }, query(run, "SELECT id, state FROM session"))
      assert.equal("accepted", run:steps()[1].state)
      server.connect("v8"):session(id):stop()
    end)
  end)

  it("are stopped at the end when the restore was over by then", function()
    with(begin .. [[
      local restored = drive:folder("Documents"):restore { wait = false }
      local seen = client:session(restored.session)
      repeat
        vbo.sleep(0.05)
        local now = seen:statistics()
      until now.total > 0 and now.restored + now.failed + now.skipped == now.total
    ]], "v8", function(run)
      local output, status = run:run()
      assert.equal(0, status, output)
      assert.same({}, open_sessions())
      local step = run:steps()[1]
      assert.equal("done", step.state)
      assert.is_true(rehearsal.json.decode(step.statistics).restored > 0)
    end)
  end)

  it("are stopped on resume when the answer to their explore was not written", function()
    with(begin .. [[
      drive:folder("Documents"):document("Handbook.docx"):restore()
      local more <close> = client:organization "contoso.onmicrosoft.com":explore {
        workload = "exchange", at = "2026-11-18T22:00:00Z" }
    ]], "v8", function(run)
      server.weather "operation=Organization_Explore nth=2 latency=30"
      assert.equal(137, select(2, run:kill_when(function()
        return #server.ask("GET", "/sim/sessions") == 2
      end)))
      local output, status = run:resume()
      assert.equal(0, status, output)
      assert.same({}, open_sessions())
    end)
  end)

  it("that the journal does not know stop a resumed run where they restored", function()
    with(two, "v7", function(run)
      assert.equal(137, select(2, run:kill "outcome:1"))
      local before = #crash.requests(server)
      local other = server.ask("POST", "/sim/sessions", {
        organization = rehearsal.organization, events = 2 }).id
      local output, status = run:resume()
      assert.equal(core.kinds.changed, status, output)
      assert.matches("the journal does not know the restore session " .. other, output, 1, true)
      assert.equal(before, #crash.requests(server))
      output, status = run:resume "--changed"
      assert.equal(0, status, output)
      server.connect("v8"):session(other):stop()
    end)
  end)

  it("that the journal does not know pass where nothing happened in them", function()
    with(two, "v8", function(run)
      assert.equal(137, select(2, run:kill "outcome:1"))
      local others = {
        server.ask("POST", "/sim/sessions", { organization = rehearsal.organization }).id,
        server.ask("POST", "/sim/sessions", { organization = rehearsal.organization,
          user = "carl", events = 1 }).id,
      }
      local output, status = run:resume()
      assert.equal(0, status, output)
      for _, id in ipairs(others) do server.connect("v8"):session(id):stop() end
    end)
  end)
end)
