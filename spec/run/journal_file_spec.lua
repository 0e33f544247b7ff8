-- Runs whose journal's file is not as it must be, and journals of every format.

local core = require "vbo.core"
local json = require "vbo.base.json"
local program = require "spec.support.program"
local rehearsal = require "spec.support.rehearsal"

local quoted = program.quoted
local server, folder, remove

setup(function() server = rehearsal.start() end)
teardown(function() server.stop() end)

before_each(function()
  server.reset()
  folder, remove = program.folder()
end)
after_each(function() remove() end)

local runbook <const> = [[
local vbo = require "vbo"
local client <close> = vbo.connect { version = "v8" }
local session <close> = client:organization("contoso.onmicrosoft.com"):explore {
  workload = "onedrive", at = "2026-11-18T22:00:00Z",
}
local folder = session:onedrive("alice@contoso.com"):folder "Documents/Projects/Aurora"
local function restore(how)
  return select(2, pcall(folder.restore, folder, { version = "last", on_conflict = how }))
end
print("first", restore "overwrite")
if arg[1] then os.execute(arg[1]) end
print("second", restore "keep")
print("third", restore "keep")
]]

-- Runs the runbook with this journal: what it printed, its exit status.
local function run(journal, between, before)
  local script = folder .. "/restore.lua"
  local file <close> = assert(io.open(script, "w"))
  file:write(runbook)
  file:close()
  local settings = server.settings()
  return program.run(("%s VBO_HOST=%s VBO_USER=%s VBO_PASSWORD=%s VBO_PIN=%s %s --journal=%s %s %s")
    :format(before or "", settings.url, settings.user, settings.password, settings.pin,
      program.vbolua, quoted(journal), quoted(script), between and quoted(between) or ""))
end

local function rows(journal, sql)
  local opened <close> = core.journal()
  assert(opened:open(journal, { readonly = true }))
  return assert(opened:rows(sql))
end

local function shell(command)
  assert(os.execute(("cd %s && %s"):format(quoted(folder), command)))
end

local function make_journal(path)
  local journal <close> = core.journal()
  assert(journal:open(path))
end

describe("a run whose journal cannot be opened", function()
  -- How each is made of a good journal.db, and what the error says.
  local bad = {
    ["is of a newer version"] = { function(path)
      -- user_version is the 32 bits at 60 of the file's header, big endian.
      local file <close> = assert(io.open(path, "r+b"))
      file:seek("set", 60)
      file:write "\0\0\0\99"
    end, "is of a newer version of vbolua: format 99" },
    ["is damaged"] = { function(path)
      local file <close> = assert(io.open(path, "r+b"))
      file:seek("set", 4096)
      file:write(("x"):rep(8192))
    end, "is damaged" },
    ["is not a database"] = { function(path)
      local file <close> = assert(io.open(path, "wb"))
      file:write(("x"):rep(8192))
    end, "it is not a database" },
    ["is a symbolic link"] = { function()
      shell "mv journal.db target.db && ln -s target.db journal.db"
    end, "it is a symbolic link" },
    ["is writable for all"] = { function() shell "chmod 666 journal.db" end,
      "everybody can write it" },
  }
  for how, case in pairs(bad) do
    it(("changes nothing where the file %s"):format(how), function()
      local path = folder .. "/journal.db"
      make_journal(path)
      case[1](path)
      local output, status = run(path)
      for _, line in ipairs { "first", "second", "third" } do
        assert.is_truthy(output:match(line .. "[^\n]*"):find(case[2], 1, true), output)
      end
      assert.is_truthy(output:find("hint: ", 1, true), output)
      assert.equal(core.kinds.journal, status, output)
      assert.same({}, server.changes())
    end)
  end
end)

describe("a run whose journal fails in its middle", function()
  it("sends no change after the one whose outcome the full disk did not take", function()
    local path = folder .. "/journal.db"
    make_journal(path)
    -- A limit for files stands for the disk: what is written beyond it fails.
    local output, status = run(path, ("prlimit --pid $PPID --fsize=$(stat -c %%s %s-wal)")
      :format(quoted(path)))
    assert.matches("first\t[^\n]*\nsecond\t[^\n]*cannot write the journal[^\n]*\n"
      .. "third\t[^\n]*cannot write the journal", output)
    assert.equal(core.kinds.journal, status, output)
    assert.equal(1, rows(path, "SELECT count(*) AS n FROM step WHERE state = 'done'")[1].n)
    local again = run(folder .. "/other.db")
    assert.is_nil(again:find("journal", 1, true), again)
  end)

  it("sends no change after its file was removed", function()
    local path = folder .. "/journal.db"
    local output, status = run(path, "rm " .. quoted(path))
    assert.matches("\nsecond\t[^\n]*was removed or replaced while in use", output)
    assert.matches("\nthird\t[^\n]*was removed or replaced while in use", output)
    assert.equal(core.kinds.journal, status, output)
  end)
end)

describe("journals of released formats", function()
  local fixtures = {}
  for name in program.run("ls spec/fixtures/journals"):gmatch "(format%-%d+%.db)\n" do
    fixtures[#fixtures + 1] = name
  end

  it("have a fixture each", function()
    local path = folder .. "/new.db"
    make_journal(path)
    local file <close> = assert(io.open(path, "rb"))
    file:seek("set", 60)
    local newest = (">I4"):unpack(file:read(4))
    local wanted = {}
    for format = 1, newest do wanted[format] = ("format-%d.db"):format(format) end
    assert.same(wanted, fixtures)
  end)

  for _, name in ipairs(fixtures) do
    it(("are read and gone on with: %s"):format(name), function()
      local path = folder .. "/" .. name
      shell(("cp %s %s"):format(quoted(os.getenv "PWD" .. "/spec/fixtures/journals/" .. name),
        quoted(path)))
      shell("chmod 600 " .. quoted(path))
      local journal <close> = core.journal()
      assert(journal:open(path))
      local known = assert(journal:rows "SELECT * FROM run")
      assert.equal(1, #known)
      assert.same({ "failed", 1, "CHG-1", "ended with" }, { known[1].state, known[1].status,
        known[1].reason, json.decode(known[1].error).message:match "runbook" and "ended with" })
      local steps = assert(journal:rows(
        "SELECT kind, effect, state, occurrence FROM step ORDER BY id"))
      assert.same({ { kind = "change", effect = "converges", state = "done", occurrence = 1 },
        { kind = "save", effect = "save", state = "done", occurrence = 1 },
        { kind = "change", effect = "adds", state = "done", occurrence = 1 } }, steps)
      local shown, status = program.run(("%s runs show last --json --journal=%s"):format(
        program.vbolua, quoted(path)))
      assert.equal(0, status, shown)
      assert.is_truthy(shown:find(known[1].name, 1, true), shown)
      assert.is_true(journal:begin())
      assert(journal:write "UPDATE run SET execution = 2")
      assert.is_true(journal:commit())
    end)
  end
end)
