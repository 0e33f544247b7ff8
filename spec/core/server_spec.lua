-- The rehearsal server's HTTP side, driven by the curl command line from the same process: the
-- server moves only in `next`, so every test starts curl in the background and serves meanwhile.

local program = require "spec.support.program"
local server = require "vbo.server"

local MIB = 1024 * 1024

describe("the rehearsal server's HTTP side", function()
  local folder, remove, runs

  setup(function()
    folder, remove = program.folder()
    runs = 0
  end)

  teardown(function() remove() end)

  local function content(path)
    local file = io.open(path, "rb")
    if not file then return nil end
    local text <const> = file:read "a"
    file:close()
    return text
  end

  --- A curl command line that has not ended; `finished()` gives what it did once it has.
  local function start(arguments)
    runs = runs + 1
    local base = folder .. "/run" .. runs
    assert(os.execute(("( { curl -sSk --max-time 100 %s; } >BASE.out 2>BASE.err; "
      .. "echo $? >BASE.rc.new; mv BASE.rc.new BASE.rc ) &"):format(arguments)
      :gsub("BASE", base)))
    return {
      finished = function()
        local status = content(base .. ".rc")
        if not status then return nil end
        return { status = tonumber(status), out = content(base .. ".out"),
          err = content(base .. ".err") }
      end,
    }
  end

  --- Serves until every run has ended; without `handle`, requests are left to the collector.
  local function serve(srv, handle, ...)
    local results, left = {}, select("#", ...)
    local pending = { ... }
    while left > 0 do
      do
        local request, why = srv:next(0.02)
        assert(request or not why, why and (why.message or why))
        if request and handle then handle(request) end
      end
      if not handle then collectgarbage() end
      for i, run in pairs(pending) do
        results[i] = run.finished()
        if results[i] then
          pending[i] = nil
          left = left - 1
        end
      end
    end
    return results
  end

  local function curl(srv, arguments, handle)
    return serve(srv, handle, start((arguments:gsub("URL", srv:url()))))[1]
  end

  local function refused(kind, ...)
    local value, err = ...
    assert.is_nil(value)
    assert.equal(kind, err.kind)
    return err.message
  end

  -- Every test but the last runs with epoll and with select(), which macOS has to do with.
  for _, how in ipairs { "epoll", "select" } do
    describe("with " .. how, function()
      local srv

      before_each(function() srv = assert(server.listen { select = how == "select" }) end)
      after_each(function() srv:close() end)

      it("passes a request on as it was sent, and its answer back", function()
        local seen
        local result = curl(srv, "-i -X POST --data-binary 'hällo' -H 'Content-Type: text/x' "
          .. "-H 'X-Twice: 1' -H 'x-twice: 2' 'URL/v8/a%20B//c?x=%31&y'", function(request)
          seen = { method = request.method, target = request.target, path = request.path,
            query = request.query, body = request:body(), type = request:header "content-TYPE",
            twice = request:headers()["x-twice"], missing = request:header "x-none",
            peer = request:peer(), unknown = request.unknown, gone = request:gone() }
          assert.is_true(request:reply {
            status = 201, headers = { ["X-List"] = { "a", "b" }, ["X-One"] = 1 }, body = "wörld" })
        end)
        assert.matches("^127%.0%.0%.1:%d+$", seen.peer)
        seen.peer = nil
        assert.same({ method = "POST", target = "/v8/a%20B//c?x=%31&y", path = "/v8/a%20B//c",
          query = "x=%31&y", body = "hällo", type = "text/x", twice = "1, 2", gone = false }, seen)
        assert.equal(0, result.status, result.err)
        assert.matches("^HTTP/1.1 201 ", result.out)
        assert.matches("\r\nX%-List: a\r\nX%-List: b\r\n", result.out)
        assert.matches("\r\nX%-One: 1\r\n", result.out)
        assert.matches("\r\nContent%-Length: 6\r\n", result.out)
        assert.matches("\r\n\r\nwörld$", result.out)
      end)

      it("accepts bodies in chunks and with Expect, and answers 413 to longer ones", function()
        local limited <close> = assert(server.listen { max_body = 5 * MIB,
          select = how == "select" })
        local path = folder .. "/body"
        local file <close> = assert(io.open(path, "wb"))
        file:write(server.generated(9, 0, 5 * MIB))
        file:close()
        local function length(request) request:reply { body = #request:body() .. ";" } end
        local send = "-w ' %{http_code}' --data-binary @" .. path
        assert.equal("5242880; 200", curl(limited, send .. " URL/", length).out)
        assert.equal("5242880; 200",
          curl(limited, "-H 'Transfer-Encoding: chunked' " .. send .. " URL/", length).out)
        assert(os.execute("printf x >>" .. path))
        assert.matches(" 413$", curl(limited, send .. " URL/", length).out)
        assert.matches(" 413$",
          curl(limited, "-H 'Transfer-Encoding: chunked' " .. send .. " URL/", length).out)
      end)

      it("keeps a connection for the next request", function()
        local peers = {}
        local result = curl(srv, "-w '%{num_connects} ' URL/1 -o /dev/null URL/2 -o /dev/null "
          .. "-I URL/3", function(request)
          peers[request:peer()] = true
          request:reply { body = request.path }
        end)
        assert.equal(0, result.status, result.err)
        assert.is_truthy(next(peers))
        assert.is_nil(next(peers, (next(peers))))
      end)

      it("streams a size it knows, whole, in constant memory", function()
        local size = os.getenv "VBO_SANITIZE" and 32 * MIB or 1024 * MIB
        if how == "select" then size = 32 * MIB end
        local stream = assert(server.stream.generate { seed = 7, size = size })
        local function peak()
          local status = content "/proc/self/status"
          return status and tonumber(status:match "VmHWM:%s+(%d+)")
        end
        local before = peak()
        local result = curl(srv, "-w '%{stderr}%{size_download}' URL/big | sha256sum",
          function(request) assert(request:reply { stream = stream }) end)
        local hex, bytes = stream:sha256()
        assert.equal(size, bytes)
        assert.equal(hex, result.out:match "^%x+")
        assert.equal(("%d"):format(size), result.err)
        if before and not os.getenv "VBO_SANITIZE" then
          assert.is_true(peak() - before < 16 * 1024, "memory grew with the file")
        end
      end)

      it("serves 64 at once", function()
        local commands, held = {}, {}
        for i = 1, 64 do
          commands[i] = start(("-w ' %%{http_code}' -d %d %s/%d"):format(i, srv:url(), i))
        end
        -- None is answered before the last has come in.
        local results = serve(srv, function(request)
          held[#held + 1] = request
          if #held == 64 then
            for _, each in ipairs(held) do
              each:reply { stream = server.stream.concat {
                server.stream.bytes(each.path .. " "), server.stream.bytes(each:body()) } }
            end
          end
        end, table.unpack(commands))
        for i = 1, 64 do assert.equal(("/%d %d 200"):format(i, i), results[i].out) end
      end)

      it("delays, stalls, cuts and resets answers on request", function()
        local body = ("x"):rep(1000)
        local function weather(reply, arguments)
          reply.body = reply.body or body
          local result = curl(srv, "-w ' %{http_code} %{size_download}' -o /dev/null "
            .. (arguments or "") .. " URL/", function(request) assert(request:reply(reply)) end)
          return result.status, result.out
        end
        local function check(status, out, ...)
          local got_status, got_out = weather(...)
          assert.equal(status, got_status)
          assert.equal(out, got_out)
        end
        check(18, " 200 100", { truncate_at = 100 }) -- curl: transfer closed with bytes remaining
        check(18, " 200 0", { truncate_at = 0 })
        check(0, " 200 1000", { truncate_at = 1000 }) -- nothing was left to cut
        check(52, " 000 0", { abort = true }) -- curl: empty reply from server
        check(56, " 000 0", { reset = true }) -- curl: connection reset by peer
        check(56, " 200 100", { reset_at = 100 })
        check(28, " 200 10", { stall_at = 10 }, "-m 1") -- curl: timed out
        check(28, " 000 0", { stall = true }, "-m 1")
        check(0, " 200 1000", { delay = 0.1 })
        check(28, " 000 0", { delay = 30 }, "-m 1")
        check(0, " 200 10", { content_length = "10" }) -- the rest is too much: curl leaves it
        check(18, " 200 1000", { content_length = "2000" })
        check(0, " 200 1000", { unframed = true })
        local _, out = weather({ rate = 100, body = ("x"):rep(10000) }, "-m 3")
        local got = tonumber(out:match " (%d+)$")
        assert.is_true(got > 0 and got < 10000, out)
        -- A stalled client that has left is noticed: its request ends by itself.
        local stalled
        curl(srv, "-m 3 URL/", function(request)
          stalled = request
          request:reply { stall = true }
        end)
        for _ = 1, 1200 do
          if stalled:gone() then break end
          srv:next(0.05)
        end
        assert.is_true(stalled:gone())
      end)

      it("breaks an answer off when its stream fails", function()
        local zip = assert(server.stream.zip { { name = "\xff\xfe", stream =
          server.stream.bytes "x" } })
        local result = curl(srv, "-o /dev/null URL/", function(request)
          request:reply { stream = zip }
        end)
        assert.equal(18, result.status, result.err)
      end)

      it("breaks an answer off on request", function()
        local body = ("x"):rep(8 * MIB)
        local function broken(reply, when)
          local done
          local run = start("-o /dev/null -w '%{http_code} %{size_download}' " .. srv:url() .. "/")
          local results = serve(srv, function(request)
            assert(request:reply(reply))
            when()
            done = request:break_off()
          end, run)
          return done, results[1].status, results[1].out
        end
        -- As it comes: whatever way its bytes would have gone, and before its first.
        local function at_once() end
        local zip = server.stream.zip { { name = "x", stream = server.stream.bytes(body) } }
        for _, reply in ipairs { { body = body }, { stream = zip }, { body = body, delay = 60 },
          { body = body, rate = 1000 }, { body = body, status = 201, truncate_at = 3 * MIB } } do
          reply.breakable = true
          local done, status, out = broken(reply, at_once)
          assert.is_true(done)
          assert.equal(18, status)
          assert.equal((reply.status or 200) .. " 0", out)
        end
        -- In the middle of its body.
        local done, status, out = broken({ body = body, rate = 40000, breakable = true }, function()
          srv:next(0.2)
        end)
        assert.is_true(done)
        assert.equal(18, status)
        assert.is_true(tonumber(out:match " (%d+)") > 0)
        -- Not what was not promised, and not what is over.
        done, status = broken({ body = body }, at_once)
        assert.is_false(done)
        assert.equal(0, status)
        local held
        curl(srv, "URL/", function(request)
          held = request
          assert.is_false(request:break_off())
          request:reply { body = "x", breakable = true }
        end)
        assert.is_false(held:break_off())
      end)

      it("answers once, and answers 500 when the program forgets", function()
        local again, late
        local result = curl(srv, "URL/", function(request)
          assert(request:reply { body = "first" })
          again = { request:reply { body = "second" } }
          late = request
        end)
        assert.equal("first", result.out)
        assert.matches("answered already", refused("closed", table.unpack(again, 1, 2)))
        late:close()
        late:close()
        assert.matches("request is closed", refused("closed", late:reply {}))
        result = curl(srv, "-w ' %{http_code}' URL/")
        assert.matches("this request was not answered\n 500$", result.out)
      end)

      it("ends what it holds when it is closed", function()
        local held
        local run = start(srv:url() .. "/")
        repeat held = srv:next(0.05) until held
        local streaming = start("-o /dev/null " .. srv:url() .. "/")
        local second
        repeat second = srv:next(0.05) until second
        assert(second:reply { rate = 1000, stream = server.stream.generate { size = MIB } })
        assert.is_nil(srv:next(0.1))
        srv:close()
        srv:close()
        assert.is_true(held:gone())
        assert.equal("/", held.path)
        assert.matches("gone", refused("closed", held:reply { body = "x" }))
        assert.matches("server is closed", refused("closed", srv:next(0)))
        assert.matches("server is closed", refused("closed", srv:port()))
        -- Their ends are seen by curl, in whatever order the collector takes the handles.
        local ended = { run, streaming }
        for _ = 1, 1200 do
          for i, each in pairs(ended) do
            local result = each.finished()
            if result then
              assert.is_true(result.status ~= 0)
              ended[i] = nil
            end
          end
          if not next(ended) then break end
          os.execute "sleep 0.05"
        end
        assert.is_nil(next(ended))
      end)
    end)
  end

  it("ends connections on which nothing moves, and frees what they held", function()
    if not os.execute "command -v bash >/dev/null" then return pending "bash opens the sockets" end
    local srv <close> = assert(server.listen { tls = false, idle_timeout = 1 })
    -- One sends half a request, the other asks for a large answer and never reads it.
    local function open(text, after)
      local pipe <close> = assert(io.popen(([[bash -c '
        exec 3<>/dev/tcp/127.0.0.1/%d; printf "%s" >&3; %s' >/dev/null 2>&1 & echo $!]])
        :format(srv:port(), text, after)))
      return pipe:read "n"
    end
    local half = open([[GET /half HTTP/1.1\r\n]], "cat <&3; echo >" .. folder .. "/ended")
    local deaf = open([[GET /deaf HTTP/1.1\r\nHost: x\r\n\r\n]], "exec sleep 100")
    local finally <close> = setmetatable({}, { __close = function()
      os.execute(("kill %d %d 2>/dev/null"):format(half, deaf))
    end })
    local asked
    repeat
      local request, why = srv:next(0.05)
      assert(request or not why, why and (why.message or why))
      if request then
        assert.equal("/deaf", request.path)
        asked = request
        assert(request:reply { stream = server.stream.generate { size = 1 << 40 } })
        assert.is_false(request:gone())
      end
    until asked and asked:gone() and content(folder .. "/ended")
    assert.is_not_nil(finally)
  end)

  it("names the wrong option of a reply", function()
    local srv <close> = assert(server.listen {})
    local messages = {}
    curl(srv, "URL/", function(request)
      local function bad(reply)
        local _, err = pcall(request.reply, request, reply)
        messages[#messages + 1] = err
      end
      bad { staus = 200 }
      bad { status = 42 }
      bad { body = "x", stream = server.stream.bytes "x" }
      bad { truncate_at = 1, reset = true }
      bad { truncate_at = -1 }
      bad { headers = { x = true } }
      bad { stream = "x" }
      messages[#messages + 1] = refused("usage", request:reply { headers = { ["a b"] = "x" } })
      messages[#messages + 1] = refused("usage", request:reply { headers = { a = "x\r\nb: c" } })
      messages[#messages + 1] =
        refused("usage", request:reply { headers = { ["content-length"] = "1" } })
      assert(request:reply { body = "after all" })
    end)
    assert.matches("has no option 'staus'$", messages[1])
    assert.matches("'status' %(200 to 599", messages[2])
    assert.matches("a body or a stream, not both", messages[3])
    assert.matches("'reset' %(one fault at a time", messages[4])
    assert.matches("'truncate_at' %(bytes", messages[5])
    assert.matches("values are strings, got boolean", messages[6])
    assert.matches("stream expected, got string", messages[7])
    assert.matches("name must be a token, got 'a b'", messages[8])
    assert.matches("more than one line", messages[9])
    assert.matches("follows from the body", messages[10])
  end)

  it("stops waiting for a signal", function()
    local srv <close> = assert(server.listen { signals = true })
    assert.matches("takes the signals", refused("usage", server.listen { signals = true }))
    -- The shell's parent is this process; a signal that comes before the wait is not lost.
    assert(os.execute "kill -TERM $PPID")
    local request, why = srv:next(60)
    assert.is_nil(request)
    assert.equal("interrupted", why)
    assert.same({ n = 1 }, table.pack(srv:next(0)))
  end)

  it("listens at the given address and port", function()
    local first <close> = assert(server.listen { address = "127.0.0.1" })
    assert.equal("https://127.0.0.1:" .. first:port(), first:url())
    assert.matches("another program does already",
      refused("network", server.listen { port = first:port() }))
    assert.matches("cannot listen on 'no such host'",
      refused("network", server.listen { address = "no such host" }))
    assert.matches("has no such address",
      refused("network", server.listen { address = "192.0.2.1" }))
    local plain <close> = assert(server.listen { tls = false })
    assert.equal("http://127.0.0.1:" .. plain:port(), plain:url())
    assert.equal("", plain:fingerprint())
    assert.equal("hi", curl(plain, "URL/", function(request) request:reply { body = "hi" } end).out)
    local everywhere <close> = assert(server.listen { address = "0.0.0.0" })
    assert.equal("https://localhost:" .. everywhere:port(), everywhere:url())
    local six <close> = server.listen { address = "::1" }
    if six then -- a machine may have no IPv6
      assert.equal("https://[::1]:" .. six:port(), six:url())
      local peer
      curl(six, "'URL/'", function(request)
        peer = request:peer()
        request:reply {}
      end)
      assert.matches("^%[::1%]:%d+$", peer)
    end
  end)

  it("has a certificate that clients can trust, or be warned of", function()
    local function verified(options, host)
      local srv <close> = assert(server.listen(options))
      local ca = folder .. "/ca.pem"
      local file <close> = assert(io.open(ca, "w"))
      file:write(srv:certificate())
      file:close()
      assert.equal(srv:fingerprint(), server.fingerprint(srv:certificate()))
      local run = start(("--no-insecure --cacert %s --resolve other.example:%d:127.0.0.1 "
        .. "https://%s:%d/"):format(ca, srv:port(), host, srv:port()))
      return serve(srv, function(request) request:reply { body = "ok" } end, run)[1]
    end
    assert.equal("ok", verified({}, "127.0.0.1").out)
    assert.equal("ok", verified({}, "localhost").out)
    assert.equal(60, verified({}, "other.example").status) -- curl: not to be verified
    local function with(options)
      local certificate, key = assert(server.certificate(options))
      return { certificate = certificate, key = key }
    end
    assert.equal("ok", verified(with { names = { "other.example" } }, "other.example").out)
    assert.equal("ok", verified(with { names = { "other.example" } }, "localhost").out)
    assert.equal(60, verified(
      with { names = { "other.example" }, only_names = true }, "127.0.0.1").status)
    local day = 24 * 60 * 60
    local expired = verified(with { not_before = os.time() - 10 * day, days = 9 }, "127.0.0.1")
    assert.equal(60, expired.status)
    assert.matches("expired", expired.err)
    assert.equal("ok",
      verified(with { not_before = os.time() - 10 * day, days = 11 }, "127.0.0.1").out)

    local one, other = with {}, with {}
    assert.not_equal(server.fingerprint(one.certificate), server.fingerprint(other.certificate))
    assert.matches("must be in PEM", refused("usage", server.fingerprint "nonsense"))
    assert.matches("needs its key", refused("usage",
      server.listen { certificate = one.certificate }))
    refused("usage", server.listen { certificate = one.certificate, key = other.key })
  end)

  it("speaks TLS 1.2 and 1.3 only", function()
    local srv <close> = assert(server.listen {})
    local function version(arguments)
      return curl(srv, arguments .. " URL/", function(request) request:reply { body = "ok" } end)
    end
    assert.equal("ok", version("--tlsv1.2 --tls-max 1.2").out)
    assert.equal("ok", version("--tlsv1.3").out)
    assert.equal(35, version("--tlsv1.0 --tls-max 1.1 --ciphers DEFAULT@SECLEVEL=0").status)
  end)

  it("says which library is missing", function()
    -- The loader finds an empty file first, which is not a library.
    local fake = folder .. "/fake"
    assert(os.execute("mkdir " .. fake))
    for _, name in ipairs { "libmicrohttpd.so.12", "libmicrohttpd.so", "libarchive.so.13",
      "libarchive.so", "libgmime-3.0.so.0", "libgmime-3.0.so" } do
      assert(io.open(fake .. "/" .. name, "w")):close()
    end
    local script = folder .. "/missing.lua"
    local file <close> = assert(io.open(script, "w"))
    file:write [[
      local server = require "vbo.server"
      for _, result in ipairs { { server.listen {} }, { server.stream.zip {} },
        { server.mail "" } } do
        print(result[1], result[2].kind, result[2].message, result[2].hint)
      end
    ]]
    file:close()
    local output, status = program.run(("LD_LIBRARY_PATH=%s %s %s"):format(
      fake, program.quoted(program.vbolua), script))
    assert.equal(0, status, output)
    assert.matches("nil\tunsupported\tthe rehearsal server needs libmicrohttpd\t"
      .. "Debian: apt install libmicrohttpd12", output, 1, true)
    assert.matches("nil\tunsupported\tthe rehearsal server needs libarchive\tDebian: apt install "
      .. "libarchive13", output, 1, true)
    assert.matches("nil\tunsupported\tthe rehearsal server needs GMime to read mail\tDebian: apt "
      .. "install libgmime-3.0-0", output, 1, true)
    -- A world of mail says so before it serves any.
    assert(os.execute("mkdir -p " .. folder .. "/world/mail/maja@north.example"))
    output, status = program.run(("LD_LIBRARY_PATH=%s %s -e %s 2>&1"):format(fake,
      program.quoted(program.vbolua), program.quoted(
        ("print(pcall(require('vbo.sim.world').open, '%s/world'))"):format(folder))))
    assert.equal(0, status, output)
    assert.matches("apt install libgmime-3.0-0", output, 1, true)
  end)
end)

describe("a stream", function()
  local stream = server.stream

  it("of generated bytes is the same from every place", function()
    for _, text in ipairs { false, true } do
      local whole = server.generated(42, 0, 1000, text)
      assert.equal(1000, #whole)
      for _, place in ipairs { { 0, 1 }, { 1, 7 }, { 3, 2 }, { 7, 9 }, { 8, 8 }, { 13, 500 },
        { 999, 1 }, { 500, 0 } } do
        assert.equal(whole:sub(place[1] + 1, place[1] + place[2]),
          server.generated(42, place[1], place[2], text))
      end
      assert.not_equal(whole, server.generated(43, 0, 1000, text))
    end
    -- SplitMix64's first values for the seed 1234567, as its author's program prints them.
    assert.equal(string.pack("<I8I8", 6457827717110365317, 3203168211198807973),
      server.generated(1234567, 0, 16))
    -- Far behind what 32 bits count, and a whole number of lines of text.
    assert.equal(16, #server.generated(1, 1 << 40, 16))
    assert.matches("^[%a\n ]+$", server.generated(1, 0, 800, true))
    assert.equal("\n", server.generated(1, 79, 1, true))
    assert.has_error(function() server.generated(1, -1, 1) end)
    assert.has_error(function() stream.generate { seed = 1 } end)
  end)

  it("can be joined, hashed and used again", function()
    local parts = stream.concat { stream.bytes "ab", stream.bytes "", stream.concat {},
      stream.generate { seed = 5, size = 100000 }, stream.bytes "yz" }
    assert.equal(100004, parts:size())
    local expected = stream.bytes("ab" .. server.generated(5, 0, 100000) .. "yz")
    assert.equal(expected:sha256(), parts:sha256())
    assert.equal(expected:sha256(), (server.sha256_of(parts)))
    assert.equal("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
      (stream.bytes(""):sha256()))
    assert.has_error(function() stream.concat { "x" } end)
    parts:close()
    parts:close()
    assert.error_matches(function() parts:size() end, "the stream is closed")
  end)

  it("is a ZIP that other programs open, with every name", function()
    local folder, remove = program.folder()
    local names = { "plain.txt", "Grüße aus Köln.txt", "漢字/", "漢字/仮名 😀.txt", "a 'b' \"c\".txt",
      ("n"):rep(200) .. ".txt", "empty.txt", "big.bin", "small.bin", "inner.zip" }
    local entries, expected = {}, {}
    for i, name in ipairs(names) do
      local bytes = ("content of %s\n"):format(name):rep(i * 100)
      entries[i] = { name = name, mtime = 1763676000 + 2 * i, stream = stream.bytes(bytes) }
      expected[name] = bytes
    end
    entries[3].stream = nil
    entries[7].stream, expected["empty.txt"] = nil, ""
    entries[8].stream = stream.generate { seed = 3, size = 17 * MIB }
    entries[8].mtime = nil
    expected["big.bin"] = server.generated(3, 0, 17 * MIB)
    entries[9].method = "store"
    entries[10].stream = stream.zip { { name = "deep.txt", stream = stream.bytes "deep" } }
    expected["inner.zip"] = nil
    local zip = assert(stream.zip(entries))
    assert.is_nil(zip:size())

    local srv <close> = assert(server.listen {})
    local path = folder .. "/x.zip"
    assert(os.execute(("( curl -sk -o %s.new %s; mv %s.new %s ) &"):format(path, srv:url(), path,
      path)))
    local file
    repeat
      local request = srv:next(0.02)
      if request then assert(request:reply { stream = zip }) end
      file = io.open(path, "rb")
    until file
    local bytes = file:read "a"
    file:close()
    local hex, size = zip:sha256()
    assert.equal(#bytes, size)
    assert.equal((stream.bytes(bytes):sha256()), hex)

    assert.matches("No errors detected", (program.run("unzip -t " .. path)))
    assert.equal(0, select(2, program.run(("cd %s && bsdtar -xf x.zip"):format(folder))))
    for name, text in pairs(expected) do
      if name:sub(-1) ~= "/" then
        local out = assert(io.open(folder .. "/" .. name, "rb"), name)
        assert.is_true(out:read "a" == text, name)
        out:close()
      end
    end
    assert.equal("1763676008\n",
      (program.run(("stat -c %%Y '%s/漢字/仮名 😀.txt'"):format(folder))))
    assert.matches("No errors", (program.run(("unzip -t %s/inner.zip"):format(folder))))
    -- Large files are stored; small ones are deflated by default.
    local listing = program.run("unzip -v " .. path)
    assert.matches("Stored[^\n]+big.bin", listing)
    assert.matches("Stored[^\n]+small.bin", listing)
    assert.matches("Defl[^\n]+plain.txt", listing)
    remove()
  end)

  it("is an empty ZIP, or one beyond 4 GiB that says so", function()
    local zip = assert(stream.zip {})
    local _, size = zip:sha256()
    assert.equal(22, size)
    assert.has_error(function() stream.zip { { stream = stream.bytes "x" } } end)
    assert.has_error(function() stream.zip { { name = "x", method = "bzip2" } } end)
    if os.getenv "VBO_SANITIZE" then return end -- five gigabytes through ASan say nothing more
    local big = 4 * 1024 * MIB + 5
    zip = assert(stream.zip { { name = "big", stream = stream.generate { seed = 1, size = big } },
      { name = "behind", stream = stream.bytes "x" } })
    local srv <close> = assert(server.listen { tls = false })
    local folder, remove = program.folder()
    -- bsdtar lists from the pipe: nothing of that size touches the disk.
    assert(os.execute(("( curl -s %s | bsdtar -tvf - >%s/new 2>&1; mv %s/new %s/list ) &"):format(
      srv:url(), folder, folder, folder)))
    local list
    repeat
      local request = srv:next(0.02)
      if request then assert(request:reply { stream = zip }) end
      list = io.open(folder .. "/list")
    until list
    local text = list:read "a"
    list:close()
    remove()
    assert.matches(("%d"):format(big), text)
    assert.matches("behind", text)
  end)
end)
