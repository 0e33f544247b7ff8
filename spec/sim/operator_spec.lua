-- Tests accounts that are not administrators: tenants and restore operators.
--
-- Covers vbo.sim.roles.operator, vbo.sim.state.access, vbo.sim.http.accounts.

local api = require "spec.support.versions"
local json = require "vbo.base.json"
local sim = require "spec.support.sim_app"

--- Returns a client of the same server under another account.
local function as(client, user, grant)
  local body = { grant_type = grant or "password", username = user, password = sim.password,
    disable_antiforgery_token = true }
  local answer = client:raw("POST", "/" .. client.version .. "/token", json.encode(body),
    { ["content-type"] = "application/json" })
  assert.equal(200, answer.status, answer.body)
  return setmetatable({ token = json.decode(answer.body).access_token }, {
    __index = client, __newindex = client,
  })
end

local function status(client, method, target, body)
  local _, answer = client:call(method, target, body)
  return answer.status
end

for _, version in ipairs(api.with_newest("v1", "v3", "v5", "v6", "v7")) do
  describe("a tenant of the rehearsal server in " .. version, function()
    local admin, tenant, contoso, fabrikam

    before_each(function()
      admin = sim.new(version)
      contoso, fabrikam = admin:organization(), admin:organization "fabrikam.onmicrosoft.com"
      tenant = as(admin, "backup@contoso.onmicrosoft.com")
    end)

    local function explore(client)
      local place = version == "v1" and "/RestoreSessions" or "/Organization"
      if client.number <= 5 then
        return client:call("POST", place .. "/Action",
          { explore = { type = client.number > 1 and "vex" or nil } })
      end
      return client:call("POST", place .. "/Explore", { type = "Vex" })
    end

    it("explores their own organization, and no other", function()
      local session, answer = explore(tenant)
      assert.is_true(answer.status < 300, answer.body)
      local place = "/RestoreSessions/" .. session.id
      assert.is_true(#tenant:rows(place .. "/Organization/Mailboxes") > 0)
      if admin.number >= 2 then assert.equal(contoso.id, tenant:get("/Organization").id) end
      assert.equal(403, select(2, explore(admin)).status)
      -- Sessions of others are not there.
      local _, other = admin:explore("Vex", nil, nil, "fabrikam.onmicrosoft.com")
      tenant:get("/RestoreSessions/" .. other.id, 404)
      tenant:get("/RestoreSessions/" .. other.id .. "/Organization/Mailboxes", 404)
      assert.equal(1, #tenant:rows "/RestoreSessions")
      assert.equal(2, #admin:rows "/RestoreSessions")
    end)

    it("sees their own organization, and nothing of the server", function()
      local list = tenant:rows "/Organizations"
      assert.equal(1, #list)
      assert.equal(contoso.id, list[1].id)
      tenant:get("/Organizations/" .. contoso.id)
      tenant:get("/Organizations/" .. fabrikam.id, 404)
      for _, path in ipairs { "/BackupRepositories", "/Proxies" } do tenant:get(path, 403) end
      if admin.number >= 8 then
        local jobs = tenant:rows "/Jobs"
        assert.equal(2, #jobs)
        for _, job in ipairs(jobs) do assert.equal(contoso.id, job.organizationId) end
        assert.is_true(#tenant:all "/RestorePoints" < #admin:all "/RestorePoints")
      end
      assert.equal(403, status(tenant, "DELETE", "/Organizations/" .. contoso.id))
      assert.equal(401, select(2, tenant:call("GET", "/sim/changes")).status)
    end)
  end)
end

for _, version in ipairs(api.since "v6") do
  describe("a restore operator of the rehearsal server in " .. version, function()
    local admin, bob, contoso, people

    before_each(function()
      admin = sim.new(version)
      contoso = admin:organization()
      people = {}
      for _, each in ipairs(admin:rows("/Organizations/" .. contoso.id .. "/Users")) do
        people[each.name] = each
      end
      bob = as(admin, "bob@contoso.com", "operator")
    end)

    local function user(name)
      local it = people[name]
      return { type = "User", user = { id = it.id, displayName = it.displayName, name = it.name,
        type = "User" } }
    end

    local function role(more)
      local body = { name = "Helpdesk", organizationId = contoso.id,
        roleType = "SpecificObjects", operators = { user "bob@contoso.com" },
        selectedItems = { user "alice@contoso.com" } }
      for key, value in pairs(more or {}) do body[key] = value end
      local value, answer =
        admin:call("POST", "/Organizations/" .. contoso.id .. "/RbacRoles", body)
      assert.is_true(answer.status < 300, answer.body)
      return value
    end

    local function explore(scope, kind, wanted)
      local value, answer = bob:call("POST", "/Organization/OperatorExplore",
        { scope = scope, type = kind, reason = "Ticket 7", dateTime = sim.before })
      assert.equal(wanted or (admin.number >= 8 and 201 or 200), answer.status, answer.body)
      return value.id and "/RestoreSessions/" .. value.id .. "/Organization", value
    end

    it("restores what is their own, without a role", function()
      assert.is_false(bob:get "/Organization/LoggedInUser/OperatorInfo".isOperator)
      local scope = bob:get "/Organization/LoggedInUser/EffectiveScope"
      assert.equal(1, #scope.users)
      assert.equal("bob@contoso.com", scope.users[1].user.name)
      assert.equal("User", scope.users[1].user.type)
      assert.same({}, scope.sites)
      -- Roles have words of their own for mailboxes that several share.
      local shared = as(admin, "info@contoso.com", "operator")
        :get "/Organization/LoggedInUser/EffectiveScope"
      assert.equal("SharedMailbox", shared.users[1].user.type)
      local place, session = explore(user "bob@contoso.com", "Veod")
      assert.equal("bob@contoso.com", session.initiatedBy)
      local drives = bob:rows(place .. "/OneDrives")
      assert.equal(1, #drives)
      explore(user "alice@contoso.com", "Veod", 403)
    end)

    it("restores what their roles cover, until they do no more", function()
      local made = role()
      assert.is_true(bob:get "/Organization/LoggedInUser/OperatorInfo".isOperator)
      local names = {}
      for i, each in ipairs(bob:get "/Organization/LoggedInUser/EffectiveScope".users) do
        names[i] = each.user.name
      end
      assert.same({ "bob@contoso.com", "alice@contoso.com" }, names)
      local place = explore(user "alice@contoso.com", "Vex")
      local box = place .. "/Mailboxes/" .. bob:rows(place .. "/Mailboxes")[1].id
      local item = bob:rows(box .. "/Items")[1]
      local answer = bob:call("POST", box .. "/Items/operatorRestore",
        { items = { { id = item.id } }, folder = "Restored", reason = "Ticket 8" })
      assert.is_string(answer.sessionId)
      assert.equal(1, #admin:changes())
      local events = bob:rows("/RestoreSessions/" .. answer.sessionId .. "/Events")
      assert.match("Ticket 8", events[1].title)
      explore(user "wang.xiaoming@contoso.com", "Vex", 403)
      admin:call("DELETE", "/RbacRoles/" .. made.id)
      explore(user "alice@contoso.com", "Vex", 403)
    end)

    it("takes what was found with them, and changes production as an operator alone", function()
      local place = explore(user "bob@contoso.com", "Veod")
      local drive = place .. "/OneDrives/" .. bob:rows(place .. "/OneDrives")[1].id
      local one = bob:rows(drive .. "/Documents")[1]
      local path = drive .. "/Documents/" .. one.id
      assert.equal(200, status(bob, "POST", path .. "/save", {}))
      assert.is_true(status(bob, "POST", path .. "/send",
        { from = "bob@contoso.com", to = "bob@contoso.com" }) < 300)
      assert.equal(403, status(bob, "POST", path .. "/restore", { documentAction = "Overwrite" }))
      assert.equal(403, status(bob, "POST", path .. "/copyTo", { onedrive = { id = "x" },
        documentVersion = "Last", documentLastVersionAction = "Merge" }))
      assert.equal(1, #admin:changes())
      assert.is_true(status(bob, "POST", place:match "^(.*)/Organization" .. "/Stop") < 300)
    end)

    it("sees their own sessions, and nothing else", function()
      local mine = explore(user "bob@contoso.com", "Veod"):match "Sessions/([^/]+)"
      local _, other = admin:explore "Veod"
      local list = bob:rows "/RestoreSessions"
      assert.equal(1, #list)
      assert.equal(mine, list[1].id)
      bob:get("/RestoreSessions/" .. other.id, 404)
      bob:get("/RestoreSessions/" .. other.id .. "/Organization/OneDrives", 404)
      for _, path in ipairs { "/Organizations", "/Jobs", "/RestorePoints", "/RbacRoles",
        "/Organizations/" .. contoso.id .. "/Users" } do
        bob:get(path, 403)
      end
      local denied, answer = bob:call("POST", "/Organization/Explore", { type = "Veod" })
      assert.equal(403, answer.status)
      if admin.number >= 8 then assert.equal("ResourceAccessDenied", denied.errorCode) end
      assert.equal(401, select(2, bob:call("GET", "/sim/production")).status)
    end)

    it("restores documents of sites in their scope, each with the versions wanted", function()
      local site
      for _, each in ipairs(admin:rows("/Organizations/" .. contoso.id .. "/Sites")) do
        if each.url:find "/marketing$" then site = each end
      end
      local scope = { type = "Site", site = { id = site.id } }
      explore(scope, "Vesp", 403)
      role { selectedItems = { scope } }
      local place = explore(scope, "Vesp")
      local sites = bob:rows(place .. "/Sites")
      assert.equal(1, #sites)
      local documents = place .. "/Sites/" .. sites[1].id .. "/Documents"
      local answer, reply = bob:call("POST", documents .. "/operatorRestore", {
        documentVersion = "Last", documentsRestoreConfigs = {
          { document = bob:named(documents, "Brief.docx"), documentVersion = "All" },
          { document = bob:named(documents, "Logo.svg") },
        },
      })
      assert.equal(200, reply.status, reply.body)
      assert.is_string(answer.sessionId)
      local versions = {}
      for _, change in ipairs(admin:changes()) do
        versions[change.path:match "[^/]+$"] = change.version
      end
      assert.equal("all", versions["Brief.docx"])
      assert.match("^%d", versions["Logo.svg"])
      -- Refuses an operator's restore from a session that an administrator opened.
      local plain = admin:explore("Vesp", sim.before)
      local value
      value, reply = admin:call("POST", plain .. documents:match "/Sites.*" .. "/operatorRestore", {
        documentsRestoreConfigs = { { document = bob:named(documents, "Brief.docx") } } })
      assert.equal(403, reply.status)
      assert.match("not opened by a restore operator", value.message)
    end)

    if version ~= "v6" then
      it("restores teams in their scope", function()
        local team
        for _, each in ipairs(admin:rows("/Organizations/" .. contoso.id .. "/Teams")) do
          if each.displayName == "Aurora" then team = each end
        end
        local scope = { type = "Team", team = { id = team.id } }
        explore(scope, "Vet", 403)
        role { selectedItems = { scope } }
        local place = explore(scope, "Vet") .. "/teams"
        local list = bob:rows(place)
        assert.equal(1, #list)
        local answer, reply = bob:call("POST", place .. "/operatorRestore",
          { teams = { { id = list[1].id } }, restoreChangedItems = true, restoreMissingItems = true,
            restoreMembers = true, restoreSettings = true,
            impersonationAccountName = "alice@contoso.com", reason = "Ticket 9" })
        assert.equal(200, reply.status, reply.body)
        assert.is_true(#admin:changes() > 0)
        local events = bob:rows("/RestoreSessions/" .. answer.sessionId .. "/Events")
        assert.match("Ticket 9", events[1].title)
        assert.equal(403, status(bob, "POST", place .. "/" .. list[1].id .. "/restore",
          { restoreChangedItems = true, restoreMissingItems = true }))
        local plain = admin:explore("Vet", sim.before) .. "/teams"
        assert.equal(403, status(admin, "POST", plain .. "/operatorRestore",
          { reason = "Ticket 9", restoreMembers = true, teams = { { id = list[1].id } },
            restoreChangedItems = true, restoreMissingItems = true, restoreSettings = true,
            impersonationAccountName = "alice@contoso.com" }))
      end)

      it("sees the restore points of what is theirs", function()
        local all = #admin:all "/Organization/LoggedInUser/RestorePoints"
        local own = #bob:all "/Organization/LoggedInUser/RestorePoints"
        assert.is_true(own > 0 and own < all)
        local alice = people["alice@contoso.com"].id
        assert.equal(0, #bob:rows("/Organization/LoggedInUser/RestorePoints?rbacItem=" .. alice))
        role()
        assert.is_true(#bob:rows("/Organization/LoggedInUser/RestorePoints?rbacItem=" .. alice) > 0)
      end)
    end
  end)
end
