-- SharePoint on the rehearsal server, without sockets, in every version that has it.
--
-- Covers vbo.sim.sharepoint.browse, vbo.sim.sharepoint.change, vbo.sim.sharepoint.render,
-- vbo.sim.sharepoint.restore, vbo.sim.sharepoint.scope, vbo.sim.production.sites.

local json = require "vbo.base.json"
local sim = require "spec.support.sim_app"
local versions = require "spec.support.versions"

local marketing = "https://contoso.sharepoint.com/sites/marketing"
local brief_path = "Documents/Campaigns/2026/Brief.docx"
local nobody = "00000000-0000-4000-8000-000000000000"

-- Keys of the action dialect and verbs of the later one.
local words = { save = { "save", "save" }, send = { "sendTo", "send" },
  restore = { "restoreTo", "restore" } }

local function act(client, path, what, body, status)
  local word, value, answer = words[what]
  if client.number <= 5 then
    value, answer = client:call("POST", path .. "/Action", { [word[1]] = body or json.null })
  else
    value, answer = client:call("POST", path .. "/" .. (word and word[2] or what), body)
  end
  local good = status and answer.status == status or not status and answer.status < 300
  assert(good, ("%s of %s answered %d %s"):format(what, path, answer.status, answer.body or ""))
  return value, answer
end

local function named(client, target, name)
  for _, each in ipairs(client:all(target)) do
    if (each.name or each.title) == name then return each end
  end
  error("nothing called " .. name .. " in " .. target)
end

local function site_at(client, place, url)
  for _, each in ipairs(client:all(place .. "/Sites")) do
    if each.url == url then return place .. "/Sites/" .. each.id, each end
  end
  error("no site " .. url)
end

local function target_of(link) return (link.href:gsub("^https://localhost:4443", "")) end

local function names_of(rows)
  local out = {}
  for i, each in ipairs(rows) do out[i] = each.name or each.title end
  return out
end

--- A site of production.
local function live_site(client, url)
  for _, each in ipairs(client:get "/sim/production".organizations[1].sites) do
    if each.url == url then return each end
  end
end

--- The documents of a library of production, or the items of a list, by path.
local function held(client, url, name)
  local site = live_site(client, url)
  for _, kind in ipairs { "libraries", "lists" } do
    for _, each in ipairs(site and site[kind] or {}) do
      if each.name == name then
        local out = {}
        for _, entry in ipairs(each.documents or each.items) do out[entry.path] = entry end
        return out
      end
    end
  end
end

local function content(client, path, url)
  return sim.bytes(client:get(("/sim/content?site=%s&path=%s"):format(url or marketing,
    (path:gsub(" ", "%%20")))))
end

for _, version in ipairs(versions.distinct) do
  describe("SharePoint of the rehearsal server in " .. version, function()
    local client, place, site, record, root, seen

    before_each(function()
      client, seen = sim.new(version), { restored = 0, unchanged = 0, failed = 0 }
      place = client:explore("Vesp", sim.before)
      site, record = site_at(client, place, marketing)
      root = client.number >= 8 and "root" or "null"
    end)

    local function library(name) return named(client, site .. "/Libraries", name or "Documents") end
    local function list(name) return named(client, site .. "/Lists", name or "Tasks") end
    local function folder(name) return named(client, site .. "/Folders", name) end
    local function document(name) return named(client, site .. "/Documents", name) end
    local function item(name) return named(client, site .. "/Items", name) end

    --- v8 tells the sums of a session, earlier versions those of each restore.
    local function counted(value, restored, unchanged, failed)
      local found
      if client.number >= 8 then
        assert.is_string(value.sessionId)
        client:settle()
        value = client:get("/RestoreSessions/" .. value.sessionId .. "/Statistics")
        local sums = { restored = value.restoredItemsCount, unchanged = value.skippedItemsCount,
          failed = value.failedItemsCount }
        found = {}
        for name, sum in pairs(sums) do found[name] = sum - seen[name] end
        seen = sums
      else
        found = { restored = value.restoredItemsCount,
          unchanged = value.skippedItemsByNoChangesCount, failed = value.failedItemsCount }
      end
      assert.same({ restored = restored, unchanged = unchanged or 0, failed = failed or 0 }, found)
      return value
    end

    it("shows sites and what is below them", function()
      assert.same({ "Marketing", "Contoso Intranet", "Archive" },
        names_of(client:rows(place .. "/Sites?parentId=" .. root)))
      assert.same({ "Events" }, names_of(client:rows(place .. "/Sites?parentId=" .. record.id)))
      assert.equal(4, #client:rows(place .. "/Sites"))
      assert.equal(record.url, client:get(site).url)
      assert.same({ "Documents", "Site Assets" }, names_of(client:rows(site .. "/Libraries")))
      assert.same({ "Tasks", "Campaigns" }, names_of(client:rows(site .. "/Lists")))
      assert.equal("Documents", client:get(site .. "/Libraries/" .. library().id).name)
      assert.equal("Tasks", client:get(site .. "/Lists/" .. list().id).name)
      local organization = client:get(place)
      assert.match("/[Ss]ites$", organization._links.sites.href)
    end)

    it("browses libraries by folder, page after page", function()
      assert.same({ "Campaigns", "Drafts" },
        names_of(client:rows(site .. "/Folders?parentId=" .. library().id)))
      assert.same({ "Read me first.txt" },
        names_of(client:rows(site .. "/Documents?parentId=" .. library().id)))
      assert.same({ "2026", "2025" },
        names_of(client:rows(site .. "/Folders?parentId=" .. folder "Campaigns".id)))
      assert.same({ "Brief.docx", "Budget.xlsx" },
        names_of(client:rows(site .. "/Documents?parentId=" .. folder "2026".id)))
      local assets = site .. "/Documents?parentId=" .. library "Site Assets".id
      local page = client:get(assets)
      assert.equal(30, #page.results)
      local rest = client:get(target_of(page._links.next))
      assert.equal(5, #rest.results)
      assert.is_nil(rest._links.next)
      assert.equal(0, #client:rows(site .. "/Items?parentId=" .. library().id))
      assert.equal(library().id, client:get(target_of(folder "Campaigns"._links.parent)).id)
    end)

    it("browses lists: items, folders, attachments", function()
      local kind = list().id
      assert.same({ "Order posters", "Book the hall" },
        names_of(client:rows(site .. "/Items?parentId=" .. kind)))
      local quarter = folder "2026 Q4"
      assert.equal("listfolder", quarter.type:lower())
      assert.same({ "Invite speakers" },
        names_of(client:rows(site .. "/Items?parentId=" .. quarter.id)))
      local here = site .. "/Items/" .. item "Order posters".id
      local rows = client:rows(here .. "/Attachments")
      assert.same({ "offer.txt", "proof.png" }, names_of(rows))
      assert.equal(23, rows[1][client.number == 2 and "size" or "sizeBytes"])
      assert.equal("offer.txt", client:get(here .. "/Attachments/" .. rows[1].id).name)
    end)

    it("shows documents and items by the names of this version", function()
      local brief = document "Brief.docx"
      local present, absent = "sizeBytes", "size"
      if client.number == 2 then present, absent = absent, present end
      assert.is_true(brief[present] > 1000)
      assert.is_nil(brief[absent])
      assert.equal("3.0", brief.version)
      assert.equal("2026-11-17T16:05:00" .. (client.number >= 6 and "Z" or ""),
        brief.modificationTime)
      assert.equal("LibraryFolder", (folder "2026".type:gsub("^l", "L")))
      local hall = item "Book the hall"
      assert.equal("Book the hall", hall.title)
      assert.equal(client.number >= 6 and "Book the hall" or nil, hall.name)
      assert.is_nil(hall.sizeBytes)
      assert.same(hall, client:get(site .. "/Items/" .. hall.id))
    end)

    it("saves documents, folders and libraries", function()
      local brief = document "Brief.docx"
      local plain, answer = act(client, site .. "/Documents/" .. brief.id, "save",
        { asZip = false })
      assert.equal("application/octet-stream", answer.headers["content-type"])
      assert.match("^PK\3\4.*approved", sim.bytes(plain))
      local zip = act(client, site .. "/Documents/" .. brief.id, "save", { asZip = true })
      assert.same({ ["Brief.docx"] = sim.bytes(plain) }, sim.entries(zip))
      local two = act(client, site .. "/Documents", "save",
        { documents = { brief, document "Logo.svg" } })
      local entries = sim.entries(two)
      assert.match("^<svg", entries["Logo.svg"])
      entries = sim.entries(act(client, site .. "/Folders/" .. folder "2026".id, "save"))
      assert.equal(sim.bytes(plain), entries["2026/Brief.docx"])
      assert.match("^<svg", entries["2026/Artwork/Logo.svg"])
      entries = sim.entries(act(client, site .. "/Folders", "save",
        { folders = { { id = folder "2025".id }, { id = folder "Drafts".id } } }))
      assert.is_false(entries["Drafts/"])
      assert.match("^# Rückblick", entries["2025/Rückblick & Ausblick.md"])
      entries = sim.entries(act(client, site .. "/Libraries/" .. library().id, "save"))
      assert.equal(sim.bytes(plain), entries["Campaigns/2026/Brief.docx"])
      assert.equal("Final versions only; drafts go to Drafts.\n", entries["Read me first.txt"])
      assert.same({}, client:changes())
      local events = client:rows(place:gsub("/Organization$", "/Events"))
      assert.equal(6, #events)
      assert.equal("Save", events[1].type)
    end)

    it("saves and sends attachments", function()
      local here = site .. "/Items/" .. item "Order posters".id .. "/Attachments"
      local rows = client:rows(here)
      local offer = act(client, here .. "/" .. rows[1].id, "save")
      assert.equal("500 posters, 1450 EUR.\n", sim.bytes(offer))
      local body = client.number >= 5 and { attachments = rows } or nil
      if client.number == 5 then
        body = { attachments = { { id = rows[1].id }, { id = rows[2].id } } }
      end
      local entries = sim.entries(act(client, here, "save", client.number >= 6 and body or nil))
      assert.equal("500 posters, 1450 EUR.\n", entries["offer.txt"])
      assert.equal(2048, #entries["proof.png"])
      local letter = { from = "ops@contoso.com", to = "carol@fabrikam.com" }
      act(client, here .. "/" .. rows[1].id, "send", letter)
      letter.attachments = body and body.attachments
      act(client, here, "send", letter)
      local outbox = client:get "/sim/production".outbox
      assert.same({ { name = "offer.txt", size = 23 } }, outbox[1].attachments)
      assert.equal(2, #outbox[2].attachments)
      assert.equal("Tasks/Order posters/offer.txt", client:changes()[1].path)
    end)

    it("restores a document over the damaged one", function()
      local here = site .. "/Documents/" .. document "Brief.docx".id
      assert.not_match("^PK", content(client, brief_path))
      counted(act(client, here, "restore",
        { documentVersion = "last", documentLastVersionAction = "overwrite" }), 1)
      local change = client:changes()[1]
      assert.equal("sharepoint", change.workload)
      assert.equal("restored", change.change)
      assert.equal("overwritten", change.how)
      assert.equal(marketing, change.user)
      assert.equal(brief_path, change.path)
      assert.equal("3.0", change.version)
      assert.match("^PK.*approved", content(client, brief_path))
      assert.equal(1, #client:changes())
    end)

    it("restores all versions and merges on request", function()
      local here = site .. "/Documents"
      counted(act(client, here, "restore", { documents = { { id = document "Brief.docx".id } },
        documentVersion = "all", documentLastVersionAction = "merge" }), 1)
      local change = client:changes()[1]
      assert.equal("merged", change.how)
      assert.equal("all", change.version)
    end)

    it("restores a folder: what is damaged, what is gone, and nothing else", function()
      counted(act(client, site .. "/Folders/" .. folder "Campaigns".id, "restore", {}), 3, 1)
      local now = held(client, marketing, "Documents")
      assert.is_truthy(now["Campaigns/2026/Budget.xlsx"])
      assert.is_truthy(now["Campaigns/2026/Budget.xlsx.locked"])
      assert.equal("3.0", now["Campaigns/2026/Brief.docx"].version)
      counted(act(client, site .. "/Folders", "restore",
        { folders = { { id = folder "2025".id }, { id = folder "Drafts".id } } }), 0, 1)
    end)

    it("restores a library, into another of that name too", function()
      local here = site .. "/Libraries/" .. library().id
      counted(act(client, here, "restore", { changedItems = false }), 2, 3)
      counted(act(client, here, "restore", { list = "Rescued" }), 5)
      assert.match("^PK", content(client, "Rescued/Campaigns/2026/Brief.docx"))
      local how = {}
      for _, change in ipairs(client:changes()) do how[change.path] = change.how end
      assert.equal("created", how.Rescued)
      assert.equal("created", how["Rescued/Read me first.txt"])
    end)

    it("restores items, and a list that is gone", function()
      local hall = item "Book the hall"
      counted(act(client, site .. "/Items/" .. hall.id, "restore", {}), 1)
      assert.match("Status: Reserved\r\n", content(client, "Tasks/Book the hall"))
      assert.is_nil(held(client, marketing, "Campaigns"))
      counted(act(client, site .. "/Lists/" .. list "Campaigns".id, "restore", {}), 2)
      assert.is_truthy(held(client, marketing, "Campaigns")["Autumn"])
      counted(act(client, site .. "/Items", "restore",
        { items = { { id = hall.id }, { id = item "Winter".id } } }), 0, 2)
    end)

    it("counts as failed what is to go into a list that is not there", function()
      local value = act(client, site .. "/Documents/" .. document "Brief.docx".id, "restore",
        { list = "Nowhere" })
      value = counted(value, 0, 0, 1)
      local text = json.encode(value)
      assert.match("List 'Nowhere' was not found", text)
      assert.equal("Failed", client:get "/sim/sessions"[1].result)
      assert.same({}, client:changes())
    end)

    it("restores a site, with its subsites on request", function()
      local value = act(client, site, "restore", {})
      if client.number == 6 or client.number == 7 then
        assert.same({ restoredWebsCount = 1, restoredListsCount = 4, failedWebsCount = 0,
          failedListsCount = 0, failedRestrictionsCount = 0, restoreIssues = {} }, value)
        local sums = client:get "/sim/sessions"[1]
        assert.same({ 6, 39, 0 }, { sums.restored, sums.skipped, sums.failed })
      else
        counted(value, 6, 39)
      end
      assert.is_truthy(held(client, marketing, "Campaigns")["Winter"])
      local events = marketing .. "/events"
      assert.is_nil(held(client, events, "Documents"))
      value = act(client, site, "restore", { restoreSubsites = true })
      assert.equal((client.number == 6 or client.number == 7) and 2 or nil,
        value.restoredWebsCount)
      client:settle()
      assert.is_truthy(held(client, events, "Documents")["Restore day/Agenda.md"])
    end)

    it("restores a site that is gone; a document alone cannot be", function()
      local url = "https://contoso.sharepoint.com/sites/archive"
      local archive = site_at(client, place, url)
      assert.is_nil(live_site(client, url))
      local one = named(client, archive .. "/Documents", "1999.txt")
      local value = act(client, archive .. "/Documents/" .. one.id, "restore", {})
      value = counted(value, 0, 0, 1)
      assert.match("archive was not found in production", json.encode(value))
      act(client, archive, "restore", {})
      client:settle()
      local sums = client:get "/sim/sessions"[1]
      assert.same({ 2, 1 }, { sums.restored, sums.failed })
      assert.equal("Nothing happened.\n", content(client, "Documents/1999.txt", url))
      act(client, archive, "restore", { alias = "museum" })
      client:settle()
      assert.is_truthy(held(client, "https://contoso.sharepoint.com/sites/museum", "Documents"))
    end)

    it("sends documents, folders and libraries", function()
      local letter = { from = "ops@contoso.com", to = "carol@fabrikam.com", subject = "Here" }
      local _, answer = act(client, site .. "/Documents/" .. document "Brief.docx".id, "send",
        letter)
      assert.equal(client.number >= 8 and 204 or 200, answer.status)
      act(client, site .. "/Folders/" .. folder "2026".id, "send", letter)
      act(client, site .. "/Libraries/" .. library().id, "send", letter)
      local outbox = client:get "/sim/production".outbox
      assert.equal("Brief.docx", outbox[1].attachments[1].name)
      assert.equal(3, #outbox[2].attachments)
      assert.equal(5, #outbox[3].attachments)
      local change = client:changes()[1]
      assert.equal("sent", change.change)
      assert.equal(brief_path, change.path)
      assert.equal(marketing, change.user)
    end)

    it("refuses what is not there, and what says too little", function()
      local function none(target)
        local value = client:get(target, 404)
        assert.match("cannot be found for current key", value.message)
        assert.equal(client.number >= 8 and "ResourceNotFound" or nil, value.errorCode)
      end
      for _, path in ipairs { "/Libraries/", "/Lists/", "/Folders/", "/Documents/", "/Items/",
        "/Folders?parentId=", "/Documents?parentId=" } do
        none(site .. path .. nobody)
      end
      none(place .. "/Sites/" .. nobody)
      none(place .. "/Sites?parentId=" .. nobody)
      -- Finds no document with an item's id, and no library with a list's.
      none(site .. "/Documents/" .. item "Book the hall".id)
      none(site .. "/Libraries/" .. list().id)
      local function refused(status, pattern, path, what, body)
        local value = act(client, path, what, body, status)
        assert.match(pattern, value.message)
      end
      refused(400, "Missing mandatory parameters: Documents", site .. "/Documents", "restore",
        { documents = json.array {} })
      refused(404, "SharePointDocument '00000000", site .. "/Documents", "save",
        { documents = { { id = nobody } } })
      refused(400, "Missing mandatory parameters: To",
        site .. "/Libraries/" .. library().id, "send", { from = "x" })
      refused(400, "'documentVersion' must be one of", site, "restore",
        { documentVersion = "newest" })
      assert.same({}, client:changes())
      local mail = client:explore("Vex", sim.before)
      local value = client:get(mail .. "/Sites", 400)
      assert.match("explores Exchange, not SharePoint", value.message)
      local bad = select(2, client:call("POST", "/Organizations/"
        .. client:organization("tailspintoys.onmicrosoft.com").id
        .. (client.number <= 5 and "/Action" or "/explore"),
        client.number <= 5 and { explore = { type = "vesp" } } or { type = "Vesp" }))
      assert.equal(500, bad.status)
      assert.match("no restore point of SharePoint", bad.body)
    end)

    it("shows the backup as of a date", function()
      local after = client:explore("Vesp", "2026-11-19T22:00:00Z")
      local names = names_of(client:rows(after .. "/Sites"))
      assert.same({ "Marketing", "Events", "Contoso Intranet" }, names)
      local there = site_at(client, after, marketing)
      assert.same({ "Tasks" }, names_of(client:rows(there .. "/Lists")))
      local empty = client:explore("Vesp", "2026-10-01T00:00:00Z")
      assert.equal(0, #client:rows(empty .. "/Sites"))
    end)
  end)
end

for _, version in ipairs(versions.since "v6") do
  describe("SharePoint of the rehearsal server in " .. version .. " and later", function()
    local client, place, site

    before_each(function()
      client = sim.new(version)
      place = client:explore("Vesp", sim.before, { showAllVersions = true, showDeleted = true })
      site = site_at(client, place, marketing)
    end)

    it("has versions of documents, items and folders", function()
      local brief = site .. "/Documents/" .. named(client, site .. "/Documents", "Brief.docx").id
      local numbers = {}
      for i, each in ipairs(client:rows(brief .. "/Versions")) do numbers[i] = each.version end
      assert.same({ "3.0", "2.0", "1.0" }, numbers)
      assert.equal("1.0", client:get(brief .. "/Versions/512").version)
      assert.match("first draft",
        sim.bytes((act(client, brief .. "/Versions/512", "save", { asZip = false }))))
      act(client, brief .. "/Versions/1024", "restore", {})
      assert.equal("2.0", client:changes()[1].version)
      act(client, brief .. "/Versions/512", "send", { to = "x@example.com" })
      client:get(brief .. "/Versions/513", 404)
      local hall = site .. "/Items/" .. named(client, site .. "/Items", "Book the hall").id
      assert.equal(2, #client:rows(hall .. "/Versions"))
      act(client, hall .. "/Versions/512", "restore", {})
      client:settle()
      assert.match("Status: Open", content(client, "Tasks/Book the hall"))
      local folder = site .. "/Folders/" .. named(client, site .. "/Folders", "2026").id
      assert.equal(1, #client:rows(folder .. "/Versions"))
      client:get(folder .. "/Versions/512")
      client:get(folder .. "/Versions/7", 404)
    end)

    it("shows what had been deleted", function()
      named(client, site .. "/Documents", "Old price list.csv")
      named(client, site .. "/Items", "Cancelled idea")
      assert.has_error(function()
        local plain = client:explore("Vesp", sim.before)
        named(client, site_at(client, plain, marketing) .. "/Items", "Cancelled idea")
      end)
    end)

    it("restores to another site", function()
      local intranet = "https://contoso.sharepoint.com/sites/intranet"
      local folder = site .. "/Folders/" .. named(client, site .. "/Folders", "2026").id
      act(client, folder, "restoreTo", { siteURL = intranet .. "/", list = "Documents" })
      local changes = client:changes()
      assert.equal(3, #changes)
      assert.equal(intranet, changes[1].user)
      assert.equal(marketing .. "/Campaigns/2026/Brief.docx", changes[1].source)
      assert.match("^PK", content(client, brief_path, intranet))
      assert.not_match("^PK", content(client, brief_path))
      -- A library that is not there comes with what is restored whole.
      local tasks = site .. "/Lists/" .. named(client, site .. "/Lists", "Tasks").id
      act(client, tasks, "restoreTo", { siteURL = intranet, list = "Their tasks" })
      client:settle()
      assert.is_truthy(held(client, intranet, "Their tasks")["Order posters"])
      act(client, site, "restoreTo", { siteURL = "https://contoso.sharepoint.com/sites/new",
        restoreSubsites = true })
      client:settle()
      assert.is_truthy(held(client, "https://contoso.sharepoint.com/sites/new/events",
        "Documents")["Restore day/Agenda.md"])
      local value = act(client, folder, "restoreTo", {}, 400)
      assert.match("Missing mandatory parameters: SiteURL", value.message)
      value = act(client, folder, "restoreTo", { siteURL = intranet .. "/none" }, 404)
      assert.match("none was not found in production", value.message)
      value = act(client, folder, "restoreTo",
        { siteURL = intranet, organizationName = "nobody" }, 404)
      assert.match("Organization 'nobody'", value.message)
    end)

    it("restores for operators in the background", function()
      local brief = named(client, site .. "/Documents", "Brief.docx")
      local value = act(client, site .. "/Documents", "operatorRestore",
        { documentsRestoreConfigs = { { document = brief } } }, 403)
      assert.match("not opened by a restore operator", value.message)
      local opened = act(client, "/Organization", "OperatorExplore", { type = "Vesp",
        dateTime = sim.before, scope = { type = "Site", site = { id = site:match "[^/]+$" } } })
      site = site:gsub("RestoreSessions/[^/]+", "RestoreSessions/" .. opened.id)
      value = act(client, site .. "/Documents", "operatorRestore",
        { documentsRestoreConfigs = { { document = brief } }, reason = "drill" })
      assert.is_string(value.sessionId)
      assert.equal(brief_path, client:changes()[1].path)
      value = act(client, site .. "/Items", "operatorRestore", { itemsRestoreConfigs = {
        { item = named(client, site .. "/Items", "Winter"), documentVersion = "Last" } } })
      assert.is_string(value.sessionId)
      client:settle()
      assert.is_truthy(held(client, marketing, "Campaigns")["Winter"])
    end)
  end)
end

describe("SharePoint of the rehearsal server", function()
  it("counts what a v8 restore does while its statistics are read", function()
    local client = sim.new "v8"
    local place = client:explore("Vesp", sim.before)
    local site = site_at(client, place, marketing)
    local value = act(client, site, "restore", { restoreSubsites = true })
    local target, last = "/RestoreSessions/" .. value.sessionId .. "/Statistics", 0
    for _ = 1, 3 do
      local sums = client:get(target)
      local done = sums.restoredItemsCount + sums.skippedItemsCount + sums.failedItemsCount
      assert.is_true(done > last)
      last = done
    end
    local sums = client:get(target)
    assert.equal(48, sums.totalItemsCount)
    assert.equal(sums.totalItemsCount, last)
    assert.equal("SharePointItem", sums.items[1].itemType)
  end)

  it("lists older versions as rows of their own in v5", function()
    local client = sim.new "v5"
    local place = client:explore("Vesp", sim.before, { showAllVersions = true })
    local site = site_at(client, place, marketing)
    local numbers = {}
    for _, each in ipairs(client:all(site .. "/Documents")) do
      if each.name == "Brief.docx" then numbers[#numbers + 1] = each.version end
    end
    assert.same({ "3.0", "2.0", "1.0" }, numbers)
  end)

  it("lists folders beside documents in v8 on request", function()
    local client = sim.new "v8"
    local site = site_at(client, client:explore("Vesp", sim.before), marketing)
    local library = named(client, site .. "/Libraries", "Documents")
    local rows = client:rows(site .. "/Documents?includeFolders=true&parentId=" .. library.id)
    assert.same({ "Campaigns", "Drafts", "Read me first.txt" }, names_of(rows))
    assert.is_true(rows[1].isFolder)
  end)

  it("is not covered by a job of some users", function()
    local client = sim.new "v8"
    for _, job in ipairs(client:rows "/Jobs") do
      if job.name == "Contoso management" then
        local _, answer = client:call("POST", "/Jobs/" .. job.id .. "/explore",
          { type = "Vesp" })
        assert.equal(500, answer.status)
        assert.match("no restore point of SharePoint", answer.body)
        return
      end
    end
    error "no such job"
  end)
end)
