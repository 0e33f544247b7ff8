local filter = require "vbo.filter"
local vbo = require "vbo"

local function matches(conditions, item) return filter.compile(conditions)(item) end

describe("where", function()
  local document = {
    name = "Übersicht [final].docx", size = 1000, version = "2.0",
    modified = "2026-11-03T13:40:00Z",
  }

  it("takes globs without regard to ASCII case", function()
    assert.is_true(matches({ name = "*.DOCX" }, document))
    assert.is_true(matches({ name = "?bersicht *" }, document))
    assert.is_true(matches({ name = "*[final]*" }, document))
    assert.is_false(matches({ name = "*.doc" }, document))
    assert.is_false(matches({ name = "?" }, document))
  end)

  it("takes equality, dates, sizes and functions, all of which must hold", function()
    assert.is_true(matches({ version = "2.0", larger = 999, smaller = 1001 }, document))
    assert.is_false(matches({ version = "2.0", larger = 1000 }, document))
    assert.is_true(matches({ modified_after = "2026-11-03T13:40:00Z" }, document))
    assert.is_false(matches({ modified_before = "2026-11-03T13:40:00Z" }, document))
    assert.is_true(matches({ modified_before = "2026-11-03T15:40:00+01:00" }, document))
    assert.is_true(matches({ size = function(n) return n == 1000 end }, document))
    assert.is_true(matches(function(item) return item.size == 1000 end, document))
  end)

  it("does not match what is not there", function()
    assert.is_false(matches({ author = "*" }, document))
    assert.is_false(matches({ created_after = "2000-01-01" }, document))
    assert.is_false(matches({ larger = 0 }, {}))
  end)

  it("refuses conditions that mean nothing", function()
    for _, wrong in ipairs { 5, { "name" }, { modified_after = "soon" }, { larger = "big" } } do
      local ok, err = vbo.try(filter.compile, wrong)
      assert.is_nil(ok)
      assert.equal("usage", err.kind)
    end
  end)
end)
