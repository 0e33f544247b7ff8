-- Covers vbo.sim.jobs.browse, vbo.sim.jobs.change, vbo.sim.jobs.copies, vbo.sim.jobs.item,
-- vbo.sim.jobs.items, vbo.sim.jobs.list, vbo.sim.jobs.render, vbo.sim.jobs.run,
-- vbo.sim.jobs.scope, vbo.sim.jobs.sessions, vbo.sim.backups.browse, vbo.sim.backups.points,
-- vbo.sim.backups.protected, vbo.sim.backups.retrieve, vbo.sim.backups.retrievals,
-- vbo.sim.backups.repositories, vbo.sim.backups.snapshot, vbo.sim.backups.copy,
-- vbo.sim.onedrive.snapshot, vbo.sim.exchange.snapshot, vbo.sim.sharepoint.snapshot,
-- vbo.sim.teams.snapshot.

local json = require "vbo.base.json"
local sim = require "spec.support.sim_app"
local versions = require "spec.support.versions"

for _, version in ipairs(versions.distinct) do
  describe("jobs of the rehearsal server in " .. version, function()
    local client, organization, user

    before_each(function()
      client = sim.new(version)
      organization = client:organization()
      user = client:rows("/Organizations/" .. organization.id .. "/Users")[1]
    end)

    local function job(name) return client:named("/Jobs", name or "Contoso management") end

    -- From v6 on a start has a body, which may be empty.
    local function start(path, status)
      return client:act(path, "start", client.number >= 6 and {} or nil, status)
    end

    local function create(more, status)
      local body = {
        name = "Nightly", description = "made by a spec", backupType = "SelectedItems",
        selectedItems = { { type = "User", user = { id = user.id }, mailbox = true } },
        schedulePolicy = { type = "Daily", dailyType = "Everyday", dailyTime = "23:00:00" },
        runNow = false,
      }
      for key, value in pairs(more or {}) do body[key] = value end
      local target = "/Jobs"
      if client.number >= 8 then
        body.organizationId = organization.id
        body.repositoryId = client:rows "/BackupRepositories"[1].id
      else
        target = "/Organizations/" .. organization.id .. "/Jobs"
      end
      local value, answer = client:call("POST", target, body)
      assert.equal(status or (client.number >= 6 and client.number <= 7 and 200 or 201),
        answer.status, answer.body)
      return value
    end

    it("are listed", function()
      local names = {}
      for i, each in ipairs(client:rows "/Jobs") do names[i] = each.name end
      assert.same({ "Contoso nightly", "Contoso management", "Fabrikam weekly",
        "Tailspin daily" }, names)
      local one = job()
      assert.same(one, client:get("/Jobs/" .. one.id))
      assert.equal("SelectedItems", one.backupType)
      assert.equal("Warning", one.lastStatus)
      assert.equal("2026-11-21T06:00:00Z", one.lastRun)
      assert.equal("2026-11-21T10:00:00Z", one.nextRun)
      assert.is_nil(job "Fabrikam weekly".nextRun)
      if client.number <= 7 then
        assert.equal(2, #client:rows("/Organizations/" .. organization.id .. "/Jobs"))
      else
        assert.equal(2, #client:rows("/Jobs?organizationId=" .. organization.id))
      end
    end)

    it("are created, edited in part, and removed", function()
      local made = create()
      assert.equal("Nightly", made.name)
      assert.is_true(made.isEnabled)
      assert.equal("2026-11-21T23:00:00Z", made.nextRun)
      local _, answer = client:call("PUT", "/Jobs/" .. made.id,
        { description = "edited", schedulePolicy = { dailyType = "Sunday" } })
      assert.equal(client.number >= 6 and 204 or 200, answer.status)
      local edited = client:get("/Jobs/" .. made.id)
      assert.equal("Nightly", edited.name)
      assert.equal("edited", edited.description)
      assert.equal("23:00:00", edited.schedulePolicy.dailyTime)
      assert.equal("2026-11-22T23:00:00Z", edited.nextRun)
      _, answer = client:call("DELETE", "/Jobs/" .. made.id)
      assert.equal(client.number >= 5 and 204 or 200, answer.status)
      client:get("/Jobs/" .. made.id, 404)
      assert.equal(4, #client:rows "/Jobs")
    end)

    it("are not created twice, without a name, or without items", function()
      create()
      assert.match("exists already", create({}, 409).message)
      create({ name = "" }, 400)
      create({ name = "Other", selectedItems = json.array {} }, 400)
      create({ name = "Other", selectedItems = { { type = "User", user = { id = "x" } } } }, 404)
      local value = create({ name = "Other", selectedItem = {} }, 400)
      assert.match("'selectedItem'.*did you mean 'selectedItems'", value.message)
      assert.equal(5, #client:rows "/Jobs")
    end)

    it("are disabled and enabled", function()
      local path = "/Jobs/" .. job().id
      client:act(path, "disable")
      assert.is_false(client:get(path).isEnabled)
      client:act(path, "enable")
      assert.is_true(client:get(path).isEnabled)
    end)

    it("run, and are over after a while", function()
      local path = "/Jobs/" .. job "Contoso nightly".id
      local started, answer = start(path)
      if client.number >= 8 then
        assert.equal(200, answer.status)
        assert.equal("Running", started.status)
      end
      assert.equal("Running", job "Contoso nightly".lastStatus)
      start(path, 409)
      local session = client:rows "/JobSessions"[1]
      assert.equal("Running", session.status)
      client:settle()
      session = client:get("/JobSessions/" .. session.id)
      assert.equal("Success", session.status)
      assert.equal(100, session.progress)
      assert.equal("Success", client:get(path).lastStatus)
      local log = client:rows("/JobSessions/" .. session.id .. "/LogItems")
      local function text(n) return log[n].message or log[n].title end
      assert.match("^Connected to organization contoso", text(1))
      assert.equal("Found 17 object(s) to process", text(2))
      assert.match("^Processing user alice@contoso.com: 0 item", text(3))
      assert.equal("Job finished", text(#log))
      assert.equal(21, #log)
      assert.equal(log[1].id,
        client:get("/JobSessions/" .. session.id .. "/LogItems/" .. log[1].id).id)
      -- One for each restore point of the organization, the run of this morning, and this one.
      assert.equal(33, #client:all "/JobSessions")
      local nightly = job "Contoso nightly".id
      if client.number <= 6 then
        assert.equal(11, #client:rows(path .. "/JobSessions"))
      else
        assert.equal(11, #client:rows("/JobSessions?jobId=" .. nightly))
        local objects = client:rows("/JobSessions/" .. session.id .. "/ProcessedObjects")
        assert.equal(17, #objects)
        assert.same({ "User", "Success" }, { objects[1].type, objects[1].status })
      end
    end)

    it("progress between two reads, and count what they move", function()
      local path = "/Jobs/" .. create().id
      start(path)
      local session = client:rows "/JobSessions"[1]
      assert.equal("Running", session.status)
      assert.is_nil(session.endTime)
      local at = "/JobSessions/" .. session.id
      local seen = {}
      for i = 1, 3 do seen[i] = client:get(at) end
      assert.is_true(seen[1].progress < seen[2].progress)
      assert.equal("Running", seen[2].status)
      assert.equal("Success", seen[3].status)
      assert.equal(100, seen[3].progress)
      assert.is_string(seen[3].endTime)
      local sums = seen[3].statistics
      assert.is_true(sums.processedObjects > 60)
      if client.number >= 3 then
        assert.is_true(sums.transferredDataBytes > 1000)
      else
        assert.match("^%d+%.%d KB$", sums.transferredData)
        assert.match("^%d+%.%d KB/s %(%d+ items/s%)$", sums.processingRate)
      end
      -- Backs up again: what was backed up stays as it is, unless a full run is asked for.
      start(path)
      client:settle()
      local again = client:rows "/JobSessions"[1]
      assert.equal(0, again.statistics.processedObjects)
      if client.number >= 6 then
        client:act(path, "start", { full = true })
        client:settle()
        local full = client:rows "/JobSessions"[1]
        assert.equal(sums.processedObjects, full.statistics.processedObjects)
      end
    end)

    it("that are disabled do not start", function()
      local path = "/Jobs/" .. job "Fabrikam weekly".id
      local refused = start(path, 409)
      assert.match("disabled", refused.message)
      assert.equal(32, #client:all "/JobSessions")
      client:act(path, "enable")
      start(path)
    end)

    local gone = { type = "User", user = { name = "erika.former@contoso.com" }, mailbox = true }

    it("fail for who has left, in part or in all, and are tried again", function()
      local here = { type = "User", user = { id = user.id }, mailbox = true }
      local path = "/Jobs/" .. create({ selectedItems = { gone, here } }).id
      start(path)
      client:settle()
      assert.equal("Warning", client:get(path).lastStatus)
      local schedule = { type = "Daily", dailyType = "Everyday", dailyTime = "23:00:00",
        retryEnabled = true, retryNumber = 2, retryWaitInterval = 10 }
      path = "/Jobs/"
        .. create({ name = "Gone", selectedItems = { gone }, schedulePolicy = schedule }).id
      start(path)
      client:settle()
      assert.equal("Failed", client:get(path).lastStatus)
      local session = client:rows "/JobSessions"[1]
      local log = client:rows("/JobSessions/" .. session.id .. "/LogItems")
      assert.match("User erika.former@contoso.com was not found", log[3].message or log[3].title)
      if client.number >= 8 then assert.equal("Error", log[3].type) end
      if client.number >= 7 then assert.is_true(session.jobWillBeRetried) end
      local count = #client:all "/JobSessions"
      client.now = client.now + 1800
      local list = client:all "/JobSessions"
      assert.equal(count + 2, #list)
      if client.number >= 6 then assert.equal(2, list[1].retryCount) end
      if client.number >= 7 then
        assert.equal(session.id, list[1].mainSessionId)
        assert.is_false(list[1].jobWillBeRetried)
      end
    end)

    it("are stopped", function()
      local path = "/Jobs/" .. job().id
      client:act(path, "stop", nil, 400)
      start(path)
      client:act(path, "stop")
      assert.equal("Stopped", client:get(path).lastStatus)
      client:settle()
      assert.equal("Stopped", client:get(path).lastStatus)
    end)

    it("run at once when created with runNow", function()
      assert.equal("Running", create({ runNow = "true" }).lastStatus)
    end)

    local function items(kind) return "/Jobs/" .. job().id .. "/" .. kind end

    it("have selected and excluded items", function()
      assert.equal(3, #client:rows(items "SelectedItems"))
      local excluded = client:rows(items "ExcludedItems")
      assert.equal(1, #excluded)
      assert.equal("User", excluded[1].type)
      assert.equal("bob@contoso.com", excluded[1].user.name)
      assert.is_true(excluded[1].mailbox)
      assert.same(excluded[1], client:get(items "ExcludedItems" .. "/" .. excluded[1].id))
    end)

    for _, kind in ipairs { "SelectedItems", "ExcludedItems" } do
      it("take further items and lose them: " .. kind, function()
        local before = #client:rows(items(kind))
        local _, answer = client:call("POST", items(kind),
          { { type = "User", user = { name = "wang.xiaoming@contoso.com" }, oneDrive = true } })
        assert.is_true(answer.status >= 200 and answer.status <= 204, answer.body)
        local list = client:rows(items(kind))
        assert.equal(before + 1, #list)
        local added = list[#list]
        assert.equal("王小明", added.user.displayName)
        if client.number >= 3 then
          client:call("PUT", items(kind) .. "/" .. added.id,
            { type = "User", oneDrive = false, mailbox = true })
          added = client:get(items(kind) .. "/" .. added.id)
          assert.is_false(added.oneDrive)
          assert.is_true(added.mailbox)
          assert.equal("王小明", added.user.displayName)
        end
        if client.number <= 3 then
          _, answer = client:call("DELETE", items(kind) .. "/" .. added.id)
        else
          _, answer = client:call("DELETE", items(kind) .. "?ids=" .. added.id)
        end
        assert.is_true(answer.status == 200 or answer.status == 204, answer.body)
        assert.equal(before, #client:rows(items(kind)))
      end)
    end

    it("refuse items that say too little", function()
      for _, body in ipairs {
        '[{"user": {"id": "x"}}]', '[{"type": "User"}]', "[]", '{"type": "User"}',
      } do
        local _, answer = client:call("POST", items "SelectedItems", body)
        assert.equal(400, answer.status, body)
      end
      assert.equal(3, #client:rows(items "SelectedItems"))
    end)

    it("that are not there are not found", function()
      local nobody = "00000000-0000-4000-8000-000000000000"
      client:get("/Jobs/" .. nobody, 404)
      start("/Jobs/" .. nobody, 404)
      client:get("/JobSessions/" .. nobody, 404)
      client:get(items "SelectedItems" .. "/" .. nobody, 404)
    end)
  end)
end

describe("several items of a job", function()
  it("are removed by one call in v8, in the body or in the query", function()
    local client = sim.new "v8"
    local job = client:named("/Jobs", "Contoso management")
    local place = "/Jobs/" .. job.id .. "/SelectedItems"
    local list = client:rows(place)
    local _, answer = client:call("DELETE", place, { list[1].id })
    assert.equal(204, answer.status)
    _, answer = client:call("DELETE", place .. "?ids=" .. list[2].id .. "&ids=" .. list[3].id)
    assert.equal(204, answer.status)
    assert.equal(0, #client:rows(place))
    _, answer = client:call("DELETE", place)
    assert.equal(400, answer.status)
  end)
end)

describe("job sessions of the rehearsal server", function()
  it("are found by job, kind, status and end", function()
    local client = sim.new "v8"
    local function count(query) return #client:all("/JobSessions" .. query) end
    local nightly = client:named("/Jobs", "Contoso nightly").id
    assert.equal(32, count "")
    assert.equal(10, count("?jobId=" .. nightly))
    assert.equal(0, count "?jobType=Copy")
    assert.equal(32, count "?jobType=Backup")
    assert.equal(1, count "?status=Warning")
    assert.equal(1, count "?status=Failed")
    assert.equal(30, count "?status=Succeeded")
    assert.equal(2, count "?endTimeLowerBound=2026-11-21T00:00:00Z")
    assert.equal(30, count "?endTimeUpperBound=2026-11-21T00:00:00Z")
    client:act("/Jobs/" .. nightly, "start", {})
    assert.equal(1, count "?status=Running")
    -- Filters by end: a session that still runs has none.
    assert.equal(2, count "?endTimeLowerBound=2026-11-21T00:00:00Z")
  end)

  it("show their log by kind and in either order", function()
    local client = sim.new "v8"
    local session = client:rows "/JobSessions?status=Warning"[1]
    local place = "/JobSessions/" .. session.id .. "/LogItems"
    local warned = client:rows(place .. "?type=Warning")
    assert.match("is busy; nothing was backed up", warned[1].message)
    local log, back = client:rows(place), client:rows(place .. "?orderAsc=false")
    assert.equal(log[1].id, back[#back].id)
    assert.equal(log[#log].id, back[1].id)
  end)

  it("of v7 are followed by their changes", function()
    local client = sim.new "v7"
    local all = client:get "/JobSessions/Changes?limit=100"
    assert.equal(32, #all.results)
    local none = client:get("/JobSessions/Changes?from=" .. all.nextChangeToken)
    assert.equal(0, #none.results)
    assert.equal(all.nextChangeToken, none.nextChangeToken)
    client:act("/Jobs/" .. client:named("/Jobs", "Contoso nightly").id, "start", {})
    client:settle()
    local new = client:get("/JobSessions/Changes?from=" .. all.nextChangeToken)
    assert.equal(1, #new.results)
    assert.equal("Success", new.results[1].status)
    -- Page by page they are the same.
    local seen, token = 0, "0"
    repeat
      local page = client:get("/JobSessions/Changes?limit=5&from=" .. token)
      seen, token = seen + #page.results, page.nextChangeToken
    until #page.results == 0
    assert.equal(33, seen)
    client:get("/JobSessions/Changes?from=yesterday", 400)
    client:get("/JobSessions/Changes?from=9999999999999999999", 400)
  end)
end)

describe("jobs of v1", function()
  it("have mailboxes in place of items", function()
    local client = sim.new "v1"
    local path = "/Jobs/" .. client:named("/Jobs", "Contoso management").id
    local function names(kind)
      local out = {}
      for i, each in ipairs(client:rows(path .. "/" .. kind)) do out[i] = each.email end
      return out
    end
    assert.same({ "alice@contoso.com", "juergen.mueller@contoso.com", "bob@contoso.com" },
      names "SelectedMailboxes")
    assert.same({ "bob@contoso.com" }, names "ExcludedMailboxes")
    local function post(body, status)
      local _, answer = client:call("POST", path .. "/SelectedMailboxes", body)
      assert.equal(status, answer.status, answer.body)
    end
    post({ { email = "wang.xiaoming@contoso.com" } }, 200)
    assert.equal(4, #names "SelectedMailboxes")
    post({ { id = "nobody" } }, 404)
    post(json.array {}, 400)
    local _, answer = client:call("DELETE", path .. "/ExcludedMailboxes")
    assert.equal(200, answer.status)
    assert.same({}, names "ExcludedMailboxes")
  end)

  it("run, and are over after a while", function()
    local client = sim.new "v1"
    local path = "/Jobs/" .. client:named("/Jobs", "Contoso nightly").id
    client:act(path, "start")
    client:settle()
    local session = client:rows(path .. "/JobSessions")[1]
    assert.equal("Success", session.status)
    local log = client:rows("/JobSessions/" .. session.id .. "/Log")
    assert.equal("Job finished", log[#log].title)
    -- v1 explores what the organization has now: the new point.
    client:explore "Vex"
    assert.equal("2026-11-21T08:00:02Z", client:get "/sim/sessions"[1].point)
  end)

  it("keep of an item what its type uses, whatever else was sent", function()
    for _, version in ipairs(versions.with_newest("v3", "v5")) do
      local client = sim.new(version)
      local organization = client:organization().id
      local user = client:named("/Organizations/" .. organization .. "/Users", "alice@contoso.com")
      local item = { type = "User", user = { id = user.id }, group = { id = "x" },
        team = client.number >= 6 and { displayName = "y" } or nil, site = { url = "z" } }
      local value, answer = client:call("POST", client.number >= 6 and "/Jobs"
        or "/Organizations/" .. organization .. "/Jobs", {
        name = "Odd", backupType = "SelectedItems",
        organizationId = client.number >= 6 and organization or nil,
        repositoryId = client:rows("/BackupRepositories")[1].id,
        selectedItems = { item } })
      assert.is_true(answer.status < 300, answer.body)
      local path = "/Jobs/" .. value.id
      local row = client:rows(path .. "/SelectedItems")[1]
      assert.same({ "User", "alice@contoso.com" }, { row.type, row.user.name })
      assert.is_nil(row.group or row.team or row.site)
      client:act(path, "start", client.number >= 6 and {} or nil)
      client:settle()
      client:act(path, "explore", { type = "Veod" })
    end
  end)
end)
