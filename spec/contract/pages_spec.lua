-- Runs every example of README.md and of the pages in docs/, and compares what they print.

local pages = require "spec.support.pages"
local program = require "spec.support.program"
local rehearsal = require "spec.support.rehearsal"

local function list()
  local paths = { "README.md", "CONTRIBUTING.md" }
  local output = program.run "ls docs/*.md"
  for path in output:gmatch "[^\n]+" do paths[#paths + 1] = path end
  return paths
end

local server

setup(function() server = rehearsal.start() end)
teardown(function() server.stop() end)

for _, path in ipairs(list()) do
  describe(path, function()
    local reader

    setup(function()
      server.reset()
      reader = pages.read(server.settings())
    end)
    teardown(function() reader:close() end)

    it("has blocks of known languages alone", function()
      assert.same({}, pages.unknown(path))
    end)

    for _, example in ipairs(pages.examples(path)) do
      it(("does what the example at line %d shows"):format(example.line), function()
        reader:try(example)
      end)
    end
  end)
end
