-- vbo.base.moment: the instants that a runbook's dates mean.

local moment = require "vbo.base.moment"

-- 2026-11-18T22:00:00Z.
local evening = 1795039200

-- A client of a server in a zone (seconds east), and its log.
local function client(zone)
  local log = {}
  return { _dialect = { zone = zone }, _log = function(text) log[#log + 1] = text end }, log
end

describe("a moment", function()
  it("is the instant of a date with a zone, wherever the server is", function()
    local berlin, log = client(3600)
    assert.same({ evening, true }, { moment.point(berlin, "2026-11-18T22:00:00Z", "at") })
    assert.same({ evening, true }, { moment.point(berlin, "2026-11-18T23:00:00+01:00", "at") })
    assert.same({}, log)
  end)

  it("is read in the zone that `connect` was given where it has none", function()
    assert.same({ evening, true }, { moment.point(client(3600), "2026-11-18T23:00:00", "at") })
    assert.same({ evening, true }, { moment.bound(client(-3600), "2026-11-18T21:00:00", "after") })
  end)

  it("is read as UTC, and says so once, where no zone is known", function()
    local unknown, log = client(nil)
    local function read() return moment.bound(unknown, "2026-11-18T22:00:00", "after") end
    for _ = 1, 2 do assert.same({ evening, false }, { read() }) end
    assert.equal(1, #log)
    assert.matches("'after' .*UTC", log[1])
  end)

  it("compares a date without a time of day from its first second", function()
    assert.same({ evening - 22 * 3600, true }, { moment.bound(client(0), "2026-11-18", "after") })
  end)

  it("refuses a point in time without a time of day, and shows both ends of the day", function()
    local ok, err = pcall(moment.point, client(3600), "2026-11-18", "at")
    assert.is_false(ok)
    assert.equal("usage", err.kind)
    assert.equal("'at' needs a time of day, got 2026-11-18", err.message)
    assert.matches("2026-11-18T23:59:59+01:00", err.hint, 1, true)
    assert.matches("2026-11-18T00:00:00+01:00", err.hint, 1, true)
  end)
end)
