-- Runs of jobs: their logs, what they did, their end.
-- Tests also vbo.objects.jobs.sessions.

local rehearsal = require "spec.support.rehearsal"
local sending = require "spec.support.sending"
local transfer_rates = require "vbo.objects.jobs.rates"
local versions = require "spec.support.versions"

local ids = sending.ids

describe("job sessions", function()
  local server
  local session = {
    id = ids.session, status = "Running", jobId = ids.job, jobType = "Backup", progress = 40,
    statistics = {
      processedObjects = 12, transferredDataBytes = 4096, readRateBytesPS = 100,
      writeRateBytesPS = 50, processingRateBytesPS = 75, processingRateItemsPS = 3,
      bottleneck = "Source",
    },
  }
  local ended = { id = ids.ended, status = "Success", jobId = ids.job }
  local log = {
    { id = ids.line, title = "Processing\n mailbox", creationTime = "2026-11-20T22:00:00Z" },
    { id = ids.other, message = "Done", type = "Success", creationTime = "2026-11-20T22:01:00Z" },
  }

  setup(function()
    server = sending.start {
      ["GET /JobSessions"] = { session, ended },
      ["GET /JobSessions/{session}"] = session,
      ["GET /JobSessions/{ended}"] = ended,
      ["GET /JobSessions/{session}/LogItems"] = log,
      ["GET /JobSessions/{session}/Log"] = log,
      ["GET /JobSessions/{session}/LogItems/{line}"] = log[1],
      ["GET /JobSessions/{session}/ProcessedObjects"] = {
        { id = "o1", type = "User", status = "Success" },
        { id = "o2", type = "Site", status = "Failed" },
      },
      ["GET /JobSessions/Changes"] = {
        results = { session }, nextChangeToken = "t2", totalCount = 1,
      },
      ["GET /Jobs/{job}/JobSessions"] = { { id = ids.session, status = "Running" } },
    }
  end)

  teardown(function() server.stop() end)

  it("are listed and loaded", function()
    local found = server.sends("v1", function(client)
      assert.equal(2, client:job_sessions():count())
      return client:job_session(ids.session):refresh()
    end, "GET /JobSessions", "GET /JobSessions/{session}")
    assert.equal(40, found.progress)
    server.sends("v8", function(client)
      client:job_sessions { job = ids.job, job_type = "copy", status = "failed" }:all()
      client:job_sessions { end_time_lower_bound = 1795212000 }:all()
    end, ("GET /JobSessions?jobId=%s&jobType=Copy&status=Failed"):format(ids.job),
      "GET /JobSessions?endTimeLowerBound=2026-11-20T22%3A00%3A00Z")
  end)

  it("have log items, by the words of every version", function()
    for version, listing in pairs {
      v1 = "GET /JobSessions/{session}/Log", v2 = "GET /JobSessions/{session}/LogItems",
      v8 = "GET /JobSessions/{session}/LogItems",
    } do
      local lines = server.sends(version, function(client)
        return client:job_session(ids.session):log_items():all()
      end, listing)
      assert.equal("Done", lines[2].title)
      assert.equal("Done", lines[2].message)
      server.sends(version, function(client)
        local log_items = client:job_session(ids.session):log_items()
        assert.equal(1, log_items:where({ title = "d*" }):count())
        assert.equal(1, log_items:where({ message = "d*" }):count())
      end, listing, listing)
      assert.equal(log[1].title, lines[1].message)
    end
    for _, version in ipairs(versions.with_newest "v2") do
      server.sends(version, function(client)
        client:job_session(ids.session):log_item(ids.line):refresh()
      end, "GET /JobSessions/{session}/LogItems/{line}")
    end
    server.sends("v8", function(client)
      client:job_session(ids.session):log_items { type = "error", order_asc = true }:all()
    end, "GET /JobSessions/{session}/LogItems?orderAsc=true&type=Error")
  end)

  it("give their whole log as text", function()
    for version, listing in pairs {
      v5 = "GET /JobSessions/{session}/Log", v8 = "GET /JobSessions/{session}/LogItems",
    } do
      local text = server.sends(version, function(client)
        return client:job_session(ids.session):log_text()
      end, listing)
      assert.equal("2026-11-20T22:00:00Z\tProcessing mailbox\n"
        .. "2026-11-20T22:01:00Z\tSuccess\tDone\n", text)
    end
  end)

  it("have processed objects", function()
    for _, version in ipairs(versions.since "v7") do
      local failed = server.sends(version, function(client)
        return client:job_session(ids.session):processed_objects():where { status = "Failed" }:one()
      end, "GET /JobSessions/{session}/ProcessedObjects")
      assert.equal("o2", failed.id)
    end
  end)

  it("tell what changed in v7", function()
    local changed = server.sends("v7", function(client)
      return client:job_session_changes { from = "t1", job_type = "Backup" }
    end, "GET /JobSessions/Changes?from=t1&jobType=Backup")
    assert.equal("t2", changed.next)
    assert.equal(1, changed.total)
    assert.equal(ids.session, changed.items[1].id)
    local client <close> = server.connect "v8"
    assert.equal("unsupported", sending.failure(client.job_session_changes, client).kind)
  end)

  it("have statistics in the same words for every version", function()
    local client <close> = server.connect "v8"
    assert.same({
      processed = 12, transferred = 4096, read_rate = 100, write_rate = 50, processing_rate = 75,
      processing_items = 3, bottleneck = "Source",
    }, client:job_session(ids.session):statistics())
    assert.same({
      processed = 8, transferred = 1258291, read_rate = 512, write_rate = 1536.0,
      processing_rate = 99.1 * 1024, processing_items = 6,
    }, transfer_rates.read {
      processedObjects = 8, transferredData = "1.2 MB", readRate = "512 B/s",
      writeRate = "1,5 KB/s", processingRate = "99.1 KB/s (6 items/s)",
    })
    assert.same({}, transfer_rates.read(nil))
    assert.same({}, transfer_rates.read { readRate = "N/A", transferredData = "none" })
  end)

  it("know their job in v8, and where they were listed below it", function()
    local client <close> = server.connect "v8"
    assert.equal(ids.job, client:job_session(ids.session):job().id)
    local old <close> = server.connect "v5"
    local job = old:job(ids.job)
    assert.equal(job, job:job_sessions():first():job())
    local err = sending.failure(function() old:job_session(ids.other):job() end)
    assert.equal("unsupported", err.kind)
    assert.matches("job:job_sessions()", err.hint, 1, true)
  end)

  it("are stopped through their job, unless they have ended", function()
    local stopped = server.sends("v8", function(client)
      return { client:job_session(ids.session):stop(), client:job_session(ids.ended):stop() }
    end, "GET /JobSessions/{session}", "POST /Jobs/{job}/stop", "GET /JobSessions/{ended}")
    assert.same({ true, false }, stopped)
    server.sends("v1", function(client)
      assert.is_true(client:job(ids.job):job_sessions():first():stop())
    end, "GET /Jobs/{job}/JobSessions", "GET /JobSessions/{session}", "POST /Jobs/{job}/Action",
      { stop = rehearsal.json.null })
  end)

  it("are waited for until they end or the timeout passes", function()
    local client <close> = server.connect "v8"
    assert.equal("Success", client:job_session(ids.ended):wait().status)
    local err = sending.failure(function()
      client:job_session(ids.session):wait { timeout = 0 }
    end)
    assert.equal("timeout", err.kind)
    assert.equal("usage", sending.failure(function()
      client:job_session(ids.session):wait { patience = 1 }
    end).kind)
  end)
end)

describe("job sessions of a rehearsal server", function()
  local server

  setup(function() server = rehearsal.start() end)
  teardown(function() server.stop() end)

  for _, version in ipairs(versions.distinct) do
    it("are the runs of a job in " .. version, function()
      local client <close> = server.connect(version)
      local job = client:job "Contoso nightly"
      job:start()
      local session = job:job_sessions():where { status = "Running" }:first()
      assert.is_table(session)
      assert.is_string(session:log_text())
      job:stop()
      assert.are_not.equal("Running", session:wait({ timeout = 5 }).status)
    end)
  end
end)
