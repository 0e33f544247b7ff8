-- The example on each class's page: it runs against a rehearsal server, and reads objects of every
-- class that it is an example of.

local examples = require "tools.reference.examples"
local key_of = require "spec.support.touched"
local output = require "tools.output"
local program = require "spec.support.program"
local rehearsal = require "spec.support.rehearsal"

local folder <const> = "examples/objects"

-- Class names by what `touched` writes, as the pages have them.
local function classes()
  local names = {}
  local model = output.plainly(function() return require("tools.model").read "lua" end)
  for _, object in ipairs(model.collected.objects) do
    names[key_of(object.class)] = object.type:match "[^.]+$"
  end
  return names
end

describe("an example of a class", function()
  local server, names, here, covered = nil, nil, nil, {}

  setup(function()
    server, names = rehearsal.start(), classes()
    here = program.run "pwd":gsub("\n", "")
  end)
  teardown(function() server.stop() end)
  before_each(function() server.reset() end)

  for _, example in ipairs(examples.read(folder)) do
    it("runs and reads what it is about: " .. example.file, function()
      local path <const>, remove = program.folder()
      finally(remove)
      local where, touched = server.settings(), path .. "/touched"
      local text, status = program.run(("cd %s && env -u LUA_INIT_5_4 TOUCHED=%s "
        .. "LUA_INIT=@%s/spec/support/touched.lua VBO_HOST=%s VBO_USER=%s VBO_PASSWORD=%s "
        .. "VBO_PIN=%s %s %s/%s/%s"):format(program.quoted(path), program.quoted(touched),
        here, where.url, where.user, where.password, where.pin, program.vbolua, here, folder,
        example.file))
      assert.equal(0, status, text)
      assert.is_truthy(text:find "%S", "nothing was printed")
      local read = {}
      for key in output.read(touched):gmatch "[^\n]+" do read[names[key] or key] = true end
      for _, class in ipairs(example.classes) do
        assert.is_true(read[class], class .. " was not read")
        covered[class] = true
        local page = output.read(("docs/reference/objects/%s.md"):format(class))
        assert.is_truthy(page:find("```lua\n" .. example.code .. "```", 1, true), class)
      end
    end)
  end

  it("stands on the page of every class", function()
    local lacking = {}
    for _, name in pairs(names) do
      if not covered[name] then lacking[#lacking + 1] = name end
    end
    table.sort(lacking)
    assert.same({}, lacking)
    assert.is_true(next(names) ~= nil)
  end)
end)
