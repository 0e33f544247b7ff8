-- Time in the rehearsal server: restore points, what they show, and sessions that end.
--
-- Covers vbo.sim.state.dates.

local api = require "spec.support.versions"
local clocks = require "vbo.sim.state.clock"
local sim = require "spec.support.sim_app"

local function point(client, query)
  return client:rows("/RestorePoints" .. (query or ""))[1]
end

local function run(client, name)
  local path = "/Jobs/" .. client:named("/Jobs", name or "Contoso nightly").id
  client:act(path, "start", client.number >= 6 and {} or nil)
  client:settle()
  return client:get(path)
end

for _, version in ipairs(api.since "v6") do
  describe("restore points of the rehearsal server in " .. version, function()
    local client, contoso

    before_each(function()
      client = sim.new(version)
      contoso = client:organization()
    end)

    it("are of weeks, newest first", function()
      local list = client:all "/RestorePoints"
      assert.equal(30, #list)
      assert.equal("2026-11-20T22:00:00Z", list[1].backupTime)
      assert.equal("2026-10-16T22:00:00Z", list[#list].backupTime)
      for i = 2, #list do assert.is_true(list[i].backupTime <= list[i - 1].backupTime) end
      assert.same(list[1], client:get("/RestorePoints/" .. list[1].id))
      client:get("/RestorePoints/nothing", 404)
    end)

    it("are the same at every start", function()
      assert.equal(client:rows "/RestorePoints"[5].id,
        sim.new(version):rows "/RestorePoints"[5].id)
    end)

    it("are found by what they are of", function()
      local function count(query) return #client:all("/RestorePoints?" .. query) end
      assert.equal(20, count("organizationId=" .. contoso.id))
      local job = client:named("/Jobs", "Contoso management")
      assert.equal(10, count("jobId=" .. job.id))
      assert.equal(30, count("repositoryId=" .. client:rows "/BackupRepositories"[1].id))
      assert.equal(0, count "repositoryId=00000000-0000-4000-8000-000000000000")
      assert.equal(0, count "isRetrieved=true")
      assert.equal(0, count "isLongTermCopy=true")
      if client.number >= 7 then
        assert.equal(0, count "isCopy=true")
        assert.equal(3, count("from=2026-11-19T00:00:00Z&to=2026-11-20T00:00:00Z"))
        assert.equal("2026-10-16T22:00:00Z", point(client, "?orderAsc=true").backupTime)
      else
        assert.equal(2, count "backupTime=2026-11-19T22:00:00Z")
      end
    end)

    it("say which workloads they hold", function()
      local fabrikam = client:organization "fabrikam.onmicrosoft.com"
      local one = point(client, "?organizationId=" .. fabrikam.id)
      assert.is_true(one.isExchange)
      assert.is_false(one.isOneDrive)
      assert.is_true(point(client, "?organizationId=" .. contoso.id).isOneDrive)
    end)

    it("come of every run that succeeds, and are then the last", function()
      run(client)
      local list = client:all "/RestorePoints"
      assert.equal(31, #list)
      assert.equal("2026-11-21T08:00:02Z", list[1].backupTime)
      client:act("/Organizations/" .. contoso.id, "explore", { type = "Veod" })
      assert.equal("2026-11-21T08:00:02Z", client:get "/sim/sessions"[1].point)
      -- The moment before it is still that of the evening before.
      client:explore("Veod", "2026-11-21T08:00:01Z")
      assert.equal("2026-11-20T22:00:00Z", client:get "/sim/sessions"[1].point)
    end)

    it("tell when an organization was backed up", function()
      assert.equal("2026-10-16T22:00:00Z", contoso.firstBackuptime)
      assert.equal("2026-11-20T22:00:00Z", contoso.lastBackuptime)
      run(client)
      assert.equal("2026-11-21T08:00:02Z", client:organization().lastBackuptime)
    end)

    it("do not come of a run that was stopped", function()
      local path = "/Jobs/" .. client:named("/Jobs", "Contoso nightly").id
      client:act(path, "start", {})
      client:act(path, "stop")
      client:settle()
      assert.equal(30, #client:all "/RestorePoints")
    end)
  end)
end

describe("a backup that runs after a restore", function()
  local function restored(version)
    local client = sim.new(version)
    local place = client:explore("Veod", sim.before)
    local drive = client:owned(place .. "/OneDrives", "Alice Example")
    local budget = client:named(drive .. "/Documents", "Budget.xlsx")
    client:act(drive .. "/Documents/" .. budget.id, "restore",
      client.number >= 6 and { documentAction = "Overwrite" } or {})
    client:settle()
    return client
  end

  for _, version in ipairs(api.with_newest("v3", "v5", "v7")) do
    it("holds what the restore wrote, in " .. version, function()
      local client = restored(version)
      local function names(at)
        local place = client:explore("Veod", at)
        local drive = client:owned(place .. "/OneDrives", "Alice Example")
        local out = {}
        for _, each in ipairs(client:all(drive .. "/Documents")) do out[each.name] = each end
        return out, drive
      end
      assert.is_nil(names()["Budget.xlsx"])
      run(client)
      local shown, drive = names()
      assert.is_truthy(shown["Budget.xlsx"])
      -- Beside it lies what the attack left, for that is what production holds.
      assert.is_truthy(shown["Budget.xlsx.locked"])
      local good = client:act(drive .. "/Documents/" .. shown["Budget.xlsx"].id, "save", {})
      assert.match("^PK\3\4", sim.bytes(good))
      -- The points before it stay as they were.
      assert.is_nil(names("2026-11-20T22:00:00Z")["Budget.xlsx"])
    end)
  end

  it("counts what the restore wrote", function()
    local client = restored "v8"
    run(client)
    assert.equal(1, client:rows "/JobSessions"[1].statistics.processedObjects)
  end)

  it("does not hold it where its job does not cover it", function()
    local client = restored "v8"
    local fabrikam = client:named("/Jobs", "Fabrikam weekly")
    client:act("/Jobs/" .. fabrikam.id, "enable")
    run(client, "Fabrikam weekly")
    local place = client:explore "Veod"
    local drive = client:owned(place .. "/OneDrives", "Alice Example")
    assert.has_error(function() client:named(drive .. "/Documents", "Budget.xlsx") end)
  end)

  it("shows copies beside the original, as further versions, and in new folders", function()
    local client = sim.new "v8"
    local place = client:explore("Veod", sim.before)
    local drive = client:owned(place .. "/OneDrives", "Alice Example")
    local plan = client:named(drive .. "/Documents", "Plan.docx")
    local at = drive .. "/Documents/" .. plan.id
    client:act(at, "restore", { documentAction = "Keep" })
    client:act(at, "copy", {
      onedrive = { id = drive:match "[^/]+$" }, folder = "New/Place",
      documentVersion = "Last", documentLastVersionAction = "Overwrite",
    })
    client:act(at, "restore", { documentAction = "Overwrite" })
    client:settle()
    run(client)
    local now = client:explore("Veod", nil, { showAllVersions = true })
    drive = client:owned(now .. "/OneDrives", "Alice Example")
    assert.is_truthy(client:named(drive .. "/Documents", "Plan (1).docx"))
    local new = client:named(drive .. "/Folders", "Place")
    local inside = client:rows(drive .. "/Documents?parentId=" .. new.id)
    assert.equal("Plan.docx", inside[1].name)
    local versions = client:rows(drive .. "/Documents/" .. plan.id .. "/Versions")
    assert.equal("5.0", versions[1].version)
    assert.equal("4.0", versions[2].version)
  end)

  it("holds mail that was restored, where it was restored to", function()
    local client = sim.new "v8"
    local place = client:explore("Vex", sim.before)
    local bob = client:owned(place .. "/Mailboxes", "Bob Builder")
    local item = client:all(bob .. "/Items")[1]
    client:act(bob .. "/Items/" .. item.id, "restore_to",
      { mailbox = "alice@contoso.com", folder = "From Bob" })
    client:settle()
    run(client)
    local now = client:explore "Vex"
    local alice = client:owned(now .. "/Mailboxes", "Alice Example")
    local folder = client:named(alice .. "/Folders", "From Bob")
    local inside = client:rows(alice .. "/Items?parentId=" .. folder.id)
    assert.equal(1, #inside)
    assert.equal(item.subject, inside[1].subject)
    assert.not_equal(item.id, inside[1].id)
    assert.equal(inside[1].id, client:get(alice .. "/Items/" .. inside[1].id).id)
  end)
end)

describe("a backup that runs after a restore of SharePoint or Teams", function()
  local client

  before_each(function() client = sim.new "v8" end)

  local function sites(at)
    local place, out = client:explore("Vesp", at) .. "/Sites", {}
    for _, each in ipairs(client:all(place)) do
      out[each.name or each.title] = place .. "/" .. each.id
    end
    return out
  end

  local function restore(path, body)
    local _, answer = client:call("POST", path .. "/restore", body or {})
    assert.is_true(answer.status < 300, answer.body)
    client:settle()
  end

  local function titles(target)
    local out = {}
    for _, each in ipairs(client:all(target)) do out[each.name or each.title] = each end
    return out
  end

  it("holds documents, lists and items that were restored", function()
    local marketing = sites(sim.before).Marketing
    assert.is_nil(titles(sites().Marketing .. "/Lists").Campaigns)
    restore(marketing, { restoreSubsites = true })
    run(client)
    local now = sites().Marketing
    assert.is_truthy(titles(now .. "/Lists").Campaigns)
    local brief = titles(now .. "/Documents")["Brief.docx"]
    assert.match("^PK\3\4", sim.bytes(client:act(now .. "/Documents/" .. brief.id, "save", {})))
    -- Items keep what they are beside their bytes.
    local hall = titles(now .. "/Items")["Book the hall"]
    assert.is_truthy(hall)
    assert.is_truthy(titles(now .. "/Items")["Winter"])
    -- Subsites stay below their site.
    assert.is_truthy(sites().Events)
    -- The point before is as it was.
    assert.is_nil(titles(sites("2026-11-20T22:00:00Z").Marketing .. "/Lists").Campaigns)
  end)

  it("holds a site that was gone", function()
    local archive = sites(sim.before).Archive
    assert.is_nil(sites().Archive)
    restore(archive)
    run(client)
    assert.is_truthy(titles(sites().Archive .. "/Documents")["1999.txt"])
    assert.is_nil(sites("2026-11-20T22:00:00Z").Archive)
  end)

  it("holds a channel, posts, tabs and files that were gone", function()
    local function team(at)
      local place = client:explore("Vet", at) .. "/teams"
      for _, each in ipairs(client:all(place)) do
        if each.displayName == "Aurora" then return place .. "/" .. each.id, each end
      end
    end
    local function counts(at)
      local path, out = team(at), {}
      for _, channel in ipairs(client:all(path .. "/channels")) do
        local name = channel.displayName or channel.name
        local here = path .. "/channels/" .. channel.id
        out[name] = {
          posts = #client:all(path .. "/posts?channelId=" .. channel.id),
          tabs = #client:all(here .. "/tabs"),
        }
      end
      return out
    end
    local before, damaged = counts(sim.before), counts()
    assert.is_truthy(before.Launch)
    assert.is_nil(damaged.Launch)
    local path, aurora = team(sim.before)
    restore(path, { restoreChangedItems = true, restoreMissingItems = true,
      restoreMembers = true, restoreSettings = true, teams = { aurora } })
    run(client)
    local after = counts()
    assert.same(before.Launch, after.Launch)
    assert.equal(before.General.tabs, after.General.tabs)
    assert.is_true(after.General.posts >= before.General.posts)
    assert.is_nil(counts("2026-11-20T22:00:00Z").Launch)
  end)
end)

describe("exploring by restore point", function()
  it("of a repository shows what it holds of an organization", function()
    for _, version in ipairs(api.since "v7") do
      local client = sim.new(version)
      local repository = client:rows "/BackupRepositories"[1].id
      local at = "/BackupRepositories/" .. repository .. "/explore?organizationId="
      local session = client:call("POST", at .. client:organization().id,
        { type = "Veod", dateTime = sim.before })
      assert.equal(17, #client:rows("/RestoreSessions/" .. session.id .. "/Organization/OneDrives"))
      assert.equal(sim.before, client:get "/sim/sessions"[1].point)
      local _, answer = client:call("POST", at .. repository, { type = "Veod" })
      assert.equal(404, answer.status)
      _, answer = client:call("POST", at, { type = "Veod" })
      assert.equal(400, answer.status)
    end
  end)

  it("of a job that has made none says so", function()
    local client = sim.new "v8"
    local user = client:rows("/Organizations/" .. client:organization().id .. "/Users")[1]
    local made = client:call("POST", "/Jobs", {
      name = "New", backupType = "SelectedItems", organizationId = client:organization().id,
      repositoryId = client:rows "/BackupRepositories"[1].id, isEnabled = true,
      selectedItems = { { type = "User", user = { id = user.id }, oneDrive = true } },
    })
    local path = "/Jobs/" .. made.id
    assert.match("no restore point of OneDrive for Business for job New",
      client:act(path, "explore", { type = "Veod" }, 500).message)
    run(client, "New")
    client:act(path, "explore", { type = "Veod" })
    assert.match("no restore point of Exchange for job New",
      client:act(path, "explore", { type = "Vex" }, 500).message)
    local now = client:get "/sim/sessions"[1]
    assert.equal("2026-11-21T08:00:02Z", now.point)
  end)
end)

describe("a job of some sites and teams", function()
  it("backs up those alone", function()
    for _, version in ipairs(api.with_newest("v5", "v7")) do
      local client = sim.new(version)
      local contoso = "/Organizations/" .. client:organization().id
      local site = client:named(contoso .. "/Sites", "Marketing")
      local team = client:rows(contoso .. "/Teams")[1]
      local body = {
        name = "Some", backupType = "SelectedItems", runNow = true,
        organizationId = client.number >= 8 and client:organization().id or nil,
        repositoryId = client:rows "/BackupRepositories"[1].id,
        selectedItems = { { type = "Site", site = { id = site.id } },
          { type = "Team", team = { id = team.id } } },
      }
      local made, answer =
        client:call("POST", client.number >= 8 and "/Jobs" or contoso .. "/Jobs", body)
      assert.is_true(answer.status < 300, answer.body)
      client:settle()
      local path = "/Jobs/" .. made.id
      assert.equal("Success", client:get(path).lastStatus)
      local session = client:act(path, "explore", { type = "vesp" })
      local place = "/RestoreSessions/" .. session.id .. "/Organization"
      local sites = client:rows(place .. "/Sites")
      assert.same({ site.url }, { sites[1].url, sites[2] and sites[2].url })
      assert.is_true(#client:rows(place .. "/Sites/" .. sites[1].id .. "/Libraries") > 0)
      session = client:act(path, "explore", { type = "vet" })
      local teams = client:rows("/RestoreSessions/" .. session.id .. "/Organization/Teams")
      assert.same({ team.displayName }, { teams[1].displayName,
        teams[2] and teams[2].displayName })
      assert.match("no restore point of Exchange for job Some",
        client:act(path, "explore", { type = "vex" }, 500).message)
    end
  end)
end)

describe("idle restore sessions", function()
  it("end after a quarter of an hour, and say why they are gone", function()
    for _, version in ipairs(api.with_newest("v3", "v5")) do
      local client = sim.new(version)
      local place, session = client:explore("Veod", sim.before)
      client.now = client.now + 899
      client:rows(place .. "/OneDrives")
      client.now = client.now + 899
      client:get("/RestoreSessions/" .. session.id)
      client.now = client.now + 900
      local failure = client:get(place .. "/OneDrives", client.number <= 5 and 500 or 404)
      assert.match("stopped after 15 minutes without a request", failure.message)
      local stopped = client:get("/RestoreSessions/" .. session.id)
      assert.equal("Stopped", stopped.state)
      assert.equal("2026-11-21T08:44:58Z", stopped.endTime)
    end
  end)

  it("stay open when the server's idle time is 0", function()
    local client = sim.new("v8", { session_idle = 0, token_lifetime = 10 ^ 6 })
    local place = client:explore("Veod", sim.before)
    client.now = client.now + 86400
    assert.equal(17, #client:rows(place .. "/OneDrives"))
  end)

  it("do not end in the middle of a restore", function()
    local client = sim.new("v8", { session_idle = 1 })
    local place, session = client:explore("Veod", sim.before)
    local drive = client:owned(place .. "/OneDrives", "Alice Example")
    client:act(drive, "restore", {})
    client.now = client.now + 1
    assert.equal("Working", client:get("/RestoreSessions/" .. session.id).state)
  end)
end)

describe("the clock of a rehearsal server", function()
  it("is the machine's, but never before its world's present", function()
    local wall = 1000
    local clock = clocks.of({ now = 5000 }, function() return wall end)
    assert.equal(5000, clock())
    wall = 1007
    assert.equal(5007, clock())
    assert.equal(9000, clocks.of({ now = 5000 }, function() return 9000 end)())
  end)
end)
