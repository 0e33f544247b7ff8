-- Runs that are killed around a file's name and behind a request, and what their journal says.

local core = require "vbo.core"
local crash = require "spec.support.crash"
local program = require "spec.support.program"
local rehearsal = require "spec.support.rehearsal"

local quoted = program.quoted

local runbook = [[
local vbo = require "vbo"
local client <close> = vbo.connect()
local session <close> = client:organizations():first():explore { workload = "onedrive" }
local drive = session:onedrive "alice@contoso.com"
if arg[1] == "restore" then
  drive:restore()
else
  local overwrite = arg[1] == "overwrite"
  drive:folder "Documents":save { to = "first.zip", overwrite = overwrite }
  drive:folder "Documents":save { to = "second.zip", overwrite = overwrite }
end
]]

describe("a run that is killed", function()
  local folder, remove, server

  before_each(function()
    folder, remove = program.folder()
    server = rehearsal.start()
    local file <close> = assert(io.open(folder .. "/runbook.lua", "w"))
    file:write(runbook)
  end)
  after_each(function()
    server.stop()
    remove()
  end)

  local function killed(at, words, more)
    local settings = crash.shimmed(at)
    for name, value in pairs(more or {}) do settings[name] = value end
    local sim = server.sim
    settings.VBO_HOST, settings.VBO_USER = sim.listening, sim.user
    settings.VBO_PASSWORD, settings.VBO_PIN = sim.password, sim.fingerprint
    local parts = {}
    for name, value in pairs(settings) do parts[#parts + 1] = name .. "=" .. quoted(value) end
    local output, status = program.run(("cd %s; env %s %s --journal=runs.db runbook.lua %s"):format(
      quoted(folder), table.concat(parts, " "), program.vbolua, words or ""))
    assert.equal(137, status, output)
  end

  local function names()
    return (program.run(("cd %s; ls -A | grep -v ^run"):format(quoted(folder))):gsub("\n", " "))
  end

  -- The states of the steps, whose files are as the journal has them.
  local function states()
    local journal <close> = core.journal()
    assert(journal:open(folder .. "/runs.db", { readonly = true }))
    local list = {}
    for i, row in ipairs(assert(journal:rows "SELECT * FROM step ORDER BY id")) do
      list[i] = row.state
      local found = row.path and core.stat(row.path)
      if row.inode and found then
        assert.same({ row.size, row.inode, row.modified },
          { found.size, found.inode, found.modified })
      end
    end
    return list
  end

  if not os.getenv "VBO_KILL_SHIM" then
    it("needs LD_PRELOAD", function() pending "there is no LD_PRELOAD here" end)
    return
  end

  it("before a file has its name leaves a sealed step and no file", function()
    killed "sealed:2"
    assert.equal("sealed", states()[2])
    assert.equal("first.zip ", names())
  end)

  it("after a file has its name leaves a sealed step and the file", function()
    killed "renamed:2"
    assert.equal("sealed", states()[2])
    assert.equal("first.zip second.zip ", names())
  end)

  it("while it replaces a file leaves the one or the other, whole", function()
    for at, size in pairs { ["sealed:1"] = 3, ["renamed:1"] = false } do
      local file <close> = assert(io.open(folder .. "/first.zip", "w"))
      file:write "old"
      file:close()
      killed(at, "overwrite")
      local found = core.stat(folder .. "/first.zip").size
      assert.equal(size or true, size and found or found > 3)
      assert.equal("first.zip ", names())
    end
  end)

  it("when its change has left leaves the intent, and the server has the change", function()
    killed("sent:2", "restore") -- after the explore
    assert.same({ "intent" }, states())
    -- It reads the request, or notices that its client is gone, in its own time.
    crash.wait(function() return #crash.requests(server) == 1 end)
  end)
end)
