-- The retry of a step narrowed to what failed.

local json = require "vbo.base.json"
local narrow = require "vbo.run.narrow"

describe("narrowing a retry", function()
  local members = {
    { id = "1", path = "Documents/a.txt", name = "a.txt" },
    { id = "2", path = "Documents/b.txt", name = "b.txt" },
    { id = "3", path = "Pictures", name = "Pictures" },
  }

  local function narrowed(items, operation, action)
    local list = json.array { { id = "1" }, { id = "2" }, { id = "3" } }
    local inside = { documents = list, documentAction = "Keep" }
    local request = { operation = "X", body = action and { [action] = inside } or inside }
    local step = {
      row = { id = 7, statistics = '{"restored":1,"skipped":0,"failed":2,"total":3}' },
      key = { members = members, selection = "documents" },
      client = { _catalogue = { operation = function() return operation end } },
    }
    local state = { store = { rows = function(_, _, id)
      assert.equal(7, id)
      return items
    end } }
    local ok = narrow.request(state, step, request)
    return ok, (action and request.body[action] or request.body).documents, step
  end

  it("keeps the members whose ids failed", function()
    local ok, list, step = narrowed({ { id = "2" }, { id = "3" } }, {})
    assert.is_true(ok)
    assert.same({ { id = "2" }, { id = "3" } }, { list[1], list[2] })
    assert.is_nil(list[3])
    assert.equal(1, step.earlier.restored)
  end)

  it("keeps a folder for an item that lies in it", function()
    local ok, list = narrowed({ { target = "Pictures/2026/x.jpg" } }, {})
    assert.is_true(ok)
    assert.same({ { id = "3" } }, { list[1] })
    assert.is_nil(list[2])
  end)

  it("narrows a body of the action dialect", function()
    local ok, list = narrowed({ { target = "Documents/a.txt" } },
      { action = "restoretoOriginallocation" }, "restoretoOriginallocation")
    assert.is_true(ok)
    assert.same({ { id = "1" } }, { list[1] })
    assert.is_nil(list[2])
  end)

  it("leaves the request when an item belongs to no member", function()
    local ok, list = narrowed({ { id = "2" }, { title = "somewhere" } }, {})
    assert.is_false(ok)
    assert.equal(3, #list)
  end)

  it("leaves the request when the journal knows no failed item", function()
    local ok, list = narrowed({}, {})
    assert.is_false(ok)
    assert.equal(3, #list)
  end)

  it("adds up what both attempts did", function()
    assert.same({ restored = 3, skipped = 1, failed = 0, total = 4 }, narrow.sum(
      { restored = 1, skipped = 1, failed = 2, total = 4 },
      { restored = 2, skipped = 0, failed = 0, total = 2 }))
  end)
end)
