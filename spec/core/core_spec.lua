-- The binding: handles, their ends, options and interrupts.  What the core does on the wire is
-- the C tests' matter.

local core = require "vbo.core"
local json = require "vbo.base.json"
local program = require "spec.support.program"

local echo, folder, remove_folder

setup(function()
  echo = program.start(program.vbolua .. " spec/support/echo_server.lua", "fingerprint")
  folder, remove_folder = program.folder()
end)
teardown(function()
  echo.stop()
  remove_folder()
end)

local function secret(text) return assert(core.secret.new(text)) end

local function open(engine, changed)
  local password <close> = secret "right"
  local options = { url = echo.url, api_version = "v8", user = "u", password = password,
    pin = echo.fingerprint }
  for name, value in pairs(changed or {}) do options[name] = value end
  return core.client(engine, options)
end

--- The message of what `fn(...)` raises.
local function raised(fn, ...)
  local ok, message = pcall(fn, ...)
  assert.is_false(ok)
  return message
end

describe("core", function()
  it("returns its version, and the exit status of each kind of error", function()
    assert.matches("^%d+%.%d+%.%d+$", core.version)
    assert.equal(core.version, core.versions().vbolua)
    assert.matches("^%d", core.versions().libcurl)
    assert.equal(2, core.kinds.usage)
    assert.equal(11, core.kinds.unknown_outcome)
    assert.equal(130, core.kinds.cancelled)
    assert.is_nil(core.kinds.ok)
  end)

  it("reads the monotonic clock and the wall clock", function()
    local before = core.now()
    assert.is_true(core.now() >= before)
    assert.is_true(math.abs(core.time() - os.time()) < 5)
    assert.equal("float", math.type(core.time()))
  end)

  it("returns the size and kind of files", function()
    assert.equal("directory", core.stat(folder).type)
    assert.is_nil(core.stat(folder .. "/none"))
    local file = assert(io.open(folder .. "/five", "w"))
    file:write "12345"
    file:close()
    local found = core.stat(folder .. "/five")
    assert.same({ "file", 5 }, { found.type, found.size })
    local inode, seconds = program.run("stat -c '%i %Y' " .. folder .. "/five"):match "(%d+) (%d+)"
    assert.same({ inode, seconds }, { tostring(found.inode), tostring(found.modified // 1000) })
    assert.equal("other", core.stat("/dev/null").type)
    assert.is_true(core.mkdir(folder .. "/new"))
    assert.is_true(core.mkdir(folder .. "/new"))
    local ok, err = core.mkdir(folder .. "/five")
    assert.is_nil(ok)
    assert.equal("disk", err.kind)
    assert.equal("EEXIST", err.code)
    assert.matches("zero byte", raised(core.stat, "a\0b"))
  end)

  it("measures the width of text on a terminal", function()
    assert.equal(3, core.display_width "abc")
    assert.equal(4, core.display_width "äöüß")
    assert.equal(4, core.display_width "中文")
    assert.equal(1, core.display_width "e\u{301}")
    assert.equal(2, core.display_width "\xff\xfe")
    assert.equal(0, core.display_width "")
  end)

  it("makes text safe for a terminal", function()
    local clean = core.screen.clean
    assert.equal("a[2Jb c", clean "a\27[2Jb\r\n c ")
    assert.equal("ab", clean "a\u{202E}b\u{9B}")
    assert.equal("中?文", clean "中\xff文")
    assert.equal("", clean "\0\1")
    assert.equal("x\"y", clean "x\0\"y")
    local columns, rows = core.screen.size()
    assert.is_true(columns > 0 and rows > 0)
    assert.is_false(core.screen.stands())
    assert.matches("string expected", raised(core.screen.write))
  end)

  it("returns a terminal's width, or that of COLUMNS", function()
    assert.is_true(core.columns() > 0)
    assert.is_boolean(core.isatty(1))
    assert.matches("0, 1 or 2", raised(core.isatty, 7))
  end)
end)

describe("a secret", function()
  it("never shows what it holds", function()
    local held <close> = secret "hunter2"
    assert.equal("secret", tostring(held))
    assert.equal(7, #held)
    assert.is_true(core.secret.is(held))
    assert.is_false(core.secret.is "hunter2")
    assert.equal("vbo.Secret", getmetatable(held))
    assert.is_false(pcall(function() return held .. "" end))
    assert.is_nil(held.value)
  end)

  it("is empty once it is closed, which may be twice", function()
    local held = secret "x"
    held:close()
    held:close()
    assert.equal(0, #held)
    assert.is_true(core.secret.is(held))
  end)

  it("comes from the environment or a file that is its owner's alone", function()
    local none, err = core.secret.env "VBO_NO_SUCH_VARIABLE"
    assert.is_nil(none)
    assert.equal("not_found", err.kind)
    local path = folder .. "/password"
    local file = assert(io.open(path, "w"))
    file:write "from a file\n"
    file:close()
    os.execute("chmod 644 " .. program.quoted(path))
    none, err = core.secret.file(path)
    assert.is_nil(none)
    assert.equal("trust", err.kind)
    os.execute("chmod 600 " .. program.quoted(path))
    local held <close> = assert(core.secret.file(path))
    assert.equal(11, #held)
  end)

  it("wants a name without a zero byte", function()
    assert.matches("zero byte", raised(core.secret.env, "PATH\0X"))
    assert.matches("string expected", raised(core.secret.new, {}))
  end)
end)

describe("an engine", function()
  it("runs, sleeps and ends", function()
    local engine <close> = assert(core.engine())
    assert.equal(0, engine:run(0))
    local before = core.now()
    assert.is_true(engine:sleep(0.02))
    assert.is_true(core.now() - before >= 0.019)
    assert.is_nil(engine:next())
    engine:close()
    engine:close()
    for _, call in ipairs { "run", "next" } do
      local ok, err = engine[call](engine)
      assert.is_nil(ok)
      assert.equal("closed", err.kind)
    end
    local ok, err = engine:sleep(0.01)
    assert.is_nil(ok)
    assert.equal("the engine is closed", err.message)
    assert.matches("closed", tostring(engine))
  end)

  it("is interrupted once", function()
    local engine <close> = assert(core.engine())
    engine:interrupt()
    local ok, err = engine:sleep(60)
    assert.is_nil(ok)
    assert.equal("cancelled", err.kind)
    assert.is_true(engine:sleep(0.001))
  end)

  it("raises for wrong arguments", function()
    local engine <close> = assert(core.engine())
    assert.matches("must not be negative", raised(engine.run, engine, -1))
    assert.matches("must not be negative", raised(engine.sleep, engine, 0 / 0))
    assert.matches("vbo.Engine expected", raised(engine.run, io.stdout))
  end)
end)

describe("a client's options", function()
  local engine
  before_each(function() engine = assert(core.engine()) end)
  after_each(function() engine:close() end)

  it("are known by name", function()
    assert.matches("core_spec.lua:%d+: core.client has no option 'passwort'$",
      raised(function() core.client(engine, { passwort = 1 }) end))
    assert.matches("has no option 'xyzzy'$", raised(core.client, engine, { xyzzy = 1 }))
    assert.matches("named, not numbered", raised(core.client, engine, { "https://x" }))
    assert.matches("table expected", raised(core.client, engine, "https://x"))
  end)

  it("have types", function()
    assert.matches("bad option 'url' %(string expected, got number%)",
      raised(core.client, engine, { url = 1 }))
    assert.matches("bad option 'password' %(secret expected, got string%)",
      raised(core.client, engine, { password = "x" }))
    assert.matches("bad option 'deadline' %(number of seconds",
      raised(core.client, engine, { deadline = "1" }))
    assert.matches("bad option 'deadline' %(seconds must not",
      raised(core.client, engine, { deadline = -1 }))
    assert.matches("bad option 'retries'", raised(core.client, engine, { retries = -2 }))
    assert.matches("bad option 'user' %(it holds a zero byte",
      raised(core.client, engine, { user = "a\0" }))
    local closed = secret "x"
    closed:close()
    assert.matches("the secret is closed", raised(core.client, engine, { password = closed }))
  end)

  it("that cannot be used are a failure, not an error", function()
    local client, err = open(engine, { url = "http://127.0.0.1" })
    assert.is_nil(client)
    assert.equal("usage", err.kind)
    assert.is_nil(getmetatable(err))
    client, err = core.client(engine, { url = echo.url, api_version = "v8",
      ca_file = folder .. "/none.pem" })
    assert.is_nil(client)
    assert.matches("none.pem", err.message, 1, true)
    assert.equal("trust", err.kind)
  end)
end)

describe("a client", function()
  it("logs in, and returns the server and its certificate", function()
    local engine <close> = assert(core.engine())
    local client <close> = assert(open(engine))
    assert.equal(echo.url, client:origin())
    assert.is_nil(client:fingerprint())
    assert.is_nil(client:address())
    assert.is_true(client:login())
    assert.equal("127.0.0.1", client:address())
    assert.equal(echo.fingerprint, client:fingerprint())
    assert.matches(echo.url, tostring(client), 1, true)
  end)

  it("says why it cannot log in", function()
    local engine <close> = assert(core.engine())
    local wrong <close> = secret "wrong"
    local client <close> = assert(open(engine, { password = wrong }))
    local ok, err = client:login()
    assert.is_nil(ok)
    assert.equal("auth", err.kind)
    assert.equal("invalid_grant", err.code)
    local stranger <close> = assert(open(engine, {
      pin = "sha256/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=" }))
    ok, err = stranger:login()
    assert.is_nil(ok)
    assert.equal("trust", err.kind)
  end)

  it("is closed by its handle, and everything says so", function()
    local engine <close> = assert(core.engine())
    local client = assert(open(engine))
    client:close()
    client:close()
    for _, call in ipairs { "login", "origin", "fingerprint" } do
      local ok, err = client[call](client)
      assert.is_nil(ok)
      assert.equal("the client is closed", err.message)
    end
    local ok, err = client:start { path = "/v8/echo" }
    assert.is_nil(ok)
    assert.equal("closed", err.kind)
    engine:close()
    ok, err = open(engine)
    assert.is_nil(ok)
    assert.equal("the engine is closed", err.message)
  end)
end)

describe("a transfer", function()
  local engine, client
  before_each(function()
    engine = assert(core.engine())
    client = assert(open(engine))
  end)
  after_each(function()
    client:close()
    engine:close()
  end)

  it("sends the request and returns the answer", function()
    local transfer <close> = assert(client:start { method = "POST", path = "/v8/echo?a=1",
      body = '{"x":1}' })
    assert.is_false(transfer:done())
    assert.equal(0, transfer:status())
    assert.is_nil(transfer:error())
    assert.is_true(transfer:wait())
    assert.is_true(transfer:done())
    assert.equal(200, transfer:status())
    assert.equal("application/json", transfer:header "CONTENT-type")
    assert.is_nil(transfer:header "X-None")
    local answer = json.decode(transfer:body())
    assert.equal("POST", answer.method)
    assert.equal("a=1", answer.query)
    assert.equal('{"x":1}', answer.body)
    assert.equal("application/json", answer.headers["content-type"])
    assert.equal("Bearer t", answer.headers.authorization)
    local progress = transfer:progress()
    assert.equal("done", progress.phase)
    assert.equal(#transfer:body(), progress.received)
    assert.equal(1, progress.attempts)
    assert.equal("float", math.type(progress.elapsed))
  end)

  it("reports why each failed attempt was retried", function()
    local silent <close> = program.start((
      "%s --log %s/peer.log --dir %s 2>&1 <<'END'\n"
      .. "token tok 3600\non GET /v8/x times 1\nempty 503\non GET /v8/x times 1\ncut\n"
      .. "on GET /v8/x\njson 200 1\nEND\n"):format(os.getenv "VBO_PEER" or "build/peer", folder,
        folder), "fingerprint")
    local own <close> = open(engine, { url = silent.url, pin = silent.fingerprint, retries = 2,
      proxy = "" })
    local transfer <close> = assert(own:start { method = "GET", path = "/v8/x" })
    assert.is_nil(transfer:lost(1))
    assert.is_true(transfer:wait())
    assert.equal(3, transfer:progress().attempts)
    assert.equal("busy", transfer:lost(1).kind)
    assert.equal(503, transfer:lost(1).status)
    assert.equal("network", transfer:lost(2).kind)
    assert.is_nil(transfer:lost(3))
    assert.is_nil(transfer:lost(0))
    assert.matches("number expected", raised(transfer.lost, transfer))
    transfer:close()
    assert.is_nil(transfer:lost(1))
  end)

  it("inserts secrets into the body when it is sent", function()
    local held <close> = secret 'pass"word'
    local text, secrets = json.encode { user = "u", password = held }
    local transfer <close> = assert(client:start { method = "POST", path = "/v8/echo", body = text,
      secrets = secrets })
    held:close() -- the transfer shares it
    assert.is_true(transfer:wait())
    assert.same({ user = "u", password = 'pass"word' },
      json.decode(json.decode(transfer:body()).body))
  end)

  it("fails with the server's error and keeps its body", function()
    local transfer <close> = assert(client:start { path = "/v8/status?409" })
    local ok, err = transfer:wait()
    assert.is_nil(ok)
    assert.equal("conflict", err.kind)
    assert.equal(409, err.status)
    assert.equal("Asked", err.code)
    assert.equal(echo.url, err.server)
    assert.equal("GET /v8/status?409", err.request)
    assert.same(err, transfer:error())
    assert.matches("as asked", transfer:body())
  end)

  it("saves into a file, whole, and hashed", function()
    local path = folder .. "/saved.bin"
    local transfer <close> = assert(client:start { path = "/v8/bytes?300000", sink = "file",
      file = path })
    assert.is_true(transfer:wait())
    assert.equal(300000, core.stat(path).size)
    local output = program.run("openssl dgst -sha256 -r " .. program.quoted(path))
    assert.equal(output:match "^%x+", transfer:sha256())
    for name in pairs(core.list(folder)) do assert.is_nil(name:find("%.part$")) end
    local again, err = client:start { path = "/v8/bytes?3", sink = "file", file = path }
    if again then
      local transfer2 <close> = again
      err = select(2, transfer2:wait())
    end
    assert.equal("exists", err.kind)
    local over <close> = assert(client:start { path = "/v8/bytes?3", sink = "file", file = path,
      overwrite = true, fsync = false })
    assert.is_true(over:wait())
    assert.equal(3, core.stat(path).size)
  end)

  it("is pulled piece by piece", function()
    local transfer <close> = assert(client:start { path = "/v8/bytes?3000000", sink = "pull" })
    assert.is_true(transfer:wait())
    assert.equal(200, transfer:status())
    local size = 0
    while true do
      local piece, err = transfer:read(100000)
      assert.is_nil(err)
      if not piece then break end
      assert.is_true(#piece > 0 and #piece <= 100000)
      size = size + #piece
    end
    assert.equal(3000000, size)
    assert.is_nil((transfer:read()))
    assert.equal(64, #transfer:sha256())
    assert.equal(0, transfer:available())
  end)

  it("that is pulled is answered with its headers", function()
    local transfer <close> = assert(client:start { path = "/v8/drip", sink = "pull" })
    assert.is_true(transfer:wait())
    assert.equal(200, transfer:status())
    assert.equal(1, #transfer:read())
    assert.is_false(transfer:done())
    transfer:cancel()
    local piece, err = transfer:read()
    assert.is_nil(piece)
    assert.equal("cancelled", err.kind)
  end)

  it("is reported by its engine when it is done", function()
    local slow <close> = assert(client:start { path = "/v8/slow?150" })
    local fast <close> = assert(client:start { path = "/v8/echo" })
    local order = {}
    while #order < 2 do
      assert(engine:run(5))
      for transfer in function() return engine:next() end do
        order[#order + 1] = transfer == slow and "slow" or transfer == fast and "fast" or "?"
      end
    end
    assert.same({ "fast", "slow" }, order)
    assert.equal(0, engine:run(0))
  end)

  it("moves while something else sleeps", function()
    local transfer <close> = assert(client:start { path = "/v8/echo" })
    local tries = 0
    while not transfer:done() and tries < 1200 do
      tries = tries + 1
      assert.is_true(engine:sleep(0.05))
    end
    assert.equal(200, transfer:status())
  end)

  it("is interrupted where it waits, and goes on later", function()
    local transfer <close> = assert(client:start { path = "/v8/slow?100" })
    engine:interrupt()
    local ok, err = transfer:wait()
    assert.is_nil(ok)
    assert.equal("cancelled", err.kind)
    assert.is_true(transfer:wait())
    assert.equal("late", transfer:body())
  end)

  it("is cancelled", function()
    local transfer <close> = assert(client:start { path = "/v8/stall" })
    transfer:cancel()
    local ok, err = transfer:wait()
    assert.is_nil(ok)
    assert.equal("cancelled", err.kind)
  end)

  it("ends when its client or engine is closed", function()
    local first <close> = assert(client:start { path = "/v8/stall" })
    client:close()
    assert.equal("cancelled", (select(2, first:wait())).kind)
    client = assert(open(engine))
    local second <close> = assert(client:start { path = "/v8/stall" })
    engine:close()
    assert.equal("cancelled", (select(2, second:wait())).kind)
    assert.is_true(second:done())
    assert.equal("closed", (select(2, client:start { path = "/v8/echo" })).kind)
  end)

  it("is closed by its handle, and everything says so", function()
    local transfer = assert(client:start { path = "/v8/stall", sink = "pull" })
    transfer:close()
    transfer:close()
    for _, call in ipairs { "wait", "status", "body", "read", "available", "progress", "sha256" } do
      local ok, err = transfer[call](transfer)
      assert.is_nil(ok)
      assert.equal("the transfer is closed", err.message)
    end
    assert.equal("closed", (select(2, transfer:header "x")).kind)
    assert.equal("closed", transfer:error().kind)
    assert.is_true(transfer:done())
    transfer:cancel()
  end)

  it("raises for wrong options, before anything is sent", function()
    local function start(options) return raised(client.start, client, options) end
    assert.matches("has no option 'overwirte'$", start { path = "/", overwirte = true })
    assert.matches("bad option 'path' %(it is required", start {})
    assert.matches("bad option 'sink' %('memory', 'file' or 'pull'",
      start { path = "/", sink = "x" })
    assert.matches("bad option 'file' %(the sink 'file' needs", start { path = "/", sink = "file" })
    assert.matches("bad option 'file' %(only the sink", start { path = "/", file = "x" })
    assert.matches("bad option 'secrets'", start { path = "/", secrets = { x = "y" } })
    assert.matches("bad option 'change' %(boolean expected", start { path = "/", change = 1 })
    local transfer <close> = assert(client:start { path = "/v8/echo" })
    assert.matches("sink 'pull'", raised(transfer.read, transfer))
    assert.matches("positive", raised(transfer.read, transfer, 0))
  end)
end)

describe("handles", function()
  -- In a process of its own: what is forgotten here is counted against the whole run.
  local function run(code)
    return program.run(("VBO_CHECK_HANDLES= URL=%s PIN=%s %s -e %s"):format(echo.url,
      program.quoted(echo.fingerprint), program.vbolua, program.quoted([[
      local core = require "vbo.core"
      local function client_of(engine)
        local password <close> = assert(core.secret.new "right")
        return assert(core.client(engine, { url = os.getenv "URL", api_version = "v8", user = "u",
          password = password, pin = os.getenv "PIN" }))
      end
      local function collect() collectgarbage() collectgarbage() end
      ]] .. code)))
  end

  it("keep their parents alive", function()
    assert.equal("true\t200\n", (run [[
      local transfer <close> = (function()
        return assert(client_of(assert(core.engine())):start { path = "/v8/echo" })
      end)()
      collect()
      print(transfer:wait(), transfer:status())]]))
  end)

  it("are counted, and released by the collector when they are forgotten", function()
    assert.equal("1\t1\t2\t0\n0\t0\t0\t1\t1\t2\n", (run [[
      do
        local engine = assert(core.engine())
        local client = client_of(engine)
        local one, two = client:start { path = "/v8/stall" }, client:start { path = "/v8/echo" }
        local n = core.handles()
        print(n.engine.open, n.client.open, n.transfer.open, n.transfer.forgotten)
        one, two, client, engine = nil, nil, nil, nil
      end
      collect()
      local n = core.handles()
      print(n.engine.open, n.client.open, n.transfer.open, n.engine.forgotten, n.client.forgotten,
        n.transfer.forgotten)]]))
  end)

  it("that the collector took are not reported by their engine", function()
    assert.equal("nil\t0\n", (run [[
      local engine <close> = assert(core.engine())
      local client <close> = client_of(engine)
      do local forgotten = client:start { path = "/v8/echo" } end
      collect()
      print(engine:next(), engine:run(0))]]))
  end)

  it("may be closed in any order, at the end of the state too", function()
    local output, status = run [[
      Engine = assert(core.engine())
      Client = client_of(Engine)
      Transfer = Client:start { path = "/v8/stall" }
      Engine:close() Client:close()]]
    assert.equal("", output)
    assert.equal(0, status)
  end)
end)

describe("the C module", function()
  it("works in several Lua states of one process", function()
    -- Each -e of busted is one state; a second one comes from C.
    local source = folder .. "/states.c"
    local file = assert(io.open(source, "w"))
    file:write [[
      #include <curl/curl.h>
      #include <lauxlib.h>
      #include <lualib.h>
      #include <stdio.h>
      int main(int argc, char **argv) {
        lua_State *states[3];
        for (int i = 0; i < 3; i++) {
          states[i] = luaL_newstate();
          luaL_openlibs(states[i]);
          if (argc != 2 || luaL_dostring(states[i], argv[1]) != LUA_OK) {
            puts(lua_tostring(states[i], -1));
            return 1;
          }
        }
        for (int i = 0; i < 3; i += 2) lua_close(states[i]);
        if (luaL_dostring(states[1], "print(pcall(E.run, E, 0))") != LUA_OK) return 1;
        lua_close(states[1]);
        CURL *curl = curl_easy_init(); /* the host's own, with the module gone */
        curl_easy_setopt(curl, CURLOPT_URL, "http://127.0.0.1:1/");
        printf("%d\n", (int)curl_easy_perform(curl));
        curl_easy_cleanup(curl);
        curl_global_cleanup();
        return 0;
      }]]
    file:close()
    if os.getenv "VBO_SANITIZE" then
      pending "a sanitized module is not loaded by a program without sanitizers"
      return
    end
    local output, status = program.run(("cc -o %s/states %s "
      .. "$(pkg-config --cflags --libs lua5.4 libcurl) "
      .. "-Wl,-E && LUA_CPATH='%s/?.so' %s/states 'E = require \"vbo.core\".engine() "
      .. "print(E:run(0))'"):format(folder, source, os.getenv "VBO_BUILD" or "build", folder))
    assert.equal("0\n0\n0\ntrue\t0\n7\n", output)
    assert.equal(0, status)
  end)
end)
