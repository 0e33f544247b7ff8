-- Output that cannot be written, and programs that a runbook starts.

local core = require "vbo.core"
local program = require "spec.support.program"
local rehearsal = require "spec.support.rehearsal"
local vbo = require "vbo"

local folder, remove
setup(function() folder, remove = program.folder() end)
teardown(function() remove() end)

local function write(name, text)
  local file <close> = assert(io.open(folder .. "/" .. name, "w"))
  file:write(text)
  return folder .. "/" .. name
end

local function shell(text)
  return program.run(("cd %s; unset LUA_INIT VBO_CHECK_HANDLES; V=%s; %s"):format(
    program.quoted(folder), program.quoted(program.vbolua), text))
end

local has_full = program.run "test -c /dev/full && echo yes" == "yes\n"

describe("standard output", function()
  for what, code in pairs {
    print = "print 'x' print 'y'", ["io.write"] = "io.write 'x'",
    ["file:write"] = "io.stdout:write('x'):write('y')",
    ["os.exit"] = "io.write 'x' os.exit(0)",
    ["os.exit without closing"] = "io.write 'x' os.exit(0, false)",
  } do
    for name, where in pairs { full = has_full and ">/dev/full" or nil, closed = ">&-" } do
      it(("that is %s is an error for %s"):format(name, what), function()
        local output, status = shell(('"$V" -e "%s" %s; echo "status $?"'):format(code, where))
        assert.equal(0, status)
        assert.matches("^vbolua: cannot write the output: .* %[disk.*%]\n", output)
        assert.matches("status 13\n$", output)
      end)
    end
  end

  it("may be closed when a program writes nothing", function()
    assert.equal("status 0\n", (shell [["$V" -e "local x = 1" >&-; echo "status $?"]]))
    assert.equal("status 7\n", (shell [["$V" -e "os.exit(7)" >&-; echo "status $?"]]))
  end)

  it("keeps what io.write answers", function()
    if not has_full then return pending "there is no /dev/full" end
    local output = shell [["$V" -e "io.stdout:setvbuf 'no' local ok, why, code = io.write 'x'
      io.stderr:write(tostring(ok), ' ', type(why), ' ', math.type(code), '\n')" >/dev/full]]
    assert.matches("^nil string integer\n", output)
  end)

  describe("whose reader has gone", function()
    local server
    setup(function() server = rehearsal.start() end)
    teardown(function() server.stop() end)

    local script = [[
local vbo = require "vbo"
local way = arg[1]
local client = vbo.connect()
local session = client:organization("contoso.onmicrosoft.com"):explore {
  workload = "onedrive", at = "2026-11-18T22:00:00Z" }
local ways = {
  plain = function(fn) fn() end,
  pcall = function(fn) pcall(fn) end,
  try = function(fn) vbo.try(fn) end,
  parallel = function(fn) vbo.parallel({ 1, 2 }, function() return fn() end) end,
}
print "first"
ways[way](function()
  if arg[2] == "print" then while true do print "more" end end
  repeat until not (io.write "more\n" and io.flush())
  while true do end
end)
for _ = 1, 3 do
  pcall(function()
    session:onedrive("alice@contoso.com"):document("Todo.md"):restore { on_conflict = "keep" }
  end)
end
print "over"
]]

    for _, how in ipairs { "print", "write" } do
      for _, way in ipairs { "plain", "pcall", "try", "parallel" } do
        it(("ends the runbook in good order (%s, %s)"):format(how, way), function()
          write("pipe.lua", script)
          local settings = server.settings "v8"
          local output = shell(("{ VBO_HOST=%s VBO_USER=%s VBO_PASSWORD=%s VBO_PIN=%s "
            .. "VBO_VERSION=v8 \"$V\" pipe.lua %s %s; echo \"status $?\" >&2; } | head -n 1")
            :format(
            program.quoted(settings.url), program.quoted(settings.user),
            program.quoted(settings.password), program.quoted(settings.pin), way, how))
          assert.matches("first\n", output)
          assert.matches("status 141\n", output)
          for _, row in ipairs(server.ask("GET", "/sim/sessions")) do
            assert.equal("Stopped", row.state)
          end
          assert.same({}, server.changes())
        end)
      end
    end
  end)
end)

describe("a program that a runbook starts", function()
  -- Compares with Lua's own functions.
  it("gives what it gives in lua", function()
    write("commands.lua", [[
      print(os.execute())
      print(os.execute "exit 0")
      print(os.execute "exit 3")
      print(os.execute "kill -9 $$")
      print(os.execute "kill -TERM $$")
      print(os.execute "nosuchcommandatall 2>/dev/null")
      print(pcall(io.popen, "true", "rw"))
      print(pcall(io.popen))
      local pipe = io.popen("echo one; echo two; exit 4")
      print(io.type(pipe), pipe:read "l", pipe:read "a", pipe:read "l")
      print(pipe:close())
      print(io.type(pipe), pcall(pipe.close, pipe))
      for line in io.popen("printf 'a\nb'"):lines() do print(line) end
      local to <close> = io.popen("cat; kill -9 $$", "w")
      to:write "written\n"
      print(to:close())
      print(io.popen("true"):close())
      local broken = io.popen("exec cat >/dev/null", "w")
      print(broken:write("x"), broken:flush() ~= nil, broken:close())
      print(#io.popen("sleep 0.01"):read "a")
      io.stdout:write "before "
      io.stdout:flush()
      os.execute "echo child"
      io.popen("cat", "w"):write "at the end of the program\n"]])
    local expected, status = shell "lua5.4 commands.lua"
    local got, own = shell [["$V" commands.lua]]
    assert.equal(expected:gsub("lua5%.4", "V"), (got:gsub("vbolua", "V")))
    assert.equal(status, own)
  end)

  it("gets the signals of its own, not those that are ignored here", function()
    -- Proves it by PIPE: children inherit an ignored signal.
    assert.equal("ended by PIPE\n", (shell [["$V" -e '
      local _, how, number = os.execute "kill -PIPE $$"
      print("ended by " .. (how == "signal" and number == 13 and "PIPE" or how))']]))
  end)

  for what, code in pairs {
    ["os.execute"] = "os.execute 'touch MARK; exec sleep 60 >/dev/null'",
    ["a shell that goes on"] =
      "os.execute 'touch MARK; sleep 3 >/dev/null 2>&1; sleep 60 >/dev/null 2>&1'",
    ["a read of io.popen"] = "io.popen('touch MARK; exec sleep 60'):read 'a'",
    ["the close of io.popen"] = "io.popen('touch MARK; exec sleep 60 >/dev/null', 'w'):close()",
    ["one that ignores signals"] =
      [[os.execute "exec >/dev/null 2>&1; trap '' TERM INT; touch MARK; sleep 4; sleep 1"]],
  } do
    it("is left at once when a signal comes: " .. what, function()
      local mark = folder .. "/" .. what:gsub(" ", "_")
      local path = write("child.lua", "io.stdout:setvbuf 'line'\nprint 'ready: yes'\n"
        .. code:gsub("MARK", mark) .. "\nprint 'goes on'")
      local run <close> = program.start(("%s %s 2>&1 </dev/null"):format(program.vbolua, path),
        "ready")
      local began = os.time()
      while not core.stat(mark) and os.time() - began < 120 do vbo.sleep(0.01) end
      assert(os.execute("kill -TERM " .. run.pid))
      local output, status = run.wait()
      assert.equal(143, status)
      assert.matches("stopped by a signal %[cancelled%]", output)
      assert.not_matches("goes on", output)
    end)
  end
end)
