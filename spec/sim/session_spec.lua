-- Covers vbo.sim.sessions.browse, vbo.sim.sessions.change, vbo.sim.sessions.explore,
-- vbo.sim.sessions.render, vbo.sim.sessions.session, vbo.sim.store.

local json = require "vbo.base.json"
local sim = require "spec.support.sim_app"
local versions = require "spec.support.versions"

describe("exploring on the rehearsal server", function()
  it("opens a session in every version", function()
    for n = 1, 8 do
      local client = sim.new("v" .. n)
      local organization = client:organization()
      local body = n >= 2 and { type = "vEx" } or {}
      body[n <= 5 and "datetime" or "dateTime"] = n <= 2 and "2026.11.18 22:00:00"
        or "2026-11-18T22:00:00Z"
      local session, answer = client:act("/Organizations/" .. organization.id, "explore", body)
      assert.equal((n <= 5 or n == 8) and 201 or 200, answer.status)
      assert.equal("Vex", session.type)
      assert.equal("Working", session.state)
      assert.equal("Success", session.result)
      assert.equal(n <= 5 and "2026-11-18T22:00:00+00:00" or nil, session.pointInTime)
      local link = session._links.organization.href
      local expected = n <= 5
        and ("https://localhost:4443/v%d/restoresessions/%s/organization"):format(n, session.id)
        or ("/v%d/RestoreSessions/%s/Organization"):format(n, session.id)
      assert.equal(expected, link)
      assert.equal("contoso.onmicrosoft.com",
        client:get("/RestoreSessions/" .. session.id .. "/Organization").name)
    end
  end)

  local function explored(version, body, options)
    local client = sim.new(version, options)
    local id = client:organization().id
    local value, answer = client:act("/Organizations/" .. id, "explore", body, false)
    return answer.status, value, client
  end

  it("takes the forms of time that its version knows", function()
    local good = {
      v2 = { "2026.11.18 22:00:00" },
      v3 = { "2026.11.18 22:00:00", "2026-11-18 22:00:00.000", "2026-11-18T22:00:00Z" },
      v8 = { "2026-11-18T22:00:00Z", "2026-11-19T00:00:00+02:00", "2026-11-18T22:00:00" },
    }
    local bad = {
      v2 = { "2026-11-18T22:00:00Z", "2026-11-18 22:00:00", "2026.13.18 22:00:00", "yesterday" },
      v3 = { "18.11.2026", "yesterday" },
      v8 = { "2026.11.18 22:00:00", "yesterday" },
    }
    for version, list in pairs(good) do
      for _, text in ipairs(list) do
        local key = version == "v8" and "dateTime" or "datetime"
        local status, session, client = explored(version, { type = "veod", [key] = text })
        assert.is_true(status == 201, version .. " " .. text)
        client:get("/RestoreSessions/" .. session.id)
        assert.equal("2026-11-18T22:00:00Z", client:get "/sim/sessions"[1].point)
      end
    end
    for version, list in pairs(bad) do
      for _, text in ipairs(list) do
        local key = version == "v8" and "dateTime" or "datetime"
        local status, failure = explored(version, { type = "veod", [key] = text })
        assert.equal(400, status, version .. " " .. text)
        assert.is_string(failure.message)
      end
    end
  end)

  it("reads times without a zone in the server's own", function()
    local berlin = { zone = 3600 }
    local _, session, client = explored("v2",
      { type = "veod", datetime = "2026.11.18 22:30:00" }, berlin)
    -- 22:30 in Berlin is 21:30 UTC: the backup of that evening was still to come.
    assert.equal("2026-11-17T22:00:00Z", client:get "/sim/sessions"[1].point)
    assert.equal("2026-11-18T22:30:00+01:00", session.pointInTime)
    local drive = client:owned("/RestoreSessions/" .. session.id .. "/Organization/OneDrives",
      "Bob Builder")
    assert.equal("2026-11-02T10:00:00",
      client:named(drive .. "/Documents", "Site survey Leeds.docx").modificationTime)
  end)

  it("gives an empty session before the first point, the last after it and without a time",
    function()
      for version, at in pairs { v2 = "2026.01.01 00:00:00", v8 = "2026-01-01T00:00:00Z" } do
        local key = version == "v8" and "dateTime" or "datetime"
        local _, session, client = explored(version, { type = "veod", [key] = at })
        local place = "/RestoreSessions/" .. session.id .. "/Organization/OneDrives"
        assert.equal(0, #client:rows(place))
      end
      for _, body in ipairs { { type = "veod" }, { type = "veod", dateTime = "2030-01-01" } } do
        local _, _, client = explored("v8", body)
        assert.equal("2026-11-20T22:00:00Z", client:get "/sim/sessions"[1].point)
      end
    end)

  it("says why it fails", function()
    local client = sim.new "v8"
    local nobody = "00000000-0000-4000-8000-000000000000"
    local function fails(id)
      return client:act("/Organizations/" .. id, "explore", { type = "Veod" }, false)
    end
    local value, answer = fails(nobody)
    assert.equal(404, answer.status)
    assert.match("Organization '" .. nobody:gsub("%-", "%%-") .. "'", value.message)
    local fabrikam = client:organization "fabrikam.onmicrosoft.com"
    value, answer = fails(fabrikam.id)
    assert.equal(500, answer.status)
    assert.match("Restore session cannot be created: there is no restore point of OneDrive for "
      .. "Business for organization fabrikam", value.message)
    client:act("/Organizations/" .. fabrikam.id, "explore", { type = "Vex" })
    local status = explored("v3", { type = "vet" })
    assert.equal(400, status)
  end)

  it("is not for a tenant's own organization when an administrator asks", function()
    for _, version in ipairs { "v1", "v3" } do
      local client = sim.new(version)
      local place = version == "v1" and "/RestoreSessions" or "/Organization"
      local value, answer = client:act(place, "explore", {}, false)
      assert.equal(403, answer.status)
      assert.match("tenant", value.message)
    end
  end)

  it("of a job shows its users alone", function()
    for _, version in ipairs(versions.with_newest "v3") do
      local client = sim.new(version)
      local job = client:named("/Jobs", "Contoso management")
      local session = client:act("/Jobs/" .. job.id, "explore", { type = "veod" })
      local names = {}
      for i, each in ipairs(client:rows("/RestoreSessions/" .. session.id
        .. "/Organization/OneDrives")) do names[i] = each.name end
      assert.same({ "Alice Example", "Bob Builder", "Jürgen Müller" }, names)
    end
  end)
end)

describe("restore sessions of the rehearsal server", function()
  it("are listed newest first, and by the filters of v8", function()
    local client = sim.new "v8"
    local ids = {}
    for i = 1, 3 do
      client.now = client.now + 60
      ids[i] = select(2, client:explore "Veod").id
    end
    local rows = client:rows "/RestoreSessions"
    assert.same({ ids[3], ids[2], ids[1] }, { rows[1].id, rows[2].id, rows[3].id })
    rows = client:rows "/RestoreSessions?orderBy=CreationTime&orderAsc=true"
    assert.equal(ids[1], rows[1].id)
    rows = client:rows "/RestoreSessions?startTimeFrom=2026-11-21T08:02:00Z"
    assert.equal(2, #rows)
  end)

  it("are stopped, and then gone for everything but their history", function()
    for n = 1, 8 do
      local client = sim.new("v" .. n)
      local place, session = client:explore("Vex", n > 1 and sim.before or nil)
      local path = "/RestoreSessions/" .. session.id
      local _, answer = client:act(path, "stop_session")
      assert.equal(n == 8 and 204 or 200, answer.status)
      local stopped = client:get(path)
      assert.equal("Stopped", stopped.state)
      assert.is_string(stopped.endTime)
      local failure = client:get(place .. "/Mailboxes", n <= 5 and 500 or 404)
      assert.match("Resource cannot be found for current key.*stopped", failure.message)
      client:act(path, "stop_session", nil, n <= 5 and 500 or 404)
      if n >= 2 then client:get(path .. "/Events") end
    end
  end)

  it("that never were are not found", function()
    local client = sim.new "v8"
    client:get("/RestoreSessions/00000000-0000-4000-8000-000000000000", 404)
    client:get("/RestoreSessions/not-an-id/organization", 404)
  end)

  it("tell in events what was done", function()
    local client = sim.new "v3"
    local place, session = client:explore("Veod", sim.before)
    local drive = client:owned(place .. "/OneDrives", "Alice Example")
    local aurora = client:named(drive .. "/Folders", "Aurora")
    client:act(drive .. "/Folders/" .. aurora.id, "restore", { documentAction = "overwrite" })
    local events = client:rows("/RestoreSessions/" .. session.id .. "/Events")
    assert.equal(7, #events)
    assert.equal("Restore", events[1].type)
    assert.equal("Success", events[1].status)
    assert.match("6 of 6 written", events[1].message)
    assert.equal("Plan.docx", events[2].itemName)
    assert.equal(1642, events[2].itemSizeBytes)
    assert.match("^00:00:00%.0000000$", events[2].duration)
    local one = client:get("/RestoreSessions/" .. session.id .. "/Events/" .. events[2].id)
    assert.equal("Plan.docx", one.itemName)
    client:get("/RestoreSessions/" .. session.id .. "/Events/" .. session.id, 404)
  end)
end)

describe("restores of v8", function()
  local client, session, path, drive

  before_each(function()
    client = sim.new "v8"
    local place
    place, session = client:explore("Veod", sim.before)
    path = "/RestoreSessions/" .. session.id
    drive = client:owned(place .. "/OneDrives", "Alice Example")
  end)

  local function statistics() return client:get(path .. "/Statistics") end

  it("run on while their statistics are read", function()
    assert.equal(0, statistics().totalItemsCount)
    local answer = client:act(drive, "restore", { documentAction = "Overwrite" })
    assert.same({ sessionId = session.id }, answer)
    assert.equal(0, #client:get "/sim/changes")
    local seen, last = {}, -1
    for i = 1, 3 do
      local now = statistics()
      assert.equal(79, now.totalItemsCount)
      local done = now.restoredItemsCount + now.skippedItemsCount
      assert.is_true(done > last)
      last, seen[i] = done, now
    end
    assert.equal(79, last)
    assert.equal(12, seen[3].restoredItemsCount)
    assert.equal(67, seen[3].skippedItemsCount)
    assert.equal(79, #seen[3].items)
    assert.equal("OneDriveItem", seen[3].items[1].itemType)
    assert.equal(0, #seen[3].errors)
    assert.equal(12, #client:get "/sim/changes")
  end)

  it("show in events when they are over", function()
    client:act(drive, "restore", {})
    local function status() return client:rows(path .. "/Events")[1].status end
    assert.equal("Running", status())
    assert.equal("Running", status())
    assert.equal("Success", status())
  end)

  it("end by themselves when time passes", function()
    client:act(drive, "restore", {})
    client.now = client.now + 1
    assert.equal(0, #client:get "/sim/changes")
    client.now = client.now + 1
    assert.equal(12, #client:get "/sim/changes")
  end)

  it("end half done when their session is stopped", function()
    client:act(drive, "restore", {})
    statistics()
    client:act(path, "stop_session")
    local after = statistics()
    assert.equal(79, after.totalItemsCount)
    assert.equal(27, after.restoredItemsCount + after.skippedItemsCount)
    client.now = client.now + 60
    assert.same(after, statistics())
    local event = client:rows(path .. "/Events")[1]
    assert.equal("Cancelled", event.status)
    assert.equal("Warning", client:get(path).result)
  end)

  it("add up in the statistics of their session, with what went wrong", function()
    local erika = client:owned(path .. "/Organization/OneDrives", "Erika Former")
    client:act(erika, "restore", {})
    local plan = client:named(drive .. "/Documents", "Plan.docx")
    client:act(drive .. "/Documents/" .. plan.id, "restore", {})
    client:settle()
    local sums = statistics()
    assert.same({ 3, 1, 2, 0 }, { sums.totalItemsCount, sums.restoredItemsCount,
      sums.failedItemsCount, sums.skippedItemsCount })
    assert.match("erika.former@contoso.com was not found in production", sums.errors[1])
    assert.equal("Failed", sums.items[1].status)
    assert.equal("Failed", client:get(path).result)
  end)

  it("of nothing are over at once", function()
    local empty = client:named(drive .. "/Folders", "Empty folder")
    client:act(drive .. "/Folders/" .. empty.id, "restore", {})
    assert.equal("Success", client:rows(path .. "/Events")[1].status)
    assert.equal(0, statistics().totalItemsCount)
  end)

  it("write JSON numbers that stay whole", function()
    client:act(drive, "restore", {})
    local _, answer = client:call("GET", path .. "/Statistics")
    assert.match('"totalItemsCount":79[,}]', answer.body)
    assert.equal("integer", math.type(json.decode(answer.body).totalItemsCount))
  end)
end)
