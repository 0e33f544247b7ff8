-- Hides, delays and forgets what clients see of restore sessions, and serves those of others.
--
-- Covers vbo.sim.http.admin_sessions, vbo.sim.sessions.shown.

local json = require "vbo.base.json"
local sim = require "spec.support.sim_app"
local versions = require "spec.support.versions"
local worlds = require "vbo.sim.world"

-- Restores one folder of six documents; returns the session's path.
local function restored(client)
  local place, session = client:explore("Veod", sim.before)
  local drive = client:owned(place .. "/OneDrives", "Alice Example")
  local aurora = client:named(drive .. "/Folders", "Aurora")
  client:act(drive .. "/Folders/" .. aurora.id, "restore", { documentAction = "overwrite" })
  client:settle()
  return "/RestoreSessions/" .. session.id
end

local with_events = versions.since "v2"

describe("events of a restore session on the rehearsal server", function()
  it("are all there by default", function()
    for _, version in ipairs(with_events) do
      local client = sim.new(version)
      assert.equal(7, #client:rows(restored(client) .. "/Events"))
    end
  end)

  it("are hidden where the server keeps none", function()
    for _, version in ipairs(with_events) do
      local client = sim.new(version, { events = "none" })
      local path = restored(client)
      assert.same({}, client:rows(path .. "/Events"))
      assert.equal(6, #client:get "/sim/changes")
      client:call("POST", "/sim/settings", { events = "all" })
      local event = client:rows(path .. "/Events")[1]
      client:call("POST", "/sim/settings", { events = "none" })
      client:get(path .. "/Events/" .. event.id, 404)
    end
  end)

  it("come a minute late", function()
    for _, version in ipairs(with_events) do
      local client = sim.new(version, { events = "late" })
      local path = restored(client)
      assert.same({}, client:rows(path .. "/Events"))
      client.now = client.now + 60
      assert.equal(7, #client:rows(path .. "/Events"))
    end
  end)

  it("name no items", function()
    for _, version in ipairs(with_events) do
      local client = sim.new(version, { events = "unnamed" })
      local path = restored(client)
      local events = client:rows(path .. "/Events")
      assert.equal(7, #events)
      assert.equal("Restoring folder Aurora to the original location", events[1].title)
      assert.equal("Item", events[2].title)
      assert.equal("Success", events[2].message)
      for _, name in ipairs { "itemName", "itemType", "itemSizeBytes" } do
        assert.is_nil(events[2][name])
      end
      assert.is_nil(client:get(path .. "/Events/" .. events[2].id).itemName)
    end
  end)
end)

describe("restore sessions that the rehearsal server forgets", function()
  local function stopped(client)
    local place, session = client:explore("Veod", sim.before)
    client:act("/RestoreSessions/" .. session.id, "stop_session")
    return "/RestoreSessions/" .. session.id, place
  end

  it("are gone a while after their end", function()
    for _, version in ipairs(with_events) do
      local client = sim.new(version, { session_kept = 60 })
      local path, place = stopped(client)
      client.now = client.now + 59
      assert.equal("Stopped", client:get(path).state)
      client.now = client.now + 1
      local failure = client:get(path, 404)
      assert.match("^Resource cannot be found for current key", failure.message)
      failure = client:get(place .. "/OneDrives", client.number <= 5 and 500 or 404)
      assert.match("^Resource cannot be found for current key", failure.message)
      assert.same({}, client:rows "/RestoreSessions")
    end
  end)

  it("are those that have ended, or one of them", function()
    local client = sim.new "v8"
    local one, two = stopped(client), stopped(client)
    local place, working = client:explore("Veod", sim.before)
    local _, answer = client:call("DELETE", "/sim/sessions?id=" .. one:match "[^/]+$")
    assert.equal(204, answer.status)
    client:get(one, 404)
    client:get(two)
    _, answer = client:call("DELETE", "/sim/sessions?id=" .. one:match "[^/]+$")
    assert.equal(404, answer.status)
    client:call("DELETE", "/sim/sessions")
    client:get(two, 404)
    client:get(place .. "/OneDrives")
    client:call("DELETE", "/sim/sessions?id=" .. working.id)
    client:get(place .. "/OneDrives", 404)
    assert.equal(0, client:get "/sim/memory".events)
  end)

  it("change what is kept from now on", function()
    local client = sim.new "v8"
    local path = stopped(client)
    assert.same({ ids = "backup", events = "all" }, client:get "/sim/settings")
    client:call("POST", "/sim/settings", { session_kept = 10 })
    assert.equal(10, client:get "/sim/settings".session_kept)
    client.now = client.now + 10
    client:get(path, 404)
    client:call("POST", "/sim/settings", { session_kept = json.null })
    path = stopped(client)
    client.now = client.now + 1000
    client:get(path)
  end)

  it("refuse settings that are wrong, and set none of them", function()
    local client = sim.new "v8"
    for text, body in pairs {
      ["'ids' must be one of backup, session."] = { ids = "mine", events = "none" },
      ["'events' must be one of all, late, unnamed, none."] = { events = "some" },
      ["'session_kept' must be a whole number of seconds, from 0 on."] = { session_kept = -1 },
      ["There is: events, ids, session_kept."] = { idle = 5 },
    } do
      local value, answer = client:call("POST", "/sim/settings", body)
      assert.same({ 400, text }, { answer.status, value.message })
    end
    assert.same({ ids = "backup", events = "all" }, client:get "/sim/settings")
  end)
end)

describe("a restore session of another program on the rehearsal server", function()
  local function open(client, more)
    local body = { organization = sim.contoso }
    for name, value in pairs(more or {}) do body[name] = value end
    return client:call("POST", "/sim/sessions", body)
  end

  it("is listed as one of the same account", function()
    for _, version in ipairs(with_events) do
      local client = sim.new(version)
      local made = open(client)
      local row = client:rows "/RestoreSessions"[1]
      assert.same({ made.id, "Working" }, { row.id, row.state })
      -- Older versions tell neither host nor account.
      assert.equal(client.number >= 6 and "127.0.0.1" or nil, row.clientHost)
      assert.equal("admin", row.initiatedBy)
      assert.same({}, client:rows("/RestoreSessions/" .. made.id .. "/Events"))
      assert.equal(200, select(2, client:call("GET", "/RestoreSessions/" .. made.id
        .. "/Organization/OneDrives")).status)
    end
  end)

  it("has events, another account, host and workload where asked", function()
    local client = sim.new "v8"
    local made = open(client,
      { events = 2, user = "bob", host = "192.0.2.7", workload = "exchange" })
    local row = client:rows "/RestoreSessions"[1]
    assert.same({ "bob", "192.0.2.7", "Vex" }, { row.initiatedBy, row.clientHost, row.type })
    local events = client:rows("/RestoreSessions/" .. made.id .. "/Events")
    assert.same({ "item 1", "item 2" }, { events[1].itemName, events[2].itemName })
  end)

  it("is refused for an organization or a workload that is not there", function()
    local client = sim.new "v8"
    assert.equal(404, select(2, open(client, { organization = "nowhere" })).status)
    assert.equal(404, select(2, open(client, { workload = "files" })).status)
    assert.same({}, client:rows "/RestoreSessions")
  end)
end)

describe("an organization of the rehearsal server", function()
  it("has another name from now on, and its own after a reset", function()
    local client = sim.new("v8", { world = worlds.open "demo" })
    local before = client:organization()
    local path = restored(client)
    local answer = client:call("POST", "/sim/organizations",
      { name = sim.contoso, rename = "contoso-group.onmicrosoft.com" })
    assert.equal(before.id, answer.id)
    assert.is_nil(client:organization())
    assert.equal(before.id, client:organization "contoso-group.onmicrosoft.com".id)
    assert.equal("contoso-group.onmicrosoft.com", client:get(path .. "/Organization").name)
    assert.equal("contoso-group.onmicrosoft.com", client:get "/sim/changes"[1].organization)
    client:call("POST", "/sim/reset")
    assert.equal(before.id, client:organization().id)
    local _, refused = client:call("POST", "/sim/organizations", { name = "x", rename = "y" })
    assert.equal(404, refused.status)
    _, refused = client:call("POST", "/sim/organizations", { name = sim.contoso })
    assert.equal(400, refused.status)
  end)
end)

describe("a document that its owner writes on the rehearsal server", function()
  it("is in production, and in the next backup", function()
    local client = sim.new("v8", { world = worlds.open "demo" })
    local _, answer = client:call("POST",
      "/sim/content?user=alice@contoso.com&path=Documents/New.txt", "\"hello\"")
    assert.equal(204, answer.status)
    assert.same({}, client:get "/sim/changes")
    local job = client:named("/Jobs", "Contoso nightly")
    client:act("/Jobs/" .. job.id, "start", json.decode "{}")
    client.now = client.now + 1800
    local place = client:explore "Veod"
    local drive = client:owned(place .. "/OneDrives", "Alice Example")
    local found = client:named(drive .. "/Documents", "New.txt")
    local stream = client:act(drive .. "/Documents/" .. found.id, "save", { asZip = false })
    assert.equal("\"hello\"", sim.bytes(stream))
    _, answer = client:call("POST", "/sim/content?user=nobody@contoso.com&path=a", "x")
    assert.equal(404, answer.status)
  end)
end)

describe("restore points of the rehearsal server", function()
  it("are pruned, and explored no longer", function()
    local client = sim.new "v8"
    assert.equal(400, select(2, client:call("DELETE", "/sim/points")).status)
    local before = #client:all "/RestorePoints"
    local answer = client:call("DELETE", "/sim/points?before=2026-11-19T00:00:00Z")
    assert.is_true(answer.removed > 0)
    assert.equal(before - answer.removed, #client:all "/RestorePoints")
    assert.same({}, client:rows(client:explore("Veod", sim.before) .. "/OneDrives"))
    client:call("POST", "/sim/reset")
    assert.equal(before, #client:all "/RestorePoints")
  end)
end)

describe("a restore that breaks on the rehearsal server", function()
  -- Restores a folder of six documents; without sockets there is no weather.
  local function broken(client, after)
    local place, session = client:explore("Veod", client.number > 1 and sim.before or nil)
    local drive = client:owned(place .. "/OneDrives", "Alice Example")
    local aurora = client:named(drive .. "/Folders", "Aurora")
    client.app.break_after = after
    local value, answer = client:act(drive .. "/Folders/" .. aurora.id, "restore",
      { documentAction = "overwrite" }, false)
    client.app.break_after = nil
    client:settle()
    return value, answer, "/RestoreSessions/" .. session.id
  end

  it("answers a 500 half-way, with a part of it in production", function()
    for _, version in ipairs(versions.between("v2", "v7")) do
      local client = sim.new(version)
      local value, answer, path = broken(client, 2)
      assert.equal(500, answer.status)
      assert.equal("The restore broke off after 2 of 6 items.", value.message)
      assert.equal(2, #client:get "/sim/changes")
      assert.equal("Failed", client:get(path).result)
      local events = client:rows(path .. "/Events")
      assert.equal("Failed", events[1].status)
      assert.match("2 of 6 written.*broken off by an internal error", events[1].message)
      assert.equal(3, #events)
    end
  end)

  it("shows in its session where it runs in the background", function()
    local client = sim.new "v8"
    local value, answer, path = broken(client, 4)
    assert.same({ 200, path:match "[^/]+$" }, { answer.status, value.sessionId })
    assert.equal(4, #client:get "/sim/changes")
    assert.equal("Failed", client:rows(path .. "/Events")[1].status)
    assert.equal(4, client:get(path .. "/Statistics").restoredItemsCount)
    client.now = client.now + 60
    assert.equal(4, #client:get "/sim/changes")
  end)

  it("does not break before its end", function()
    local client = sim.new "v7"
    local _, answer = broken(client, 6)
    assert.equal(200, answer.status)
    assert.equal(6, #client:get "/sim/changes")
  end)
end)
