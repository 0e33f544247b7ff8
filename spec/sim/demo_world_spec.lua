-- Tests the demo world's story through the module, in an old and a new version: three
-- organizations, an attack, an employee who left, a litigation hold, archives, and odd things.
--
-- Covers vbo.sim.world.build, vbo.sim.world.content, vbo.sim.world.files, vbo.sim.world.mail,
-- vbo.sim.world.ooxml, vbo.sim.world.sites, vbo.sim.world.teams, vbo.sim.world.demo,
-- vbo.sim.world.demo.drives, vbo.sim.world.demo.mail, vbo.sim.world.demo.office,
-- vbo.sim.world.demo.people, vbo.sim.world.demo.sites, vbo.sim.world.demo.teams,
-- vbo.sim.world.demo.words.

local catalogue = require "vbo.catalogue"
local check = require "spec.support.answer_check"
local facts = require "spec.support.facts"
local program = require "spec.support.program"
local rehearsal = require "spec.support.rehearsal"
local sim = require "spec.support.sim_app"
local time = require "vbo.base.time"
local versions = require "spec.support.versions"
local worlds = require "vbo.sim.world"

local contoso, fabrikam = "contoso.onmicrosoft.com", "fabrikam.onmicrosoft.com"
local tailspin = "tailspintoys.onmicrosoft.com"
local amelie, maria = "amelie.dubois@contoso.com", "maria.garcia@contoso.com"
local erika = "erika.former@contoso.com"

local function named(list)
  local out = {}
  for _, each in ipairs(list) do out[each.name or each.subject] = each end
  return out
end

for _, version in ipairs(versions.each_dialect) do
  describe("the demo world in " .. version, function()
    local server, client, folder, remove

    setup(function()
      server = rehearsal.start()
      folder, remove = program.folder()
    end)

    teardown(function()
      server.stop()
      remove()
    end)

    before_each(function()
      server.reset()
      client = server.connect(version)
    end)

    after_each(function() client:close() end)

    local function explore(workload, more, organization)
      local options = { workload = workload }
      for name, value in pairs(more or {}) do options[name] = value end
      return client:organization(organization or contoso):explore(options)
    end

    --- The bytes of a document, or of a mail as an Outlook message.
    local function bytes(it)
      local to = folder .. "/saved"
      it:save { to = to, overwrite = true }
      return rehearsal.content(to)
    end

    local function document(session, owner, name)
      return session:onedrive(owner):documents():where { name = name }:one()
    end

    it("has three organizations, of the cloud and hybrid, and forty people", function()
      local list, people = named(client:organizations():all()), 0
      local counts = {}
      for name, organization in pairs(list) do
        counts[name] = organization:users():count()
        people = people + counts[name]
      end
      -- One of the forty has left, and is in the backup alone.
      assert.same({ [contoso] = 17, [fabrikam] = 12, [tailspin] = 10 }, counts)
      assert.equal(39, people)
      assert.equal("Office365", list[contoso].type)
      assert.equal("Hybrid", list[fabrikam].type)
      assert.equal("Office365", list[tailspin].type)
      if version == "v8" then
        assert.equal("exch01.fabrikam.local", list[fabrikam].exchange_settings.serverName)
        assert.equal("sharepoint.fabrikam.local", list[fabrikam].sharepoint_settings.serverName)
        assert.is_true(list[fabrikam].is_sharepoint)
        assert.is_false(list[contoso].is_exchange)
        local function lying(where)
          return list[fabrikam]:users { location_filter = where }:count()
        end
        assert.same({ 5, 7, 0, 12 }, { lying "OnPremises", lying "Hybrid", lying "Cloud",
          lying "OnPremisesOrHybrid" })
      end
    end)

    it("has groups, and sites on premises", function()
      local organization = client:organization(fabrikam)
      local groups = named(organization:groups():all())
      assert.equal("Distribution", groups["alle@fabrikam.com"].type)
      assert.equal(10, groups["alle@fabrikam.com"]:members():count())
      assert.equal("Security", groups["einkauf@fabrikam.com"].type)
      assert.equal("Office365", groups["projects-eu@fabrikam.com"].type)
      assert.equal("Office365", client:organization(contoso):groups():first().type)
      for site in organization:sites():each() do
        assert.is_false(site.is_cloud)
        assert.matches("^https://sharepoint.fabrikam.local/sites/engineering", site.url)
      end
      local session <close> = explore("sharepoint", nil, fabrikam)
      local site = session:site "https://sharepoint.fabrikam.local/sites/engineering"
      assert.equal("Maßblatt Gehäuse Größe 3.md",
        site:library("Zeichnungen"):document("Gehäuse/Maßblatt Gehäuse Größe 3.md").name)
      assert.equal(2, site:list("Prüfaufträge"):items():count())
    end)

    it("has restore points over weeks, each as things were then", function()
      local seen = {}
      assert.equal("not_found", rehearsal.failure(explore, "onedrive", {
        at = "2026-10-15T00:00:00Z" }).kind)
      for _, at in ipairs { "2026-10-17T00:00:00Z", "2026-11-01T00:00:00Z", rehearsal.before } do
        local session <close> = explore("onedrive", { at = at })
        local count = 0
        for drive in session:onedrives():each() do
          if drive.name == "Amélie Dubois" then count = drive:documents():count() end
        end
        assert.is_true(count > (seen[#seen] or 0), at)
        seen[#seen + 1] = count
      end
      if version == "v8" then
        local points = client:organization(contoso):restore_points():all()
        assert.equal(20, #points)
        assert.is_true(time.parse(points[1].backup_time)
          - time.parse(points[#points].backup_time) > 34 * 86400)
      end
    end)

    it("was attacked: before it the clean bytes, after it noise and a note", function()
      local clean <close> = explore("onedrive", { at = rehearsal.before })
      local hit <close> = explore "onedrive"
      -- Overwritten: the same name and size, another content.
      local good, bad = document(clean, amelie, "Bilan d'étape Q2.xlsx"),
        document(hit, amelie, "Bilan d'étape Q2.xlsx")
      assert.equal(good.id, bad.id)
      assert.equal(good.size, bad.size)
      local wanted = bytes(good)
      assert.equal(0, select(2, program.run("unzip -tqq " .. folder .. "/saved")))
      assert.is_nil(bytes(bad):find "^PK\3\4")
      -- Renamed.
      local was = document(clean, amelie, "Plan budgétaire Q4.csv")
      assert.matches("^Plan budgétaire Q4,EUR,n\r\n", bytes(was))
      assert.equal(0, hit:onedrive(amelie):documents():where { name = was.name }:count())
      assert.not_matches("EUR", bytes(document(hit, amelie, was.name .. ".locked")), 1, true)
      assert.equal(0, clean:onedrive(amelie):documents():where { name = "*.locked" }:count())
      local notes = hit:onedrive(amelie):documents():where { name = "HOW_TO_GET*" }:all()
      assert.is_true(#notes > 3)
      assert.matches("Pay 3 BTC", bytes(notes[1]))
      -- The day before the last is as bad, and some were spared.
      local second <close> = explore("onedrive", { at = "2026-11-19T23:00:00Z" })
      local locked = {}
      for drive in second:onedrives():each() do
        local count = drive:documents():where { name = "*.locked" }:count()
        if count > 0 then locked[#locked + 1] = drive.name end
      end
      assert.same({ "Alice Example", "Jürgen Müller", "王小明", "Amélie Dubois", "Łukasz Wójcik",
        "田中 由紀" }, locked)

      -- Backs up again: the next backup finds in production what was restored.
      local result = clean:onedrive(amelie):documents { good, was }:restore {
        on_conflict = "overwrite", version = "last" }
      assert.equal(2, result.restored)
      local job = client:job "Contoso nightly"
      local run = job:start()
      run = run and run.status and run or job:job_sessions():first()
      run:wait { timeout = 30 }
      local now <close> = explore "onedrive"
      assert.equal(wanted, bytes(document(now, amelie, good.name)))
      assert.matches("^Plan budgétaire Q4,EUR,n\r\n", bytes(document(now, amelie, was.name)))
    end)

    it("has an employee who left: gone from the directory, and restored to others alone", function()
      local organization = client:organization(contoso)
      assert.equal(0, #organization:users():where { name = erika }:all())
      local drives <close> = explore("onedrive", { at = rehearsal.before })
      local drive = drives:onedrive(erika)
      assert.equal(2, drive:documents():count())
      local err = rehearsal.failure(function() drive:restore { on_conflict = "overwrite" } end)
      assert.equal("partial", err.kind)
      assert.matches("User Erika Former cannot be resolved", tostring(err) .. rehearsal.json.encode(
        err.statistics or {}))
      assert.equal(0, #server.changes())
      assert.equal(2, drive:copy { to = organization:user("bob@contoso.com"):onedrive(),
        folder = "From Erika" }.restored)

      local mail <close> = explore("exchange", { at = rehearsal.before })
      local box = mail:mailbox(erika)
      err = rehearsal.failure(function() box:restore() end)
      assert.equal("partial", err.kind)
      assert.equal(1,
        box:restore_to { mailbox = "bob@contoso.com", folder = "From Erika" }.restored)
      local where = {}
      for i, change in ipairs(server.changes()) do where[i] = change.user .. " " .. change.path end
      assert.same({ "bob@contoso.com From Erika/Handover/Read me first.docx",
        "bob@contoso.com From Erika/Handover/Customers.csv",
        "bob@contoso.com From Erika/Inbox/Good-bye" }, where)
    end)

    local offer = "Litigio Ñandú: oferta de acuerdo"

    it("has a mailbox on hold: what its owner deleted or rewrote is kept", function()
      local plain <close> = explore("exchange", { at = rehearsal.before })
      local box = plain:mailbox(maria)
      local inbox = box:folder "Bandeja de entrada"
      assert.equal(0, inbox:items():where { subject = offer }:count())
      local kept = named(box:folder("Recoverable Items/Purges"):items():all())
      assert.is_truthy(kept[offer])
      assert.is_truthy(kept["Litigio Ñandú: borren esto"])
      local old = box:folder("Recoverable Items/Versions"):items():one()
      local function utf16(text) return (text:gsub(".", "%0\0")) end
      assert.is_truthy(bytes(old):find(utf16 "el 13 de mayo", 1, true))
      local new = inbox:items():where { subject = "Litigio*cronolog*" }:one()
      assert.is_nil(bytes(new):find(utf16 "el 13 de mayo", 1, true))
      -- Others are not on hold.
      assert.equal(0, plain:mailbox("alice@contoso.com"):folders()
        :where { name = "Recoverable Items" }:count())

      -- Before it was deleted it lay where it came, and nowhere else.
      local then_ <close> = explore("exchange", { at = "2026-11-06T23:00:00Z" })
      assert.equal(1, then_:mailbox(maria):folder("Bandeja de entrada"):items()
        :where { subject = offer }:count())
      assert.equal(0, then_:mailbox(maria):folder("Recoverable Items/Purges"):items()
        :where { subject = offer }:count())

      -- showDeleted finds it where it was, and it goes back there.
      local deleted <close> = explore("exchange", { at = rehearsal.before, deleted = true })
      local found = deleted:mailbox(maria):folder("Bandeja de entrada"):items()
        :where { subject = offer }:one()
      assert.equal(1, found:restore().restored)
      assert.equal("Bandeja de entrada/" .. offer, server.changes()[1].path)
      -- Looks in the hold: mail purged on the day it came was never backed up in the inbox.
      assert.equal(0, deleted:mailbox(maria):folder("Bandeja de entrada"):items()
        :where { subject = "*borren esto" }:count())
    end)

    it("leaves out what a hold keeps on request", function()
      local session <close> = explore("exchange", { at = rehearsal.before })
      local box, to = session:mailbox(maria), "bob@contoso.com"
      local all = box:restore_to { mailbox = to, folder = "All" }.restored
      local less = box:restore_to { mailbox = to, folder = "Less",
        exclude_litigation_hold_items = true }.restored
      assert.equal(3, all - less)
      assert.equal(all, box:restore_to { mailbox = to, folder = "Holds",
        exclude_in_place_hold_items = true }.restored)
    end)

    it("keeps the deleted documents of a hold, with their versions", function()
      local name = "Correos exportados.csv"
      local plain <close> = explore("onedrive", { at = rehearsal.before })
      assert.equal(0, plain:onedrive(maria):documents():where { name = name }:count())
      local session <close> = explore("onedrive", { at = rehearsal.before, deleted = true })
      local found = document(session, maria, name)
      assert.equal("Fecha,De\r\n", bytes(found))
      assert.equal(1, found:restore { version = "last", on_conflict = "overwrite" }.restored)
      local all <close> = explore("onedrive", { at = rehearsal.before, deleted = true,
        all_versions = true })
      local sizes = {}
      local rows = all:onedrive(maria):documents():where { name = name }
      -- Versions are documents up to v5, and lie below their document later.
      if version == "v8" then rows = rows:one():versions() end
      for each in rows:each() do sizes[#sizes + 1] = each.size end
      assert.same({ 10, 28, 28 }, sizes)
    end)

    it("has archives: mailboxes of their own at the same address", function()
      local session <close> = explore "exchange"
      local box = session:mailbox(maria)
      assert.is_false(box.is_archive)
      local archive = session:mailbox "In-Place Archive - María García Núñez"
      assert.is_true(archive.is_archive)
      assert.equal(maria, archive.email)
      assert.not_equal(box.id, archive.id)
      assert.equal(12, archive:folder("2024"):items():count())
      local count = 0
      for name in pairs { [contoso] = 0, [fabrikam] = 0, [tailspin] = 0 } do
        local own <close> = explore("exchange", nil, name)
        count = count + own:mailboxes():where { is_archive = true }:count()
      end
      assert.equal(4, count)
      -- Nothing is missing there: nothing is written; elsewhere all of it is.
      assert.equal(0, archive:folder("2024"):restore().restored)
      assert.equal(12, archive:folder("2024"):restore_to { mailbox = "bob@contoso.com" }.restored)
      assert.equal("2024/" .. archive:folder("2024"):items():first().subject,
        server.changes()[1].path)
      if version == "v8" then
        local data = client:backup_repositories():first():users_data():where { email = maria }:one()
        assert.is_true(data.is_archive_backed_up)
        assert.equal(archive.name, data.archive_name)
      end
    end)

    it("has an empty OneDrive, a huge document and a long path", function()
      local session <close> = explore "onedrive"
      local empty = session:onedrive "thomas.neumann@contoso.com"
      assert.equal(0, empty:documents():count())
      assert.equal(0, empty:folders():count())
      local toys <close> = explore("onedrive", nil, tailspin)
      assert.equal(5 << 30, document(toys, "greta@tailspintoys.com", "*ungeschnitten.mov").size)
      local path = {}
      for depth = 1, 12 do path[depth] = ("Ældre sager, afdeling Ø, %02d"):format(depth) end
      path[13] = "Måleprotokol for prøvestand 4, kørsel 17, endelig.docx"
      path = table.concat(path, "/")
      assert.is_true(utf8.len(path) > 380 and utf8.len(path) <= 400, tostring(utf8.len(path)))
      local deep = session:onedrive("soren.aaberg@contoso.com"):document(path)
      assert.matches("^PK\3\4", bytes(deep))
    end)

    it("backs up shared mailboxes and public folders, which take no licence", function()
      local users = {}
      for user in client:organization(fabrikam):users():each() do users[user.name] = user.type end
      assert.equal("Shared", users["workshop@fabrikam.com"])
      assert.equal("Public", users["notices@fabrikam.com"])
      assert.equal(10, client:organization(fabrikam):licensing_information().licensed_users)
      assert.equal(16, client:organization(contoso):licensing_information().licensed_users)
      local session <close> = explore("exchange", nil, fabrikam)
      assert.is_true(session:mailbox("notices@fabrikam.com"):items():count() > 0)
      local names = {}
      for user in client:licensed_users():each() do names[user.name] = true end
      assert.is_truthy(names["carol@fabrikam.com"])
      for _, name in ipairs { "workshop@fabrikam.com", "notices@fabrikam.com", erika } do
        assert.is_nil(names[name])
      end
    end)

    it("does not hold what is not backed up", function()
      local function missing(workload, name)
        return rehearsal.failure(function() explore(workload, nil, name) end).message
      end
      assert.matches("no restore point of OneDrive", missing("onedrive", fabrikam))
      assert.matches("no restore point of SharePoint", missing("sharepoint", tailspin))
      assert.matches("no restore point of Microsoft Teams", missing("teams", tailspin))
    end)
  end)
end

describe("the demo world", function()
  -- All that two worlds hold, as text.
  local function told(world)
    local out = {}
    local function put(...) out[#out + 1] = table.concat({ ... }, " ") end
    local function documents(container)
      for _, it in ipairs(container.folders) do put(it.id, it.path) end
      for _, it in ipairs(container.documents) do
        for _, each in ipairs(it.versions) do
          put(it.id, it.path, tostring(it.deleted), each.number, each.at, each.size,
            each.stream.kind, each.stream.data or each.stream.seed)
        end
      end
    end
    for _, organization in ipairs(world:organizations()) do
      put(organization.id, organization.name)
      for _, user in ipairs(organization.users) do put(user.id, user.name, user.display) end
      for _, drive in ipairs(organization.drives) do documents(drive) end
      for _, box in ipairs(organization.mailboxes) do
        put(box.id, box.name)
        for _, it in ipairs(box.folders) do put(it.id, it.path, it.category) end
        for _, it in ipairs(box.items) do
          put(it.id, it.folder.path, it.subject, it.sent, it.body, #it.attachments)
        end
      end
      for _, site in ipairs(organization.sites) do
        put(site.id, site.url)
        for _, each in ipairs(site.containers) do documents(each) end
      end
      for _, group in ipairs(organization.groups) do put(group.id, group.email) end
    end
    return table.concat(out, "\n")
  end

  it("is the same at every start, to the last byte", function()
    local one, other = told(assert(worlds.open "demo")), told(assert(worlds.open "demo"))
    assert.is_true(one == other)
    assert.is_true(#one > 1000000)
    assert.is_truthy(one:find("Échéancier", 1, true))
  end)

  it("has the same contents whichever drive is read first", function()
    local one, other = assert(worlds.open "demo"), assert(worlds.open "demo")
    local drives = other:organizations()[1].drives
    for i = #drives, 1, -1 do assert.is_table(drives[i].documents) end
    assert.is_true(told(one) == told(other))
  end)

  it("makes what people own when a client reads it", function()
    local client = sim.new("v8", { world = assert(worlds.open "demo") })
    local function made()
      local count = 0
      for _, organization in ipairs(client.app.store.world:organizations()) do
        for _, list in ipairs { organization.drives, organization.mailboxes } do
          for _, it in ipairs(list) do
            if rawget(it, "by_id") then count = count + 1 end
          end
        end
      end
      return count
    end
    client:rows "/Jobs"
    client:rows("/Organizations/" .. client:organization().id .. "/Users")
    local place = client:explore "Veod"
    client:rows(place .. "/OneDrives")
    assert.equal(0, made())
    client:rows(client:owned(place .. "/OneDrives", "Bob Builder") .. "/Documents")
    assert.equal(1, made())
  end)

  -- Lists what lies below each thing that an explorer shows.
  local trees = {
    Vex = { Mailboxes = { Folders = {}, Items = {} } },
    Veod = { OneDrives = { Folders = {}, Documents = {} } },
    Vesp = { Sites = { Libraries = {}, Lists = {}, Folders = {}, Documents = {}, Items = {} } },
    Vet = { Teams = { Channels = { Tabs = {} }, Files = {}, Posts = {} } },
  }

  local lacking = {
    [fabrikam .. "Veod"] = true, [fabrikam .. "Vet"] = true, [tailspin .. "Vesp"] = true,
    [tailspin .. "Vet"] = true,
  }

  -- Lists what versions are known to answer beside their own documents.
  local beside = {
    [6] = { itemType = true, repositoryId = true, isDeleted = true, backedUpTime = true },
    [8] = { totalObjects = true, processedObjects = true, total = true, setId = true },
  }

  for n = 2, 8 do
    local version = "v" .. n
    it("is listed as the schemas of " .. version .. " say", function()
      local client, cat = sim.new(version), catalogue.load(version)
      local wrong, rows = {}, 0
      local published, view = check.published(version)
      local function list(path)
        local found = cat:match("GET", "/" .. version .. path)
        if not found then return {} end -- not in this version
        local takes = ""
        for _, parameter in ipairs(found.parameters) do
          if parameter.name == "limit" then takes = "?limit=10000" end
        end
        local value = client:get(path .. takes)
        check.check(value, found.answer.schema, check.of_catalogue, found.name, wrong, n)
        local document = published and published[facts.key("GET", found.path)]
        if document and document.schema then
          for _, each in ipairs(check.check(value, document.schema, view, found.name, {}, n)) do
            local known = beside[n] and beside[n][each:match " has a (%w+)$"]
            if not known then wrong[#wrong + 1] = each end
          end
        end
        local all = value.results or value
        rows = rows + #all
        return all
      end
      local function below(place, tree)
        for name, inner in pairs(tree) do
          for _, row in ipairs(list(place .. "/" .. name)) do
            local id = row.id or row.channelId
            if id and next(inner) then below(place .. "/" .. name .. "/" .. id, inner) end
          end
        end
      end
      for _, name in ipairs { "Jobs", "LicensedUsers", "RestorePoints", "ProtectedUsers",
        "ProtectedGroups", "ProtectedSites", "ProtectedTeams" } do list("/" .. name) end
      for _, name in ipairs { "UserData", "GroupData", "SiteData", "TeamData", "MailboxData",
        "OneDriveData", "OrganizationData" } do
        list("/BackupRepositories/" .. client:rows "/BackupRepositories"[1].id .. "/" .. name)
      end
      local organizations = list "/Organizations"
      assert.equal(3, #organizations)
      for _, organization in ipairs(organizations) do
        local place = "/Organizations/" .. organization.id
        assert.is_true(#list(place .. "/Users") >= 10)
        for _, group in ipairs(list(place .. "/Groups")) do
          list(place .. "/Groups/" .. group.id .. "/Members")
        end
        list(place .. "/Sites")
        list(place .. "/Teams")
        for kind, tree in pairs(trees) do
          local body = { type = kind, showDeleted = n > 2 or nil, showAllVersions = n > 2 or nil }
          local value, answer = client:act(place, "explore", body, false)
          local held = cat:match("GET", "/" .. version .. "/RestoreSessions/x/Organization/"
            .. next(tree)) and not lacking[organization.name .. kind]
          assert.equal(held or false, answer.status < 300, organization.name .. kind)
          if held then
            below("/RestoreSessions/" .. value.id .. "/Organization", tree)
          end
        end
      end
      assert.same({}, wrong)
      assert.is_true(rows > 2300, rows .. " rows")
    end)
  end
end)

describe("the demo world holds what real ones do", function()
  it("calendar, contacts and tasks, with the fields of their kind", function()
    for _, version in ipairs(versions.with_newest("v2", "v5", "v6")) do
      local client = sim.new(version)
      local place = client:explore("Vex", sim.before)
      local box = client:owned(place .. "/Mailboxes", "Ingrid Larsen")
      local found = {}
      for _, item in ipairs(client:all(box .. "/Items")) do
        if item.itemClass ~= "IPM.Note" then
          found[item.itemClass] = (found[item.itemClass] or 0) + 1
          assert.is_nil(item.from)
          if item.subject == "Budget review" then
            assert.same({ "2026-11-24T09:00:00Z", "Room 4" }, { item.startTime, item.location })
          end
          local path = box .. "/Items/" .. item.id
          local message = sim.bytes(client:act(path, "save_msg", {}))
          assert.equal("\xD0\xCF\x11\xE0", message:sub(1, 4))
        end
      end
      assert.same({ ["IPM.Appointment"] = 2, ["IPM.Contact"] = 1, ["IPM.Task"] = 1 }, found)
    end
  end)

  it("two folders of one name, two people of one name, and a job that failed", function()
    local client = sim.new "v8"
    local place = client:explore("Vex", sim.before)
    local box = client:owned(place .. "/Mailboxes", "Ingrid Larsen")
    local ids, names = {}, 0
    for _, folder in ipairs(client:all(box .. "/Folders")) do
      assert.is_nil(ids[folder.id])
      ids[folder.id] = true
      if folder.name == "Projects" then names = names + 1 end
    end
    assert.equal(2, names)
    local same = {}
    for _, user in ipairs(client:all("/Organizations/"
      .. client:organization "fabrikam.onmicrosoft.com".id .. "/Users")) do
      if user.displayName == "José Álvarez" then same[#same + 1] = user.name end
    end
    table.sort(same)
    assert.same({ "jose.alvarez2@fabrikam.com", "jose.alvarez@fabrikam.com" }, same)
    local job = client:named("/Jobs", "Tailspin daily")
    assert.same({ "Failed", "2026-11-21T05:00:00Z" }, { job.lastStatus, job.lastRun })
    assert.equal("Failed", client:rows("/JobSessions?jobId=" .. job.id)[1].status)
  end)
end)
