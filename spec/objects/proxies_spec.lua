-- Proxies and pools of them: what each call sends.

local json = require "vbo.base.json"
local recording = require "spec.support.recording"
local vbo = require "vbo"

local id = recording.id
local repository, other, proxy, second, pool = id(1), id(2), id(3), id(7), id(4)

local repository_record = { id = repository, name = "Main", proxyId = proxy }
local proxy_record = {
  id = proxy, hostName = "proxy-1", description = "first", proxyPoolId = pool,
  operatingSystem = "Linux",
}
local second_record = { id = second, hostName = "proxy-2" }
local pool_record = { id = pool, name = "Pool", description = "all" }

local function page(...) return { offset = 0, limit = 250, results = { ... } } end

local answers = {
  { path = "/Proxies/[^/]*/Repositories$", body = { repository_record } },
  { path = "v8/BackupRepositories$", body = page(repository_record) },
  { path = "/BackupRepositories$",
    body = { repository_record, { id = other, name = "Other", proxyId = second } } },
  { path = "CheckSshConnectionConfig$", method = "POST",
    body = { status = "Success", fingerprint = "ssh-rsa 2048" } },
  { path = "v8/ProxyPools/[^/]*/proxies$", body = page(proxy_record) },
  { path = "v8/ProxyPools$", body = page(pool_record) },
  { path = "v8/ProxyPools$", method = "POST", status = 201, body = pool_record },
  { path = "/ProxyPools/[^/]*$", body = pool_record },
  { path = "v8/Proxies$", body = page(proxy_record, second_record) },
  { path = "/Proxies$", body = { proxy_record, second_record } },
  { path = "/Proxies$", method = "POST", status = 201, body = proxy_record },
  { path = "/Proxies/[^/]*$", body = proxy_record },
}

describe("backup", function()
  local recorder, sends, failure

  setup(function()
    recorder = recording.start(answers)
    sends, failure = recorder.sends, recorder.failure
  end)
  teardown(function() recorder.stop() end)

  describe("proxies", function()
    it("are found by host name, created and changed", function()
      sends("v2", function(client)
        assert.equal(proxy, client:proxy("PROXY-1").id)
        client:proxies():create {
          host_name = "proxy-1", user = "admin", password = vbo.secret.of "p\"w",
        }
        client:proxy(proxy):edit { port = 9193 }
      end, "GET /v2/Proxies", "POST /v2/Proxies",
        { hostName = "proxy-1", username = "admin", password = "p\"w" },
        "PUT /v2/Proxies/" .. proxy, { port = 9193 }, "GET /v2/Proxies/" .. proxy)
      sends("v8", function(client)
        client:proxies():create {
          host_name = "proxy-1", operating_system = "linux",
          ssh_settings = { account = "root", account_password = vbo.secret.of "s" },
        }
      end, "POST /v8/Proxies", { hostName = "proxy-1", operatingSystem = "Linux",
        sshSettings = { account = "root", accountPassword = "s" } })
    end)

    it("keep their operating system where a change could reset it", function()
      sends("v8", function(client) client:proxy(proxy):edit { description = "other" } end,
        "GET /v8/Proxies/" .. proxy, "PUT /v8/Proxies/" .. proxy,
        { description = "other", operatingSystem = "Linux" }, "GET /v8/Proxies/" .. proxy)
      sends("v7", function(client) client:proxy(proxy):edit { description = "other" } end,
        "PUT /v7/Proxies/" .. proxy, { description = "other" }, "GET /v7/Proxies/" .. proxy)
    end)

    it("are removed as the version wants it", function()
      sends("v2", function(client) client:proxy(proxy):remove() end,
        "DELETE /v2/Proxies/" .. proxy)
      sends("v5", function(client)
        client:proxy(proxy):remove { user = "admin", password = vbo.secret.of "x" }
      end, ("POST /v5/Proxies/%s/action"):format(proxy),
        { remove = { username = "admin", userPassword = "x" } })
      sends("v6", function(client)
        client:proxy(proxy):remove { user = "admin", password = "x", force = true }
      end, ("POST /v6/Proxies/%s/Remove"):format(proxy),
        { userName = "admin", userPassword = "x", force = true })
    end)

    it("are rescanned one by one, or at once where the API can", function()
      sends("v4", function(client) client:proxies():rescan() end, "GET /v4/Proxies",
        ("POST /v4/Proxies/%s/Action"):format(proxy), { rescan = json.null },
        ("POST /v4/Proxies/%s/Action"):format(second), { rescan = json.null })
      sends("v8", function(client)
        client:proxies({ proxy, second }):rescan()
        client:proxy(proxy):rescan()
      end, "POST /v8/Proxies/Rescan", { proxies = { { id = proxy }, { id = second } } },
        ("POST /v8/Proxies/%s/Rescan"):format(proxy))
    end)

    it("go into and out of maintenance", function()
      sends("v8", function(client)
        client:proxy(proxy):enable_maintenance { user = "u", password = vbo.secret.of "p" }
        client:proxies({ proxy, second }):disable_maintenance()
      end, ("POST /v8/Proxies/%s/maintenance/enable"):format(proxy),
        { username = "u", password = "p" },
        ("POST /v8/Proxies/%s/maintenance/disable"):format(proxy), {},
        ("POST /v8/Proxies/%s/maintenance/disable"):format(second), {})
    end)

    it("are tried before they are added", function()
      local result = sends("v8", function(client)
        return client:proxies():check_ssh_connection {
          host = "linux-1", account = "root", account_password = vbo.secret.of "p",
        }
      end, "POST /v8/Proxies/CheckSshConnectionConfig?host=linux-1",
        { account = "root", accountPassword = "p" })
      assert.equal("Success", result.status)
    end)

    it("tell their repositories and their pool", function()
      local function repositories(client)
        return client:proxy(proxy):backup_repositories():select "name"
      end
      local expected = { { name = "Main" } }
      assert.same(expected, sends("v2", repositories, ("GET /v2/Proxies/%s/Repositories"):format(
        proxy)))
      assert.same(expected, sends("v4", repositories, "GET /v4/BackupRepositories"))
      sends("v6", repositories, "GET /v6/BackupRepositories?proxyId=" .. proxy)
      sends("v8", function(client)
        assert.equal("Pool", client:proxy(proxy):proxy_pool().name)
      end, "GET /v8/Proxies/" .. proxy, "GET /v8/ProxyPools/" .. pool)
    end)
  end)

  describe("proxy pools", function()
    it("are made of proxies, ids and host names", function()
      local made = sends("v8", function(client)
        return client:proxy_pools():create {
          name = "Pool", proxies = { client:proxy(proxy), second, "proxy-1" },
        }
      end, "GET /v8/Proxies", "POST /v8/ProxyPools", {
        name = "Pool", description = "",
        proxyIds = { { proxyId = proxy }, { proxyId = second }, { proxyId = proxy } },
      })
      assert.equal(pool, made.id)
    end)

    it("keep their members and words when something else changes", function()
      sends("v8", function(client) client:proxy_pool("Pool"):edit { description = "some" } end,
        "GET /v8/ProxyPools",
        ("GET /v8/ProxyPools/%s/proxies"):format(pool),
        "PUT /v8/ProxyPools/" .. pool,
        { name = "Pool", description = "some", proxyIds = { { proxyId = proxy } } },
        "GET /v8/ProxyPools/" .. pool)
    end)

    it("gain and lose proxies and are removed", function()
      sends("v8", function(client)
        local found = client:proxy_pool(pool)
        found:add_proxies { proxy, second }
        found:remove_proxies(client:proxies { second })
        found:add_proxies(client:proxy(proxy))
        found:backup_repositories():first()
        found:remove()
      end, ("POST /v8/ProxyPools/%s/proxies"):format(pool),
        { { proxyId = proxy }, { proxyId = second } },
        ("DELETE /v8/ProxyPools/%s/proxies"):format(pool), { { proxyId = second } },
        ("POST /v8/ProxyPools/%s/proxies"):format(pool), { { proxyId = proxy } },
        ("GET /v8/BackupRepositories?proxyPoolId=%s"):format(pool),
        "DELETE /v8/ProxyPools/" .. pool)
      assert.equal("usage", failure("v8", function(client)
        client:proxy_pool(pool):add_proxies {}
      end).kind)
      assert.equal("unsupported", failure("v7", function(client)
        client:proxy_pools():all()
      end).kind)
    end)
  end)
end)
