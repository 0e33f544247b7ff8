-- Checks the message, the kind and the exit status of each failure that a user can cause, and
-- that no failure leaves a partial file.

local core = require "vbo.core"
local program = require "spec.support.program"
local rehearsal = require "spec.support.rehearsal"

local quoted = program.quoted
local id = "61954db6-7278-4d26-86f7-888bda5a4ec4"

describe("bad input", function()
  local server, folder, remove

  setup(function()
    server = rehearsal.start()
    folder, remove = program.folder()
  end)

  teardown(function()
    server.stop()
    remove()
  end)

  local function write(name, text)
    local path = folder .. "/" .. name
    local file <close> = assert(io.open(path, "w"))
    file:write(text)
    return path
  end

  --- Runs a runbook against `where` (settings); its output and exit status.
  local function run(where, text)
    local script = write("runbook.lua", text)
    local words = {}
    for name, value in pairs {
      VBO_HOST = where.url, VBO_USER = where.user, VBO_PASSWORD = where.password,
      VBO_PIN = where.pin, VBO_CA = where.ca,
    } do
      words[#words + 1] = name .. "=" .. quoted(value)
    end
    return program.run(("cd %s; env -u VBO_PIN -u VBO_CA %s %s %s"):format(quoted(folder),
      table.concat(words, " "), quoted(program.vbolua), quoted(script)))
  end

  --- A runbook must end with one line that matches, the kind's exit status, and go no further.
  local function fails(where, text, kind, ...)
    local output, status = run(where, text .. "\nprint 'went on'")
    for _, pattern in ipairs { ... } do assert.matches(pattern, output) end
    assert.matches("%[" .. kind .. "[%];]", output)
    assert.equal(core.kinds[kind], status)
    assert.is_nil(output:find "went on")
    local last = output:gsub("\n$", ""):match "[^\n]*$"
    assert.matches("^vbolua: ", last)
    assert.is_nil(output:find("traceback", 1, true))
    assert.is_nil(output:find(where.password, 1, true), "the password was printed")
    return output
  end

  local function sim(changes)
    local settings = server.settings()
    for name, value in pairs(changes or {}) do settings[name] = value or nil end
    if changes and changes.pin == false then settings.pin = nil end
    return settings
  end

  --- Runs a scripted peer for `fn(settings, peer)`.
  local function with_peer(script, fn)
    local peer <close> = program.start(("%s --script %s --log %s --dir %s 2>&1"):format(
      os.getenv "VBO_PEER" or "build/peer", write("script", script), folder .. "/log", folder),
      "fingerprint")
    local settings = {
      url = peer.url, user = "u", password = "pass-word", ca = folder .. "/ca.pem",
    }
    fn(settings, peer)
  end

  local connect = 'local client <close> = require "vbo".connect { version = "v8", retries = 0 }\n'

  describe("when connecting:", function()
    it("reports a wrong password", function()
      fails(sim { password = "not-it-at-all" }, connect, "auth", "password")
    end)

    it("reports a missing password, user or server", function()
      local script = write("none.lua", 'require "vbo".connect()')
      for _, variable in ipairs { "VBO_HOST", "VBO_USER", "VBO_PASSWORD" } do
        local output, status = program.run(
          ("VBO_HOST=h VBO_USER=u VBO_PASSWORD=p env -u %s %s %s"):format(
            variable, program.vbolua, script))
        assert.equal(2, status)
        assert.matches(variable, output)
      end
    end)

    it("reports an unknown host", function()
      fails(sim { url = "https://no-such-host.invalid:4443" }, connect, "network",
        "no%-such%-host.invalid")
    end)

    it("reports a port that refuses", function()
      local free = program.sim()
      free.stop()
      fails(sim { url = free.listening }, connect, "network", "refused")
    end)

    it("reports plain HTTP on the port", function()
      with_peer("connection 1 plain\n", function(settings)
        fails(settings, connect, "trust", "TLS")
      end)
    end)

    it("reports a URL that is not https, or carries a password", function()
      fails(sim { url = "http://127.0.0.1:1" }, connect, "usage", "https only")
      fails(sim { url = "https://u:pw@127.0.0.1:1" }, connect, "usage",
        "VBO_HOST cannot hold a user name or a password")
    end)

    it("reports an untrusted certificate, with its fingerprint as the way out", function()
      local settings = sim { pin = false }
      local output = fails(settings, connect, "trust")
      assert.matches(server.settings().pin, output, 1, true)
    end)

    for name, words in pairs {
      expired = "expired", ["wrong-name"] = "name", future = "not valid yet",
    } do
      it("reports a certificate: " .. name, function()
        with_peer(("token t 60\nconnection 1 certificate %s\n"):format(name), function(settings)
          fails(settings, connect, "trust", words)
        end)
      end)
    end

    it("reports a pin of another server", function()
      local output = fails(sim { pin = "sha256/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=" },
        connect, "trust")
      assert.matches(server.settings().pin, output, 1, true)
    end)

    it("reports a malformed pin, and a CA file that is missing", function()
      fails(sim { pin = "sha256/short" }, connect, "usage", "pin")
      fails(sim { pin = false, ca = folder .. "/no-such.pem" }, connect, "trust", "no%-such.pem")
    end)

    it("reports a certificate that changes between two calls", function()
      with_peer([[
connection 2 certificate other
token t 60
on POST /v8/Jobs/*/start
json 200 {}
]], function(settings, peer)
        settings.ca, settings.pin = nil, peer.fingerprint
        fails(settings, connect .. ("client:job(%q):start()"):format(id), "trust", "certificate")
        local log = rehearsal.content(folder .. "/log")
        assert.is_nil(log:find "/start")
      end)
    end)

    it("reports an API version that does not exist, or that the server does not speak", function()
      fails(sim(), 'require "vbo".connect { version = "v88" }', "usage", "v88", "v8")
      with_peer("", function(settings)
        fails(settings, 'require "vbo".connect { version = "v3", retries = 0 }', "unsupported",
          "v3")
      end)
    end)
  end)

  describe("when reading:", function()
    local explore = connect .. [[
local session <close> = client:organization "contoso.onmicrosoft.com":explore {
  workload = "onedrive", at = "2026-11-18T22:00:00Z" }
]]

    it("reports an unknown organization, user, drive, folder or document", function()
      fails(sim(), connect .. 'client:organization "nobody.com":explore {}', "not_found",
        'no organization is called "nobody.com"')
      fails(sim(), connect .. ("client:organization(%q):refresh()"):format(id), "not_found", "404")
      fails(sim(), connect .. 'print(client:organization("contoso.onmicrosoft.com")'
        .. ':user "nobody@contoso.com".id)', "not_found", "nobody@contoso.com")
      fails(sim(), explore .. 'session:onedrive "nobody@contoso.com":save()', "not_found",
        "nobody@contoso.com")
      fails(sim(), explore .. 'session:onedrive "alice@contoso.com":folder "A/B":save()',
        "not_found", '"A"')
      fails(sim(), explore .. ('session:onedrive "alice@contoso.com":document(%q):save()')
        :format(id), "not_found", "404")
    end)

    it("reports an option misspelt, in the call, in connect and in explore", function()
      fails(sim(), explore .. 'session:onedrive "alice@contoso.com":restore { on_conflit = "x" }',
        "usage", "no option 'on_conflit'", "did you mean 'on_conflict'")
      fails(sim(), 'require "vbo".connect { hosst = "x" }', "usage", "did you mean 'host'")
      fails(sim(), connect .. 'client:organization "contoso.onmicrosoft.com":explore { att = 1 }',
        "usage", "did you mean 'at'")
    end)
  end)

  describe("when the answer is wrong:", function()
    local token = "token t 600\n"
    local save = connect
      .. ("client:session(%q):onedrive(%q):document(%q):save { to = 'out.bin' }\n")
        :format(id, id, id)
    local list = connect .. "for _ in client:jobs():each() do end"

    local function nothing_written()
      assert.is_nil(io.open(folder .. "/out.bin"))
    end

    after_each(function() os.remove(folder .. "/log") end)

    it("reports a body cut short", function()
      with_peer(token .. [[
on POST *save
line HTTP/1.1 200 OK
line Content-Type: application/octet-stream
line Content-Length: 100000
line
bytes 5000
close
]], function(settings)
        fails(settings, save, "integrity", "5000", "100000")
        nothing_written()
      end)
    end)

    it("reports a body without an end that can be proved", function()
      with_peer(token .. [[
on POST *save
line HTTP/1.1 200 OK
line Content-Type: application/octet-stream
line
bytes 5000
close
]], function(settings)
        fails(settings, save, "integrity", "neither a Content%-Length nor chunks")
        nothing_written()
      end)
    end)

    it("reports bytes after the body, and never returns them to the next call", function()
      with_peer(token .. [[
on GET /v8/Jobs*
line HTTP/1.1 200 OK
line Content-Type: application/json
line Content-Length: 14
line
send {"results":[]}HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n["wrong"]
on GET /v8/Organizations*
json 200 {"results":[]}
]], function(settings)
        local output, status = run(settings, connect .. [[
print("jobs", client:jobs():count())
print("organizations", client:organizations():count())]])
        if status == 0 then
          assert.matches("jobs\t0\norganizations\t0", output)
        else
          assert.matches("%[integrity[%];]", output)
        end
        assert.is_nil(output:find "wrong")
      end)
    end)

    it("reports a 500 with HTML", function()
      with_peer(token .. "on GET *\ntext 500 text/html <html><title>Runtime Error</title></html>\n",
        function(settings) fails(settings, list, "server", "500", "Runtime Error") end)
    end)

    it("reports JSON that is broken", function()
      with_peer(token .. 'on GET *\njson 200 [{"id": }]\n', function(settings)
        fails(settings, list, "protocol", "JSON")
      end)
    end)

    it("reports JSON that is nested too deeply", function()
      with_peer(token .. "on GET *\njson 200 " .. ("["):rep(5000) .. ("]"):rep(5000) .. "\n",
        function(settings) fails(settings, list, "limit", "deep") end)
    end)

    it("reports JSON of 1 GB", function()
      with_peer(token .. [[
on GET *
line HTTP/1.1 200 OK
line Content-Type: application/json
line Content-Length: 1073741824
line
bytes 1073741824
]], function(settings) fails(settings, list, "limit") end)
    end)

    it("reports an answer that is not a list", function()
      with_peer(token .. 'on GET *\njson 200 "hello"\n', function(settings)
        fails(settings, list, "protocol", "neither a page nor a list")
      end)
    end)

    it("reports a server that returns the same page again and again", function()
      with_peer(token .. 'on GET *\njson 200 {"offset":0,"limit":1,"results":[{"id":"1"}],'
        .. '"_links":{"next":{"href":"/v8/Jobs?offset=1"}}}\n', function(settings)
        fails(settings, list, "protocol", "same page again")
      end)
    end)

    it("reports the lost answer of a change, and never sends it again", function()
      with_peer(token .. "on POST *start\nreset\n", function(settings)
        fails(settings, connect .. ("client:job(%q):start()"):format(id), "unknown_outcome")
        local log = rehearsal.content(folder .. "/log")
        assert.equal(1, select(2, log:gsub("POST /v8/Jobs/[^ ]*/start", "")))
      end)
    end)
  end)

  describe("when writing:", function()
    local save = connect .. [[
local session <close> = client:organization "contoso.onmicrosoft.com":explore {
  workload = "onedrive", at = "2026-11-18T22:00:00Z" }
session:onedrive "alice@contoso.com":folder "Videos":documents():first():save { to = %q }
]]

    it("reports a folder that cannot be made", function()
      local file = write("a file", "")
      fails(sim(), save:format(file .. "/out.mp4"), "exists", "a file, not a folder")
      fails(sim(), save:format "/proc/none/out.mp4", "disk", "/proc/none", "ENOENT")
    end)

    local root = program.run("id -u"):match "^0"

    --- A small tmpfs, where this machine lets us mount one.
    local function mounted(options, fn)
      local place = folder .. "/mount"
      os.execute("mkdir -p " .. place)
      local output, status = program.run(("mount -t tmpfs -o %s vbolua-test %s"):format(
        options, place))
      if status ~= 0 then
        pending("cannot mount a tmpfs here: " .. output)
        return
      end
      local ok, err = pcall(fn, place)
      program.run("umount " .. place)
      assert(ok, err)
    end

    it("reports a folder that is read-only", function()
      if root then
        mounted("ro,size=1m", function(place)
          fails(sim(), save:format(place .. "/out.mp4"), "disk", "EROFS")
        end)
      else
        local place = folder .. "/readonly"
        os.execute("mkdir -p " .. place .. " && chmod 500 " .. place)
        fails(sim(), save:format(place .. "/out.mp4"), "disk", "EACCES")
      end
    end)

    it("reports a disk that is full", function()
      if not root then
        pending "mounting a small tmpfs takes root"
        return
      end
      mounted("size=4m", function(place)
        fails(sim(), save:format(place .. "/out.mp4"), "disk", "ENOSPC")
        assert.equal("", program.run("ls -A " .. place))
      end)
    end)

    it("keeps a file that exists without `overwrite`", function()
      local path = write("there.txt", "mine")
      local text = save:gsub('"Videos":documents%(%):first%(%)', '"Documents/Projects/Borealis"')
        :gsub(":folder", ":document"):gsub("Borealis", "Borealis/Idea.md")
      fails(sim(), text:format(path), "exists", "there.txt")
      assert.equal("mine", rehearsal.content(path))
      local _, status = run(sim(), (text:gsub("to = %%q", "to = %%q, overwrite = true"))
        :format(path))
      assert.equal(0, status)
      assert.equal("# Borealis\n\nLater.\n", rehearsal.content(path))
    end)

    --- Starts a save of 1 GiB and waits until its first bytes are there.
    local function while_saving(fn)
      local marker = folder .. "/moving"
      local script = write("long.lua", (save:format(folder .. "/saved/long.mp4"):gsub("}\n$",
        (", progress = function(p) if p.received > 0 then io.open(%q, 'w'):close() end end }\n")
          :format(marker))))
      local where = sim()
      local started <close> = program.start((
        "env VBO_HOST=%s VBO_USER=%s VBO_PASSWORD=%s VBO_PIN=%s %s %s 2>&1"):format(where.url,
        where.user, where.password, where.pin, program.vbolua, script), "pid")
      for _ = 1, 1500 do
        if core.stat(marker) then break end
        os.execute "sleep 0.02"
      end
      assert.is_table(core.stat(marker))
      os.remove(marker)
      local output, status = fn(started)
      assert.is_nil(io.open(folder .. "/saved/long.mp4"))
      return output, status
    end

    it("leaves no file under the final name when a script is killed while it saves", function()
      local _, status = while_saving(function(started)
        os.execute("kill -KILL " .. started.pid)
        return started.wait()
      end)
      assert.equal(128 + 9, status)
    end)

    it("leaves nothing, and stops the session, on Ctrl-C during a save", function()
      server.reset()
      local output, status = while_saving(function(started)
        os.execute("kill -INT " .. started.pid)
        return started.wait()
      end)
      assert.equal(130, status)
      assert.matches("%[cancelled; POST ", output)
      assert.same({}, core.list(folder .. "/saved"))
      local client <close> = server.connect "v8"
      for session in client:sessions():each() do assert.equal("Stopped", session.state) end
    end)
  end)
end)
