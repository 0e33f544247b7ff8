-- OneDrives end to end, in both dialects, against a rehearsal server.

local api = require "spec.support.versions"
local program = require "spec.support.program"
local recorded = require "spec.support.recorded"
local rehearsal = require "spec.support.rehearsal"

describe("OneDrives", function()
  local server, folder, remove

  setup(function()
    server = rehearsal.start()
    folder, remove = program.folder()
  end)

  teardown(function()
    server.stop()
    remove()
  end)

  for _, version in ipairs(api.distinct) do
    describe("in " .. version, function()
      local client, session, drive

      before_each(function()
        server.reset()
        client = server.connect(version)
        session = client:organization(rehearsal.organization):explore {
          workload = "onedrive", at = rehearsal.before,
        }
        drive = session:onedrive "alice@contoso.com"
      end)

      after_each(function()
        session:close()
        client:close()
      end)

      local function path(name) return ("%s/%s-%s"):format(folder, version, name) end

      it("are found by address, name, URL and id", function()
        assert.equal("Alice Example", drive.name)
        assert.equal(drive.id, session:onedrive("Alice Example").id)
        assert.equal(drive.id, session:onedrive(drive.url).id)
        assert.equal("Alice Example", session:onedrive(drive.id).name)
        assert.equal("Jürgen Müller", session:onedrive("juergen.mueller@contoso.com").name)
        local err = rehearsal.failure(function()
          return session:onedrive("nobody@contoso.com").id
        end)
        assert.equal("not_found", err.kind)
      end)

      it("list folders and documents over several pages", function()
        local names = {}
        for document in drive:folder("Pictures"):documents { page_size = 10 }:each() do
          names[#names + 1] = document.name
        end
        assert.equal(47, #names)
        assert.equal("IMG_0001.jpg", names[1])
        assert.equal(0, drive:folder("Documents/Empty folder"):documents():count())
        assert.equal("Aurora", drive:folder("Documents/Projects/Aurora").name)
        assert.is_string(drive:documents():first().name)
        assert.equal(5, drive:documents():take(5):count())
      end)

      it("read fields alike in all versions", function()
        local document = drive:document "Documents/Reports/Sales Q1.csv"
        assert.equal("integer", math.type(document.size))
        assert.matches("^2026%-10%-13T06:00:00", document.modified)
        assert.equal("usage", rehearsal.failure(function() return document.no_such_field end).kind)
      end)

      it("save one document with its exact bytes", function()
        local saved = drive:document("Documents/Projects/Borealis/Idea.md"):save {
          to = path "idea.md",
        }
        assert.equal("# Borealis\n\nLater.\n", rehearsal.content(saved.path))
        assert.equal(19, saved.size)
        assert.equal(program.run("openssl dgst -sha256 -r " .. saved.path):sub(1, 64), saved.sha256)
      end)

      it("save one document as an archive", function()
        local saved = drive:document("Documents/Projects/Borealis/Idea.md"):save {
          to = path "idea.zip", zip = true,
        }
        local listing, status = program.run("unzip -p " .. saved.path)
        assert.equal(0, status)
        assert.equal("# Borealis\n\nLater.\n", listing)
      end)

      it("save a selection, a folder, a drive and several drives", function()
        local documents = drive:folder("Documents/Reports"):documents()
        local saved = documents:where { name = "*.csv" }:save { zip = true, to = path "csv.zip" }
        local listing = program.run("unzip -Z1 " .. saved.path)
        assert.equal(3, select(2, listing:gsub("Sales Q%d%.csv", "")))
        assert.is_nil(listing:find "Annual")

        saved = drive:folder("Documents/Projects"):save { to = path "projects.zip" }
        assert.equal("zip", saved.checked)
        assert.matches("Aurora/Drawings/Old/Sketch.svg", program.run("unzip -Z1 " .. saved.path), 1,
          true)

        local bob = session:onedrive "bob@contoso.com"
        saved = bob:save { to = path "bob.zip" }
        assert.equal(0, select(2, program.run("unzip -tqq " .. saved.path)))

        local several = session:onedrives { bob, "erika.former@contoso.com" }:save {
          to = path "drives",
        }
        assert.equal(2, #several)
        for _, one in ipairs(several) do
          assert.equal(0, select(2, program.run("unzip -tqq '" .. one.path .. "'")))
        end
      end)

      it("save plain files under safe names", function()
        local list = drive:folder("Documents/Odd names"):save { zip = false, to = path "odd" }
        assert.equal(16, #list)
        local listing = program.run("cd " .. path "odd" .. " && find . -type f")
        assert.equal(16, select(2, listing:gsub("\n", "")))
        for _, saved in ipairs(list) do
          assert.equal(path "odd", saved.path:match "^(.*)/[^/]*$")
        end
        assert.is_nil(io.open "/tmp/escaped.txt")
      end)

      it("restore a document, and what was there is overwritten or kept", function()
        local document = drive:document "Documents/Reports/Sales Q1.csv"
        local result = document:restore { version = "last", on_conflict = "overwrite" }
        assert.equal(1, result.restored)
        assert.equal(0, result.failed)
        assert.equal(1, result.total)
        local changes = server.changes()
        assert.equal(1, #changes)
        assert.equal("restored", changes[1].change)
        assert.equal("Documents/Reports/Sales Q1.csv", changes[1].path)
        assert.equal("alice@contoso.com", changes[1].user)

        document:restore { on_conflict = "overwrite" }
        local kept = document:restore { on_conflict = "keep" }
        assert.equal(1, kept.restored)
        changes = server.changes()
        assert.equal("kept", changes[#changes].how)
      end)

      it("restore a selection, a folder and the drive", function()
        local documents = drive:folder("Documents/Reports"):documents()
        assert.equal(3, documents:where { name = "*.csv" }:restore { on_conflict = "overwrite" }
          .restored)
        assert.is_true(drive:folder("Documents/Projects"):restore { on_conflict = "overwrite" }
          .restored > 0)
        assert.is_true(drive:restore { on_conflict = "overwrite" }.restored > 0)
        local seen = {}
        for _, change in ipairs(server.changes()) do seen[change.path] = change end
        assert.is_table(seen["Documents/Projects/Aurora/Plan.docx"])
        assert.is_table(seen["Passwords (do not share).txt"])
      end)

      it("restore several drives in one call", function()
        local result = session:onedrives { "alice@contoso.com", "juergen.mueller@contoso.com" }
          :restore { on_conflict = "overwrite", skip_unresolved = true }
        assert.is_true(result.restored >= 2)
        local users = {}
        for _, change in ipairs(server.changes()) do users[change.user] = true end
        assert.same({ ["alice@contoso.com"] = true, ["juergen.mueller@contoso.com"] = true }, users)
      end)

      it("copy to another person's drive", function()
        local bob = client:organization(rehearsal.organization):user("bob@contoso.com"):onedrive()
        local result = drive:folder("Documents/Reports"):documents():where { name = "*Q2*" }:copy {
          to = bob, folder = "From Alice", version = "last",
        }
        assert.equal(1, result.restored)
        local change = server.changes()[1]
        assert.equal("copied", change.change)
        assert.equal("bob@contoso.com", change.user)
        assert.matches("From Alice/.*Sales Q2.csv", change.path)
        local err = rehearsal.failure(drive.copy, drive, { folder = "x" })
        assert.equal("usage", err.kind)
      end)

      it("send by mail", function()
        drive:document("Documents/Reports/Sales Q1.csv"):send {
          from = "backup@contoso.com", to = "auditor@example.com", subject = "Evidence",
          text = "As asked for.",
        }
        local change = server.changes()[1]
        assert.equal("sent", change.change)
        assert.equal("alice@contoso.com", change.user)
      end)

      it("send nothing for an empty selection", function()
        local nothing = drive:documents():where { name = "no such document" }
        for _, call in ipairs { "restore", "save" } do
          local err = rehearsal.failure(nothing[call], nothing, {})
          assert.equal("not_found", err.kind)
        end
        assert.equal(0, #server.changes())
      end)

      it("refuse misspelt options and values before anything is sent", function()
        local err = rehearsal.failure(drive.restore, drive, { verson = "last" })
        assert.equal("usage", err.kind)
        err = rehearsal.failure(drive.restore, drive, { on_conflict = "overwritten" })
        assert.equal("usage", err.kind)
        assert.matches("verwrite", tostring(err))
        err = rehearsal.failure(drive.save, drive, { zipp = true })
        assert.equal("usage", err.kind)
        assert.equal(0, #server.changes())
      end)
    end)
  end

  it("have versions of documents from v6 on", function()
    local client <close> = server.connect "v8"
    local session <close> = client:organization(rehearsal.organization):explore {
      workload = "onedrive", at = rehearsal.before, all_versions = true,
    }
    local document = session:onedrive("alice@contoso.com"):document "Documents/Handbook.docx"
    local versions = document:versions():all()
    assert.equal(4, #versions)
    local saved = versions[1]:save { to = folder .. "/first.docx" }
    assert.equal(0, select(2, program.run("unzip -tqq " .. saved.path)))
    assert.equal(1, versions[1]:restore({ on_conflict = "overwrite" }).restored)

    local older <close> = server.connect "v3"
    local old <close> = older:organization(rehearsal.organization):explore {
      workload = "onedrive", at = rehearsal.before,
    }
    local err = rehearsal.failure(function()
      return old:onedrive("alice@contoso.com"):document("Documents/Handbook.docx"):versions():all()
    end)
    assert.equal("unsupported", err.kind)
    assert.matches("v6", tostring(err))
  end)
end)

-- Compares the requests that the rehearsal server does not answer yet.
describe("OneDrives send", function()
  local server
  local F = "f1f1f1f1-1111-4111-8111-111111111111"
  local D = "d1d1d1d1-1111-4111-8111-111111111111"
  local drive = { id = "O1", name = "Alice", url = "https://contoso/personal/alice" }
  local function thing(id, name, more)
    local record = {
      id = id, name = name, createdBy = "Alice", creationTime = "2026-11-01T08:00:00Z",
      modifiedBy = "Alice", modificationTime = "2026-11-02T09:00:00Z", version = "1.0",
      versionId = 512, _links = { self = { href = "/x" } },
    }
    for key, value in pairs(more or {}) do record[key] = value end
    return record
  end
  local plan = thing(D, "Plan.docx", { sizeBytes = 10 })
  local folder = thing(F, "Reports")
  local R = "~/organization/OneDrives/O1"

  setup(function()
    local answers = recorded.usual()
    table.insert(answers, 1, { method = "GET", path = "/dead0000", status = 503,
      body = { message = "busy" } })
    table.insert(answers, 1, { method = "POST", path = "^/v8/.*/OneDrives/O1/restore$",
      body = { sessionId = "dead0000-1111-4111-8111-111111111111" } })
    for path, body in pairs {
      ["/OneDrives$"] = recorded.page(drive), ["/OneDrives/O1$"] = drive,
      ["/Documents$"] = recorded.page(plan), ["/Documents/[^/]+$"] = plan,
      ["/Folders$"] = recorded.page(folder), ["/Folders/[^/]+$"] = folder,
      ["/Versions$"] = recorded.page(thing(F, "Reports", { versionId = 512 })),
      ["/Versions/512$"] = thing(F, "Reports", { versionId = 512 }),
    } do
      answers[#answers + 1] = { method = "GET", path = path, body = body }
    end
    answers[#answers + 1] = { method = "POST", path = "/search$", body = recorded.page(
      thing(D, "Plan.docx", { oneDriveId = "O1" }),
      thing("D2", "Plans", { isFolder = true, _links = {
        onedrive = { href = "/v8/RestoreSessions/x/Organization/OneDrives/O1" } } })) }
    server = recorded.start(answers)
  end)
  teardown(function() server.stop() end)

  local function the_drive(s) return s:onedrive { id = "O1" } end
  local function the_folder(s) return the_drive(s):folder { id = F } end
  local function version(s) return the_folder(s):version(512) end

  it("a folder's version to be restored, copied, saved and sent", function()
    local V = R .. "/Folders/" .. F .. "/Versions/512"
    for _, number in ipairs(api.with_newest "v6") do
      local sent, result = server.change(number, function(s)
        return version(s):restore { on_conflict = "keep" }
      end)
      assert.equal("POST " .. V .. "/restore", sent.line)
      assert.same({ documentAction = "Keep" }, sent.body)
      assert.equal(1, result.restored)
      sent = server.change(number, function(s)
        return version(s):copy { to = the_drive(s):refresh(), folder = "x" }
      end)
      assert.equal("POST " .. V .. "/copyTo", sent.line)
      assert.same({ onedrive = drive, folder = "x" }, sent.body)
      sent, result = server.change(number, function(s)
        return version(s):save { to = server.folder .. "/", overwrite = true, check = false }
      end)
      assert.equal("POST " .. V .. "/save", sent.line)
      assert.equal(server.folder .. "/Reports.zip", result.path)
      sent = server.change(number, function(s) return version(s):send { to = "b@contoso.com" } end)
      assert.equal("POST " .. V .. "/send", sent.line)
      assert.same({ to = "b@contoso.com" }, sent.body)
    end
    assert.equal("unsupported", select(3, server.sends("v5", function(s)
      return version(s):restore()
    end)).kind)
  end)

  it("searches below the drive or folder that they belong to", function()
    for path, make in pairs {
      [R] = function(s) return the_drive(s):documents() end,
      [R .. "/Folders/" .. F] = function(s) return the_folder(s):documents() end,
      ["~/organization/OneDrives"] = function(s) return s:onedrives() end,
    } do
      local sent, found = server.change("v8", function(s) return make(s):search("plan"):first() end)
      assert.equal("POST " .. path .. "/search", sent.line:match "^[^?]*")
      assert.matches("itemType=Documents", sent.line)
      assert.same({ query = "plan" }, sent.body)
      assert.equal(D, found.id)
      if path:find "OneDrives$" then assert.equal("O1", found._owner.id) end
    end
    local sent = server.change("v8", function(s)
      return the_drive(s):folders():search("x"):all()
    end)
    assert.matches("itemType=Folders", sent.line)
    sent = server.change("v5", function(s) return the_folder(s):documents():search("x"):all() end)
    assert.equal("POST " .. R .. "/Folders/" .. F .. "/action", sent.line)
    assert.same({ search = { query = "x" } }, sent.body)
    local all, _, err = server.sends("v8", function(s)
      return the_drive(s):documents({ recursive = false }):search "x"
    end)
    assert.equal("usage", err.kind)
    assert.equal(0, #all)
    assert.equal("unsupported", select(3, server.sends("v4", function(s)
      return the_drive(s):documents():search("x"):all()
    end)).kind)
  end)

  it("restores by operators", function()
    for _, number in ipairs(api.since "v6") do
      local sent, result = server.change(number, function(s)
        return the_drive(s):documents():where({ name = "*.docx" }):restore {
          operator = true, version = "all", reason = "lost",
        }
      end)
      assert.equal("POST " .. R .. "/Documents/operatorRestore", sent.line)
      -- Keeps existing documents by default.
      assert.equal("Keep", sent.body.documentAction)
      assert.equal("lost", sent.body.reason)
      assert.equal("All", sent.body.documentsRestoreConfigs[1].documentVersion)
      assert.equal(D, sent.body.documentsRestoreConfigs[1].document.id)
      assert.equal(1, result.restored)
      assert.equal(recorded.working, result.session)
    end
    -- A session that an operator opened knows it; `operator = false` says otherwise.
    local sent = server.change("v8", function(s)
      rawset(s, "_operator", true)
      return the_drive(s):document({ id = D }):restore { on_conflict = "overwrite" }
    end)
    assert.equal("POST " .. R .. "/Documents/operatorRestore", sent.line)
    assert.equal("Overwrite", sent.body.documentAction)
    sent = server.change("v8", function(s)
      rawset(s, "_operator", true)
      return the_drive(s):document({ id = D }):restore { operator = false }
    end)
    assert.equal("POST " .. R .. "/Documents/" .. D .. "/restore", sent.line)
    local all, _, err = server.sends("v8", function(s)
      return the_drive(s):restore { operator = true }
    end)
    assert.equal("unsupported", err.kind)
    assert.matches("documents", err.hint)
    assert.equal(0, #all)
    assert.equal("usage", select(3, server.sends("v8", function(s)
      return the_drive(s):restore { operator = "yes" }
    end)).kind)
  end)

  it("a restore once, and name its session when its progress cannot be read", function()
    local sent, _, err = server.sends("v8", function(s) return the_drive(s):restore() end)
    assert.equal(503, err.status)
    assert.is_false(err.retryable)
    assert.matches("goes on in the server's session dead0000", err.hint)
    local count = 0
    for _, request in ipairs(sent) do
      if request.line:find "^POST" then count = count + 1 end
    end
    assert.equal(1, count)
    local _, result = server.sends("v8", function(s)
      return the_drive(s):restore { wait = false }
    end)
    assert.equal("dead0000-1111-4111-8111-111111111111", result.session)
  end)
end)
