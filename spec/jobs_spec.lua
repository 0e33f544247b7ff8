-- Backup jobs, in both dialects, against a rehearsal server.

local rehearsal = require "spec.support.rehearsal"

describe("backup jobs", function()
  local server

  setup(function() server = rehearsal.start() end)
  teardown(function() server.stop() end)

  for _, version in ipairs(rehearsal.versions) do
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
