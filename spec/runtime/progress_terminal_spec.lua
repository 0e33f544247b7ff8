-- Progress as a person or a program sees it: `vbolua` on a terminal of its own, and elsewhere.

local json = require "vbo.base.json"
local program = require "spec.support.program"
local rehearsal = require "spec.support.rehearsal"
local vt = require "spec.support.vt"

local quoted = program.quoted

describe("progress of vbolua", function()
  local server, folder, remove

  setup(function()
    -- Every save is prepared for a moment: several ticks of the bars.
    server = rehearsal.start "--fault 'operation=OneDrive*Save* latency=0.4'"
    folder, remove = program.folder()
  end)

  teardown(function()
    server.stop()
    remove()
  end)

  local function write(name, code)
    local file <close> = assert(io.open(folder .. "/" .. name, "wb"))
    file:write(code)
    return name
  end

  -- Shell text in the folder, with V as the interpreter and the server in the environment.
  local function shell(text)
    local where = server.settings()
    return program.run(("cd %s; export VBO_HOST=%s VBO_USER=%s VBO_PASSWORD=%s VBO_PIN=%s LC_ALL="
      .. "C.UTF-8 TERM=xterm V=%s\n%s"):format(quoted(folder), where.url, where.user,
      where.password, where.pin, quoted(program.vbolua), text))
  end

  -- Returns the bytes that a command sends to a terminal.
  local function on_terminal(command, size)
    return (shell(("timeout 120 script -qec %s /dev/null </dev/null"):format(
      quoted(("stty %s -echo; %s"):format(size or "cols 60 rows 12", command)))))
  end

  local function screen_of(text, columns, rows)
    local terminal = vt.new(columns or 60, rows or 12)
    terminal:feed(text)
    return terminal:lines()
  end

  -- Begins a runbook that has a drive.
  local head <const> = [[
    local vbo = require "vbo"
    local client <close> = vbo.connect { progress = PROGRESS }
    local session <close> = client:organization "contoso.onmicrosoft.com":explore {
      workload = "onedrive", at = "2026-11-18T22:00:00Z" }
    local drive = session:onedrive "alice@contoso.com"
    local function save(name, more)
      local options = { to = name, overwrite = true }
      for key, value in pairs(more or {}) do options[key] = value end
      return drive:folder "Documents":save(options)
    end
  ]]

  describe("on a terminal", function()
    it("has a bar for each of several saves, right through a resize and what is printed", function()
      write("many.lua", head .. [[
        local screen = require "vbo.runtime.progress.screen"
        local lines, drawn = screen.lines, ""
        function screen.lines(...)
          local made = lines(...)
          drawn = table.concat(made, "\n")
          return made
        end
        local function all_drawn()
          for i = 1, 8 do
            if not drawn:find("备份%-" .. i .. "%.zip +%l") then return false end
          end
          return true
        end
        vbo.spawn(function()
          repeat vbo.sleep(0.02) until all_drawn()
          io.write "printed "
          print "between"
          os.execute "stty cols 30 rows 6"
          print "now narrow"
        end)
        print "begins"
        local names = {}
        for i = 1, 8 do names[i] = ("备份-%d.zip"):format(i) end
        vbo.parallel(names, { limit = 8 }, function(name) save(name) end)
        print "ends"]])
      local sent = on_terminal "exec $V --progress=bar many.lua"
      local before, after = sent:match "^(.-now narrow\r\n)(.*)$"
      assert.is_truthy(before, sent)
      assert.matches("备份%-%d%.zip +preparing on the server, 0:00", before)
      for i = 1, 8 do assert.matches("备份%-" .. i .. "%.zip +%l", before) end
      assert.matches("0 of 8 tasks", before)
      local terminal = vt.new(60, 12)
      terminal:feed(before)
      assert.same({ "begins", "printed between", "now narrow" }, terminal:lines())
      terminal:resize(30, 6)
      terminal:feed(after)
      local lines = terminal:lines()
      assert.equal(12, #lines, table.concat(lines, "\n"))
      assert.equal("ends", lines[12])
      local seen = {}
      for i = 4, 11 do -- the end of a name makes room for the rest
        assert.matches("^备份%-%d%.[zip…]+  10%.4 KiB", lines[i])
        seen[lines[i]:match "%d"] = true
      end
      for i = 1, 8 do assert.is_true(seen[tostring(i)]) end
      -- Six rows: three bars, one line for the others, one for all.
      assert.matches("and %d more", after)
    end)

    it("shows by itself what takes longer than a second, and nothing of the rest", function()
      write("two.lua", (head:gsub("PROGRESS", "nil")) .. [[
        io.write "saving … "
        for i = 1, 3 do save("s" .. i .. ".zip") end
        print "done"]])
      write("one.lua", (head:gsub("PROGRESS", "true")) .. [[
        io.write "saving … "
        save "one.zip"
        print "done"]])
      local sent = on_terminal "exec $V two.lua"
      -- None took a second; together they did.
      assert.matches("%d of %d done", sent)
      assert.same({ "saving …", "done" }, screen_of(sent))
      assert.same({ "saving … done" }, screen_of(on_terminal "exec $V --quiet one.lua"))
      assert.same({ "saving … done" }, screen_of(on_terminal "exec $V --progress=none one.lua"))
      assert.same({ "saving … done" }, screen_of(on_terminal "TERM=dumb exec $V two.lua"))
    end)

    it("leaves a line for each transfer with `progress`", function()
      write("asked.lua", (head:gsub("PROGRESS", "true")) .. [[
        save "a.zip"
        save("b.zip", { progress = false })
        print "done"]])
      local lines = screen_of(on_terminal "exec $V asked.lua")
      assert.matches("^a%.zip  10%.4 KiB, .*/s, 0:00$", lines[1])
      assert.equal("done", lines[2])
      assert.equal(2, #lines)
    end)

    it("makes way for the error that ends the runbook, and for Ctrl-C", function()
      write("fails.lua", head .. [[
        save("a.zip", { progress = function(event)
          if event.event == "preparing" and event.waited > 0.1 then
            HOW
          end
        end })]])
      local function run(how)
        local code = rehearsal.content(folder .. "/fails.lua"):gsub("HOW", how)
        write("now.lua", code)
        return screen_of(on_terminal "$V --progress=bar now.lua; echo status $?")
      end
      assert.same(
        { "a.zip  failed (closed) after 0 B, 0:00", "vbolua: enough [closed]", "status 21" },
        run [[error({ kind = "closed", message = "enough" }, 0)]])
      -- (os.execute would have the signal ignored while it runs.)
      local lines = run [[io.popen "kill -INT $PPID":close()]]
      assert.equal("a.zip  cancelled after 0 B, 0:00", lines[1])
      assert.matches("^vbolua: .*interrupted %[cancelled%]$", lines[2])
      assert.equal("status 130", lines[3])
      assert.equal(3, #lines)
    end)

    it("leaves a clean screen when it is ended at once", function()
      local bar = [[require "vbo.core".screen.write("a bar, longer than what follows\r", true) ]]
      -- A third signal ends it in the middle of whatever it does.
      write("stuck.lua", [[
        local function interrupt() os.execute "kill -INT $PPID" while true do end end
        last = setmetatable({}, { __gc = function() ]] .. bar .. [[ interrupt() end })
        local held <close> = setmetatable({}, { __close = interrupt })
        interrupt()]])
      local sent = on_terminal "$V stuck.lua; echo status $?"
      assert.matches("a bar", sent)
      assert.same({ "vbolua: interrupted [cancelled]", "status 130" }, screen_of(sent))
      for _, ending in ipairs { "os.exit(3)", "os.exit(3, false)", "return" } do
        write("ends.lua", bar .. ending)
        sent = on_terminal "$V ends.lua"
        assert.matches("a bar", sent)
        assert.same({}, screen_of(sent))
      end
      write("ends.lua", bar .. "error({ kind = 'closed', message = 'x' }, 0)")
      assert.same({ "vbolua: x [closed]" }, screen_of(on_terminal "$V ends.lua"))
    end)

    it("prints as lua does", function()
      write("print.lua", [[
        print(1, nil, "x", setmetatable({}, { __tostring = function() return "it" end }))
        io.write("a", 1, 2.5, "\n", "")
        io.write()
        io.stdout:write("b", "\n"):write "c\n"
        io.stderr:write("e\n")
        local file = io.tmpfile()
        io.output(file)
        io.write("to a file", 7)
        file:seek "set"
        print(file:read "a")
        io.output(io.stdout)
        file:close()
        print(pcall(io.write, {}))
        print(select(2, pcall(function() io.write({}) end)))
        print(select(2, pcall(function() io.stdout:write({}) end)))
        print(select(2, pcall(function() io.stdout.write("x") end)))
        print(select(2, pcall(function() file:write("x") end)))
        print(pcall(print, setmetatable({}, { __tostring = function() return 1 end })))
        print(pcall(os.execute, {}))
        print(os.execute "exit 3")
        print(os.execute())
        io.output():write("no end")]])
      local expected = on_terminal "lua5.4 print.lua"
      assert.matches("no end$", expected)
      assert.equal(expected, on_terminal "$V print.lua")
    end)
  end)

  describe("elsewhere", function()
    it("prints nothing by default", function()
      write("plain.lua", (head:gsub("PROGRESS", "nil")) .. [[save "a.zip" print "done"]])
      assert.equal("done\n", (shell "$V plain.lua"))
      assert.equal("1 of 1 done, 10.4 KiB\n", (shell "$V --progress=plain plain.lua 2>&1 >out"))
      assert.equal("", (shell "$V --quiet --progress=plain plain.lua 2>&1 >out"))
      assert.equal("", (shell "$V --progress=plain:log plain.lua 2>&1 >out"))
      assert.equal("1 of 1 done, 10.4 KiB\n", rehearsal.content(folder .. "/log"))
    end)

    it("is JSON for programs", function()
      write("json.lua", head .. [[
        local names = {}
        for i = 1, 5 do names[i] = ("备份-%d.zip"):format(i) end
        vbo.parallel(names, function(name) save(name) end)
        local ok, err = vbo.try(save, "json.lua", { overwrite = false })
        print(err.kind)]])
      local output, status = shell "$V --progress=json json.lua 2>events"
      assert.equal(0, status, rehearsal.content(folder .. "/events"))
      assert.equal("exists\n", output)
      local kinds, ids, last = {}, {}, nil
      for line in io.lines(folder .. "/events") do
        last = assert(json.decode(line))
        kinds[last.event] = (kinds[last.event] or 0) + 1
        ids[last.id] = last.name
      end
      assert.same({ 6, 5, 1 }, { kinds.start, kinds.done, kinds.failed })
      assert.is_true(kinds.preparing >= 5)
      assert.equal(6, #ids)
      assert.equal("failed", last.event)
      assert.equal("json.lua", last.name)
      assert.equal("exists", last.error.kind)
      shell "$V --progress=json:/dev/fd/3 json.lua 3>third 2>second >first"
      assert.equal("exists\n", rehearsal.content(folder .. "/first"))
      assert.equal("", rehearsal.content(folder .. "/second"))
      assert.matches('^{"attempts":0,', rehearsal.content(folder .. "/third"))
    end)

    it("ends when its file cannot be written, and the save goes on", function()
      write("closed.lua", head .. [[save "a.zip" print "done"]])
      local output, status = shell "$V --progress=json:/dev/full closed.lua 2>&1"
      assert.equal(0, status)
      assert.equal("progress is not written any more: No space left on device\ndone\n", output)
      output, status = shell "$V --progress=json:none/x closed.lua 2>&1"
      assert.equal(13, status)
      assert.matches("cannot write progress: none/x: No such file", output)
    end)

    it("is an option of `vbolua api`, too", function()
      write("id.lua", head .. [[
        client.gates[1] = function(request, next)
          if not request.sink then return next(request) end
          print((request.path:gsub("^/v%d+", "")))
          os.exit(0, false) -- the session stays
        end
        save "x.zip"]])
      local path = shell "$V id.lua":match "^%S+"
      local call = "$V api POST " .. path .. " --output a.zip --overwrite --json "
      assert.equal("", (shell(call .. "2>&1 >out")))
      assert.matches('"event":"start".*"event":"done"',
        (shell(call .. "--progress=json 2>&1 >out")))
      assert.equal("", (shell(call .. "--progress --quiet 2>&1 >out")))
      assert.equal("1 of 1 done, 10.4 KiB\n",
        (shell(call:gsub("$V", "$V --progress") .. "2>&1 >out")))
      local output, status = shell(call .. "--progress=bars")
      assert.equal(2, status)
      assert.matches("no such progress as 'bars'", output)
    end)

    it("is an option that vbolua checks and does not pass to the script", function()
      local output, status = shell "$V --progress=bars -e '' 2>&1"
      assert.equal(1, status)
      assert.matches("^vbolua: there is no such progress as '%-%-progress=bars'\nusage:", output)
      for _, wrong in ipairs { "--progress=", "--progress=json:", "--progres", "--quiet=1" } do
        assert.equal(1, (select(2, shell("$V " .. wrong .. " -e '' 2>&1"))), wrong)
      end
      write("args.lua", "print(...)")
      assert.equal("--quiet\t--progress=x\n", (shell "$V --quiet args.lua --quiet --progress=x"))
      assert.equal("json:f\n", (shell
        "$V --progress=json:f -e 'print(require\"vbo.core\".screen.setting())'"))
      assert.equal("default\n", (shell "$V -e 'print(require\"vbo.core\".screen.setting())'"))
    end)
  end)
end)
