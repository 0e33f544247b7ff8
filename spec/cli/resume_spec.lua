-- Resumes runs, does again what failed, and stops the sessions of dead ones, on the command line.
--
-- Covers vbo.cli.resume, vbo.cli.retry, vbo.cli.reap, vbo.cli.runs.again.

local journals = require "spec.support.journal"
local json = require "vbo.base.json"
local program = require "spec.support.program"

local quoted = program.quoted
local folder, remove, sim

setup(function() folder, remove = program.folder() end)
teardown(function() remove() end)

-- A server of its own for each run: one that another journal's run restored on is not resumed.
local function with_server()
  before_each(function() sim = program.sim() end)
  after_each(function()
    sim.stop()
    sim = nil
  end)
end

local function write(name, text)
  local file <close> = assert(io.open(folder .. "/" .. name, "w"))
  file:write(text)
end

local count = 0
local function new_journal()
  count = count + 1
  return ("%s/%d.db"):format(folder, count)
end

-- Runs `vbolua …` in a folder over a journal, connected to the server.
local function vbolua(path, words, where)
  if not sim then
    return program.run(("cd %s; VBO_JOURNAL=%s %s %s"):format(quoted(folder), quoted(path),
      quoted(program.vbolua), words))
  end
  return program.run(("cd %s; VBO_JOURNAL=%s VBO_HOST=%s VBO_USER=%s VBO_PASSWORD=%s VBO_PIN=%s %s "
    .. "%s"):format(quoted(where or folder), quoted(path), quoted(sim.listening), quoted(sim.user),
    quoted(sim.password), quoted(sim.fingerprint), quoted(program.vbolua), words))
end

local function runs(path) return json.decode((vbolua(path, "runs --json"))) end

-- A runbook that restores for the people it is called with, and is killed behind the first.
local runbook = [[
local vbo = require "vbo"
local client <close> = vbo.connect()
local session <close> = client:organizations():first():explore { workload = "onedrive" }
for i, name in ipairs { "alice@contoso.com", "bob@contoso.com" } do
  print(name, session:onedrive(name):restore().restored)
  if not io.open "killed" then
    io.open("killed", "w"):close()
    os.execute "kill -9 $PPID"
  end
end
print(table.concat(arg, " "), arg[0], LIBRARY)
io.open("killed.txt", "w"):close()
]]

describe("vbolua resume", function()
  with_server()
  before_each(function()
    os.remove(folder .. "/killed")
    os.remove(folder .. "/killed.txt")
    write("restore.lua", runbook)
    write("library.lua", "return 'loaded'")
  end)

  it("goes on with the last run that died, in its folder, with its arguments", function()
    local path = new_journal()
    local first, status = vbolua(path, "-l LIBRARY=library --reason 'ticket 1' restore.lua a 'b c'")
    assert.equal(137, status, first)
    assert.equal("died", runs(path)[1].state)
    local second, ended = vbolua(path, "resume", "/")
    assert.equal(0, ended, second)
    local run = runs(path)[1]
    assert.matches(("^vbolua: resuming %s %%(died, 1 done, 0 failed, 0 unknown, 0 left%%)\n")
      :format(run.run:gsub("%-", "%%-")), second)
    assert.is_truthy(second:find(first:match "^alice[^\n]*\n", 1, true), second)
    assert.is_truthy(second:find(("a b c\t%s/restore.lua\tloaded\n"):format(folder), 1, true),
      second)
    assert.is_not_nil(io.open(folder .. "/killed.txt"))
    assert.same({ "ended", 2, 2, 2, "ticket 1" }, { run.state, run.executions, run.steps, run.done,
      run.reason })
    second, ended = vbolua(path, "resume")
    assert.equal(8, ended)
    assert.matches("no run of yours died, failed or was stopped", second)
  end)

  it("has the exit status of the runbook, and its error", function()
    local path = new_journal()
    vbolua(path, "restore.lua")
    write("restore.lua", runbook .. "error 'no more'\n")
    local output, status = vbolua(path, "resume")
    assert.equal(25, status)
    assert.matches("has changed since the run began %[changed%]", output)
    output, status = vbolua(path, "resume --changed last")
    assert.equal(1, status)
    assert.matches("vbolua: .*restore.lua:%d+: no more\nstack traceback:", output)
    assert.equal("failed", runs(path)[1].state)
  end)

  it("takes the options of a run", function()
    local path = new_journal()
    local output, status = vbolua(path, "resume --max-changes none")
    assert.equal(2, status)
    assert.matches("%-%-max%-changes must be a whole number, 0 or more, got 'none'", output)
    output, status = vbolua(path, "resume --no-journal")
    assert.equal(2, status)
    assert.matches("resume needs the journal of the run", output)
    local named = new_journal()
    vbolua(path, ("--journal %s restore.lua"):format(quoted(named)))
    output, status = vbolua(path, ("resume --journal %s --max-changes 9"):format(quoted(named)))
    assert.equal(0, status, output)
    assert.equal("ended", runs(named)[1].state)
  end)

  it("goes on behind a canary, and under the limits that the run began with", function()
    local path = new_journal()
    write("killed", "not this time")
    local output, status = vbolua(path, "--canary 1 restore.lua")
    assert.equal(23, status, output)
    assert.equal("stopped", runs(path)[1].state)
    output, status = vbolua(path, "resume")
    assert.equal(0, status, output)
    assert.same({ "ended", 2 }, { runs(path)[1].state, runs(path)[1].done })
  end)

  it("asks for arguments that looked secret, without showing them", function()
    local path = new_journal()
    local output = vbolua(path, "restore.lua --token Hunter2Hunter2 x")
    assert.is_nil(output:find("Hunter2", 1, true))
    local listed = (vbolua(path, "runs show last"))
    assert.matches("arguments +%-%-token %(hidden%) x\n", listed)
    local status
    output, status = vbolua(path, "resume </dev/null")
    assert.equal(2, status)
    assert.matches("needs argument 2 %(after %-%-token%), which looked secret", output)
    assert.equal("died", runs(path)[1].state)
    write("answer", "Hunter2Hunter2\n")
    output, status = vbolua(path, ("--version >/dev/null; (sleep 1; cat answer; sleep 1) | "
      .. "VBO_JOURNAL=%s VBO_HOST=%s VBO_USER=%s VBO_PASSWORD=%s VBO_PIN=%s script -qec %s "
      .. "/dev/null"):format(quoted(path), quoted(sim.listening), quoted(sim.user),
      quoted(sim.password), quoted(sim.fingerprint), quoted(quoted(program.vbolua) .. " resume")))
    assert.equal(0, status, output)
    assert.matches("Argument 2 %(after %-%-token%): ", output)
    assert.is_truthy(output:find(("--token Hunter2Hunter2 x\t%s/restore.lua"):format(folder), 1,
      true), output)
  end)

end)

describe("vbolua resume, without a server,", function()
  local function refused(row, steps, words)
    local path = new_journal()
    local held <close> = journals.open(path)
    row.operator = false
    local id = journals.run(held, row, steps or { "done" })
    if row.state == "running" and not row.name then assert(held:lock(id)) end
    return vbolua(path, words or "resume last")
  end

  local cases = {
    { { state = "running" }, "run %S+ is live %[busy%]", 18 },
    { { state = "ended" }, "came to its end: nothing is left to resume %[usage%]", 2 },
    { { state = "moved", moved_to = "x" }, "was moved to x %[conflict%]", 9 },
    { { state = "failed", kind = "string" }, "cannot be executed again: it was given with %-e", 2 },
    { { state = "failed", kind = "repl" }, "it was typed at a prompt", 2 },
    { { state = "failed", kind = "stdin" }, "it was read from standard input", 2 },
    { { state = "failed", rehearsal = 1 }, "there is no run 'last'", 8 },
    { { state = "failed", folder = "/no/such" }, "ran in the folder /no/such, which is gone", 25 },
    { { state = "failed", folder = "/", script = "/no/x.lua" }, "ran /no/x.lua, which is gone",
      25 },
  }
  for _, case in ipairs(cases) do
    it("refuses a run: " .. case[2]:gsub("%%", ""), function()
      local output, status = refused(case[1])
      assert.matches(case[2], output)
      assert.equal(case[3], status)
    end)
  end

  it("refuses wrong words", function()
    local path = new_journal()
    for words, message in pairs {
      ["resume --unknown=maybe"] = "--unknown must be ask, retry, skip or fail, got 'maybe'",
      ["resume --unknown=ask </dev/null"] = "--unknown=ask needs a terminal",
      ["resume a b"] = "unexpected argument: b",
      ["retry"] = "retry needs a run",
      ["resume"] = "there is no journal " .. path,
      ["reap x"] = "unexpected argument: x",
      ["reap --older 2"] = "--older must be an age such as 90d, 2h or 30m, got '2'",
      ["reap --password x"] = "--password cannot be used",
    } do
      local output = vbolua(path, words)
      assert.is_truthy(output:find("vbolua: " .. message, 1, true), output)
    end
  end)
end)

describe("vbolua retry", function()
  with_server()
  it("does again what failed, and nothing else", function()
    local path = new_journal()
    -- The job that the second step starts does not exist.
    write("partly.lua", [[
      local vbo = require "vbo"
      local client <close> = vbo.connect()
      local session <close> = client:organizations():first():explore { workload = "onedrive" }
      print(session:onedrive("alice@contoso.com"):restore().restored)
      print((vbo.try(client.call, client, "Job_EnableAction", { jobId = io.open "fixed"
        and client:jobs():first().id or "6b29fc40-ca47-1067-b31d-00dd010662da" })))]])
    local output, status = vbolua(path, "partly.lua")
    assert.equal(0, status, output)
    local run = runs(path)[1]
    assert.same({ "ended", 1, 1 }, { run.state, run.done, run.failed })
    output, status = vbolua(path, "retry last")
    assert.equal(0, status, output)
    assert.matches("^vbolua: retrying ", output)
    local steps = json.decode((vbolua(path, "runs show last --json"))).steps
    assert.same({ { "done", 1, 1 }, { "refused", 2, 2 } }, {
      { steps[1].state, steps[1].attempt, steps[1].execution },
      { steps[2].state, steps[2].attempt, steps[2].execution } })
  end)

  it("refuses a run without a failure", function()
    local path = new_journal()
    local held = journals.open(path)
    journals.run(held, { state = "ended" }, { "done" })
    held:close()
    local output, status = vbolua(path, "retry last")
    assert.matches("has no step that failed %[usage%]", output)
    assert.equal(2, status)
  end)
end)

describe("vbolua reap", function()
  describe("with a server", function()
    with_server()

    it("stops the session that a killed run left open", function()
      local path = new_journal()
      os.remove(folder .. "/killed")
      write("restore.lua", runbook)
      assert.equal(137, select(2, vbolua(path, "restore.lua")))
      local function states()
        return (vbolua(path, "api --select results[].state RestoreSession_GetPage"))
      end
      assert.equal("Working\n", states())
      assert.equal("[]\n", (vbolua(path, "reap --json --older 1h")))
      local row = json.decode((vbolua(path, "reap --json")))[1]
      assert.same({ runs(path)[1].run, "stopped" }, { row.run, row.done })
      assert.matches("^%d+%-%d+%-%d+T", row.opened)
      assert.equal("Stopped\n", states())
      assert.equal("vbolua reap: no session of a dead run is open\n", (vbolua(path, "reap")))
    end)
  end)

  it("has nothing to stop without a session of a dead run", function()
    local path = new_journal()
    assert.same({ "vbolua reap: no session of a dead run is open\n", 0 }, { vbolua(path, "reap") })
    assert.same({ "[]\n", 0 }, { vbolua(path, "reap --json") })
  end)
end)
