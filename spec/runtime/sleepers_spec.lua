-- vbo.runtime.sleepers: the heap of what wakes at a time.

local sleepers = require "vbo.runtime.sleepers"

describe("sleepers", function()
  it("come out by their time, whatever the order they went in", function()
    local state = 7
    for round = 1, 50 do
      local heap, times = sleepers.new(), {}
      for i = 1, round do
        state = (state * 1103515245 + 12345) % 2147483648
        times[i] = state % 20
        heap:put { at = times[i] }
      end
      table.sort(times)
      for i = 1, round do
        assert.equal(times[i], heap:first().at)
        assert.equal(times[i], heap:take().at)
      end
      assert.is_nil(heap:first())
      assert.is_nil(heap:take())
    end
  end)

  it("may go in while others come out", function()
    local heap = sleepers.new()
    heap:put { at = 3 }
    heap:put { at = 1 }
    assert.equal(1, heap:take().at)
    heap:put { at = 2 }
    assert.same({ 2, 3 }, { heap:take().at, heap:take().at })
  end)
end)
