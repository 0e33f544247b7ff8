local program = require "spec.support.program"
local time = require "vbo.base.time"
local vbo = require "vbo"

describe("vbo.time", function()
  it("reads ISO 8601 with and without zones", function()
    assert.equal(0, (time.parse "1970-01-01T00:00:00Z"))
    assert.equal(1763676000, (time.parse "2025-11-20T22:00:00Z"))
    assert.equal(1763676000, (time.parse "2025-11-20T23:00:00+01:00"))
    assert.equal(1763676000, (time.parse "2025-11-20 22:00"))
    assert.equal(1763596800, (time.parse "2025-11-20"))
    assert.equal(0.5, (time.parse "1970-01-01T00:00:00.5Z"))
    assert.equal(951782400, (time.parse "2000-02-29"))
  end)

  it("reads the dotted form of v1 and v2", function()
    assert.equal(1498514859, (time.parse "2017.06.26 22:07:39"))
  end)

  it("tells whether a zone was given", function()
    assert.is_nil(select(2, time.parse "2025-11-20T22:00:00"))
    assert.equal(0, select(2, time.parse "2025-11-20T22:00:00Z"))
    assert.equal(-7 * 3600, select(2, time.parse "2017-06-26T22:07:39-07:00"))
  end)

  it("refuses a text that is not a date", function()
    for _, text in ipairs {
      "", "yesterday", "2025-13-01", "2025-02-29", "2025-11-20T25:00Z", "2025-11-20T22:00:00X",
      "20.11.2025", "2025-11-20T22:00:00+1", "2025-11-20T22:00:61Z", "2025-11-20T22:00:00.Z",
      "2025-11-20T22:00:00+24:00", "2025-11-20T22:00:00+02:60", "2025-11-20T22:00:00+02:0",
      "0000-01-01T00:00:00Zx", "12025-11-20",
    } do
      assert.is_nil(time.parse(text), text)
    end
    local ok, err = vbo.try(time.point, "soon", "at")
    assert.is_nil(ok)
    assert.equal("usage", err.kind)
    assert.matches("'at' must be a point in time, got soon", tostring(err), 1, true)
  end)

  it("writes what it reads", function()
    for seconds = 0, 4e9, 123456789 do
      assert.equal(seconds, (time.parse(time.iso(seconds))))
      assert.equal(seconds, (time.parse(time.dotted(seconds))))
    end
  end)

  it("reads lower-case letters, offsets of any width, and leap seconds", function()
    assert.equal(1763676000, (time.parse "2025-11-20t22:00:00z"))
    assert.equal(1763676000, (time.parse "2025-11-21T12:00:00+14:00"))
    assert.equal(1763676000, (time.parse "2025-11-20T12:30:00-0930"))
    assert.equal(1763676000, (time.parse "2025-11-20T23:00+01"))
    assert.equal(1483228800, (time.parse "2016-12-31T23:59:60Z"))
    assert.equal("2017-01-01T00:00:00Z", time.utc "2016-12-31T23:59:60Z")
  end)

  it("tells whether a time of day was given", function()
    assert.is_false((select(3, time.parse "2025-11-20")))
    assert.is_true((select(3, time.parse "2025-11-20T00:00")))
    assert.is_true((select(3, time.parse "2025-11-20T00:00:00Z")))
  end)

  it("writes four digits of every year, before 1970 and at the ends of the calendar", function()
    for text, seconds in pairs {
      ["0001-01-01T00:00:00Z"] = -62135596800, ["9999-12-31T23:59:59Z"] = 253402300799,
      ["1969-12-31T23:59:59Z"] = -1, ["0999-06-15T12:30:45Z"] = -30627458955,
      ["1900-03-01T00:00:00Z"] = -2203891200, ["2000-02-29T00:00:00Z"] = 951782400,
    } do
      assert.equal(text, time.iso(seconds))
      assert.equal(seconds, (time.parse(text)))
      assert.equal(seconds, (time.parse(time.dotted(seconds))))
    end
    assert.equal("1969-12-31T23:59:58Z", time.iso(-1.5))
    assert.equal("0001-01-01T00:00:00Z", time.iso(-1e15))
    assert.equal("9999-12-31T23:59:59Z", time.iso(1e15))
  end)

  it("cuts fractions off, seven digits too, instead of rounding up", function()
    assert.equal("2026-11-18T23:59:59Z", time.utc "2026-11-18T23:59:59.9999999Z")
    assert.equal("9999-12-31T23:59:59Z", time.utc "9999-12-31T23:59:59.9999999Z")
    assert.equal("0001-01-01T00:00:00Z", time.utc "0001-01-01T00:00:00.0000000")
    assert.equal("2026-11-18T23:59:59Z", time.utc "2026-11-18T23:59:59,9999999999999999999999Z")
    assert.is_true(time.is_time((time.parse "9999-12-31T23:59:59.9999999Z")))
    assert.is_true(time.parse "2026-11-18T23:59:59.9999999Z" < time.parse "2026-11-19T00:00:00Z")
  end)

  it("keeps the first and the last date in every zone: they mean never", function()
    for _, zone in ipairs { 7200, -7200, "local" } do
      assert.equal("0001-01-01T00:00:00Z", time.utc("0001-01-01T00:00:00", zone))
      assert.equal("9999-12-31T23:59:59Z", time.utc("9999-12-31T23:59:59.9999999", zone))
    end
    assert.equal("0001-01-01T00:00:00Z", time.utc "0001-01-01T00:00:00+02:00")
    assert.equal("9999-12-31T23:59:59Z", time.utc "9999-12-31T23:59:59.9999999-05:00")
  end)

  it("writes an instant in a zone", function()
    assert.equal("2026-11-18T22:00:00Z", time.zoned(1795039200))
    assert.equal("2026-11-19T00:00:00+02:00", time.zoned(1795039200, 7200))
    assert.equal("2026-11-18T18:30:00-03:30", time.zoned(1795039200, -12600))
  end)

  it("refuses a number that is not a date", function()
    for _, value in ipairs { 0 / 0, 1 / 0, -1 / 0, 1e13, -1e12 } do
      local ok, err = vbo.try(time.point, value, "at")
      assert.is_nil(ok)
      assert.equal("usage", err.kind)
    end
    assert.equal(-1, (time.point(-1, "at")))
  end)

  it("are read in the zone of a server that names none", function()
    assert.equal("2026-11-20T20:00:00Z", time.utc("2026-11-20T22:00:00", 7200))
    assert.equal("2026-11-20T22:00:00Z", time.utc("2026-11-20T22:00:00.9Z", 7200))
    assert.equal("2026-11-20T22:00:00Z", time.utc "2026-11-20T22:00:00")
    assert.is_nil(time.utc "yesterday")
    assert.equal(7200, time.zone("+02:00", "zone"))
    assert.equal(-12600, time.zone("-03:30", "zone"))
    assert.equal("local", time.zone("local", "zone"))
    assert.is_nil(time.zone(nil, "zone"))
    assert.has_error(function() time.zone("summer", "zone") end)
    for _, zone in ipairs { 7200, -3600, "local" } do
      assert.equal(1795212000, time.from_zone(time.in_zone(1795212000, zone), zone))
    end
  end)

  it("are read in this machine's zone, in summer and in winter", function()
    local script = [[local time = require "vbo.base.time"
      print(time.utc("2026-07-01T12:00:00", "local"), time.utc("2026-12-01T12:00:00", "local"),
        time.in_zone(1782900000, "local") - 1782900000)]]
    local output = program.run(("TZ=CET-1CEST,M3.5.0,M10.5.0/3 %s -e %s"):format(
      program.vbolua, program.quoted(script)))
    assert.equal("2026-07-01T10:00:00Z\t2026-12-01T11:00:00Z\t7200\n", output)
  end)
end)
