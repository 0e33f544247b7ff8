-- Every answer is held to the shape that its operation promises.
-- Tests also vbo.request.answer.

local json = require "vbo.base.json"
local promise = require "vbo.request.promise"
local recording = require "spec.support.recording"
local rehearsal = require "spec.support.rehearsal"
local catalogue = require "vbo.catalogue"
local versions = require "spec.support.versions"

local id = recording.id(7)

local function promised(version, name)
  local known = catalogue.load(version)
  return promise.of(known:operation(name), known.dialect == "verb")
end

local function problem(version, name, data)
  return promise.broken(promised(version, name), { status = 200, data = data })
end

describe("what an operation promises", function()
  it("is derived from its facts, in every version", function()
    for _, version in ipairs(catalogue.versions) do
      local list = problem(version, "Job_Get", json.array { { id = id, name = "a" } })
      assert.is_nil(list)
      assert.is_nil(problem(version, "Job_Get", { results = json.array {}, offset = 0 }))
      assert.is_nil(problem(version, "Job_GetById", { id = id, more = true }))
      assert.equal("the server answered an object without 'id'",
        problem(version, "Job_GetById", { name = "a" }))
      assert.equal("the server answered an empty object instead of an object",
        problem(version, "Job_GetById", {}))
      assert.equal("the server answered no body instead of an object",
        problem(version, "Job_GetById", nil))
      assert.equal("the server answered a list instead of an object",
        problem(version, "Job_GetById", json.array { { id = id } }))
      for _, nothing in ipairs { json.null, {}, "text", 7, true } do
        assert.matches("neither a page nor a list, but ", problem(version, "Job_Get", nothing))
      end
      assert.matches("neither a page nor a list, but no body", problem(version, "Job_Get", nil))
      assert.equal("the server answered neither a page nor a list, but an object without "
        .. "'results'", problem(version, "Job_Get", { offset = 0, results = json.null }))
      assert.equal("the server answered a list whose record 2 must be an object, but is null",
        problem(version, "Job_Get", { results = json.array { { id = id }, json.null } }))
      assert.matches("record 1 must be an object, but is the text \"x\"",
        problem(version, "Job_Get", json.array { "x" }))
      assert.matches("record 1 says nothing", problem(version, "Job_Get", json.array { {} }))
      -- Accepts any answer where the operation promises none.
      for _, data in ipairs { false, json.array {}, { a = 1 } } do
        assert.is_nil(problem(version, "Job_DisableAction", data or nil))
      end
    end
  end)

  it("is not met by an empty array in place of a page, since v6", function()
    assert.is_nil(problem("v5", "BackupRepository_GetRepositories", json.array {}))
    assert.matches("but an empty list", problem("v8", "BackupRepository_GetRepositories",
      json.array {}))
    assert.is_nil(problem("v8", "Account_GetAccounts", json.array {}))
  end)

  it("is statistics that count what was done and what failed", function()
    local name = "OneDriveDocument_RestoreDocumentAction"
    for _, version in ipairs { "v2", "v5", "v6", "v7" } do
      assert.is_nil(problem(version, name, { restoredItemsCount = 0, failedItemsCount = 0 }))
      for _, bad in ipairs {
        {}, json.null, { restoredItemsCount = json.null, failedItemsCount = json.null },
        { restoredItemsCount = "1", failedItemsCount = 0 }, { restoredItemsCount = 1 },
        { failedItemsCount = 0 }, { exceptions = json.array {} }, json.array {},
      } do
        assert.is_string(problem(version, name, bad))
      end
    end
    assert.is_nil(problem("v8", name, { sessionId = id }))
    assert.equal("the server answered an object that has nothing of what it should have",
      problem("v8", name, { sessionId = json.null, more = 1 }))
    for _, version in ipairs { "v6", "v7" } do
      name = "OneDrive_RestoreOneDrivesAction"
      assert.is_nil(problem(version, name, { status = "Success",
        details = json.array { { status = "Success" } } }))
      assert.is_nil(problem(version, name, { status = "Failed", error = "no" }))
      assert.equal("the server answered statistics without 'details'",
        problem(version, name, { status = "Success", details = json.array {} }))
    end
  end)

  it("is the token of the next changes", function()
    local rows = json.array { { id = id, eventType = "JobUpdate" } }
    assert.is_nil(problem("v8", "Events_Get", { results = rows, nextChangeToken = "a" }))
    assert.matches("without the token", problem("v8", "Events_Get", { results = rows }))
  end)

  it("is one record, or a list of it, where a name addresses it", function()
    for _, data in ipairs { { name = "a" }, json.array { { name = "a" } } } do
      assert.is_nil(problem("v8", "EC2Resources_GetSubnetByName", data))
    end
    assert.is_string(problem("v8", "EC2Resources_GetSubnetByName", { other = "a" }))
  end)
end)

-- Lists answers without content, and answers of another kind of server: status, type, body.
local wrong = {
  ["no body"] = { 200, "application/json", "" }, ["204"] = { 204, "application/json", "" },
  ["{}"] = { 200, "application/json", "{}" }, null = { 200, "application/json", "null" },
  ["half JSON"] = { 200, "application/json", '{"id":"1' },
  ["bytes after the end"] = { 200, "application/json", '{"id":"1"} and more' },
  ["too deep"] = { 200, "application/json", ("["):rep(300) .. ("]"):rep(300) },
  HTML = { 200, "text/html", "<html><title>Log in</title></html>" },
  text = { 200, "application/json", '"done"' },
  ["rows that are not objects"] = { 200, "application/json", '{"results":[1,null]}' },
}

describe("an answer that is wrong", function()
  local recorders = {}

  setup(function()
    for name, answer in pairs(wrong) do
      local bad = { status = answer[1], type = answer[2], body = answer[3] }
      local function at(method, path)
        return { method = method, path = path, status = bad.status, type = bad.type,
          body = bad.body }
      end
      recorders[name] = recording.start {
        at("GET", "/Jobs$"), at("GET", "/Jobs/[^/]+$"), at("POST", "/[Ee]xplore$"),
        at("POST", "/Organizations/[^/]+/[Aa]ction$"), at("POST", "/Documents/"),
        { method = "GET", path = "/Events$", body = { results = json.array { {
          id = recording.id(9), type = "Restore", status = "Success", order = 1,
          title = "Plan.docx", startTime = "2100-01-01T00:00:00Z" } } } },
        { method = "GET", path = "/Statistics$", body = { totalItemsCount = 0,
          restoredItemsCount = 0, failedItemsCount = 0, skippedItemsCount = 0 } },
      }
    end
  end)

  teardown(function()
    for _, recorder in pairs(recorders) do recorder.stop() end
  end)

  local function count(recorder, method)
    local n = 0
    for _, request in ipairs(recorder.sent()) do
      if request.method == method then n = n + 1 end
    end
    return n
  end

  for name in pairs(wrong) do
    it("to a read raises after another try: " .. name, function()
      local recorder = recorders[name]
      for _, version in ipairs(versions.with_newest("v1", "v5", "v6")) do
        local client <close> = recorder.connect(version)
        recorder.sent()
        local err = rehearsal.failure(function() return client:jobs():all() end)
        assert.equal(name == "too deep" and "limit" or "protocol", err.kind, tostring(err))
        assert.equal(name == "too deep" and 1 or 2, count(recorder, "GET"))
        assert.equal(wrong[name][1], err.status)
        err = rehearsal.failure(function() return client:job(id).name end)
        assert.equal(name == "too deep" and "limit" or "protocol", err.kind, tostring(err))
        -- Without retries it is asked for once.
        local hasty <close> = recorder.connect(version, { retries = 0 })
        recorder.sent()
        rehearsal.failure(function() return hasty:job(id).name end)
        assert.equal(1, count(recorder, "GET"))
      end
    end)

    it("to a restore leaves its outcome unknown, and is compared with the events: " .. name,
      function()
        local recorder = recorders[name]
        for _, version in ipairs(versions.with_newest("v2", "v5", "v7")) do
          local client <close> = recorder.connect(version)
          local document = client:session(id):onedrive(recording.id(2)):document(recording.id(3))
          recorder.sent()
          local err = rehearsal.failure(function() return document:restore() end)
          assert.equal("unknown_outcome", err.kind, tostring(err))
          assert.equal(1, count(recorder, "POST"))
          assert.equal(wrong[name][1], err.status)
          assert.is_false(err.retryable)
          assert.matches("its outcome is not known: ", err.message)
          assert.equal("Plan.docx", err.events[1].title)
          assert.matches("Plan.docx Success", err.hint)
        end
      end)

    it("to an explore says that a session may be open: " .. name, function()
      local recorder = recorders[name]
      for _, version in ipairs(versions.with_newest "v4") do
        local client <close> = recorder.connect(version)
        recorder.sent()
        local err = rehearsal.failure(function()
          return client:organization(id):explore {
            workload = "onedrive", at = "2026-11-20T22:00:00Z",
          }
        end)
        assert.equal("protocol", err.kind, tostring(err))
        assert.matches("a session may be open on the server", err.message)
        assert.equal(1, count(recorder, "POST"))
      end
    end)
  end
end)

describe("a page", function()
  it("that is empty after one that says 'next' raises", function()
    for _, rest in ipairs { "{}", '{"next":{"href":"/v8/Jobs?offset=4"}}' } do
      local recorder <close> = setmetatable(recording.start {
        { path = "/Jobs$", query = "offset=0", body = '{"offset":0,"limit":2,"results":[{"id":"1"}'
          .. ',{"id":"2"}],"_links":{"next":{"href":"/v8/Jobs?offset=2&limit=2"}}}' },
        { path = "/Jobs$", body = '{"offset":2,"limit":2,"results":[],"_links":' .. rest .. "}" },
      }, { __close = function(self) self.stop() end })
      local err = recorder.failure("v8", function(client) return client:jobs():all() end)
      assert.equal("protocol", err.kind)
      assert.matches("the page at offset 2 is empty, though", err.message)
    end
  end)
end)

describe("statistics", function()
  local server

  setup(function() server = rehearsal.start() end)
  teardown(function() server.stop() end)

  it("count documents in every version when several OneDrives are restored", function()
    local first
    for _, version in ipairs(versions.with_newest("v2", "v5", "v6", "v7")) do
      server.reset()
      local client <close> = server.connect(version)
      local session <close> = client:organization(rehearsal.organization):explore {
        workload = "onedrive", at = rehearsal.before,
      }
      local found = session:onedrives():restore { allow_partial = true }
      local counts = ("%d: %d restored, %d failed, %d skipped, %d errors"):format(found.total,
        found.restored, found.failed, found.skipped, #found.errors)
      first = first or counts
      assert.equal(first, counts, version)
      assert.is_true(found.total > 100 and found.failed > 0 and found.skipped > 100, counts)
    end
  end)

  it("count the items of a whole site in every version", function()
    local first
    for _, version in ipairs(versions.with_newest("v2", "v5", "v6", "v7")) do
      server.reset()
      local client <close> = server.connect(version)
      local session <close> = client:organization(rehearsal.organization):explore {
        workload = "sharepoint", at = rehearsal.before,
      }
      local total = session:site("Marketing"):restore().total
      first = first or total
      assert.equal(first, total, version)
      assert.is_true(total > 20, version)
    end
  end)

  it("of a restore in part say why, in every version with events", function()
    for _, version in ipairs(versions.with_newest("v1", "v2", "v3", "v5", "v6")) do
      server.reset()
      local client <close> = server.connect(version)
      local session <close> = client:organization(rehearsal.organization):explore {
        workload = "exchange", at = rehearsal.before,
      }
      local err = rehearsal.failure(function()
        session:mailbox("erika.former@contoso.com"):restore()
      end)
      assert.equal("partial", err.kind, version)
      local failed = err.statistics.failed
      assert.matches(("^%d of %d items were not restored"):format(failed, err.statistics.total),
        err.message)
      if version ~= "v1" then
        assert.matches("not restored: .*Erika Former", err.message, version)
        assert.equal(failed, #err.statistics.errors, version)
      end
    end
  end)
end)
