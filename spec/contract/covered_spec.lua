-- Each module of these rooms has a spec of its name, or is named in one.

local covered = require "tools.lint.covered"
local program = require "spec.support.program"

local rooms = { "base", "catalogue", "client", "model", "objects", "request", "runtime" }

describe("the specs", function()
  for _, room in ipairs(rooms) do
    it("name each module of lua/vbo/" .. room, function()
      local missing = {}
      for _, module in ipairs(covered.missing ".") do
        if module:match("^vbo%.([^.]+)") == room then missing[#missing + 1] = module end
      end
      assert.same({}, missing)
    end)
  end
end)

describe("the list of modules without a spec", function()
  it("knows a spec by its name, by what it requires and by what a comment names", function()
    local folder, remove = program.folder()
    finally(remove)
    local function write(path, text)
      local parent = program.quoted(folder .. "/" .. path:match "^(.*)/")
      assert(os.execute("mkdir -p " .. parent))
      local file <close> = assert(io.open(folder .. "/" .. path, "w"))
      file:write(text)
    end
    for _, path in ipairs { "base/time", "base/error", "base/gone", "model/tree",
      "sim/exchange/pst", "sim/exchange/deep/a", "sim/teams/pst", "catalogue/facts/v1",
      "jobs/init" } do
      write("lua/vbo/" .. path .. ".lua", "")
    end
    write("spec/base/time_spec.lua", 'require "vbo.base.error"')
    write("spec/sim/room_spec.lua", "-- Tests vbo.sim.exchange.* and vbo.model.tree.\n")
    assert.same({ "vbo.base.gone", "vbo.jobs", "vbo.sim.teams.pst" }, covered.missing(folder))
  end)
end)
