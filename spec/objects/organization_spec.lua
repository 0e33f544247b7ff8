-- Organizations, their members, and their backup settings.
-- Tests also vbo.objects.organization.accounts and vbo.objects.organization.members.

local rehearsal = require "spec.support.rehearsal"
local sending = require "spec.support.sending"
local versions = require "spec.support.versions"

local ids = sending.ids

describe("organizations", function()
  local server
  local organization = {
    id = ids.organization, name = "contoso", type = "Office365", isBackedup = true,
    firstBackuptime = "2026-10-01T20:00:00Z", lastBackuptime = "2026-11-20T20:00:00Z",
  }
  local point = {
    id = "p", backupTime = "2026-11-19T20:00:00.5Z", isExchange = true, isOneDrive = true,
    isRetrieved = false, isCopy = false, isLongTermCopy = false,
  }
  local user = {
    id = ids.user, name = "alice@contoso.com", displayName = "Alice", type = "User",
    _links = { self = { href = "/x" } },
  }
  local group = {
    id = ids.group, name = "all@contoso.com", displayName = "All", type = "Office365",
  }

  setup(function()
    server = sending.start {
      ["GET /Organizations/{organization}"] = organization,
      ["GET /Organizations"] = { organization },
      ["POST /Organizations"] = organization,
      ["GET /Organization"] = organization,
      ["GET /RestorePoints"] = { results = { point } },
      ["POST /Organizations/{organization}/Action"] = { id = ids.session, state = "Working" },
      ["POST /Organizations/{organization}/explore"] = { id = ids.session, state = "Working" },
      ["POST /Organization/Action"] = { id = ids.other, state = "Working" },
      ["POST /Organization/Explore"] = { id = ids.other, state = "Working" },
      ["GET /Organizations/{organization}/Users"] = { user },
      ["GET /Organizations/{organization}/Users/{user}"] = user,
      ["GET /Organizations/{organization}/Users/{user}/OneDrives"] = {
        { id = "drive-of-alice", name = "OneDrive", url = "https://x/personal/alice_contoso_com" },
      },
      ["GET /Organizations/{organization}/Groups"] = { group },
      ["GET /Organizations/{organization}/Groups/{group}"] = group,
      ["GET /Organizations/{organization}/Groups/{group}/Members"] = {
        { name = "Alice", login = "alice@contoso.com", type = "User" },
        { name = "Bob", login = "bob@contoso.com", type = "User" },
      },
      ["GET /Organizations/{organization}/Sites"] = {
        { id = "site-of-sales", name = "Sales", title = "Sales team", url = "https://x/sales" },
      },
      ["GET /Organizations/{organization}/Sites/site-of-sales"] = {
        id = "site-of-sales", title = "Sales team",
      },
      ["GET /Organizations/{organization}/Teams"] = {
        { id = "team-red", displayName = "Red", mail = "red@contoso.com" },
      },
      ["GET /Organizations/{organization}/Teams/team-red"] = {
        id = "team-red", displayName = "Red",
      },
      ["GET /Organizations/{organization}/Mailboxes"] = {
        { id = ids.mailbox, email = "alice@contoso.com", name = "Alice" },
      },
      ["GET /Organizations/{organization}/Mailboxes/{mailbox}"] = {
        id = ids.mailbox, email = "alice@contoso.com",
      },
      ["GET /Organizations/{organization}/LicensingInformation"] = {
        licensedUsers = 7, newUsers = 2,
      },
      ["GET /Organizations/{organization}/usedRepositories"] = {
        { details = "Default", usedSpaceBytes = 5, repositoryId = ids.repository },
      },
      ["GET /Organizations/{organization}/Applications"] = {
        { applicationId = ids.application, displayName = "Backup 1" },
      },
      ["POST /Organizations/{organization}/Applications"] = {
        results = { { applicationId = ids.application, displayName = "Backup 1" } },
      },
      ["GET /Organizations/{organization}/BackupApplications"] = {
        results = {
          { applicationId = ids.application, displayName = "Backup 1" },
          { applicationId = ids.other, displayName = "Backup 2" },
        },
      },
      ["GET /Organizations/{organization}/BackupAccounts"] = {
        { groupMember = { login = "backup1", name = "Backup 1" } },
      },
      ["GET /Organizations/{organization}/AuditItems"] = {
        { id = "audit-1", type = "User", user = { id = ids.user } },
        { id = "audit-2", type = "Group", group = { id = ids.group } },
      },
      ["POST /Organizations/{organization}/DeviceCode"] = { userCode = "ABCDEFG", expiresIn = 899 },
      ["POST /DeviceCode"] = {
        userCode = "HIJKLMN", verificationUrl = "https://microsoft.com/devicelogin",
      },
      ["POST /DeviceCode/check"] = { authenticated = true },
      ["GET /Organizations/{organization}/SyncState"] = {
        status = "Success", type = "Full", organizationId = ids.organization,
      },
      ["GET /Organizations/SyncState"] = {
        { organizationId = ids.organization, lastSyncState = { result = "Success" } },
      },
      ["GET /Organizations/{organization}/RetentionExclusion"] = {
        calendar = true, contacts = false,
      },
      ["GET /Organizations/{organization}/tenantInformation"] = { primaryLocation = "EUR" },
      ["GET /Organizations/{organization}/versionBackupOptions"] = {
        sharePointBackupMode = "All",
      },
    }
  end)

  teardown(function() server.stop() end)

  it("are added, changed and removed", function()
    local added = server.sends("v2", function(client)
      return client:organizations():create {
        type = "Office365", region = "Worldwide", username = "admin", password = "x",
      }
    end, "POST /Organizations",
      { type = "Office365", region = "Worldwide", username = "admin", password = "x" })
    assert.equal(ids.organization, added.id)
    server.sends("v8", function(client)
      client:organizations():create {
        type = "office365", region = "worldwide",
        exchange_online_settings = { account = "admin", use_mfa = true },
      }
    end, "POST /Organizations", {
      type = "Office365", region = "Worldwide",
      exchangeOnlineSettings = { account = "admin", useMfa = true },
    })
    local edited = server.sends("v2", function(client)
      return client:organization(ids.organization):edit { username = "other" }
    end, "PUT /Organizations/{organization}", { username = "other" },
      "GET /Organizations/{organization}")
    assert.equal("contoso", edited.name)
    server.sends("v6", function(client)
      client:organization(ids.organization):edit { sharepoint_online_settings = { account = "a" } }
    end, "PUT /Organizations/{organization}", { sharePointOnlineSettings = { account = "a" } },
      "GET /Organizations/{organization}?extendedView=false")
    for _, version in ipairs(versions.with_newest "v1") do
      server.sends(version, function(client) client:organization(ids.organization):remove() end,
        "DELETE /Organizations/{organization}")
    end
  end)

  it("are listed with the options of the version, and loaded with them", function()
    server.sends("v6", function(client) return client:organizations():all() end,
      "GET /Organizations?extendedView=false")
    server.sends("v8", function(client)
      return client:organizations { extended_view = true, msid = ids.tenant }:all()
    end, "GET /Organizations?extendedView=true&msid=" .. ids.tenant)
    server.sends("v8", function(client)
      client:organization(ids.organization):refresh { extended_view = true }
    end, "GET /Organizations/{organization}?extendedView=true")
  end)

  it("are known to their own login", function()
    for _, version in ipairs(versions.with_newest "v2") do
      local own = server.sends(version, function(client)
        return client:current_organization()
      end, "GET /Organization")
      assert.equal("contoso", own.name)
      assert.equal(ids.organization, own.id)
    end
    local client <close> = server.connect "v1"
    assert.equal("unsupported", sending.failure(client.current_organization, client).kind)
  end)

  it("are explored, by the server's login or their own", function()
    for version, calls in pairs {
      v2 = {
        "GET /Organizations/{organization}", "POST /Organizations/{organization}/Action",
        { explore = { type = "veod", datetime = "2026.11.20 22:00:00" } },
        -- v2 reads the date in a zone that it does not tell: later than the last in all of them.
        "GET /Organization", "POST /Organization/Action",
        { explore = { type = "vex", datetime = "2026.11.21 10:00:00" } },
      },
      v8 = {
        "GET /RestorePoints?organizationId={organization}&repositoryId={repository}"
          .. "&to=2026-11-20T22%3A00%3A01Z&orderAsc=false",
        "POST /Organizations/{organization}/explore",
        { type = "Veod", dateTime = "2026-11-20T22:00:00Z", repositoryId = ids.repository },
        "GET /Organization", "GET /RestorePoints?organizationId={organization}&orderAsc=false",
        "POST /Organization/Explore", { type = "Vex", dateTime = "2026-11-19T20:00:01Z" },
      },
    } do
      local sessions = server.sends(version, function(client)
        return {
          client:organization(ids.organization):explore {
            workload = "onedrive", at = "2026-11-20T22:00:00Z",
            repository = version == "v8" and ids.repository or nil,
          },
          client:explore { workload = "exchange" },
        }
      end, table.unpack(calls))
      assert.equal(ids.session, sessions[1].id)
      assert.equal(ids.other, sessions[2].id)
    end
  end)

  it("have users with OneDrives", function()
    for _, version in ipairs(versions.with_newest "v2") do
      local alice = server.sends(version, function(client)
        return client:organization(ids.organization):user("alice@contoso.com"):onedrive():record()
      end, "GET /Organizations/{organization}/Users",
        "GET /Organizations/{organization}/Users/{user}/OneDrives")
      assert.equal("drive-of-alice", alice.id)
      server.sends(version, function(client)
        return client:organization(ids.organization):user(ids.user):onedrive({ id = "d" }):refresh()
      end, "GET /Organizations/{organization}/Users/{user}/OneDrives/d")
    end
    server.sends("v8", function(client)
      client:organization(ids.organization):users { data_source = "production" }:all()
      client:organization(ids.organization):user(ids.user):refresh { data_source = "Production" }
    end, "GET /Organizations/{organization}/Users?dataSource=Production",
      "GET /Organizations/{organization}/Users/{user}?dataSource=Production")
  end)

  it("have groups with members", function()
    server.sends("v2", function(client)
      return client:organization(ids.organization):group(ids.group).name
    end, "GET /Organizations/{organization}/Groups/{group}")
    for _, version in ipairs(versions.each_dialect) do
      local members = server.sends(version, function(client)
        local all = client:organization(ids.organization):group("All"):members():all()
        -- A member has no address of its own: its record comes from the list.
        assert.equal("bob@contoso.com", all[1]._owner:member("Bob"):record().login)
        return all
      end, "GET /Organizations/{organization}/Groups",
        "GET /Organizations/{organization}/Groups/{group}/Members",
        "GET /Organizations/{organization}/Groups/{group}/Members")
      assert.equal("alice@contoso.com", members[1].id)
    end
    -- Conditions are checked where there is only a list to know the fields from.
    local client <close> = server.connect "v8"
    local members = client:organization(ids.organization):group(ids.group):members()
    assert.equal(1, members:where({ login = "bob*" }):count())
    local err = sending.failure(function() members:where { logn = "bob*" } end)
    assert.equal("usage", err.kind)
    assert.matches("login", err.hint, 1, true)
  end)

  it("have sites and teams", function()
    for _, version in ipairs(versions.with_newest "v2") do
      local site = server.sends(version, function(client)
        return client:organization(ids.organization):site("sales team"):refresh()
      end, "GET /Organizations/{organization}/Sites",
        "GET /Organizations/{organization}/Sites/site-of-sales")
      assert.equal("site-of-sales", site.id)
    end
    for _, version in ipairs(versions.each_dialect) do
      local team = server.sends(version, function(client)
        return client:organization(ids.organization):team("red@contoso.com"):refresh()
      end, "GET /Organizations/{organization}/Teams",
        "GET /Organizations/{organization}/Teams/team-red")
      assert.equal("Red", team.display_name)
    end
    server.sends("v6", function(client)
      return client:organization(ids.organization)
        :sites { include_personal_sites = true, location_filter = "cloud" }:all()
    end, "GET /Organizations/{organization}/Sites?includePersonalSites=true&locationFilter=Cloud")
  end)

  it("have mailboxes in v1 alone", function()
    local mailbox = server.sends("v1", function(client)
      return client:organization(ids.organization):mailbox("alice@contoso.com"):refresh()
    end, "GET /Organizations/{organization}/Mailboxes",
      "GET /Organizations/{organization}/Mailboxes/{mailbox}")
    assert.equal(ids.mailbox, mailbox.id)
    local client <close> = server.connect "v8"
    assert.equal("unsupported", sending.failure(function()
      return client:organization(ids.organization):mailboxes():all()
    end).kind)
  end)

  it("tell their licences and the repositories they use", function()
    for _, version in ipairs(versions.with_newest "v2") do
      local licensing = server.sends(version, function(client)
        local found = client:organization(ids.organization):licensing_information()
        return { found.licensed_users, found.new_users }
      end, "GET /Organizations/{organization}/LicensingInformation")
      assert.same({ 7, 2 }, licensing)
    end
    for _, version in ipairs(versions.with_newest "v3") do
      local used = server.sends(version, function(client)
        return client:organization(ids.organization):used_repositories():one()
      end, "GET /Organizations/{organization}/usedRepositories")
      assert.equal(5, used.used_space_bytes)
      server.sends(version, function(client)
        return client:organization(ids.organization):licensed_users():all()
      end, "GET /LicensedUsers?organizationId=" .. ids.organization)
      assert.equal(ids.repository, used.id)
    end
  end)

  it("register applications", function()
    for _, version in ipairs(versions.with_newest "v6") do
      local made = server.sends(version, function(client)
        return client:organization(ids.organization):applications():create {
          user_code = "ABC", count = 2, display_name = "Backup",
        }
      end, "POST /Organizations/{organization}/Applications",
        { userCode = "ABC", count = 2, displayName = "Backup" })
      assert.equal(1, #made)
      assert.equal(ids.application, made[1].id)
      local found = server.sends(version, function(client)
        return client:organization(ids.organization):application("Backup 1"):record()
      end, "GET /Organizations/{organization}/Applications")
      assert.equal(ids.application, found.applicationId)
    end
  end)

  it("have backup applications that come and go", function()
    local record = { applicationId = ids.application, displayName = "Backup 1" }
    local sent = { { application = record, applicationCertificate = "MII" } }
    for _, version in ipairs(versions.with_newest "v6") do
      server.sends(version, function(client)
        local own = client:organization(ids.organization)
        own:backup_applications():replace {
          application = own:application("Backup 1"), application_certificate = "MII",
        }
      end, "GET /Organizations/{organization}/Applications",
        "PUT /Organizations/{organization}/BackupApplications", sent)
    end
    server.sends("v8", function(client)
      local applications = client:organization(ids.organization):backup_applications()
      applications:add { { application = record, application_certificate = "MII" } }
      applications:where { display_name = "*2" }:remove()
      applications:remove()
      client:organization(ids.organization):backup_application(ids.other):remove()
    end, "POST /Organizations/{organization}/BackupApplications", sent,
      "GET /Organizations/{organization}/BackupApplications",
      "DELETE /Organizations/{organization}/BackupApplications", { ids.other },
      "GET /Organizations/{organization}/BackupApplications",
      "DELETE /Organizations/{organization}/BackupApplications", { ids.application, ids.other },
      "DELETE /Organizations/{organization}/BackupApplications", { ids.other })
  end)

  it("have backup accounts that are replaced as a whole", function()
    for _, version in ipairs(versions.with_newest "v6") do
      local first = server.sends(version, function(client)
        local accounts = client:organization(ids.organization):backup_accounts()
        accounts:replace { { group_member = { login = "backup1" }, password = "x" } }
        return accounts:first()
      end, "PUT /Organizations/{organization}/BackupAccounts",
        { { groupMember = { login = "backup1" }, password = "x" } },
        "GET /Organizations/{organization}/BackupAccounts")
      assert.equal("backup1", first.id)
    end
    local old = server.sends("v4", function(client)
      return client:organization(ids.organization):backup_accounts():count()
    end, "GET /Organizations/{organization}/BackupAccounts")
    assert.equal(1, old)
  end)

  it("audit users and groups", function()
    -- Lists the fields of a user that v5 takes in an item.
    local short = { id = ids.user, name = "alice@contoso.com", displayName = "Alice" }
    for version, removal in pairs {
      v5 = { "POST /Organizations/{organization}/AuditItems/action",
        { remove = { itemIds = { "audit-2" } } } },
      v8 = { "POST /Organizations/{organization}/AuditItems/remove", { itemIds = { "audit-2" } } },
    } do
      server.sends(version, function(client)
        local own = client:organization(ids.organization)
        own:audit_items():add(own:user(ids.user))
        own:audit_items():where { type = "Group" }:remove()
      end, "GET /Organizations/{organization}/Users/{user}",
        "POST /Organizations/{organization}/AuditItems",
        { { type = "User", user = version == "v5" and short or user } },
        "GET /Organizations/{organization}/AuditItems", table.unpack(removal))
    end
    server.sends("v8", function(client)
      client:organization(ids.organization):audit_item({ id = "audit-1" }):remove()
    end, "POST /Organizations/{organization}/AuditItems/remove", { itemIds = { "audit-1" } })
  end)

  it("ask for device codes", function()
    local code = server.sends("v6", function(client)
      local found = client:organization(ids.organization):device_code()
      return { found.user_code, found.expires_in, found:check() }
    end, "POST /Organizations/{organization}/DeviceCode", "POST /DeviceCode/check",
      { userCode = "ABCDEFG" })
    assert.same({ "ABCDEFG", 899, true }, code)
    for _, version in ipairs(versions.each_dialect) do
      local found = server.sends(version, function(client)
        return client:device_code { target_region = "Worldwide" }
      end, "POST /DeviceCode", { targetRegion = "Worldwide" })
      assert.equal("https://microsoft.com/devicelogin", found.verification_url)
    end
  end)

  it("are synchronized", function()
    for _, version in ipairs(versions.since "v7") do
      server.sends(version, function(client)
        client:organization(ids.organization):sync { type = "full" }
      end, "POST /Organizations/{organization}/Sync", { type = "Full" })
    end
    local state = server.sends("v7", function(client)
      return client:organization(ids.organization):sync_state().status
    end, "GET /Organizations/{organization}/SyncState")
    assert.equal("Success", state)
    local states = server.sends("v8", function(client)
      local all = client:sync_states():all()
      all[1]:refresh()
      return all
    end, "GET /Organizations/SyncState", "GET /Organizations/{organization}/SyncState")
    assert.equal(1, #states)
  end)

  it("have retention exclusions, tenant information and versions", function()
    for _, version in ipairs(versions.with_newest "v6") do
      local contacts = server.sends(version, function(client)
        local exclusion = client:organization(ids.organization):retention_exclusion()
        local calendar = exclusion.calendar
        exclusion:edit { contacts = true }
        exclusion:remove()
        return calendar
      end, "GET /Organizations/{organization}/RetentionExclusion",
        "PUT /Organizations/{organization}/RetentionExclusion", { contacts = true },
        "GET /Organizations/{organization}/RetentionExclusion",
        "DELETE /Organizations/{organization}/RetentionExclusion")
      assert.is_true(contacts)
    end
    local told = server.sends("v8", function(client)
      local own = client:organization(ids.organization)
      own:version_backup_options():edit { share_point_backup_mode = "latest" }
      return own:tenant_information().primary_location
    end, "PUT /Organizations/{organization}/versionBackupOptions",
      { sharePointBackupMode = "Latest" },
      "GET /Organizations/{organization}/versionBackupOptions",
      "GET /Organizations/{organization}/tenantInformation")
    assert.equal("EUR", told)
    local client <close> = server.connect "v7"
    local err = sending.failure(function()
      return client:organization(ids.organization):tenant_information().msid
    end)
    assert.equal("unsupported", err.kind)
  end)
end)

describe("organizations of a rehearsal server", function()
  local server

  setup(function() server = rehearsal.start() end)
  teardown(function() server.stop() end)

  for _, version in ipairs(versions.distinct) do
    it("show their users and jobs in " .. version, function()
      local client <close> = server.connect(version)
      local own = client:organization(rehearsal.organization)
      assert.equal("Alice Example", own:user("alice@contoso.com").display_name)
      assert.is_true(own:jobs():count() >= 1)
      assert.equal("Contoso nightly", own:job("Contoso nightly").name)
    end)
  end
end)
