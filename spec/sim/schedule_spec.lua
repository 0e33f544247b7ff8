-- Jobs of the rehearsal server that run by themselves, and when.

local schedule = require "vbo.sim.jobs.schedule"
local sim = require "spec.support.sim_app"
local time = require "vbo.base.time"
local versions = require "spec.support.versions"

-- Starts a server with a client that logs in once, for events that take weeks.
local function server(version, options)
  local settings = { token_lifetime = 10 ^ 9 }
  for name, value in pairs(options or {}) do settings[name] = value end
  return sim.new(version, settings)
end

local function at(text) return assert(time.parse(text)) end

describe("a schedule", function()
  local function next_of(plan, after, more)
    local job = { enabled = true, schedule = plan }
    for name, value in pairs(more or {}) do job[name] = value end
    local found = schedule.next(job, at(after), job.zone or 0)
    return found and time.iso(found)
  end

  local friday <const> = "2026-11-20T22:00:00Z"

  for _, case in ipairs {
    { "Everyday", friday, "2026-11-21T22:00:00Z" },
    { "Everyday", "2026-11-20T21:59:59Z", friday },
    { "Workdays", friday, "2026-11-23T22:00:00Z" },
    { "Weekends", friday, "2026-11-21T22:00:00Z" },
    { "Weekends", "2026-11-22T22:00:00Z", "2026-11-28T22:00:00Z" },
    { "Friday", friday, "2026-11-27T22:00:00Z" },
    { "Thursday", friday, "2026-11-26T22:00:00Z" },
  } do
    it(("of %s goes on from %s to %s"):format(table.unpack(case)), function()
      for _, kind in ipairs { "Daily", "DailyAtTime" } do
        assert.equal(case[3],
          next_of({ type = kind, dailyType = case[1], dailyTime = "22:00:00" }, case[2]))
      end
    end)
  end

  it("tells days and times of its server's zone", function()
    local plan = { type = "Daily", dailyType = "Saturday", dailyTime = "01:00" }
    assert.equal("2026-11-20T23:00:00Z", next_of(plan, "2026-11-20T12:00:00Z", { zone = 7200 }))
    assert.equal("2026-11-21T06:00:00Z", next_of(plan, "2026-11-20T12:00:00Z", { zone = -18000 }))
  end)

  it("has periods from the last run on, or from midnight", function()
    local plan = { type = "Periodically", periodicallyEvery = "Hours4" }
    local last = { last_run = at "2026-11-21T06:30:00Z" }
    assert.equal("2026-11-21T10:30:00Z", next_of(plan, "2026-11-21T06:30:00Z", last))
    assert.equal("2026-11-21T14:30:00Z", next_of(plan, "2026-11-21T12:00:00Z", last))
    plan.periodicallyOffsetMinutes = 15
    assert.equal("2026-11-21T08:15:00Z", next_of(plan, "2026-11-21T06:30:00Z", last))
    assert.equal("2026-11-21T11:15:00Z",
      next_of(plan, "2026-11-21T08:00:00Z", { zone = 3600, last_run = last.last_run }))
    plan.periodicallyEvery = "Minutes10"
    assert.equal("2026-11-21T06:35:00Z", next_of(plan, "2026-11-21T06:30:00Z", last))
  end)

  it("keeps to its windows", function()
    local hours = {}
    -- Saturday, 0 to 6 o'clock alone.
    for hour = 1, 168 do hours[hour] = hour > 144 and hour <= 150 end
    local window = { backupWindow = hours, minuteOffset = 0 }
    local plan = { type = "Daily", dailyType = "Everyday", dailyTime = "05:00:00",
      backupWindowEnabled = true, backupWindowSettings = window }
    assert.equal("2026-11-28T05:00:00Z", next_of(plan, "2026-11-21T05:00:00Z"))
    plan.dailyTime = "06:00:00"
    assert.is_nil(next_of(plan, friday))
    window.minuteOffset = 30
    assert.equal("2026-11-21T06:00:00Z", next_of(plan, friday))
    plan.backupWindowEnabled, window.minuteOffset = false, 0
    assert.equal("2026-11-21T06:00:00Z", next_of(plan, friday))
    assert.equal("2026-11-21T00:00:00Z", next_of({
      type = "Periodically", periodicallyEvery = "Hours8", periodicallyOffsetMinutes = 0,
      periodicallyWindowEnabled = true, periodicallyWindowSettings = window,
    }, "2026-11-20T01:00:00Z"))
    assert.equal("2026-11-21T03:00:00Z", next_of({
      type = "DailyAtTime", dailyTime = "03:00:00", backupCopyWindowEnabled = true,
      backupCopyWindowSettings = window,
    }, "2026-11-15T03:00:00Z"))
  end)

  it("has no next run without a plan, when disabled, or on demand only", function()
    assert.is_nil(next_of(nil, friday))
    local plan = { type = "Daily", dailyTime = "22:00:00" }
    assert.is_nil(next_of(plan, friday, { enabled = false }))
    plan.scheduleEnabled = false
    assert.is_nil(next_of(plan, friday))
    assert.is_nil(next_of({ type = "ManualOnly" }, friday))
    assert.is_nil(next_of({ type = "Immediate" }, friday))
  end)
end)

for _, version in ipairs(versions.with_newest("v2", "v5", "v6")) do
  describe("by schedule, in " .. version, function()
    local client, nightly, management

    local function fresh(options)
      client = server(version, options)
      nightly = client:named("/Jobs", "Contoso nightly").id
      management = client:named("/Jobs", "Contoso management").id
    end

    before_each(function() fresh() end)

    local function runs(job, since)
      local out = {}
      for _, each in ipairs(client:all "/JobSessions") do
        local mine = client.number < 5 and each._links.job.href:find(job, 1, true)
          or each.jobId == job or each._links.job and each._links.job.href:find(job, 1, true)
        if mine and each.creationTime > since then out[#out + 1] = each end
      end
      return out
    end

    -- Of v1 to v4 times have seconds' fractions.
    local function stamp(text) return (text:gsub("%.%d+", "")) end

    it("jobs run at their time, without a client's requests", function()
      assert.same({}, runs(nightly, "2026-11-21T00"))
      client.now = at "2026-11-23T08:00:00Z"
      local list = runs(nightly, "2026-11-21T00")
      assert.equal(2, #list)
      assert.equal("2026-11-22T22:00:00Z", stamp(list[1].creationTime))
      assert.equal("2026-11-21T22:00:00Z", stamp(list[2].creationTime))
      for _, each in ipairs(list) do assert.not_equal("Running", each.status) end
      local log = client:rows("/JobSessions/" .. list[1].id
        .. (client.number >= 6 and "/LogItems" or "/Log"))
      assert.equal("Started by schedule", log[1].message or log[1].title)
      local record = client:get("/Jobs/" .. nightly)
      assert.equal("2026-11-22T22:00:00Z", stamp(record.lastRun))
      assert.equal("2026-11-23T22:00:00Z", stamp(record.nextRun))
    end)

    it("jobs run in the order in which they were due", function()
      client.now = at "2026-11-22T08:00:00Z"
      local before
      for _, each in ipairs(client:all "/JobSessions") do
        assert.is_true(before == nil or each.creationTime <= before)
        before = each.creationTime
      end
    end)

    it("jobs make restore points of what production holds then", function()
      local place = client:explore("Veod", sim.before)
      local drive = client:owned(place .. "/OneDrives", "Alice Example")
      local budget = client:named(drive .. "/Documents", "Budget.xlsx")
      client:act(drive .. "/Documents/" .. budget.id, "restore",
        client.number >= 6 and { documentAction = "Overwrite" } or {})
      client:settle()
      client.now = at "2026-11-21T22:30:00Z"
      local function holds(moment)
        local opened = client:explore("Veod", moment)
        local own = client:owned(opened .. "/OneDrives", "Alice Example")
        return (pcall(client.named, client, own .. "/Documents", "Budget.xlsx"))
      end
      assert.is_true(holds())
      assert.is_false(holds "2026-11-21T05:00:00Z")
    end)

    it("disabled jobs do not run, and do not make up for it", function()
      client:act("/Jobs/" .. nightly, "disable")
      client.now = at "2026-11-22T08:00:00Z"
      assert.same({}, runs(nightly, "2026-11-21T00"))
      client:act("/Jobs/" .. nightly, "enable")
      assert.same({}, runs(nightly, "2026-11-21T00"))
      client.now = at "2026-11-22T22:00:00Z"
      assert.equal(1, #runs(nightly, "2026-11-21T00"))
    end)

    it("nothing runs where schedules are left out", function()
      fresh { no_schedules = true }
      client.now = at "2026-11-25T08:00:00Z"
      assert.same({}, runs(nightly, "2026-11-21T00"))
    end)

    it("a long time without requests is made up for in part", function()
      client.now = at "2027-11-21T08:00:00Z"
      local count = 0
      client:all "/Jobs"
      for _, each in ipairs(client.app.store.jobs.sessions) do
        if each.job.id == management and each.created > at "2026-11-21T09:00:00Z" then
          count = count + 1
        end
      end
      assert.equal(100, count)
    end)
  end)
end

describe("by schedule", function()
  it("copy jobs run", function()
    local client = server "v8"
    local nightly = client:named("/Jobs", "Contoso nightly")
    local repository = assert(client:call("POST", "/BackupRepositories", {
      name = "Second", proxyId = client:rows "/Proxies"[1].id, path = "E:\\Second",
      retentionType = "ItemLevel", retentionPeriodType = "Yearly",
      yearlyRetentionPeriod = "Year1" }))
    local target = repository.id
    local copy = client:call("POST", "/CopyJobs", { backupJobId = nightly.id,
      repositoryId = target, isEnabled = true, organizationId = client:organization().id,
      schedulePolicy = { type = "DailyAtTime", dailyType = "Everyday", dailyTime = "23:00:00" } })
    assert.equal("2026-11-21T23:00:00Z", copy.nextRun)
    client.now = at "2026-11-21T23:30:00Z"
    local list = client:rows("/JobSessions?jobId=" .. copy.id)
    assert.equal(1, #list)
    assert.equal("2026-11-21T23:00:00Z", list[1].creationTime)
    -- The backup of the hour before is among what it copied.
    local points = client:rows("/RestorePoints?isCopy=true&repositoryId=" .. target)
    assert.equal("2026-11-21T22:00:02Z", points[1].backupTime)
  end)

  it("jobs are tried again in between, as the policy says", function()
    local client = server "v8"
    local organization = client:organization()
    local made = client:call("POST", "/Jobs", {
      name = "Gone", organizationId = organization.id, backupType = "SelectedItems",
      repositoryId = client:rows "/BackupRepositories"[1].id,
      selectedItems = { { type = "User", user = { name = "erika.former@contoso.com" },
        mailbox = true } },
      schedulePolicy = { type = "Daily", dailyType = "Everyday", dailyTime = "12:00:00",
        scheduleEnabled = true, retryEnabled = true, retryNumber = 2, retryWaitInterval = 10 },
    })
    client.now = at "2026-11-22T08:00:00Z"
    local list = client:rows("/JobSessions?jobId=" .. made.id)
    local words = {}
    for i, each in ipairs(list) do
      words[i] = ("%s %s %d %s"):format(each.creationTime, each.status, each.retryCount,
        each.jobWillBeRetried)
    end
    assert.same({ "2026-11-21T12:20:04Z Failed 2 false", "2026-11-21T12:10:02Z Failed 1 true",
      "2026-11-21T12:00:00Z Failed 0 true" }, words)
    local function log(i)
      local out = {}
      for n, each in ipairs(client:rows("/JobSessions/" .. list[i].id .. "/LogItems")) do
        out[n] = each.message or each.title
      end
      return table.concat(out, "\n")
    end
    assert.match("Retry 1 of 2 follows in 10 minute%(s%)", log(3))
    assert.match("^Retry 1 of 2\n", log(2))
    assert.match("^Retry 2 of 2\n", log(1))
    assert.not_match("follows", log(1))
    client:act("/Jobs/" .. made.id, "disable")
  end)

  it("a period has another name in v5", function()
    local client = server "v5"
    local management = client:named("/Jobs", "Contoso management")
    assert.equal("Hours4", management.schedulePolicy.periodicInterval)
    assert.is_nil(management.schedulePolicy.periodicallyEvery)
    client:call("PUT", "/Jobs/" .. management.id,
      { schedulePolicy = { periodicInterval = "Minutes30" } })
    client:speak "v8"
    local shown = client:get("/Jobs/" .. management.id)
    assert.equal("Minutes30", shown.schedulePolicy.periodicallyEvery)
    local next_run, last_run = at(shown.nextRun), at(shown.lastRun)
    assert.equal(0, (next_run - last_run) % 1800)
    assert.is_true(next_run > client.now and next_run <= client.now + 1800)
  end)
end)
