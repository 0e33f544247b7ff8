-- The typed resources of the rehearsal server: what no handler was written for.
--
-- Covers vbo.sim.typed, vbo.sim.typed.records, vbo.sim.typed.resources, vbo.sim.typed.rules,
-- vbo.sim.typed.seeds, vbo.sim.typed.values, vbo.sim.typed.verbs, vbo.sim.typed.links,
-- vbo.sim.typed.overlay, vbo.sim.organizations.change, vbo.sim.organizations.list.

local apps = require "vbo.sim.http.app"
local json = require "vbo.base.json"
local sim = require "spec.support.sim_app"
local versions = require "spec.support.versions"

local function by_name(rows, name, key)
  for _, each in ipairs(rows) do
    if each[key or "name"] == name then return each end
  end
end

local function status_of(client, method, target, body)
  local value, answer = client:call(method, target, body)
  return answer.status, value
end

describe("typed resources of the rehearsal server", function()
  it("are the same at every start", function()
    for _, path in ipairs { "/Accounts", "/EncryptionKeys", "/ProxyPools", "/License" } do
      local one, two = sim.new("v8"):get(path), sim.new("v8"):get(path)
      if one.results then one, two = one.results, two.results end
      assert.same(one, two)
      assert.is_true(one.status ~= nil or #one >= 3, path)
    end
  end)

  it("are created, listed, changed and deleted", function()
    local client = sim.new "v8"
    local before = #client:rows "/Accounts"
    local made, answer = client:call("POST", "/Accounts", {
      accountType = "amazonS3Account", userName = "AKIA1", password = "geheim",
      description = "for the archive" })
    assert.equal(201, answer.status)
    assert.equal("AKIA1", made.userName)
    assert.equal("amazonS3Account", made.accountType)
    assert.is_nil(made.password)
    assert.equal("/v8/Accounts/" .. made.id, made._links.self.href)
    local rows = client:rows "/Accounts"
    assert.equal(before + 1, #rows)
    assert.equal("for the archive", by_name(rows, "AKIA1", "userName").description)
    -- Keeps the value of a property that the body omits.
    assert.equal(204, status_of(client, "PUT", "/Accounts/" .. made.id, { userName = "AKIA2" }))
    local changed = client:get("/Accounts/" .. made.id)
    assert.equal("AKIA2", changed.userName)
    assert.equal("for the archive", changed.description)
    assert.equal(made.id, changed.id)
    assert.equal(204, status_of(client, "DELETE", "/Accounts/" .. made.id))
    local status, value = status_of(client, "GET", "/Accounts/" .. made.id)
    assert.equal(404, status)
    assert.equal("ResourceNotFound", value.errorCode)
    assert.equal(before, #client:rows "/Accounts")
  end)

  it("never give a secret back, in any version", function()
    local client = sim.new "v8"
    client:call("PUT", "/VexEmailSettings", { userName = "post", password = "geheim-1" })
    client:call("POST", "/EncryptionKeys", { password = "geheim-2", description = "first" })
    client:call("POST", "/Accounts", { userName = "u", password = "geheim-3" })
    for _, version in ipairs(versions.since "v4") do
      client:speak(version)
      for _, path in ipairs { "/VexEmailSettings", "/EncryptionKeys", "/Accounts" } do
        local _, answer = client:get(path)
        assert.is_nil(answer.body:find("geheim", 1, true), path)
      end
    end
  end)

  it("are the same in all versions", function()
    local client = sim.new "v8"
    local made = client:call("POST", "/Accounts", { accountType = "azureBlobAccount",
      userName = "blob", password = "x", description = "made in v8" })
    for _, version in ipairs(versions.since "v4") do
      client:speak(version)
      assert.equal("made in v8", by_name(client:rows "/Accounts", "blob", "userName").description)
    end
    client:speak "v4"
    local own = client:get("/Accounts/" .. made.id)
    assert.equal("https://localhost:4443/v4/accounts/" .. made.id, own._links.self.href)
    assert.equal(200, status_of(client, "PUT", "/Accounts/" .. made.id, { userName = "blob4" }))
    assert.equal("blob4", client:speak "v7":get("/Accounts/" .. made.id).userName)
    assert.equal(200, status_of(client:speak "v4", "DELETE", "/Accounts/" .. made.id))
    assert.equal(404, (status_of(client:speak "v8", "GET", "/Accounts/" .. made.id)))
  end)

  it("keep settings, and share them between versions", function()
    local client = sim.new "v8"
    local before = client:get "/HistorySettings"
    local flag, number
    for name, value in pairs(before) do
      if type(value) == "boolean" then flag = name end
      if math.type(value) == "integer" then number = name end
    end
    assert(flag and number, "settings of a flag and a number")
    local change = { [flag] = not before[flag] }
    assert.equal(204, status_of(client, "PUT", "/HistorySettings", change))
    for _, version in ipairs(versions.since "v6") do
      local after = client:speak(version):get "/HistorySettings"
      assert.equal(not before[flag], after[flag])
      assert.equal(before[number], after[number])
    end
  end)

  it("come in pages and as arrays, as their version has them", function()
    local client = sim.new "v8"
    for i = 1, 40 do
      assert.equal(201, (status_of(client, "POST", "/ProxyPools",
        { name = "Pool " .. i, description = "", proxyIds = json.array {} })))
    end
    local page = client:get "/ProxyPools?limit=10&offset=5"
    assert.equal(10, #page.results)
    assert.equal(5, page.offset)
    assert.equal("/v8/ProxyPools?offset=15&limit=10", page._links.next.href)
    assert.equal(30, #client:get("/ProxyPools").results)
    assert.equal(43, #client:all "/ProxyPools")
    assert.equal(400, (status_of(client, "GET", "/ProxyPools?limit=0")))
    assert.is_true(json.is_array(client:speak "v6":get "/Proxies"))
    assert.equal("table", type(client:speak "v8":get "/Proxies".results))
  end)

  it("are filtered by the query's properties", function()
    local client = sim.new "v8"
    client:call("POST", "/Accounts", { accountType = "amazonS3CompatibleAccount",
      userName = "alone", password = "x" })
    local rows = client:rows "/Accounts?accountType=AMAZONS3COMPATIBLEACCOUNT"
    assert.equal("alone", by_name(rows, "alone", "userName").userName)
    for _, each in ipairs(rows) do
      assert.equal("amazonS3CompatibleAccount", each.accountType)
    end
    assert.equal(0, #client:rows "/Accounts?organizationId=00000000-0000-4000-8000-000000000000")
  end)

  it("refuse what lies below something that is not there", function()
    local client = sim.new "v8"
    local id = "00000000-0000-4000-8000-000000000000"
    for _, path in ipairs { "/Organizations/" .. id .. "/AuditItems", "/ProxyPools/" .. id,
      "/AzureServiceAccounts/" .. id .. "/Subscriptions", "/ProxyPools/" .. id .. "/proxies" } do
      local status, value = status_of(client, "GET", path)
      assert.equal(404, status)
      assert.match("Resource cannot be found for current key: ", value.message)
    end
  end)

  it("refuse a body that lacks what is required, or has what is unknown", function()
    for n = 6, 8 do
      local client = sim.new("v" .. n)
      local organization = client:organization().id
      local path = "/Organizations/" .. organization .. "/AuditItems/remove"
      for _, body in ipairs { { itemId = "x" }, { itemIds = 5 } } do
        local status, value = status_of(client, "POST", path, body)
        assert.equal(400, status)
        assert.match("itemIds", value.message)
        assert.equal(n >= 8 and "ParameterValidationFailure" or nil, value.errorCode)
      end
    end
  end)

  it("take property names and enum values in any case, and booleans as strings", function()
    local client = sim.new "v8"
    local made = client:call("POST", "/ACCOUNTS", '{"ACCOUNTTYPE": "AmazonS3Account",'
      .. '"username": "case", "Password": "x",}')
    assert.equal("amazonS3Account", made.accountType)
    assert.equal("case", made.userName)
    client:call("PUT", "/InternetProxySettings", { useProxy = "true", UseInternetProxy = "true" })
  end)

  it("change their state by actions, in both dialects", function()
    local client = sim.new "v8"
    local proxy = client:rows "/Proxies"[1]
    assert.equal("Disabled", proxy.maintenanceModeState)
    local place = "/Proxies/" .. proxy.id
    assert.equal(204, status_of(client, "POST", place .. "/maintenance/enable", {}))
    assert.equal("Enabled", client:get(place).maintenanceModeState)
    assert.equal(204, status_of(client, "POST", place .. "/maintenance/disable", {}))
    assert.equal("Disabled", client:get(place).maintenanceModeState)
    assert.equal(200, (status_of(client:speak "v5", "POST", place .. "/Action",
      { rescan = json.null })))
  end)

  it("keep what an action started, so that it can be read and stopped", function()
    local client = sim.new "v8"
    assert.same(json.array {}, client:get "/RepositorySynchronizeSessions")
    local repository = client:rows "/BackupRepositories"[1]
    local session = client:call("POST", "/BackupRepositories/" .. repository.id .. "/Sync")
    assert.equal(1, #client:get "/RepositorySynchronizeSessions")
    local place = "/RepositorySynchronizeSessions/" .. session.id
    assert.equal(session.id, client:get(place).id)
    assert.equal(204, status_of(client, "POST", place .. "/StopSynchronize"))
    assert.equal("Synchronizing", session.state)
    assert.equal("None", client:get(place).state)
    assert.equal(repository.id, session.repositoryId)
  end)

  it("keep in place what is in use, and refuse a name twice", function()
    local client = sim.new "v8"
    local repository = client:rows "/BackupRepositories"[1]
    local place = "/BackupRepositories/" .. repository.id
    local status, value = status_of(client, "DELETE", place)
    assert.equal(409, status)
    assert.equal("OperationConflict", value.errorCode)
    assert.match("Contoso nightly", value.message)
    local body = { name = "Second", path = "E:\\Backups", retentionType = "ItemLevel",
      proxyId = repository.proxyId }
    local made, answer = client:call("POST", "/BackupRepositories", body)
    assert.equal(201, answer.status)
    assert.equal("E:\\Backups", made.path)
    assert.equal(409, (status_of(client, "POST", "/BackupRepositories", body)))
    assert.equal("Second", by_name(client:speak "v3":rows "/BackupRepositories", "Second").name)
    assert.equal(204, (status_of(client:speak "v8", "DELETE", "/BackupRepositories/" .. made.id)))
  end)

  it("put proxies into pools and take them out", function()
    local client = sim.new "v8"
    local proxy = client:rows "/Proxies"[1].id
    local pool = client:call("POST", "/ProxyPools",
      { name = "Mine", description = "", proxyIds = json.array {} }).id
    local place = "/ProxyPools/" .. pool .. "/proxies"
    assert.equal(0, #client:rows(place))
    assert.equal(204, status_of(client, "POST", place, json.array { { proxyId = proxy } }))
    assert.equal(proxy, client:rows(place)[1].id)
    assert.equal(pool, client:get("/Proxies/" .. proxy).proxyPoolId)
    assert.equal(204, status_of(client, "DELETE", place, json.array { { proxyId = proxy } }))
    assert.equal(0, #client:rows(place))
    assert.is_nil(client:get("/Proxies/" .. proxy).proxyPoolId)
  end)

  it("are forgotten by a reset", function()
    local client = sim.new "v8"
    assert.equal(201, (status_of(client, "POST", "/ProxyPools",
      { name = "Mine", description = "", proxyIds = json.array {} })))
    client.app.store:reset()
    assert.is_nil(by_name(client:rows "/ProxyPools", "Mine"))
  end)

  it("yield to every handler that is written out", function()
    for name in pairs(apps.handlers) do
      assert.equal("function", type(apps.handlers[name]))
    end
    local client = sim.new "v8"
    assert.equal(sim.contoso, client:organization().name)
  end)
end)

describe("reports of the rehearsal server", function()
  local function report(client, format)
    local path, body = "/Reports/GenerateMailboxProtection", { format = format }
    if client.number <= 5 then
      path, body = "/Reports/Action", { generate = { type = "MailboxProtection", format = format } }
    end
    local value, answer = client:call("POST", path, body)
    assert.equal(200, answer.status)
    return sim.bytes(value)
  end

  it("are a PDF whose parts lie where its table says", function()
    for _, version in ipairs(versions.each_dialect) do
      local text = report(sim.new(version), "PDF")
      assert.match("^%%PDF%-1%.4\n", text)
      assert.match("alice@contoso%.com", text)
      local at = tonumber(text:match "startxref\n(%d+)\n%%%%EOF\n$")
      assert.equal("xref\n", text:sub(at + 1, at + 5))
      local n = 0
      for offset in text:sub(at + 1):gmatch "(%d%d%d%d%d%d%d%d%d%d) 00000 n" do
        n = n + 1
        local start = tonumber(offset)
        assert.equal(n .. " 0 obj", text:sub(start + 1, start + #(n .. " 0 obj")))
      end
      assert.equal(5, n)
    end
  end)

  it("go on to further pages", function()
    local lines = {}
    for i = 1, 109 do lines[i] = "line " .. i end
    local text = require("vbo.sim.typed.documents").pdf(lines)
    assert.match("/Count 3 ", text)
    for i = 1, 109 do assert.is_truthy(text:find(("(line %d) Tj"):format(i), 1, true)) end
  end)

  it("are CSV where that is asked for", function()
    local text = report(sim.new "v8", "CSV")
    assert.match("^Organization,User,Name,Protected\r\n", text)
    assert.match("contoso.onmicrosoft.com,erika.former@contoso.com,Erika Former,No\r\n", text)
  end)
end)

describe("organizations of the rehearsal server", function()
  it("are added, edited and removed, in all versions", function()
    local client = sim.new "v8"
    local made, answer = client:call("POST", "/Organizations", { type = "Office365",
      region = "Germany", exchangeOnlineSettings = { account = "ops@tailspin.com",
        password = "geheim", useApplicationOnlyAuth = false } })
    assert.equal(201, answer.status)
    assert.equal("tailspin.com", made.name)
    assert.equal("Germany", made.region)
    assert.is_nil(answer.body:find("geheim", 1, true))
    for _, version in ipairs(versions.all) do
      assert.equal(made.id, client:speak(version):organization("tailspin.com").id)
    end
    local place = "/Organizations/" .. made.id
    assert.equal(204, status_of(client, "PUT", place, { description = "new" }))
    assert.equal("new", client:get(place).description)
    assert.equal("Germany", client:get(place).region)
    local twice = status_of(client, "POST", "/Organizations", { name = "Tailspin.com" })
    assert.equal(409, twice)
    -- Nothing was backed up of it yet.
    local status, value = status_of(client, "POST", place .. "/explore", { type = "Vex" })
    assert.is_true(status >= 400)
    assert.match("restore point", value.message)
    assert.equal(204, status_of(client, "DELETE", place))
    assert.equal(404, (status_of(client, "GET", place)))
  end)

  it("stay while jobs back them up", function()
    local client = sim.new "v8"
    local id = client:organization().id
    local status, value = status_of(client, "DELETE", "/Organizations/" .. id)
    assert.equal(409, status)
    assert.match("Contoso nightly", value.message)
    assert.equal(id, client:organization().id)
  end)
end)
