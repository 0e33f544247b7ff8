-- Backup jobs, in both dialects, against a rehearsal server.

local rehearsal = require "spec.support.rehearsal"
local sending = require "spec.support.sending"
local versions = require "spec.support.versions"

local ids = sending.ids

describe("backup jobs", function()
  local server

  setup(function() server = rehearsal.start() end)
  teardown(function() server.stop() end)

  for _, version in ipairs(versions.distinct) do
    describe("in " .. version, function()
      local client, job

      before_each(function()
        server.reset()
        client = server.connect(version)
        job = client:job "Contoso nightly"
      end)

      after_each(function() client:close() end)

      it("are listed, of the server and of an organization", function()
        assert.is_true(client:jobs():count() >= 3)
        assert.equal("Contoso nightly", client:job(job.id).name)
        for each in client:organization(rehearsal.organization):jobs():each() do
          assert.is_string(each.name)
        end
      end)

      it("are created, changed and removed", function()
        local created = client:organization(rehearsal.organization):create_job {
          name = "Quarterly", backup_type = "EntireOrganization", description = "by hand",
          repository = server.ask("GET", "/v8/BackupRepositories").results[1].id,
        }
        assert.equal("Quarterly", client:job("Quarterly").name)
        assert.equal("by the book", created:edit({ description = "by the book" }).description)
        assert.equal("Quarterly", created.name)
        created:remove()
        assert.equal("not_found", rehearsal.failure(function()
          return client:job("Quarterly").id
        end).kind)
      end)

      it("are enabled, disabled, started and stopped", function()
        job:disable()
        assert.is_false(job:refresh().is_enabled)
        job:enable()
        assert.is_true(job:refresh().is_enabled)
        job:start()
        assert.equal("Running", job:refresh().last_status)
        job:stop()
        assert.are_not.equal("Running", job:refresh().last_status)
      end)

      it("have selected and excluded items that come and go", function()
        local before = job:excluded_items():count()
        local user = client:organization(rehearsal.organization):user "bob@contoso.com"
        job:excluded_items():add { type = "User", user = user, mailbox = true }
        local items = job:excluded_items():all()
        assert.equal(before + 1, #items)
        items[#items]:remove()
        assert.equal(before, job:excluded_items():count())
        assert.equal("number", type(job:selected_items():count()))
      end)
    end)
  end

  it("tell how many objects they have and have processed, and where they run (v8)", function()
    server.reset()
    local client <close> = server.connect "v8"
    local job = client:job "Contoso nightly"
    local run = job:start()
    assert.equal("Running", run.status)
    local counted = run.total
    assert.is_true(counted > 0)
    assert.equal("integer", math.type(run:record().statistics.processedObjects))
    assert.equal(client:proxies():first().id, run.proxy_id)
    assert.is_string(run.proxy_pool_id)
    while job:refresh().last_status == "Running" do run:refresh() end
    assert.equal(counted, job.total_objects)
    assert.equal(counted, job.processed_objects)
    local page = server.ask("GET", "/v8/Jobs?limit=1")
    assert.match("^%x+%-%x+%-%x+%-%x+%-%x+$", page.setId)
    assert.equal("integer", math.type(page.results[1].totalObjects))
    for _, list in ipairs { "SelectedItems", "ExcludedItems" } do
      local items = server.ask("GET", "/v8/Jobs/" .. job.id .. "/" .. list)
      assert.match("^%x+%-%x+%-%x+%-%x+%-%x+$", items.setId)
    end
  end)

  it("lose several items in one request", function()
    for _, version in ipairs(versions.with_newest("v2", "v5")) do
      server.reset()
      local client <close> = server.connect(version)
      local job = client:job "Contoso nightly"
      local organization = client:organization(rehearsal.organization)
      job:excluded_items():add(organization:users():take(3):all())
      local before = job:excluded_items():count()
      local sent = 0
      client.gates[1] = function(request, next)
        if request.method == "DELETE" then sent = sent + 1 end
        return next(request)
      end
      job:excluded_items():take(3):remove()
      assert.equal(version == "v2" and 3 or 1, sent)
      assert.equal(before - 3, job:excluded_items():count())
    end
  end)

  it("are explored from v3 on", function()
    local client <close> = server.connect "v8"
    local session <close> = client:job("Contoso nightly"):explore {
      workload = "onedrive", at = rehearsal.before,
    }
    assert.equal("Alice Example", session:onedrive("alice@contoso.com").name)
    local old <close> = server.connect "v2"
    local err = rehearsal.failure(function()
      return old:job("Contoso nightly"):explore { workload = "onedrive" }
    end)
    assert.equal("unsupported", err.kind)
  end)
end)

describe("what jobs send", function()
  local server
  local links = { self = { href = "/x" } }
  local user = { id = ids.user, name = "alice@contoso.com", _links = links }
  local item = {
    id = "item-1", type = "User", user = user, mailbox = true, oneDrive = false, _links = links,
  }
  local job = {
    id = ids.job, name = "Nightly", isEnabled = true, organizationId = ids.organization,
    backupType = "SelectedItems", repositoryId = ids.repository,
  }

  setup(function()
    server = sending.start {
      ["GET /Jobs/{job}"] = job,
      ["GET /Jobs"] = { job, { id = ids.other, name = "Weekly" } },
      ["POST /Jobs"] = job,
      ["POST /Jobs/{job}/start"] = { id = ids.session, jobId = ids.job, status = "Running" },
      ["GET /Organizations"] = { { id = ids.organization, name = "contoso" } },
      ["POST /Organizations/{organization}/Jobs"] = job,
      ["GET /Organizations/{organization}/Jobs"] = { job },
      ["GET /Organizations/{organization}/Users/{user}"] = user,
      ["GET /Organizations/{organization}/Users/{bob}"] = {
        id = ids.bob, name = "bob@contoso.com", surprise = 1, displayName = rehearsal.json.null,
      },
      ["GET /Jobs/{job}/SelectedItems"] = { item, { id = "item-2", type = "Site" } },
      ["GET /Jobs/{job}/SelectedItems/item-1"] = item,
      ["GET /Jobs/{job}/ExcludedItems"] = { item },
      ["GET /Jobs/{job}/ExcludedItems/item-1"] = item,
      ["GET /Jobs/{job}/SelectedMailboxes"] = { { id = ids.mailbox, email = "a@contoso.com" } },
      ["GET /Jobs/{job}/ExcludedMailboxes"] = { { id = ids.mailbox, email = "b@contoso.com" } },
      ["GET /Jobs/{job}/JobSessions"] = { { id = ids.session, status = "Success" } },
      ["GET /JobSessions"] = { { id = ids.session, status = "Success" } },
      ["GET /RestorePoints"] = { results = { { id = "p", backupTime = "2026-11-20T20:00:00Z" } } },
      ["POST /Jobs/{job}/explore"] = { id = ids.session, state = "Working" },
      ["POST /Jobs/{job}/Action"] = { id = ids.session, state = "Working" },
    }
  end)

  teardown(function() server.stop() end)

  it("on creation: the organization in the path or in the body", function()
    local created = server.sends("v5", function(client)
      return client:jobs():create {
        organization = "contoso", name = "Nightly", repository = ids.repository,
      }
    end, "GET /Organizations",
      "POST /Organizations/{organization}/Jobs",
      { name = "Nightly", repositoryId = ids.repository })
    assert.equal(ids.job, created.id)
    local options = {
      name = "Nightly", repository = ids.repository, backup_type = "entireOrganization",
      run_now = true,
    }
    server.sends("v8", function(client)
      client:organization(ids.organization):jobs():create(options)
    end, "POST /Jobs", {
      name = "Nightly", repositoryId = ids.repository, backupType = "EntireOrganization",
      organizationId = ids.organization, runNow = true,
    })
    server.sends("v8", function(client)
      options.skip_item_update = true
      client:organization(ids.organization):create_job(options)
    end, "POST /Jobs?skipItemUpdate=true", {
      name = "Nightly", repositoryId = ids.repository, backupType = "EntireOrganization",
      organizationId = ids.organization, runNow = true,
    })
    local client <close> = server.connect "v8"
    assert.equal("usage", sending.failure(function()
      client:jobs():create { name = "Nightly" }
    end).kind)
  end)

  it("when listed: below the organization, or by query", function()
    for version, sent in pairs {
      v1 = "GET /Organizations/{organization}/Jobs",
      v8 = "GET /Jobs?organizationId=" .. ids.organization,
    } do
      local found = server.sends(version, function(client)
        return client:organization(ids.organization):job("nightly"):record()
      end, sent)
      assert.equal(ids.job, found.id)
    end
    server.sends("v8", function(client)
      return client:backup_repository(ids.repository):jobs():all()
    end, "GET /Jobs?repositoryId=" .. ids.repository)
  end)

  it("when changed and removed", function()
    for _, version in ipairs(versions.with_newest "v1") do
      local edited = server.sends(version, function(client)
        return client:job(ids.job):edit { description = "by the book" }
      end, "PUT /Jobs/{job}", { description = "by the book" }, "GET /Jobs/{job}")
      assert.equal("Nightly", edited.name)
      server.sends(version, function(client) client:job(ids.job):remove() end,
        "DELETE /Jobs/{job}")
    end
    server.sends("v8", function(client)
      client:job(ids.job):edit { name = "Other", skip_item_update = true }
    end, "PUT /Jobs/{job}?skipItemUpdate=true", { name = "Other" }, "GET /Jobs/{job}")
  end)

  it("when enabled, disabled, started and stopped, one or many", function()
    local null = rehearsal.json.null
    server.sends("v4", function(client)
      local one = client:job(ids.job)
      one:enable() one:disable() one:stop() one:start()
      client:jobs():where { name = "n*" }:enable()
    end, "POST /Jobs/{job}/Action", { enable = null }, "POST /Jobs/{job}/Action",
      { disable = null }, "POST /Jobs/{job}/Action", { stop = null },
      "POST /Jobs/{job}/Action", { start = null },
      "GET /Jobs", "POST /Jobs/{job}/Action", { enable = null })
    local session = server.sends("v8", function(client)
      local one = client:job(ids.job)
      one:enable() one:disable() one:stop()
      client:jobs { ids.job, ids.other }:stop()
      return one:start { full = true }
    end, "POST /Jobs/{job}/enable", "POST /Jobs/{job}/disable", "POST /Jobs/{job}/stop",
      "POST /Jobs/{job}/stop", "POST /Jobs/{other}/stop",
      "POST /Jobs/{job}/start", { full = true })
    assert.equal(ids.session, session.id)
    assert.equal("Running", session.status)
    local client <close> = server.connect "v5"
    assert.equal("unsupported", sending.failure(function()
      client:job(ids.job):start { full = true }
    end).kind)
  end)

  it("when items come: by the resource alone, with switches, several", function()
    server.sends("v2", function(client)
      local alice = client:organization(ids.organization):user(ids.user)
      client:job(ids.job):selected_items():add(alice)
      client:job(ids.job):excluded_items():add { { user = alice, mailbox = true } }
    end, "GET /Organizations/{organization}/Users/{user}",
      "POST /Jobs/{job}/SelectedItems", { { type = "User", user = user } },
      "POST /Jobs/{job}/ExcludedItems", { { type = "User", user = user, mailbox = true } })
    server.sends("v8", function(client)
      local alice = client:organization(ids.organization):user(ids.user)
      client:job(ids.job):selected_items():add({ alice, { type = "PersonalSites", id = "x" } },
        { skip_item_update = true })
    end, "GET /Organizations/{organization}/Users/{user}",
      "POST /Jobs/{job}/SelectedItems?skipItemUpdate=true",
      { { type = "User", user = user }, { type = "PersonalSites", id = "x" } })
    local client <close> = server.connect "v8"
    assert.equal("usage", sending.failure(function()
      client:job(ids.job):selected_items():add(client:job(ids.job))
    end).kind)
    assert.equal("usage", sending.failure(function()
      client:job(ids.job):selected_items():add "alice"
    end).kind)
  end)

  it("when an item's record says more than its body takes", function()
    server.sends("v8", function(client)
      local bob = client:organization(ids.organization):user(ids.bob)
      client:job(ids.job):selected_items():add { user = bob, mailbox = true }
    end, "GET /Organizations/{organization}/Users/{bob}",
      "POST /Jobs/{job}/SelectedItems",
      { { type = "User", mailbox = true, user = { id = ids.bob, name = "bob@contoso.com" } } })
    -- Checks that a caller's own body stays strict.
    local client <close> = server.connect "v8"
    assert.equal("usage", sending.failure(function()
      client:job(ids.job):selected_items():add {
        user = client:organization(ids.organization):user { id = ids.bob, nmae = "Bob" },
      }
    end).kind)
  end)

  it("when items are changed: as a whole", function()
    local whole = {
      id = "item-1", type = "User", user = user, mailbox = false, oneDrive = false,
    }
    for _, version in ipairs(versions.with_newest "v3") do
      server.sends(version, function(client)
        client:job(ids.job):selected_item({ id = "item-1" }):edit { mailbox = false }
        client:job(ids.job):excluded_items():one():edit { mailbox = false }
      end, "GET /Jobs/{job}/SelectedItems/item-1", "PUT /Jobs/{job}/SelectedItems/item-1", whole,
        "GET /Jobs/{job}/SelectedItems/item-1", "GET /Jobs/{job}/ExcludedItems",
        "PUT /Jobs/{job}/ExcludedItems/item-1", whole, "GET /Jobs/{job}/ExcludedItems/item-1")
    end
  end)

  it("when items go: by themselves up to v3, several in one request since", function()
    server.sends("v2", function(client)
      client:job(ids.job):selected_items():where { type = "User" }:remove()
      client:job(ids.job):excluded_item({ id = "item-1" }):remove()
    end, "GET /Jobs/{job}/SelectedItems", "DELETE /Jobs/{job}/SelectedItems/item-1",
      "DELETE /Jobs/{job}/ExcludedItems/item-1")
    for _, version in ipairs(versions.with_newest("v4", "v6")) do
      server.sends(version, function(client)
        client:job(ids.job):selected_items():remove()
        client:job(ids.job):excluded_item({ id = "item-1" }):remove()
      end, "GET /Jobs/{job}/SelectedItems",
        "DELETE /Jobs/{job}/SelectedItems?ids=item-1%2Citem-2",
        "DELETE /Jobs/{job}/ExcludedItems?ids=item-1")
    end
  end)

  it("when v1 chooses mailboxes", function()
    server.sends("v1", function(client)
      local one = client:job(ids.job)
      assert.equal("a@contoso.com", one:selected_mailbox("a@contoso.com"):record().email)
      assert.equal(1, one:excluded_mailboxes():count())
      one:selected_mailboxes():add { id = ids.mailbox, email = "a@contoso.com" }
      one:excluded_mailboxes():add { { id = ids.mailbox } }
      one:selected_mailboxes():clear()
      one:excluded_mailboxes():clear()
    end, "GET /Jobs/{job}/SelectedMailboxes", "GET /Jobs/{job}/ExcludedMailboxes",
      "POST /Jobs/{job}/SelectedMailboxes", { { id = ids.mailbox, email = "a@contoso.com" } },
      "POST /Jobs/{job}/ExcludedMailboxes", { { id = ids.mailbox } },
      "DELETE /Jobs/{job}/SelectedMailboxes", "DELETE /Jobs/{job}/ExcludedMailboxes")
  end)

  it("when they are explored", function()
    for version, body in pairs {
      v3 = { explore = { type = "veod", showDeleted = true, datetime = "2026-11-20T22:00:00Z" } },
      v8 = { type = "Veod", showDeleted = true, dateTime = "2026-11-20T22:00:00Z" },
    } do
      local session = server.sends(version, function(client)
        return client:job(ids.job):explore {
          workload = "onedrive", deleted = true, at = "2026-11-20T22:00:00Z",
        }
      end, table.unpack(version == "v3" and { "POST /Jobs/{job}/Action", body } or {
        "GET /RestorePoints?jobId={job}&to=2026-11-20T22%3A00%3A01Z&orderAsc=false",
        "POST /Jobs/{job}/explore", body,
      }))
      assert.equal(ids.session, session.id)
    end
  end)

  it("when their runs are asked for", function()
    for version, sent in pairs {
      v1 = "GET /Jobs/{job}/JobSessions", v6 = "GET /Jobs/{job}/JobSessions",
      v7 = "GET /JobSessions?jobId=" .. ids.job, v8 = "GET /JobSessions?jobId=" .. ids.job,
    } do
      local session = server.sends(version, function(client)
        return client:job(ids.job):job_sessions():first()
      end, sent)
      assert.equal("Success", session.status)
    end
  end)
end)
