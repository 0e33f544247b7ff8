-- `vbolua sim record`: that it only reads, and leaves nothing behind that is not whole.
--
-- Covers vbo.record.masks.

local catalogue = require "vbo.catalogue"
local helper = require "spec.support.sim_record"
local program = require "spec.support.program"
local rehearsals = require "spec.support.rehearsal"
local versions = require "spec.support.versions"
local worlds = require "vbo.sim.world"

local command, names_in = helper.command, helper.names_in
local quoted = program.quoted

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

  local opens = { Organization_Explore = true, RestoreSession_StopAction = true }

  for _, version in ipairs(versions.with_newest("v2", "v5")) do
    it("in " .. version, function()
      local known = catalogue.load(version)
      local asked, explored, stopped = 0, 0, 0
      for _, workload in ipairs { "exchange", "onedrive", "sharepoint", "teams" } do
        if version ~= "v2" and version ~= "v4" or workload ~= "teams" then
          rehearsal.reset()
          local output, status = program.run(command(rehearsal, version,
            ("--quiet --out %s/%s-%s --workload %s --contents --limit 4 --only bob@contoso.com")
              :format(quoted(folder), version, workload, workload)))
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
              if operation.class ~= "read" then
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
    require("vbo.record.guard").on(client)
    local drive, job = session:onedrive "bob@contoso.com", client:job "Contoso nightly"
    local before = #rehearsal.ask("GET", "/sim/requests")
    local err = rehearsals.failure(drive.restore, drive, {})
    assert.equal("refused", err.kind)
    assert.match("a recording cannot send a change", err.message)
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
    local output, status = program.run(command(rehearsal, "v8",
      ("--quiet --only alice@contoso.com --out %s/out"):format(quoted(folder))))
    assert.are_not.equal(0, status)
    assert.match("403", output)
    assert.equal("", names_in(folder))
    local found = states(rehearsal)
    assert.is_nil(found.Working)
    assert.is_true(found.Stopped > 1)
    rehearsal.stop()
  end)

  it("continues after a failure with --keep-going, and omits what failed", function()
    -- The drive of the second user: the first answer of documents after three of the first.
    local rehearsal = rehearsals.start "--fault 'operation=OneDriveDocument_Get nth=3 status=403'"
    local output, status = program.run(command(rehearsal, "v8",
      ("--keep-going --workload onedrive --out %s/out"):format(quoted(folder))))
    assert.equal(10, status, output)
    assert.match("left out: contoso.onmicrosoft.com: OneDrive of alice@contoso.com: ", output)
    local world = assert(worlds.open(folder .. "/out"))
    local organization = world:organizations()[1]
    assert.is_true(#organization.drives > 1)
    for _, drive in ipairs(organization.drives) do
      assert.are_not.equal("alice@contoso.com", drive.owner)
    end
    assert.is_nil(names_in(folder .. "/out/recorded/contoso.onmicrosoft.com/drives"):find "alice")
    assert.is_nil(states(rehearsal).Working)
    rehearsal.stop()
  end)

  it("can do without what only administrators see", function()
    local rehearsal = rehearsals.start("--fault 'operation=Job_GetByOrganizationId status=403' "
      .. "--fault 'operation=Job_Get status=403' --fault 'operation=*Repository_Get* status=403'")
    local output, status = program.run(command(rehearsal, "v8",
      ("--workload exchange --out %s/out"):format(quoted(folder))))
    assert.equal(0, status, output)
    assert.match("left out: jobs of contoso.onmicrosoft.com: ", output)
    local other <close> = program.sim("--world " .. quoted(folder .. "/out"))
    local client <close> = require "vbo".connect(program.settings(other, "v8"))
    local session <close> = client:organization "contoso.onmicrosoft.com":explore {}
    assert.is_true(session:mailbox "alice@contoso.com":items():count() > 10)
    rehearsal.stop()
  end)

  -- Starts a recording that hangs in the middle, with its session open, and signals it then.
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
    fails(out .. "--limit 0", "--limit must be a whole number above 0, got '0'")
    fails(out .. "--limit 1.5", "--limit must be a whole number above 0, got '1.5'")
    fails(out .. "--at sometime", "--at")
    fails(out .. "--contents --anonymize", "exclude each other")
    fails(out .. "--password secret", "--password cannot be used")
    fails(out .. "more", "unexpected argument: more")
    fails(out .. "--out x", "--out is given twice")
    assert.equal("", names_in(folder))
  end)

  it("is its owner's alone, in a folder that others could read, too", function()
    local rehearsal = rehearsals.start()
    local target = folder .. "/private"
    assert(os.execute(("mkdir -m 755 %s"):format(quoted(target))))
    local output, status = program.run("umask 022; " .. command(rehearsal, "v8",
      ("--quiet --out %s --workload onedrive --contents --limit 2 --only bob@contoso.com")
        :format(quoted(target))))
    assert.equal(0, status, output)
    local files = program.run(("find %s -type f -perm 600"):format(quoted(target)))
    assert.is_truthy(files:find("contents/", 1, true), files)
    assert.equal("", program.run(("find %s -type f ! -perm 600; find %s -type d ! -perm 700")
      :format(quoted(target), quoted(target))))
    rehearsal.stop()
  end)

  it("goes into a folder that is empty", function()
    local rehearsal = rehearsals.start()
    os.execute("mkdir " .. quoted(folder .. "/out"))
    local output, status = program.run(command(rehearsal, "v8",
      ("--out %s/out --workload teams"):format(quoted(folder))))
    assert.equal(0, status, output)
    assert.match("\nrecorded [^\n]*: %d organizations, %d+ users, [^\n]*%d team", output)
    assert.match("left out: teams of fabrikam", output)
    assert.equal("recorded\nworld.lua\n", names_in(folder .. "/out"))
    assert.equal("out\n", names_in(folder))
    rehearsal.stop()
  end)
end)
