-- Restore sessions: points in time, life and end.

local recorded = require "spec.support.recorded"
local rehearsal = require "spec.support.rehearsal"
local vbo = require "vbo"

describe("restore sessions", function()
  local server

  setup(function() server = rehearsal.start() end)
  teardown(function() server.stop() end)
  before_each(function() server.reset() end)

  local function explore(client, options)
    return client:organization(rehearsal.organization):explore(options)
  end

  for _, version in ipairs(rehearsal.versions) do
    it("show the world of their point in time in " .. version, function()
      local client <close> = server.connect(version)
      local function modified_at(at)
        local session <close> = explore(client, { workload = "onedrive", at = at })
        return session:onedrive("alice@contoso.com"):document("Documents/Reports/Sales Q3.csv")
          .modified:sub(1, 10)
      end
      assert.equal("2026-10-13", modified_at "2026-10-30T22:00:00Z")
      assert.equal("2026-11-16", modified_at "2026-11-18T22:00:00Z")
      local early <close> = explore(client, { workload = "onedrive", at = "2020-01-01T00:00:00Z" })
      assert.equal(0, early:onedrives():count())
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
    assert.is_table(vbo.try(explore, client, { at = "2026-11-18" }))
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

  -- What is sent as the point in time, and what is logged.
  local function sent_at(version, at, zone)
    local log = {}
    local sent = server.sends(version, function(_, client)
      return client:organization({ id = recorded.session }):explore { at = at }.id
    end, { zone = zone, log = function(text) log[#log + 1] = text end })
    local body = sent[1].body.explore or sent[1].body
    return body.dateTime or body.datetime, table.concat(log, "\n")
  end

  it("are sent as the server's clock reads them where that is what a version takes", function()
    assert.equal("2026.11.19 00:00:00", (sent_at("v2", "2026-11-18T22:00:00Z", "+02:00")))
    assert.equal("2026.11.18 22:00:00", (sent_at("v2", "2026-11-18T22:00:00", "+02:00")))
    for _, version in ipairs { "v3", "v5", "v6", "v8" } do
      assert.equal("2026-11-18T22:00:00Z", (sent_at(version, "2026-11-18T22:00:00Z", "+02:00")))
      assert.equal("2026-11-18T20:00:00Z", (sent_at(version, "2026-11-18T22:00:00", "+02:00")))
      assert.equal("2026-11-18T22:00:00Z", (sent_at(version, "2026-11-18T22:00:00")))
    end
  end)

  it("that nobody knows how the server reads are logged", function()
    local at, log = sent_at("v2", "2026-11-18T22:00:00Z")
    assert.equal("2026.11.18 22:00:00", at)
    assert.matches("v2 reads the point in time in its server's own zone", log, 1, true)
    for _, known in ipairs { { "v2", "2026-11-18T22:00:00Z", "+00:00" },
      { "v2", "2026-11-18T22:00:00" }, { "v3", "2026-11-18T22:00:00Z" } } do
      assert.is_nil(select(2, sent_at(table.unpack(known))):find("own zone", 1, true))
    end
  end)
end)
