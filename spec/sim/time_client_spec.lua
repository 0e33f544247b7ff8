-- The client's objects against a rehearsal server: jobs that run, the points they leave, copies,
-- retrievals and operators.

local rehearsals = require "spec.support.rehearsal"
local versions = require "spec.support.versions"

describe("a client of the rehearsal server", function()
  local rehearsal

  setup(function() rehearsal = rehearsals.start() end)
  teardown(function() rehearsal.stop() end)
  before_each(function() rehearsal.reset() end)

  for _, version in ipairs(versions.with_newest("v3", "v5", "v7")) do
    it("runs a job, waits for it and reads its log, in " .. version, function()
      local client <close> = rehearsal.connect(version)
      local job = client:job "Contoso nightly"
      local session = job:start()
      -- Before v8 a start answers nothing.
      session = session and session.status and session or job:job_sessions():first()
      session:wait { timeout = 30 }
      assert.equal("Success", session.status)
      assert.match("Job finished", session:log_items():all()[21].title)
      assert.equal("Success", job:refresh().last_status)
      assert.equal(0, session:statistics().processed)
      if version >= "v7" then assert.equal(17, #session:processed_objects():all()) end
      local failure = rehearsals.failure(function() client:job "Fabrikam weekly":start() end)
      assert.equal("conflict", failure.kind)
    end)
  end

  it("finds the restore point of a run, and explores it with what was restored before", function()
    local client <close> = rehearsal.connect "v8"
    local organization = client:organization(rehearsals.organization)
    do
      local session <close> = organization:explore { workload = "onedrive",
        at = rehearsals.before }
      session:onedrive "Alice Example":documents():where { name = "Budget.xlsx" }:restore()
    end
    local before = organization:restore_points():first()
    assert.equal("2026-11-20T22:00:00Z", before.backup_time)
    client:job "Contoso nightly":start():wait { timeout = 30 }
    local point = organization:restore_points():first()
    assert.not_equal(before.id, point.id)
    assert.is_true(point.backup_time > before.backup_time)
    local function budgets(at)
      local session <close> = at:explore { workload = "onedrive" }
      return #session:onedrive "Alice Example":documents():where { name = "Budget.xlsx" }:all()
    end
    assert.equal(1, budgets(point))
    assert.equal(0, budgets(before))
    assert.equal(18, #point:protected_users():all())
  end)

  it("retrieves data, waits and explores it", function()
    local client <close> = rehearsal.connect "v8"
    local repository = client:backup_repositories():first()
    local box = repository:mailboxes_data { filter = "bob" }:first()
    local retrieval = client:data_retrievals():create {
      name = "July", organization = client:organization(rehearsals.organization),
      repository = repository, at = rehearsals.before, availability_period_days = 2,
      mailboxes = { box },
    }
    assert.equal("Retrieving", retrieval.data_state)
    for _ = 1, 3 do retrieval:refresh() end
    assert.equal("Retrieved", retrieval.data_state)
    local session <close> = retrieval:explore()
    assert.equal(1, #session:mailboxes():all())
  end)

  it("restores as an operator", function()
    local client <close> = rehearsal.connect "v8"
    local organization = client:organization(rehearsals.organization)
    local bob = organization:user "bob@contoso.com"
    local session <close> = client:operator_explore {
      workload = "onedrive", at = rehearsals.before, scope = bob, reason = "Ticket 7",
    }
    local drive = session:onedrives():first()
    assert.equal("Bob Builder", drive.name)
    drive:documents():where { name = "*.docx" }:restore { reason = "Ticket 7" }
    for _, change in ipairs(rehearsal.changes()) do
      assert.equal("bob@contoso.com", change.user)
    end
    assert.equal("Ticket 7", session.reason)
  end)
end)
