-- Restore sessions: points in time, life and end.
-- Tests also vbo.objects.session.known_points.

local recorded = require "spec.support.recorded"
local rehearsal = require "spec.support.rehearsal"
local vbo = require "vbo"
local versions = require "spec.support.versions"

describe("restore sessions", function()
  local server

  setup(function() server = rehearsal.start() end)
  teardown(function() server.stop() end)
  before_each(function() server.reset() end)

  local function explore(client, options)
    return client:organization(rehearsal.organization):explore(options)
  end

  for _, version in ipairs(versions.distinct) do
    it("show the world of their point in time in " .. version, function()
      local client <close> = server.connect(version)
      local function modified_at(at)
        local session <close> = explore(client, { workload = "onedrive", at = at })
        return session:onedrive("alice@contoso.com"):document("Documents/Reports/Sales Q3.csv")
          .modified:sub(1, 10)
      end
      assert.equal("2026-10-13", modified_at "2026-10-30T22:00:00Z")
      assert.equal("2026-11-16", modified_at "2026-11-18T22:00:00Z")
      local err = rehearsal.failure(modified_at, "2020-01-01T00:00:00Z")
      assert.equal("not_found", err.kind)
      assert.matches("no restore point of onedrive at or before 2020-01-01T00:00:00Z", err.message,
        1, true)
      assert.equal("the first known is of 2026-10-16T22:00:00Z", err.hint)
      assert.equal(0, client:sessions():where { state = "Working" }:count())
    end)

    it("say of what moment they are in " .. version, function()
      local log = {}
      local settings = server.settings(version)
      settings.log = function(text) log[#log + 1] = text end
      local client <close> = vbo.connect(settings)
      local newest <close> = explore(client, { workload = "onedrive" })
      assert.equal("2026-11-20T22:00:00Z", newest.point)
      assert.equal("reported", newest.point_source)
      assert.equal(
        'restore session "contoso.onmicrosoft.com" (onedrive as of 2026-11-20T22:00:00Z)',
        tostring(newest))
      local asked <close> = explore(client, { workload = "onedrive", at = "2026-11-19T12:00:00Z" })
      -- Up to v5 restore points are not listed: the answer repeats the moment.
      local point = version >= "v6" and "2026-11-18T22:00:00Z" or "2026-11-19T12:00:00Z"
      assert.equal(point, asked.point)
      assert.equal("reported", asked.point_source)
      local told = table.concat(log, "\n")
      for _, shown in ipairs { "2026-11-20T22:00:00Z", point } do
        assert.matches(("explores onedrive as of %s (reported by the server)"):format(shown), told,
          1, true)
      end
    end)

    it("end with their variable, and say so in " .. version, function()
      local client <close> = server.connect(version)
      local id
      do
        local session <close> = explore(client, { workload = "onedrive" })
        id = session.id
        assert.equal("Working", client:session(id).state)
      end
      assert.equal("Stopped", client:session(id).state)
      local gone = client:session(id)
      local err = rehearsal.failure(function() return gone:onedrives():all() end)
      assert.is_truthy(err.status)
    end)

    it("tell what happened in " .. version, function()
      local client <close> = server.connect(version)
      local session <close> = explore(client, { workload = "onedrive", at = rehearsal.before })
      session:onedrive("alice@contoso.com"):document("Todo.md"):restore { on_conflict = "keep" }
      local restored = session:events():where { type = "Restore" }:all()
      assert.is_true(#restored >= 1)
      assert.equal("Success", restored[1].status)
    end)
  end

  it("show deleted items when asked to", function()
    local client <close> = server.connect "v8"
    local function count(deleted)
      local session <close> = explore(client, {
        workload = "onedrive", at = rehearsal.before, deleted = deleted,
      })
      return session:onedrive("alice@contoso.com"):documents()
        :where { name = "Draft, thrown away.docx" }:count()
    end
    assert.equal(0, count(nil))
    assert.equal(1, count(true))
  end)

  it("have statistics in v8", function()
    local client <close> = server.connect "v8"
    local session <close> = explore(client, { workload = "onedrive", at = rehearsal.before })
    local result = session:onedrive("alice@contoso.com"):document("Todo.md"):restore {
      on_conflict = "keep",
    }
    assert.is_string(result.session)
    assert.equal(1, client:session(result.session):statistics().restored)
  end)

  it("are stopped when their client closes or an error ends their block", function()
    local client = server.connect "v8"
    local left = explore(client, { workload = "onedrive" })
    local id, broken = left.id, nil
    pcall(function()
      local session <close> = explore(client, { workload = "exchange" })
      broken = session.id
      error "the runbook fails"
    end)
    client:close()
    client:close()
    local again <close> = server.connect "v8"
    assert.equal("Stopped", again:session(id).state)
    assert.equal("Stopped", again:session(broken).state)
    assert.equal("closed", rehearsal.failure(client.organization(client, "x").refresh,
      client:organization "x").kind)
  end)

  it("fail with the reason", function()
    local client <close> = server.connect "v8"
    local err = rehearsal.failure(explore, client, { workload = "paper" })
    assert.matches("no workload 'paper'", err.message, 1, true)
    assert.equal("unsupported", rehearsal.failure(explore, server.connect "v4",
      { workload = "teams" }).kind)
    err = rehearsal.failure(explore, client, { at = "soon" })
    assert.equal("usage", err.kind)
    err = rehearsal.failure(function()
      return client:organization("fabrikam.onmicrosoft.com"):explore { workload = "onedrive" }
    end)
    assert.is_truthy(err.status)
    local old <close> = server.connect "v1"
    err = rehearsal.failure(explore, old, { workload = "onedrive" })
    assert.equal("unsupported", err.kind)
  end)

  it("take a date without a zone as the server's own in v2", function()
    local client <close> = server.connect "v2"
    local session <close> = explore(client, { workload = "onedrive", at = "2026-11-18T22:00:00" })
    assert.equal("Alice Example", session:onedrive("alice@contoso.com").name)
  end)

  it("are of the account's own organization for a tenant, of a job, and of an operator", function()
    local settings = server.settings "v8"
    settings.user = "backup@contoso.onmicrosoft.com"
    local tenant <close> = vbo.connect(settings)
    local own <close> = tenant:explore { workload = "teams" }
    assert.equal("2026-11-20T22:00:00Z", own.point)
    for _, version in ipairs(versions.with_newest("v3", "v6")) do
      local client <close> = server.connect(version)
      local session <close> = client:job("Contoso nightly"):explore { workload = "onedrive" }
      assert.is_true(session:onedrives():count() > 0)
      if version >= "v6" then assert.equal("2026-11-20T22:00:00Z", session.point) end
    end
  end)

  it("of the newest point are found beside copies, fetched points and other workloads", function()
    local client <close> = server.connect "v8"
    local repository = client:organization(rehearsal.organization):jobs():first().repository_id
    local newest <close> = client:backup_repository(repository):explore {
      organization = rehearsal.organization, workload = "sharepoint",
    }
    assert.equal("2026-11-20T22:00:00Z", newest.point)
    local point = client:restore_points { organization = client:organization(
      rehearsal.organization).id, order_asc = true }:first()
    local first <close> = point:explore { workload = "exchange" }
    assert.equal(point.backup_time, first.point)
    assert.equal("reported", first.point_source)
  end)
end)

describe("points in time", function()
  local server

  setup(function()
    local answers = recorded.usual()
    table.insert(answers, 1, { method = "POST", path = "^/v%d/[Oo]rganizations?/", status = 201,
      body = { id = recorded.session, type = "Vex", state = "Working" } })
    server = recorded.start(answers)
  end)
  teardown(function() server.stop() end)

  -- Returns the point in time that is sent, and the log.
  local function sent_at(version, at, zone)
    local log = {}
    local sent = server.sends(version, function(_, client)
      return client:organization({ id = recorded.session }):explore {
        workload = "exchange", at = at }.id
    end, { zone = zone, log = function(text) log[#log + 1] = text end })
    local body
    for _, request in ipairs(sent) do
      if request.line:find "^POST.*organization" then
        body = request.body.explore or request.body
      end
    end
    return body.dateTime or body.datetime, table.concat(log, "\n")
  end

  it("are sent as the server's clock reads them where that is what a version takes", function()
    assert.equal("2026.11.19 00:00:00", (sent_at("v2", "2026-11-18T22:00:00Z", "+02:00")))
    assert.equal("2026.11.18 22:00:00", (sent_at("v2", "2026-11-18T22:00:00", "+02:00")))
    for _, version in ipairs(versions.with_newest("v3", "v5", "v6")) do
      assert.equal("2026-11-18T22:00:00Z", (sent_at(version, "2026-11-18T22:00:00Z", "+02:00")))
      assert.equal("2026-11-18T20:00:00Z", (sent_at(version, "2026-11-18T22:00:00", "+02:00")))
      assert.equal("2026-11-18T22:00:00Z", (sent_at(version, "2026-11-18T22:00:00")))
    end
  end)

  it("are logged where the server's time zone is unknown", function()
    local at, log = sent_at("v2", "2026-11-18T22:00:00Z")
    assert.equal("2026.11.18 22:00:00", at)
    assert.matches("v2 reads the point in time in its server's own zone", log, 1, true)
    for _, known in ipairs { { "v2", "2026-11-18T22:00:00Z", "+00:00" },
      { "v2", "2026-11-18T22:00:00" }, { "v3", "2026-11-18T22:00:00Z" } } do
      assert.is_nil(select(2, sent_at(table.unpack(known))):find("own zone", 1, true))
    end
  end)

  it("are always sent: the newest that is known, else now", function()
    for _, version in ipairs(versions.with_newest("v3", "v5", "v6")) do
      local before = os.time()
      local sent = vbo.time.parse((sent_at(version, nil)))
      assert.is_true(sent >= before and sent <= os.time() + 1)
    end
    -- In every zone that a server of v2 may have, the last backup lies before.
    local sent = vbo.time.parse((sent_at("v2", nil)))
    assert.is_true(sent >= os.time() + 13 * 3600)
    sent = vbo.time.parse((sent_at("v2", nil, "+02:00")))
    assert.is_true(sent >= os.time() + 7100 and sent <= os.time() + 7300)
  end)

  local function refused(at, more)
    local client <close> = server.connect("v8", more)
    return rehearsal.failure(function()
      client:organization({ id = recorded.session }):explore { workload = "exchange", at = at }
    end)
  end

  it("need a time of day, and the error shows both ends of that day", function()
    local err = refused "2026-11-18"
    assert.equal("usage", err.kind)
    assert.equal("'at' needs a time of day, got 2026-11-18", err.message)
    assert.matches('at = "2026-11-18T23:59:59Z" for the end of that day', err.hint, 1, true)
    assert.matches('"2026-11-18T00:00:00Z" for its beginning', err.hint, 1, true)
    err = refused("2026-11-18", { zone = "+02:00" })
    assert.matches('at = "2026-11-18T23:59:59+02:00"', err.hint, 1, true)
    assert.matches('"2026-11-18T00:00:00+02:00"', err.hint, 1, true)
    assert.matches('at = "2026-11-18T23:59:59-03:30"', refused("2026-11-18-03:30").hint, 1, true)
  end)

  it("in the future are a mistake, but for a day that began somewhere", function()
    local err = refused "2999-01-01T00:00:00Z"
    assert.equal("usage", err.kind)
    assert.equal("explore: 'at' lies in the future: 2999-01-01T00:00:00Z", err.message)
    assert.matches("leave it out", err.hint, 1, true)
    assert.equal("usage", refused(os.time() + 100000).kind)
    local soon = os.time() + 80000
    assert.equal(vbo.time.iso(soon), (sent_at("v8", soon)))
  end)

  it("are refused where they are not dates", function()
    for _, at in ipairs { 0 / 0, 1 / 0, 1e13, "", "2026-11-31T00:00:00Z", "now" } do
      assert.equal("usage", refused(at).kind)
    end
  end)

  it("without a zone are logged once a line, and refused by a strict client", function()
    local log = {}
    local client <close> = server.connect("v8", { log = function(text) log[#log + 1] = text end })
    for _ = 1, 3 do
      local session <close> = client:organization({ id = recorded.session })
        :explore { workload = "exchange", at = "2026-11-18T22:00:00" }
      assert.equal("2026-11-18T22:00:00Z", session.point)
      assert.equal("requested", session.point_source)
      assert.matches("exchange as of 2026-11-18T22:00:00Z, requested)", tostring(session), 1, true)
    end
    local told = select(2, table.concat(log, "\n"):gsub("'at' has no time zone", ""))
    assert.equal(1, told)
    local err = refused("2026-11-18T22:00:00", { strict = true })
    assert.equal("usage", err.kind)
    assert.matches("'at' has no time zone and is taken as UTC: 2026-11-18T22:00:00", err.message, 1,
      true)
    assert.matches("write 2026-11-18T22:00:00Z", err.hint, 1, true)
    -- Accepts a date in the zone of `connect`.
    assert.equal("2026-11-18T20:00:00Z", (function()
      local strict <close> = server.connect("v8", { strict = true, zone = "+02:00" })
      local session <close> = strict:organization({ id = recorded.session })
        :explore { workload = "exchange", at = "2026-11-18T22:00:00" }
      return session.point
    end)())
  end)
end)
