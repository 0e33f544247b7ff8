-- The journal's file as Lua sees it: core.journal.  What power cuts and other users do to it is
-- also the C tests' matter (test_journal.c).

local core = require "vbo.core"
local program = require "spec.support.program"

local quoted = program.quoted
local folder, remove_folder, file

before_each(function()
  folder, remove_folder = program.folder()
  file = folder .. "/state/journal.db"
end)
after_each(function() remove_folder() end)

local function open(path, how)
  local journal = assert(core.journal())
  assert(journal:open(path or file, how))
  return journal
end

-- A journal with one run, which is locked, and one step with its intent.
local function with_step(path)
  local journal = open(path)
  local run = assert(journal:write("INSERT INTO run(name, kind, state, execution) "
    .. "VALUES(?, 'script', 'running', 1)", "20261130-182152-3f9c7a"))
  assert.is_true(journal:lock(run))
  local step = assert(journal:write("INSERT INTO step(run, key, occurrence, state, execution) "
    .. "VALUES(?, 'k', 1, 'intent', 1)", run))
  return journal, step, run
end

-- The error of a call that returns nil and one.
local function failure(value, err)
  assert.is_nil(value)
  return err
end

local function modes(...)
  return (program.run(("stat -c '%%a' %s"):format(table.concat({ ... }, " "))):gsub("\n", " "))
end

describe("a journal", function()
  it("is made with its folder, for its owner alone, whatever the umask", function()
    local output, status = program.run(("cd %s; umask 0; %s -e %s"):format(quoted(folder),
      program.vbolua, quoted [[
        local core = require "vbo.core"
        local journal <close> = core.journal()
        assert(journal:open "deep/state/journal.db")
        print(journal:path())]]))
    assert.equal(0, status, output)
    local real = program.run("realpath " .. quoted(folder)):gsub("\n", "")
    assert.equal(real .. "/deep/state/journal.db\n", output)
    assert.equal("700 700 600 600 ", modes(folder .. "/deep", folder .. "/deep/state",
      folder .. "/deep/state/journal.db", folder .. "/deep/state/journal.db-runs"))
  end)

  it("keeps rows, its id and its key from one opening to the next", function()
    local id, code
    do
      local journal <close> = open()
      id, code = journal:id(), journal:hmac "secret"
      assert.matches("^%x+%-%x+%-4%x+%-[89ab]%x+%-%x+$", id)
      assert.matches("^" .. ("%x"):rep(64) .. "$", code)
      assert.same({ 1, 1 }, { journal:write("INSERT INTO run(name, kind, state, execution, status, "
        .. "reason, rehearsal) VALUES('one', 'script', 'ended', ?, ?, ?, ?)", 3, 1.5, "a\0b",
        true) })
    end
    local journal <close> = open()
    assert.same({ id, code }, { journal:id(), journal:hmac "secret" })
    assert.same({ { id = 1, name = "one", kind = "script", state = "ended", execution = 3,
      status = 1.5, reason = "a\0b", rehearsal = 1 } }, journal:rows "SELECT * FROM run")
    local other <close> = open(folder .. "/other.db")
    assert.not_equal(code, other:hmac "secret")
    local secret <close> = core.secret.new "secret"
    assert.equal(code, journal:hmac(secret))
  end)

  it("lives in memory without a path, and leaves no file", function()
    local journal <close> = assert(core.journal())
    assert(journal:open())
    assert.is_nil(journal:path())
    assert(journal:write "INSERT INTO meta VALUES('a', 1)")
    assert.is_true(journal:lock(1))
    assert.is_true(journal:live(1))
    assert.is_false(journal:live(2))
  end)

  it("gives rows one at a time, also when the loop is left early", function()
    local journal <close> = open()
    for i = 1, 5 do
      assert(journal:write("INSERT INTO meta VALUES(?, ?)", "n" .. i, i))
    end
    local sum = 0
    for row in journal:each("SELECT value FROM meta WHERE name GLOB ? ORDER BY name", "n[1-9]") do
      sum = sum + row.value
      if row.value == 3 then break end
    end
    assert.equal(6, sum)
    assert.is_true(journal:begin())
    assert.is_true(journal:commit())
  end)

  it("takes SQL that reads and changes rows, and no other", function()
    local journal <close> = open()
    local why = failure(journal:rows "DELETE FROM run")
    assert.equal("SQL for the journal must only read here", why.message)
    for _, sql in ipairs { "PRAGMA synchronous=OFF", "COMMIT", "DROP TABLE run",
      "ATTACH '/tmp/x' AS x", "CREATE TABLE x(y)" } do
      assert.matches("not authorized", failure(journal:write(sql)).message, 1, true)
    end
    assert.equal("SQL for the journal is one statement",
      failure(journal:rows "SELECT 1; SELECT 2").message)
    assert.has_error(function() journal:rows("SELECT ?", 1, 2) end,
      "the SQL has 1 parameters, got 2")
  end)

  it("counts its commits, and takes back what is not committed", function()
    local journal <close> = open()
    local before = journal:commits()
    assert.is_true(journal:begin())
    assert(journal:write "INSERT INTO meta VALUES('a', 1)")
    assert(journal:write "INSERT INTO meta VALUES('b', 1)")
    assert.is_true(journal:commit())
    assert.equal(before + 1, journal:commits())
    assert.is_true(journal:begin())
    assert(journal:write "DELETE FROM meta")
    assert.is_true(journal:rollback())
    assert.equal(2, journal:rows("SELECT count(*) AS n FROM meta WHERE name IN ('a', 'b')")[1].n)
    assert.equal(before + 1, journal:commits())
  end)

  it("forgets all of a run with the run", function()
    local journal <close>, step, run = with_step()
    assert(journal:write("INSERT INTO item(step, number) VALUES(?, 1)", step))
    assert(journal:write("INSERT INTO target(step) VALUES(?)", step))
    assert(journal:write("DELETE FROM run WHERE id = ?", run))
    assert.equal(0, journal:rows([[SELECT (SELECT count(*) FROM step) + (SELECT count(*) FROM item)
      + (SELECT count(*) FROM target) AS n]])[1].n)
  end)

  it("is closed once, and says so afterwards", function()
    local journal = open()
    journal:close()
    journal:close()
    assert.equal("closed", failure(journal:rows "SELECT 1").kind)
    assert.equal("closed", failure(journal:begin()).kind)
    assert.equal("vbo.Journal (closed)", tostring(journal))
  end)
end)

describe("a permit", function()
  it("comes with a committed intent, once for an attempt", function()
    local journal <close>, step = with_step()
    assert.is_true(journal:begin())
    assert.equal("the intent is not committed",
      failure(journal:permit(step, "POST", "/v8/x", "{}")).message)
    assert.is_true(journal:commit())
    assert.equal("vbo.Permit", tostring(assert(journal:permit(step, "POST", "/v8/x", "{}"))))
    assert.equal("step 1 has had its permit",
      failure(journal:permit(step, "POST", "/v8/x", "{}")).message)
    assert(journal:write "UPDATE step SET attempt = 2")
    assert(journal:permit(step, "POST", "/v8/x", "{}"))
  end)

  it("is refused for a step with an outcome, of another execution, of an unlocked run", function()
    local journal <close>, step = with_step()
    local text = "step 1 has no intent of this execution"
    assert(journal:write "UPDATE run SET execution = 2")
    assert.equal(text, failure(journal:permit(step, "POST", "/", nil)).message)
    assert(journal:write "UPDATE step SET execution = 2, state = 'unknown'")
    assert.equal(text, failure(journal:permit(step, "POST", "/", nil)).message)
    assert.matches("a step with an outcome needs a new attempt",
      failure(journal:write "UPDATE step SET state = 'intent'").message, 1, true)
    assert(journal:write "UPDATE step SET state = 'intent', attempt = 2")
    journal:close()
    assert(journal:open(file))
    assert.equal("this program does not hold the lock of the run",
      failure(journal:permit(step, "POST", "/", nil)).message)
  end)

  it("is refused once the journal has latched, and the first latch stays", function()
    local journal <close>, step = with_step()
    assert.is_nil(journal:latched())
    journal:latch { message = "10 changes are made", hint = "resume", kind = "stopped" }
    journal:latch { message = "later" }
    local wanted = { kind = "stopped", message = "10 changes are made", hint = "resume" }
    assert.same(wanted, journal:latched())
    assert.same(wanted, failure(journal:permit(step, "POST", "/", nil)))
    journal:close()
    assert(journal:open(file))
    assert.same(wanted, journal:latched())
  end)
end)

describe("a run's lock", function()
  it("is seen by others, in this process and in the next, until the journal is closed", function()
    local journal = open()
    assert.is_true(journal:lock(7))
    assert.is_true(journal:lock(7))
    local other <close> = open(nil, { readonly = true })
    assert.is_true(other:live(7))
    assert.is_false(other:live(8))
    local second <close> = open()
    assert.is_nil(second:lock(7))
    assert.is_true(second:lock(8))
    assert.is_true(journal:live(8))
    journal:close()
    assert.is_false(other:live(7))
    assert.is_true(second:lock(7))
  end)

  it("ends with the process that is killed", function()
    local process <close> = program.start(("%s -e %s"):format(program.vbolua, quoted(([[
      local journal = require("vbo.core").journal()
      assert(journal:open %q)
      assert(journal:lock(3))
      print "locked: 3"
      io.stdout:flush()
      require("vbo").sleep(600)]]):format(file))), "locked")
    local journal <close> = open()
    assert.is_true(journal:live(3))
    os.execute("kill -KILL " .. process.pid)
    process.wait()
    assert.is_false(journal:live(3))
  end)
end)

describe("core.sha256", function()
  it("is the digest in lower case hex", function()
    assert.equal("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
      core.sha256 "abc")
  end)
end)
