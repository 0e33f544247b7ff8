-- Any operation by name: `client:call` and `client.api`.
-- Tests also vbo.client.paging.

local api = require "vbo.client.call"
local catalogue = require "vbo.catalogue"
local core = require "vbo.core"
local json = require "vbo.base.json"
local program = require "spec.support.program"
local vbo = require "vbo"
local versions = require "spec.support.versions"

local id = "61954db6-7278-4d26-86f7-888bda5a4ec4"

local engine = assert(core.engine()) -- which has nothing to move here
teardown(function() engine:close() end)

--- A client without a server: a gate at the end of the pipeline answers and takes notes.
local function offline(version, answer)
  local client = {
    _catalogue = catalogue.load(version), _engine = engine, requests = {}, gates = {},
  }
  client._client = client
  client.gates[1] = function(request)
    client.requests[#client.requests + 1] = request
    return { status = 200, data = answer and answer(request, #client.requests) }
  end
  return client
end

local function failure(fn, ...)
  local results = table.pack(vbo.try(fn, ...))
  assert.is_nil(results[1])
  return assert(results[2], "no error was raised")
end

describe("client:call", function()
  it("makes the request of each dialect", function()
    for version, expected in pairs {
      v1 = { path = "/v1/Jobs/" .. id .. "/Action", body = { start = json.null } },
      v5 = { path = "/v5/Jobs/" .. id .. "/action", body = { start = json.null } },
      v8 = { path = "/v8/Jobs/" .. id .. "/start", body = {} },
    } do
      local client = offline(version)
      assert.is_nil(api.call(client, "job_startaction", { JOBID = id }))
      assert.equal(1, #client.requests)
      local request = client.requests[1]
      assert.equal("POST", request.method)
      assert.equal(expected.path, request.path)
      assert.same(expected.body, request.body)
      assert.is_true(request.change)
      assert.equal("Job_StartAction", request.operation)
    end
    local client = offline "v8"
    api.call(client, "Job_StartAction", { job_id = id, body = { FULL = true } })
    assert.same({ full = true }, client.requests[1].body)
  end)

  it("takes query parameters, resources for their ids and seconds for dates", function()
    local client = offline("v8", function() return { results = {} } end)
    local data = api.call(client, "RestorePoint_GetRestorePoints",
      { from = 1795212000, limit = 5, organizationid = id })
    assert.same({ results = {} }, data)
    local path, query = client.requests[1].path:match "^(.-)%?(.*)$"
    assert.equal("/v8/RestorePoints", path)
    local parts = {}
    for part in query:gmatch "[^&]+" do parts[#parts + 1] = part end
    table.sort(parts)
    assert.same({ "from=2026-11-20T22%3A00%3A00Z", "limit=5", "organizationId=" .. id },
      parts)
    api.call(client, "Job_GetById", { jobId = { id = id } })
    assert.equal("/v8/Jobs/" .. id, client.requests[2].path)
  end)

  it("refuses what is wrong before anything is sent, naming what is near", function()
    local client = offline "v8"
    for _, case in ipairs {
      { { "Job_StartAction", { jobIdd = id } }, "usage", "no argument 'jobIdd'",
        "did you mean 'jobId'?" },
      { { "Job_StartAction", { jobId = id, full = true } }, "usage", "no argument 'full'",
        "body = { full = … }" },
      { { "Job_Get", { flowers = 1 } }, "usage", "no argument 'flowers'", "it takes " },
      { { "ServiceInstance_Get", { x = 1 } }, "usage", "no argument 'x'", "it takes none" },
      { { "Job_StartAction", {} }, "usage", "jobId is missing" },
      { { "Job_StartAction", { jobId = "nonsense" } }, "usage", "must be a UUID" },
      { { "Job_StartAction", { jobId = id, JobID = id } }, "usage", "given twice" },
      { { "Job_StartAction", { jobId = id, body = { ful = true } } }, "usage", "body.ful",
        'did you mean "full"?' },
      { { "Job_StartAction", { jobId = id, body = { full = "yes" } } }, "usage",
        "must be a boolean" },
      { { "Job_StartAction", "text" }, "usage", "a table of arguments, not a string" },
      { { "Job_StartAktion", { jobId = id } }, "usage", "no operation Job_StartAktion",
        "did you mean Job_StartAction?" },
      { { 7 }, "usage", "needs an operation's name" },
      { { "token", { body = {} } }, "usage", "is the login itself" },
      { { "Job_GetById", { jobId = id }, { too = "x" } }, "usage", "no option 'too'" },
      { { "Job_GetById", { jobId = id }, { to = "x" } }, "usage", "answers no stream" },
      { { "Job_GetById", { jobId = id }, { paginate = true } }, "usage", "answers no list" },
      { { "ExchangeMailbox_ExportMailboxToPstAction",
        { restoreSessionId = id, mailboxId = "m" } }, "usage", "answers a stream", "'to'" },
    } do
      local err = failure(api.call, client, table.unpack(case[1], 1, 3))
      assert.equal(case[2], err.kind, err.message)
      assert.is_truthy(err.message:find(case[3], 1, true), err.message)
      if case[4] then assert.is_truthy((err.hint or ""):find(case[4], 1, true), err.hint) end
    end
    assert.equal(0, #client.requests)
  end)

  it("says which versions have what this one lacks", function()
    local err = failure(api.call, offline "v6", "ProxyPool_GetProxyPools", {})
    assert.equal("unsupported", err.kind)
    assert.is_truthy(tostring(err):find("v6 has no ProxyPool_GetProxyPools", 1, true))
    assert.is_truthy(err.message:find("v8", 1, true))
  end)

  it("lets unknown properties through when it is not strict", function()
    local client = offline "v8"
    api.call(client, "Job_StartAction", { jobId = id, body = { FULL = true, novel = 1 } },
      { strict = false })
    assert.same({ full = true, novel = 1 }, client.requests[1].body)
    -- Known parameters are still checked.
    local err = failure(api.call, client, "Job_StartAction",
      { jobId = id, body = { full = 7 } }, { strict = false })
    assert.equal("usage", err.kind)
    assert.equal(1, #client.requests)
  end)

  it("passes the gates, which may answer", function()
    local client = offline("v8", function() return { name = "from the gate" } end)
    table.insert(client.gates, 1, function(request, next)
      request.path = request.path .. "?gate"
      return next(request)
    end)
    assert.same({ name = "from the gate" }, api.call(client, "Job_GetById", { jobId = id }))
    assert.equal("/v8/Jobs/" .. id .. "?gate", client.requests[1].path)
    assert.is_nil(client.requests[1].deadline)
    api.call(client, "Job_GetById", { jobId = id }, { deadline = 2.5 })
    assert.equal(2.5, client.requests[2].deadline)
  end)
end)

describe("paginate", function()
  --- A server of `count` rows that obeys limit and offset.
  local function rows(count, links, total)
    return function(request)
      local limit = tonumber(request.path:match "[?&]limit=(%d+)")
      local offset = tonumber(request.path:match "[?&]offset=(%d+)")
      local list = json.array {}
      for i = offset + 1, math.min(count, offset + limit) do list[#list + 1] = { id = "r" .. i } end
      return {
        results = list, offset = offset, limit = limit, totalCount = total,
        _links = links and { self = {}, next = offset + limit < count and {} or nil } or nil,
      }
    end
  end

  it("gives the rows of all pages as one list", function()
    for _, links in ipairs { true, false } do
      local client = offline("v8", rows(601, links))
      local list = api.call(client, "Job_Get", { repositoryId = id }, { paginate = true })
      assert.equal(601, #list)
      assert.equal("r601", list[601].id)
      assert.equal(3, #client.requests)
      for _, request in ipairs(client.requests) do
        assert.is_truthy(request.path:find("repositoryId=" .. id, 1, true))
      end
    end
  end)

  it("takes limit as the size of a page and begins at offset", function()
    local client = offline("v8", rows(10, true))
    local list = api.call(client, "Job_Get", { limit = 4, offset = 3 }, { paginate = true })
    assert.equal("r4", list[1].id)
    assert.equal(7, #list)
    assert.equal(2, #client.requests)
  end)

  it("gives bare lists as they are", function()
    local client = offline("v7", function() return json.array { { id = "a" }, { id = "b" } } end)
    assert.equal(2, #api.call(client, "Job_Get", {}, { paginate = true }))
    assert.equal(1, #client.requests)
    assert.is_true(json.is_array(api.call(offline("v7", function() return json.array {} end),
      "Job_Get", {}, { paginate = true })))
  end)

  it("hands the server's cursor on", function()
    local client = offline("v8", function(_, n)
      return { results = { { id = n } }, setId = id, _links = { next = n < 3 and {} or nil,
        self = {} } }
    end)
    local list = api.call(client, "OrganizationUser_Get", { organizationId = id },
      { paginate = true })
    assert.equal(3, #list)
    assert.is_nil(client.requests[1].path:find "setId")
    assert.is_truthy(client.requests[3].path:find("setId=" .. id, 1, true))
  end)

  it("refuses a page that repeats, and a count that is not reached", function()
    local client = offline("v8", function()
      return { results = { { id = "a" } }, _links = { next = {} } }
    end)
    local err = failure(api.call, client, "Job_Get", {}, { paginate = true })
    assert.equal("protocol", err.kind)
    assert.is_truthy(err.message:find "same page")
    assert.equal(2, #client.requests)
    err = failure(api.call, offline("v8", rows(5, true, 9)), "Job_Get", {}, { paginate = true })
    assert.is_truthy(err.message:find "listed 5 of 9")
    err = failure(api.call, offline("v8", function() return { id = "no list" } end), "Job_Get",
      {}, { paginate = true })
    assert.is_truthy(err.message:find "neither a page nor a list")
  end)

  it("repeats no change", function()
    local client = offline("v8", rows(2, true))
    local err = failure(api.call, client, "Application_CreateApplication",
      { body = { clientSecret = "x" } }, { paginate = true })
    assert.is_truthy(err.message:find "it has no pages")
    assert.equal(0, #client.requests)
  end)

  it("halves a page that takes the server too long", function()
    local answer = rows(500, true)
    local client = offline("v8", function(request)
      local limit = tonumber(request.path:match "limit=(%d+)")
      if limit > 100 then
        require "vbo.base.error".raise { kind = "timeout", message = "slow", sent = true }
      end
      return answer(request)
    end)
    assert.equal(500, #api.call(client, "Job_Get", {}, { paginate = true }))
    assert.equal(2 + 9, #client.requests) -- 250, 125, then nine of 62
    client = offline("v8", function()
      require "vbo.base.error".raise { kind = "timeout", message = "slow", sent = true }
    end)
    assert.equal("timeout", failure(api.call, client, "Job_Get", {}, { paginate = true }).kind)
    assert.equal(6, #client.requests) -- 250, 125, 62, 31, 15, 10
  end)
end)

describe("client.api", function()
  it("resolves groups and names in any case", function()
    local client = offline("v8", function() return { ok = true } end)
    local names = api.of(client)
    assert.same({ ok = true }, names.Job.StartAction { jobId = id, body = { full = true } })
    names.jOB.startaction({ jobId = id, body = { novel = 1 } }, { strict = false })
    assert.equal("/v8/Jobs/" .. id .. "/start", client.requests[1].path)
    assert.same({ novel = 1 }, client.requests[2].body)
    names.Configuration.Updates_Get()
    assert.equal("/v8/Configuration/Updates", client.requests[3].path)
    names.Logout()
    assert.equal("/v8/token/logout", client.requests[4].path)
    -- Ids of older versions stay valid.
    assert.equal("Account_GetAccounts", names.Account.GetCredentials.name)
  end)

  it("tells what it is", function()
    local names = api.of(offline "v8")
    assert.is_truthy(tostring(names):find "^API v8: 487 operations in %d+ groups$")
    assert.is_truthy(tostring(names.Job):find("^Job of API v8: .*StartAction"))
    assert.equal("Job_StartAction(jobId, body): POST /v8/Jobs/{jobId}/start",
      tostring(names.Job.StartAction))
    assert.equal("POST", names.Job.StartAction.method)
    assert.has_error(function() names.Job = 1 end)
  end)

  it("lists its groups and their operations, and no more", function()
    for _, version in ipairs(versions.with_newest "v1") do
      local client = offline(version)
      local count, before = 0, ""
      for word, group in pairs(api.of(client)) do
        assert.is_true(before < word)
        before = word
        local inside = 0
        for name, operation in pairs(group) do
          inside = inside + 1
          assert.equal(word .. "_" .. name, operation.name)
        end
        count = count + (inside > 0 and inside or 1)
      end
      assert.equal(#client._catalogue:names(), count)
    end
  end)

  it("offers its groups and operations to the REPL, without asking anybody", function()
    local client = offline "v8"
    local names = api.of(client)
    local groups = getmetatable(names).__complete(names)
    assert.equal(names.Job, groups.Job)
    assert.is_nil(groups.Jbo)
    local operations = getmetatable(groups.Job).__complete(groups.Job)
    assert.equal("Job_StartAction", operations.StartAction.name)
    assert.equal(0, #client.requests)
  end)

  it("raises for what does not exist, with the nearest or the versions", function()
    local names = api.of(offline "v6")
    for _, case in ipairs {
      { function() return names.Jbo end, "usage", "no operations of Jbo", "did you mean Job?" },
      { function() return names.ProxyPool end, "unsupported", "v6 has no operations of ProxyPool",
        "v8 has them" },
      { function() return names.Job.StrtAction end, "usage", "Job_StrtAction", "Job_StartAction" },
      { function() return names.RestorePoint.GetChanges end, "unsupported",
        "v6 has no RestorePoint_GetChanges", "" },
    } do
      local err = failure(case[1])
      assert.equal(case[2], err.kind, err.message)
      assert.is_truthy(err.message:find(case[3], 1, true), err.message)
      assert.is_truthy((err.hint or ""):find(case[4], 1, true), err.hint)
    end
    assert.is_nil(names[1])
  end)
end)

describe("a server", function()
  local folder, remove, recorder, log

  setup(function()
    folder, remove = program.folder()
    log = folder .. "/requests"
    local answers <close> = assert(io.open(folder .. "/answers.lua", "w"))
    answers:write [[return {
      { method = "GET", path = "^/v8/Jobs/", status = 200,
        body = { id = "1", name = "nightly" } },
      { method = "POST", path = "exportToPst$", status = 200, body = "mail in a file",
        type = "application/octet-stream" },
      { method = "POST", path = "start$", status = 200,
        body = { id = "2", jobId = "1" } } }]]
    answers:close()
    recorder = program.start(("%s spec/support/recorder.lua %s %s/answers.lua"):format(
      program.vbolua, log, folder), "fingerprint")
  end)

  teardown(function()
    recorder.stop()
    remove()
  end)

  local function connect(version)
    return vbo.connect { url = recorder.url, pin = recorder.fingerprint, user = "admin",
      password = "12345678", version = version }
  end

  it("gets the calls and answers them", function()
    local client <close> = connect "v8"
    assert.same({ id = "1", name = "nightly" }, client:call("Job_GetById", { jobId = id }))
    assert.equal("2", client.api.Job.StartAction { jobId = id, body = { full = true } }.id)
    assert.equal(client.api, client.api)
    local members = getmetatable(client).__complete(client)
    assert.equal(client.api, members.api)
    assert.equal(client.call, members.call)
    local found
    for line in io.lines(log) do found = json.decode(line) end
    assert.equal("POST", found.method)
    assert.equal("/v8/Jobs/" .. id .. "/start", found.path)
    assert.same({ full = true }, found.body)
  end)

  it("streams into a file that is whole or absent", function()
    local client <close> = connect "v8"
    local arguments = { restoreSessionId = id, mailboxId = id, body = {} }
    local name = "ExchangeMailbox_ExportMailboxToPstAction"
    local saved = client:call(name, arguments, {
      to = folder .. "/mail.pst", check = false,
    })
    assert.equal(14, saved.size)
    assert.equal(folder .. "/mail.pst", saved.path)
    assert.equal(64, #saved.sha256)
    local file <close> = assert(io.open(saved.path))
    assert.equal("mail in a file", file:read "a")
    -- A folder takes a name made of the operation's; nothing is overwritten unasked.
    assert.equal(("%s/%s.pst"):format(folder, name),
      client:call(name, arguments, { to = folder, check = false }).path)
    assert.equal("exists", failure(client.call, client, name, arguments, { to = folder }).kind)
    assert.equal(14, client:call(name, arguments, {
      to = folder, overwrite = true, check = false,
    }).size)
  end)

  it("notes a stream in a manifest", function()
    local client <close> = connect "v8"
    local arguments = { restoreSessionId = id, mailboxId = id, body = {} }
    local saved = client:call("ExchangeMailbox_ExportMailboxToPstAction", arguments, {
      to = folder .. "/noted/mail.pst", check = false, manifest = true,
    })
    local sums <close> = assert(io.open(folder .. "/noted/SHA256SUMS"))
    assert.equal(saved.sha256 .. "  mail.pst\n", sums:read "a")
  end)
end)
