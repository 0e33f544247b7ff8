-- vbo.runtime.lock and the engine that it waits with.

local engine = require "vbo.runtime.engine"
local lock = require "vbo.runtime.lock"
local vbo = require "vbo"

describe("a lock of tasks", function()
  it("is held by one task at a time", function()
    local log, inside = {}, 0
    local tasks = {}
    for i = 1, 3 do
      tasks[i] = vbo.spawn(function()
        local _ <close> = lock.hold "name"
        inside = inside + 1
        assert.equal(1, inside)
        vbo.sleep(0.001)
        inside = inside - 1
        log[#log + 1] = i
      end)
    end
    for i = 1, 3 do tasks[i]:wait() end
    table.sort(log)
    assert.same({ 1, 2, 3 }, log)
  end)

  it("does not hold up a task with another name, and is free after an error", function()
    local one <close> = lock.hold "one"
    assert.is_table(one)
    local task = vbo.spawn(function()
      local _ <close> = lock.hold "two"
      error "stop"
    end)
    assert.is_false(pcall(task.wait, task))
    local two <close> = lock.hold "two"
    assert.is_table(two)
  end)
end)

describe("the engine", function()
  it("is one for all clients of a Lua state", function()
    assert.equal(engine.get(), engine.get())
  end)
end)
