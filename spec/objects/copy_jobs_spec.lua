-- Backup copy jobs: the request and the result of each method (v6 and later).
-- Tests also vbo.objects.jobs.copy.

local sending = require "spec.support.sending"
local versions = require "spec.support.versions"

local ids = sending.ids

describe("copy jobs", function()
  local server
  local copy = {
    id = ids.copy, name = "Nightly copy", backupJobId = ids.job, repositoryId = ids.archive,
    organizationId = ids.organization, isEnabled = true,
    schedulePolicy = { type = "Immediate" },
  }

  setup(function()
    server = sending.start {
      ["GET /CopyJobs"] = { copy, { id = ids.other, name = "Weekly copy" } },
      ["GET /CopyJobs/{copy}"] = copy,
      ["POST /CopyJobs"] = copy,
      ["POST /CopyJobs/{copy}/start"] = { id = ids.session, jobId = ids.copy, jobType = "Copy" },
      ["GET /CopyJobs/{copy}/BackupJob"] = { id = ids.job, name = "Nightly" },
      ["GET /Jobs/{job}"] = { id = ids.job, name = "Nightly", organizationId = ids.organization },
      ["GET /Jobs/{job}/CopyJob"] = copy,
      ["GET /Jobs/{other}/CopyJob"] = {},
      ["GET /JobSessions"] = { { id = ids.session, status = "Success" } },
    }
  end)

  teardown(function() server.stop() end)

  it("are listed and found by name", function()
    for _, version in ipairs(versions.with_newest "v6") do
      local found = server.sends(version, function(client)
        assert.equal(2, client:copy_jobs { repository = ids.archive }:count())
        return client:copy_job("weekly COPY").id
      end, "GET /CopyJobs?repositoryId=" .. ids.archive, "GET /CopyJobs")
      assert.equal(ids.other, found)
    end
    server.sends("v8", function(client)
      client:organization(ids.organization):copy_jobs():all()
      client:backup_repository(ids.archive):copy_jobs():all()
    end, "GET /CopyJobs?organizationId=" .. ids.organization,
      "GET /CopyJobs?repositoryId=" .. ids.archive)
    local client <close> = server.connect "v5"
    assert.equal("unsupported", sending.failure(function() client:copy_jobs():all() end).kind)
  end)

  it("are created for a backup job, with its organization where that is wanted", function()
    local created = server.sends("v6", function(client)
      return client:job(ids.job):create_copy_job {
        repository = ids.archive, schedule = { type = "immediate" },
      }
    end, "POST /CopyJobs", {
      backupJobId = ids.job, repositoryId = ids.archive, schedulePolicy = { type = "Immediate" },
    })
    assert.equal("Nightly copy", created.name)
    server.sends("v8", function(client)
      client:copy_jobs():create { backup_job = client:job(ids.job), repository = ids.archive }
    end, "GET /Jobs/{job}", "POST /CopyJobs", {
      backupJobId = ids.job, repositoryId = ids.archive, organizationId = ids.organization,
    })
    server.sends("v8", function(client)
      client:copy_jobs():create {
        backup_job = ids.job, repository = ids.archive, organization = ids.tenant,
      }
    end, "POST /CopyJobs", {
      backupJobId = ids.job, repositoryId = ids.archive, organizationId = ids.tenant,
    })
  end)

  it("are changed and removed, enabled and disabled", function()
    for _, version in ipairs(versions.with_newest "v6") do
      local edited = server.sends(version, function(client)
        local one = client:copy_job(ids.copy)
        one:disable()
        one:enable()
        one:edit { is_enabled = false }
        one:remove()
        return one
      end, "POST /CopyJobs/{copy}/disable", "POST /CopyJobs/{copy}/enable",
        "PUT /CopyJobs/{copy}", { isEnabled = false }, "GET /CopyJobs/{copy}",
        "DELETE /CopyJobs/{copy}")
      assert.equal("Nightly copy", edited.name)
    end
    server.sends("v7", function(client) client:copy_jobs { ids.copy, ids.other }:disable() end,
      "POST /CopyJobs/{copy}/disable", "POST /CopyJobs/{other}/disable")
  end)

  it("are started and stopped", function()
    server.sends("v6", function(client)
      client:copy_job(ids.copy):start { full = true }
      client:copy_job(ids.copy):stop()
    end, "POST /CopyJobs/{copy}/start", { full = true }, "POST /CopyJobs/{copy}/stop")
    local job = server.sends("v8", function(client)
      return client:copy_job(ids.copy):start():job()
    end, "POST /CopyJobs/{copy}/start")
    assert.equal("copy job", job._class.kind)
    assert.equal(ids.copy, job.id)
  end)

  it("know their backup job, and it them", function()
    for _, version in ipairs(versions.with_newest "v6") do
      local names = server.sends(version, function(client)
        return { client:copy_job(ids.copy):backup_job().name, client:job(ids.job):copy_job().name }
      end, "GET /CopyJobs/{copy}/BackupJob", "GET /Jobs/{job}/CopyJob")
      assert.same({ "Nightly", "Nightly copy" }, names)
    end
    -- `{}` does not say that there is none: it is asked for again, and raises.
    server.sends("v8", function(client)
      local err = sending.failure(function() return client:job(ids.other):copy_job() end)
      assert.equal("protocol", err.kind)
    end, "GET /Jobs/{other}/CopyJob", "GET /Jobs/{other}/CopyJob")
  end)

  it("have sessions from v7 on", function()
    for _, version in ipairs(versions.since "v7") do
      local session = server.sends(version, function(client)
        return client:copy_job(ids.copy):job_sessions():one()
      end, "GET /JobSessions?jobId=" .. ids.copy)
      assert.equal("Success", session.status)
    end
    local client <close> = server.connect "v6"
    assert.equal("unsupported", sending.failure(function()
      client:copy_job(ids.copy):job_sessions():all()
    end).kind)
  end)
end)
