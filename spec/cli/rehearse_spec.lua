-- `vbolua --rehearse` end to end, and `vbo.sim`, which gives specs the same.
--
-- Covers vbo.sim.launch, vbo.sim.process, vbo.sim.remote.

local core = require "vbo.core"
local program = require "spec.support.program"
local rehearsal = require "spec.support.rehearsal"
local vbo = require "vbo"

local quoted = program.quoted

describe("vbolua --rehearse", function()
  local folder, remove

  setup(function()
    folder, remove = program.folder()
    local file <close> = assert(io.open(folder .. "/runbook.lua", "wb"))
    file:write [[
      local vbo = require "vbo"
      local client <close> = vbo.connect { host = "backup.example.com", port = 9419,
        pin = "sha256/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", version = VERSION,
        proxy = "http://127.0.0.1:1" }
      local session <close> = client:organization "contoso.onmicrosoft.com":explore {
        workload = "onedrive", at = "2026-11-18T22:00:00Z" }
      if arg[1] ~= "look" then
        session:onedrive "juergen.mueller@contoso.com":restore {}
      end
      if arg[1] == "global" then
        forgotten = vbo.connect "https://127.0.0.1:1"
        open = forgotten:organization "contoso.onmicrosoft.com":explore {
          workload = "onedrive", at = "2026-11-18T22:00:00Z" }
        open:onedrive "bob@contoso.com":restore {}
      elseif arg[1] == "fail" then error "on purpose"
      elseif arg[1] == "missing" then print(session:onedrive "nobody@contoso.com".id)
      elseif arg[1] == "exit" then os.exit(7)
      elseif arg[1] == "own" then
        local server <close> = vbo.sim.start()
        local inner <close> = vbo.connect(server:settings())
        print("own", inner.server == server.url, client.server == server.url)
      elseif arg[1] == "wait" then
        print "waiting"
        io.stdout:flush()
        while true do VERSION = nil end
      end
      print(client.server, client.version)
    ]]
  end)

  teardown(function() remove() end)

  --- Runs the runbook; what it wrote to stdout and to stderr, and its exit status.
  local function run(argument, options)
    local output, status = program.run(
      ("unset VBO_HOST VBO_PIN VBO_USER VBO_PASSWORD; VBO_CHECK_HANDLES=1 %s %s %s/runbook.lua %s "
      .. "2>%s/err"):format(program.vbolua, options or "--rehearse", folder, argument, folder))
    return output, rehearsal.content(folder .. "/err"), status
  end

  local gained = "\nrehearsal: production would gain %(%+%), lose %(%-%) and have "
    .. "replaced %(~%):\ncontoso%.onmicrosoft%.com\n  onedrive: juergen%.mueller@contoso%.com\n"
    .. "    Dokumente/\n      Verträge/\n        %+ Kündigung%.docx  1%.3 KiB\n"
    .. "        ~ Vertrag Müller & Söhne%.docx  1%.4 KiB\nrehearsal: 1 gained, 1 replaced\n$"

  it("stands in for whatever server the runbook names, and reports what would change", function()
    local out, err, status = run "" -- no user and no password: none is needed to rehearse
    assert.equal(0, status, err)
    assert.match("^https://127%.0%.0%.1:%d+\tv8\n$", out)
    assert.match("^rehearsal: nothing reaches production", err)
    assert.match("\nrehearsal: a rehearsal server %(world demo%) stands in for "
      .. "backup%.example%.com\n", err)
    assert.match(gained, err)
  end)

  it("reports that nothing would change", function()
    local _, err, status = run "look"
    assert.equal(0, status, err)
    assert.match("\nrehearsal: production would not change\n$", err)
  end)

  it("speaks any version, and takes a world", function()
    local out, err, status = run("", "--rehearse=demo -e 'VERSION = \"v5\"'")
    assert.equal(0, status, err)
    assert.match("\tv5\n$", out)
    assert.match(gained, err)
  end)

  for argument, expected in pairs { fail = 1, missing = core.kinds.not_found, exit = 7 } do
    it("tells, and keeps the exit status, when the runbook ends by " .. argument, function()
      local _, err, status = run(argument)
      assert.equal(expected, status, err)
      assert.match(gained, err)
      if argument == "fail" then assert.match("vbolua: .*on purpose\n.*gained", err) end
    end)
  end

  it("counts what a runbook left open, too", function()
    local _, err = run "global"
    assert.match("stands in for https://127%.0%.0%.1:1\n", err)
    assert.match("\n  onedrive: bob@contoso%.com\n", err)
    assert.match("\n  onedrive: juergen%.mueller@contoso%.com\n", err)
  end)

  it("leaves rehearsal servers of the runbook's own alone", function()
    local out, err, status = run "own"
    assert.equal(0, status, err)
    assert.match("^own\ttrue\tfalse\n", out)
  end)

  for name, number in pairs { INT = 2, TERM = 15 } do
    it("reports after SIG" .. name .. " for the whole group, and leaves no process", function()
      -- As a terminal does it: to the runbook, the server, and what is between them.
      local output, status = program.run(([[
        cd %s; rm -f out err
        perl -e 'setpgrp(0, 0); exec @ARGV' %s --rehearse runbook.lua wait >out 2>err & pid=$!
        i=0; until grep -qs waiting out || [ $i -ge 200 ]; do sleep 0.05; i=$((i + 1)); done
        kill -%s -$pid; wait $pid; status=$?
        i=0; while kill -0 -$pid 2>/dev/null && [ $i -lt 100 ]; do sleep 0.05; i=$((i + 1)); done
        kill -0 -$pid 2>/dev/null && echo left
        exit $status]]):format(quoted(folder), quoted(program.vbolua), name))
      local err = rehearsal.content(folder .. "/err")
      assert.equal(128 + number, status, err .. output)
      assert.equal("", output)
      assert.match("vbolua: .*cancelled", err)
      assert.match(gained, err)
    end)
  end

  it("leaves no server behind when it is killed", function()
    local output = program.run(([[
      cd %s; rm -f out err
      perl -e 'setpgrp(0, 0); exec @ARGV' %s --rehearse runbook.lua wait >out 2>err & pid=$!
      i=0; until grep -qs waiting out || [ $i -ge 200 ]; do sleep 0.05; i=$((i + 1)); done
      kill -KILL $pid; wait $pid 2>/dev/null
      i=0; while kill -0 -$pid 2>/dev/null && [ $i -lt 100 ]; do sleep 0.05; i=$((i + 1)); done
      kill -0 -$pid 2>/dev/null && echo left; echo checked]]):format(quoted(folder),
      quoted(program.vbolua)))
    assert.match("checked\n$", output)
    assert.not_match("left", output)
  end)

  it("runs nothing when there is no server to rehearse on", function()
    local out, err, status = run("", "--rehearse=nowhere -e 'print \"ran\"'")
    assert.equal(core.kinds.usage, status)
    assert.equal("", out)
    assert.match("did not start: no world is called 'nowhere'", err)
    out, err, status = run("", "--rehearse=")
    assert.equal(1, status)
    assert.equal("", out)
    assert.match("a value is missing after '%-%-rehearse='", err)
  end)

  --- Runs a runbook of its own in a folder of its own, with a connected client.
  local function rehearse(code, more)
    local place, clean = program.folder()
    local file <close> = assert(io.open(place .. "/own.lua", "wb"))
    file:write("local vbo = require 'vbo'\nlocal client <close> = vbo.connect { version = 'v8' }\n"
      .. code)
    file:close()
    local out, status = program.run(("cd %s && unset VBO_PIN VBO_USER VBO_PASSWORD && %s %s "
      .. "--rehearse own.lua 2>err"):format(quoted(place), more or "VBO_HOST=backup.example.com",
      quoted(program.vbolua)))
    return out, rehearsal.content(place .. "/err"), status, place, clean
  end

  it("goes past a proxy to its own server", function()
    local _, err, status, _, clean = rehearse("print(client:jobs():count())",
      "https_proxy=http://127.0.0.1:1 all_proxy=http://127.0.0.1:1 no_proxy= VBO_HOST=x.example")
    assert.equal(0, status, err)
    clean()
  end)

  local save <const> = [[
    local session <close> = client:organization "contoso.onmicrosoft.com":explore {
      workload = "onedrive", at = "2026-11-18T22:00:00Z" }
    local drive = session:onedrive "bob@contoso.com"
  ]]

  it("keeps what is saved apart, and says where", function()
    local out, err, status, place, clean = rehearse(save .. [[
      local one = drive:documents():save { to = "hold.zip", zip = true }
      drive:documents { recursive = true }:save { to = "hold/", manifest = true }
      print(one.path, vbo.verify("hold").ok, arg[0])
      print(pcall(io.lines, one.path))]])
    assert.equal(0, status, err)
    local root = err:match "\nrehearsal: saved files are in (%S+) instead of where "
    assert.is_truthy(root, err)
    assert.is_truthy(out:find(root .. "/hold.zip", 1, true), out)
    assert.is_truthy(out:find("true\town.lua", 1, true), out)
    local left = program.run("ls -A " .. quoted(place))
    assert.equal("err\nown.lua\n", left)
    assert.match("hold%.zip", (program.run("ls " .. quoted(root))))
    program.run("rm -r " .. quoted(root))
    clean()
  end)

  it("fails where the real run would find a file there", function()
    local out, err, _, _, clean = rehearse(save .. [[
      io.open("hold.zip", "w"):close()
      print(select(2, vbo.try(function()
        return drive:documents():save { to = "hold.zip", zip = true }
      end)).kind)]])
    assert.equal("exists\n", out, err)
    assert.not_match("what was saved", err)
    clean()
  end)

  it("leaves nothing outside its folder, whatever the path", function()
    local out, err, _, place, clean = rehearse(save .. [[
      local document = drive:documents():first()
      for _, to in ipairs { "../out", "/no/such/folder/out", "./a/../b/out" } do
        print(document:save { to = to }.path)
      end]])
    local root = err:match "saved files are in (%S+) instead of "
    for path in out:gmatch "[^\n]+" do
      assert.equal(root .. "/", path:sub(1, #root + 1))
      assert.is_nil(path:find("..", 1, true))
    end
    assert.equal("err\nown.lua\n", (program.run("ls -A " .. quoted(place))))
    program.run("rm -r " .. quoted(root))
    clean()
  end)

  it("counts what would have changed in jobs and settings", function()
    local _, err, status, _, clean = rehearse [[
      client:job "Contoso nightly":disable()
      client:job "Fabrikam weekly":remove()
      client:call("VexEmailSettings_Update", { body = { enableNotification = false } })
      client:organization "contoso.onmicrosoft.com":explore { workload = "onedrive",
        at = "2026-11-18T22:00:00Z" }:close()]]
    assert.equal(0, status, err)
    assert.not_match("would not change", err)
    assert.is_truthy(err:find("rehearsal: jobs and settings of the server would change:"
      .. "\n  disable job 'Contoso nightly'\n  remove job 'Fabrikam weekly'\n", 1, true),
      err)
    assert.match("\nrehearsal: 3 changes of jobs and settings\n", err)
    clean()
  end)

  it("lists the organizations of the world, and notes that the runbook names no server", function()
    local _, err, status, _, clean = rehearse(
      "client:organization 'my.own.example':users():count()", "unset VBO_HOST;")
    assert.equal(core.kinds.not_found, status, err)
    assert.match("stands in for the server, which the real run must name %(url or VBO_HOST%)", err)
    assert.match("my%.own%.example.*hint: the rehearsal's world 'demo' has "
      .. "contoso%.onmicrosoft%.com,", err)
    assert.match("vbolua sim record", err)
    clean()
  end)

  it("comes before LUA_INIT, and is not for the server", function()
    local output, status = program.run(("LUA_INIT='print(\"init\", "
      .. "require(\"vbo.client.connect\").divert ~= nil)' %s --rehearse -e 'print(1)' 2>&1")
      :format(program.vbolua))
    assert.equal(0, status, output)
    assert.match("^rehearsal: nothing [^\n]+\ninit\ttrue\n1\nrehearsal: production would not",
      output)
  end)
end)

describe("vbolua sim weather", function()
  it("adds rules, shows how often they struck, and removes them", function()
    local sim <close> = program.sim()
    local settings = ("VBO_HOST=%s VBO_USER=%s VBO_PASSWORD=%s VBO_PIN=%s %s"):format(
      sim.listening, sim.user, sim.password, sim.fingerprint, program.vbolua)
    local function weather(words)
      local output, status = program.run(settings .. " sim weather " .. (words or ""))
      assert.equal(0, status, output)
      return output
    end
    assert.equal("", weather())
    assert.equal("0 of 0: operation=Job_Get status=404\n",
      weather "'operation=Job_Get status=404'")
    assert.equal(8, select(2, program.run(settings .. " api GET /Jobs")))
    assert.equal("1 of 1: operation=Job_Get status=404\n", weather())
    assert.equal("", weather "clear")
  end)
end)

describe("vbo.sim", function()
  local function restore(client)
    local session <close> = client:organization(rehearsal.organization):explore {
      workload = "onedrive", at = rehearsal.before }
    session:onedrive("juergen.mueller@contoso.com"):restore {}
  end

  it("starts a server, tells what changed, and ends it", function()
    local server = vbo.sim.start()
    assert.match("^https://127%.0%.0%.1:%d+$", server.url)
    local client = vbo.connect(server:settings "v6")
    assert.equal("v6", client.version)
    assert.same({}, server:changes())
    server:snapshot "before"
    restore(client)
    assert.equal(2, #server:changes())
    assert.equal(2, #server:diff "before")
    server:reset()
    assert.same({}, server:diff())
    assert.equal("", server:log())
    client:close()
    server:stop()
    server:stop()
    local err = rehearsal.failure(vbo.connect, server:settings { retries = 0 })
    assert.equal("network", err.kind)
    assert.equal("closed", rehearsal.failure(server.changes, server).kind)
  end)

  it("makes its weather, at the start and later", function()
    local server <close> = vbo.sim.start {
      weather = { "operation=Job_Get nth=1 status=403", { path = "/v8/proxies", status = 409 } },
      seed = 4, user = "ops", password = "it's a \"pass\" word", token_lifetime = 90,
      zone = "+01:00",
    }
    local client <close> = vbo.connect(server:settings "v8")
    assert.equal("refused", rehearsal.failure(client.call, client, "Job_Get").kind)
    assert.equal(4, client:jobs():count())
    assert.equal("conflict", rehearsal.failure(function()
      return client:proxies():count()
    end).kind)
    assert.equal(1, server:weather()[2].struck)
    assert.same({}, server:weather(false))
    server:weather "operation=Job_Get status=404"
    assert.equal("not_found", rehearsal.failure(client.call, client, "Job_Get").kind)
    assert.equal("ops", server.user)
  end)

  it("lets time pass", function()
    local server <close> = vbo.sim.start { session_idle = 60, schedules = false }
    local client <close> = vbo.connect(server:settings "v8")
    local before = client:job_sessions():count()
    local session = client:organization(rehearsal.organization):explore { workload = "onedrive" }
    local now = server:advance "7d"
    assert.match("^%d+%-%d%d%-%d%dT%d%d:%d%d:%d%dZ$", now)
    assert.equal(before, client:job_sessions():count())
    local err = rehearsal.failure(function() return session:onedrives():count() end)
    assert.equal("not_found", err.kind)
    assert.match("stopped after 1 minute", err.message)
    err = rehearsal.failure(server.advance, server, "soon")
    assert.match("advance", err.message)
    session:close()
    local rehearsed <close> = vbo.sim.start()
    local other <close> = vbo.connect(rehearsed:settings "v8")
    local count = other:job_sessions():count()
    rehearsed:advance(7 * 86400)
    assert.is_true(other:job_sessions():count() >= count + 7)
  end)

  it("has sessions as other servers have them", function()
    local server <close> = vbo.sim.start { ids = "session", events = "none", session_kept = 60,
      installation = "61954db6-7278-4d26-86f7-888bda5a4ec4" }
    local client <close> = vbo.connect(server:settings "v8")
    assert.equal("61954db6-7278-4d26-86f7-888bda5a4ec4",
      client:call("ServiceInstance_Get").installationId)
    local function drive()
      local session <close> = client:organization(rehearsal.organization):explore {
        workload = "onedrive", at = rehearsal.before }
      return session:onedrive("alice@contoso.com").id
    end
    assert.is_true(drive() ~= drive())
    restore(client)
    local count = 0
    for each in client:sessions():each() do
      count = count + each:events():count()
    end
    assert.equal(0, count)
    assert.same({ ids = "backup", events = "all", session_kept = 60 },
      server:set { ids = "backup", events = "all" })
    assert.equal(drive(), drive())
    server:forget_sessions()
    assert.equal(0, client:sessions():count())
    local opened = server:open_session { organization = rehearsal.organization, events = 2 }
    assert.equal(2, client:session(opened.id):events():count())
    server:rename(rehearsal.organization, "group.onmicrosoft.com")
    assert.equal("group.onmicrosoft.com", client:organization("group.onmicrosoft.com").name)
  end)

  for message, options in pairs {
    ["no option 'wrold'"] = { wrold = "demo" }, ["there is no 'nht'"] = { weather = "nht=1 reset" },
    ["did you mean 'storm'"] = { weather = "strom" }, ["no world is called"] = { world = "no" },
    ["option 'zone' must be a time zone such as +01:00, got 'CET'"] = { zone = "CET" },
    ["option 'token_lifetime' must be at least 1 seconds, got '0'"] = { token_lifetime = 0 },
    ["option 'user' must be a text that is not empty"] = { user = "" },
    ["option 'ids' must be one of backup, session"] = { ids = "mine" },
    ["option 'events' must be one of all, late, unnamed, none"] = { events = "some" },
    ["option 'session_kept' must be at least 0 seconds, got '-1'"] = { session_kept = -1 },
  } do
    it("refuses what makes no sense: " .. message, function()
      local err = rehearsal.failure(vbo.sim.start, options)
      assert.equal("usage", err.kind)
      assert.is_truthy(tostring(err):find(message, 1, true), tostring(err))
    end)
  end

  it("takes any text as a password, and no list of processes shows it", function()
    local password = "it's \"$HOME\" \\n `id` %d \xE4 END"
    local server <close> = vbo.sim.start { password = password, zone = "+02:00",
      user = "o'neil $x", seed = 7, weather = { "status=503 nth=1000" } }
    local client <close> = vbo.connect(server:settings())
    assert.equal(4, client:jobs():count())
    assert.equal("o'neil $x", server.user)
    assert.equal("nth=1000 status=503", server:weather()[1].rule)
    -- An empty Debian has no ps, macOS no /proc.
    local list <close> = assert(io.popen("ps -ww -e -o args 2>/dev/null || "
      .. "cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\000' ' '"))
    local processes = list:read "a"
    assert.is_truthy(processes:find("vbo.sim.process", 1, true))
    assert.is_nil(processes:find("`id`", 1, true))
  end)

  it("prints nothing, and ends with the program that forgot it", function()
    local output, status = program.run(program.vbolua .. [[ -e 'server = require("vbo").sim.start()
      print(server.url)']])
    assert.equal(0, status, output)
    local url = output:match "^(https://127%.0%.0%.1:%d+)\n$"
    assert.is_truthy(url, output)
    local _, code = program.run("curl --silent --insecure --max-time 5 " .. url)
    assert.equal(7, code) -- no server listens
  end)

  -- Stock Lua, with and without what can run a server.
  local function stock(environment, code)
    if os.getenv "VBO_SANITIZE" then
      pending "a sanitized module is not loaded by a program without sanitizers"
    end
    return program.run(("env -u VBOLUA PATH=/usr/bin:/bin %s lua5.4 -e %s"):format(environment,
      quoted(code)))
  end
  local sources = ("LUA_PATH=%s"):format(quoted(package.path))

  it("runs in stock Lua with the module vbo.server", function()
    local output, status = stock(sources .. " LUA_CPATH=" .. quoted(package.cpath), [[
      local vbo = require "vbo"
      local server <close> = vbo.sim.start { password = "it's " .. '"one"' }
      local client <close> = vbo.connect(server:settings())
      print(client:jobs():count())]])
    assert.equal("4\n", output)
    assert.equal(0, status)
  end)

  it("says what is missing in stock Lua", function()
    local output = stock(sources .. " LUA_CPATH=" .. quoted(package.cpath), [[
      local vbo = require "vbo"
      local sim = vbo.sim
      package.cpath = "/nowhere/?.so"
      print(select(2, vbo.try(sim.start)))]])
    assert.match("needs the program vbolua or the module vbo%.server", output)
    assert.match("hint: put vbolua on the PATH", output)
  end)
end)
