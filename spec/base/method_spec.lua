-- vbo.base.method: how a runbook may call methods and functions.

local method = require "vbo.base.method"

local function failure(fn, ...)
  local ok, err = pcall(fn, ...)
  assert.is_false(ok)
  assert.equal("usage", err.kind)
  return err.message, err.hint
end

describe("a guarded method", function()
  local meta, guards = {}, {}
  local object = setmetatable({ base = 10 }, meta)
  local function add(self, number) return self.base + (number or 0) end
  local guarded = method.guarded(guards, "add", add, meta)

  it("gives what the method gives, and is the same function each time", function()
    assert.equal(15, guarded(object, 5))
    assert.equal(10, guarded(object))
    assert.equal(guarded, method.guarded(guards, "add", add, meta))
  end)

  it("refuses a call with a dot, and names the colon", function()
    for _, receiver in ipairs { "text", {}, 7 } do
      local message, hint = failure(guarded, receiver)
      assert.equal("'add' is a method, and was called without its object", message)
      assert.equal("write a colon: …:add(…)", hint)
    end
  end)

  it("refuses more arguments than it takes, but no trailing nil", function()
    local message, hint = failure(guarded, object, 1, 2)
    assert.equal("add takes one argument, got 2", message)
    assert.equal("options go into one table: add { name = value, … }", hint)
    assert.equal(11, guarded(object, 1, nil))
  end)

  it("leaves names of the library and what is not a function alone", function()
    assert.equal(add, method.guarded({}, "_add", add, meta))
    assert.equal("value", method.guarded({}, "name", "value", meta))
  end)
end)

describe("a plain function", function()
  it("refuses more arguments than it takes", function()
    assert.equal(3, method.plain("sum", function(a, b) return a + b end)(1, 2))
    local stop = method.plain("stop", function() end)
    assert.equal("stop takes no arguments, got 1", (failure(stop, 1)))
    assert.equal("sum takes 2 arguments, got 3",
      (failure(method.plain("sum", function(a, b) return a, b end), 1, 2, 3)))
  end)
end)
