-- Commits and requests that a journal costs: counted, not timed.

local program = require "spec.support.program"
local quoted = program.quoted

local prelude = [[
local vbo = require "vbo"
local client <close> = vbo.connect()
local handle = require("vbo.run.state").state().store.handle
local jobs = client:jobs():all()
local function enable(job) client:call("Job_EnableAction", { jobId = job.id }) end
enable(jobs[1]) -- begins the run
]]

describe("a journal", function()
  local folder, remove, sim

  setup(function()
    folder, remove = program.folder()
    sim = program.sim()
  end)

  teardown(function()
    sim.stop()
    remove()
  end)

  local function run(version, text)
    local file <close> = assert(io.open(folder .. "/runbook.lua", "w"))
    file:write(prelude, text)
    file:close()
    local output, status = program.run(("cd %s; VBO_HOST=%s VBO_USER=%s VBO_PASSWORD=%s VBO_PIN=%s "
      .. "VBO_VERSION=%s %s --journal=journal-%s.db runbook.lua"):format(quoted(folder),
      quoted(sim.listening), quoted(sim.user), quoted(sim.password), quoted(sim.fingerprint),
      version, program.vbolua, version))
    assert.equal(0, status, output)
    return output
  end

  for _, version in ipairs { "v5", "v8" } do
    it("has two commits for each change, in " .. version, function()
      assert.equal("20\n", run(version, [[
        local before = handle:commits()
        for _ = 1, 10 do enable(jobs[1]) end
        print(handle:commits() - before)
      ]]))
    end)
  end

  it("has three commits for a change that the server accepts and carries out later", function()
    assert.equal("6\n", run("v8", [[
      local session <close> = client:organizations():first():explore { workload = "onedrive" }
      local drive = session:onedrive "bob@contoso.com"
      drive:restore()
      local before = handle:commits()
      for _ = 1, 2 do drive:restore() end
      print(handle:commits() - before)
    ]]))
  end)

  it("has commits that parallel changes share", function()
    assert.equal("true\n", run("v8", [[
      local before, list = handle:commits(), {}
      for i = 1, 32 do list[i] = i end
      vbo.parallel(list, { limit = 32 }, function() enable(jobs[1]) end)
      -- All intents come before the first wait: one commit.
      print(handle:commits() - before <= 33)
    ]]))
  end)

  it("costs no request where the change has been described", function()
    assert.equal("3\n", run("v8", [[
      local sent = 0
      client.gates[1] = function(request, next) sent = sent + 1 return next(request) end
      for _ = 1, 3 do enable(jobs[1]) end
      print(sent)
    ]]))
  end)
end)
