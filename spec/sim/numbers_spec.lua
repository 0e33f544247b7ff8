-- The arithmetic of generated worlds: vbo.sim.world.numbers, vbo.sim.world.big.timeline and
-- vbo.sim.world.big.overlay; vbo.sim.base.later defers fields of described ones.

local later = require "vbo.sim.base.later"
local numbers = require "vbo.sim.world.numbers"
local overlay = require "vbo.sim.world.big.overlay"
local timeline = require "vbo.sim.world.big.timeline"

describe("the numbers of a generated world", function()
  local key = numbers.key "seed/users"

  it("become ids that lead back to them", function()
    for _, n in ipairs { 0, 1, 4711, (1 << 47) + 5 } do
      local id = numbers.uuid(key, n)
      assert.match("^%x+%-%x+%-4%x+%-[89ab]%x+%-%x+$", id)
      assert.equal(n, numbers.index(key, id:upper(), n + 1))
      assert.is_nil(numbers.index(key, id, n))
      assert.equal(n, numbers.entry_index(key, numbers.entry(key, n, 70), 70, n + 1))
    end
    assert.is_nil(numbers.index(numbers.key "other", numbers.uuid(key, 1), 10))
    assert.is_nil(numbers.index(key, "no id", 10))
    assert.is_nil(numbers.entry_index(key, "AAAA", 70, 10))
  end)

  it("are dealt evenly, and lead back to their owner", function()
    local share, owner = numbers.dealt(10, 4)
    local seen = {}
    for each = 0, 3 do
      local from, count = share(each)
      for n = from, from + count - 1 do seen[n] = each end
      assert.is_true(count == 2 or count == 3)
    end
    for n = 0, 9 do assert.equal(seen[n], owner(n)) end
  end)

  it("are counted and found by their slots", function()
    local below, nth = numbers.slots({ 1, 3 }, 5)
    local found = {}
    for k = 0, 4 do found[k + 1] = nth(k) end
    assert.same({ 1, 3, 6, 8, 11 }, found)
    assert.equal(0, below(1))
    assert.equal(3, below(8))
    assert.equal(4, below(10))
  end)
end)

describe("a timeline", function()
  local line = timeline.new { key = 7, count = 300, first = 0, start = 0, now = 300000,
    points = { 200000, 290000 } }

  it("brings things in order and deletes the oldest hundredth", function()
    for j = 1, 299 do assert.is_true(line:came(j) >= line:came(j - 1)) end
    assert.is_number(line:went(2))
    assert.is_nil(line:went(3))
  end)

  it("shows a range of numbers at a time", function()
    for _, time in ipairs { -1, 0, 100000, 250000, 300000 } do
      local from, to = line:range(time)
      for j = 0, 299 do
        local there = line:came(j) <= time and not (line:went(j) and line:went(j) <= time)
        assert.equal(there, j >= from and j < to, j .. " at " .. time)
      end
      assert.same({ 0, to }, { line:range(time, true) })
    end
  end)
end)

describe("an overlay", function()
  it("reads through, keeps what is written, and hides what is removed", function()
    local below = { a = 1, b = 2 }
    local over = overlay.new(function(key) return below[key] end, { "a", "b" }, function(key)
      return key, below[key]
    end)
    over.b, over.c, over.a = 20, 30, nil
    assert.is_nil(over.a)
    local all = {}
    for name, value in pairs(over) do all[name] = value end
    assert.same({ b = 20, c = 30 }, all)
    assert.same({ a = 1, b = 2 }, below)
  end)
end)

describe("a deferred field", function()
  it("is filled once, on first use, also in copies with the metatable", function()
    local fills = 0
    local record = later.fields({ id = 1 }, { "body", "html" }, function(it)
      fills = fills + 1
      it.body, it.html = "text", "<p>"
    end)
    local copy = setmetatable({ id = 2 }, getmetatable(record))
    assert.equal(0, fills)
    assert.equal("text", copy.body)
    assert.equal("<p>", record.html)
    assert.is_nil(record.other)
    assert.equal(1, fills)
  end)
end)
