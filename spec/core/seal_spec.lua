-- Seals: a saved file is noted in the journal before it gets its name.

local core = require "vbo.core"
local faults = require "spec.support.faults.peer"
local program = require "spec.support.program"

local folder, remove, peer, client, journal, run

before_each(function()
  folder, remove = program.folder()
  peer = faults.start(folder, "token tok 3600\non GET /v8/*\nfile 200 300000\n")
  client = assert(peer:connect())
  journal = assert(core.journal())
  assert(journal:open(folder .. "/journal.db"))
  run = assert(journal:write("INSERT INTO run(name, kind, state, execution) "
    .. "VALUES('20261130-182152-3f9c7a', 'script', 'running', 1)"))
end)
after_each(function()
  client:close()
  journal:close()
  peer:stop()
  remove()
end)

local function step(key, kind)
  return assert(journal:write("INSERT INTO step(run, key, occurrence, kind, state, execution) "
    .. "VALUES(?, ?, 1, ?, 'intent', 1)", run, key, kind or "save"))
end

local function row(id) return assert(journal:rows("SELECT * FROM step WHERE id = ?", id))[1] end

local function start(path, seal)
  return assert(client._core:start { path = "/v8/f", sink = "file", file = path, seal = seal })
end

local function failure(transfer)
  local held <close> = transfer
  local ok, err = held:wait()
  assert.is_nil(ok)
  assert.is_nil(held:file())
  return err
end

describe("a save of the interpreter", function()
  it("is sealed in the journal, and done with the file's inode", function()
    local sim = program.sim()
    local runbook = folder .. "/runbook.lua"
    local file <close> = assert(io.open(runbook, "w"))
    file:write [[
local vbo = require "vbo"
local client <close> = vbo.connect()
local session <close> = client:organizations():first():explore { workload = "onedrive" }
local drive = session:onedrive "alice@contoso.com"
print(drive:folder "Documents":save { to = "report.zip" }.path)
]]
    file:close()
    local output, status = program.run(("cd %s; VBO_HOST=%s VBO_USER=%s VBO_PASSWORD=%s VBO_PIN=%s "
      .. "%s --journal=runs.db runbook.lua"):format(folder, sim.listening, sim.user, sim.password,
      sim.fingerprint, program.vbolua))
    sim.stop()
    assert.equal(0, status, output)
    local runs <close> = core.journal()
    assert(runs:open(folder .. "/runs.db", { readonly = true }))
    local found = assert(runs:rows "SELECT * FROM step WHERE kind = 'save'")[1]
    local path = folder .. "/report.zip"
    assert.same({ "done", path }, { found.state, found.path })
    local there = core.stat(path)
    assert.same({ there.size, there.inode, there.device, there.modified },
      { found.size, found.inode, found.device, found.modified })
  end)
end)

describe("a seal", function()
  it("is in the journal with path, size, hash, inode and time, and is the file's", function()
    local path, id = folder .. "/f.bin", step "a"
    local transfer <close> = start(path, { journal = journal, step = id })
    local commits = journal:commits()
    assert.is_true(transfer:wait())
    assert.equal(commits + 1, journal:commits())
    local found, file = row(id), transfer:file()
    assert.same({ "sealed", path, 300000, transfer:sha256() },
      { found.state, found.path, found.size, found.sha256 })
    assert.same({ size = 300000, inode = found.inode, device = found.device,
      modified = found.modified }, file)
    assert.equal(300000, #faults.content(path))
    local inode, seconds = program.run("stat -c '%i %Y' " .. path):match "(%d+) (%d+)"
    assert.equal(math.tointeger(inode), file.inode)
    assert.equal(math.tointeger(seconds), file.modified // 1000)
  end)

  it("has an absolute path for one that is relative", function()
    local id = step "a"
    local name = ("seal-spec-%s.bin"):format(core.random(8):gsub(".", function(c)
      return ("%02x"):format(c:byte())
    end))
    local transfer <close> = start(name, { journal = journal, step = id })
    local ok = transfer:wait()
    os.remove(name)
    assert.is_true(ok)
    assert.equal((os.getenv "PWD" or program.run "pwd":gsub("\n", "")) .. "/" .. name, row(id).path)
  end)

  it("takes an unhashed file, without a hash", function()
    local id = step "a"
    local transfer <close> = assert(client._core:start { path = "/v8/f", sink = "file",
      file = folder .. "/f.bin", sha256 = false, seal = { journal = journal, step = id } })
    assert.is_true(transfer:wait())
    assert.same({ "sealed", 300000 }, { row(id).state, row(id).size })
    assert.is_nil(row(id).sha256)
  end)

  it("fails the save when the step is not one under way, and leaves no file", function()
    local change, done = step("a", "change"), step "b"
    assert(journal:write("UPDATE step SET state = 'done' WHERE id = ?", done))
    for _, id in ipairs { change, done, 4711 } do
      local err = failure(start(folder .. "/f.bin", { journal = journal, step = id }))
      assert.equal("journal", err.kind)
      assert.equal(("step %d is not a save under way"):format(id), err.message)
      assert.equal("", faults.left(folder .. "/f.bin"))
    end
    assert.same({ "intent", "done" }, { row(change).state, row(done).state })
    assert.equal("", (program.run(("ls -A %s | grep part"):format(folder))))
  end)

  it("fails the save when the journal cannot be written now", function()
    local id = step "a"
    assert(journal:begin())
    local err = failure(start(folder .. "/f.bin", { journal = journal, step = id }))
    assert.same({ "journal", "a transaction of the journal is open" }, { err.kind, err.message })
    assert(journal:rollback())
    local transfer = start(folder .. "/f.bin", { journal = journal, step = id })
    journal:close()
    assert.equal("closed", failure(transfer).kind)
    assert.equal("", faults.left(folder .. "/f.bin"))
    assert(journal:open(folder .. "/journal.db"))
    assert.equal("intent", row(id).state)
  end)

  it("costs one commit for the files that are ready together", function()
    local ids, transfers = {}, {}
    for i = 1, 30 do
      ids[i] = step("k" .. i)
      transfers[i] = start(("%s/f%d.bin"):format(folder, i), { journal = journal, step = ids[i] })
    end
    local commits = journal:commits()
    for i, transfer in ipairs(transfers) do
      assert.is_true(transfer:wait())
      assert.equal("sealed", row(ids[i]).state)
      assert.equal(300000, #faults.content(row(ids[i]).path))
      transfer:close()
    end
    assert.is_true(journal:commits() - commits <= 30)
  end)

  it("is given with a journal and a step, for a file", function()
    local function raised(seal, sink)
      local ok, message = pcall(client._core.start, client._core, { path = "/v8/f", seal = seal,
        sink = sink or "file", file = not sink and folder .. "/f.bin" or nil })
      assert.is_false(ok)
      return message
    end
    assert.matches("bad option 'seal' %(it needs the step of a journal%)",
      raised { journal = journal })
    assert.matches("bad option 'seal' %(it needs a journal%)", raised { step = 1 })
    assert.matches("bad option 'seal' %(it needs a journal%)", raised { step = 1, journal = true })
    assert.matches("only the sink 'file'", raised({ step = 1, journal = journal }, "memory"))
    assert.matches("table", raised(true))
    assert.matches("seal has no option 'steps'", raised { steps = 1 })
  end)

  it("is not needed to tell which file a save has made", function()
    local transfer <close> = start(folder .. "/f.bin")
    assert.is_nil(transfer:file())
    assert.is_true(transfer:wait())
    assert.equal(300000, transfer:file().size)
    local memory <close> = assert(client._core:start { path = "/v8/f" })
    assert.is_true(memory:wait())
    assert.is_nil(memory:file())
  end)

  it("keeps its journal alive as long as the transfer", function()
    local own = assert(core.journal())
    assert(own:open())
    local mine = assert(own:write("INSERT INTO run(name, kind, state, execution) "
      .. "VALUES('r', 'script', 'running', 1)"))
    local id = assert(own:write("INSERT INTO step(run, key, occurrence, kind, state, execution) "
      .. "VALUES(?, 'k', 1, 'save', 'intent', 1)", mine))
    local seen = setmetatable({ own }, { __mode = "v" })
    local transfer <close> = start(folder .. "/f.bin", { journal = own, step = id })
    own = nil -- luacheck: ignore
    collectgarbage()
    assert.is_true(transfer:wait())
    assert.equal("sealed", seen[1]:rows("SELECT state FROM step")[1].state)
    seen[1]:close()
  end)
end)
