-- Arguments are used, or refused in the caller's words: none is dropped.

local program = require "spec.support.program"
local recording = require "spec.support.recording"
local rehearsal = require "spec.support.rehearsal"
local vbo = require "vbo"
local versions = require "spec.support.versions"

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
    -- A second result of a call may be nil.
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

  it("that are not numbers, or out of range, are refused", function()
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

  it("of any kind but the right one raise in the caller's words, never in the library's", function()
    local client <close> = server.connect "v8"
    local organization = client:organization(rehearsal.organization)
    local session <close> = organization:explore { workload = "onedrive", at = rehearsal.before }
    local drive = session:onedrive "alice@contoso.com"
    local document, job = drive:document "Todo.md", client:jobs():first()
    for message, call in pairs {
      ["create_job takes a table of options, not a string"] = function()
        organization:create_job "nightly"
      end,
      ["edit takes a table of options, not a string"] = function() job:edit "nightly" end,
      ["create takes a table of options, not a string"] = function()
        organization:jobs():create "nightly"
      end,
      ["operator_explore takes a table of options, not a string"] = function()
        client:operator_explore "onedrive"
      end,
      ["explore takes a table of options, not a number"] = function()
        client:restore_points():first():explore(5)
      end,
      ["restore: option 'deadline' must be at least 0.001, got -5"] = function()
        document:restore { deadline = -5 }
      end,
      ["save: option 'deadline' must be at least 0.001, got 0"] = function()
        document:save { to = "never", deadline = 0 }
      end,
      ["save: option 'at_once' must be at least 1, got 0"] = function()
        drive:documents():save { to = "never", zip = false, at_once = 0 }
      end,
      ["wait: option 'timeout' must be at least 0, got -1"] = function()
        client:job_sessions():first():wait { timeout = -1 }
      end,
      ["sleep takes seconds, 0 or more, got -1"] = function() vbo.sleep(-1) end,
      ["sleep takes seconds, 0 or more, got soon"] = function() vbo.sleep "soon" end,
      ["sleep takes seconds, 0 or more, got nil"] = function() vbo.sleep() end,
      ["documents takes a list or options, got a list with the option 'recursive'"] = function()
        drive:documents { document, recursive = false }
      end,
      ["an organization is named by its id, its name or its record, not by an empty text"]
        = function() client:organization("") end,
      ["a capability is a word or the name of an operation"] = function() client:supports() end,
    } do
      local err = failure(call)
      assert.equal("usage", err.kind)
      assert.equal(message, err.message)
      assert.matches("arguments_spec.lua:%d+", err.where)
    end
    assert.equal(0, #server.changes())
  end)

  it("name a version in any way that is clear", function()
    for _, version in ipairs { 8, "8", "v8", "V8" } do
      local client <close> = vbo.connect(settings { version = version })
      assert.equal("v8", client.version)
    end
  end)

  it("of a send are addresses", function()
    local client <close> = server.connect "v8"
    local session <close> = client:organization(rehearsal.organization):explore {
      workload = "exchange", at = rehearsal.before,
    }
    local items = session:mailbox("alice@contoso.com"):folder("Inbox"):items()
    local item = items:first()
    for _, wrong in ipairs { "bob", "", " ", "a@b@c", "@contoso.com", "bob@", 5, true, { "a@b.c" },
      "bob@contoso.com; carol", "Bob <bob>", "bob contoso.com" } do
      for _, options in ipairs { { to = wrong }, { from = wrong, to = "bob@contoso.com" } } do
        for _, target in ipairs { item, items } do
          local err = failure(target.send, target, options)
          assert.equal("usage", err.kind)
          assert.matches(options.from and "'from' takes an e-mail address"
            or "'to' takes an e-mail address", err.message, 1, true)
        end
      end
    end
    local drive <close> = client:organization(rehearsal.organization):explore {
      workload = "onedrive", at = rehearsal.before,
    }
    local document = drive:onedrive("alice@contoso.com"):document "Todo.md"
    local err = failure(document.send, document, { to = "bob" })
    assert.equal("send: 'to' takes an e-mail address, got \"bob\"", err.message)
    assert.equal(0, #server.changes())
  end)
end)

describe("conditions of where", function()
  local server

  setup(function() server = rehearsal.start() end)
  teardown(function() server.stop() end)

  it("that a field cannot meet are refused in every version", function()
    for _, version in ipairs(versions.with_newest("v2", "v5", "v6")) do
      local client <close> = server.connect(version)
      local session <close> = client:organization(rehearsal.organization):explore {
        workload = "onedrive", at = rehearsal.before,
      }
      local documents = session:onedrive("alice@contoso.com"):documents()
      for message, condition in pairs {
        ["'size' takes a number, a list of numbers or a function, got >10"] = { size = ">10" },
        ["'size' takes a number, a list of numbers or a function, got true"] = { size = true },
        ["'size' takes a number, a list of numbers or a function, got 10 MiB"]
          = { size = { 5, "10 MiB" } },
        ["'name' takes text, a list of texts or a function, got 5"] = { name = 5 },
        ["'name' takes a value, a list of values or a function, got a table of named values"]
          = { name = { like = "*" } },
        ["'name_after' must compare a date, got 'name'"] = { name_after = "2026-11-01" },
        ["'larger' takes a size, not -1"] = { larger = -1 },
        ["'smaller' takes a size, not nan"] = { smaller = 0 / 0 },
      } do
        local err = failure(documents.where, documents, condition)
        assert.equal("usage", err.kind)
        assert.matches(message, (err.message:gsub("%-nan", "nan")), 1, true)
      end
      assert.is_true(documents:where({ size = documents:first().size }):count() >= 1)
      assert.equal(0, documents:where({ name = {} }):count())
    end
  end)

  it("know dates, words and switches", function()
    local client <close> = server.connect "v8"
    local session <close> = client:organization(rehearsal.organization):explore {
      workload = "onedrive", at = rehearsal.before,
    }
    local documents = session:onedrive("alice@contoso.com"):documents()
    local modified = documents:first().modified
    assert.is_true(documents:where({ modified = modified }):count() >= 1)
    assert.is_true(documents:where({ modified = vbo.time.parse(modified) }):count() >= 1)
    assert.is_true(documents:where({ modified = modified:sub(1, 10) .. "*" }):count() >= 1)
    local err = failure(documents.where, documents, { modified = "2026-11-01" })
    assert.matches("'modified' takes a date with its time of day, got 2026-11-01", err.message, 1,
      true)
    assert.matches("modified_after", err.hint, 1, true)
    assert.matches("takes a date, got soon",
      failure(documents.where, documents, { modified = "soon" }).message, 1, true)
    local jobs = client:jobs()
    err = failure(jobs.where, jobs, { last_status = "Sucess" })
    assert.equal("did you mean 'Success'?", err.hint)
    assert.is_true(jobs:where({ last_status = "success" }):count() >= 1)
    assert.matches("'is_enabled' takes true or false, got yes",
      failure(jobs.where, jobs, { is_enabled = "yes" }).message, 1, true)
    assert.equal(0, jobs:where({ description = vbo.json.null, name = "*" })
      :where(function(job) return job.description ~= nil end):count())
  end)

  it("take a date without a zone in the zone of `connect`, and warn where it has none", function()
    local function found(more)
      local given = server.settings "v8"
      for name, value in pairs(more) do given[name] = value end
      local client <close> = vbo.connect(given)
      local session <close> = client:organization(rehearsal.organization):explore {
        workload = "exchange", at = rehearsal.before,
      }
      local items = session:mailbox("alice@contoso.com"):folder("Inbox"):items()
      local received = items:first().received
      local here = vbo.time.parse(received)
      -- The clock of a zone five hours east reads five hours more.
      local reading = vbo.time.iso(here + 5 * 3600):gsub("Z$", "")
      return items:where({ received = received, received_after = reading }):count()
    end
    assert.equal(1, found { zone = "+05:00" })
    local log = {}
    assert.equal(0, found { log = function(line) log[#log + 1] = line end })
    local told = select(2, table.concat(log, "\n"):gsub("'received_after' has no time zone", ""))
    assert.equal(1, told)
    local err = failure(found, { strict = true })
    assert.equal("usage", err.kind)
    assert.matches("'received_after' has no time zone", err.message, 1, true)
  end)
end)
