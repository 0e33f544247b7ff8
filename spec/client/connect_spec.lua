-- The API version that a connection speaks, and its messages about that.

local capability = require "vbo.client.capability"
local program = require "spec.support.program"
local rehearsal = require "spec.support.rehearsal"
local vbo = require "vbo"

-- A server of some versions: what is anonymous is refused there, everything else is absent.
local function server_of(versions)
  local folder, remove = program.folder()
  local file = assert(io.open(folder .. "/answers.lua", "w"))
  file:write "return {\n"
  for _, version in ipairs(versions) do
    file:write(("{ method = 'GET', path = '^/%s/', status = 401, body = { message = 'no' } },\n")
      :format(version))
  end
  file:write "{ method = 'GET', path = '.', status = 404, body = { message = 'absent' } } }\n"
  file:close()
  local recorder = program.start(("%s spec/support/recorder.lua %s %s"):format(
    program.vbolua, folder .. "/log", folder .. "/answers.lua"), "fingerprint")
  local self = {}
  function self.stop()
    recorder.stop()
    remove()
  end
  function self.connect(more)
    local settings = {
      url = recorder.url, pin = recorder.fingerprint, user = "admin",
      password = vbo.secret.of "12345678",
    }
    for name, value in pairs(more or {}) do settings[name] = value end
    return vbo.connect(settings)
  end
  function self.asked()
    local list = {}
    for line in io.lines(folder .. "/log") do list[#list + 1] = line:match '"path":"([^"]*)"' end
    return list
  end
  return self
end

describe("connect", function()
  local server

  local function start(...) server = server_of { ... } end
  after_each(function() if server then server.stop() end server = nil end)

  it("takes the newest version that the server has, and says so", function()
    start("v5", "v6", "v7")
    local log = {}
    local client <close> = server.connect { log = function(text) log[#log + 1] = text end }
    assert.equal("v7", client.version)
    assert.same({ "/v8/ServiceInstance", "/v7/ServiceInstance" }, server.asked())
    assert.matches("API v7 %(the newest that both sides speak%)", log[1])
  end)

  it("finds versions that have no ServiceInstance by another route", function()
    start("v2", "v3")
    local client <close> = server.connect()
    assert.equal("v3", client.version)
    local asked = server.asked()
    assert.equal("/v3/Organizations", asked[#asked])
  end)

  it("takes the version of its options, without looking for others", function()
    start("v5", "v6", "v7")
    local log = {}
    local client <close> = server.connect {
      version = "6", log = function(text) log[#log + 1] = text end,
    }
    assert.equal("v6", client.version)
    assert.same({}, server.asked())
    assert.matches("API v6 %(as asked for%)", log[1])
  end)

  it("says that a server speaks none it knows", function()
    start()
    local err = rehearsal.failure(server.connect)
    assert.equal("unsupported", err.kind)
    assert.matches("v1, v2", err.hint)
    assert.equal(8, #server.asked())
  end)

  it("takes an older version where the runbook needs it", function()
    start("v7", "v8")
    local client <close> = server.connect { needs = { "object_storage", "teams" } }
    assert.equal("v7", client.version)
  end)

  it("refuses a server without what the runbook needs, naming who has it", function()
    start("v3", "v4")
    local err = rehearsal.failure(server.connect, { needs = { "teams", "onedrive" } })
    assert.equal("unsupported", err.kind)
    assert.matches("speaks v4", err.message)
    assert.matches("teams %(in v5, v6, v7, v8%)", err.message)
    assert.is_nil(err.message:find("onedrive", 1, true))
    err = rehearsal.failure(server.connect, { version = "v5", needs = "versions" })
    assert.equal("unsupported", err.kind)
    assert.matches("v5 has no versions %(in v6, v7, v8%)", err.message)
    err = rehearsal.failure(server.connect, {
      needs = { "BackupOrganization_RestoreToAction", "teams" },
    })
    assert.matches("no API version has all", err.message)
  end)

  it("refuses words that mean nothing", function()
    start("v8")
    local err = rehearsal.failure(server.connect, { needs = { "tems" } })
    assert.equal("usage", err.kind)
    assert.equal("did you mean 'teams'?", err.hint)
    assert.equal("usage", rehearsal.failure(server.connect, { needs = { 5 } }).kind)
    assert.equal("usage", rehearsal.failure(server.connect, { zone = "noon" }).kind)
  end)
end)

describe("capabilities", function()
  it("are what the catalogue has", function()
    for word, versions in pairs {
      exchange = "v1 v2 v3 v4 v5 v6 v7 v8", onedrive = "v2 v3 v4 v5 v6 v7 v8",
      sharepoint = "v2 v3 v4 v5 v6 v7 v8", teams = "v5 v6 v7 v8", versions = "v6 v7 v8",
      explore_deleted = "v3 v4 v5 v6 v7 v8", search = "v5 v6 v7 v8", certificate = "v4 v5 v6 v7 v8",
      size_limit = "v4 v5 v6 v7 v8", operators = "v6 v7 v8", teams_operators = "v7 v8",
      restore_several_mailboxes = "v3 v4 v5 v6 v7 v8", background_restores = "v8",
      explore_repository = "v8", proxy_pools = "v8", object_storage = "v4 v5 v6 v7",
    } do
      assert.equal(versions, table.concat(capability.having { word }, " "), word)
    end
  end)

  it("exist each in some version", function()
    for _, word in ipairs(capability.words()) do
      assert.is_true(#capability.having { word } > 0, word)
    end
  end)

  it("are asked of a client by word or operation", function()
    local server <close> = setmetatable(server_of { "v5" }, {
      __close = function(self) self.stop() end,
    })
    local client <close> = server.connect { version = "v5" }
    assert.is_true(client:supports "teams")
    assert.is_true((client:supports { "teams", "Job_StartAction" }))
    local yes, err = client:supports { "teams", "versions", "Health_Get" }
    assert.is_false(yes)
    assert.matches("versions %(in v6, v7, v8%), no Health_Get %(in v8%)", err.message)
    assert.equal("all of it is in v8", err.hint)
    assert.equal("usage", rehearsal.failure(client.supports, client, "no such thing").kind)
    assert.same({}, server.asked())
  end)
end)
