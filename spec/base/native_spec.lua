-- vbo.base.native: how the C modules are opened from Lua files.

local core = require "vbo.core"
local native = require "vbo.base.native"

describe("the opener of C modules", function()
  it("opens the core of this build", function()
    local opened = native "vbo.core"
    assert.equal(core.version, opened.version)
    assert.equal(core.build, opened.build)
  end)

  it("raises what require would say of a module that is missing", function()
    local before = package.cpath
    finally(function() package.cpath = before end)
    package.cpath = "/nowhere/?.so"
    local ok, message = pcall(native, "vbo.core")
    assert.is_false(ok)
    assert.matches("^module 'vbo.core' not found:.*/nowhere/vbo/core.so", message)
  end)
end)
