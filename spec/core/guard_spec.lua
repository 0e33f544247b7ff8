-- Checks what a program that uses the module exposes to children, a terminal and the reader of
-- standard error.

local program = require "spec.support.program"
local rehearsal = require "spec.support.rehearsal"

local quoted = program.quoted
local linux <const> = io.open "/proc/self/fd" ~= nil
-- A sanitized module wants a sanitized program around it.
local sanitized <const> = os.getenv "VBO_SANITIZE" ~= nil

describe("a program that is connected", function()
  local server, folder, remove

  setup(function()
    server = rehearsal.start()
    folder, remove = program.folder()
  end)

  teardown(function()
    server.stop()
    remove()
  end)

  -- Runs a runbook: the rest of the command is behind it.
  local function run(interpreter, code, rest)
    local path = folder .. "/runbook.lua"
    local file <close> = assert(io.open(path, "w"))
    file:write(code)
    file:close()
    local where = server.settings()
    return program.run(("VBO_HOST=%s VBO_USER=%s VBO_PASSWORD=%s VBO_PIN=%s %s %s %s"):format(
      where.url, where.user, where.password, where.pin, interpreter, quoted(path), rest or ""))
  end

  local connected <const> = [[
    local vbo = require "vbo"
    local client <close> = vbo.connect()
    assert(client:organizations():first())
  ]]

  -- The kinds of what is open in a child beyond what this spec hands down itself.
  local listing <const> = [[for f in /proc/self/fd/*; do readlink $f; done]]

  it("hands no connection and no file down to the programs it starts", function()
    if not linux then return pending "/proc/self/fd is Linux's" end
    local code = connected .. ([[
      local kept = assert(io.open(%q, "w"))
      local first = io.popen("cat >/dev/null", "w")
      os.execute(%q)
      local pipe <close> = io.popen(%q)
      print(pipe:read "a")
      kept:write "x"
      first:close()
    ]]):format(folder .. "/kept.txt", listing, listing)
    local output, status = run(quoted(program.vbolua), code, "<&- 3</dev/null")
    assert.equal(0, status, output)
    assert.is_nil(output:find("socket:", 1, true), output)
    assert.is_nil(output:find("anon_inode", 1, true), output)
    assert.is_nil(output:find("kept.txt", 1, true), output)
    -- Descriptors that a parent passed on purpose stay open.
    assert.is_truthy(output:find("/dev/null", 1, true), output)
  end)

  it("does not hand its connections down in another interpreter either", function()
    if not linux then return pending "/proc/self/fd is Linux's" end
    if sanitized then return pending "stock Lua cannot load a sanitized module" end
    local output, status = run("lua5.4", connected .. ("os.execute(%q)"):format(listing))
    assert.equal(0, status, output)
    assert.is_nil(output:find("socket:", 1, true), output)
  end)

  it("keeps what is logged away from a server when standard error is closed", function()
    for _, interpreter in ipairs { quoted(program.vbolua), not sanitized and "lua5.4" or nil } do
      local output, status = run(interpreter, connected .. [[
        io.stderr:write(("not for the server\n"):rep(1000))
        io.stderr:flush()
        assert(client:organizations():first().name)
        print(client:organizations():count() > 0)
      ]], "2>&-")
      assert.equal(0, status, output)
      assert.equal("true\n", output)
    end
  end)

  it("saves whole files with standard input, output and error closed", function()
    local target = folder .. "/save"
    assert(os.execute("mkdir " .. quoted(target)))
    local output, status = run(quoted(program.vbolua), connected .. ([[
      local session <close> = client:organization "contoso.onmicrosoft.com"
        :explore { workload = "onedrive", at = "2026-11-18T22:00:00Z" }
      local document = session:onedrives():first():documents():first()
      local saved = document:save { to = %q }
      io.stderr:write "not for the file"
      local file <close> = assert(io.open(%q .. "/said", "w"))
      file:write(saved.path, " ", saved.size)
    ]]):format(target, target), "<&- >&- 2>&-")
    assert.equal(0, status, output)
    local file <close> = assert(io.open(target .. "/said"))
    local path, size = file:read "a":match "^(.*) (%d+)$"
    local saved <close> = assert(io.open(path, "rb"))
    assert.equal(tonumber(size), #saved:read "a")
  end)

  it("shows what steers a terminal as text there, and writes it as it is elsewhere", function()
    local name = "a\27]0;owned\7b\u{9B}31mc\u{202E}d\x9B\tend\u{200B}"
    local code = ("print(%q, 1)\nio.write 'raw\\27[m'"):format(name)
    local output = run(quoted(program.vbolua), code, "| cat")
    assert.equal(name .. "\t1\nraw\27[m", output)
    local path = folder .. "/runbook.lua"
    local shown = program.run(("TERM=xterm LC_ALL=C.UTF-8 timeout 30 script -qec %s /dev/null "
      .. "</dev/null"):format(quoted(quoted(program.vbolua) .. " " .. quoted(path))))
    assert.is_truthy(shown:find("a\\x1B]0;owned\\x07b\\u{009B}31mc\\u{202E}d\\x9B\tend\\u{200B}\t1",
      1, true), shown)
    assert.is_truthy(shown:find("raw\27[m", 1, true), shown)
  end)
end)
