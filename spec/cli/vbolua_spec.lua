-- The interpreter: what `lua` takes, errors, interrupts, the REPL.

local core = require "vbo.core"
local program = require "spec.support.program"

local vbolua = program.vbolua
if vbolua:sub(1, 1) ~= "/" then
  local pipe = assert(io.popen "pwd")
  vbolua = pipe:read "l" .. "/" .. vbolua
  pipe:close()
end
local quoted = program.quoted

local folder, remove_folder

local function write(name, text)
  local path = folder .. "/" .. name
  local file = assert(io.open(path, "wb"))
  file:write(text)
  file:close()
  return path
end

--- Runs shell text in the folder with V as the interpreter: output (with stderr), status.
local function shell(text, interpreter)
  return program.run(("cd %s && unset LUA_INIT LUA_INIT_5_4 VBO_TRACE VBO_CHECK_HANDLES\nV=%s\n%s")
    :format(quoted(folder), quoted(interpreter or vbolua), text))
end

setup(function() folder, remove_folder = program.folder() end)
teardown(function() remove_folder() end)

describe("vbolua takes what lua takes:", function()
  -- Both run; what they write and their statuses are the same.
  local function like_lua(text)
    local expected, expected_status = shell(text, "lua5.4")
    local got, status = shell(text)
    assert.equal(expected, got)
    assert.equal(expected_status, status)
    return got
  end

  setup(function()
    write("args.lua", [[print(select("#", ...), ...)
      local low = 0
      while arg[low - 1] do low = low - 1 end
      print(#arg, arg[0], low, table.concat(arg, ",", low + 1))]])
    write("exec.lua", "#!/usr/bin/env lua\nreturn print('shebang', ...)")
    write("global.lua", "return { name = ... }")
    write("init.lua", "INIT = 'from a file'")
    write("-dash.lua", "print('dash')")
  end)

  local lines = {
    "a script with arguments", [["$V" args.lua a 'b c' -x | sed "s|$V|lua|g"]],
    "no arguments for it", [["$V" args.lua]],
    "a script after options", [["$V" -e 'x=1' -W args.lua 1 2 | sed "s|$V|lua|g"]],
    "standard input", [[echo 'print(...) print(arg[0])' | "$V" - a b]],
    "standard input without a dash", [[echo 'print("in", ...)' | "$V"]],
    "code", [["$V" -e 'print(1)' -e'print(2)']],
    "code in its order with libraries",
    [["$V" -e 'print(global)' -l global -e 'print(global.name)']],
    "a library", [["$V" -lglobal -e 'print(global.name)']],
    "a library under another name", [["$V" -l g=global -e 'print(g.name, global)']],
    "warnings off", [["$V" -e 'warn("hidden")' 2>&1 | wc -l]],
    "the end of options", [["$V" -- -dash.lua]],
    "LUA_INIT", [[LUA_INIT='print("init")' "$V" -e 'print(1)']],
    "LUA_INIT with a file", [[LUA_INIT=@init.lua "$V" -e 'print(INIT)']],
    "LUA_INIT_5_4 first", [[LUA_INIT='print(1)' LUA_INIT_5_4='print(2)' "$V" -e '']],
    "-E", [[LUA_INIT='print(1)' LUA_PATH=nowhere "$V" -E -e 'print(package.path ~= "nowhere")']],
    "LUA_PATH", [[LUA_PATH='./?.lua' "$V" -e 'print(require "global".name, package.path)']],
    "a shebang line", [["$V" exec.lua x]],
    "an exit status", [["$V" -e 'os.exit(7)']],
    "true and false as exit status", [["$V" -e 'os.exit(true)' && "$V" -e 'os.exit(false)']],
    "an error's status", [["$V" -e 'error("x")' 2>/dev/null]],
    "a missing script's status", [["$V" missing.lua 2>/dev/null]],
    "an unknown option's status", [["$V" -x 2>/dev/null]],
    "an option without its value", [["$V" -e 2>/dev/null]],
    "the modules of the system", [["$V" -e 'print(require("lfs")._VERSION)']],
  }
  for i = 1, #lines, 2 do
    it(lines[i], function() like_lua(lines[i + 1]) end)
  end

  it("and prints what these programs should print", function()
    assert.equal("2\ta\tb c\n", like_lua [["$V" args.lua a 'b c' | head -n 1]])
    assert.equal("shebang\tx\n", like_lua [["$V" exec.lua x]])
    assert.equal("2\n", like_lua [[LUA_INIT='print(1)' LUA_INIT_5_4='print(2)' "$V" -e '']])
  end)

  it("a script that is made executable", function()
    write("run", "#!" .. vbolua .. "\nprint('ran', arg[1], require 'vbo.core'.version)")
    assert.equal("ran\tx\t" .. core.version .. "\n", (shell "chmod +x run && ./run x"))
  end)

  -- Compared with what Lua's own manual says: Debian's `lua` echoes what it reads.
  it("interactive mode at a pipe", function()
    local function session(input, options)
      return (shell(("printf '%s' | \"$V\" -i %s | tail -n +2"):format(input, options or "")))
    end
    assert.equal("> > 3\n> 3\tnil\t4\n> >> >> 1\n2\n> \n",
      session [[x = 3\nx\n=x, nil, 4\nfor i = 1, 2 do\nprint(i)\nend\n]])
    assert.equal("> # 1\n# \n", session [[_PROMPT = "# "\n1\n]])
    assert.equal("> from a file\n> \n", session([[INIT\n]], "init.lua"))
    assert.matches("unexpected symbol near <eof>", (session [[x = {\n]]))
  end)

  it("warnings on", function()
    assert.equal("Lua warning: shown\n", (shell [["$V" -W -e 'warn("shown")']]))
  end)

  it("-v says every version", function()
    local line = shell [["$V" -v]]
    assert.matches("^vbolua %d+%.%d+%.%d+, Lua 5%.4%.%d+, libcurl %d[%d.]+, OpenSSL %d[%w.]+\n$",
      line)
    assert.equal(line, (shell [["$V" --version]]))
    assert.equal(line .. "1\n", (shell [["$V" -v -e 'print(1)']]))
  end)
end)

describe("the one binary", function()
  it("has the module and its Lua files in it, whatever the folder", function()
    local output, status = program.run(("cp %s %s/alone && cd / && "
      .. "env -i LUA_PATH=none LUA_CPATH=none %s/alone -e 'local vbo = require [[vbo]] "
      .. "print(vbo._VERSION, require[[vbo.base.json]].encode{1})'")
      :format(quoted(vbolua), quoted(folder), quoted(folder)))
    assert.equal("vbolua " .. core.version .. "\t[1]\n", output)
    assert.equal(0, status)
  end)

  it("prefers its own module to what LUA_PATH finds, and finds others there", function()
    shell "mkdir -p vbo/base"
    write("vbo/base/json.lua", "error 'not this one'")
    write("vbo/extra.lua", "return 'extra'")
    assert.equal("extra\tfunction\n", (shell(
      [[LUA_PATH='./?.lua' "$V" -e 'print(require"vbo.extra", ]]
        .. [[type(require"vbo.base.json".encode))']])))
  end)

  it("leaves no core dump", function()
    assert.equal("0\n", (shell [[ulimit -S -c 100; "$V" -e 'os.execute "ulimit -c"']]))
  end)
end)

describe("commands", function()
  it("are listed with what they do by -h, --help and help", function()
    for _, words in ipairs { "-h", "--help", "help" } do
      local output, status = shell([["$V" ]] .. words)
      assert.matches("^usage: vbolua", output)
      assert.matches("\n  sim        run a rehearsal server", output)
      assert.matches("\n  verify     check saved files", output)
      assert.equal(0, status)
    end
  end)

  it("show their usage after a command below them, which does nothing else", function()
    for _, words in ipairs { "sim snapshot", "sim changes", "sim advance", "catalogue import" } do
      local output, status = shell(('"$V" %s --help'):format(words))
      assert.equal(0, status, output)
      assert.matches("^usage: vbolua " .. words:match "%l+", output)
    end
    assert.matches("^usage: vbolua sim record", (shell [["$V" sim record -h]]))
    assert.matches("^usage: vbolua sim record", (shell [["$V" help sim record]]))
  end)

  it("tell their own usage after help, too", function()
    local expected = (shell [["$V" verify --help]])
    assert.matches("^usage: vbolua verify", expected)
    assert.equal(expected, (shell [["$V" help verify]]))
    local output, status = shell [["$V" help verfy]]
    assert.equal("vbolua: help has no page about 'verfy' [usage]; hint: did you mean 'verify'?\n",
      output)
    assert.equal(2, status)
  end)

  it("are suggested where a script of that name is missing", function()
    local output, status = shell [["$V" smi]]
    assert.equal("vbolua: cannot open smi: No such file or directory; did you mean the command "
      .. "'sim'? (vbolua help lists them)\n", output)
    assert.equal(1, status)
    assert.equal("vbolua: cannot open no.lua: No such file or directory\n",
      (shell [["$V" no.lua]]))
  end)

  it("tell their own usage", function()
    local output, status = shell [["$V" sim --help]]
    assert.matches("usage: vbolua sim", output)
    assert.equal(0, status)
  end)

  it("report wrong arguments like any error", function()
    local output, status = shell [["$V" sim --liste 1]]
    assert.matches("^vbolua: .*%-%-listen", output)
    assert.equal(2, status)
  end)

  it("do not hide a script of the same name", function()
    write("sim", "print 'a script'")
    assert.equal("a script\n", (shell [["$V" ./sim]]))
    assert.equal("a script\n", (shell [["$V" -- sim]]))
  end)

  it("end with the status of a full disk when not all of what they say was written", function()
    local full <close> = io.open "/dev/full"
    if not full then pending "this system has no /dev/full" return end
    for _, command in ipairs {
      "catalogue list", "api --list", "api --describe Job_Add", "sim --help",
      "api --version v8 --dry-run Job_Get",
    } do
      local output, status = shell("$V " .. command .. " 2>&1 >/dev/full")
      assert.matches("^vbolua: cannot write the output: .*%[disk%]\n$", output, command)
      assert.equal(core.kinds.disk, status, command)
    end
  end)

  it("end quietly when the reader went away", function()
    -- Not before the reader has closed its end: until then the pipe takes what is written.
    local output = shell [[mkfifo gone
      { cat gone; $V catalogue list; echo $? >status; } 2>&1 | { exec <&-; echo >gone; }
      until [ -s status ]; do sleep 0.05; done; cat status]]
    assert.equal("141\n", output)
  end)
end)

describe("errors", function()
  it("of Lua come with their traceback, as from lua", function()
    write("deep.lua", "local function inner() error('deep') end\n"
      .. "local function outer() inner() end\nouter()")
    for _, how in ipairs { [["$V" deep.lua]], [["$V" --trace deep.lua]],
      [[VBO_TRACE=1 "$V" deep.lua]] } do
      local output, status = shell(how)
      assert.matches("^vbolua: deep%.lua:1: deep\nstack traceback:\n", output)
      assert.matches("deep%.lua:2: in .*outer", output)
      assert.equal(1, status)
    end
  end)

  it("of the module are one line, with a traceback when asked for", function()
    write("deep.lua", "local function inner() require'vbo'.connect { hsot = 'x' } end\ninner()")
    assert.matches("^vbolua: deep%.lua:1: [^\n]*'host'[^\n]*\n$", (shell [["$V" deep.lua]]))
    local output = shell [["$V" --trace deep.lua]]
    assert.matches("^vbolua: deep%.lua:1: [^\n]*'host'[^\n]*\nstack traceback:\n", output)
    assert.matches("deep%.lua:2: in main chunk", output)
  end)

  it("of syntax are one line", function()
    write("bad.lua", "\n\nlocal x = )\n")
    assert.equal("vbolua: bad.lua:3: unexpected symbol near ')'\n", (shell [["$V" bad.lua]]))
  end)

  it("of a module that is not found say where it was looked for", function()
    for _, how in ipairs { [["$V" -e 'require "nope"']], [["$V" -l nope]] } do
      local output = shell([[LUA_PATH='./here/?.lua' ]] .. how)
      assert.matches("module 'nope' not found:\n\tno field package.preload['nope']\n\tno file "
        .. "'./here/nope.lua'", output, 1, true)
    end
    assert.matches("no file 'vbo.nope' in vbolua", (shell [["$V" -e 'require "vbo.nope"']]), 1,
      true)
  end)

  it("give the exit status of their kind", function()
    local kinds, script = {}, {}
    for kind, status in pairs(core.kinds) do
      kinds[#kinds + 1] = kind .. " " .. status
      script[#script + 1] = ([["$V" -e 'error { kind = "%s", message = "m" }' 2>/dev/null;
        echo "%s $?"]]):format(kind, kind)
    end
    table.sort(kinds)
    assert.equal(25, #kinds)
    assert.equal(table.concat(kinds, "\n") .. "\n",
      (shell("{ " .. table.concat(script, "\n") .. "\n} | sort")))
  end)

  it("of other kinds are 1", function()
    local codes = { "error()", "error({})", "error({kind='odd'})", "error(print)", "x x" }
    for _, code in ipairs(codes) do
      local output, status = shell([["$V" -e "]] .. code .. '"')
      assert.equal(1, status)
      assert.matches("^vbolua: [^\n]+\n", output)
    end
  end)

  it("with a __tostring say it themselves", function()
    assert.equal("vbolua: mine\n", (shell
      [["$V" -e 'error(setmetatable({}, {__tostring = function() return "mine" end}))']]))
    assert.equal("vbolua: (an error whose __tostring failed)\n", (shell
      [["$V" -e 'error(setmetatable({}, {__tostring = function() error "no" end}))']]))
  end)

  it("never send control characters to the terminal", function()
    assert.matches("vbolua: a\\x1B[31mb\\x07\nstack traceback:\n", (shell
      [["$V" -e 'error("a\27[31mb\7", 0)']]), 1, true)
  end)

  it("of the module carry the line of the script", function()
    write("usage.lua", "local vbo = require 'vbo'\nvbo.connect { hsot = 'x' }")
    local output, status = shell [["$V" usage.lua]]
    assert.matches("^vbolua: usage%.lua:2: [^\n]*host[^\n]*\n$", output)
    assert.equal(2, status)
  end)
end)

describe("the end of a script", function()
  it("closes what is open, however it comes", function()
    local held = [[local held <close> =
      setmetatable({}, { __close = function() print 'closed' end }) ]]
    assert.equal("closed\n", (shell([["$V" -e "]] .. held .. [["]])))
    assert.equal("closed\n", (shell([["$V" -e "]] .. held .. [[os.exit(0)"]])))
    assert.equal("closed\n", (shell([["$V" -e "]] .. held .. [[os.exit(0, true)"]])))
    assert.equal("", (shell([["$V" -e "]] .. held .. [[os.exit(0, false)"]])))
    assert.matches("^closed\nvbolua: ", (shell([["$V" -e "]] .. held .. [[error('x')"]])))
  end)

  it("names handles that were left to the collector, when asked to look", function()
    local leak = [["$V" -e 'E = require"vbo.core".engine()']]
    local output, status = shell("VBO_CHECK_HANDLES=1 " .. leak)
    assert.equal("vbolua: 1 engine handle was never closed\n", output)
    assert.equal(1, status)
    output, status = shell("VBO_CHECK_HANDLES=1 " .. leak .. " -e 'os.exit(0)'")
    assert.equal("vbolua: 1 engine handle was never closed\n", output)
    assert.equal(1, status)
    output, status = shell(leak)
    assert.equal("", output)
    assert.equal(0, status)
    output, status = shell("VBO_CHECK_HANDLES=1 " .. leak .. " -e 'E:close()'")
    assert.equal("", output)
    assert.equal(0, status)
  end)
end)

describe("an interrupt", function()
  -- Waits until the process sleeps: in a wait, no more on its way there.
  local asleep = [[i=0
    until { cat /proc/%s/stat 2>/dev/null || ps -o state= -p %s; } | grep -qE '(^|\) )S' ||
      [ $i -ge 1200 ]; do sleep 0.05; i=$((i + 1)); done; ]]

  -- Starts a script that prints "ready", sends signals, gives its output and status.
  local function interrupted(code, signals, environment, waits)
    write("busy.lua", code)
    -- The program's own shell says its id, so that nothing the program says comes before it.
    local pipe = assert(io.popen(("cd %s; unset LUA_INIT VBO_CHECK_HANDLES; "
      .. "rm -f hold; mkfifo hold; exec 3<>hold; "
      .. "%s sh -c 'echo $$; exec \"$0\" busy.lua 2>&1' %s <&3 & wait $!; echo \"status $?\"")
      :format(quoted(folder), environment or "", quoted(vbolua)), "r"))
    local child = pipe:read "l"
    local output = {}
    for _, signal in ipairs(signals) do
      for line in pipe:lines() do
        if line == "ready" then break end
        output[#output + 1] = line
      end
      assert(os.execute((waits and asleep:format(child, child) or "")
        .. ("kill -%s %s"):format(signal, child)))
    end
    output[#output + 1] = pipe:read "a"
    pipe:close()
    local text = table.concat(output, "\n")
    return text:gsub("status %d+\n$", ""), tonumber(text:match "status (%d+)\n$")
  end

  local ready = "io.stdout:setvbuf 'line'\nlocal function ready() print 'ready' end\n"

  it("stops a loop", function()
    local output, status = interrupted(ready .. "ready()\nwhile true do end", { "INT" })
    assert.equal("vbolua: interrupted [cancelled]\n", output)
    assert.equal(130, status)
  end)

  it("stops a loop in a coroutine", function()
    for _, how in ipairs { "coroutine.wrap(function() ready() while true do end end)()",
      "assert(coroutine.resume(coroutine.create(function() ready() while true do end end)))",
      "coroutine.wrap(coroutine.wrap(function() ready() while true do end end))()" } do
      local output, status = interrupted(ready .. how, { "INT" })
      assert.matches("interrupted %[cancelled%]", output)
      assert.equal(130, status)
    end
  end)

  it("stops an engine that waits, and nothing beyond that", function()
    local output, status = interrupted(ready .. [[
      local engine <close> = require "vbo.core".engine()
      ready()
      local ok, err = engine:sleep(60)
      for i = 1, 100000 do end
      print(ok, err.kind)
      error(err)]], { "INT" }, nil, true)
    assert.equal("nil\tcancelled\nvbolua: interrupted [cancelled]\n", output)
    assert.equal(130, status)
  end)

  it("stops a read of standard input", function()
    local output, status = interrupted(ready .. "ready() io.read() print 'on'", { "INT" })
    assert.equal("vbolua: interrupted [cancelled]\n", output)
    assert.equal(130, status)
  end)

  it("comes once, so that the clean-up can wait and talk again", function()
    for _, busy in ipairs { "while true do end", "error((select(2, engine:sleep(60))))" } do
      local output, status = interrupted(ready .. [[
        local core = require "vbo.core"
        local engine <close> = core.engine()
        local held <close> = setmetatable({}, { __close = function()
          local ok, err = engine:sleep(0.05)
          print("cleaned up", ok, err and err.kind)
          for i = 1, 100000 do end
        end })
        ready()
        ]] .. busy, { "INT" })
      assert.equal("cleaned up\ttrue\tnil\nvbolua: interrupted [cancelled]\n", output)
      assert.equal(130, status)
    end
  end)

  it("ends with 143 after SIGTERM", function()
    assert.equal(143, (select(2, interrupted(ready .. "ready() while true do end", { "TERM" }))))
  end)

  it("ends with 129 after SIGHUP, unless nohup wants it ignored", function()
    if shell "sh -c 'kill -HUP $$; echo ignored'" == "ignored\n" then
      local output, status = interrupted(ready .. [[
        ready()
        local over <const> = os.clock() + 0.5
        while os.clock() < over do end
        ready()
        while true do end]], { "HUP", "TERM" })
      assert.equal("vbolua: stopped by a signal [cancelled]\n", output)
      return assert.equal(143, status)
    end
    assert.equal(129, (select(2, interrupted(ready .. "ready() while true do end", { "HUP" }))))
  end)

  it("ends the runbook's own clean-up when it comes again", function()
    local output, status = interrupted(ready .. [[
      local held <close> = setmetatable({}, { __close = function()
        ready()
        pcall(function() while true do end end)
        print "goes on"
      end })
      ready()
      while true do end]], { "INT", "TERM" })
    assert.equal("vbolua: interrupted [cancelled]\n", output)
    assert.equal(130, status)
  end)

  it("ends at once when it comes a third time", function()
    local output, status = interrupted(ready .. [[
      local held = setmetatable({}, { __gc = function()
        ready()
        while true do end
      end })
      local closed <close> = setmetatable({}, { __close = function()
        ready()
        while true do end
      end })
      ready()
      while true do end]], { "INT", "INT", "INT" })
    assert.equal("vbolua: interrupted [cancelled]\n", output)
    assert.equal(130, status)
  end)

  it("bounds the clean-up", function()
    local output, status = interrupted(ready .. [[
      local held <close> = setmetatable({}, { __close = function() while true do end end })
      ready()
      while true do end]], { "INT" }, "VBO_CLEANUP_TIMEOUT=1")
    assert.equal("vbolua: the clean-up takes too long; ending without it\n", output)
    assert.equal(130, status)
  end)

  it("is an error of the module where the module is in use", function()
    local output = interrupted(ready .. [[
      local vbo = require "vbo"
      local ok, err = pcall(function() ready() while true do end end)
      print(ok, vbo.error.is(err), err.kind)]], { "INT" })
    assert.equal("false\ttrue\tcancelled\n", output)
  end)
end)

describe("the REPL", function()
  -- A person at a terminal: `script` gives the program one, a named pipe is the keyboard.
  local function terminal(options, environment)
    shell "rm -f keys && mkfifo keys"
    local screen = assert(io.popen(("cd %s; export VBOLUA_HISTORY=history TERM=xterm "
      .. "LC_ALL=C.UTF-8 %s; timeout 60 script -qec %s /dev/null <keys 2>&1; echo \"status $?\"")
      :format(quoted(folder), environment or "",
        quoted("exec " .. quoted(vbolua) .. " " .. (options or ""))), "r"))
    local keys = assert(io.open(folder .. "/keys", "w"))
    keys:setvbuf "no"
    local self, seen = {}, ""
    --- Reads on until the screen shows the pattern; gives what came before it.
    function self.expect(pattern)
      while not seen:find(pattern) do
        local char = screen:read(1)
        assert(char, "the program ended before " .. pattern .. ":\n" .. seen)
        seen = seen .. char
      end
      local from, to = seen:find(pattern)
      local before = seen:sub(1, from - 1)
      seen = seen:sub(to + 1)
      return before
    end
    function self.type(text) keys:write(text) end
    function self.finish()
      -- Not Ctrl-D: typed ahead of the editor it is the line discipline's, and gone.
      keys:write "os.exit()\n"
      self.expect "status 0\n"
      keys:close()
      screen:close()
    end
    return self
  end

  it("goes on after errors", function()
    local output = shell [[printf 'error "one"\n)\n1 + 1\n' | "$V" -i 2>&1 | tail -n +2]]
    assert.matches("vbolua: stdin:1: one\n", output)
    assert.matches("unexpected symbol", output)
    assert.matches("2\n", output)
  end)

  it("shows the values of expressions, and reads several lines as one chunk", function()
    local at = terminal()
    at.expect "> "
    at.type "6 * 7, 'x'\n"
    at.expect "\n42\tx\r\n> "
    at.type "for i = 1, 2 do\n"
    at.expect ">> "
    at.type "print(i * 11) end\n"
    at.expect "\n11\r\n22\r\n> "
    at.finish()
  end)

  it("shows what is in a table, not where it is", function()
    local at = terminal()
    at.expect "> "
    at.type "{ 1, two = { 'x' } }, 3\n"
    at.expect "\n{ 1, two = { \"x\" } }\t3\r\n> "
    at.type "setmetatable({}, { __tostring = function() return 'mine' end })\n"
    at.expect "\nmine\r\n> "
    at.type "a = {} a.a = a return a\n" -- one that holds itself ends
    at.expect "a = {…} } } } }\r\n> "
    at.finish()
  end)

  for _, locale in ipairs { "C.UTF-8", "C", "POSIX" } do
  it("edits UTF-8 in the locale " .. locale, function()
    local at = terminal(nil, "LC_ALL=" .. locale)
    at.expect "> "
    -- Two steps to the left are two characters, not bytes.  (No key that a terminal in its
    -- usual mode would act on: libedit shows the prompt a moment before it takes over.)
    at.type "#'ä中😀', 'éö\27[D\27[Dx\5'\n"
    at.expect "\n9\txéö\r\n> "
    at.finish()
  end)
  end

  it("completes names, fields and methods without calling anything", function()
    write("things.lua", [[
      local object = setmetatable({ wide = 1 }, { __index = { wake = print, wage = 2 } })
      thing = { inner = object,
        loud = setmetatable({}, { __index = function() error "called" end }),
        full = setmetatable({}, { __index = function() error "called" end,
          __complete = function() return { among = { others = 8 } } end }),
        odd = setmetatable({}, { __complete = function() error "called" end }) }]])
    local at = terminal "-i things.lua"
    at.expect "> "
    at.type "string.reve\t('abc')\n"
    at.expect "\ncba\r\n> "
    at.type "thi\t.inn\t.wag\t\n"
    at.expect "\n2\r\n> "
    at.type "thing.inner:w\t(7)\n" -- the one method: numbers are not completed
    at.expect "\ntable: %S+\t7\r\n> "
    at.type "thing.loud.x.y\t\1--\n"
    at.expect "> "
    at.type "thing.odd.x\t\1--\n"
    at.expect "> "
    at.type "#'thing.full.am\t.ot\t'\n" -- what computes its members may offer them
    at.expect "\n23\r\n> "
    at.type "'calm'\n"
    assert.not_matches("called", at.expect "\ncalm\r\n> ")
    at.finish()
  end)

  it("keeps a history that only its owner reads", function()
    os.remove(folder .. "/history")
    local at = terminal()
    at.expect "> "
    at.type "first = 1\n"
    at.expect "> "
    at.finish()
    at = terminal()
    at.expect "> "
    at.type "\27[A\27[A1\n" -- cursor up over os.exit(), and one more digit
    at.expect "> "
    at.type "first\n"
    at.expect "\n11\r\n> "
    at.finish()
    assert.equal("-rw-------", (shell("ls -l history"):sub(1, 10)))
  end)

  it("keeps lines that may hold a password out of the history", function()
    os.remove(folder .. "/history")
    local at = terminal()
    at.expect "> "
    for _, line in ipairs { "kept = 1", "t = { Password = 'first-one' }", "my_secret = [[second]]",
      "f = string.format f('%s', 'third') --passphrase", "password = kept" } do
      at.type(line .. "\n")
      at.expect "> "
    end
    at.finish()
    local history = assert(io.open(folder .. "/history")):read "a"
    assert.matches("kept = 1", history:gsub("\\040", " "), 1, true)
    assert.matches("password = kept", history:gsub("\\040", " "), 1, true)
    for _, word in ipairs { "first-one", "second", "third" } do
      assert.is_nil(history:find(word, 1, true), word)
    end
  end)

  it("says what line editing needs where that is missing", function()
    -- A library of that name that no loader takes.
    shell [[mkdir -p broken && cd broken
      for name in libedit.so.2 libedit.so.0 libedit.so; do echo broken >$name; done]]
    local at = terminal(nil, "LD_LIBRARY_PATH=$PWD/broken")
    local before = at.expect "> "
    if not before:find("libedit is missing", 1, true) then
      at.finish()
      pending "the loader found another libedit"
      return
    end
    assert.matches("Debian package: libedit2", before, 1, true)
    at.type "6 * 7\n"
    at.expect "42"
    at.finish()
  end)

  it("lives on after an interrupted command, whatever the clean-up's bound", function()
    local at = terminal(nil, "VBO_CLEANUP_TIMEOUT=1")
    at.expect "> "
    at.type "print 'busy' while true do end\n"
    at.expect "\nbusy\r\n"
    at.type "\3"
    at.expect "interrupted"
    at.expect "> "
    at.type "os.execute 'sleep 1.5'\n" -- longer than the bound
    at.expect "true\texit\t0\r\n> "
    -- And the next one is a first one again.
    at.type "print 'busy' while true do end\n"
    at.expect "\nbusy\r\n"
    at.type "\3"
    at.expect "interrupted"
    at.expect "> "
    at.finish()
  end)

  it("gives the prompt back after Ctrl-C, at the prompt and in a loop", function()
    local at = terminal()
    at.expect "> "
    at.type "print(1\3"
    at.expect "> "
    at.type "for i = 1, 2 do\n"
    at.expect ">> "
    at.type "\3"
    at.expect "> "
    at.type "print 'busy' while true do end\n"
    at.expect "\nbusy\r\n"
    at.type "\3"
    at.expect "interrupted"
    at.expect "> "
    at.type "'still ' .. 'here'\n"
    at.expect "\nstill here\r\n> "
    at.type "print(1\3'typed ' .. 'after it'\n"
    at.expect "\ntyped after it\r\n> "
    at.finish()
  end)
end)
