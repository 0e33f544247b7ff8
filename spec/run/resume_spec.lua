-- A run that is killed and resumed, through the program; the modules below it by name.

local program = require "spec.support.program"
local quoted = program.quoted

local runbook = [[
local vbo = require "vbo"
local client <close> = vbo.connect()
local session <close> = client:organizations():first():explore { workload = "onedrive" }
local function kill() os.execute "kill -9 $PPID" end
for i, name in ipairs { "alice@contoso.com", "bob@contoso.com" } do
  local statistics = session:onedrive(name):restore()
  print(name, statistics.restored, statistics.skipped)
  if arg[1] == tostring(i) and vbo.run.arguments[1] then
    if not io.open(arg[2]) then
      io.open(arg[2], "w"):close()
      kill()
    end
  end
end
]]

-- Resumes by the module: the command has a spec of its own.
local resumer = [[
local how = { unknown = "fail", changed = arg[2] == "changed" }
local run = require("vbo.run.resume").start(arg[1], how)
arg = { [0] = run.script, table.unpack(run.arguments) }
dofile(run.script)
]]

local function write(path, text)
  local file <close> = assert(io.open(path, "w"))
  file:write(text)
end

describe("a run", function()
  local folder, remove, sim

  before_each(function()
    folder, remove = program.folder()
    write(folder .. "/runbook.lua", runbook)
    write(folder .. "/resumer.lua", resumer)
    sim = program.sim()
  end)

  after_each(function()
    sim.stop()
    remove()
  end)

  local function vbolua(words, version)
    return program.run(("cd %s; VBO_HOST=%s VBO_USER=%s VBO_PASSWORD=%s VBO_PIN=%s VBO_VERSION=%s "
      .. "%s --journal=journal.db %s"):format(quoted(folder), quoted(sim.listening),
      quoted(sim.user), quoted(sim.password), quoted(sim.fingerprint), version, program.vbolua,
      words))
  end

  local function rows(sql)
    local core = require "vbo.core"
    local journal <close> = core.journal()
    assert(journal:open(folder .. "/journal.db", { readonly = true }))
    return assert(journal:rows(sql))
  end

  for _, version in ipairs { "v2", "v5", "v7", "v8" } do
    it("answers what it did from the journal when it is resumed, in " .. version, function()
      local first, status = vbolua("runbook.lua 1 killed", version)
      assert.equal(137, status)
      local done = first:match "^alice@contoso.com[^\n]*\n"
      assert.is_string(done, first)
      local run = rows("SELECT name, state FROM run")[1]
      assert.equal("running", run.state)
      local second, ended = vbolua("resumer.lua " .. run.name, version)
      assert.equal(0, ended, second)
      assert.equal(done, second:match "^[^\n]*\n")
      assert.matches("\nbob@contoso.com", second)
      local steps = rows "SELECT state, execution, attempt, effect, kind FROM step ORDER BY id"
      assert.same({
        { state = "done", execution = 1, attempt = 1, effect = "converges", kind = "change" },
        { state = "done", execution = 2, attempt = 1, effect = "converges", kind = "change" },
      }, steps)
      assert.same({ state = "ended", execution = 2, status = 0 },
        rows("SELECT state, execution, status FROM run")[1])
    end)
  end

  it("is not resumed when its runbook has changed, unless that is allowed", function()
    vbolua("runbook.lua 1 killed", "v8")
    write(folder .. "/runbook.lua", runbook .. "print 'more'\n")
    local name = rows("SELECT name FROM run")[1].name
    local text, status = vbolua("resumer.lua " .. name, "v8")
    assert.equal(25, status)
    assert.matches("the runbook .*/runbook.lua has changed since the run began", text)
    text, status = vbolua(("resumer.lua %s changed"):format(name), "v8")
    assert.equal(0, status, text)
    assert.matches("more\n$", text)
  end)

  it("opens no journal when it only reads", function()
    write(folder .. "/read.lua", [[
      local client <close> = require "vbo".connect()
      print(client:organizations():first().name)
    ]])
    local _, status = vbolua("read.lua", "v8")
    assert.equal(0, status)
    assert.is_nil(io.open(folder .. "/journal.db"))
  end)

  it("keeps what a raw call answered", function()
    write(folder .. "/runbook.lua", [[
      local client <close> = require "vbo".connect()
      local job = client:jobs():first()
      print(client:call("Job_EnableAction", { jobId = job.id }))
      if not io.open(arg[1]) then
        io.open(arg[1], "w"):close()
        os.execute "kill -9 $PPID"
      end
    ]])
    vbolua("runbook.lua killed", "v8")
    local name = rows("SELECT name FROM run")[1].name
    local text, status = vbolua("resumer.lua " .. name, "v8")
    assert.equal(0, status, text)
    assert.equal(1, #rows "SELECT id FROM step")
  end)
end)

describe("vbo.run", function()
  it("is part of each program", function()
    local text = program.run(program.vbolua .. " --reason 'ticket 7' -e 'local run = "
      .. "require(\"vbo\").run print(#run.id, run.reason, #run.arguments, run.planned)'")
    assert.equal("22\tticket 7\t0\tfalse\n", text)
  end)
end)

describe("the modules of a run", function()
  local names = { "boundary", "files", "replay", "state", "step", "store", "public", "place" }
  for _, name in ipairs(names) do
    it("load by themselves: " .. name, function()
      assert.is_table(require("vbo.run." .. name))
    end)
  end

  it("write an error without what belongs to the moment", function()
    local replay, errors = require "vbo.run.replay", require "vbo.base.error"
    local err = errors.new { kind = "refused", message = "no", sent = true, where = "x.lua:1" }
    assert.same({ kind = "refused", message = "no", sent = true, retryable = false },
      replay.plain(err))
    assert.equal('{"a":[]}', replay.encode { a = require("vbo.base.json").array {},
      f = print })
  end)
end)
