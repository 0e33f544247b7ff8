-- Every operation below /RestoreSessions, of every version, has an object method: the sources
-- of the objects name it.

local catalogue = require "vbo.catalogue"

-- Operations that no object calls, and why.
local exceptions = {}

-- The sources of the objects: neither the facts nor the rehearsal server, which name all.
local function sources()
  local list = {}
  local pipe <close> = assert(io.popen "find lua/vbo -name '*.lua'")
  for path in pipe:lines() do
    if not path:find "^lua/vbo/catalogue/" and not path:find "^lua/vbo/sim/"
        and path ~= "lua/vbo/client/capability.lua" then
      list[#list + 1] = path
    end
  end
  return list
end

-- Quoted words in code, so that a mention in a comment does not count.
local function named()
  local names = {}
  for _, path in ipairs(sources()) do
    for line in io.lines(path) do
      if not line:find "^%s*%-%-" then
        for name in line:gmatch '"([%w]+_[%w]+)"' do names[name] = path end
      end
    end
  end
  return names
end

local function below_restore_sessions()
  local operations = {}
  for _, version in ipairs(catalogue.versions) do
    for operation in catalogue.load(version):operations() do
      if operation.path:lower():find("/restoresessions", 1, true) then
        operations[operation.name] = operations[operation.name] or version
      end
    end
  end
  return operations
end

describe("operations below /RestoreSessions", function()
  it("are all called by an object", function()
    local names, missing, count = named(), {}, 0
    for name, version in pairs(below_restore_sessions()) do
      count = count + 1
      if not names[name] and not exceptions[name] then
        missing[#missing + 1] = ("%s (%s)"):format(name, version)
      end
    end
    table.sort(missing)
    assert.same({}, missing)
    assert.is_true(count > 200)
  end)

  it("are left out only where they exist and for a reason", function()
    local names, operations = named(), below_restore_sessions()
    for name, reason in pairs(exceptions) do
      assert.is_truthy(operations[name], name .. " does not exist")
      assert.is_nil(names[name], name .. " is no exception any more")
      assert.is_true(#reason > 10)
    end
  end)
end)
