-- Worlds made on the fly: "big:users=…,docs=…,seed=…".
--
-- Covers vbo.sim.world.big, vbo.sim.world.big.drive, vbo.sim.world.big.mail,
-- vbo.sim.world.big.view.

local program = require "spec.support.program"
local rehearsals = require "spec.support.rehearsal"
local sequence = require "vbo.sim.world.sequence"
local sim = require "spec.support.sim_app"
local versions = require "spec.support.versions"
local worlds = require "vbo.sim.world"

local function opened(name) return (assert(worlds.open(name))) end

local function organization_of(world) return world:organizations()[1] end

describe("a big world", function()
  local name = "big:users=50,docs=5000,mails=2000,folders=300,seed=7"
  local world = opened(name)
  local organization = organization_of(world)
  local view = world:view(organization, {})

  local function facts(document)
    local out = {}
    for i, version in ipairs(document.versions) do
      out[i] = { version.number, version.at, version.size, version.stream.seed, version.by }
    end
    return { document.id, document.path, document.deleted or false, out }
  end

  it("is the same at every start, in whatever order it is asked", function()
    local other = opened(name)
    local again = other:view(organization_of(other), {})
    local backwards = {}
    for i = 50, 1, -1 do
      local drive = again:drives()[i]
      local documents, rows = again:documents(drive), {}
      for j = #documents, 1, -7 do rows[j] = facts(documents[j]) end
      backwards[i] = rows
    end
    collectgarbage()
    for i, drive in ipairs(view:drives()) do
      local documents = view:documents(drive)
      for j, row in pairs(backwards[i]) do assert.same(row, facts(documents[j])) end
    end
    local mine, theirs = view:mailboxes()[9], again:mailboxes()[9]
    for i, item in ipairs(view:items(mine)) do
      local twin = again:items(theirs)[i]
      assert.same({ item.id, item.subject, item.received, item.size, item.body, item.message_id },
        { twin.id, twin.subject, twin.received, twin.size, twin.body, twin.message_id })
    end
  end)

  it("is another one with another seed", function()
    local other = opened(name:gsub("seed=7", "seed=8"))
    local theirs = other:view(organization_of(other), {}):drives()[1]
    assert.not_equal(view:drives()[1].id, theirs.id)
    assert.not_equal(view:documents(view:drives()[1])[1].id,
      other:view(organization_of(other), {}):documents(theirs)[1].id)
  end)

  it("has as many of each as its name says, each with an id of its own", function()
    local seen, counts = {}, { docs = 0, folders = 0, mails = 0 }
    local function note(kind, id)
      assert.is_nil(seen[id], id)
      seen[id], counts[kind] = true, counts[kind] + 1
    end
    for _, user in ipairs(organization.users) do
      for _, document in ipairs(user.drive.documents) do note("docs", document.id) end
      for _, folder in ipairs(user.drive.folders) do note("folders", folder.id) end
      for _, item in ipairs(user.mailbox.items) do note("mails", item.id) end
    end
    assert.equal(50, #organization.users)
    assert.same({ docs = 5000, folders = 300, mails = 2000 }, counts)
  end)

  it("finds everything again by its id, and nothing by a near one", function()
    for i, drive in ipairs(view:drives()) do
      assert.equal(drive, view:drive(drive.id))
      assert.equal(drive, view:drive(drive.id:upper()))
      local document = view:documents(drive)[i]
      assert.equal(document, view:document(drive, document.id:upper()))
      local near = document.id:gsub("^%x", function(c) return c == "0" and "1" or "0" end)
      assert.is_nil(view:document(drive, near))
      local folder = view:folders(drive)[3]
      assert.equal(folder, view:folder(drive, folder.id))
      local neighbour = view:drives()[i % 50 + 1]
      assert.is_nil(view:document(neighbour, document.id))
      assert.is_nil(view:folder(neighbour, folder.id))
    end
    for _, mailbox in ipairs(view:mailboxes()) do
      assert.equal(mailbox, view:mailbox(mailbox.id))
      local item = view:items(mailbox)[5]
      assert.equal(item, view:item(mailbox, item.id))
      assert.is_nil(view:item(mailbox, item.id:lower()))
      assert.equal(item.folder, view:mail_folder(mailbox, item.folder.id))
    end
    assert.is_nil(view:drive "nonsense")
    assert.is_nil(view:item(view:mailboxes()[1], "%%%"))
  end)

  it("lists the same by folders as all at once", function()
    local drive = view:drives()[4]
    local paths = {}
    local function walk(parent)
      for _, document in ipairs(view:documents(drive, parent)) do
        assert.equal(parent or nil, document.folder)
        paths[document.path] = true
      end
      for _, folder in ipairs(view:folders(drive, parent)) do walk(folder) end
    end
    walk(false)
    local count = 0
    for _, document in ipairs(view:documents(drive)) do
      count = count + 1
      assert.is_true(paths[document.path])
      paths[document.path] = nil
    end
    assert.is_true(count > 50)
    assert.is_nil(next(paths))
    local mailbox, items = view:mailboxes()[4], 0
    for _, folder in ipairs(view:mail_folders(mailbox)) do
      for _, item in ipairs(view:items(mailbox, folder)) do
        assert.equal(folder, item.folder)
        items = items + 1
      end
    end
    assert.equal(#view:items(mailbox), items)
  end)

  it("shows at each point what the rules of views say", function()
    local plain = require "vbo.sim.world.view"
    for _, point in ipairs { 1, 15, 30 } do
      for _, deleted in ipairs { false, true } do
        local options = { at = organization.points[point], deleted = deleted }
        local quick, slow = world:view(organization, options), plain.new(organization, options)
        for i = 1, 50, 17 do
          local drive, mailbox = organization.drives[i], organization.mailboxes[i]
          local wanted = slow:documents(drive)
          assert.equal(#wanted, #quick:documents(drive))
          for j, document in ipairs(wanted) do
            assert.equal(document, quick:documents(drive)[j])
          end
          assert.equal(#slow:items(mailbox), #quick:items(mailbox))
        end
      end
    end
    local early = world:view(organization, { at = organization.points[1] - 1 })
    assert.equal(0, #early:drives())
  end)

  it("loses and changes documents from point to point", function()
    local lost, changed = 0, 0
    for _, drive in ipairs(organization.drives) do
      local live = world:live_drive(organization, drive.owner)
      for _, document in ipairs(world:view(organization, { at = organization.points[1] })
        :documents(drive)) do
        local entry = live.entries[document.path]
        if not entry then
          lost = lost + 1
        elseif entry.stream ~= view.current({ point = organization.points[1] }, document).stream
        then
          changed = changed + 1
        end
      end
    end
    assert.equal(50, lost)
    assert.is_true(changed > 50)
  end)

  it("holds production by its differences", function()
    local live = world:live_drive(organization, "USER000003@big.example")
    local some = live.documents[1]
    assert.equal(some.version.stream, live.entries[some.path].stream)
    assert.is_nil(live.entries["Nowhere/else 000001.txt"])
    live.entries["new.txt"] = { path = "new.txt" }
    live.entries[some.path] = nil
    assert.is_nil(live.entries[some.path])
    local count = 0
    for path, entry in pairs(live.entries) do
      assert.equal(path, entry.path)
      count = count + 1
    end
    assert.equal(#live.documents, count)
    assert.is_true(live.folders[live.drive.folders[2].path])
    assert.is_nil(world:live_drive(organization, "user000051@big.example"))
  end)

  it("keeps no memory for documents that were read", function()
    local large = opened "big:users=3,docs=300000,seed=1"
    local owner = organization_of(large)
    local shown = large:view(owner, {})
    local documents = shown:documents(shown:drives()[2])
    local function walk(from, to)
      for i = from, to do assert(documents[i].id) end
      collectgarbage()
      collectgarbage()
      return collectgarbage "count"
    end
    local before = walk(1, 1000)
    -- Held, 59,000 documents would take more than 20 MB; what else this process does is less.
    assert.is_true(walk(1001, 60000) < before + 4000)
  end)

  it("says what is wrong with its options", function()
    local function message(text)
      local nothing, why = worlds.open(text)
      assert.is_nil(nothing)
      return why
    end
    assert.match("no 'user'; did you mean 'users'%? it has docs,", message "big:user=1")
    assert.match("no 'zebra'; it has docs,", message "big:zebra=1")
    assert.match("'users' of a big world must be 1 to", message "big:users=0")
    assert.match("must be name=number, got 'many'", message "big:many")
    assert.match("must be name=number, got 'docs=%-1'", message "big:docs=-1")
    assert.equal(2000, #organization_of(opened "big").users)
  end)

  it("serves drives without documents", function()
    local empty = opened "big:users=2,docs=0,mails=0,folders=0"
    local shown = empty:view(organization_of(empty), {})
    assert.equal(0, #shown:documents(shown:drives()[1]))
    assert.equal(0, #shown:folders(shown:drives()[1], false))
    assert.equal(0, #shown:items(shown:mailboxes()[2]))
  end)
end)

describe("generated lists", function()
  local numbers = sequence.new(5, function(i) return i * i end)

  it("are read like others, and not written", function()
    local seen = {}
    for i, each in ipairs(numbers) do seen[i] = each end
    assert.same({ 1, 4, 9, 16, 25 }, seen)
    assert.is_nil(numbers[0])
    assert.is_nil(numbers[6])
    assert.is_nil(numbers.slice)
    assert.error_matches(function() numbers[1] = 2 end, "cannot be changed")
  end)

  it("can be mapped and joined", function()
    local joined = sequence.concat(sequence.map(numbers, function(n) return -n end), { "a" })
    assert.equal(6, #joined)
    assert.equal(-25, joined[5])
    assert.equal("a", joined[6])
  end)

  it("of several rows an element are sliced alike wherever the slice begins", function()
    local rows = sequence.flatten({ 1, 0, 3 }, function(n)
      local out = {}
      for i = 1, n do out[i] = n .. "." .. i end
      return out
    end)
    assert.same({ { "1.1", "3.1" }, true }, { rows:slice(0, 2) })
    assert.same({ { "3.2", "3.3" }, false }, { rows:slice(2, 2) })
    assert.same({ {}, false }, { rows:slice(4, 2) })
  end)
end)

describe("the app on a big world", function()
  local world = "big:users=40,docs=4000,mails=400,seed=3"

  for _, version in ipairs(versions.with_newest("v2", "v5")) do
    it("lists, saves and restores in " .. version, function()
      local client = sim.new(version, { world = world })
      local place = client:explore("Veod", nil, nil, "big.onmicrosoft.com")
      local drive = client:rows(place .. "/OneDrives")[5]
      drive = place .. "/OneDrives/" .. drive.id
      local documents = client:all(drive .. "/Documents")
      assert.is_true(#documents > 80)
      local seen = {}
      for _, each in ipairs(documents) do
        assert.is_nil(seen[each.id])
        seen[each.id] = each
      end
      local one = documents[17]
      assert.equal(one.name, client:get(drive .. "/Documents/" .. one.id).name)
      local stream = client:act(drive .. "/Documents/" .. one.id, "save", {})
      assert.equal(one.size or one.sizeBytes, stream.size)
      local root = version == "v8" and "root" or "null"
      local folder = client:rows(drive .. "/Folders?parentId=" .. root)[1]
      local inside = client:rows(drive .. "/Documents?parentId=" .. folder.id)
      assert.is_true(#inside > 0)
      for _, each in ipairs(inside) do assert.is_truthy(seen[each.id]) end
    end)
  end

  it("lists older versions as rows of their own in v3, page after page", function()
    local client = sim.new("v3", { world = world })
    local place = client:explore("Veod", nil, { showAllVersions = true }, "big.onmicrosoft.com")
    local drive = place .. "/OneDrives/" .. client:rows(place .. "/OneDrives")[1].id
    local all, pieces = client:get(drive .. "/Documents?limit=1000").results, {}
    for offset = 0, #all, 30 do
      for _, each in ipairs(client:rows(drive .. "/Documents?offset=" .. offset)) do
        pieces[#pieces + 1] = each.id .. each.version
      end
    end
    assert.equal(#all, #pieces)
    for i, each in ipairs(all) do assert.equal(each.id .. each.version, pieces[i]) end
  end)

  it("restores what is missing and what differs, and keeps no more than that", function()
    local client = sim.new("v7", { world = world })
    local place = client:explore("Veod", "2026-10-23T22:00:00Z", { showDeleted = true },
      "big.onmicrosoft.com")
    local drive = place .. "/OneDrives/" .. client:rows(place .. "/OneDrives")[2].id
    local total = #client:all(drive .. "/Documents")
    local answer = client:act(drive, "restore", { documentAction = "Overwrite" })
    assert.equal(total, answer.totalItemsCount)
    assert.is_true(answer.restoredItemsCount > 0)
    assert.is_true(answer.skippedItemsByNoChangesCount > total // 2)
    assert.equal(answer.restoredItemsCount, #client:changes())
    local how = {}
    for _, change in ipairs(client:changes()) do how[change.how] = true end
    assert.same({ created = true, overwritten = true }, how)
    answer = client:act(drive, "restore", { documentAction = "Overwrite" })
    assert.equal(0, answer.restoredItemsCount)
  end)

  it("tells of production what was touched, and compares it", function()
    local client = sim.new("v7", { world = world })
    assert.equal(0, #client:get "/sim/production".organizations[1].drives)
    local place = client:explore("Veod", "2026-10-23T22:00:00Z", nil, "big.onmicrosoft.com")
    local drive = place .. "/OneDrives/" .. client:rows(place .. "/OneDrives")[2].id
    client:act(drive, "restore", { documentAction = "Overwrite" })
    local vex = client:explore("Vex", nil, nil, "big.onmicrosoft.com")
    client:act(vex .. "/Mailboxes/" .. client:rows(vex .. "/Mailboxes")[2].id, "restore", {})
    collectgarbage()
    local drives = client:get "/sim/production".organizations[1].drives
    assert.equal(1, #drives)
    assert.equal("user000002@big.example", drives[1].user)
    local changed = #client:changes()
    assert.is_true(changed > 0)
    local differences, kinds = client:get "/sim/diff", {}
    for _, each in ipairs(differences.differences or differences) do
      kinds[each.workload] = (kinds[each.workload] or 0) + 1
    end
    assert.same({ onedrive = changed }, kinds)
  end)

  it("is backed up by a job as its seed has it", function()
    local client = sim.new("v8", { world = world })
    client:act("/Jobs/" .. client:rows("/Jobs")[1].id, "start", {})
    client:settle()
    local place, session = client:explore("Veod", nil, nil, "big.onmicrosoft.com")
    assert.match("2026%-11%-21T08:00", session.details)
    local drive = place .. "/OneDrives/" .. client:rows(place .. "/OneDrives")[3].id
    assert.equal(99, #client:all(drive .. "/Documents"))
  end)

  it("lists, saves and restores mail", function()
    local client = sim.new("v8", { world = world })
    local place = client:explore("Vex", "2026-10-23T22:00:00Z", {}, "big.onmicrosoft.com")
    local mailbox = place .. "/Mailboxes/" .. client:rows(place .. "/Mailboxes")[7].id
    local folders = {}
    for _, each in ipairs(client:rows(mailbox .. "/Folders")) do folders[each.name] = each.id end
    assert.is_truthy(folders.Inbox and folders["Sent Items"])
    local items = client:rows(mailbox .. "/Items?parentId=" .. folders.Inbox)
    local whole = client:all(mailbox .. "/Items")
    assert.is_true(#items > 0 and #items < #whole)
    local stream = client:act(mailbox .. "/Items/" .. items[1].id, "save_msg")
    assert.equal("\xD0\xCF\x11\xE0", sim.bytes(stream):sub(1, 4))
    client:act(mailbox, "restore", {})
    assert.equal(0, #client:changes())
    local bob = client:rows(place .. "/Mailboxes")[8].email
    client:act(mailbox .. "/Items/" .. items[1].id, "restore_to", {
      mailbox = bob, folder = "Restored",
    })
    local changes = client:changes()
    assert.equal(1, #changes)
    assert.equal("Restored/" .. items[1].subject, changes[1].path)
  end)
end)

describe("the client on a big world", function()
  local rehearsal, folder, remove

  setup(function()
    folder, remove = program.folder()
    rehearsal = rehearsals.start "--world big:users=20,docs=3000,mails=200,seed=5"
  end)

  teardown(function()
    rehearsal.stop()
    remove()
  end)

  for _, version in ipairs(versions.with_newest "v3") do
    it("walks, saves and restores in " .. version, function()
      local client <close> = rehearsal.connect(version)
      local organization = client:organization "big.onmicrosoft.com"
      local session <close> = organization:explore {
        workload = "onedrive", at = "2026-11-10T22:00:00Z",
      }
      local drive = session:onedrive "user000003@big.example"
      local count, one = 0, nil
      for document in drive:documents():each() do
        count = count + 1
        if count == 40 then one = document end
      end
      assert.is_true(count > 100)
      local path = folder .. "/" .. version
      one:save { to = path }
      assert.equal(one.size, #rehearsals.content(path))
    end)
  end
end)
