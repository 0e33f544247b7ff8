-- Ids that a server gave go back as they came, whatever they look like.

local json = require "vbo.base.json"
local recording = require "spec.support.recording"
local rehearsal = require "spec.support.rehearsal"
local versions = require "spec.support.versions"

describe("an id that the server gave", function()
  local server
  local job = {
    id = "job/1 ä", name = "nightly", repositoryId = "repo-7", organizationId = "org-42",
    isEnabled = true,
  }
  local organization = { id = "org-42", name = "contoso", type = "Office365" }

  setup(function()
    server = recording.start {
      { method = "GET", path = "/Organizations$", body = { results = { organization },
        offset = 0, limit = 30 } },
      { method = "GET", path = "/Organizations/org%-42$", body = organization },
      { method = "GET", path = "/Jobs$", body = { results = { job }, offset = 0, limit = 30 } },
      { method = "GET", path = "/Jobs/[^/]+$", body = job },
      { method = "GET", path = "/BackupRepositories/repo%-7$", body = { id = "repo-7" } },
      { method = "GET", path = "/RestorePoints$", body = { results = {
        { id = "p", backupTime = "2026-11-20T20:00:00Z" } }, offset = 0, limit = 30 } },
      { method = "POST", path = "/explore$", status = 201,
        body = { id = "session#9", type = "Vex", state = "Working" } },
      { method = "POST", path = "", body = { id = "s" } },
    }
  end)
  teardown(function() server.stop() end)

  -- The requests that `fn` makes, as "METHOD path?query".
  local function sent(version, fn)
    local lines, bodies = {}, {}
    for i, request in ipairs((server.calls(version, fn))) do
      lines[i] = ("%s %s%s"):format(request.method, request.path:gsub("^/v%d+", ""),
        request.query and "?" .. request.query:gsub("[&?]?limit=%d+", "") or "")
      if request.sent then bodies[#bodies + 1] = request.body end
    end
    return table.concat(lines, "\n"), bodies
  end

  it("is sent back in paths, queries and bodies", function()
    for _, version in ipairs(versions.with_newest "v6") do
      local lines, bodies = sent(version, function(client)
        local session <close> = client:organization("contoso"):explore { workload = "exchange" }
        assert.equal("session#9", session.id)
        client:job("nightly"):start()
        client:jobs():first():stop()
        for each in client:jobs():each() do client:call("Job_EnableAction", { jobId = each.id }) end
        client:backup_repository({ id = client:job("nightly").repository_id }):refresh()
      end)
      assert.matches("RestorePoints?organizationId=org-42", lines, 1, true)
      assert.matches("POST /Organizations/org-42/explore", lines, 1, true)
      assert.matches("/RestoreSessions/session%239/", lines, 1, true)
      assert.matches("POST /Jobs/job%2F1%20%C3%A4/start", lines, 1, true)
      assert.matches("POST /Jobs/job%2F1%20%C3%A4/stop", lines, 1, true)
      assert.matches("POST /Jobs/job%2F1%20%C3%A4/enable", lines, 1, true)
      assert.matches("GET /BackupRepositories/repo-7", lines, 1, true)
      assert.is_table(bodies)
    end
  end)

  it("is taken from a raw answer, and by a name that is one", function()
    local lines = sent("v8", function(client)
      local rows = client:call("Job_Get").results
      client:call("Job_StartAction", { jobId = rows[1].id })
      client:call("Job_GetById", { jobId = client:job("job/1 ä").id })
      local all = client:call("Organization_Get", {}, { paginate = true })
      client:call("Organization_GetById", { organizationId = all[1].id })
    end)
    assert.matches("POST /Jobs/job%2F1%20%C3%A4/start", lines, 1, true)
    assert.matches("GET /Jobs/job%2F1%20%C3%A4", lines, 1, true)
    assert.matches("GET /Organizations/org-42", lines, 1, true)
  end)

  it("goes into a body as it is", function()
    local _, bodies = sent("v8", function(client)
      client:organization("contoso"):create_job {
        name = "new", repository = client:job("nightly").repository_id,
        backup_type = "EntireOrganization",
      }
    end)
    assert.equal("org-42", bodies[1].organizationId)
    assert.equal("repo-7", bodies[1].repositoryId)
    assert.is_string(json.encode(bodies[1]))
  end)

  it("does not excuse a mistyped one of the runbook's own", function()
    local client <close> = server.connect "v8"
    client:job("nightly"):refresh()
    for _, call in ipairs {
      function() client:call("Job_StartAction", { jobId = "nonsense" }) end,
      function() client:session("61954db6-7278-4d26-86f7-888bda5a4ec"):refresh() end,
      function() client:restore_points({ organization = "org-43" }):all() end,
    } do
      local err = rehearsal.failure(call)
      assert.equal("usage", err.kind)
      assert.matches("must be a UUID", err.message, 1, true)
    end
  end)
end)
