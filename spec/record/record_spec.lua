-- `vbolua sim record`: what it writes, beside the server that it was written from.
--
-- Covers vbo.record, vbo.record.backups, vbo.record.description, vbo.record.files,
-- vbo.record.mail, vbo.record.people, vbo.record.sites, vbo.record.teams.

local dump = require "spec.support.dump"
local helper = require "spec.support.sim_record"
local program = require "spec.support.program"
local rehearsals = require "spec.support.rehearsal"
local worlds = require "vbo.sim.world"

local command, names_in = helper.command, helper.names_in
local quoted = program.quoted

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

  -- Words of a command line, and options of a dump.
  local function selected(only, workloads)
    local words = {}
    for _, each in ipairs(only or {}) do words[#words + 1] = "--only " .. each end
    for _, each in ipairs(workloads or {}) do words[#words + 1] = "--workload " .. each end
    return table.concat(words, " "), { only = only, workloads = workloads }
  end

  local everything = { "onedrive", "exchange", "sharepoint", "teams" }
  local some = { "alice@contoso.com", "erika.former@contoso.com", "carol@fabrikam.com" }

  for version, of in pairs {
    v2 = { { "bob@contoso.com" }, { "onedrive" } }, v5 = { some, everything }, v8 = {},
  } do
    it("shows what the server shows, in " .. version, function()
      local words, options = selected(of[1], of[2])
      local path, output = record("all-" .. version, version, words)
      assert.is_truthy(path, output)
      local client <close> = rehearsal.connect(version)
      local wanted, got = dump.lines(client, options), lines_of(path, version, options)
      for i, line in ipairs(wanted) do
        assert.equal(line, got[i], ("line %d"):format(i))
      end
      assert.equal(#wanted, #got)
    end)
  end

  it("is of the backup as of a date", function()
    local before = "2026-11-13T22:00:00Z"
    local words, only = selected({ "alice@contoso.com" }, { "onedrive", "teams" })
    local path, output = record("before", "v8", words .. " --at " .. before)
    assert.is_truthy(path, output)
    local client <close> = rehearsal.connect "v8"
    only.at = before
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
    assert.same(wanted, content(lines_of(path, "v8", {
      workloads = only.workloads, only = only.only,
    })))
  end)

  it("has the bytes of what it is asked for", function()
    local path, output = record("contents", "v8", "--contents --limit 10 "
      .. "--only juergen.mueller@contoso.com --organization contoso.onmicrosoft.com "
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
      return found
    end
    local client <close> = rehearsal.connect "v8"
    local copy <close> = require "vbo".connect(program.settings(other, "v8"))
    local there, count = {}, 0
    for _, each in ipairs(hashes(client)) do there[each] = true end
    for _, each in ipairs(hashes(copy)) do
      assert.is_true(there[each], each)
      count = count + 1
    end
    assert.is_true(count > 20)
    -- Checks that only the names of the other users are left.
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
      local path, output = record("masked", "v8", "--anonymize " .. selected(some, everything))
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
      local told = { sizeBytes = true, version = true, creationTime = true, createdTime = true,
        modificationTime = true, modified = true, sent = true, received = true }
      -- Reduces lines to depth, kind and numbers, without names, in an order of its own.
      local function bare(lines)
        local out, dated = {}, 0
        for _, line in ipairs(lines) do
          local indent, kind = line:match "^(  +)(%S+)"
          local values = {}
          for name, value in line:gmatch '"(%w+)":("?%d[^,"}]*)' do
            if told[name] then values[#values + 1] = name .. value end
          end
          if #values > 1 then dated = dated + 1 end
          if indent then out[#out + 1] = indent .. kind .. " " .. table.concat(values, " ") end
        end
        table.sort(out)
        return out, dated
      end
      local client <close> = rehearsal.connect "v8"
      local _, options = selected(some, everything)
      local wanted, dated = bare(dump.lines(client, options))
      assert.is_true(dated > 100)
      assert.same(wanted, (bare(lines_of(folder .. "/masked", "v8", {
        workloads = everything, bare = true,
      }))))
    end)

    it("gives the same words for the same key", function()
      local function of(name, arguments)
        local path = assert(record(name, "v8",
          "--workload exchange --only alice@contoso.com " .. arguments))
        return (program.run(("cd %s && cat $(find recorded -type f | sort) && "
          .. "grep -v now world.lua"):format(quoted(path))))
      end
      local first = of("key-1", "--anonymize-key " .. quoted(key))
      assert.is_true(#first > 10000)
      assert.equal(first, of("key-2", "--anonymize-key " .. quoted(key)))
      assert.are_not.equal(first, of("key-3", "--anonymize"))
    end)

    it("leads from a drive to its user", function()
      local path = assert(record("masked-drive", "v8",
        "--anonymize --workload onedrive --limit 1 --no-versions"))
      local other <close> = program.sim("--world " .. quoted(path))
      local client <close> = require "vbo".connect(program.settings(other, "v8"))
      local organization = client:organizations():first()
      local session <close> = organization:explore { workload = "onedrive" }
      local drives = {}
      for drive in session:onedrives():each() do drives[drive.id] = drive.name end
      local found = 0
      for user in organization:users():each() do
        -- Some have none.
        local id = require "vbo".try(function() return session:onedrive(user.name).id end)
        if id and drives[id] == user.display_name then found = found + 1 end
      end
      assert.is_true(found > 3)
    end)
  end)
end)
