-- `vbolua sim record`: what it writes, and that it only reads.

local dump = require "spec.support.dump"
local program = require "spec.support.program"
local rehearsals = require "spec.support.rehearsal"
local worlds = require "vbo.sim.world"

local quoted = program.quoted

--- The shell's words of a recording.
local function command(rehearsal, version, arguments)
  local sim = rehearsal.sim
  return ("VBO_HOST=%s VBO_USER=%s VBO_PASSWORD=%s VBO_PIN=%s VBO_VERSION=%s %s sim record %s")
    :format(sim.listening:match "//(.*)$", quoted(sim.user), quoted(sim.password),
      sim.fingerprint, version, program.vbolua, arguments)
end

local function names_in(folder)
  return (program.run(("ls -A %s | sort"):format(quoted(folder))))
end

describe("a recording", function()
  local rehearsal, folder, remove

  setup(function()
    rehearsal = rehearsals.start()
    folder, remove = program.folder()
  end)

  teardown(function()
    rehearsal.stop()
    remove()
  end)

  --- Records; gives the path, or the output where it fails.
  local function record(name, version, arguments)
    local path = folder .. "/" .. name
    local output, status = program.run(command(rehearsal, version, ("--quiet --out %s %s"):format(
      quoted(path), arguments or "")))
    return status == 0 and path or nil, output, status
  end

  local function lines_of(recorded, version, options)
    local other <close> = program.sim("--world " .. quoted(recorded))
    local client <close> = require "vbo".connect(program.settings(other, version))
    return dump.lines(client, options)
  end

  for _, version in ipairs { "v3", "v5", "v8" } do
    it("shows what the server shows, in " .. version, function()
      local path, output = record("all-" .. version, version)
      assert.is_truthy(path, output)
      local client <close> = rehearsal.connect(version)
      local wanted, got = dump.lines(client), lines_of(path, version)
      for i, line in ipairs(wanted) do
        assert.equal(line, got[i], ("line %d"):format(i))
      end
      assert.equal(#wanted, #got)
    end)
  end

  it("is of the backup as of a date", function()
    local before = "2026-11-13T22:00:00Z"
    local path, output = record("before", "v8", "--at " .. before)
    assert.is_truthy(path, output)
    local client <close> = rehearsal.connect "v8"
    local only = { workloads = { "onedrive", "exchange", "sharepoint", "teams" }, at = before }
    local function content(lines)
      local out, started = {}, false
      for _, line in ipairs(lines) do
        -- Jobs have run since, and organizations were backed up.
        started = started or line:find "^onedrive of contoso"
        if line:find "^organization" then started = false end
        if started then out[#out + 1] = line end
      end
      return out
    end
    local wanted = content(dump.lines(client, only))
    assert.is_true(#wanted > 50)
    assert.same(wanted, content(lines_of(path, "v8", { workloads = only.workloads })))
  end)

  it("has the bytes of what it is asked for", function()
    local path, output = record("contents", "v8", "--contents --only juergen.mueller@contoso.com "
      .. "--organization contoso.onmicrosoft.com "
      .. "--workload onedrive --workload exchange --workload sharepoint --workload teams")
    assert.is_truthy(path, output)
    local other <close> = program.sim("--world " .. quoted(path))
    local to = folder .. "/saved"
    local function hashes(client)
      local found = {}
      local function take(what, it)
        found[#found + 1] = what .. " " .. it:save { to = to, overwrite = true }.sha256
      end
      local organization = client:organization "contoso.onmicrosoft.com"
      local function open(workload)
        return organization:explore { workload = workload, all_versions = true }
      end
      local onedrive <close> = open "onedrive"
      for document in onedrive:onedrive "juergen.mueller@contoso.com":documents():each() do
        take(document.name, document)
        for version in document:versions():each() do
          take(document.name .. version.version_number, version)
        end
      end
      local sharepoint <close> = open "sharepoint"
      for site in sharepoint:sites():each() do
        for document in site:documents():each() do take(document.name, document) end
        for item in site:items():each() do
          for attachment in item:attachments():each() do take(attachment.name, attachment) end
        end
      end
      local teams <close> = open "teams"
      for file in teams:team():files():each() do
        if file.file_type == "File" then take(file.name, file) end
      end
      local exchange <close> = open "exchange"
      for item in exchange:mailbox "juergen.mueller@contoso.com":items():each() do
        take(item.subject, item)
      end
      table.sort(found) -- of all below a drive, the order is a server's own
      return found
    end
    local client <close> = rehearsal.connect "v8"
    local copy <close> = require "vbo".connect(program.settings(other, "v8"))
    local wanted = hashes(client)
    assert.is_true(#wanted > 10)
    assert.same(wanted, hashes(copy))
    -- What is left of the other users are their names.
    local session <close> = copy:organization():explore { workload = "onedrive" }
    assert.equal(1, session:onedrives():count())
  end)

  it("generates contents of the same size, the same at every start", function()
    local path = assert(record("generated", "v8", "--only bob@contoso.com"))
    local saved = {}
    for i = 1, 2 do
      local other <close> = program.sim("--world " .. quoted(path))
      local client <close> = require "vbo".connect(program.settings(other, "v6"))
      local session <close> = client:organization "contoso.onmicrosoft.com":explore {
        workload = "onedrive",
      }
      saved[i] = session:onedrive "bob@contoso.com":document "pictures/rack.jpg":save {
        to = folder .. "/rack.jpg", overwrite = true,
      }
    end
    assert.equal(20480, saved[1].size)
    assert.equal(saved[1].sha256, saved[2].sha256)
    assert.is_nil(names_in(path):find("contents", 1, true))
  end)

  it("can be restored from, and production changes as it would", function()
    local path = assert(record("restored", "v8", "--only alice@contoso.com --workload onedrive"))
    local other <close> = program.sim("--world " .. quoted(path))
    local client <close> = require "vbo".connect(program.settings(other, "v8"))
    local session <close> = client:organization "contoso.onmicrosoft.com":explore {
      workload = "onedrive",
    }
    local drive = session:onedrive "alice@contoso.com"
    local result = drive:document "Documents/Handbook.docx":restore { on_conflict = "keep" }
    assert.equal(1, result.restored)
  end)

  it("is of those that are named", function()
    local path = assert(record("fabrikam", "v8", "--organization fabrikam.onmicrosoft.com"))
    local world = assert(worlds.open(path))
    assert.equal(1, #world:organizations())
    assert.equal("fabrikam.onmicrosoft.com", world:organizations()[1].name)
    local _, output, status = record("nobody", "v8", "--only nobody@contoso.com")
    assert.equal(8, status)
    assert.match("there is no user 'nobody@contoso.com'", output)
    _, output, status = record("nothing", "v8", "--organization nothing.example")
    assert.equal(8, status, output)
    assert.is_nil(names_in(folder):find "nobody")
    assert.is_nil(names_in(folder):find "nothing")
  end)

  it("takes so many of each and no more", function()
    local path = assert(record("limited", "v8", "--limit 3 --no-versions"))
    local world = assert(worlds.open(path))
    local organization = world:organizations()[1]
    local view = world:view(organization, {})
    for _, drive in ipairs(view:drives()) do assert.is_true(#view:documents(drive) <= 3) end
    assert.equal(3, #view:documents(view:drives()[1]))
    for _, mailbox in ipairs(view:mailboxes()) do assert.is_true(#view:items(mailbox) <= 3) end
    assert.equal(1, #view:documents(view:drives()[1])[1].versions)
  end)

  describe("with other names", function()
    local key

    setup(function()
      key = folder .. "/key"
      local file <close> = assert(io.open(key, "wb"))
      file:write "a key of some thirty-two bytes ."
    end)

    it("tells none of the names", function()
      local path, output = record("masked", "v8", "--anonymize")
      assert.is_truthy(path, output)
      local words = {}
      -- None that syllables might make by chance.
      for _, word in ipairs { "alice", "contoso", "builder", "rgen", "ller", "former", "fabrikam",
        "carol", "aurora", "handbook", "marketing", "王", "contract", "hamburg", "IMG_",
        "nightly" } do
        words[#words + 1] = "-e " .. quoted(word)
      end
      local found = program.run(("grep -rio %s %s; find %s"):format(table.concat(words, " "),
        quoted(path), quoted(path)))
      for _, word in ipairs { "alice", "contoso", "fabrikam", "aurora", "王" } do
        assert.is_nil(found:lower():find(word, 1, true), found)
      end
      assert.is_nil(found:find("jsonl:", 1, true), found)
      assert.is_nil(found:find("world.lua:", 1, true), found)
    end)

    it("keeps structure, sizes and dates", function()
      local path = assert(record("masked-too", "v8", "--anonymize"))
      local client <close> = rehearsal.connect "v8"
      local function bare(lines)
        local out = {}
        for i, line in ipairs(lines) do
          local indent, kind = line:match "^( *)(%S+)"
          local numbers = {}
          for name, value in line:gmatch '"(%w+)":("?[%d][^,"}]*)' do
            numbers[#numbers + 1] = name .. value
          end
          out[i] = indent .. kind .. table.concat(numbers, ",")
        end
        return out
      end
      local wanted, got = bare(dump.lines(client)), bare(lines_of(path, "v8"))
      local same, sized = 0, 0
      assert.equal(#wanted, #got)
      for i, line in ipairs(wanted) do
        if line == got[i] then same = same + 1 end
        if line:find "sizeBytes%d" or line:find "Timeh*" then sized = sized + 1 end
      end
      -- All but the names that begin with a digit.
      assert.is_true(same > #wanted * 0.95, ("%d of %d"):format(same, #wanted))
      assert.is_true(sized > 100)
    end)

    it("gives the same words for the same key", function()
      local function of(name, arguments)
        local path = assert(record(name, "v8", "--workload exchange " .. arguments))
        return (program.run(("cd %s && cat $(find recorded -type f | sort) && "
          .. "grep -v now world.lua"):format(quoted(path))))
      end
      local first = of("key-1", "--anonymize-key " .. quoted(key))
      assert.is_true(#first > 10000)
      assert.equal(first, of("key-2", "--anonymize-key " .. quoted(key)))
      assert.are_not.equal(first, of("key-3", "--anonymize"))
    end)

    it("leads from a drive to its user", function()
      local path = assert(record("masked-drive", "v8", "--anonymize --workload onedrive"))
      local other <close> = program.sim("--world " .. quoted(path))
      local client <close> = require "vbo".connect(program.settings(other, "v8"))
      local organization = client:organizations():first()
      local session <close> = organization:explore { workload = "onedrive" }
      for user in organization:users():each() do
        assert.equal(user.display_name, session:onedrive(user.name).name)
      end
    end)
  end)
end)

describe("recording only reads", function()
  local rehearsal, folder, remove

  setup(function()
    rehearsal = rehearsals.start()
    folder, remove = program.folder()
  end)

  teardown(function()
    rehearsal.stop()
    remove()
  end)

  local catalogue = require "vbo.catalogue"
  local opens = { Organization_Explore = true, RestoreSession_StopAction = true }

  for _, version in ipairs { "v2", "v5", "v8" } do
    it("in " .. version, function()
      local known = catalogue.load(version)
      local asked, explored, stopped = 0, 0, 0
      for _, workload in ipairs { "exchange", "onedrive", "sharepoint", "teams" } do
        if version ~= "v2" and version ~= "v4" or workload ~= "teams" then
          rehearsal.reset()
          local output, status = program.run(command(rehearsal, version,
            ("--quiet --out %s/%s-%s --workload %s --contents --only bob@contoso.com"):format(
              quoted(folder), version, workload, workload)))
          assert.equal(0, status, output)
          local requests = rehearsal.ask("GET", "/sim/requests")
          -- The server remembers so many: none was forgotten.
          assert.is_true(#requests < 1000)
          for _, request in ipairs(requests) do
            local path = request.path:lower()
            if not path:find "/token$" and not path:find "^/sim/" then
              asked = asked + 1
              local operation = known:operation(request.operation)
              assert.is_truthy(operation, request.method .. " " .. request.path)
              if operation.change then
                assert.is_true(opens[operation.name], request.operation)
                if operation.name == "Organization_Explore" then
                  if request.status < 300 then explored = explored + 1 end
                else
                  stopped = stopped + 1
                end
              end
            end
          end
          assert.same({}, rehearsal.changes())
        end
      end
      assert.is_true(asked > 50)
      assert.is_true(explored > 2)
      assert.equal(explored, stopped)
    end)
  end

  it("for nothing else is let through", function()
    local client <close> = rehearsal.connect "v8"
    local organization = client:organization "contoso.onmicrosoft.com"
    local session <close> = organization:explore { workload = "onedrive" }
    require("vbo.sim.record.guard").on(client)
    local drive, job = session:onedrive "bob@contoso.com", client:job "Contoso nightly"
    local before = #rehearsal.ask("GET", "/sim/requests")
    local err = rehearsals.failure(drive.restore, drive, {})
    assert.equal("refused", err.kind)
    assert.match("a recording only reads", err.message)
    assert.equal("refused", rehearsals.failure(job.start, job).kind)
    assert.equal("refused", rehearsals.failure(job.edit, job, { description = "x" }).kind)
    local requests = rehearsal.ask("GET", "/sim/requests")
    for i = before + 1, #requests do
      assert.is_true(requests[i].method == "GET" or requests[i].path:find "oken" ~= nil,
        requests[i].path)
    end
    drive:documents():first():save { to = folder .. "/read", overwrite = true }
  end)
end)

describe("a recording that is not finished", function()
  local folder, remove

  before_each(function() folder, remove = program.folder() end)
  after_each(function() remove() end)

  local function states(rehearsal)
    local client <close> = rehearsal.connect "v8"
    local found = {}
    for session in client:sessions():each() do
      found[session.state] = (found[session.state] or 0) + 1
    end
    return found
  end

  it("leaves nothing when it fails", function()
    local rehearsal = rehearsals.start "--fault 'operation=OneDriveDocument_Get nth=3 status=403'"
    local output, status = program.run(command(rehearsal, "v8", ("--quiet --out %s/out"):format(
      quoted(folder))))
    assert.are_not.equal(0, status)
    assert.match("403", output)
    assert.equal("", names_in(folder))
    assert.same({ Stopped = 2 }, states(rehearsal))
    rehearsal.stop()
  end)

  -- One that hangs in the middle, with its session open, and gets a signal then.
  local function interrupted(signal)
    local rehearsal = rehearsals.start "--fault 'operation=OneDriveDocument_Get hang=true'"
    local path = folder .. "/out"
    local recording = program.start(("sh -c %s"):format(quoted(("echo ready: yes; exec env %s 2>%s")
      :format(command(rehearsal, "v8", "--workload onedrive --out " .. quoted(path)),
        quoted(folder .. "/said")))), "ready")
    local engine <close> = assert(require("vbo.core").engine())
    local function said()
      local file <close> = io.open(folder .. "/said", "rb")
      return file and file:read "a" or ""
    end
    local tries = 0
    while not said():find("OneDrive of", 1, true) do
      tries = tries + 1
      assert(tries < 6000, said())
      engine:sleep(0.01)
    end
    local during = names_in(folder)
    os.execute(("kill -%s %s"):format(signal, recording.pid))
    local _, status = recording.wait()
    local found = states(rehearsal)
    rehearsal.stop()
    return status, during, found
  end

  it("leaves nothing when it is interrupted, and stops its session", function()
    local status, during, found = interrupted "INT"
    assert.equal(130, status)
    assert.match("out%.part%-%x+\n", during)
    assert.equal("said\n", names_in(folder))
    assert.same({ Stopped = 1 }, found)
  end)

  it("is not there when it is killed", function()
    local status = interrupted "KILL"
    assert.equal(137, status)
    assert.match("^out%.part%-%x+\nsaid\n$", names_in(folder))
  end)

  it("is not begun where something is", function()
    os.execute(("mkdir %s/there && touch %s/there/file %s/name"):format(folder, folder, folder))
    for _, name in ipairs { "there", "there/", "name" } do
      -- No server is asked: there is none.
      local output, status = program.run(("VBO_HOST=127.0.0.1:1 VBO_USER=u VBO_PASSWORD=p %s sim "
        .. "record --out %s/%s"):format(program.vbolua, quoted(folder), name))
      assert.equal(14, status, output)
      assert.match("is there already", output)
    end
    assert.equal("name\nthere\n", names_in(folder))
    assert.equal("file\n", names_in(folder .. "/there"))
  end)

  it("is not begun with wrong arguments", function()
    local function fails(arguments, why)
      local output, status = program.run(("VBO_HOST=127.0.0.1:1 VBO_USER=u VBO_PASSWORD=p %s sim "
        .. "record %s"):format(program.vbolua, arguments))
      assert.equal(2, status, output)
      assert.is_truthy(output:find(why, 1, true), output)
    end
    local out = ("--out %s/out "):format(quoted(folder))
    fails("", "needs --out DIR")
    fails(out .. "--onyl x", "did you mean --only?")
    fails(out .. "--workload sharpoint", "did you mean sharepoint?")
    fails(out .. "--limit 0", "--limit '0' is no whole number above 0")
    fails(out .. "--limit 1.5", "--limit '1.5' is no whole number above 0")
    fails(out .. "--at sometime", "--at")
    fails(out .. "--contents --anonymize", "exclude each other")
    fails(out .. "--password secret", "a password on the command line")
    fails(out .. "more", "unexpected argument: more")
    fails(out .. "--out x", "--out is given twice")
    assert.equal("", names_in(folder))
  end)

  it("goes into a folder that is empty", function()
    local rehearsal = rehearsals.start()
    os.execute("mkdir " .. quoted(folder .. "/out"))
    local output, status = program.run(command(rehearsal, "v8",
      ("--out %s/out --workload teams"):format(quoted(folder))))
    assert.equal(0, status, output)
    assert.match("\nrecorded [^\n]*: 2 organizations, %d+ users, [^\n]*%d team", output)
    assert.match("left out: teams of fabrikam", output)
    assert.equal("recorded\nworld.lua\n", names_in(folder .. "/out"))
    assert.equal("out\n", names_in(folder))
    rehearsal.stop()
  end)
end)
