-- Restore operators of the rehearsal server, and what organizations consist of.
--
-- Covers vbo.sim.roles.browse, vbo.sim.roles.change, vbo.sim.roles.list, vbo.sim.roles.render.

local sim = require "spec.support.sim_app"
local versions = require "spec.support.versions"

for _, version in ipairs(versions.since "v6") do
  describe("roles of the rehearsal server in " .. version, function()
    local client, contoso, alice, bob

    before_each(function()
      client = sim.new(version)
      contoso = client:organization()
      local users = client:rows("/Organizations/" .. contoso.id .. "/Users")
      alice, bob = users[1], users[2]
    end)

    local function user(it)
      return { type = "User", user = { id = it.id, displayName = it.displayName, name = it.name,
        type = "User" } }
    end

    local function create(more, status)
      local body = { name = "Helpdesk", organizationId = contoso.id,
        roleType = "SpecificObjects", operators = { user(bob) }, selectedItems = { user(alice) } }
      for key, value in pairs(more or {}) do body[key] = value end
      local value, answer =
        client:call("POST", "/Organizations/" .. contoso.id .. "/RbacRoles", body)
      assert.equal(status or (client.number >= 8 and 201 or 200), answer.status, answer.body)
      return value
    end

    it("are created, edited in part, and removed", function()
      local made = create()
      assert.equal("Helpdesk", made.name)
      assert.equal(contoso.id, made.organizationId)
      assert.same({ made }, client:rows "/RbacRoles")
      assert.same({ made }, client:rows("/Organizations/" .. contoso.id .. "/RbacRoles"))
      local fabrikam = client:organization "fabrikam.onmicrosoft.com"
      assert.equal(0, #client:rows("/Organizations/" .. fabrikam.id .. "/RbacRoles"))
      local path = "/RbacRoles/" .. made.id
      local _, answer = client:call("PUT", path, { description = "edited" })
      assert.equal(204, answer.status)
      local edited = client:get(path)
      assert.same({ "Helpdesk", "edited" }, { edited.name, edited.description })
      assert.equal(1, #client:rows(path .. "/operators"))
      assert.match("exists already", create({}, 409).message)
      create({ name = "" }, 400)
      create({ name = "Other", operators = { { type = "User", user = { id = "x",
        displayName = "x", name = "x", type = "User" } } } }, 404)
      _, answer = client:call("DELETE", path)
      assert.equal(204, answer.status)
      client:get(path, 404)
    end)

    it("have operators, selected and excluded items", function()
      local path = "/RbacRoles/" .. create().id
      for _, list in ipairs { "operators", "selectedItems", "excludedItems" } do
        local before = client:rows(path .. "/" .. list)
        local who = list == "operators" and alice or bob
        local _, answer = client:call("POST", path .. "/" .. list, { user(who) })
        assert.equal(204, answer.status, answer.body)
        local rows = client:rows(path .. "/" .. list)
        assert.equal(#before + 1, #rows)
        local added = rows[#rows]
        assert.equal(who.name, added.user.name)
        assert.same(added, client:get(path .. "/" .. list .. "/" .. added.id))
        _, answer = client:call("POST", path .. "/" .. list, { user(who) })
        assert.equal(409, answer.status)
        _, answer = client:call("DELETE", path .. "/" .. list .. "?ids=" .. added.id)
        assert.equal(204, answer.status)
        assert.same(before, client:rows(path .. "/" .. list))
        _, answer = client:call("DELETE", path .. "/" .. list .. "?ids=" .. added.id)
        assert.equal(404, answer.status)
      end
    end)

    local function explore(scope, body, status)
      body = body or {}
      body.scope, body.reason = scope, body.reason or "Ticket 7"
      body.type = body.type or "Veod"
      local value, answer = client:call("POST", "/Organization/OperatorExplore", body)
      assert.equal(status or (client.number >= 8 and 201 or 200), answer.status, answer.body)
      return value
    end

    it("show an operator what its scope names, and restore it", function()
      -- A user is named as it was got from the organization, with all that it has there.
      local session = explore({ type = "User", user = alice }, { dateTime = sim.before })
      assert.equal("Ticket 7", session.reason)
      assert.equal("Alice Example", session.scopeName)
      local place = "/RestoreSessions/" .. session.id .. "/Organization"
      local drives = client:rows(place .. "/OneDrives")
      assert.equal(1, #drives)
      local documents = place .. "/OneDrives/" .. drives[1].id .. "/Documents"
      local budget = client:named(documents, "Budget.xlsx")
      local answer = client:call("POST", documents .. "/operatorRestore", {
        reason = "Ticket 7", documentAction = "Overwrite",
        documentsRestoreConfigs = { { document = budget, documentVersion = "Last" } },
      })
      assert.same({ sessionId = session.id }, answer)
      local changes = client:changes()
      assert.equal(1, #changes)
      assert.equal("created", changes[1].how)
      assert.match("Budget.xlsx$", changes[1].path)
    end)

    it("restore mail as an operator, and in no session of another kind", function()
      local session = explore(user(bob), { dateTime = sim.before, type = "Vex" })
      local place = "/RestoreSessions/" .. session.id .. "/Organization"
      local box = client:rows(place .. "/Mailboxes")
      assert.equal(1, #box)
      local function restore(at, status)
        local items = at .. "/Mailboxes/" .. box[1].id .. "/Items"
        local item = client:rows(items)[1]
        local value, answer = client:call("POST", items .. "/operatorRestore",
          { items = { { id = item.id } }, folder = "Restored", reason = "Ticket 8" })
        assert.equal(status, answer.status, answer.body)
        return value
      end
      assert.same({ sessionId = session.id }, restore(place, 200))
      local changes = client:changes()
      assert.equal(1, #changes)
      assert.match("^Restored/", changes[1].path)
      local plain = client:explore("Vex", sim.before)
      assert.match("not opened by a restore operator", restore(plain, 403).message)
    end)

    it("refuse an operator what no role covers", function()
      client = sim.new(version, { user = "admin" })
      assert.is_false(client:get "/Organization/LoggedInUser/OperatorInfo".isOperator)
      assert.equal("admin", client:get "/Organization/LoggedInUser".name)
      -- The account of the server is itself one of the world's people.
      local app = client.app
      app.user, app.auth.user = "bob@contoso.com", "bob@contoso.com"
      for _, token in pairs(app.auth.access) do token.account.user = app.user end
      create()
      assert.is_true(client:get "/Organization/LoggedInUser/OperatorInfo".isOperator)
      local scope = client:get "/Organization/LoggedInUser/EffectiveScope"
      assert.equal(1, #scope.users)
      assert.equal("alice@contoso.com", scope.users[1].user.name)
      explore(user(alice))
      assert.match("No role of 'bob@contoso.com' covers user", explore(user(bob), {}, 403).message)
    end)

    it("refuse a scope that is not there", function()
      explore(nil, {}, 400)
      explore({ type = "User" }, {}, 400)
      explore({ type = "User", user = { id = "x", displayName = "x", name = "x", type = "User" } },
        {}, 404)
    end)

    if version ~= "v6" then
      it("show an operator the restore points of an object", function()
        local all = client:rows "/Organization/LoggedInUser/RestorePoints"
        assert.equal(30, #all)
        -- Wang is backed up by the nightly job alone.
        local wang = client:named("/Organizations/" .. contoso.id .. "/Users",
          "wang.xiaoming@contoso.com")
        assert.equal(10,
          #client:rows("/Organization/LoggedInUser/RestorePoints?rbacItem=" .. wang.id))
      end)
    end
  end)
end

describe("organizations of the rehearsal server", function()
  it("have groups, sites and teams that can be got", function()
    for _, version in ipairs(versions.with_newest("v2", "v4", "v5", "v7")) do
      local client = sim.new(version)
      local place = "/Organizations/" .. client:organization().id
      local lists = { "/Groups", "/Sites" }
      if client.number >= 5 then lists[3] = "/Teams" end
      for _, list in ipairs(lists) do
        local rows = client:rows(place .. list)
        assert.is_true(#rows > 0, list)
        assert.same(rows[1], client:get(place .. list .. "/" .. rows[1].id))
        client:get(place .. list .. "/nothing", 404)
      end
    end
  end)

  it("have groups with members", function()
    local client = sim.new "v8"
    local place = "/Organizations/" .. client:organization().id .. "/Groups"
    local group = client:rows(place)[1]
    local members = client:rows(place .. "/" .. group.id .. "/Members")
    assert.is_true(#members > 0)
    assert.equal(group.id, members[1].groupId)
    assert.match("@contoso.com$", members[1].login)
    assert.equal(1, #client:rows(place .. "?displayName=" .. group.displayName))
    assert.equal(0, #client:rows(place .. "?displayName=nobody"))
    assert.equal(0, #client:rows(place .. "?locationFilter=OnPremises"))
  end)

  it("have personal sites when they are asked for", function()
    local client = sim.new "v8"
    local place = "/Organizations/" .. client:organization().id .. "/Sites"
    for _, site in ipairs(client:rows(place)) do assert.is_false(site.isPersonal) end
    local personal = 0
    for _, site in ipairs(client:rows(place .. "?includePersonalSites=true")) do
      if site.isPersonal then personal = personal + 1 end
    end
    assert.equal(16, personal)
  end)

  it("count licences", function()
    for _, version in ipairs(versions.since "v2") do
      local client = sim.new(version)
      local place = "/Organizations/" .. client:organization().id
      assert.same({ 16, 0 }, { client:get(place .. "/LicensingInformation").licensedUsers,
        client:get(place .. "/LicensingInformation").newUsers })
    end
  end)

  it("are synchronised on request, one at a time", function()
    local client = sim.new "v8"
    local place = "/Organizations/" .. client:organization().id
    local before = client:get(place .. "/SyncState")
    assert.equal("Success", before.lastSyncState.result)
    assert.is_nil(before.currentSyncState)
    local function start(status)
      local _, answer = client:call("POST", place .. "/Sync", { type = "Full" })
      assert.equal(status, answer.status, answer.body)
    end
    start(204)
    assert.equal("Full", client:get(place .. "/SyncState").currentSyncState.type)
    start(409)
    client:settle()
    local after = client:get(place .. "/SyncState")
    assert.is_nil(after.currentSyncState)
    assert.equal("2026-11-21T08:00:02Z", after.lastSyncState.endTime)
    assert.equal("Full", after.lastSyncState.type)
    client = sim.new "v7"
    assert.equal("Success", client:get(place .. "/SyncState").status)
  end)
end)

describe("what repositories of the rehearsal server hold", function()
  for _, version in ipairs(versions.with_newest("v3", "v5", "v6", "v7")) do
    it("is listed, and got one by one, in " .. version, function()
      local client = sim.new(version)
      local place = "/BackupRepositories/" .. client:rows "/BackupRepositories"[1].id
      local expected = { OrganizationData = 3, UserData = 40, GroupData = true, SiteData = true }
      if client.number >= 5 then expected.TeamData = true end
      if client.number >= 6 then
        expected.MailboxData, expected.OneDriveData = 44, 26
      end
      for name, count in pairs(expected) do
        local rows = client:all(place .. "/" .. name)
        if count == true then assert.is_true(#rows > 0, name) else assert.equal(count, #rows) end
        local id = name == "OrganizationData" and rows[1].organizationId or rows[1].id
        assert.same(rows[1], client:get(place .. "/" .. name .. "/" .. id))
        client:get(place .. "/" .. name .. "/00000000-0000-4000-8000-000000000000", 404)
        client:get("/BackupRepositories/00000000-0000-4000-8000-000000000000/" .. name, 404)
      end
    end)
  end

  it("is filtered by name, organization and time", function()
    local client = sim.new "v8"
    local place = "/BackupRepositories/" .. client:rows "/BackupRepositories"[1].id
    local function count(query) return #client:rows(place .. "/MailboxData" .. query) end
    assert.equal(1, count "?filter=alice")
    assert.equal(13, count("?organizationId=" .. client:organization "fabrikam.onmicrosoft.com".id))
    assert.equal(0, count "?pointInTime=2026-10-01T00:00:00Z")
    local row = client:rows(place .. "/MailboxData?pointInTime=2026-11-18T23:00:00Z")[1]
    assert.equal("2026-11-18T22:00:00Z", row.backedUpTime)
  end)

  it("says what each restore point protects", function()
    for _, version in ipairs(versions.since "v6") do
      local client = sim.new(version)
      local nightly = client:named("/Jobs", "Contoso nightly").id
      local some = client:named("/Jobs", "Contoso management").id
      local all = client:rows("/RestorePoints?jobId=" .. nightly)[1].id
      local few = client:rows("/RestorePoints?jobId=" .. some)[1].id
      local function count(id, name)
        if client.number >= 8 then
          return #client:rows("/Protected" .. name .. "?restorePointId=" .. id)
        end
        return #client:rows("/RestorePoints/" .. id .. "/" .. name)
      end
      if version == "v6" then
        assert.same({ 20, 17 }, { count(all, "mailboxes"), count(all, "onedrives") })
        assert.same({ 2, 2 }, { count(few, "mailboxes"), count(few, "onedrives") })
      else
        local users = version == "v7" and "protectedUsers" or "Users"
        assert.same({ 18, 2 }, { count(all, users), count(few, users) })
        local sites = version == "v7" and "protectedSites" or "Sites"
        assert.is_true(count(all, sites) > 0)
        assert.equal(0, count(few, sites))
      end
    end
  end)

  it("is found by user in v8: one protected user, and the points that hold them", function()
    local client = sim.new "v8"
    local alice = client:rows("/ProtectedUsers?organizationId=" .. client:organization().id)[1]
    assert.same(alice, client:get("/ProtectedUsers/" .. alice.id))
    assert.equal("alice@contoso.com", alice.mailboxes[1].email)
    assert.equal(20, #client:all("/RestorePoints?userId=" .. alice.id))
    client:get("/ProtectedUsers/nobody", 404)
  end)
end)
