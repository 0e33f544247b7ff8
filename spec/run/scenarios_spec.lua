-- Resumes runs while the world has moved on: what broke other designs of a journal.
--
-- Covers vbo.run.resume, vbo.run.overlap, vbo.run.reconcile, vbo.run.sessions, vbo.run.points.

local crash = require "spec.support.crash"
local program = require "spec.support.program"
local rehearsal = require "spec.support.rehearsal"

-- The exit statuses of the kinds of errors.
local status_of = require("vbo.core").kinds

local begin <const> = [[
local vbo = require "vbo"
local folder = ...
local client <close> = vbo.connect()
local session <close> = client:organization "contoso.onmicrosoft.com":explore {
  workload = "onedrive", at = "2026-11-18T22:00:00Z",
}
local drive = session:onedrive "alice@contoso.com"
local aurora = drive:folder "Documents/Projects/Aurora"
local reports = drive:folder "Documents/Reports"
]]

-- Three restores, the second of which keeps what is there.
local three <const> = begin .. [[
aurora:document("Plan.docx"):restore { on_conflict = "overwrite" }
drive:folder("Documents"):document("Handbook.docx"):restore { on_conflict = "keep" }
reports:document("Annual report.docx"):restore { on_conflict = "overwrite" }
]]

local changes_of_three <const> = {
  ["alice@contoso.com Documents/Projects/Aurora/Plan.docx"] = 1,
  ["alice@contoso.com Documents/Handbook (1).docx"] = 1,
  ["alice@contoso.com Documents/Reports/Annual report.docx"] = 1,
}

describe("a run that is resumed", function()
  if not crash.resumes() then return pending "there is no `vbolua resume` yet" end
  local server

  setup(function() server = rehearsal.start() end)
  teardown(function() server.stop() end)

  -- Runs a test with a run over a fresh server, and removes what it made.
  local function with(script, version, test)
    local it <close> = crash.new(server, version or "v8", nil, script)
    test(it)
  end

  local function killed(it, at)
    local output, status = it:kill(at)
    assert.equal(137, status, output)
  end

  local function resumed(it, own)
    local output, status = it:resume(own)
    assert.equal(0, status, output)
    return output
  end

  local function refused(it, kind, pattern, own)
    local before = #crash.requests(server)
    local output, status = it:resume(own)
    assert.equal(status_of[kind], status, output)
    assert.match(pattern, output)
    assert.equal(before, #crash.requests(server), "a change was sent")
    return output
  end

  for _, version in ipairs { "v5", "v8" } do
    it("knows what it did where ids differ in every session (" .. version .. ")", function()
      with(three, version, function(run)
        server.ask("POST", "/sim/settings", { ids = "session" })
        killed(run, "outcome:2")
        resumed(run)
        assert.same(changes_of_three, run:changes())
        assert.equal(3, #crash.requests(server))
      end)
    end)

    it("never restores twice what it keeps beside (" .. version .. ")", function()
      with(three, version, function(run)
        run:kill "sent:2"
        local output, status = run:resume()
        if status ~= 0 then
          assert.match("Handbook", output)
          resumed(run, "--unknown=skip")
        end
        assert.same(changes_of_three, run:changes())
        assert.equal(3, #crash.requests(server))
      end)
    end)

    it("completes a restore that broke half-way with a 500 (" .. version .. ")", function()
      with(begin .. [[aurora:restore { on_conflict = "overwrite" }]], version, function(run)
        server.weather "operation=OneDrive*Restore* count=1 break_after=2"
        local output, status = run:run()
        server.weather()
        if version == "v8" then
          assert.is_true(status ~= 0, output)
        else
          assert.equal(status_of.unknown_outcome, status, output)
          assert.equal("unknown", run:steps()[1].state)
        end
        local paths = run:changes()
        assert.equal(2, #crash.requests(server) + 1)
        output, status = run:resume "--unknown=retry"
        if version == "v8" and status ~= 0 then
          output, status = program.run(run:command "retry last")
        end
        assert.equal(0, status, output)
        local count = 0
        for what, times in pairs(run:changes()) do
          count = count + 1
          assert.equal(1, times, what)
          paths[what] = nil
        end
        assert.equal(6, count)
        assert.is_nil(next(paths))
      end)
    end)
  end

  it("does not repeat what adds when it broke half-way with a 500", function()
    with(begin .. [[aurora:restore { on_conflict = "keep" }]], "v7", function(run)
      server.weather "operation=OneDrive*Restore* count=1 break_after=2"
      local _, status = run:run()
      assert.equal(status_of.unknown_outcome, status)
      refused(run, "unknown_outcome", "Aurora", "--unknown=retry")
      refused(run, "unknown_outcome", "Aurora", "--unknown=fail")
      refused(run, "usage", "needs a terminal", "--unknown=ask </dev/null")
      resumed(run, "--unknown=skip")
      assert.equal(1, #crash.requests(server))
    end)
  end)

  it("knows an organization that was renamed", function()
    local id = server.connect("v8"):organization(rehearsal.organization).id
    with((three:gsub('"contoso.onmicrosoft.com"', '"' .. id .. '"')), "v8", function(run)
      killed(run, "outcome:2")
      server.ask("POST", "/sim/organizations",
        { name = rehearsal.organization, rename = "contoso-group.onmicrosoft.com" })
      resumed(run)
      assert.same(changes_of_three, run:changes())
      assert.equal(3, #crash.requests(server))
    end)
  end)

  it("sends the point in time again that it found without `at`", function()
    local script = begin:gsub(', at = "[^"]*"', ""):gsub("local aurora.*$", "") .. [[
      for _, name in ipairs { "Plan.docx", "Sketch.svg" } do
        drive:documents { recursive = true }:where { name = name }:one():restore {
          on_conflict = "keep" }
      end
    ]]
    with(script, "v8", function(run)
      killed(run, "outcome:1")
      -- A backup ends, and makes a newer point.
      server.ask("POST", "/sim/content?user=alice@contoso.com&path=Documents/New.txt", "x")
      local client <close> = server.connect "v8"
      client:job("Contoso nightly"):start()
      server.ask("POST", "/sim/time", { advance = "30m" })
      local points = server.ask("GET", "/sim/sessions")
      resumed(run)
      local now = server.ask("GET", "/sim/sessions")
      assert.is_true(#now > #points, "no session was opened")
      assert.equal(points[1].point, now[1].point)
      assert.equal(2, #crash.requests(server))
    end)
  end)

  it("goes on with another operator's account", function()
    with(three, "v8", function(run)
      killed(run, "outcome:2")
      run.environment.VBO_USER = "backup@contoso.onmicrosoft.com"
      resumed(run)
      assert.same(changes_of_three, run:changes())
      assert.equal(3, #crash.requests(server))
    end)
  end)

  it("is not repeated by an edited copy of the runbook", function()
    with(three, "v8", function(run)
      killed(run, "outcome:2")
      local name = run:steps()[1]
      run:write("copy.lua", "-- edited\n" .. three)
      local output, status = run:run()
      assert.equal(status_of.overlap, status, output)
      assert.match(name.title, output, 1, true)
      assert.equal(2, #crash.requests(server))
      output, status = run:run "--overlap=allow"
      assert.equal(0, status, output)
      assert.equal(5, #crash.requests(server))
    end)
  end)

  it("is not in the way of a runbook that only saves", function()
    with(three, "v8", function(run)
      killed(run, "outcome:2")
      run:write("nightly.lua", begin .. [[
        aurora:document("Plan.docx"):save { to = folder .. "/plan.docx", zip = false }
        print "saved"
      ]])
      local output, status = run:run()
      assert.equal(0, status, output)
      assert.match("saved", output)
    end)
  end)

  it("asks before it turns an object again that it changed already", function()
    local toggle = [[
      local vbo = require "vbo"
      local client <close> = vbo.connect()
      local job = client:job "Contoso nightly"
      job:disable()
      job:enable()
      job:disable()
      print "done"
    ]]
    with(toggle, "v8", function(run)
      local function toggles()
        local count = 0
        for _, each in ipairs(server.ask("GET", "/sim/configuration")) do
          if each.what:find "able job$" then count = count + 1 end
        end
        return count
      end
      -- Within a run each of them is made.
      local output, status = run:run()
      assert.equal(0, status, output)
      assert.equal(3, toggles())
    end)
    with(toggle, "v8", function(run)
      killed(run, "outcome:1")
      local function requests()
        local count = 0
        for _, each in ipairs(server.ask("GET", "/sim/configuration")) do
          if each.what:find "able job$" then count = count + 1 end
        end
        return count
      end
      assert.equal(1, requests())
      local output, status = run:resume "--unknown=fail"
      assert.equal(status_of.changed, status, output)
      assert.match("Contoso nightly", output)
      assert.equal(1, requests())
    end)
  end)

  it("follows what it did not wait for", function()
    with(begin .. [[
      aurora:restore { on_conflict = "overwrite", wait = false }
      reports:document("Annual report.docx"):restore { on_conflict = "overwrite" }
    ]], "v8", function(run)
      killed(run, "outcome:1")
      resumed(run)
      assert.equal(2, #crash.requests(server))
      local count = 0
      for what, times in pairs(run:changes()) do
        count = count + 1
        assert.equal(1, times, what)
      end
      assert.equal(7, count)
    end)
  end)

  it("saves again what a later step saved over", function()
    with(begin .. [[
      local file = folder .. "/saved"
      aurora:document("Plan.docx"):save { to = file, zip = false }
      reports:document("Annual report.docx"):save { to = file, zip = false, overwrite = true }
      aurora:document("Plan.docx"):restore { on_conflict = "overwrite" }
    ]], "v8", function(run)
      killed(run, "intent:3")
      local second = run:saved()
      resumed(run)
      assert.equal(second, run:saved())
      assert.same({ ["alice@contoso.com Documents/Projects/Aurora/Plan.docx"] = 1 }, run:changes())
    end)
  end)

  it("refuses a journal that is older than the server's sessions", function()
    with(three, "v8", function(run)
      killed(run, "outcome:1")
      local state = program.quoted(run.folder .. "/state")
      program.run(("cp -a %s %s.old"):format(state, state))
      local _, status = run:resume(nil, crash.crashing "outcome:1")
      assert.equal(137, status)
      program.run(("rm -rf %s && mv %s.old %s"):format(state, state, state))
      refused(run, "changed", "the journal does not know the restore session")
    end)
  end)

  it("leaves unknown what the server shows no events of", function()
    for _, events in ipairs { "none", "late" } do
      with(three, "v7", function(run)
        server.ask("POST", "/sim/settings", { events = events })
        local _, status = run:kill "sent:1"
        assert.equal(137, status)
        refused(run, "unknown_outcome", "Plan.docx", "--unknown=fail")
        resumed(run)
        assert.same(changes_of_three, run:changes())
      end)
    end
  end)

  it("leaves unknown what was sent in a session that the server forgot", function()
    with(three, "v7", function(run)
      local _, status = run:kill "sent:1"
      assert.equal(137, status)
      local session = server.ask("GET", "/sim/sessions")[1]
      server.ask("DELETE", "/sim/sessions?id=" .. session.id)
      refused(run, "unknown_outcome", "Plan.docx", "--unknown=fail")
      resumed(run)
      assert.same(changes_of_three, run:changes())
    end)
  end)

  it("goes on beside a colleague's session that restored nothing, and refuses beside another",
    function()
      local colleague = { organization = rehearsal.organization, workload = "onedrive" }
      with(three, "v8", function(run)
        killed(run, "outcome:1")
        colleague.events = 2
        local session = server.ask("POST", "/sim/sessions", colleague)
        refused(run, "changed", "does not know the restore session " .. session.id:sub(1, 8))
        server.ask("DELETE", "/sim/sessions?id=" .. session.id)
        colleague.events = nil
        session = server.ask("POST", "/sim/sessions", colleague)
        resumed(run)
        assert.same(changes_of_three, run:changes())
        for _, each in ipairs(server.ask("GET", "/sim/sessions")) do
          assert.equal(each.id == session.id and "Working" or "Stopped", each.state)
        end
      end)
    end)

  it("refuses when its point in time was pruned", function()
    with(three, "v8", function(run)
      killed(run, "outcome:1")
      -- There is an older point, and nothing that was restored from it.
      server.ask("DELETE", "/sim/points?from=2026-11-18T12:00:00Z&before=2026-11-19T00:00:00Z")
      refused(run, "changed", "point")
      server.ask("DELETE", "/sim/points?before=2026-11-19T00:00:00Z")
      refused(run, "not_found", "no restore point of onedrive at or before 2026%-11%-18T22:00:00Z")
    end)
  end)

  it("refuses another server under the same name", function()
    local port = server.sim.listening:match ":(%d+)$"
    with(three, "v8", function(run)
      killed(run, "outcome:1")
      server.stop()
      local other = program.start(("%s sim --listen 127.0.0.1:%s --no-schedules --password %s "
        .. "--installation 61954db6-7278-4d26-86f7-888bda5a4ec4"):format(program.vbolua, port,
        program.quoted(server.sim.password)), "fingerprint")
      run.environment.VBO_PIN = other.fingerprint
      local output, status = run:resume()
      other.stop()
      server = rehearsal.start()
      assert.equal(status_of.changed, status, output)
      assert.match("another server", output)
    end)
  end)

  it("is resumed by one program at a time", function()
    with(three, "v8", function(run)
      killed(run, "outcome:1")
      server.weather "kind=change nth=1 latency=3"
      local first = program.start(run:command "resume --unknown=retry" .. " 2>&1", "pid")
      crash.wait(function() return #crash.requests(server) == 2 end)
      local output, status = run:resume("--unknown=retry " .. run:name())
      assert.equal(status_of.busy, status, output)
      assert.match("is live", output)
      output, status = first.wait()
      assert.equal(0, status, output)
      assert.same(changes_of_three, run:changes())
    end)
  end)

  it("stops its session when it was killed during the clean-up", function()
    with(three, "v8", function(run)
      server.weather "operation=RestoreSession_Stop* nth=1 status=503 retry_after=30"
      local _, status = run:kill_when(function()
        for _, each in ipairs(server.ask("GET", "/sim/requests")) do
          if (each.operation or ""):find "RestoreSession_Stop" then return true end
        end
      end)
      assert.equal(137, status)
      assert.equal(1, run:open_sessions())
      resumed(run)
      assert.equal(0, run:open_sessions())
      assert.same(changes_of_three, run:changes())
      assert.equal(3, #crash.requests(server))
    end)
  end)

  it("restores folders of equal names one by one", function()
    local world, remove = program.folder()
    program.run(([[cd %s; for place in A B C; do mkdir -p drives/me@example.com/$place/Plans
      echo same >drives/me@example.com/$place/Plans/plan.txt
      touch -d 2026-11-01T10:00:00Z drives/me@example.com/$place/Plans/plan.txt; done]]):format(
      program.quoted(world)))
    local copies = rehearsal.start("--world " .. program.quoted(world))
    local run = crash.new(copies, "v8", nil, [[
      local vbo = require "vbo"
      local client <close> = vbo.connect()
      local session <close> = client:organizations():first():explore { workload = "onedrive" }
      local drive = session:onedrives():first()
      for folder in drive:folders { recursive = true }:where { name = "Plans" }:each() do
        folder:restore { on_conflict = "keep" }
      end
    ]])
    killed(run, "outcome:2")
    resumed(run)
    local sent = {}
    for _, each in ipairs(crash.requests(copies)) do
      sent[each.path] = (sent[each.path] or 0) + 1
    end
    local count = 0
    for path, times in pairs(sent) do
      count = count + 1
      assert.equal(1, times, path)
    end
    assert.equal(3, count)
    run.remove()
    copies.stop()
    remove()
  end)

  it("sends nothing when its intent cannot be written", function()
    with(three, "v8", function(run)
      killed(run, "outcome:1")
      -- A file of the journal may not grow: as on a full disk.
      local output, status = program.run("ulimit -f 1; " .. run:command "resume --unknown=retry")
      assert.equal(status_of.journal, status, output)
      assert.equal(1, #crash.requests(server))
      resumed(run)
      assert.same(changes_of_three, run:changes())
    end)
  end)
end)
