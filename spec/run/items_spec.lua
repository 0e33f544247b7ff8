-- Items of a step, and how each one ended.
--
-- Tests vbo.run.items, by itself and through the program.

local core = require "vbo.core"
local crash = require "spec.support.crash"
local items = require "vbo.run.items"
local rehearsal = require "spec.support.rehearsal"

-- Returns a session with events, as `items.of` reads it.
local function session(events)
  return {
    _client = { _catalogue = { operation = function() return events and {} end } },
    events = function()
      return { where = function() return { all = function() return events end } end }
    end,
  }
end

describe("the items of a step", function()
  it("are those that v8 lists with its statistics since the step began", function()
    local raw = { items = {
      { id = "1", title = "old.txt", status = "Success" },
      { id = "2", name = "new.txt", path = "Documents/new.txt", status = "Failed", error = "full" },
    } }
    assert.same({ { id = "2", title = "new.txt", target = "Documents/new.txt", status = "Failed",
      error = "full" } }, items.of(session {}, { order = 3, items = 1 }, { raw = raw }))
  end)

  it("are those that events above the baseline name, with the ids of v6 and v7", function()
    local events = {
      { order = 5, status = "Failed", item_name = "b.txt", title = "b.txt", message = "no right",
        target = "alice" },
      { order = 4, status = "Success", item_name = "a.txt", target = "alice" },
      { order = 3, status = "Success", title = "Restoring folder x" },
      { order = 2, status = "Success", item_name = "before.txt" },
      { order = 6, status = "Running", item_name = "c.txt" },
    }
    local raw = { details = { { details = { restoreIssues = {
      { id = "7", title = "b.txt", path = "Documents/b.txt", error = "no right to write" } } } } } }
    assert.same({ { title = "a.txt", target = "alice", status = "Success" },
      { id = "7", title = "b.txt", target = "Documents/b.txt", status = "Failed",
        error = "no right to write" } },
      items.of(session(events), { order = 2 }, { raw = raw }))
  end)

  it("are the failures of the answer where no events are known to be its own", function()
    local raw = { restoreIssues = { { id = "7", name = "b.txt", error = "no" },
      { id = "8", name = "c.txt", warnings = { "odd" } } } }
    local found = items.of(session {}, nil, { raw = raw })
    assert.same({ { id = "7", title = "b.txt", status = "Failed", error = "no" },
      { id = "8", title = "c.txt", status = "Warning" } }, found)
  end)

  it("do not exist where a version says text only", function()
    assert.same({}, items.of(session(nil), nil, { raw = { exceptions = { "b.txt: no" } } }))
    assert.same({}, items.of(session { { order = 1, status = "Failed", title = "b.txt" } },
      { order = 0 }, { raw = {} }))
  end)
end)

describe("the journal", function()
  local server

  setup(function() server = rehearsal.start() end)
  teardown(function() server.stop() end)

  it("holds the items of a restore with their ids and paths, in v8", function()
    local run <close> = crash.new(server, "v8", nil, [[
local client <close> = require "vbo".connect()
local session <close> = client:organization "contoso.onmicrosoft.com":explore {
  workload = "onedrive", at = "2026-11-18T22:00:00Z" }
local drive = session:onedrive "alice@contoso.com"
drive:folder("Documents/Reports"):restore()
drive:folder("Documents/Projects/Aurora"):restore()
]])
    local output, status = run:run()
    assert.equal(0, status, output)
    local journal <close> = core.journal()
    assert(journal:open(run.folder .. "/state/vbolua/journal.db", { readonly = true }))
    for step, folder in ipairs { "Documents/Reports/", "Documents/Projects/Aurora/" } do
      local rows = assert(journal:rows("SELECT * FROM item WHERE step = ? ORDER BY number", step))
      assert.is_true(#rows > 1)
      for _, row in ipairs(rows) do
        assert.equal(folder, row.target:sub(1, #folder))
        assert.equal("Success", row.status)
        assert.is_string(row.id)
      end
    end
  end)
end)
