-- Covers vbo.sim.onedrive.browse, vbo.sim.onedrive.change, vbo.sim.onedrive.render,
-- vbo.sim.onedrive.restore, vbo.sim.onedrive.scope, vbo.sim.sessions.restore,
-- vbo.sim.sessions.work, vbo.sim.sessions.outcome.

local sim = require "spec.support.sim_app"
local versions = require "spec.support.versions"

local plan_path = "Documents/Projects/Aurora/Plan.docx"

for _, version in ipairs(versions.distinct) do
  describe("OneDrives of the rehearsal server in " .. version, function()
    local client, place, drive, record

    before_each(function()
      client = sim.new(version)
      place = client:explore("Veod", sim.before)
      drive, record = client:owned(place .. "/OneDrives", "Alice Example")
    end)

    local function documents(name)
      return client:named(drive .. "/Documents", name)
    end

    local function folder(name)
      return client:named(drive .. "/Folders", name)
    end

    local function only_change(expected)
      local changes = client:changes()
      assert.equal(1, #changes)
      for key, value in pairs(expected) do assert.equal(value, changes[1][key], key) end
      assert.equal("onedrive", changes[1].workload)
      return changes[1]
    end

    local function production(user)
      for _, each in ipairs(client:get "/sim/production".organizations[1].drives) do
        if each.user == (user or "alice@contoso.com") then
          local out = {}
          for _, document in ipairs(each.documents) do out[document.path] = document end
          return out, each
        end
      end
    end

    local function content(path, user)
      local stream = client:get("/sim/content?user=" .. (user or "alice@contoso.com") .. "&path="
        .. path:gsub("[^%w/.]", function(c) return ("%%%02X"):format(c:byte()) end))
      return sim.bytes(stream)
    end

    it("are browsed by folder", function()
      local root = client.number >= 8 and "root" or "null"
      local names = {}
      for _, each in ipairs(client:rows(drive .. "/Folders?parentId=" .. root)) do
        names[#names + 1] = each.name
      end
      assert.same({ "Documents", "Pictures", "Videos" }, names)
      local inside = client:rows(drive .. "/Folders?parentID=" .. folder "Aurora".id)
      assert.equal("Drawings", inside[1].name)
      local todo = client:rows(drive .. "/Documents?parentId=" .. root)
      assert.equal(2, #todo)
      local empty = client:rows(drive .. "/Documents?parentId=" .. folder "Empty folder".id)
      assert.equal(0, #empty)
    end)

    it("show documents by the names of this version", function()
      local plan = documents "Plan.docx"
      local present, absent = "sizeBytes", "size"
      if client.number == 2 then present, absent = absent, present end
      assert.equal(1642, plan[present])
      assert.is_nil(plan[absent])
      assert.equal("3.0", plan.version)
      assert.equal("2026-11-17T16:05:00" .. (client.number >= 6 and "Z" or ""),
        plan.modificationTime)
      local again = client:get(drive .. "/Documents/" .. plan.id)
      assert.same(plan, again)
      assert.equal("Aurora", client:get(drive .. "/Folders/" .. folder "Aurora".id).name)
      assert.equal(record.id, client:get(drive).id)
    end)

    it("save a document as it is, or in a ZIP", function()
      local plan = documents "Plan.docx"
      local plain, answer = client:act(drive .. "/Documents/" .. plan.id, "save",
        { asZip = false })
      assert.equal("application/octet-stream", answer.headers["content-type"])
      assert.is_nil(answer.headers["content-disposition"])
      assert.equal(1642, #sim.bytes(plain))
      assert.match("^PK\3\4.*ransomware%.", sim.bytes(plain))
      local zip = client:act(drive .. "/Documents/" .. plan.id, "save", { asZip = true })
      assert.same({ ["Plan.docx"] = sim.bytes(plain) }, sim.entries(zip))
    end)

    it("save several documents in one ZIP, with safe names and none twice", function()
      local list = {}
      for i, name in ipairs { "..", "../../../tmp/escaped.txt", "READ ME.txt", "read me.txt",
        "empty.log" } do
        list[i] = documents(name)
      end
      local entries = sim.entries(client:act(drive .. "/Documents", "save", { documents = list }))
      assert.equal("", entries["empty.log"])
      assert.equal("upper\n", entries["READ ME.txt"])
      assert.equal("lower\n", entries["read me (2).txt"])
      local count = 0
      for name in pairs(entries) do
        count = count + 1
        for part in name:gmatch "[^/]+" do assert.not_equal("..", part) end
        assert.not_match("^/", name)
      end
      assert.equal(5, count)
    end)

    it("save a folder with what is below it", function()
      local entries = sim.entries(client:act(drive .. "/Folders/" .. folder "Aurora".id, "save"))
      local names = {}
      for name in pairs(entries) do names[#names + 1] = name end
      table.sort(names)
      assert.same({
        "Aurora/Budget.xlsx", "Aurora/Drawings/Old/Sketch.svg", "Aurora/Drawings/Overview.svg",
        "Aurora/Minutes.md", "Aurora/Plan.docx", "Aurora/Translation – 翻译.md",
      }, names)
      assert.match("Present: Alice, Bob, Jürgen", entries["Aurora/Minutes.md"])
    end)

    it("save several folders, empty ones too", function()
      local entries = sim.entries(client:act(drive .. "/Folders", "save",
        { folders = { folder "Borealis", folder "Empty folder" } }))
      assert.equal("# Borealis\n\nLater.\n", entries["Borealis/Idea.md"])
      assert.is_false(entries["Empty folder/"])
    end)

    it("save whole", function()
      local bob = client:owned(place .. "/OneDrives", "Bob Builder")
      local entries = sim.entries(client:act(bob, "save"))
      assert.equal("Part,Count\r\n\"Cable, 2 m\",40\r\nSwitch,3\r\n",
        entries["Documents/Inventory.csv"])
      assert.equal(20480, #entries["pictures/rack.jpg"])
    end)

    it("save a gibibyte without holding it", function()
      local film = documents "Drohnenflug über der Elbe.mp4"
      local stream = client:act(drive .. "/Documents/" .. film.id, "save", {})
      assert.equal("generate", stream.kind)
      assert.equal(1 << 30, stream.size)
      local again = client:act(drive .. "/Documents/" .. film.id, "save", {})
      assert.equal(stream.seed, again.seed)
    end)

    local function counted(value, restored, unchanged)
      if client.number >= 8 then
        assert.is_string(value.sessionId)
      else
        assert.equal(restored, value.restoredItemsCount)
        assert.equal(unchanged or 0, value.skippedItemsByNoChangesCount)
        assert.equal(0, value.failedItemsCount)
      end
    end

    it("restore a document over the damaged one", function()
      local plan = documents "Plan.docx"
      assert.not_match("^PK", content(plan_path))
      counted(client:act(drive .. "/Documents/" .. plan.id, "restore",
        { userName = "alice", userPassword = "secret", documentAction = "overwrite" }), 1)
      only_change { change = "restored", how = "overwritten", user = "alice@contoso.com",
        path = plan_path, size = 1642, version = "3.0" }
      assert.match("^PK.*ransomware", content(plan_path))
      counted(client:act(drive .. "/Documents/" .. plan.id, "restore",
        { documentAction = "overwrite" }), 0, 1)
      assert.equal(1, #client:changes())
    end)

    it("restore beside what is there with Keep", function()
      local plan = documents "Plan.docx"
      for n = 1, 2 do
        counted(client:act(drive .. "/Documents", "restore",
          { documents = { { id = plan.id } }, documentAction = "Keep" }), 1)
        local change = client:changes()[n]
        assert.equal("kept", change.how)
        assert.equal(("Documents/Projects/Aurora/Plan (%d).docx"):format(n), change.path)
      end
      assert.not_match("^PK", content(plan_path))
      assert.match("^PK", content "Documents/Projects/Aurora/Plan (2).docx")
    end)

    it("restore a folder: what is damaged, what is gone, and nothing else", function()
      counted(client:act(drive .. "/Folders/" .. folder "Documents".id, "restore",
        { documentAction = "overwrite" }), 11, 18)
      local how = {}
      for _, change in ipairs(client:changes()) do
        how[change.how] = (how[change.how] or 0) + 1
        assert.match("^Documents/", change.path)
      end
      assert.same({ created = 8, overwritten = 3 }, how)
      local now = production()
      assert.is_truthy(now["Documents/Incident diary.md"])
      assert.is_truthy(now["Documents/Projects/Aurora/Budget.xlsx"])
      assert.is_truthy(now["Documents/Projects/Aurora/Budget.xlsx.locked"])
      assert.equal("3.0", now[plan_path].version)
      assert.equal("alice@contoso.com", now and client:changes()[1].user)
    end)

    it("restore several folders at once", function()
      counted(client:act(drive .. "/Folders", "restore",
        { folders = { folder "Reports", folder "Borealis" }, documentAction = "overwrite" }), 4, 2)
    end)

    it("restore whole", function()
      counted(client:act(drive, "restore", { documentAction = "Overwrite" }), 12, 67)
      assert.equal(12, #client:changes())
    end)

    it("restore several OneDrives at once, and say which are gone", function()
      local list = {}
      for i = 1, 5 do list[i] = { id = client:rows(place .. "/OneDrives")[i].id } end
      local value = client:act(place .. "/OneDrives", "restore",
        { oneDrives = list, documentAction = "overwrite", skipUnresolved = false })
      local changes = client:changes()
      local users = {}
      for _, change in ipairs(changes) do users[change.user] = (users[change.user] or 0) + 1 end
      assert.same({ ["alice@contoso.com"] = 12, ["bob@contoso.com"] = 1,
        ["juergen.mueller@contoso.com"] = 2, ["wang.xiaoming@contoso.com"] = 1 }, users)
      if client.number <= 5 then
        assert.equal(16, value.restoredItemsCount)
        assert.equal(2, value.failedItemsCount)
        assert.match("erika.former@contoso.com was not found", value.exceptions[1])
      elseif client.number <= 7 then
        assert.equal("Failed", value.status)
        assert.equal("Success", value.details[1].status)
        assert.equal("Failed", value.details[5].status)
        assert.match("erika.former@contoso.com was not found", value.details[5].error)
      end
    end)

    it("skip OneDrives that are gone with skipUnresolved", function()
      local list = {}
      for i, each in ipairs(client:rows(place .. "/OneDrives")) do list[i] = { id = each.id } end
      client:act(place .. "/OneDrives", "restore",
        { oneDrives = { list[5] }, skipUnresolved = true })
      assert.equal(0, #client:changes())
      local session = client:get "/sim/sessions"[1]
      assert.equal("Warning", session.result)
      assert.equal(2, session.skipped)
      assert.equal(0, session.failed)
    end)

    it("copy a document to another's folder", function()
      local bob_record = select(2, client:owned(place .. "/OneDrives", "Bob Builder"))
      local plan = documents "Plan.docx"
      counted(client:act(drive .. "/Documents/" .. plan.id, "copy",
        { [client.number <= 5 and "oneDrive" or "onedrive"] = bob_record, folder = "pictures",
          documentVersion = "last" }), 1)
      only_change { change = "copied", how = "created", user = "bob@contoso.com",
        path = "pictures/Plan.docx", version = "3.0",
        source = "alice@contoso.com/" .. plan_path }
      assert.match("^PK", content("pictures/Plan.docx", "bob@contoso.com"))
      assert.not_match("^PK", content(plan_path))
    end)

    it("copy a folder with what is below it, and whole OneDrives", function()
      local bob_record = select(2, client:owned(place .. "/OneDrives", "Bob Builder"))
      local target = { oneDrive = { id = bob_record.id }, folder = "/From Alice/" }
      counted(client:act(drive .. "/Folders/" .. folder "Aurora".id, "copy", target), 6)
      assert.equal(6, #client:changes())
      assert.is_truthy(production "bob@contoso.com"["From Alice/Aurora/Drawings/Old/Sketch.svg"])
      client:act(drive .. "/Folders", "copy",
        { oneDrive = target.oneDrive, folder = "Empty", folders = { folder "Empty folder" } })
      assert.equal(6, #client:changes())
      local _, held = production "bob@contoso.com"
      assert.is_truthy(table.concat(held.folders, "\n"):find("Empty/Empty folder", 1, true))
      local erika = client:owned(place .. "/OneDrives", "Erika Former")
      counted(client:act(erika, "copy", target), 2)
      client:changes()
      assert.is_truthy(production "bob@contoso.com"["From Alice/Handover/Customers.csv"])
    end)

    it("copy over, into, or past what is there", function()
      local _, alice = client:owned(place .. "/OneDrives", "Alice Example")
      local function copy(more)
        local body = { oneDrive = { id = alice.id }, folder = "Documents/Projects/Aurora" }
        for key, value in pairs(more) do body[key] = value end
        return client:act(drive .. "/Folders", "copy", body)
      end
      local sketches = folder "Drawings"
      counted(copy { folders = { sketches }, changedItems = false, deletedItems = false }, 0, 2)
      counted(copy { folders = { sketches }, changedItems = false }, 1, 1)
      counted(copy { folders = { sketches }, documentLastVersionAction = "merge",
        documentVersion = "all" }, 2, 0)
      local how = {}
      for i, change in ipairs(client:changes()) do how[i] = change.how .. " " .. change.version end
      assert.same({ "created 1.0", "merged all", "merged all" }, how)
    end)

    it("send documents and folders", function()
      local plan = documents "Plan.docx"
      local letter = { from = "ops@contoso.com", to = "carol@fabrikam.com", subject = "Here",
        text = "It’s your document!" }
      local _, answer = client:act(drive .. "/Documents/" .. plan.id, "send", letter)
      assert.equal(client.number >= 8 and 204 or 200, answer.status)
      assert.equal("", answer.body)
      letter.folders = { folder "Aurora" }
      client:act(drive .. "/Folders", "send", letter)
      local outbox = client:get "/sim/production".outbox
      assert.equal(2, #outbox)
      assert.equal("It’s your document!", outbox[1].text)
      assert.same({ { name = "Plan.docx", size = 1642 } }, outbox[1].attachments)
      assert.equal(6, #outbox[2].attachments)
      local change = client:changes()[1]
      assert.equal("sent", change.change)
      assert.equal("carol@fabrikam.com", change.to)
      assert.equal("alice@contoso.com", change.user)
      assert.equal(plan_path, change.path)
    end)

    local function refused(status, pattern, ...)
      local value, answer = client:act(...)
      assert.equal(status, answer.status)
      assert.match(pattern, value.message)
      assert.equal(0, #client:changes())
    end

    it("refuse what is not there, and what says too little", function()
      local nobody = "00000000-0000-4000-8000-000000000000"
      local function none(target)
        local value = client:get(target, 404)
        assert.match("cannot be found for current key", value.message)
        assert.is_truthy(value.message:find(nobody, 1, true))
      end
      none(place .. "/OneDrives/" .. nobody)
      none(drive .. "/Documents/" .. nobody)
      none(drive .. "/Folders/" .. nobody)
      none(drive .. "/Documents?parentId=" .. nobody)
      -- A folder's id names no document, nor the other way round.
      client:get(drive .. "/Documents/" .. folder "Aurora".id, 404)
      client:get(drive .. "/Folders/" .. documents "Plan.docx".id, 404)
      refused(404, "OneDriveDocument '00000000", drive .. "/Documents", "save",
        { documents = { { id = nobody } } }, false)
      refused(400, "Missing mandatory parameters: Documents", drive .. "/Documents", "save",
        { documents = sim.json.array {} }, false)
      refused(400, "Missing mandatory parameters: OneDrive", drive, "copy", { folder = "x" }, false)
      refused(404, "not found in production", drive, "copy", { oneDrive = { id = nobody } }, false)
      refused(400, "Missing mandatory parameters: To", drive, "send", { from = "x" }, false)
      refused(400, "'documentAction' must be one of", drive, "restore",
        { documentAction = "destroy" }, false)
      refused(400, "'documentActoin'.*did you mean 'documentAction'", drive, "restore",
        { documentActoin = "keep" }, false)
    end)

    it("are not shown by a session that explores mail", function()
      local mail = client:explore("Vex", sim.before)
      local value = client:get(mail .. "/OneDrives", 400)
      assert.match("explores Exchange, not OneDrive", value.message)
    end)
  end)
end

describe("versions of documents", function()
  it("have resources of their own from v6 on", function()
    for _, version in ipairs(versions.with_newest "v6") do
      local client = sim.new(version)
      local place = client:explore("Veod", sim.before, { showAllVersions = true })
      local drive = client:owned(place .. "/OneDrives", "Alice Example")
      local plan = client:named(drive .. "/Documents", "Plan.docx")
      local here = drive .. "/Documents/" .. plan.id .. "/Versions"
      local numbers = {}
      for i, each in ipairs(client:rows(here)) do numbers[i] = each.version end
      assert.same({ "3.0", "2.0", "1.0" }, numbers)
      local first = client:rows(here)[3]
      assert.equal(512, first.versionId)
      assert.equal("1.0", client:get(here .. "/512").version)
      local stream = client:act(here .. "/512", "save", { asZip = false })
      assert.match("first draft", sim.bytes(stream))
      client:act(here .. "/512", "restore", { documentAction = "Overwrite" })
      local changes = client:changes()
      assert.equal("1.0", changes[1].version)
      client:get(here .. "/513", 404)
      client:act(here .. "/1024", "send", { to = "x@example.com" })
      client:act(here .. "/1024", "copy",
        { onedrive = { name = "Bob Builder" }, folder = "Old" })
      assert.equal("2.0", client:changes()[3].version)
      assert.equal("Old/Plan.docx", client:changes()[3].path)
    end
  end)

  it("are rows of their own in v3, where a session shows all", function()
    local client = sim.new "v3"
    local place = client:explore("Veod", sim.before, { showAllVersions = "true" })
    local drive = client:owned(place .. "/OneDrives", "Alice Example")
    local numbers = {}
    for _, each in ipairs(client:all(drive .. "/Documents")) do
      if each.name == "Plan.docx" then numbers[#numbers + 1] = each.version end
    end
    assert.same({ "3.0", "2.0", "1.0" }, numbers)
  end)

  it("are all written back when the request to an old server says so", function()
    local client = sim.new "v2"
    local place = client:explore("Veod", sim.before)
    local drive = client:owned(place .. "/OneDrives", "Alice Example")
    local plan = client:named(drive .. "/Documents", "Plan.docx")
    client:act(drive .. "/Documents/" .. plan.id, "restore",
      { documentVersion = "all", documentAction = "overwrite" })
    assert.equal("all", client:changes()[1].version)
  end)

  it("of folders are one", function()
    local client = sim.new "v8"
    local place = client:explore("Veod", sim.before)
    local drive = client:owned(place .. "/OneDrives", "Alice Example")
    local aurora = client:named(drive .. "/Folders", "Aurora")
    local rows = client:rows(drive .. "/Folders/" .. aurora.id .. "/Versions")
    assert.equal(1, #rows)
    assert.equal(aurora.id, rows[1].id)
  end)

  it("may be listed with the folders beside them in v8", function()
    local client = sim.new "v8"
    local place = client:explore("Veod", sim.before)
    local drive = client:owned(place .. "/OneDrives", "Alice Example")
    local rows = client:rows(drive .. "/Documents?parentId=root&includeFolders=true")
    assert.equal("Documents", rows[1].name)
    assert.is_true(rows[1].isFolder)
    assert.is_false(rows[#rows].isFolder)
  end)
end)
