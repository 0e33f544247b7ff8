-- Arguments are used, or refused in the caller's words: none is dropped.

local program = require "spec.support.program"
local recording = require "spec.support.recording"
local rehearsal = require "spec.support.rehearsal"
local vbo = require "vbo"

local failure = rehearsal.failure

describe("a server's address", function()
  local server

  setup(function()
    server = recording.start {
      { method = "GET", path = "^/backup365/v%d/Organizations$", body = { results = {
        { id = recording.id(1), name = "contoso", _links = { self = {
          href = "/v8/Organizations/" .. recording.id(1) } } } }, _links = {} } },
      { method = "GET", path = "^/backup365/v8/ServiceInstance$", body = { id = "x" } },
      { method = "GET", path = "", status = 404, body = {} },
    }
  end)
  teardown(function() server.stop() end)

  local function paths(url, version)
    server.sent()
    do
      local client <close> = server.connect(version, { url = url })
      assert.equal("contoso", client:organization("contoso").name)
      assert.equal(url:gsub("/+$", ""), client.server)
    end
    local found = {}
    for _, request in ipairs(server.sent()) do found[#found + 1] = request.path end
    return found
  end

  it("keeps a reverse proxy's path before every request, the probe's too", function()
    local url = server.url .. "/backup365"
    assert.same({ "/backup365/v8/Organizations" }, paths(url, "v8"))
    assert.same({ "/backup365/v6/Organizations" }, paths(url .. "/", "v6"))
    assert.same({ "/backup365/v8/ServiceInstance", "/backup365/v8/Organizations" }, paths(url))
  end)

  it("is refused before anything is sent when it holds more", function()
    for url, message in pairs {
      ["https://h:1/a?b=c"] = "option 'url' cannot have a query",
      ["https://h:1?b"] = "option 'url' cannot have a query",
      ["https://h:1/a#b"] = "option 'url' cannot have a fragment",
      ["https://me:pw1@h:1/a"] = "option 'url' cannot hold a user name or a password",
      ["https://h:1/v8"] = "option 'url' cannot name an API version, got /v8",
      ["https://h:1/proxy/V6/"] = "option 'url' cannot name an API version, got /V6",
      ["https://h:0/a"] = "the port of option 'url' must be 1 to 65535, got '0'",
      ["https://h:65536"] = "the port of option 'url' must be 1 to 65535, got '65536'",
      ["https://h:/a"] = "the port of option 'url' must be 1 to 65535, got ''",
      ["https://h:1/a/../b"] = "its path has a dot segment",
      ["https://h:1/%2e%2E/b"] = "its path has a dot segment",
      ["https://h:1//b"] = "its path has an empty segment",
      ["https://h:1/a b"] = "its path must be percent-encoded",
      ["https://h:1/a\\b"] = "its path must be percent-encoded",
      ["https://h:1/a\r\nX: y"] = "its path must be percent-encoded",
      ["http://h:1/a"] = "over https only",
    } do
      local err = failure(vbo.connect, { url = url, user = "u", password = "12345678",
        version = "v8" })
      assert.equal("usage", err.kind)
      assert.matches(message, err.message, 1, true)
      assert.is_nil(tostring(err):find("pw1", 1, true))
    end
    local err = failure(vbo.connect, { host = "h/a?b", user = "u", password = "12345678" })
    assert.matches("option 'host' cannot have a query", err.message, 1, true)
    err = failure(vbo.connect, { url = "h:1", port = 2, user = "u", password = "12345678" })
    assert.matches("names port 1, and option 'port' is 2", err.message, 1, true)
  end)

  it("is named as VBO_HOST where it came from there", function()
    local output, status = program.run(("VBO_HOST=%s VBO_USER=u VBO_PASSWORD=12345678 %s -e %s")
      :format(program.quoted "https://h:1/a?b", program.vbolua,
        program.quoted "require 'vbo'.connect()"))
    assert.matches("VBO_HOST cannot have a query", output, 1, true)
    assert.equal(2, status)
  end)

  it("says to check its path where nothing speaks the API there", function()
    local err = failure(server.connect, nil, { url = server.url .. "/elsewhere" })
    assert.equal("unsupported", err.kind)
    assert.matches("check the path /elsewhere", err.hint, 1, true)
  end)
end)

describe("arguments", function()
  local server

  setup(function() server = rehearsal.start() end)
  teardown(function() server.stop() end)

  local function settings(more)
    local given = server.settings "v8"
    for name, value in pairs(more) do given[name] = value end
    return given
  end

  it("that are too many are refused", function()
    local client <close> = server.connect "v8"
    local organization = client:organization(rehearsal.organization)
    local session <close> = organization:explore {
      workload = "onedrive", at = rehearsal.before,
    }
    local documents = session:onedrive("alice@contoso.com"):documents()
    for message, call in pairs {
      ["connect takes one argument, got 3"] = function() vbo.connect("host", "user", "pw") end,
      ["sleep takes one argument, got 2"] = function() vbo.sleep(0, 1) end,
      ["verify takes 2 arguments, got 3"] = function() vbo.verify("x", {}, 1) end,
      ["organization takes one argument, got 2"] = function()
        client:organization(rehearsal.organization, "explore")
      end,
      ["explore takes one argument, got 2"] = function()
        organization:explore({ workload = "onedrive" }, "2026-11-18")
      end,
      ["count takes no arguments, got 1"] = function() documents:count { name = "*.docx" } end,
      ["all takes no arguments, got 1"] = function() documents:all(10) end,
      ["first takes no arguments, got 1"] = function() documents:first(3) end,
      ["take takes one argument, got 2"] = function() documents:take(1, 2) end,
      ["where takes one argument, got 2"] = function() documents:where({}, {}) end,
      ["restore takes one argument, got 2"] = function() documents:restore({}, true) end,
      ["stop takes no arguments, got 1"] = function() session:stop(true) end,
      ["close takes no arguments, got 1"] = function() client:close(true) end,
    } do
      local err = failure(call)
      assert.equal("usage", err.kind)
      assert.equal(message, err.message)
      assert.matches("arguments_spec.lua:%d+", err.where)
    end
    -- What a call returns besides may be nothing.
    assert.equal(rehearsal.organization, client:organization(rehearsal.organization, nil).name)
    assert.equal(0, #server.changes())
  end)

  it("of methods that are called with a dot are refused, saying what to write", function()
    local client <close> = server.connect "v8"
    local organization = client:organization(rehearsal.organization)
    for name, call in pairs {
      organization = function() client.organization(rehearsal.organization) end,
      supports = function() client.supports "teams" end,
      explore = function() organization.explore { workload = "onedrive" } end,
      users = function() organization.users() end,
      where = function() organization:users().where { name = "x" } end,
      each = function() organization:users().each() end,
    } do
      local err = failure(call)
      assert.equal("usage", err.kind)
      assert.equal(("'%s' is a method, and was called without its object"):format(name),
        err.message)
      assert.equal(("write a colon: …:%s(…)"):format(name), err.hint)
      assert.matches("arguments_spec.lua:%d+", err.where)
    end
  end)

  it("that are no numbers, or out of their range, are refused", function()
    for name, values in pairs {
      port = { 0, 65536, -1, "1" }, retries = { -1, 1001, 1.5 }, at_once = { 0, 10001 },
      exports_at_once = { 0, "2" }, connect_timeout = { 0, -1, 0 / 0, 1e9, "30" },
      idle_timeout = { 0, 0 / 0 }, deadline = { 0, -5, 0 / 0, 1 / 0 },
      give_up_after = { 0, -1, 0 / 0, true }, progress = { "no" }, log = { true },
      strict = { "yes", 1 }, version = { 9, 1.5, "v9", true }, needs = { 5 },
    } do
      for _, value in ipairs(values) do
        local given = settings { [name] = value }
        if name == "port" then given.url, given.host = nil, "127.0.0.1" end
        local err = failure(vbo.connect, given)
        assert.equal("usage", err.kind)
        assert.matches(name, err.message, 1, true)
      end
    end
  end)

  it("name a version in any way that is clear", function()
    for _, version in ipairs { 8, "8", "v8", "V8" } do
      local client <close> = vbo.connect(settings { version = version })
      assert.equal("v8", client.version)
    end
  end)
end)
