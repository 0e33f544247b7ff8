-- Clients that are not ours drive the rehearsal server over HTTPS: one that a tool makes of the
-- server's own OpenAPI document (openapi-client-axios, from npm), and Python's standard library.
-- (spec/sim/curl_spec.lua: curl.)

local core = require "vbo.core"
local json = require "vbo.base.json"
local node = require "spec.support.node"
local program = require "spec.support.program"
local rehearsals = require "spec.support.rehearsal"
local versions = require "spec.support.versions"

-- Holds the document Todo.md of the demo world as it is on the evening before the attack.
local todo = "- [x] back up\n- [ ] try a restore\n"

local quoted = program.quoted

describe("a client", function()
  local rehearsal, sim

  setup(function()
    rehearsal = rehearsals.start()
    sim = rehearsal.sim
  end)

  teardown(function() rehearsal.stop() end)

  before_each(function() rehearsal.reset() end)

  local function restored()
    local found = {}
    for _, change in ipairs(rehearsal.changes()) do found[#found + 1] = change.path end
    return table.concat(found, "\n")
  end

  -- Operations, and the status of an exploration and of a stop.
  for version, expected in pairs {
    v5 = { operations = 198, explored = 201, stopped = 200 },
    v6 = { operations = 429, explored = 200, stopped = 200 },
    v7 = { operations = 457, explored = 200, stopped = 200 },
    v8 = { operations = 487, explored = 201, stopped = 204 },
  } do
    it("made of the OpenAPI document of " .. version .. " restores a document", function()
      local lacks = node.lacks()
      if lacks then return pending(lacks) end
      local seen = node.run({ "client.js", SIM_USER = sim.user, SIM_PASSWORD = sim.password },
        sim.listening, sim.fingerprint, version)
      assert.equal(sim.listening, seen.server)
      assert.equal(expected.operations, seen.operations)
      assert.same({ status = 400, error = "invalid_grant" }, seen.refused)
      assert.equal(401, seen.stranger)
      assert.same({ type = "bearer", lifetime = 3600 }, seen.token)
      assert.is_true(#seen.organizations >= 2)
      assert.same({ status = expected.explored, type = "Veod", state = "Working" }, seen.explored)
      assert.is_true(seen.documents > 30, "more than one page")
      assert.same({ name = "Todo.md", size = #todo }, seen.document)
      assert.equal(200, seen.saved.status)
      assert.equal("application/octet-stream", seen.saved.type)
      assert.equal(todo, core.unbase64(seen.saved.base64))
      assert.equal(200, seen.restored)
      assert.equal(1, seen.statistics.restoredItemsCount)
      assert.equal(0, seen.statistics.failedItemsCount)
      assert.equal(expected.stopped, seen.stopped)
      assert.equal("Stopped", seen.state)
      assert.match("Todo", restored())
    end)
  end

  it("comes from whatever registry npm has: the lock names none", function()
    local lock = assert(json.decode(rehearsals.content "spec/support/node/package-lock.json"))
    local given = assert(json.decode(rehearsals.content "spec/support/node/package.json"))
    assert.same(given.dependencies, lock.packages[""].dependencies)
    for name, each in pairs(lock.packages) do
      assert.is_nil(each.resolved, name)
      assert.is_true(name == "" or each.integrity ~= nil, name)
    end
  end)

  it("in the shell does as the page about rehearsing says", function()
    local text = rehearsals.content "docs/rehearsing.md"
    local code = assert(text:match "<!%-%- test: shell %-%->\n```sh\n(.-)\n```")
    local folder, remove = program.folder()
    local words = "cd %s; VBO_HOST=%s VBO_USER=%s VBO_PASSWORD=%s; %s"
    local output, status = program.run(words:format(
      quoted(folder), quoted(sim.listening), quoted(sim.user), quoted(sim.password), code))
    assert.equal(0, status, output)
    local organizations = assert(json.decode(output)).results
    assert.equal("contoso.onmicrosoft.com", organizations[1].name)
    local document = assert(json.decode(rehearsals.content(folder .. "/v8.json")))
    remove()
    assert.equal("v8", document.info.version)
    assert.equal(sim.listening, document.servers[1].url)
  end)

  it("in Python, with forms, words for booleans and loose spelling, is understood", function()
    local _, status = program.run "python3 --version"
    if status ~= 0 then return pending "there is no python3" end
    local output, code = program.run(("SIM_USER=%s SIM_PASSWORD=%s python3 %s %s %s"):format(
      quoted(sim.user), quoted(sim.password), "spec/support/client.py", quoted(sim.listening),
      quoted(sim.fingerprint)))
    assert.equal(0, code, output)
    assert.same({
      refused = { 400, "invalid_grant" }, login = { 200, "bearer" }, refreshed = 200,
      explored = { 201, "Veod", "Working" }, plain = { 200, todo },
      packed = { 200, { "Todo.md", todo } }, wrong = 400, stopped = 200,
      logout = 204, afterwards = 401,
    }, json.decode(output))
    assert.equal("", restored())
  end)

  for _, version in ipairs(versions.since "v4") do
    it("like the PHP portal completes its flows in " .. version, function()
      local _, status = program.run "python3 --version"
      if status ~= 0 then return pending "there is no python3" end
      local output, code = program.run(("SIM_USER=%s SIM_PASSWORD=%s python3 %s %s %s %s"):format(
        quoted(sim.user), quoted(sim.password), "spec/support/portal.py", quoted(sim.listening),
        quoted(sim.fingerprint), version))
      assert.equal(0, code, output)
      local seen = assert(json.decode(output))
      assert.same({ 1, 0 }, seen.restored)
      assert.equal(0, seen.failed)
      assert.is_true(seen.message and seen.folder)
      assert.equal(47, seen.libraries)
      local old = version == "v4" or version == "v5"
      assert.equal(old, seen.repository ~= nil)
      if old then
        local client <close> = rehearsal.connect(version)
        local repository = rehearsal.ask("GET", "/v8/BackupRepositories/" .. seen.repository)
        assert.is_string(repository.name)
        assert.equal(seen.job, client:job "Contoso nightly".repository_id)
        assert.same({ true, true, true }, { seen.used, seen.people, seen.organization })
      end
      -- v5 saves a channel as a whole; later versions save what is named, folders with all in them.
      local channels = { v5 = { 4, 2, 1 }, v6 = { 6, 2, 1 }, v7 = { 6, 2, 1 }, v8 = { 6, 2, 1 } }
      assert.same(channels[version], seen.channels)
      assert.match("Back/Inbox/", restored())
    end)
  end
end)
