-- vbo.runtime.progress.hub: when an event of a transfer is due, and what it holds.

local hub = require "vbo.runtime.progress.hub"

local function transfer(fields)
  local it = { id = 7, name = "a.zip", phase = "receiving", received = 50, expected = 100,
    rate = 10, elapsed = 5, waited = 1, attempts = 1 }
  for name, value in pairs(fields or {}) do it[name] = value end
  return it
end

describe("an event of progress", function()
  it("holds the transfer's figures", function()
    local made = hub.event(transfer())
    assert.is_number(made.time)
    made.time, made.left = nil, nil
    assert.same({ event = "progress", id = 7, name = "a.zip", phase = "receiving", received = 50,
      expected = 100, rate = 10, elapsed = 5, waited = 1, attempts = 1 }, made)
  end)

  it("is called after the phase or as the caller says", function()
    assert.equal("preparing", hub.event(transfer { phase = "preparing" }).event)
    assert.equal("done", hub.event(transfer { phase = "done" }, "done").event)
  end)

  it("is due at first, after the interval, and at once for another phase or attempt", function()
    local seen, due = {}, hub.due
    assert.is_true(due(seen, transfer(), 100, 2))
    assert.is_false(due(seen, transfer(), 101, 2))
    assert.is_true(due(seen, transfer(), 102, 2))
    assert.is_true(due(seen, transfer { phase = "done" }, 102.1, 2))
    assert.is_true(due(seen, transfer { phase = "done", attempts = 2 }, 102.2, 2))
    assert.is_false(due(seen, transfer { phase = "done", attempts = 2 }, 102.3, 2))
  end)

  it("is due when the clock went back", function()
    local seen = {}
    hub.due(seen, transfer(), 100, 2)
    assert.is_true(hub.due(seen, transfer(), 50, 2))
  end)
end)
