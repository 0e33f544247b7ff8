-- Backed-up data: data of repositories, restore points, protected objects, retrievals.
-- Tests also vbo.objects.backups, vbo.objects.backups.below, vbo.objects.backups.restore_points
-- and vbo.objects.backups.retrievals.

local sending = require "spec.support.sending"
local versions = require "spec.support.versions"

local ids = sending.ids

describe("data in a repository", function()
  local server
  -- The word for one, the version that brought it, the field that names it, its requests.
  local kinds = {
    organizations = { one = "organization", since = "v3", label = "displayName",
      key = "organizationId", list = "GET /BackupRepositories/{repository}/OrganizationData",
      get = "GET /BackupRepositories/{repository}/OrganizationData/{thing}" },
    users = { one = "user", since = "v3", label = "displayName",
      list = "GET /BackupRepositories/{repository}/UserData",
      get = "GET /BackupRepositories/{repository}/UserData/{thing}" },
    groups = { one = "group", since = "v3", label = "displayName",
      list = "GET /BackupRepositories/{repository}/GroupData",
      get = "GET /BackupRepositories/{repository}/GroupData/{thing}" },
    sites = { one = "site", since = "v3", label = "title",
      list = "GET /BackupRepositories/{repository}/SiteData",
      get = "GET /BackupRepositories/{repository}/SiteData/{thing}" },
    teams = { one = "team", since = "v5", label = "displayName",
      list = "GET /BackupRepositories/{repository}/TeamData",
      get = "GET /BackupRepositories/{repository}/TeamData/{thing}" },
    mailboxes = { one = "mailbox", since = "v6", label = "email",
      list = "GET /BackupRepositories/{repository}/MailboxData",
      get = "GET /BackupRepositories/{repository}/MailboxData/{thing}" },
    onedrives = { one = "onedrive", since = "v6", label = "title",
      list = "GET /BackupRepositories/{repository}/OneDriveData",
      get = "GET /BackupRepositories/{repository}/OneDriveData/{thing}" },
  }

  setup(function()
    local answers = {}
    for _, kind in pairs(kinds) do
      local key = kind.key or "id"
      local record = { [kind.label] = "Sales", [key] = ids.thing }
      answers[kind.list] = { results = { record, { [kind.label] = "Other", [key] = ids.other } } }
      answers[kind.get] = record
    end
    server = sending.start(answers)
  end)

  teardown(function() server.stop() end)

  for plural, kind in pairs(kinds) do
    it("of " .. plural .. " is listed, named and loaded", function()
      for _, version in ipairs { kind.since, "v8" } do
        local found = server.sends(version, function(client)
          local repository = client:backup_repository(ids.repository)
          assert.equal(2, repository[plural .. "_data"](repository):count())
          return repository[kind.one .. "_data"](repository, "sales"):refresh()
        end, kind.list, kind.list, kind.get)
        assert.equal(ids.thing, found.id)
        assert.equal("Sales", found[kind.label])
      end
    end)
  end

  it("of mailboxes is filtered by the server", function()
    server.sends("v6", function(client)
      return client:backup_repository(ids.repository):mailboxes_data {
        filter = "sales", organization = client:organization(ids.organization),
        at = 1795212000,
      }:all()
    end, ("GET /BackupRepositories/{repository}/MailboxData?filter=sales&organizationId=%s"
      .. "&pointInTime=2026-11-20T22%%3A00%%3A00Z"):format(ids.organization))
  end)

  it("is not in versions before", function()
    local client <close> = server.connect "v2"
    assert.equal("unsupported", sending.failure(function()
      client:backup_repository(ids.repository):users_data():all()
    end).kind)
  end)
end)

describe("restore points", function()
  local server
  local point = {
    id = "point-1", backupTime = "2026-11-20T22:00:00.5Z", organizationId = ids.organization,
    repositoryId = ids.repository, jobId = ids.job, isExchange = false, isOneDrive = true,
    isSharePoint = false, isTeams = true, isRetrieved = true, retrievalId = ids.retrieval,
  }
  local session = { id = ids.session, type = "Veod", state = "Working" }

  setup(function()
    local answers = {
      ["GET /RestorePoints"] = { point },
      ["GET /RestorePoints/point-1"] = point,
      ["GET /RestorePoints/Changes"] = { results = { point }, nextChangeToken = "t2" },
      ["POST /BackupRepositories/{repository}/explore"] = session,
      ["POST /Organizations/{organization}/explore"] = session,
      ["GET /RestorePoints/point-1/webs"] = {
        { siteId = "s1", name = "Sales", url = "https://x" },
      },
      ["GET /ProtectedSites"] = { { id = "s1", displayName = "Sales", url = "https://x" } },
    }
    server = sending.start(answers)
  end)

  teardown(function() server.stop() end)

  local function of(client) return client:restore_points():first() end

  it("are listed by what they belong to", function()
    for _, version in ipairs(versions.with_newest "v6") do
      local found = server.sends(version, function(client)
        client:restore_points { is_retrieved = true, repository = ids.repository }:all()
        client:organization(ids.organization):restore_points():all()
        client:job(ids.job):restore_points():all()
        client:backup_repository(ids.repository):restore_points():all()
        return client:restore_point({ id = "point-1" }):refresh()
      end, "GET /RestorePoints?isRetrieved=true&repositoryId=" .. ids.repository,
        "GET /RestorePoints?organizationId=" .. ids.organization,
        "GET /RestorePoints?jobId=" .. ids.job,
        "GET /RestorePoints?repositoryId=" .. ids.repository, "GET /RestorePoints/point-1")
      assert.is_true(found.is_teams)
    end
    server.sends("v8", function(client)
      client:restore_points { from = "2026-11-01T00:00:00Z", order_asc = true }:all()
    end, "GET /RestorePoints?from=2026-11-01T00%3A00%3A00Z&orderAsc=true")
  end)

  it("tell what changed in v7", function()
    local changed = server.sends("v7", function(client)
      return client:restore_point_changes { from = "t1", limit = 5 }
    end, "GET /RestorePoints/Changes?from=t1")
    assert.equal("t2", changed.next)
    assert.equal("point-1", changed.items[1].id)
    local client <close> = server.connect "v7"
    assert.equal("usage", sending.failure(client.restore_point_changes, client).kind)
  end)

  it("are explored at their moment: in their repository, v6: in their organization", function()
    local stop = "POST /RestoreSessions/{session}/Stop"
    local opened = server.sends("v8", function(client)
      local session_of_point = of(client):explore { workload = "onedrive", deleted = true }
      client:close()
      return session_of_point
    end, "GET /RestorePoints",
      "POST /BackupRepositories/{repository}/explore?organizationId=" .. ids.organization,
      { type = "Veod", dateTime = "2026-11-20T22:00:01Z", showDeleted = true }, stop)
    assert.equal(ids.session, opened.id)
    server.sends("v6", function(client)
      of(client):explore { workload = "teams" }
      client:close()
    end, "GET /RestorePoints", "POST /Organizations/{organization}/explore",
      { type = "Vet", dateTime = "2026-11-20T22:00:01Z" }, stop)
  end)

  it("refuse what they do not hold", function()
    local client <close> = server.connect "v8"
    local err = sending.failure(function() of(client):explore { workload = "exchange" } end)
    assert.equal("usage", err.kind)
    assert.matches("holds no exchange", err.message, 1, true)
    assert.matches("onedrive, teams", err.hint, 1, true)
    for _, options in ipairs {
      { workload = "onedrive", at = "2026-11-20" }, { workload = "paper" },
      { workload = "onedrive", repository = ids.repository }, { wrkload = "onedrive" },
    } do
      assert.equal("usage", sending.failure(function() of(client):explore(options) end).kind)
    end
  end)

  it("know the retrieval that fetched them", function()
    local client <close> = server.connect "v8"
    assert.equal(ids.retrieval, of(client):data_retrieval().id)
  end)

  it("have protected objects, wherever the version lists them", function()
    local lists = {
      v6 = {
        protected_mailboxes = "GET /RestorePoints/point-1/mailboxes",
        protected_onedrives = "GET /RestorePoints/point-1/onedrives",
        protected_teams = "GET /RestorePoints/point-1/teams",
        protected_sites = "GET /RestorePoints/point-1/webs",
      },
      v7 = {
        protected_mailboxes = "GET /RestorePoints/point-1/protectedMailboxes",
        protected_onedrives = "GET /RestorePoints/point-1/protectedOnedrives",
        protected_teams = "GET /RestorePoints/point-1/protectedTeams",
        protected_sites = "GET /RestorePoints/point-1/protectedSites",
        protected_users = "GET /RestorePoints/point-1/protectedUsers",
        protected_groups = "GET /RestorePoints/point-1/protectedGroups",
      },
      v8 = {
        protected_teams = "GET /ProtectedTeams?restorePointId=point-1",
        protected_sites = "GET /ProtectedSites?restorePointId=point-1",
        protected_users = "GET /ProtectedUsers?restorePointId=point-1",
        protected_groups = "GET /ProtectedGroups?restorePointId=point-1",
      },
    }
    for version, list in pairs(lists) do
      for method, request in pairs(list) do
        server.sends(version, function(client)
          local one = client:restore_point({ id = "point-1" })
          return one[method](one):all()
        end, request)
      end
    end
  end)

  it("name a site alike in every version", function()
    for version, request in pairs {
      v6 = "GET /RestorePoints/point-1/webs", v8 = "GET /ProtectedSites?restorePointId=point-1",
    } do
      local site = server.sends(version, function(client)
        return client:restore_point({ id = "point-1" }):protected_site("sales"):record()
          and client:restore_point({ id = "point-1" }):protected_sites():one()
      end, request, request)
      assert.equal("s1", site.id)
      assert.equal("Sales", site.display_name)
      assert.equal("Sales", site.name)
    end
  end)

  it("have protected objects of everything in v8", function()
    for method, sent in pairs {
      protected_users = {
        word = "user", list = "GET /ProtectedUsers", get = "GET /ProtectedUsers/{thing}",
      },
      protected_groups = {
        word = "group", list = "GET /ProtectedGroups", get = "GET /ProtectedGroups/{thing}",
      },
      protected_sites = {
        word = "site", list = "GET /ProtectedSites", get = "GET /ProtectedSites/{thing}",
      },
      protected_teams = {
        word = "team", list = "GET /ProtectedTeams", get = "GET /ProtectedTeams/{thing}",
      },
    } do
      server.sends("v8", function(client)
        local one = client[method:sub(1, -2)](client, { id = ids.thing })
        one:refresh()
        one:restore_points { is_copy = false }:all()
        client[method](client):all()
        local organization = client:organization(ids.organization)
        organization[method](organization, { backed_up_organization_id = "b" }):all()
      end, sent.get, ("GET /RestorePoints?isCopy=false&%sId=%s"):format(sent.word, ids.thing),
        sent.list,
        ("%s?backedUpOrganizationId=b&organizationId=%s"):format(sent.list, ids.organization))
    end
  end)
end)

describe("data retrievals", function()
  local server
  local retrieval = {
    id = ids.retrieval, name = "July", dataState = "Retrieved", type = "Exchange",
    description = "audit",
  }
  local mailbox = { id = ids.mailbox, email = "alice@contoso.com", isArchive = false,
    itemType = "Mailbox", organizationId = ids.organization, repositoryId = ids.repository,
    isDeleted = false, backedUpOrganizationId = "b", proxyId = ids.proxy }

  setup(function()
    server = sending.start {
      ["GET /DataRetrievals"] = { results = { retrieval } },
      ["GET /DataRetrievals/{retrieval}"] = retrieval,
      ["POST /DataRetrievals"] = retrieval,
      ["POST /DataRetrievals/{retrieval}/explore"] = {
        id = ids.session, type = "Vex", state = "Working",
      },
      ["GET /DataRetrievals/{retrieval}/mailboxes"] = { { id = "m1", email = "a@contoso.com" } },
      ["GET /DataRetrievals/{retrieval}/onedrives"] = { { WebId = "w1", Title = "Drive" } },
      ["GET /DataRetrievals/{retrieval}/teams"] = { { id = "t1", displayName = "Red" } },
      ["GET /DataRetrievals/{retrieval}/webs"] = { { WebId = "w2", Title = "Sales" } },
      ["GET /DataRetrievalSessions"] = {
        results = { { id = ids.run, name = "July", retrievalId = ids.retrieval } },
      },
      ["GET /DataRetrievalSessions/{run}"] = { id = ids.run, retrievalId = ids.retrieval },
      ["GET /DataRetrievalSessions/{run}/LogItems"] = { { id = ids.line, title = "Done" } },
      ["GET /DataRetrievalSessions/{run}/LogItems/{line}"] = { id = ids.line, title = "Done" },
      ["GET /BackupRepositories/{repository}/MailboxData/{mailbox}"] = mailbox,
    }
  end)

  teardown(function() server.stop() end)

  it("are listed and found", function()
    for _, version in ipairs(versions.with_newest "v6") do
      local found = server.sends(version, function(client)
        client:data_retrievals { data_state = "retrieved" }:all()
        client:organization(ids.organization):data_retrievals():all()
        client:backup_repository(ids.repository):data_retrievals():all()
        client:data_retrieval(ids.retrieval):refresh()
        return client:data_retrieval("july"):record()
      end, "GET /DataRetrievals?dataState=Retrieved",
        "GET /DataRetrievals?organizationId=" .. ids.organization,
        "GET /DataRetrievals?repositoryId=" .. ids.repository,
        "GET /DataRetrievals/{retrieval}", "GET /DataRetrievals")
      assert.equal(ids.retrieval, found.id)
    end
  end)

  it("are started for what a repository has", function()
    local created = server.sends("v6", function(client)
      return client:data_retrievals():create {
        name = "July", organization = ids.organization, at = 1795212000,
        repository = ids.repository, availability_period_days = 3,
        amazon_s3_glacier_retrieval_policy = "bulk",
      }
    end, "POST /DataRetrievals", {
      name = "July", organizationId = ids.organization, pointInTime = "2026-11-20T22:00:00Z",
      repositoryId = ids.repository, availabilityPeriodDays = 3,
      amazonS3GlacierRetrievalPolicy = "Bulk",
    })
    assert.equal("July", created.name)
    server.sends("v8", function(client)
      local alice = client:backup_repository(ids.repository):mailbox_data(ids.mailbox)
      client:data_retrievals():create { mailboxes = { {
        id = alice.id, email = alice.email, is_archive = false, item_type = "mailbox",
        repository_id = ids.repository, backed_up_organization_id = "b",
      } }, force = true }
    end, "GET /BackupRepositories/{repository}/MailboxData/{mailbox}",
      "POST /DataRetrievals?force=true", { mailboxes = { {
        id = ids.mailbox, email = "alice@contoso.com", isArchive = false, itemType = "Mailbox",
        repositoryId = ids.repository, backedUpOrganizationId = "b",
      } } })
    server.sends("v7", function(client)
      local alice = client:backup_repository(ids.repository):mailbox_data(ids.mailbox)
      client:data_retrievals():create { mailboxes = { alice } }
    end, "GET /BackupRepositories/{repository}/MailboxData/{mailbox}",
      "POST /DataRetrievals", { mailboxes = { mailbox } })
  end)

  it("are changed, kept longer, and removed where that exists", function()
    for _, version in ipairs(versions.with_newest "v6") do
      server.sends(version, function(client)
        client:data_retrieval(ids.retrieval):edit { description = "closed" }
        client:data_retrieval(ids.retrieval):extend(7)
      end, "PUT /DataRetrievals/{retrieval}", { description = "closed" },
        "GET /DataRetrievals/{retrieval}",
        "PUT /DataRetrievals/{retrieval}", { availabilityPeriodDays = 7 },
        "GET /DataRetrievals/{retrieval}")
    end
    server.sends("v8", function(client)
      client:data_retrieval(ids.retrieval):extend(7, { force = true })
    end, "PUT /DataRetrievals/{retrieval}?force=true", { availabilityPeriodDays = 7 },
      "GET /DataRetrievals/{retrieval}")
    server.sends("v7", function(client) client:data_retrieval(ids.retrieval):remove() end,
      "DELETE /DataRetrievals/{retrieval}")
    local client <close> = server.connect "v8"
    local err = sending.failure(function() client:data_retrieval(ids.retrieval):remove() end)
    assert.equal("unsupported", err.kind)
    err = sending.failure(function()
      local old <close> = server.connect "v7"
      old:data_retrieval(ids.retrieval):extend(7, { force = true })
    end)
    assert.equal("unsupported", err.kind)
  end)

  it("are explored, and stopped with their client", function()
    for _, version in ipairs(versions.with_newest "v6") do
      local session = server.sends(version, function(client)
        local opened = client:data_retrieval(ids.retrieval):explore()
        client:close()
        return opened
      end, "GET /DataRetrievals/{retrieval}", "POST /DataRetrievals/{retrieval}/explore",
        "POST /RestoreSessions/{session}/Stop")
      assert.equal("Vex", session.type)
    end
  end)

  it("list what they fetched", function()
    for _, version in ipairs(versions.with_newest "v6") do
      local found = server.sends(version, function(client)
        local one = client:data_retrieval(ids.retrieval)
        return {
          one:mailbox("a@contoso.com").id, one:onedrive("drive").id, one:team("red").id,
          one:webs():one().id,
        }
      end, "GET /DataRetrievals/{retrieval}/mailboxes", "GET /DataRetrievals/{retrieval}/onedrives",
        "GET /DataRetrievals/{retrieval}/teams", "GET /DataRetrievals/{retrieval}/webs")
      assert.same({ "m1", "w1", "t1", "w2" }, found)
    end
  end)

  it("have sessions with logs", function()
    for _, version in ipairs(versions.with_newest "v6") do
      local texts = server.sends(version, function(client)
        local run = client:data_retrieval(ids.retrieval):data_retrieval_sessions():one()
        client:data_retrieval_session(ids.run):refresh()
        client:data_retrieval_sessions():all()
        assert.equal(ids.retrieval, run:data_retrieval().id)
        return { run:log_items():one().message, run:log_item(ids.line).title }
      end, "GET /DataRetrievalSessions?dataRetrievalId=" .. ids.retrieval,
        "GET /DataRetrievalSessions/{run}", "GET /DataRetrievalSessions",
        "GET /DataRetrievalSessions/{run}/LogItems",
        "GET /DataRetrievalSessions/{run}/LogItems/{line}")
      assert.same({ "Done", "Done" }, texts)
    end
  end)
end)
