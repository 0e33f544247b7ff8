-- Settings, the licence, mail, events and health: the request of each call.
-- Tests also vbo.model.changes, vbo.objects.server, vbo.objects.server.license and
-- vbo.objects.server.mail.

local json = require "vbo.base.json"
local recording = require "spec.support.recording"
local vbo = require "vbo"
local versions = require "spec.support.versions"

local id = recording.id
local organization, manager = id(1), id(2)

local report = { reportParameters = { reportID = 17, reportStatus = "Ready" } }
local license = { licenseID = id(3), status = "Valid", totalNumber = 50, usedNumber = 12 }
local users = { offset = 0, limit = 250, results = {
  { id = "user-1", name = "Alice", licenseState = "Licensed" },
  { id = "user-2", name = "Bob", licenseState = "New" },
} }

local answers = {
  { path = "v5/License/action$", method = "POST", status = 201 },
  { path = "/License/", method = "POST", body = license },
  { path = "/License/AutoUpdate$", body = { isEnabled = false } },
  { path = "/License$", body = license },
  { path = "/LicensedUsers/user%-2$", body = users.results[2] },
  { path = "/LicensedUsers$", body = users },
  { path = "/licensing/statistic/platform$", body = { platforms = { { name = "M365" } } } },
  { path = "/licensing/statistic/usage$", body = { platformTypes = { { typeId = 1 } } } },
  { path = "/licensing/.*latest$", body = report },
  { path = "/PrepareOAuthSignIn$", method = "POST",
    body = { requestId = "r", signInUrl = "https://login" } },
  { path = "/CompleteOAuthSignIn$", method = "POST", body = { requestId = "r", userId = "u" } },
  { path = "v8/VboEmailSettings$",
    body = { smtpServer = "mail", port = 25, authenticationType = "Microsoft365" } },
  { path = "EmailSettings$", body = { server = "mail", port = 25, enableNotification = true } },
  { path = "/HistorySettings$", body = { keepAllsessions = false, keeponlyLast = 4 } },
  { path = "/ExclusionSettings$", body = { drafts = true, junkEmail = false } },
  { path = "/InternetProxySettings$", body = { useInternetProxy = true, hostName = "proxy" } },
  { path = "/GlobalRetentionExclusionSettings$", body = { calendar = true, contacts = false } },
  { path = "/RestorePortalSettings$", body = { isEnabled = true } },
  { path = "/ManagementMode$", body = { isManaged = true, managerId = manager } },
  { path = "/ServiceInstance$", body = { version = "8.0.0.1", installationId = id(4) } },
  { path = "/Health$", body = { status = "Healthy", entries = json.null } },
  { path = "/Configuration/Updates$", body = { enableCheckForUpdates = true,
    updateSettings = { installUpdatesAutomatically = true, sendEmailOnAvailableUpdates = true } } },
}

describe("settings", function()
  local recorder, sends, failure

  setup(function()
    recorder = recording.start(answers)
    sends, failure = recorder.sends, recorder.failure
  end)
  teardown(function() recorder.stop() end)

  --- Checks that an edit sends PUT with the new record.
  local function edits(version, name, path, given, body, before)
    local target = ("/%s/%s"):format(version, path)
    local expected = { before and "GET " .. target or nil }
    expected[#expected + 1] = "PUT " .. target
    expected[#expected + 1] = body
    expected[#expected + 1] = "GET " .. target
    return sends(version, function(client)
      local settings = client[name](client)
      if before then settings:record() end
      return settings:edit(given)
    end, table.unpack(expected))
  end

  it("of history are read and changed in every version", function()
    for _, version in ipairs(versions.with_newest("v1", "v5", "v6")) do
      local edited = edits(version, "history_settings", "HistorySettings",
        { keeponly_last = 4, keep_allsessions = false },
        { keeponlyLast = 4, keepAllsessions = false })
      assert.equal(4, edited.keeponly_last)
      assert.is_false(edited.keep_allsessions)
    end
  end)

  it("of exclusions are changed one by one", function()
    for _, version in ipairs(versions.with_newest "v1") do
      assert.is_true(edits(version, "exclusion_settings", "ExclusionSettings", { drafts = true },
        { drafts = true }).drafts)
    end
  end)

  it("of the internet proxy take a secret", function()
    for _, version in ipairs(versions.with_newest "v3") do
      edits(version, "internet_proxy_settings", "InternetProxySettings", {
        use_internet_proxy = true, host_name = "proxy", port = 3128, use_authentication = true,
        user = "admin", password = vbo.secret.of "s\"t",
      }, {
        useInternetProxy = true, hostName = "proxy", port = 3128, useAuthentication = true,
        username = "admin", userPassword = "s\"t",
      })
    end
    assert.equal("unsupported", failure("v2", function(client)
      return client:internet_proxy_settings():record()
    end).kind)
  end)

  it("of retention are sent whole", function()
    for _, version in ipairs(versions.with_newest "v6") do
      edits(version, "global_retention_exclusion_settings", "GlobalRetentionExclusionSettings",
        { contacts = true }, { calendar = true, contacts = true }, true)
    end
  end)

  it("of updates keep what is not said, inside as well", function()
    edits("v8", "configuration_updates", "Configuration/Updates",
      { update_settings = { send_email_on_available_updates = false } }, {
        enableCheckForUpdates = true, updateSettings = {
          installUpdatesAutomatically = true, sendEmailOnAvailableUpdates = false,
        },
      }, true)
    edits("v8", "configuration_updates", "Configuration/Updates",
      { enable_check_for_updates = false }, {
        enableCheckForUpdates = false, updateSettings = {
          installUpdatesAutomatically = true, sendEmailOnAvailableUpdates = true,
        },
      }, true)
    assert.equal("usage", failure("v8", function(client)
      client:configuration_updates():edit { update_settings = { install_now = true } }
    end).kind)
  end)

  it("of the server's administrators change up to v7", function()
    for _, version in ipairs { "v6", "v7" } do
      edits(version, "management_mode", "ManagementMode", { is_managed = false },
        { isManaged = false })
    end
    sends("v8", function(client)
      assert.equal(manager, client:management_mode().manager_id)
    end, "GET /v8/ManagementMode")
    assert.equal("unsupported", failure("v8", function(client)
      client:management_mode():edit { is_managed = false }
    end).kind)
  end)

  it("that are only read", function()
    sends("v6", function(client)
      assert.is_true(client:restore_portal_settings().is_enabled)
      assert.equal("8.0.0.1", client:service_instance().version)
    end, "GET /v6/RestorePortalSettings", "GET /v6/ServiceInstance")
    sends("v8", function(client)
      local health = client:health()
      assert.equal("Healthy", health.status)
      assert.is_nil(health.entries)
    end, "GET /v8/Health")
    for name, version in pairs {
      restore_portal_settings = "v5", service_instance = "v5", health = "v7",
    } do
      assert.equal("unsupported", failure(version, function(client)
        return client[name](client):record()
      end).kind)
    end
  end)

  describe("of mail", function()
    -- Name → path, and the first version that has them, tests them, and signs in to them.
    local kinds = {
      vbo_email_settings = { "VboEmailSettings", 1, 2, 7 },
      vex_email_settings = { "VexEmailSettings", 1, 3, 8 },
      vesp_email_settings = { "VespEmailSettings", 2, 3, 8 },
      veod_email_settings = { "VeodEmailSettings", 3, 3, 8 },
      vet_email_settings = { "VetEmailSettings", 5, 5, 8 },
      audit_email_settings = { "AuditEmailSettings", 5, 5, 7 },
    }
    local function lower(requests)
      for i, request in ipairs(requests) do
        requests[i] = ("%s %s"):format(request.method, request.path:lower())
      end
      return requests
    end

    for name, facts in pairs(kinds) do
      local path, first, tested, signed = table.unpack(facts)

      it("are read and changed: " .. name, function()
        for number = first, 8 do
          local version = "v" .. number
          local requests, settings = recorder.calls(version, function(client)
            return client[name](client):edit {
              port = 587, use_ssl = true, user = "admin", password = vbo.secret.of "p",
            }
          end)
          -- The way to sign in is kept by name in v8, which asks for the record first.
          local put = requests[#requests - 1]
          assert.equal("PUT", put.method)
          assert.equal(("/%s/%s"):format(version, path):lower(), put.path:lower())
          assert.equal(587, put.body.port)
          assert.is_true(put.body.useSSL)
          assert.equal("admin", put.body.username or put.body.user)
          assert.equal("p", put.body.userPassword or put.body.password or put.body.userpassword)
          assert.equal(25, settings.port)
        end
        if first > 1 then
          assert.equal("unsupported", failure("v" .. first - 1, function(client)
            return client[name](client):record()
          end).kind)
        end
      end)

      it("are tested: " .. name, function()
        for number = tested, 8 do
          local version = "v" .. number
          local requests = recorder.calls(version, function(client)
            client[name](client):send_test_email()
          end)
          assert.equal(1, #requests)
          if number <= 5 then
            assert.same({ sendTest = json.null }, requests[1].body)
          else
            assert.matches("/sendtest", requests[1].path:lower())
          end
          assert.matches("/" .. path:lower() .. "/", requests[1].path:lower())
        end
      end)

      it("are signed in to: " .. name, function()
        local version = "v" .. signed
        local requests = recorder.calls(version, function(client)
          local settings = client[name](client)
          local prepared = settings:prepare_oauth_sign_in {
            authentication_service_kind = "microsoft365", client_id = "c",
            client_secret = vbo.secret.of "s", redirect_url = "https://here", tenant_id = "t",
          }
          assert.equal("https://login", prepared.signInUrl)
          assert.equal("u", settings:complete_oauth_sign_in({ code = "1", state = "2" }).userId)
        end)
        assert.same({
          authenticationServiceKind = "Microsoft365", clientId = "c", clientSecret = "s",
          redirectUrl = "https://here", tenantId = "t",
        }, requests[1].body)
        assert.same({ code = "1", state = "2" }, requests[2].body)
        local root = ("post /%s/%s/"):format(version, path):lower()
        assert.same({ root .. "prepareoauthsignin", root .. "completeoauthsignin" },
          (function()
            local list = lower(requests)
            for i, text in ipairs(list) do list[i] = text:lower() end
            return list
          end)())
        assert.equal("unsupported", failure("v" .. signed - 1, function(client)
          client[name](client):prepare_oauth_sign_in { client_id = "c" }
        end).kind)
      end)
    end

    it("keep the way to sign in", function()
      edits("v8", "vbo_email_settings", "VboEmailSettings", { from = "a@b.c" },
        { from = "a@b.c", authenticationType = "Microsoft365" }, true)
      edits("v7", "vex_email_settings", "VexEmailSettings", { from = "a@b.c" },
        { from = "a@b.c" })
    end)

    it("send a test to an address where the version takes one", function()
      sends("v8", function(client)
        client:vet_email_settings():send_test_email { email = "a@b.c" }
      end, "POST /v8/VetEmailSettings/SendTestEmail", { email = "a@b.c" })
      assert.equal("unsupported", failure("v5", function(client)
        client:vet_email_settings():send_test_email { email = "a@b.c" }
      end).kind)
    end)
  end)

  describe("of the licence", function()
    it("are read, installed and updated", function()
      local path = recorder.folder .. "/veeam.lic"
      do
        local file <close> = assert(io.open(path, "wb"))
        file:write "\0licence\255"
      end
      sends("v5", function(client)
        local installed = client:license():install { file = path }
        assert.equal(12, installed.used_number)
        client:license():update()
      end, "POST /v5/License/action", { install = { LicenseFile = "AGxpY2VuY2X/" } },
        "GET /v5/License", "POST /v5/License/action", { update = json.null }, "GET /v5/License")
      sends("v8", function(client)
        assert.equal("license", tostring(client:license()))
        assert.is_nil(client:license().id)
        assert.equal("Valid", client:license():install({ license_file = "QQ==" }).status)
        assert.equal(50, client:license():update().total_number)
      end, "POST /v8/License/Install", { licenseFile = "QQ==" }, "POST /v8/License/Update")
      assert.equal("usage", failure("v8", function(client)
        client:license():install { file = path .. ".missing" }
      end).kind)
      assert.equal("usage", failure("v8", function(client) client:license():install() end).kind)
      assert.equal("unsupported", failure("v4", function(client)
        return client:license().status
      end).kind)
    end)

    it("update themselves", function()
      for _, version in ipairs(versions.with_newest "v6") do
        local target = ("/%s/License/AutoUpdate"):format(version)
        sends(version, function(client)
          local updates = client:license():auto_update()
          assert.is_false(updates.is_enabled)
          updates:edit { is_enabled = true }
        end, "GET " .. target, "PUT " .. target, { isEnabled = true }, "GET " .. target)
      end
    end)

    it("cover users", function()
      sends("v4", function(client)
        assert.equal("user-2", client:licensed_user("bob").id)
        assert.equal("New", client:licensed_user({ id = "user-2" }).license_state)
        client:licensed_users({ organization = organization }):all()
      end, "GET /v4/LicensedUsers", "GET /v4/LicensedUsers/user-2",
        "GET /v4/LicensedUsers?organizationId=" .. organization)
      sends("v8", function(client)
        assert.equal("New", client:licensed_user({ id = "user-2" }).license_state)
        client:licensed_users({ "Alice", "Bob" }):remove()
        client:licensed_users({ name = "Alice", organization = organization }):all()
      end, "GET /v8/LicensedUsers", "GET /v8/LicensedUsers", "DELETE /v8/LicensedUsers/user-1",
        "DELETE /v8/LicensedUsers/user-2",
        "GET /v8/LicensedUsers?organizationId=" .. organization .. "&name=Alice")
      assert.equal("not_found", failure("v8", function(client)
        return client:licensed_user({ id = "user-9" }).name
      end).kind)
      assert.equal("unsupported", failure("v4", function(client)
        client:licensed_user({ id = "user-2" }):remove()
      end).kind)
    end)

    it("are accounted for", function()
      sends("v7", function(client)
        assert.equal("M365", client:licensing_platform().platforms[1].name)
        local usage = client:licensing_usage { organization = organization }
        assert.equal(1, usage.platform_types[1].typeId)
      end, "GET /v7/licensing/statistic/platform",
        "GET /v7/licensing/statistic/usage?organizationId=" .. organization)
      sends("v6", function(client)
        client:licensing_report():approve {
          removed = { { organization_id = organization, removed_users_count = 2,
            removal_reason = "left" } },
        }
      end, "GET /v6/licensing/reports/latest", "POST /v6/licensing/reports/17/approve",
        { removedUsers = { { organizationId = organization, removedUsersCount = 2,
          removalReason = "left" } } })
      sends("v8", function(client)
        local latest = client:licensing_report()
        assert.equal("Ready", latest.report_parameters.reportStatus)
        latest:approve {
          removed = { { organization_id = organization, removed_count = 2, type_id = 1 } },
        }
      end, "GET /v8/licensing/statistic/reports/latest",
        "POST /v8/licensing/statistic/reports/17/approve",
        { removedObjects = { { organizationId = organization, removedCount = 2, typeId = 1 } } })
      sends("v5", function(client) client:licensing_report():record() end,
        "GET /v5/licensing/reports/latest")
      assert.equal("unsupported", failure("v5", function(client)
        client:licensing_report():approve()
      end).kind)
    end)
  end)
end)
