-- The options of a run, which stand before the script, and what core.program() says of a program.
--
-- Covers vbo.cli.program.own.

local json = require "vbo.base.json"
local own = require "vbo.cli.program.own"
local program = require "spec.support.program"

local quoted = program.quoted
local vbolua = quoted(program.vbolua)
local folder, remove

setup(function()
  folder, remove = program.folder()
  local file <close> = assert(io.open(folder .. "/called.lua", "w"))
  file:write [[local json = require "vbo.base.json"
    print(json.encode(require "vbo.core".program()))]]
end)
teardown(function() remove() end)

-- Runs shell text in the folder; V is the interpreter.
local function shell(text)
  return program.run(("cd %s && V=%s; %s"):format(quoted(folder), vbolua, text))
end

local function called(text)
  local output, status = shell(text)
  assert.equal(0, status, output)
  return json.decode(output)
end

describe("the options of a run", function()
  it("reach core.program as values, with a blank or = before them", function()
    local given = called([["$V" --journal=j.db --reason 'ticket 4711' --overlap=allow]]
      .. [[ --max-changes 10 --max-items=200 --only 'mailbox:*@contoso.com' --only=site:x]]
      .. [[ --canary 2 --stop-after-failures 10% --notify='exit 0' called.lua a --b]])
    assert.same({
      journal = "j.db", reason = "ticket 4711", overlap = "allow", max_changes = 10,
      max_items = 200, only = { "mailbox:*@contoso.com", "site:x" }, canary = 2,
      stop_after_failures = "10%", notify = "exit 0",
    }, given.options)
    assert.same({ "a", "--b" }, given.arguments)
    assert.equal("called.lua", given.script)
    assert.is_true(called [["$V" --no-journal called.lua]].options.no_journal)
  end)

  it("end at the script, whose arguments keep theirs", function()
    local given = called [["$V" called.lua --max-changes x --journal]]
    assert.is_nil(next(given.options))
    assert.same({ "--max-changes", "x", "--journal" }, given.arguments)
  end)

  -- Nothing of the runbook or of LUA_INIT has run then.
  local wrong = {
    [ [[--max-changes ten]] ] = "--max-changes must be a whole number, 0 or more, got 'ten'",
    [ [[--max-items 1e3]] ] = "--max-items must be a whole number, 0 or more, got '1e3'",
    [ [[--max-items 99999999999999999999]] ] =
      "--max-items must be a whole number, 0 or more, got '99999999999999999999'",
    [ [[--canary 0]] ] = "--canary must be a whole number, 1 or more, got '0'",
    [ [[--stop-after-failures 120%]] ] = "--stop-after-failures must be a number of failures or "
      .. "a percentage, such as 3 or 10%, got '120%'",
    [ [[--stop-after-failures 0]] ] = "--stop-after-failures must be a number of failures or "
      .. "a percentage, such as 3 or 10%, got '0'",
    [ [[--overlap=yes]] ] = "--overlap must be 'allow', got 'yes'",
    [ [[--only contoso]] ] = "--only must be a kind and a pattern, such as "
      .. "'mailbox:*@contoso.com', got 'contoso'",
    [ [[--journal=folder/]] ] = "--journal must be a file, got 'folder/'",
    [ [[--reason ' ']] ] = "--reason must be a text, got ' '",
    [ [[--reason "$(printf 'a\nb')"]] ] = "--reason must be one line of text, got 'a b'",
    [ [[--notify "$(printf 'a\tb')"]] ] = "--notify must be one line of text, got 'a b'",
  }
  for text, message in pairs(wrong) do
    it("refuse " .. text, function()
      local output, status = shell(("LUA_INIT='print(1)' \"$V\" %s called.lua"):format(text))
      assert.equal("vbolua: " .. message, (output:gsub(" %[usage%].*$", "")))
      assert.equal(2, status)
    end)
  end

  local misplaced = {
    ["--reason"] = "a value is missing after '--reason'",
    ["--reason="] = "a value is missing after '--reason='",
    ["--reason --strict called.lua"] = "a value is missing after '--reason'",
    ["--no-journal=x called.lua"] = "no value may follow '--no-journal=x'",
    ["--canary 1 --canary=2 called.lua"] = "the option is given twice: '--canary=2'",
    ["--journal=x --no-journal called.lua"] = "--journal and --no-journal exclude each other",
    ["--max-change 1 called.lua"] = "unrecognized option '--max-change'",
  }
  for text, message in pairs(misplaced) do
    it(("refuse %s with the usage"):format(text), function()
      local output, status = shell('"$V" ' .. text)
      assert.equal("vbolua: " .. message, output:match "^[^\n]*")
      assert.matches("\nusage: vbolua ", output)
      assert.equal(1, status)
    end)
  end

  it("are taken out of those of a command, with the same checks", function()
    local options = { journal = "x.db", ["max-changes"] = "3", only = { "site:a" }, json = true }
    assert.same({ journal = "x.db", max_changes = 3, only = { "site:a" } }, own.take(options))
    assert.same({ json = true }, options)
    assert.has_error(function() own.take { canary = "none" } end)
    assert.has_error(function() own.take { journal = "x", ["no-journal"] = true } end)
  end)
end)

describe("core.program", function()
  local kinds = {
    [ [["$V" called.lua]] ] = "script",
    [ [["$V" -e 'x = 1' called.lua]] ] = "string",
    [ [["$V" -e "$(cat called.lua)"]] ] = "string",
    [ [["$V" - x <called.lua]] ] = "stdin",
    [ [["$V" <called.lua]] ] = "stdin",
    [ [["$V" -i called.lua </dev/null | sed -n 2p]] ] = "repl",
  }
  for text, kind in pairs(kinds) do
    it(("names the kind of %s %s"):format(text, kind), function()
      assert.equal(kind, called(text).kind)
    end)
  end

  it("names a command, and whether it rehearses", function()
    local given = called [[LUA_INIT=@called.lua "$V" complete -- --no-such]]
    assert.equal("command", given.kind)
    assert.equal("complete", given.script)
    assert.is_false(given.rehearsal)
  end)

  it("lists the libraries that the script was given", function()
    local given = called [["$V" -l json=vbo.base.json -lvbo called.lua]]
    assert.same({ "json=vbo.base.json", "vbo" }, given.options.libraries)
  end)

  it("is the same table each time, and nil in another interpreter", function()
    assert.equal("true\n", (shell [["$V" -e 'local p = require("vbo.core").program
      print(p() == p())']]))
    if not os.getenv "VBO_SANITIZE" then
      assert.equal("nil\n", (shell [[lua5.4 -e 'print(require("vbo.core").program())']]))
    end
  end)
end)

describe("the end of a program", function()
  -- A stand-in for the module that journals: it prints what it is called with.
  local run = [[package.loaded["vbo.run"] = { finish = function(status, err)
      print("finish", status, type(err) == "table" and err.kind or err)
      return FINISHED or status
    end }]]

  local function ended(code)
    local file <close> = assert(io.open(folder .. "/ended.lua", "w"))
    file:write(run, "\n", code)
    file:close()
    return shell [["$V" ended.lua 2>/dev/null]]
  end

  it("is reported to vbo.run with the status and the error", function()
    assert.same({ "finish\t0\tnil\n", 0 }, { ended "" })
    assert.same({ "finish\t1\t7\n", 1 }, { ended "error(7, 0)" })
    assert.same({ "finish\t16\tprotocol\n", 16 },
      { ended [[require("vbo").error.raise { kind = "protocol", message = "x" }]] })
    assert.same({ "finish\t5\tnil\n", 5 }, { ended "os.exit(5)" })
    assert.same({ "finish\t3\tnil\n", 3 }, { ended "coroutine.wrap(os.exit)(3, false)" })
  end)

  it("has the status that vbo.run returns", function()
    assert.same({ "finish\t0\tnil\n", 23 }, { ended "FINISHED = 23" })
    assert.same({ "finish\t0\tnil\n", 23 }, { ended "FINISHED = 23 os.exit(true)" })
  end)

  it("is reported after a signal, and without being stopped by it", function()
    local output, status = ended [[
      local plain = package.loaded["vbo.run"].finish
      package.loaded["vbo.run"].finish = function(...)
        for i = 1, 1e6 do local _ = i end
        return plain(...)
      end
      os.execute "kill -TERM $PPID"
      while true do end]]
    assert.same({ "finish\t143\tcancelled\n", 143 }, { output, status })
  end)

  it("comes when the tasks have ended", function()
    local output = ended [[local vbo = require "vbo"
      vbo.spawn(function() vbo.sleep(0) print "task" end)]]
    assert.equal("task\nfinish\t0\tnil\n", output)
  end)

  it("reports a failure of its own and goes on", function()
    local output, status = ended [[package.loaded["vbo.run"].finish = function()
      require("vbo").error.raise { kind = "disk", message = "no space" } end]]
    assert.same({ "", 13 }, { output, status })
  end)
end)
