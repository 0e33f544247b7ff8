-- The interpreter's C code looks Lua modules up by name and silently does without one that it does
-- not find.  Each test shows what a user would lose.

local program = require "spec.support.program"

local quoted = program.quoted
local folder, remove

setup(function() folder, remove = program.folder() end)
teardown(function() remove() end)

-- Runs a script of `code` in the folder: its output (with stderr), its exit status.
local function run(code, options)
  local file <close> = assert(io.open(folder .. "/script.lua", "w"))
  file:write(code)
  file:close()
  return program.run(("cd %s && unset LUA_INIT VBO_TRACE VBO_CHECK_HANDLES; %s %s script.lua")
    :format(quoted(folder), quoted(program.vbolua), options or ""))
end

describe("the interpreter", function()
  it("finishes tasks that the script did not wait for", function()
    assert.same({ "main\ntask\n", 0 }, { run [[
      local vbo = require "vbo"
      vbo.spawn(function() vbo.sleep(0.01) print "task" end)
      print "main"]] })
  end)

  it("shows with --trace where a task raised a structured error", function()
    local output, status = run([[
      local vbo = require "vbo"
      local task = vbo.spawn(function()
        vbo.error.usage "wrong"
      end)
      task:wait()]], "--trace")
    assert.matches("in a task:\n.*script.lua:3: in function.*\nwhich is waited for here:\n"
      .. ".*script.lua:5: in main chunk", output)
    assert.equal(2, status)
  end)

  it("raises Ctrl-C as the module's error `cancelled`", function()
    local output, status = run [[
      local vbo = require "vbo"
      local ok, err = pcall(function()
        os.execute "kill -INT $PPID"
        while true do end
      end)
      print(ok, vbo.error.is(err), err.kind)]]
    assert.equal("false\ttrue\tcancelled\n", output)
    assert.equal(130, status)
  end)

  it("raises Ctrl-C in the runbook's code, not inside the library's", function()
    -- The signal comes while vbo.try, which is the library's, waits in a function of C for the end
    -- of a named pipe.
    local output, status = run [[
      os.execute "mkfifo pipe"
      local vbo = require "vbo"
      local other = io.popen "kill -INT $PPID >pipe"
      local where
      xpcall(function()
        vbo.try(loadfile, "pipe")
        while true do end
      end, function() where = debug.getinfo(2, "S").short_src end)
      print(where)]]
    assert.equal("script.lua\n", output)
    assert.equal(130, status)
  end)

  it("suggests the command that was mistyped", function()
    local output, status = program.run(("cd %s && unset LUA_INIT; %s smi"):format(quoted(folder),
      quoted(program.vbolua)))
    assert.matches("did you mean the command 'sim'?", output, 1, true)
    assert.equal(1, status)
  end)

  it("lists each command with its summary", function()
    local output = program.run(quoted(program.vbolua) .. " help")
    for _, name in ipairs { "api", "catalogue", "sim", "verify" } do
      assert.matches("\n  " .. name .. " +%S+ [^\n]+", output)
    end
  end)

  it("shows in the REPL what is in a table", function()
    local output = program.run(("cd %s && unset LUA_INIT; echo '{ 1, { 2 } }' | %s "
      .. "-e '_PROMPT=\"\"' -i"):format(quoted(folder), quoted(program.vbolua)))
    assert.matches("\n{ 1, { 2 } }\n", output, 1, true)
  end)

  it("names the runbook's line in an error that the library raises", function()
    local output = run [[
      local vbo = require "vbo"
      vbo.sleep "soon"]]
    assert.matches("script.lua:2: sleep takes seconds", output, 1, true)
  end)

  it("starts the rehearsal before the script", function()
    local output, status = run("print(os.getenv 'VBO_HOST')", "--rehearse")
    assert.matches("rehearsal: ", output)
    assert.equal(0, status)
  end)
end)
