-- Saves destroy nothing: not what others write beside them, not what is there already, and
-- not each other's.

local core = require "vbo.core"
local json = require "vbo.base.json"
local manifest = require "vbo.model.manifest"
local program = require "spec.support.program"
local rehearsal = require "spec.support.rehearsal"
local system = require "spec.support.faults.system"
local vbo = require "vbo"

local content, failure, quoted = rehearsal.content, rehearsal.failure, program.quoted

local server, base, remove, shim, trouble
local number = 0

setup(function()
  server = rehearsal.start()
  base, remove = program.folder()
  shim, trouble = system.shim(base)
end)
teardown(function()
  server.stop()
  remove()
end)

local function new_folder()
  number = number + 1
  local path = base .. "/" .. number
  assert(core.mkdir(path))
  return path
end

local function write(path, bytes)
  local file <close> = assert(io.open(path, "wb"))
  file:write(bytes)
end

local function names(folder)
  local found = {}
  for name in pairs(core.list(folder)) do found[#found + 1] = name end
  table.sort(found)
  return found
end

-- A command that runs a script against the server.
local function command(text, environment)
  number = number + 1
  local script = ("%s/script%d.lua"):format(base, number)
  write(script, [[
    local vbo = require "vbo"
    local client <close> = vbo.connect()
    local session <close> = client:organization "contoso.onmicrosoft.com":explore {
      workload = "onedrive", at = "2026-11-18T22:00:00Z" }
    local drive = session:onedrive "alice@contoso.com"
  ]] .. text)
  local where = server.settings "v8"
  return ("env %s VBO_HOST=%s VBO_USER=%s VBO_PASSWORD=%s VBO_PIN=%s %s %s 2>&1"):format(
    environment or "", where.url, where.user, where.password, where.pin,
    quoted(program.vbolua), script)
end

-- Partial files get names, as where the system has none without.
local function with_names()
  return ("LD_PRELOAD=%s FAULT_NAMED=1 ASAN_OPTIONS=%s"):format(quoted(shim),
    quoted((os.getenv "ASAN_OPTIONS" or "") .. ":verify_asan_link_order=0"))
end

local function wait_for(path)
  for _ = 1, 3000 do
    if core.stat(path) then return end
    os.execute "sleep 0.02"
  end
  error("there is no " .. path)
end

describe("several processes", function()
  it("save into one folder and one manifest, and nothing is lost", function()
    local folder, go = new_folder(), base .. "/go"
    local script = [[
      local id = %d
      io.open("%s.ready" .. id, "w"):close()
      while not io.open "%s" do vbo.sleep(0.005) end
      for round = 1, 4 do
        local list <close> = vbo.manifest "%s"
        for _, document in ipairs(drive:folder "Documents/Reports":documents():all()) do
          list:add(document:save { to = ("%s/%%d-%%d-%%s"):format(id, round, document.name) })
        end
      end
      drive:folder "Documents/Reports":save { zip = false, to = "%s/" .. id, manifest = true }
      -- What all of them save: it is there once, and each of them is content.
      drive:document "Documents/Projects/Borealis/Idea.md":save {
        to = "%s/", overwrite = true, manifest = true }
    ]]
    local running = {}
    for id = 1, 5 do
      running[id] = program.start(command(script:format(id, go, go, folder, folder, folder,
        folder)), "pid")
      wait_for(go .. ".ready" .. id)
    end
    write(go, "")
    for _, one in ipairs(running) do
      local output, status = one.wait()
      assert.equal("", output)
      assert.equal(0, status)
    end
    local client <close> = server.connect "v8"
    local session <close> = client:organization(rehearsal.organization):explore {
      workload = "onedrive", at = rehearsal.before }
    local expected = { ["Idea.md"] = true }
    for _, document in ipairs(session:onedrive "alice@contoso.com":folder "Documents/Reports"
        :documents():all()) do
      for id = 1, 5 do
        for round = 1, 4 do
          expected[("%d-%d-%s"):format(id, round, document.name)] = true
        end
      end
    end
    local listed = manifest.read(folder)
    for name in pairs(expected) do
      assert.is_table(listed[name], name)
      listed[name] = nil
    end
    assert.is_nil(next(listed))
    local report = vbo.verify(folder)
    assert.is_true(report.ok)
    for id = 1, 5 do assert.is_true(vbo.verify(folder .. "/" .. id).ok) end
    assert.equal(0, select(2, program.run(("cd %s && sha256sum --check --strict SHA256SUMS")
      :format(quoted(folder)))))
    for name in pairs(core.list(folder)) do assert.is_nil(name:find "^%.vbolua") end
  end)

  it("wait for each other's manifest, and say so when that lasts", function()
    local folder = new_folder()
    local held = assert(core.lock(folder))
    local second, err = core.lock(folder, 0.01)
    assert.is_nil(second)
    assert.equal("busy", err.kind)
    assert.matches(folder, err.message, 1, true)
    write(folder .. "/a", "1")
    local list = vbo.manifest(folder)
    list:add { path = folder .. "/a", sha256 = ("0"):rep(64) }
    vbo.spawn(function()
      vbo.sleep(0.05)
      held:close()
    end)
    list:write()
    assert.is_table(manifest.read(folder).a)
    assert.same({ "SHA256SUMS", "a", "manifest.json" }, names(folder))
  end)

  it("save on after a crash that left a lock file", function()
    local folder = new_folder()
    write(folder .. "/.vbolua-manifest.lock", "")
    vbo.manifest(folder):add { path = folder .. "/a", sha256 = ("0"):rep(64) }:write()
    assert.same({ "SHA256SUMS", "manifest.json" }, names(folder))
  end)
end)

describe("a manifest that a crash left half written", function()
  it("is read with the entries that were written last", function()
    local folder = new_folder()
    local one, two = ("1"):rep(64), ("2"):rep(64)
    vbo.manifest(folder):add { path = folder .. "/a", sha256 = one }:write()
    local sums = content(folder .. "/SHA256SUMS")
    vbo.manifest(folder):add { path = folder .. "/a", sha256 = two }:write()
    write(folder .. "/SHA256SUMS", sums) -- the details came first
    assert.equal(two, manifest.read(folder).a.sha256)
    vbo.manifest(folder):add { path = folder .. "/b", sha256 = one }:write()
    assert.equal(two, manifest.read(folder).a.sha256)
    assert.matches(two .. "  a\n", content(folder .. "/SHA256SUMS"), 1, true)
    -- Refuses sums that another program changed: no crash explains them.
    write(folder .. "/SHA256SUMS", ("3"):rep(64) .. "  a\n")
    assert.equal("integrity", failure(manifest.read, folder).kind)
  end)

  it("stops a save before it starts where manifest.json belongs to another program", function()
    local folder = new_folder()
    write(folder .. "/manifest.json", '{"name": "an extension"}')
    local output, status = program.run(command(([[
      drive:folder "Documents/Reports":save { zip = false, to = %q, manifest = true }
    ]]):format(folder)))
    assert.equal(core.kinds.integrity, status)
    assert.matches('it must hold a list "files" of objects with a "sha256"', output, 1, true)
    assert.same({ "manifest.json" }, names(folder))
    assert.equal('{"name": "an extension"}', content(folder .. "/manifest.json"))
  end)
end)

describe("a save", function()
  local client, session, drive

  setup(function()
    client = server.connect "v8"
    session = client:organization(rehearsal.organization):explore {
      workload = "onedrive", at = rehearsal.before }
    drive = session:onedrive "alice@contoso.com"
  end)
  teardown(function()
    session:close()
    client:close()
  end)

  local function idea() return drive:document "Documents/Projects/Borealis/Idea.md" end

  it("leaves a file alone that is called like it and .part", function()
    local folder = new_folder()
    write(folder .. "/report.bin.part", "mine")
    idea():save { to = folder .. "/report.bin" }
    idea():save { to = folder .. "/report.bin", overwrite = true }
    assert.equal("mine", content(folder .. "/report.bin.part"))
    assert.same({ "report.bin", "report.bin.part" }, names(folder))
  end)

  it("makes the folders that are missing", function()
    local folder = new_folder()
    idea():save { to = folder .. "/hold/deeper/" }
    idea():save { to = folder .. "/other/hold/x.md", manifest = true }
    drive:folder "Documents/Reports":save { to = folder .. "/sets/plain", zip = false }
    session:onedrives { drive }:save { to = folder .. "/sets/zips/" }
    assert.same({ "Idea.md" }, names(folder .. "/hold/deeper"))
    assert.same({ "SHA256SUMS", "manifest.json", "x.md" }, names(folder .. "/other/hold"))
    assert.same({ "plain", "zips" }, names(folder .. "/sets"))
    assert.same({ "Alice Example.zip" }, names(folder .. "/sets/zips"))
  end)

  it("refuses devices, FIFOs and links to them, and replaces other links", function()
    local folder = new_folder()
    assert(os.execute("cd " .. quoted(folder)
      .. " && mkfifo fifo && ln -s fifo to_fifo && ln -s /dev/null to_null && echo old >target"
      .. " && ln -s target link && ln -s nowhere dangling && mkdir sub && ln -s sub to_sub"))
    for _, to in ipairs { folder .. "/fifo", folder .. "/to_fifo", folder .. "/to_null",
        "/dev/null" } do
      for _, overwrite in ipairs { true, false } do
        local document = idea()
        local err = failure(document.save, document, { to = to, overwrite = overwrite })
        assert.equal("disk", err.kind)
        assert.matches("a device, a FIFO or a socket", err.message)
      end
    end
    assert.matches("^prw", (program.run("ls -l " .. quoted(folder .. "/fifo"))))
    assert.matches("^lrw", (program.run("ls -l " .. quoted(folder .. "/to_null"))))
    assert.matches("^crw", (program.run "ls -l /dev/null"))
    for _, name in ipairs { "link", "dangling" } do
      local document = idea()
      assert.equal("exists", failure(document.save, document, { to = folder .. "/" .. name }).kind)
      idea():save { to = folder .. "/" .. name, overwrite = true }
      assert.matches("^-rw", (program.run("ls -l " .. quoted(folder .. "/" .. name))))
    end
    assert.equal("old\n", content(folder .. "/target"))
    idea():save { to = folder .. "/to_sub" } -- a folder, so that the name follows
    assert.same({ "Idea.md" }, names(folder .. "/sub"))
  end)

  it("does not write where its manifest goes", function()
    local folder = new_folder()
    for _, name in ipairs { "SHA256SUMS", "manifest.json" } do
      local document = idea()
      local err = failure(document.save, document, { to = folder .. "/" .. name, manifest = true })
      assert.equal("usage", err.kind)
      assert.matches("the manifest is written there", err.message)
    end
    assert.same({}, names(folder))
  end)

  it("that is killed leaves nothing, or what the next one removes", function()
    for _, environment in ipairs { "", shim and with_names() } do
      local folder, marker = new_folder(), base .. "/moving" .. number
      local long = command(([[
        drive:folder "Videos":documents():first():save { to = %q, progress = function(p)
          if p.received > 0 then io.open(%q, "w"):close() end end }
      ]]):format(folder .. "/long.mp4", marker), environment)
      write(folder .. "/long.mp4.part", "mine")
      local started <close> = program.start("sh -c " .. quoted("exec " .. long), "pid")
      wait_for(marker)
      -- Kills the program itself: `env` replaces itself by it.
      os.execute("kill -KILL " .. started.pid)
      started.wait()
      local left = names(folder)
      if environment ~= "" then
        assert.equal(2, #left)
        assert.matches("^%.vbolua%-%x+%.part$", left[1])
      else
        assert.same({ "long.mp4.part" }, left)
      end
      local output, status = program.run(command(([[
        drive:document "Documents/Projects/Borealis/Idea.md":save { to = %q }
      ]]):format(folder .. "/Idea.md"), environment))
      assert.equal("", output)
      assert.equal(0, status)
      assert.same({ "Idea.md", "long.mp4.part" }, names(folder))
      assert.equal("mine", content(folder .. "/long.mp4.part"))
    end
    if not shim then pending(trouble) end
  end)
end)

describe("a set of documents", function()
  it("keeps documents whose names are those of a manifest", function()
    local world, folder = base .. "/world", new_folder()
    local drive = world .. "/drives/maja@north.example"
    assert(os.execute("mkdir -p " .. quoted(drive .. "/sub")))
    for _, name in ipairs { "SHA256SUMS", "manifest.json", "sub/manifest.json",
        ".vbolua-00112233445566778899aabbccddeeff.part", ".vbolua-manifest.lock" } do
      write(drive .. "/" .. name, "the document " .. name)
    end
    local other <close> = program.sim("--world " .. quoted(world))
    local client <close> = vbo.connect(program.settings(other, "v8"))
    local session <close> = client:organizations():one():explore { workload = "onedrive" }
    local maja = session:onedrive "maja@north.example"
    local saved = maja:save { zip = false, to = folder, manifest = true }
    assert.equal(5, #saved)
    local found = {}
    for _, each in ipairs(saved) do found[each.path:sub(#folder + 2)] = content(each.path) end
    assert.same({
      ["SHA256SUMS (2)"] = "the document SHA256SUMS",
      ["manifest (2).json"] = "the document manifest.json",
      ["sub/manifest.json"] = "the document sub/manifest.json",
      ["_.vbolua-00112233445566778899aabbccddeeff.part"] =
        "the document .vbolua-00112233445566778899aabbccddeeff.part",
      ["_.vbolua-manifest.lock"] = "the document .vbolua-manifest.lock",
    }, found)
    assert.is_true(vbo.verify(folder, { deep = true }).ok)
    assert.equal(5, #json.decode(content(folder .. "/manifest.json")).files)
  end)
end)
