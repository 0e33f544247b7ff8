-- Housekeeping: what opens and ends sessions, beside reads and changes.
-- Tests also vbo.objects.session.lost.

local catalogue = require "vbo.catalogue"
local faults = require "spec.support.faults.peer"
local pipeline = require "vbo.request.pipeline"
local program = require "spec.support.program"
local rehearsal = require "spec.support.rehearsal"
local vbo = require "vbo"

describe("an operation's class", function()
  local function housekeeping(version)
    local list = {}
    for operation in catalogue.load(version):operations() do
      assert.equal(operation.change, operation.class == "change")
      if operation.class == "housekeeping" then
        local kind = operation.opens and " opens" or operation.ends and " ends" or ""
        list[#list + 1] = operation.name .. kind
      else
        assert.is_false(operation.opens or operation.ends)
      end
    end
    table.sort(list)
    return list
  end

  it("is housekeeping for explore, stop, logout and device codes", function()
    assert.same({ "Organization_Explore opens", "RestoreSession_ExploreAction opens",
      "RestoreSession_StopAction ends" }, housekeeping "v1")
    assert.same({ "Job_ExploreAction opens", "Organization_Explore opens",
      "Organization_OrganizationDeviceCode", "RestoreSession_DeviceCodeAction",
      "RestoreSession_ExploreAction opens", "RestoreSession_StopAction ends" }, housekeeping "v5")
    assert.same({ "AzureServiceAccounts_GetDeviceCode", "BackupRepository_Explore opens",
      "DataRetrieval_ExploreAction opens", "Job_ExploreAction opens",
      "OrganizationBackupApplications_OrganizationDeviceCode", "Organization_CheckDeviceCode",
      "Organization_Explore opens", "Organization_OrganizationDeviceCode",
      "RestoreSession_DeviceCodeAction", "RestoreSession_ExploreAction opens",
      "RestoreSession_OperatorExploreAction opens", "RestoreSession_StopAction ends",
      "authCode", "logout ends" }, housekeeping "v8")
  end)

  it("is a change for stopping a job, a read for a search and an export", function()
    local known = catalogue.load "v8"
    assert.equal("change", known:operation("Job_StopAction").class)
    assert.equal("read", known:operation("Job_Get").class)
    assert.equal("read", known:operation("BackupOrganization_RestoreSessionsAction").class)
    assert.equal("read", known:operation("token").class)
  end)
end)

describe("housekeeping at a server", function()
  local server, folder, remove

  setup(function()
    server = rehearsal.start()
    folder, remove = program.folder()
  end)
  teardown(function()
    server.stop()
    remove()
  end)
  before_each(function() server.weather() end)

  -- Through a client that waits for a pause, or has given the server up: as urgently.
  local function open_sessions(through)
    local rows = through and pipeline.run(through, { operation = "sessions", method = "GET",
      path = "/sim/sessions", urgent = true }, 1).data or server.ask("GET", "/sim/sessions")
    local open = {}
    for _, row in ipairs(rows) do
      if row.state ~= "Stopped" then open[#open + 1] = row.id end
    end
    return open
  end

  local function explore(client)
    return client:organization(rehearsal.organization):explore {
      workload = client.version == "v1" and "exchange" or "onedrive", at = rehearsal.before }
  end

  for _, version in ipairs(catalogue.versions) do
    it("repeats a Stop whose answer was lost, in " .. version, function()
      local client <close> = server.connect(version)
      for _, rule in ipairs { "lost", "status=502", "status=429 retry_after=0" } do
        local session = explore(client)
        server.weather("operation=RestoreSession_StopAction count=2 " .. rule)
        session:stop()
        assert.equal(2, server.ask("GET", "/sim/weather")[1].struck)
        assert.same({}, open_sessions())
      end
    end)

    it("stops the session of an Explore whose answer was lost, in " .. version, function()
      local settings = server.settings(version)
      settings.zone = "+00:00"
      local client <close> = vbo.connect(settings)
      local mine <close> = explore(client)
      server.weather "operation=Organization_Explore lost"
      local err = rehearsal.failure(explore, client)
      assert.not_equal("unknown_outcome", err.kind)
      assert.equal(1, server.ask("GET", "/sim/weather")[1].struck)
      assert.equal(1, #err.sessions)
      -- v1 tells no events: nothing proves that it is not in use.
      local stopped = version ~= "v1"
      assert.matches((stopped and "the session that it had opened was stopped (%s)"
        or "it may have opened a session: %s"):format(err.sessions[1]), err.message, 1, true)
      -- The other one is known, and stays.
      assert.same(stopped and { mine.id } or { err.sessions[1], mine.id }, open_sessions())
      if not stopped then client:session(err.sessions[1]):stop() end
    end)

    it("explores again when the server refuses for now, in " .. version, function()
      local settings = server.settings(version)
      settings.retries = 1
      local client <close> = vbo.connect(settings)
      for _, status in ipairs { 429, 503 } do
        local rule = ("operation=Organization_Explore status=%d retry_after=0"):format(status)
        server.weather(rule .. " count=1")
        local session <close> = explore(client)
        assert.same({ session.id }, open_sessions())
        -- Refused to the end: nothing was opened, and no list of sessions is asked for.
        server.weather(rule .. " count=2")
        local err = rehearsal.failure(explore, client)
        assert.same({ "busy", status, true }, { err.kind, err.status, err.refused })
        assert.is_nil(err.sessions)
        assert.equal(2, server.ask("GET", "/sim/weather")[1].struck)
        assert.same({ session.id }, open_sessions())
      end
    end)
  end

  -- Loses the answer to an Explore, while other programs open sessions; returns the error and the
  -- sessions of those.
  local function lose_beside(others)
    local client <close> = server.connect "v8"
    local opened = {}
    client.gates[1] = function(request, next)
      if not request.opens then return next(request) end
      local ok, err = pcall(next, request)
      assert.is_false(ok)
      server.weather()
      for i, other in ipairs(others) do
        other.organization, other.workload = rehearsal.organization, other.workload or "onedrive"
        opened[i] = server.ask("POST", "/sim/sessions", other).id
      end
      error(err, 0)
    end
    server.weather "operation=Organization_Explore lost"
    return rehearsal.failure(explore, client), opened
  end

  local function stop_all()
    local client <close> = server.connect "v8"
    for _, id in ipairs(open_sessions()) do client:session(id):stop() end
  end

  it("names the sessions where several can be the lost one", function()
    local err, others = lose_beside { {}, { events = 1 } }
    assert.equal(3, #err.sessions)
    assert.matches("it may have opened a session: ", err.message)
    assert.matches("stop the one that is yours", err.hint)
    for _, id in ipairs(others) do assert.is_truthy(err.message:find(id, 1, true)) end
    assert.equal(3, #open_sessions())
    stop_all()
  end)

  it("leaves a colleague's sessions of another host, account or workload alone", function()
    local err, others = lose_beside { { host = "admin-7.contoso.com" }, { user = "carl" },
      { workload = "teams" } }
    assert.equal(1, #err.sessions)
    assert.matches("was stopped", err.message, 1, true)
    local left = open_sessions()
    table.sort(left)
    table.sort(others)
    assert.same(others, left)
    stop_all()
  end)

  it("leaves and names a single session in which something happened", function()
    local client <close> = server.connect "v8"
    local other
    client.gates[1] = function(request, next)
      if not request.opens then return next(request) end
      -- The request does not arrive, and a colleague on this machine restores meanwhile.
      other = server.ask("POST", "/sim/sessions", { organization = rehearsal.organization,
        workload = "onedrive", events = 1 }).id
      return next(request)
    end
    server.weather "operation=Organization_Explore reset"
    local err = rehearsal.failure(explore, client)
    assert.same({ other }, err.sessions)
    assert.matches("it may have opened a session: " .. other, err.message, 1, true)
    assert.same({ other }, open_sessions())
    server.weather()
    stop_all()
  end)

  it("says that nothing was opened where an Explore did not arrive", function()
    local client <close> = server.connect "v8"
    server.weather "operation=Organization_Explore reset"
    local err = rehearsal.failure(explore, client)
    assert.equal("network", err.kind)
    assert.same({}, err.sessions)
    assert.is_true(err.retryable)
    assert.matches("no session that it opened", err.hint)
  end)

  it("stops a session whatever pause the server asks for, and when it was given up", function()
    local settings = server.settings "v8"
    settings.retries, settings.give_up_after = 1, 0.05
    local client <close> = vbo.connect(settings)
    local session = explore(client)
    server.weather "operation=Job_Get status=429 retry_after=500"
    local waits = vbo.spawn(client.call, client, "Job_Get")
    while client:load().pause == 0 do vbo.sleep(0.01) end
    session:stop()
    assert.same({}, open_sessions(client))
    assert.is_true(client:load().pause > 400)
    waits:cancel()
    pcall(waits.wait, waits)
    client:close()

    settings.retries = 0
    local other <close> = vbo.connect(settings)
    session = explore(other)
    server.weather "operation=Job_Get status=504"
    while not other:load().given_up do
      rehearsal.failure(other.call, other, "Job_Get")
      vbo.sleep(0.01)
    end
    assert.equal("given_up", rehearsal.failure(other.call, other, "License_Get").code)
    session:stop()
    assert.same({}, open_sessions(other))
  end)

  it("takes an Explore without a session for none", function()
    for _, answer in ipairs { "empty 204", "json 200 {}", "json 200 null", "json 200 []" } do
      local peer <close> = faults.start(folder, ([[
token tok 3600
on GET /v8/RestorePoints*
json 200 {"results":[]}
on GET /v8/RestoreSessions*
json 200 {"results":[]}
on GET *
json 200 {"id":"c0a80101-0000-4000-8000-000000000001","name":"o"}
on POST /v8/Organizations/c0a80101-0000-4000-8000-000000000001/explore
%s
]]):format(answer))
      local client = peer:connect()
      local err = rehearsal.failure(function()
        return client:organization({ id = "c0a80101-0000-4000-8000-000000000001" }):explore {
          workload = "onedrive", at = rehearsal.before }
      end)
      assert.equal("protocol", err.kind, answer)
      assert.equal(1, peer:count "/explore")
      client:close()
    end
  end)
end)
