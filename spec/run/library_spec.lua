-- The journal of Lua programs other than vbolua: `vbo.journal`.

local program = require "spec.support.program"
local quoted = program.quoted

describe("vbo.journal in stock Lua", function()
  local folder, remove, sim

  setup(function()
    folder, remove = program.folder()
    sim = program.sim()
  end)

  teardown(function()
    sim.stop()
    remove()
  end)

  -- Sanitized modules need the sanitizers' run-time, which stock Lua does not have.
  local test = os.getenv "VBO_SANITIZE" and pending or it

  local function lua(text)
    local file <close> = assert(io.open(folder .. "/program.lua", "w"))
    file:write(text)
    file:close()
    return program.run(("cd %s; VBO_HOST=%s VBO_USER=%s VBO_PASSWORD=%s VBO_PIN=%s lua5.4 "
      .. "program.lua"):format(quoted(folder), quoted(sim.listening), quoted(sim.user),
      quoted(sim.password), quoted(sim.fingerprint)))
  end

  local function rows(name, sql)
    local journal <close> = require("vbo.core").journal()
    assert(journal:open(folder .. "/" .. name, { readonly = true }))
    return assert(journal:rows(sql))
  end

  test("writes what the program changes, and how it ends", function()
    local output, status = lua [[
      local vbo = require "vbo"
      local journal <close> = vbo.journal("lua.db", { reason = "ticket 9" })
      local client <close> = vbo.connect()
      client:call("Job_EnableAction", { jobId = client:jobs():first().id })
    ]]
    assert.equal(0, status, output)
    assert.same({ kind = "library", state = "ended", status = 0, reason = "ticket 9" },
      rows("lua.db", "SELECT kind, state, status, reason FROM run")[1])
    assert.same({ { state = "done", kind = "change" } },
      rows("lua.db", "SELECT state, kind FROM step"))
  end)

  test("writes that the program failed", function()
    local _, status = lua [[
      local vbo = require "vbo"
      local journal <close> = vbo.journal "failed.db"
      local client <close> = vbo.connect()
      client:call("Job_EnableAction", { jobId = client:jobs():first().id })
      error "no more"
    ]]
    assert.equal(1, status)
    local run = rows("failed.db", "SELECT state, error FROM run")[1]
    assert.equal("failed", run.state)
    assert.matches("no more", run.error)
  end)

  test("is off without it", function()
    local _, status = lua [[
      local client <close> = require "vbo".connect()
      client:call("Job_EnableAction", { jobId = client:jobs():first().id })
      print(require "vbo".run.id)
    ]]
    assert.equal(0, status)
    assert.is_nil(io.open(folder .. "/journal.db"))
  end)

  it("takes the name of a file", function()
    local vbo = require "vbo"
    local ok, err = pcall(vbo.journal, 7)
    assert.is_false(ok)
    assert.matches("journal takes the name of a file, got number", tostring(err))
  end)
end)
