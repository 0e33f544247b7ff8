-- Lists, shows, hands over and forgets runs.
--
-- Covers vbo.run.history, vbo.cli.runs.show, vbo.cli.runs.step, vbo.cli.runs.watch,
-- vbo.cli.runs.transfer, vbo.cli.runs.remove, vbo.cli.common.formats.

local core = require "vbo.core"
local journals = require "spec.support.journal"
local json = require "vbo.base.json"
local program = require "spec.support.program"
local vbo = require "vbo"

local quoted = program.quoted
local folder, remove, count = nil, nil, 0

setup(function() folder, remove = program.folder() end)
teardown(function() remove() end)

-- A journal of its own.
local function journal()
  count = count + 1
  local path = ("%s/%d.db"):format(folder, count)
  return journals.open(path), path
end

-- Runs `vbolua runs …` over a journal: what it printed, and its status.
local function runs(path, arguments, filter)
  return program.run(("cd %s && %s runs %s --journal %s %s"):format(quoted(folder),
    quoted(program.vbolua), arguments, quoted(path), filter or ""))
end

local names = { "20261130-182152-3f9c7a", "20261129-090000-aaaaaa", "20261201-120000-bbbbbb" }

-- Runs a command on a terminal of its own.
local function on_terminal(command)
  return (program.run(("script -qec %s /dev/null </dev/null"):format(quoted(command))))
end

-- A journal with a run that died, one that ended and one that failed.
local function three()
  local held, path = journal()
  journals.run(held, { name = names[2], started = journals.began - 86400000, state = "ended",
    ended = journals.began - 86000000, status = 0, script = "/srv/nightly.lua" },
    { { state = "done", kind = "save", effect = "save", path = "/srv/a.zip", size = 12 }, "done" })
  journals.run(held, { state = "running", reason = "ticket 4711", hidden = "[2]",
    arguments = '["alice@contoso.com",null]' },
    { "done", "done", "partial", "refused", "unknown", "intent", "accepted", "local", "skipped" })
  journals.run(held, { name = names[3], started = journals.began + 86400000, state = "failed",
    status = 5, error = '{"kind":"network","message":"the connection was lost"}', script = false,
    kind = "string", settings = '{"VBO_HOST":"other.contoso.com"}' }, { "failed" })
  held:close()
  return path
end

describe("vbolua runs", function()
  it("lists runs, the last one first, with the steps of each by what became of them", function()
    local output, status = runs(three(), "")
    assert.equal(0, status)
    local lines = {}
    for line in output:gmatch "[^\n]+" do lines[#lines + 1] = line:gsub("%s+", " ") end
    assert.same({
      "run started runbook server done failed unknown left state",
      names[3] .. " 2026-12-01T18:21:52Z string other.contoso.com 0 1 0 0 failed",
      -- A request without an answer has an unknown outcome once its program died.
      names[1] .. " 2026-11-30T18:21:52Z restore.lua vb.contoso.com:4443 2 2 2 2 died",
      names[2] .. " 2026-11-29T18:21:52Z nightly.lua vb.contoso.com:4443 2 0 0 0 ended",
    }, lines)
  end)

  it("fits a terminal of 80 columns with the names and states whole", function()
    local output = on_terminal(("stty cols 80; %s runs --journal %s"):format(
      quoted(program.vbolua), quoted(three())))
    assert.matches(names[1]:gsub("%-", "%%-") .. " [^\n]* died", output)
    for line in output:gmatch "[^\r\n]+" do assert.is_true(core.display_width(line) <= 80, line) end
  end)

  it("prints JSON, CSV and a line for each run", function()
    local path = three()
    local list = json.decode((runs(path, "--json")))
    assert.equal(3, #list)
    local died = list[2]
    assert.same({ "died", "script", "/srv/restore.lua", "https://vb.contoso.com:4443",
      "2026-11-30T18:21:52Z", "ticket 4711", "alice", "ops1", 1, false },
      { died.state, died.kind, died.runbook, died.server, died.started, died.reason, died.operator,
        died.host, died.executions, died.rehearsal })
    assert.same({ 9, 2, 2, 2, 2, 1 },
      { died.steps, died.done, died.failed, died.unknown, died.left, died.skipped })
    assert.same({ "alice@contoso.com", json.null }, died.arguments)
    assert.equal(json.null, died.ended)
    assert.equal("the connection was lost", list[1].error)
    assert.equal(5, list[1].status)

    local csv = (runs(path, "--csv"))
    assert.matches("^run,state,kind,runbook,server,started,ended,steps,done,failed,unknown,left,",
      csv)
    assert.matches("\r\n20261129%-090000%-aaaaaa,ended,script,/srv/nightly.lua,", csv)
    local lines = {}
    for line in (runs(path, "--ndjson")):gmatch "[^\n]+" do
      lines[#lines + 1] = json.decode(line)
    end
    assert.same(list, lines)
  end)

  it("lists those of a state, a runbook, a server and since a time", function()
    local path = three()
    local function listed(options)
      local found = {}
      for _, run in ipairs(json.decode((runs(path, options .. " --json")))) do
        found[#found + 1] = run.run
      end
      return found
    end
    assert.same({ names[1] }, listed "--state died")
    assert.same({}, listed "--state running")
    assert.same({ names[2] }, listed "--runbook NIGHTLY")
    assert.same({ names[3] }, listed "--server other")
    assert.same({ names[3], names[1] }, listed "--since 2026-11-30T00:00:00Z")
    assert.same({ names[3] }, listed "--since 2026-12-01")
    assert.same({}, listed "--rehearsal")
  end)

  it("tells a live run from one that died", function()
    local held, path = journal()
    local id = journals.run(held, { state = "running" }, { "done", "intent" })
    assert.is_true(held:lock(id))
    local run = json.decode((runs(path, "--json")))[1]
    assert.same({ "running", 1, 0, 1 }, { run.state, run.done, run.unknown, run.left })
    held:close()
    run = json.decode((runs(path, "--json")))[1]
    assert.same({ "died", 1, 1, 0 }, { run.state, run.done, run.unknown, run.left })
  end)

  it("has nothing to show without a journal", function()
    assert.same({ "vbolua runs: nothing to show\n", 0 }, { runs(folder .. "/none.db", "") })
    assert.same({ "[]\n", 0 }, { runs(folder .. "/none.db", "--json") })
    local output, status = runs(folder .. "/none.db", "show last")
    assert.matches("there is no journal .*/none.db %[not_found%]", output)
    assert.equal(8, status)
    assert.is_nil(core.stat(folder .. "/none.db"))
  end)

  it("refuses wrong words with what is right", function()
    local path = three()
    local wrong = {
      ["--state dead"] = "'state' must be one of running, ended, failed, stopped, died, moved, "
        .. "got 'dead'",
      ["--json --csv"] = "--json and --csv exclude each other",
      ["--since soon"] = "'since' must be a point in time, got soon",
      ["sho last"] = "runs has no command 'sho' [usage]; hint: did you mean show?",
      ["show"] = "runs show needs a run",
      ["show nope"] = "there is no run 'nope' in " .. path,
      ["show 2026"] = "RUN must name one run, got '2026', which fits 3",
      ["show last x"] = "unexpected argument: x",
      ["show last --watch --json"] = "--watch and --json exclude each other",
      ["prune"] = "runs prune needs --older",
      ["prune --older 90"] = "--older must be an age such as 90d, 2h or 30m, got '90'",
    }
    for arguments, message in pairs(wrong) do
      local output, status = runs(path, arguments)
      assert.is_truthy(output:find("vbolua: " .. message, 1, true), output)
      assert.is_true(status == 2 or status == 8)
    end
  end)

  it("is vbo.runs in a runbook", function()
    local path = three()
    local list = vbo.runs { journal = path, state = "died" }
    assert.equal(1, #list)
    assert.same({ names[1], "died", 2, 2 }, { list[1].run, list[1].state, list[1].done,
      list[1].unknown })
    assert.is_nil(list[1].ended)
    assert.same({}, vbo.runs { journal = folder .. "/none.db" })
    assert.has_error(function() vbo.runs { states = "died" } end)
    assert.has_error(function() vbo.runs { journal = path, state = "dead" } end)
    assert.has_error(function() vbo.runs({}, 1) end)
  end)
end)

describe("vbolua runs show", function()
  it("shows what is known of a run and each of its steps", function()
    local held, path = journal()
    local id, steps = journals.run(held, { state = "failed", status = 17, ended = journals.began
      + 60000, reason = "ticket 4711", arguments = [=[["alice@contoso.com",null,"it's"]]=] }, {
      { state = "done", items = 3 },
      { state = "partial", error = '{"kind":"partial","message":"1 of 2 failed"}', items = 2 },
      { state = "done", kind = "save", effect = "save", title = "save Documents", path = "/a.zip" },
      { state = "accepted", ended = false, mono_ended = false, attempt = 2 },
    })
    journals.insert(held, "item", { step = steps[2], number = 1, title = "Plan.docx",
      status = "done" })
    journals.insert(held, "item", { step = steps[2], number = 2, title = "Budget.xlsx",
      status = "failed", error = "the file is checked out" })
    journals.insert(held, "execution", { run = id, number = 1, started = journals.began,
      ended = journals.began + 60000, pid = 77, host = "ops1", operator = "alice",
      state = "failed" })
    journals.insert(held, "session", { run = id, id = "session-1", server = "vb.contoso.com",
      workload = "onedrive", opened = journals.began, state = "stopped" })
    held:close()
    local output, status = runs(path, "show last")
    assert.equal(0, status)
    local expected = [[
run         20261130-182152-3f9c7a, failed
runbook     /srv/restore.lua
arguments   alice@contoso.com (hidden) 'it'\''s'
server      https://vb.contoso.com:4443
reason      ticket 4711
operator    alice on ops1
started     2026-11-30T18:21:52Z
ended       2026-11-30T18:22:52Z, exit status 17
execution   1: 2026-11-30T18:21:52Z to 2026-11-30T18:22:52Z, failed, pid 77 on ops1 by alice
session     onedrive session-1 on vb.contoso.com, stopped, 2026-11-30T18:21:52Z
steps       4 steps: 2 done, 1 failed, 1 left
     1  done      converges  2026-11-30T18:21:53Z     1.5 s  TITLE 1 OF; 3 items; session session-1
     2  partial   converges  2026-11-30T18:21:54Z     1.5 s  TITLE 2 OF; 2 items; session session-1
        1 of 2 failed
        failed  Budget.xlsx: the file is checked out
     3  done      save       2026-11-30T18:21:55Z     1.5 s  save Documents; /a.zip
     4  accepted  converges  2026-11-30T18:21:56Z            TITLE 4 OF; SESSION; attempt 2
]]
    expected = expected:gsub("TITLE (%d) OF", "restore document %1 of alice@contoso.com")
      :gsub("SESSION", "session session-1")
    assert.equal(expected, output)
  end)

  it("finds a run by its name, its beginning, its end and `last`", function()
    local path = three()
    for word, name in pairs { [names[1]] = names[1], ["20261129"] = names[2], aaaaaa = names[2],
      last = names[3], ["20261130-182152-3f9c7a"] = names[1] } do
      assert.matches("^run +" .. name:gsub("%-", "%%-"), (runs(path, "show " .. word)))
    end
  end)

  it("prints JSON with its items, CSV and a line for each step", function()
    local held, path = journal()
    local id, steps = journals.run(held, {}, { "done", {
      state = "partial", parts = '[{"name":"person","value":"alice"}]', statistics = '{"failed":1}',
      error = '{"kind":"partial","message":"x","code":"E7"}' } })
    journals.insert(held, "item", { step = steps[2], number = 1, id = "i1", title = "a",
      status = "failed", error = "no" })
    journals.insert(held, "execution", { run = id, number = 1, started = journals.began })
    journals.insert(held, "module", { run = id, name = "lib", path = "/srv/lib.lua", sha256 = "f" })
    held:close()
    local whole = json.decode((runs(path, "show last --json")))
    assert.equal(names[1], whole.run.run)
    assert.same({ { number = 1, started = "2026-11-30T18:21:52Z" } }, whole.executions)
    assert.same({ { name = "lib", path = "/srv/lib.lua", sha256 = "f" } }, whole.modules)
    assert.equal(2, #whole.steps)
    local step = whole.steps[2]
    assert.same({ 2, "partial", "converges", "restore", 1.5, 1, "x", "key 2" }, { step.step,
      step.state, step.effect, step.call, step.seconds, step.items_failed, step.error, step.key })
    assert.same({ { number = 1, id = "i1", title = "a", status = "failed", error = "no" } },
      step.results)
    assert.same({ { name = "person", value = "alice" } }, step.parts)
    assert.equal("E7", step.error_details.code)
    assert.same({ failed = 1 }, step.statistics)

    local lines = {}
    for line in (runs(path, "show last --ndjson")):gmatch "[^\n]+" do
      lines[#lines + 1] = json.decode(line)
    end
    assert.same(whole.steps, lines)
    local csv = (runs(path, "show last --csv"))
    assert.matches("^step,state,kind,effect,call,title,server,session,", csv)
    assert.matches("\r\n2,partial,change,converges,restore,", csv)
  end)

  it("lets no name steer a terminal or a spreadsheet", function()
    local held, path = journal()
    journals.run(held, { reason = "a\27[31mb" }, { { state = "failed", title = "x\27]0;y\7z",
      error = json.encode { message = "\u{202E}evil" } } })
    journals.run(held, { name = "x", script = "=cmd|x" },
      { { state = "done", title = "@SUM(A1)" } })
    held:close()
    assert.matches(",'=cmd|x,", (runs(path, "--csv")))
    assert.matches(",'@SUM%(A1%),", (runs(path, "show last --csv")))
    local output = (runs(path, "show 3f9c7a"))
    assert.is_nil(output:find "[\27\7]")
    assert.is_nil(output:find("\u{202E}", 1, true))
  end)

  it("shows 100,000 steps with one reading of each row", function()
    local held, path = journal()
    local id = journals.run(held, {}, {})
    assert(held:begin())
    assert(held:write([[WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n
      WHERE i < 100000)
      INSERT INTO step(run, key, occurrence, kind, effect, call, title, state, session, asked,
        ended, mono_asked, mono_ended, items)
      SELECT ?, 'key ' || i, 1, 'change', 'converges', 'restore', 'restore document ' || i,
        'done', 'session-1', ? + i, ? + i + 1500, i, i + 1500, 1 FROM n]], id, journals.began,
      journals.began))
    assert(held:commit())
    held:close()
    local output, status = runs(path, "show last", "| tail -n 1")
    assert.equal(0, status)
    assert.matches("^100000  done      converges  .* restore document 100000; session session%-1"
      .. "\n$", output)
    assert.equal("100000\n", (runs(path, "show last --ndjson", "| wc -l"):gsub(" ", "")))
  end)
end)

describe("vbolua runs show --watch", function()
  it("prints each change of a step until the run ends", function()
    local held, path = journal()
    local id, steps = journals.run(held, { state = "running" }, { "done", {
      state = "accepted", ended = false, mono_ended = false } })
    assert.is_true(held:lock(id))
    local pipe = assert(io.popen(("%s runs show last --watch --journal %s"):format(
      quoted(program.vbolua), quoted(path))))
    assert.matches("^ +1  done ", pipe:read "l")
    assert.matches("^ +2  accepted ", pipe:read "l")
    assert(held:write("UPDATE step SET state = 'done' WHERE id = ?", steps[2]))
    assert.matches("^ +2  done ", pipe:read "l")
    journals.insert(held, "step", journals.step(id, 3, { state = "failed" }))
    assert.matches("^ +3  failed ", pipe:read "l")
    assert(held:write("UPDATE run SET state = 'failed' WHERE id = ?", id))
    held:close()
    assert.equal("20261130-182152-3f9c7a, failed; 2 done, 1 failed, 0 unknown, 0 left",
      pipe:read "l")
    assert.is_nil(pipe:read "l")
    pipe:close()
  end)
end)

describe("vbolua runs show --watch on a terminal", function()
  it("draws how the run stands until it ends, then its steps", function()
    local held, path = journal()
    local id, steps = journals.run(held, { state = "running" }, { "done", "accepted" })
    assert.is_true(held:lock(id))
    local command = ("stty cols 90 rows 10; %s runs show last --watch --journal %s"):format(
      quoted(program.vbolua), quoted(path))
    local pipe = assert(io.popen(("TERM=xterm timeout 120 script -qec %s /dev/null </dev/null")
      :format(quoted(command))))
    local drawn = ""
    local function read_until(text)
      while not drawn:find(text, 1, true) do
        drawn = drawn .. assert(pipe:read(1), text .. " did not come: " .. drawn)
      end
    end
    read_until "running; 1 done, 0 failed, 0 unknown, 1 left"
    read_until "\27[2A" -- back to the first of three lines
    assert(held:write("UPDATE step SET state = 'done' WHERE id = ?", steps[2]))
    read_until "running; 2 done"
    assert(held:write("UPDATE run SET state = 'ended' WHERE id = ?", id))
    held:close()
    local rest = pipe:read "a"
    pipe:close()
    assert.is_truthy(rest:find("2  done      converges", 1, true), rest)
    assert.matches("ended; 2 done, 0 failed, 0 unknown, 0 left\r?\n$", rest)
  end)
end)

describe("vbolua runs export", function()
  local function exported()
    local held, path = journal()
    local id, steps = journals.run(held, { state = "failed", reason = "r" }, { "done", "unknown",
      "partial" })
    journals.insert(held, "item", { step = steps[3], number = 1, title = "a", error = "no" })
    journals.insert(held, "target", { step = steps[1], server = "s", verb = "restore", path = "p" })
    journals.insert(held, "session", { run = id, id = "session-1", state = "left" })
    journals.insert(held, "point", { run = id, server = "s", owner = "o", sent = 1 })
    journals.insert(held, "execution", { run = id, number = 1, started = journals.began })
    held:close()
    return path
  end

  local function file() count = count + 1 return ("%s/%d.json"):format(folder, count) end

  local function rows(path, sql)
    local held = core.journal()
    assert(held:open(path, { readonly = true }))
    local found = assert(held:rows(sql))
    held:close()
    return found
  end

  it("moves a run whole to another journal, once", function()
    local from, to, moved = exported(), folder .. "/to.db", file()
    -- The other journal has rows of its own, so that ids differ.
    local held = journals.open(to)
    journals.run(held, { name = names[2] }, { "done", "done" })
    held:close()
    local output, status = runs(from, "export last -o " .. moved)
    assert.equal(0, status, output)
    local whole = json.decode(io.open(moved):read "a")
    assert.equal(1, whole.format)
    assert.matches("^%x+$", whole.digest)
    output = (runs(from, ""))
    assert.matches(" moved\n", output)
    output, status = runs(to, "import " .. moved)
    assert.equal(0, status, output)
    assert.matches("^took over 20261130%-182152%-3f9c7a from .* on .*, journal %x+%-", output)
    local run = json.decode((runs(to, "--json --state failed")))[1]
    assert.same({ names[1], "failed", 1, 1, 1, "r" },
      { run.run, run.state, run.done, run.failed, run.unknown, run.reason })
    assert.matches("journal %x+", run.moved_from)
    local joined = rows(to, [[SELECT s.title AS step, i.title AS item, p.owner, t.path, x.id,
        e.number
      FROM run r JOIN step s ON s.run = r.id JOIN item i ON i.step = s.id
      JOIN point p ON p.run = r.id JOIN session x ON x.run = r.id JOIN execution e ON e.run = r.id
      JOIN step s1 ON s1.run = r.id JOIN target t ON t.step = s1.id]])
    assert.same({ { step = "restore document 3 of alice@contoso.com", item = "a", owner = "o",
      path = "p", id = "session-1", number = 1 } }, joined)
    output, status = runs(to, "import " .. moved)
    assert.matches("is in this journal already %[conflict%]", output)
    assert.equal(9, status)
  end)

  it("moves it back by a newer export only", function()
    local from, to = exported(), folder .. "/there.db"
    local first, second = file(), file()
    assert.equal(0, select(2, runs(from, "export last -o " .. first)))
    assert.equal(0, select(2, runs(to, "import " .. first)))
    assert.equal(0, select(2, runs(to, "export last -o " .. second)))
    local output, status = runs(to, "import " .. first)
    assert.matches("was imported before", output)
    assert.equal(9, status)
    output, status = runs(from, "import " .. first)
    assert.matches("was imported before", output)
    assert.equal(9, status)
    output, status = runs(from, "import " .. second)
    assert.equal(0, status, output)
    assert.matches(" failed\n$", (runs(from, "")))
    -- Nor after it was forgotten there.
    assert.equal(0, select(2, runs(to, "forget last --yes --force")))
    output, status = runs(to, "import " .. first)
    assert.matches("was imported before", output)
    assert.equal(9, status)
  end)

  it("writes a run that moved once more, when its file was lost", function()
    local from = exported()
    local first = runs(from, "export last 2>/dev/null")
    local again = runs(from, "export last 2>/dev/null")
    assert.same(json.decode(first).body.step, json.decode(again).body.step)
    assert.equal("failed", json.decode(again).body.run.state)
    assert.equal(1, json.decode(again).body.moves)
  end)

  it("leaves the run where it was when the file cannot be written", function()
    local from = exported()
    local output, status = runs(from, "export last -o " .. folder .. "/no/such/folder.json")
    assert.is_true(status ~= 0, output)
    assert.matches(" failed\n$", (runs(from, "")))
  end)

  it("refuses a live run and one that only this journal knows again", function()
    local held, path = journal()
    local id = journals.run(held, { state = "running" }, { "intent" })
    assert.is_true(held:lock(id))
    local output, status = runs(path, "export last")
    assert.matches("is live %[conflict%]", output)
    assert.equal(9, status)
    journals.run(held, { name = names[2], state = "failed" }, { {
      state = "failed", parts = [=[[{"name":"options","value":{"password":{"hmac":"00"}}}]]=] } })
    output, status = runs(path, "export " .. names[2])
    assert.matches("cannot be moved: 1 of its steps", output)
    assert.equal(9, status)
    held:close()
  end)

  it("imports nothing that was changed, is newer or is something else", function()
    local from, moved = exported(), file()
    assert.equal(0, select(2, runs(from, "export last -o " .. moved)))
    local text = io.open(moved):read "a"
    local function import(content)
      local path = file()
      local made <close> = assert(io.open(path, "w"))
      made:write(content)
      made:close()
      return runs(folder .. "/fresh.db", "import " .. path)
    end
    assert.matches("was changed: its digest differs %[integrity%]",
      (import(text:gsub("document 1 of", "document 9 of"))))
    assert.matches("has format 2, and this vbolua reads up to 1 %[unsupported%]",
      (import(text:gsub('^{"format":1', '{"format":2'))))
    assert.matches("is not a run that", (import "{}"))
    assert.matches("is not a run that", (import "PK\3\4"))
    assert.equal("[]\n", (runs(folder .. "/fresh.db", "--json")))
  end)
end)

describe("vbolua runs forget", function()
  it("deletes a run with its steps", function()
    local path = three()
    assert.same({ "forgot " .. names[2] .. "\n", 0 }, { runs(path, "forget aaaaaa --yes") })
    assert.is_nil((runs(path, "")):find(names[2], 1, true))
  end)

  it("refuses without a word, unknown outcomes and a live run", function()
    local path = three()
    local output, status = runs(path, "forget aaaaaa </dev/null")
    assert.matches("forget needs %-%-yes where it cannot ask %[usage%]", output)
    assert.equal(2, status)
    output, status = runs(path, "forget 3f9c7a --yes")
    assert.matches("has 2 steps whose outcome is unknown %[conflict%]", output)
    assert.equal(9, status)
    assert.equal(0, select(2, runs(path, "forget 3f9c7a --yes --force")))
    local held, live = journal()
    local id = journals.run(held, { state = "running" }, { "done" })
    assert.is_true(held:lock(id))
    output, status = runs(live, "forget last --yes --force")
    assert.matches("is live %[conflict%]", output)
    assert.equal(9, status)
    held:close()
  end)
end)

describe("vbolua runs prune", function()
  it("deletes what ended well long ago, and names what it keeps and why", function()
    local held, path = journal()
    local now = math.floor(core.time()) * 1000
    local day = 86400000
    journals.run(held, { name = names[2], started = now - 100 * day, ended = now - 100 * day },
      { "done" })
    journals.run(held, { name = names[1], state = "failed", started = now - 100 * day,
      ended = now - 99 * day }, { "failed" })
    journals.run(held, { name = names[3], started = now - 80 * day, ended = now - 80 * day })
    held:close()
    assert.same({ ("forgot  %s\nkept    %s  failed\n1 forgotten, 1 kept\n"):format(names[2],
      names[1]), 0 }, { runs(path, "prune --older 90d") })
    assert.equal(2, #json.decode((runs(path, "--json"))))
  end)
end)
