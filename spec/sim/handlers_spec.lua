-- The handlers of the rehearsal server, as a reader finds them.

local app = require "vbo.sim.http.app"
local catalogue = require "vbo.catalogue"

--- Finds where the sources of the rehearsal server define a handler: name -> file, and how often.
local function definitions()
  local found, count = {}, {}
  local list <close> = assert(io.popen "find lua/vbo/sim -name '*.lua'")
  for path in list:lines() do
    local file <close> = assert(io.open(path))
    for line in file:lines() do
      local name = line:match "^function H%.([%w_]+)%(" or line:match "^H%.([%w_]+)%s*=%s*%g"
        or line:match "^H%.([%w_]+)%s*=$"
      if name then found[name], count[name] = path, (count[name] or 0) + 1 end
    end
  end
  return found, count
end

local function known(name)
  for _, version in ipairs(catalogue.versions) do
    if catalogue.load(version):operation(name) then return true end
  end
  return false
end

describe("the handlers of the rehearsal server", function()
  it("are written with the name of their operation, each in one place", function()
    local found, count = definitions()
    for name in pairs(app.handlers) do
      assert(found[name], name .. " is not written in any file")
      assert(count[name] == 1, name .. " is written " .. count[name] .. " times")
    end
  end)

  it("are all served by the app", function()
    for name, path in pairs((definitions())) do
      assert(app.handlers[name], ("%s of %s is in no module that app.lua lists"):format(name, path))
    end
  end)

  it("are for operations of the catalogue", function()
    local handled = 0
    for name in pairs(app.handlers) do
      assert(known(name), name .. " is no operation")
      handled = handled + 1
    end
    assert.is_true(handled > 300)
  end)
end)
