-- Repositories, object storage, accounts and keys: the request of each call.
-- Tests also vbo.objects.infrastructure.repositories.

local recording = require "spec.support.recording"
local vbo = require "vbo"
local versions = require "spec.support.versions"

local id = recording.id
local repository, other = id(1), id(2)
local proxy, pool, organization, session = id(3), id(4), id(5), id(6)
local second, key, account, storage = id(7), id(8), id(9), id(10)

local repository_record = {
  id = repository, name = "Main", path = "D:/backups", retentionType = "ItemLevel",
  retentionPeriodType = "Yearly", proxyId = proxy,
}
local synchronization = { id = session, repositoryId = repository, state = "Synchronizing" }
local owner_change = {
  id = session, status = "Running", repositoryIds = { repository }, fromOwnerId = proxy,
  toOwnerId = pool,
}

-- An id inside a pattern.
local function quoted(text) return (text:gsub("%-", "%%-")) end

local function page(...) return { offset = 0, limit = 250, results = { ... } } end

local answers = {
  { path = "/explore$", method = "POST", status = 201, body = { id = session, type = "Vex" } },
  { path = "/RestorePoints$", method = "GET", body = {
    results = { { id = session, backupTime = "2026-11-20T20:00:00Z", isCopy = true } } } },
  { path = "/[Ee]xplore$", method = "POST", body = { id = session, type = "Vex" } },
  { path = "/Sync$", method = "POST", body = synchronization },
  { path = "/changeOwner$", method = "POST", body = owner_change },
  { path = "v8/BackupRepositories/[^/]*/backedupOrganizations$",
    body = page({ id = organization, name = "contoso.onmicrosoft.com", usedSpaceBytes = 12 }) },
  { path = "/BackupRepositories/[^/]*/BackedUpOrganizations$",
    body = page({ id = organization, name = "contoso.onmicrosoft.com" }) },
  { path = "v8/BackupRepositories$",
    body = page(repository_record, { id = other, name = "Other", proxyId = second }) },
  { path = "/BackupRepositories$",
    body = { repository_record, { id = other, name = "Other", proxyId = second } } },
  { path = "/BackupRepositories$", method = "POST", status = 201, body = repository_record },
  { path = "/BackupRepositories/[^/]*$", body = repository_record },
  { path = "/RepositorySynchronizeSessions$",
    body = { synchronization, { id = other, repositoryId = other, state = "Failed" } } },
  { path = "/RepositorySynchronizeSessions/[^/]*$", body = synchronization },
  { path = "/RepositoryOwnerChangeSessions$", body = page(owner_change,
    { id = other, repositoryIds = { other }, status = "Failed" }) },
  { path = "/RepositoryOwnerChangeSessions/" .. quoted(session) .. "$", body = owner_change },
  { path = "/RepositoryOwnerChangeSessions/" .. quoted(other) .. "$",
    body = { id = other, status = "Failed", details = "no route to host" } },
  { path = "/RepositoryOwnerChangeSessions/" .. quoted(second) .. "$",
    body = { id = second, status = "Succeeded" } },
  { path = "/[Oo]bject[Ss]torage[Rr]epositories$", method = "POST", status = 201,
    body = { id = storage, name = "Cold", type = "AmazonS3" } },
  { path = "/[Oo]bject[Ss]torage[Rr]epositories$",
    body = { { id = storage, name = "Cold", type = "AmazonS3" } } },
  { path = "/[Oo]bject[Ss]torage[Rr]epositories/[^/]*$",
    body = { id = storage, name = "Cold", type = "AmazonS3" } },
  { path = "/Proxies/[^/]*$", body = { id = proxy, hostName = "proxy-1" } },
  { path = "/Accounts$", body = { { id = account, userName = "AKIA", description = "s3" } } },
  { path = "/Accounts$", method = "POST", status = 201, body = { id = account } },
  { path = "/Accounts/[^/]*$", body = { id = account, userName = "AKIA" } },
  { path = "/EncryptionKeys$", body = { { id = key, description = "for the vault" } } },
  { path = "/EncryptionKeys$", method = "POST", status = 201, body = { id = key } },
  { path = "/EncryptionKeys/[^/]*$", body = { id = key, description = "for the vault" } },
  { path = "/Organizations$", body = page({ id = organization, name = "contoso" }) },
}

describe("infrastructure", function()
  local recorder, sends, failure

  setup(function()
    recorder = recording.start(answers)
    sends, failure = recorder.sends, recorder.failure
  end)
  teardown(function() recorder.stop() end)

  describe("backup repositories", function()
    it("are listed and found by name in every version", function()
      for _, version in ipairs { "v1", "v2", "v5", "v6", "v7" } do
        local found = sends(version, function(client)
          return client:backup_repository("main").id
        end, ("GET /%s/BackupRepositories"):format(version))
        assert.equal(repository, found)
      end
      sends("v8", function(client) return client:backup_repositories():count() end,
        "GET /v8/BackupRepositories")
    end)

    it("are filtered by what the version's listing takes", function()
      sends("v8", function(client)
        client:backup_repositories({ proxy = client:proxy(proxy), long_term = true }):first()
      end, ("GET /v8/BackupRepositories?proxyId=%s&longTerm=true"):format(proxy))
      sends("v6", function(client)
        client:backup_repositories({ proxy = proxy }):first()
      end, "GET /v6/BackupRepositories?proxyId=" .. proxy)
      assert.equal("usage", failure("v5", function(client)
        client:backup_repositories { proxy = proxy }
      end).kind)
    end)

    it("are created", function()
      local made = sends("v5", function(client)
        return client:backup_repositories():create {
          name = "Main", path = "D:/backups", proxy = client:proxy(proxy),
          retention_type = "itemlevel",
        }
      end, "POST /v5/BackupRepositories",
        { name = "Main", path = "D:/backups", proxyId = proxy, retentionType = "ItemLevel" })
      assert.equal(repository, made.id)
      sends("v8", function(client)
        client:backup_repositories():create {
          name = "Vault", retention_type = "SnapshotBased", pool = pool,
          object_storage = { account = account, type = "AmazonS3", s3_folder = "veeam" },
          encryption_key = key, object_storage_encryption_enabled = true,
        }
      end, "POST /v8/BackupRepositories", {
        name = "Vault", retentionType = "SnapshotBased", proxyPoolId = pool,
        objectStorage = { accountId = account, type = "AmazonS3", s3Folder = "veeam" },
        encryptionKeyId = key, objectStorageEncryptionEnabled = true,
      })
    end)

    it("are changed, with what the body insists on from the record", function()
      sends("v2", function(client)
        client:backup_repository(repository):edit { description = "new" }
      end, "PUT /v2/BackupRepositories/" .. repository, { description = "new" },
        "GET /v2/BackupRepositories/" .. repository)
      local edited = sends("v8", function(client)
        return client:backup_repository(repository):edit { description = "new" }
      end, "GET /v8/BackupRepositories/" .. repository,
        "PUT /v8/BackupRepositories/" .. repository,
        { description = "new", retentionType = "ItemLevel" },
        "GET /v8/BackupRepositories/" .. repository)
      assert.equal("Main", edited.name)
    end)

    it("are removed, one or those selected", function()
      sends("v3", function(client) client:backup_repository("Main"):remove() end,
        "GET /v3/BackupRepositories", "DELETE /v3/BackupRepositories/" .. repository)
      sends("v8", function(client) client:backup_repositories({ repository, other }):remove() end,
        "DELETE /v8/BackupRepositories/" .. repository,
        "DELETE /v8/BackupRepositories/" .. other)
    end)

    it("are synchronized", function()
      for _, version in ipairs(versions.with_newest "v6") do
        local begun = sends(version, function(client)
          return client:backup_repository(repository):sync()
        end, ("POST /%s/BackupRepositories/%s/Sync"):format(version, repository))
        assert.equal("Synchronizing", begun.state)
        assert.equal(session, begun.id)
      end
      assert.equal("unsupported", failure("v5", function(client)
        client:backup_repository(repository):sync()
      end).kind)
    end)

    it("are explored for one organization", function()
      local opened = sends("v7", function(client)
        return client:backup_repository(repository):explore {
          organization = organization, workload = "onedrive", at = "2026-11-20T22:00:00Z",
        }.id
      end, ("GET /v7/RestorePoints?organizationId=%s&repositoryId=%s"):format(organization,
          repository) .. "&to=2026-11-20T22%3A00%3A01Z&orderAsc=false",
        ("POST /v7/BackupRepositories/%s/explore?organizationId=%s"):format(
        repository, organization),
        { type = "Veod", dateTime = "2026-11-20T22:00:00Z" })
      assert.equal(session, opened)
      sends("v8", function(client)
        client:backup_repository(repository):explore {
          organization = "contoso", workload = "exchange",
        }:stop()
      end, "GET /v8/Organizations",
        ("GET /v8/RestorePoints?organizationId=%s&repositoryId=%s&orderAsc=false"):format(
          organization, repository),
        ("POST /v8/BackupRepositories/%s/explore?organizationId=%s"):format(
          repository, organization), { type = "Vex", dateTime = "2026-11-20T20:00:00Z" },
        ("POST /v8/RestoreSessions/%s/Stop"):format(session))
      assert.equal("usage", failure("v8", function(client)
        client:backup_repository(repository):explore {}
      end).kind)
      assert.equal("unsupported", failure("v6", function(client)
        client:backup_repository(repository):explore { organization = organization }
      end).kind)
    end)

    it("change their owner", function()
      local begun = sends("v8", function(client)
        return client:backup_repository(repository):change_owner {
          pool = client:proxy_pool(pool), include_all_related_repositories = true,
          force_stop_sessions = false, wait_for_sessions_timeout = 5,
        }
      end, ("POST /v8/BackupRepositories/%s/changeOwner?poolId=%s"
        .. "&includeAllRelatedRepositories=true&waitForSessionsTimeout=5&forceStopSessions=false")
        :format(repository, pool))
      assert.equal("Running", begun.status)
      assert.equal("unsupported", failure("v7", function(client)
        client:backup_repository(repository):change_owner { proxy = proxy }
      end).kind)
    end)

    it("tell which organizations they hold", function()
      sends("v3", function(client)
        return client:backup_repository(repository):backed_up_organizations():all()
      end, ("GET /v3/BackupRepositories/%s/BackedUpOrganizations"):format(repository))
      local held = sends("v8", function(client)
        return client:backup_repository(repository):backed_up_organization "contoso.onmicrosoft.com"
          .used_space_bytes
      end, ("GET /v8/BackupRepositories/%s/backedupOrganizations"):format(
        repository))
      assert.equal(12, held)
    end)

    it("lead to their proxy, pool and sessions", function()
      sends("v5", function(client)
        assert.equal("proxy-1", client:backup_repository(repository):proxy().host_name)
      end, "GET /v5/BackupRepositories/" .. repository, "GET /v5/Proxies/" .. proxy)
      sends("v8", function(client)
        local found = client:backup_repository(repository)
        assert.is_nil(found:proxy_pool())
        assert.equal(1, found:synchronize_sessions():count())
        assert.equal(session, found:owner_change_sessions():one().id)
      end, "GET /v8/BackupRepositories/" .. repository, "GET /v8/RepositorySynchronizeSessions",
        "GET /v8/RepositoryOwnerChangeSessions")
    end)
  end)

  describe("sessions of repositories", function()
    it("of a synchronization are read and stopped", function()
      sends("v6", function(client)
        local found = client:repository_synchronize_session(session)
        assert.equal("Synchronizing", found.state)
        found:stop()
        assert.equal(2, client:repository_synchronize_sessions():count())
      end, "GET /v6/RepositorySynchronizeSessions/" .. session,
        ("POST /v6/RepositorySynchronizeSessions/%s/StopSynchronize"):format(session),
        "GET /v6/RepositorySynchronizeSessions")
    end)

    it("of a change of owner are read, stopped and waited for", function()
      sends("v8", function(client)
        local found = client:repository_owner_change_session(session)
        assert.equal(proxy, found.from_owner_id)
        found:stop()
        client:repository_owner_change_sessions():all()
        assert.equal("Succeeded", client:repository_owner_change_session(second):wait().status)
      end, "GET /v8/RepositoryOwnerChangeSessions/" .. session,
        ("POST /v8/RepositoryOwnerChangeSessions/%s/Stop"):format(session),
        "GET /v8/RepositoryOwnerChangeSessions",
        "GET /v8/RepositoryOwnerChangeSessions/" .. second)
      local failed = failure("v8", function(client)
        client:repository_owner_change_session(other):wait()
      end)
      assert.equal("server", failed.kind)
      assert.matches("no route to host", failed.message)
      local late = failure("v8", function(client)
        client:repository_owner_change_session(session):wait { timeout = 0 }
      end)
      assert.equal("timeout", late.kind)
    end)
  end)

  it("has object storage repositories from v4 to v7", function()
    sends("v5", function(client)
      assert.equal(storage, client:object_storage_repository("cold").id)
      client:object_storage_repositories():create {
        name = "Cold", type = "amazons3", account = account,
      }
      client:object_storage_repository(storage):remove()
    end, "GET /v5/ObjectStorageRepositories", "POST /v5/ObjectStorageRepositories",
      { name = "Cold", type = "AmazonS3", accountId = account },
      "DELETE /v5/ObjectStorageRepositories/" .. storage)
    sends("v7", function(client)
      client:object_storage_repository(storage):edit {
        size_limit_enabled = true, size_limit_gb = 9,
      }
      assert.equal(1, client:object_storage_repositories({ long_term = false }):count())
    end, "PUT /v7/objectstoragerepositories/" .. storage,
      { sizeLimitEnabled = true, sizeLimitGB = 9 },
      "GET /v7/objectstoragerepositories/" .. storage,
      "GET /v7/objectstoragerepositories?longTerm=false")
    assert.equal("unsupported", failure("v8", function(client)
      client:object_storage_repositories():all()
    end).kind)
  end)

  it("has accounts from v4 on", function()
    sends("v4", function(client)
      assert.equal(account, client:account("AKIA").id)
      client:accounts():create {
        account_type = "amazonS3Account", user = "AKIA", password = vbo.secret.of "k",
      }
    end, "GET /v4/Accounts", "POST /v4/Accounts",
      { accountType = "amazonS3Account", userName = "AKIA", password = "k" })
    sends("v8", function(client)
      client:accounts({ account_type = "amazonS3Account", organization = organization }):first()
      client:account(account):edit { password = vbo.secret.of "l" }
      client:account(account):remove()
    end, "GET /v8/Accounts?accountType=amazonS3Account&organizationId=" .. organization,
      "PUT /v8/Accounts/" .. account, { password = "l" }, "GET /v8/Accounts/" .. account,
      "DELETE /v8/Accounts/" .. account)
  end)

  it("has encryption keys from v4 on", function()
    sends("v4", function(client)
      client:encryption_keys():create {
        password = vbo.secret.of "k", description = "for the vault",
      }
    end, "POST /v4/EncryptionKeys", { password = "k", description = "for the vault" })
    sends("v8", function(client)
      client:encryption_key("for the vault"):remove()
      assert.equal("for the vault", client:encryption_key(key).description)
    end, "GET /v8/EncryptionKeys", "DELETE /v8/EncryptionKeys/" .. key,
      "GET /v8/EncryptionKeys/" .. key)
  end)
end)
