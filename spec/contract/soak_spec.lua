-- Checks that the soak fails when production and the clients disagree.

local json = require "vbo.base.json"
local program = require "spec.support.program"

local ledger = assert(loadfile "bench/soak/ledger.lua")()

describe("the soak's ledger", function()
  local folder, remove

  before_each(function() folder, remove = program.folder() end)
  after_each(function() remove() end)

  local function says(n, rows)
    local file <close> = assert(io.open(("%s/%d.jsonl"):format(folder, n), "w"))
    for _, row in ipairs(rows) do file:write(json.encode(row), "\n") end
  end

  local function change(session, path, how)
    return { session = session, path = path, how = how or "kept", workload = "onedrive",
      organization = "o", user = "alice" }
  end

  local function gained(path)
    return { change = "gained", workload = "onedrive", user = "alice", path = path }
  end

  local restored = { { round = "onedrive", version = "v8" }, { session = "a", restored = 2 },
    { rounds = 1 } }
  local two = { change("a", "x (1)"), change("a", "y (1)") }
  local both = { gained "x (1)", gained "y (1)" }

  local function faults(count, changes, differences)
    local found = ledger.read(folder, count)
    ledger.compare(found, changes, differences)
    return table.concat(found.faults, "\n"), found
  end

  it("reports no fault when production shows what the clients reported", function()
    says(1, restored)
    local text, found = faults(1, two, both)
    assert.equal("", text)
    assert.same({ 1, 2, 2 }, { found.rounds, found.restored, found.changes })
    -- Overwriting adds no item, and may repeat.
    local again = change("a", "x", "overwritten")
    assert.equal("", (faults(1, { again, again }, {})))
  end)

  it("reports items that are missing, duplicate or without a client's report", function()
    says(1, restored)
    assert.match("a: 2 restored as it was told, 1 in production", faults(1, { two[1] }, both), 1,
      true)
    assert.match("twice in production: x (1)", faults(1, { two[1], two[1] }, both), 1, true)
    assert.match("b: 1 changes that nobody was told of",
      faults(1, { two[1], two[2], change("b", "z (1)") }, both), 1, true)
    assert.match("restored, and not in production: alice\0y (1)", faults(1, two, { both[1] }), 1,
      true)
    assert.match("restored by nobody: z", faults(1, two, { both[1], both[2], gained "z" }), 1, true)
  end)

  it("accepts one copy of a restore whose answer was lost", function()
    says(1, { { unsure = "a", kind = "unknown_outcome" },
      { failed = "onedrive", kind = "unknown_outcome", message = "lost" }, { rounds = 1 } })
    local text, found = faults(1, two, both)
    assert.same({ "", 1 }, { text, found.excused })
    assert.equal("", (faults(1, {}, {})))
    assert.match("twice", (faults(1, { two[1], two[1] }, both)))
  end)

  it("reports errors that no weather explains, and clients that did not finish", function()
    says(1, { { failed = "teams", version = "v8", kind = "protocol", message = "repeated" } })
    local text = faults(2, {}, {})
    assert.match("client 1, teams with v8: protocol: repeated", text, 1, true)
    assert.match("2 of 2 clients did not come to their end", text, 1, true)
  end)
end)
