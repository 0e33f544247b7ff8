-- SharePoint: the request of each method in an old and in a new version, and its result.
-- Tests also vbo.objects.sharepoint.actions and vbo.objects.sharepoint.classes.

local recorded = require "spec.support.recorded"
local rehearsal = require "spec.support.rehearsal"
local versions = require "spec.support.versions"

local function thing(id, name, more)
  local record = {
    id = id, name = name, createdBy = "Alice", creationTime = "2026-11-01T08:00:00Z",
    modifiedBy = "Alice", modificationTime = "2026-11-02T09:00:00Z", version = "1.0",
    versionId = 512, _links = { self = { href = "/x" } },
  }
  for key, value in pairs(more or {}) do record[key] = value end
  return record
end

local plan = thing("D1", "Plan.docx", { sizeBytes = 10 })
local notes = thing("D2", "Notes.txt", { sizeBytes = 20 })
local task = thing("I1", "Task", { title = "Task" })
local folder = thing("F1", "Reports", { type = "LibraryFolder" })
local photo = { id = "A1", name = "photo.png", sizeBytes = 5, url = "https://contoso/photo.png" }
local site = {
  id = "S1", name = "Marketing", url = "https://contoso.sharepoint.com/sites/marketing",
}
local library = { id = "L1", name = "Documents", url = site.url .. "/Documents",
  creationTime = "2026-01-01T00:00:00Z" }
local list = { id = "T1", name = "Tasks", url = site.url .. "/Lists/Tasks",
  creationTime = "2026-01-01T00:00:00Z" }
local hit_document = thing("D1", "Plan.docx", { sizeBytes = 10, siteId = "S1" })
local hit_item = thing("I1", "Task", { title = "Task" })

local function answers()
  local answered = recorded.usual()
  local function get(path, body)
    answered[#answered + 1] = { method = "GET", path = path, body = body }
  end
  get("/Sites$", recorded.page(site))
  get("/Sites/S1$", site)
  get("/Libraries$", recorded.page(library))
  get("/Libraries/L1$", library)
  get("/Lists$", recorded.page(list))
  get("/Lists/T1$", list)
  get("/Folders$", recorded.page(folder))
  get("/Folders/F1$", folder)
  get("/Documents$", recorded.page(plan, notes))
  get("/Documents/D1$", plan)
  get("/Items$", recorded.page(task))
  get("/Items/I1$", task)
  get("/Attachments$", recorded.page(photo))
  get("/Attachments/A1$", photo)
  get("/Versions$", recorded.page(thing("D1", "Plan.docx", { versionId = 512 })))
  get("/Versions/512$", thing("D1", "Plan.docx", { versionId = 512 }))
  answered[#answered + 1] = { method = "POST", path = "/search$",
    body = recorded.page(hit_document, hit_item) }
  return answered
end

local S = "~/organization/Sites/S1"

-- A record as it goes back in a body.
local function echo(record)
  local copy = {}
  for key, value in pairs(record) do if key ~= "_links" then copy[key] = value end end
  return copy
end

describe("SharePoint", function()
  local server

  setup(function() server = recorded.start(answers()) end)
  teardown(function() server.stop() end)

  -- The recorded server has one folder, and answers it wherever it is asked.
  local here = { recursive = false }
  local function the_site(session) return session:site { id = "S1" } end

  describe("is browsed:", function()
    local function lines(version, fn)
      local sent, result, err = server.sends(version, fn)
      assert.is_nil(err)
      local list_of = {}
      for i, request in ipairs(sent) do list_of[i] = request.line end
      return list_of, result
    end

    it("sites, by title, URL, path and id, and their subsites", function()
      for _, name in ipairs { "marketing", site.url .. "/", "/sites/Marketing" } do
        local sent, id = lines("v5", function(session) return session:site(name).id end)
        assert.same({ "GET ~/organization/Sites?offset=0&limit=250" }, sent)
        assert.equal("S1", id)
      end
      local sent = lines("v8", function(session)
        return session:sites({ recursive = false }):all()
      end)
      assert.same({ "GET ~/organization/Sites?offset=0&limit=250&parentId=root" }, sent)
      sent = lines("v5", function(session) return the_site(session):sites(here):all() end)
      assert.matches("GET ~/organization/Sites%?.*parentId=S1", sent[1])
      -- Titles from the top: the root's sites, then those of the one found.
      sent = lines("v2", function(session) return session:site("Marketing/Marketing").id end)
      assert.equal(2, #sent)
      assert.matches("parentId=null", sent[1])
      assert.matches("parentId=S1", sent[2])
      assert.equal("S1", select(2, lines("v8", function(session)
        return the_site(session):site("Marketing").id
      end)))
    end)

    it("libraries, lists, and what is directly in them", function()
      local sent, name = lines("v5", function(session)
        return the_site(session):library("documents"):folder("Reports"):document("Plan.docx").name
      end)
      assert.equal("Plan.docx", name)
      assert.matches("GET " .. S .. "/Libraries%?", sent[1])
      assert.matches("GET " .. S .. "/Folders%?.*parentId=L1", sent[2])
      assert.matches("GET " .. S .. "/Documents%?.*parentId=F1", sent[3])
      assert.equal(3, #sent)

      sent = lines("v8", function(session)
        local tasks = the_site(session):list "Tasks"
        assert.equal("Task", tasks:items(here):one().title)
        assert.equal("Reports", tasks:folders(here):one().name)
        assert.equal("photo.png", tasks:item("Task"):attachments():one().name)
        return tasks:item("Task"):attachment("photo.png").id
      end)
      assert.matches("GET " .. S .. "/Lists%?", sent[1])
      assert.matches("GET " .. S .. "/Items%?.*parentId=T1", sent[2])
      assert.matches("GET " .. S .. "/Folders%?.*parentId=T1", sent[3])
      assert.matches("GET " .. S .. "/Items/I1/Attachments", table.concat(sent, "\n"))
    end)

    it("paths within a library", function()
      local sent, size = lines("v5", function(session)
        return the_site(session):library({ id = "L1" }):document("Reports/Plan.docx").size
      end)
      assert.equal(10, size)
      assert.matches("/Folders%?.*parentId=L1", sent[1])
      assert.matches("/Documents%?.*parentId=F1", sent[2])
    end)

    it("by id, without asking for what is around", function()
      local sent, name = lines("v8", function(session)
        return the_site(session):document({ id = "D1" }).name
      end)
      assert.same({ "GET " .. S .. "/Documents/D1" }, sent)
      assert.equal("Plan.docx", name)
      for method, path in pairs { library = "Libraries/L1", list = "Lists/T1",
        folder = "Folders/F1", item = "Items/I1" } do
        sent = lines("v2", function(session)
          return the_site(session)[method](the_site(session), { id = path:match "[^/]*$" }).name
        end)
        assert.same({ "GET " .. S .. "/" .. path }, sent)
      end
    end)

    it("versions, from v6 on", function()
      local sent = lines("v8", function(session)
        local document = the_site(session):document { id = "D1" }
        assert.equal(512, document:versions():first().version_id)
        assert.equal("Plan.docx", document:version(512).name)
        the_site(session):folder({ id = "F1" }):versions():all()
        the_site(session):item({ id = "I1" }):versions():all()
      end)
      assert.same({
        "GET " .. S .. "/Documents/D1/Versions?offset=0&limit=1",
        "GET " .. S .. "/Documents/D1/Versions/512",
        "GET " .. S .. "/Folders/F1/Versions?offset=0&limit=250",
        "GET " .. S .. "/Items/I1/Versions?offset=0&limit=250",
      }, sent)
      local _, _, err = server.sends("v5", function(session)
        return the_site(session):document({ id = "D1" }):versions():all()
      end)
      assert.equal("unsupported", err.kind)
    end)
  end)

  it("is searched below the site, library or folder", function()
    local cases = {
      { "Documents", "Sites/S1/search", function(s) return the_site(s):documents() end },
      { "Documents", "Sites/S1/Libraries/L1/search",
        function(s) return the_site(s):library({ id = "L1" }):documents() end },
      { "Documents", "Sites/S1/Folders/F1/search",
        function(s) return the_site(s):folder({ id = "F1" }):documents() end },
      { "Items", "Sites/S1/Lists/T1/search",
        function(s) return the_site(s):list({ id = "T1" }):items() end },
    }
    for _, case in ipairs(cases) do
      local found
      local sent = server.change("v8", function(session)
        found = case[3](session):search("plan"):all()
      end)
      assert.equal("POST ~/organization/" .. case[2] .. "?offset=0&limit=250&itemType=Items",
        sent.line)
      assert.same({ query = "plan" }, sent.body)
      assert.equal(1, #found)
      assert.equal(case[1] == "Items" and "I1" or "D1", found[1].id)
    end
    local sent, document = server.change("v8", function(session)
      return session:sites():search("plan"):one()
    end)
    assert.equal("POST ~/organization/Sites/search?offset=0&limit=250&itemType=Items", sent.line)
    assert.equal("S1", document._owner.id)
    sent = server.change("v5", function(session)
      return the_site(session):documents():search("plan"):all()
    end)
    assert.equal("POST " .. S .. "/action", sent.line)
    assert.same({ search = { query = "plan" } }, sent.body)
  end)

  -- name, what makes it, and for v5 and v8 { path, body }; `key` is v5's action.
  local function document(s) return the_site(s):document { id = "D1" } end
  local function documents(s) return the_site(s):documents():where { name = "*.docx" } end
  local function folder_of(s) return the_site(s):folder { id = "F1" } end
  local function folders(s) return the_site(s):folders():where { name = "Reports" } end
  local function items(s) return the_site(s):items():where { title = "Task" } end
  local function item(s) return the_site(s):item { id = "I1" } end
  local function attachment(s) return item(s):attachment { id = "A1" } end
  local function the_library(s) return the_site(s):library { id = "L1" } end
  local function the_list(s) return the_site(s):list { id = "T1" } end

  local account = { user = "admin@contoso.com", password = "secret" }
  local function with(options)
    local all = { user = account.user, password = account.password }
    for key, value in pairs(options) do all[key] = value end
    return all
  end
  local function sent_with(options)
    local all = { userName = account.user, userPassword = account.password }
    for key, value in pairs(options) do all[key] = value end
    return all
  end

  local restores = {
    { "a document", document, "/Documents/D1",
      { version = "last", on_conflict = "merge", list = "Archive", permissions = true },
      { documentVersion = "last", documentLastVersionAction = "merge", list = "Archive",
        restorePermissions = true },
      { documentVersion = "Last", documentLastVersionAction = "Merge", list = "Archive",
        restorePermissions = true } },
    { "documents", documents, "/Documents", { on_conflict = "overwrite" },
      { documentLastVersionAction = "overwrite", documents = { { id = "D1" } } },
      { documentLastVersionAction = "Overwrite", documents = { echo(plan) } } },
    { "a folder", folder_of, "/Folders/F1", { on_conflict = "overwrite" },
      { documentLastVersionAction = "overwrite" }, { documentLastVersionAction = "Overwrite" } },
    { "folders", folders, "/Folders", { notify = false },
      { sendSharedLinksNotification = false, folders = { { id = "F1" } } },
      { sendSharedLinksNotification = false, folders = { echo(folder) } } },
    { "an item", item, "/Items/I1", { list = "Tasks 2" }, { list = "Tasks 2" },
      { list = "Tasks 2" }, "Restore" },
    { "items", items, "/Items", { list = "Tasks 2" },
      { list = "Tasks 2", items = { { id = "I1" } } },
      { list = "Tasks 2", items = { echo(task) } } },
    { "a library", the_library, "/Libraries/L1", { changed = true, deleted = true,
      list_views = true },
      { changedItems = true, deletedItems = true, restoreListViews = true },
      { changedItems = true, deletedItems = true, restoreListViews = true } },
    { "a list", the_list, "/Lists/T1", { changed = false }, { changedItems = false },
      { changedItems = false } },
    { "a site", the_site, "", { subsites = true, master_pages = true, alias = "m2" },
      { restoreSubsites = true, restoreMasterPages = true, alias = "m2" },
      { restoreSubsites = true, restoreMasterPages = true, alias = "m2" } },
  }

  for _, case in ipairs(restores) do
    local name, make, path, options, old, new, verb = table.unpack(case)
    it("restores " .. name, function()
      local sent, result = server.change("v5", function(session)
        local target = make(session)
        return target:restore(with(options))
      end)
      assert.equal("POST " .. S .. path .. "/action", sent.line)
      assert.same({ restoreTo = sent_with(old) }, sent.body)
      assert.equal(1, result.restored)
      sent, result = server.change("v8", function(session)
        return make(session):restore(with(options))
      end)
      assert.equal("POST " .. S .. path .. "/" .. (verb or "restore"), sent.line)
      assert.same(sent_with(new), sent.body)
      assert.equal(1, result.restored)
      assert.equal(recorded.working, result.session)
    end)

    it("restores " .. name .. " to another site, from v6 on", function()
      local elsewhere = {}
      for key, value in pairs(options) do elsewhere[key] = value end
      elsewhere.permissions, elsewhere.to = nil, "https://contoso.sharepoint.com/sites/other"
      local sent, result = server.change("v8", function(session)
        return make(session):restore_to(with(elsewhere))
      end)
      assert.equal("POST " .. S .. path .. "/" .. (verb or "restore") .. "To", sent.line)
      local body = sent_with(new)
      body.restorePermissions, body.siteURL = nil, elsewhere.to
      assert.same(body, sent.body)
      assert.equal(1, result.restored)
      local _, _, err = server.sends("v5", function(session)
        return make(session):restore_to(with(elsewhere))
      end)
      assert.equal("unsupported", err.kind)
    end)
  end

  it("restores several libraries, lists and sites one after the other", function()
    local sent, results = server.sends("v5", function(session)
      return the_site(session):libraries():restore { deleted = true }
    end)
    assert.equal("POST " .. S .. "/Libraries/L1/action", sent[#sent].line)
    assert.equal(1, #results)
    assert.equal(1, results[1].restored)
  end)

  it("takes a site as the place to restore to, and insists on one", function()
    local sent = server.change("v8", function(session)
      return document(session):restore_to { to = the_site(session) }
    end)
    assert.equal(site.url, sent.body.siteURL)
    local all, _, err = server.sends("v8", function(session)
      return document(session):restore_to { list = "x" }
    end)
    assert.equal("usage", err.kind)
    assert.equal(0, #all)
  end)

  it("restores versions", function()
    for make, path in pairs {
      [function(s) return document(s):version(512) end] = "/Documents/D1/Versions/512",
      [function(s) return folder_of(s):version(512) end] = "/Folders/F1/Versions/512",
      [function(s) return item(s):version(512) end] = "/Items/I1/Versions/512",
    } do
      local sent = server.change("v8", function(session)
        return make(session):restore { on_conflict = "merge" }
      end)
      assert.equal("POST " .. S .. path .. "/restore", sent.line)
      assert.same({ documentLastVersionAction = "Merge" }, sent.body)
      sent = server.change("v6", function(session)
        return make(session):restore_to { to = "https://x/sites/y" }
      end)
      assert.equal("POST " .. S .. path .. "/restoreTo", sent.line)
      assert.same({ siteURL = "https://x/sites/y" }, sent.body)
    end
  end)

  it("is restored by operators, in every version that has them", function()
    for _, version in ipairs(versions.with_newest "v6") do
      local sent, result = server.change(version, function(session)
        return documents(session):restore {
          operator = true, reason = "lost", version = "last", on_conflict = "overwrite",
        }
      end)
      assert.equal("POST " .. S .. "/Documents/operatorRestore", sent.line)
      assert.equal("lost", sent.body.reason)
      assert.equal("Overwrite", sent.body.documentLastVersionAction)
      assert.equal("D1", sent.body.documentsRestoreConfigs[1].document.id)
      assert.equal("Last", sent.body.documentsRestoreConfigs[1].documentVersion)
      assert.equal(1, result.restored)
      assert.equal(recorded.working, result.session)
    end
    local sent = server.change("v8", function(session)
      rawset(session, "_operator", true)
      return item(session):restore { reason = "lost" }
    end)
    assert.equal("POST " .. S .. "/Items/operatorRestore", sent.line)
    assert.equal("I1", sent.body.itemsRestoreConfigs[1].item.id)
    local all, _, err = server.sends("v8", function(session)
      return the_site(session):restore { operator = true }
    end)
    assert.equal("unsupported", err.kind)
    assert.equal(0, #all)
    local _, _, older = server.sends("v5", function(session)
      return documents(session):restore { operator = true }
    end)
    assert.equal("unsupported", older.kind)
  end)

  local function saved(options)
    options.overwrite, options.check = true, false -- the answers are not archives
    return options
  end

  it("is saved", function()
    local to = server.folder .. "/saved"
    local content = { v5 = "{}", v8 = "content" }
    for name, case in pairs {
      document = { document, "/Documents/D1", { zip = true }, { asZip = true }, { asZip = true } },
      documents = { documents, "/Documents", {}, { documents = { { id = "D1" } } },
        { documents = { echo(plan) } } },
      folder = { folder_of, "/Folders/F1", {}, {}, nil },
      folders = { folders, "/Folders", {}, { folders = { { id = "F1" } } },
        { folders = { echo(folder) } } },
      library = { the_library, "/Libraries/L1", {}, nil, nil },
      attachment = { attachment, "/Items/I1/Attachments/A1", {}, nil, nil },
      attachments = { function(s) return item(s):attachments():where { name = "*" } end,
        "/Items/I1/Attachments", {}, "unsupported", { attachments = { photo } } },
    } do
      local make, path, options, old, new = table.unpack(case, 1, 5)
      options.to = to
      local sent, result, err = server.change("v8", function(session)
        return make(session):save(saved(options))
      end)
      assert.is_nil(err, name)
      assert.equal("POST " .. S .. path .. "/save", sent.line)
      if new then assert.same(new, sent.body) else assert.is_false(sent.sent) end
      assert.equal("content", rehearsal.content(result.path))
      if old == "unsupported" then
        local _, _, failure = server.sends("v5", function(session)
          return make(session):save(saved(options))
        end)
        assert.equal("unsupported", failure.kind)
      else
        sent, result = server.change("v5", function(session)
          return make(session):save(saved(options))
        end)
        assert.equal("POST " .. S .. path .. "/action", sent.line)
        assert.same({ save = old or rehearsal.json.null }, sent.body)
        assert.equal(content.v5, rehearsal.content(result.path):sub(1, 2))
      end
    end
    -- All attachments there are: older versions know no others.
    local sent = server.change("v2", function(session)
      return item(session):attachments():save(saved { to = to })
    end)
    assert.equal("POST " .. S .. "/Items/I1/Attachments/Action", sent.line)
  end)

  it("is saved as versions and as plain files", function()
    local to = server.folder .. "/version"
    local sent = server.change("v8", function(session)
      return document(session):version(512):save(saved { to = to })
    end)
    assert.equal("POST " .. S .. "/Documents/D1/Versions/512/save", sent.line)
    sent = server.change("v8", function(session)
      return folder_of(session):version(512):save(saved { to = to })
    end)
    assert.equal("POST " .. S .. "/Folders/F1/Versions/512/save", sent.line)
    local plain = server.folder .. "/plain"
    local _, list_of = server.sends("v8", function(session)
      return documents(session):save { zip = false, to = plain, check = false }
    end)
    assert.equal(plain .. "/Plain.docx", (list_of[1].path:gsub("Plan", "Plain")))
    assert.equal("content", rehearsal.content(plain .. "/Plan.docx"))
    local _, each = server.sends("v8", function(session)
      return the_site(session):libraries():save {
        to = server.folder .. "/libraries", check = false,
      }
    end)
    assert.equal(server.folder .. "/libraries/Documents.zip", each[1].path)
  end)

  it("is sent", function()
    local message = { from = "a@contoso.com", to = "b@contoso.com", subject = "s", text = "t" }
    for _, case in ipairs {
      { document, "/Documents/D1" }, { documents, "/Documents", "documents", { id = "D1" }, plan },
      { folder_of, "/Folders/F1" }, { folders, "/Folders", "folders", { id = "F1" }, folder },
      { the_library, "/Libraries/L1" }, { attachment, "/Items/I1/Attachments/A1" },
      { function(s) return item(s):attachments():where { name = "*" } end,
        "/Items/I1/Attachments", "attachments", { id = "A1" }, photo },
    } do
      local make, path, word, old, new = table.unpack(case, 1, 5)
      local function body(one)
        local copy = {}
        for key, value in pairs(message) do copy[key] = value end
        if word then copy[word] = { echo(one) } end
        return copy
      end
      local sent = server.change("v5", function(session) return make(session):send(message) end)
      assert.equal("POST " .. S .. path .. "/action", sent.line)
      assert.same({ sendTo = body(old) }, sent.body)
      sent = server.change("v8", function(session) return make(session):send(message) end)
      assert.equal("POST " .. S .. path .. "/send", sent.line)
      assert.same(body(new), sent.body)
    end
    for make, path in pairs {
      [function(s) return document(s):version(512) end] = "/Documents/D1/Versions/512",
      [function(s) return folder_of(s):version(512) end] = "/Folders/F1/Versions/512",
    } do
      local sent = server.change("v8", function(session)
        return make(session):send { to = "b@contoso.com", skip_item_checks = true }
      end)
      assert.equal("POST " .. S .. path .. "/send", sent.line)
      assert.same({ to = "b@contoso.com", skipItemChecks = true }, sent.body)
    end
  end)

  it("refuses what does not exist before anything is sent", function()
    local sent, _, err = server.sends("v8", function(session)
      return document(session):restore { on_conflict = "keep" }
    end)
    assert.equal("usage", err.kind)
    assert.equal(0, #sent)
    sent, _, err = server.sends("v8", function(session)
      return document(session):restore { verson = "last" }
    end)
    assert.matches("did you mean 'version'", tostring(err), 1, true)
    assert.equal(0, #sent)
  end)
end)
