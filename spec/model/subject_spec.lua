-- Describing what a call acts on, in words that hold across sessions: vbo.model.subject, and
-- vbo.model.addressed for a call by an operation's name.

local api = require "spec.support.versions"
local keys = require "spec.support.keys"
local program = require "spec.support.program"
local rehearsal = require "spec.support.rehearsal"

local account = { user = "u", password = "p" }

-- Returns the digests of a list of keys, each once.
local function different(noted)
  local seen, list = {}, {}
  for _, key in ipairs(noted) do
    if not seen[key.digest] then list[#list + 1] = key.title end
    seen[key.digest] = true
  end
  return list
end

describe("the subject of a call", function()
  local server, folder, remove, client, noted

  setup(function()
    server = rehearsal.start()
    folder, remove = program.folder()
  end)

  teardown(function()
    server.stop()
    remove()
  end)

  local function connect(version)
    client = server.connect(version)
    noted = keys.watch(client)
  end

  after_each(function() client:close() end)

  local function explore(workload, options)
    local given = { workload = workload, at = rehearsal.before }
    for name, value in pairs(options or {}) do given[name] = value end
    return client:organization(rehearsal.organization):explore(given)
  end

  local function call(name, arguments) client:call(name, arguments) end

  for _, version in ipairs { "v2", "v5", "v6", "v8" } do
    describe("in " .. version, function()
      before_each(function() connect(version) end)

      it("is the same for a document, whichever way it was found", function()
        local session <close> = explore "onedrive"
        local drive = session:onedrive "alice@contoso.com"
        local document = drive:document "Documents/Reports/Sales Q1.csv"
        document:restore(account)
        drive:document(document.id):restore(account)
        session:onedrive(drive.id):document({ id = document.id }):restore(account)
        session:onedrive(drive.url):folder("Documents"):folder("Reports")
          :documents({ recursive = false }):where({ name = "Sales Q1.csv" }):one():restore(account)
        for found in drive:documents():each() do
          if found.id == document.id then found:restore(account) end
        end
        drive:documents({ document.id }):restore(account)
        assert.equal(6, #noted)
        call("OneDriveDocument_RestoreDocumentAction", {
          restoreSessionId = session.id, oneDriveId = drive.id, documentId = document.id,
          body = {},
        })
        call("OneDriveDocument_RestoreDocumentsAction", {
          restoreSessionId = session.id, oneDriveId = drive.id,
          body = { documents = { document:record() } },
        })
        assert.same({ "restore document of Alice Example: Documents/Reports/Sales Q1.csv" },
          different(noted))
        assert.same({ "Documents/Reports/Sales Q1.csv" }, keys.part(noted, "document"))
      end)

      it("is the same for mail, whichever way it was found", function()
        local session <close> = explore "exchange"
        local mailbox = session:mailbox "alice@contoso.com"
        local item = mailbox:folder("Inbox"):items():first()
        item:restore(account)
        mailbox:item(item.id):restore(account)
        mailbox:items({ item }):restore(account)
        for found in mailbox:items():each() do
          if found.id == item.id then found:restore(account) end
        end
        call("ExchangeItem_RestoreItemAction", {
          restoreSessionId = session.id, mailboxId = mailbox.id, itemId = item.id, body = {},
        })
        call("ExchangeItem_RestoreItemsAction", {
          restoreSessionId = session.id, mailboxId = mailbox.id,
          body = { items = { { id = item.id } } },
        })
        assert.equal(6, #noted)
        assert.same({ "restore item of alice@contoso.com: Inbox/Nightly build 1" },
          different(noted))
      end)

      it("is the same for what a site holds, whichever way it was found", function()
        local session <close> = explore "sharepoint"
        local site = session:site "/sites/marketing"
        local document = site:library("Documents"):document "Read me first.txt"
        document:restore(account)
        session:site(site.id):document(document.id):restore(account)
        session:site("Marketing"):documents({ document }):restore(account)
        for found in site:documents():each() do
          if found.id == document.id then found:restore(account) end
        end
        call("SharePointDocument_RestoreDocumentAction", {
          restoreSessionId = session.id, siteId = site.id, documentId = document.id, body = {},
        })
        assert.equal(5, #noted)
        if client:supports "SharePointSite_SearchSiteByOptions" then
          for found in site:documents():search("read me first"):each() do
            if found.id == document.id then found:restore(account) end
          end
          assert.equal(6, #noted)
        end
        assert.same({ "restore document of Marketing: Documents/Read me first.txt" },
          different(noted))
        local from = #noted
        local item = site:list("Tasks"):items():first()
        item:restore(account)
        assert.matches("Tasks/", noted[from + 1].title)
        site:item(item.id):restore(account)
        assert.equal(noted[from + 1].digest, noted[from + 2].digest)
        site:list("Tasks"):restore(account)
        assert.equal("restore list of Marketing: Tasks", noted[from + 3].title)
      end)

      it("is the same for a job, found by name, by id or named by its id", function()
        local job = client:jobs():first()
        job:disable()
        client:job(job.id):disable()
        client:job(job.name):disable()
        client:organization(rehearsal.organization):jobs():where({ name = job.name }):one()
          :disable()
        call("Job_DisableAction", { jobId = job.id })
        assert.equal(5, #noted)
        assert.same({ "disable job " .. job.name }, different(noted))
        job:enable()
        assert.not_equal(noted[5].digest, noted[6].digest)
      end)
    end)
  end

  for _, version in ipairs(api.since "v5") do
    it("is the same for posts, files and tabs of " .. version, function()
      connect(version)
      local session <close> = explore "teams"
      local team = session:team "Aurora"
      local channel = team:channel "General"
      local post, file, tab = channel:posts():first(), channel:files():first(),
        channel:tabs():first()
      local mail = { from = "a@contoso.com", to = "b@contoso.com", subject = "s", text = "t" }
      post:send(mail)
      channel:posts({ post }):send(mail)
      channel:post(post.id):send(mail)
      assert.same({ "send post of Aurora: General/Kick-off" }, different(noted))
      local from = #noted
      file:restore(account)
      team:files({ file }):restore(account)
      channel:file(file.id):restore(account)
      channel:folder("Plans"):file(file.name):restore(account)
      tab:restore(account)
      channel:tabs({ tab }):restore(account)
      local rest = table.move(noted, from + 1, #noted, 1, {})
      assert.same({ "restore file of Aurora: General/Plans/Roadmap.docx",
        "restore tab of Aurora: General/Planner" }, different(rest))
    end)
  end

  it("tells folders of equal names and contents apart by their paths", function()
    connect "v8"
    local session <close> = explore "onedrive"
    local drive = session:onedrive "alice@contoso.com"
    local found = {}
    for each in drive:folders():each() do
      each:restore(account)
      found[#found + 1] = noted[#noted].digest
    end
    table.sort(found)
    for i = 2, #found do assert.not_equal(found[i - 1], found[i]) end
  end)

  it("has the point, deleted items, versions and job of its session", function()
    connect "v8"
    local function restored(session)
      session:onedrive("alice@contoso.com"):document("Documents/Reports/Sales Q1.csv")
        :restore(account)
      session:close()
      return noted[#noted].digest
    end
    local organization = client:organization(rehearsal.organization)
    local seen = {}
    local function new(session)
      local digest = restored(session)
      assert.is_nil(seen[digest])
      seen[digest] = true
    end
    new(explore "onedrive")
    assert.same({ false, "2026-11-18T22:00:00Z", rehearsal.organization },
      { keys.part(noted, "deleted"), keys.part(noted, "point"),
        keys.part(noted, "organization") })
    new(explore("onedrive", { at = "2026-11-17T22:00:00Z" }))
    new(explore("onedrive", { deleted = true }))
    new(explore("onedrive", { all_versions = true }))
    local job = organization:jobs():first()
    new(job:explore { workload = "onedrive", at = rehearsal.before })
    assert.equal(job.name, keys.part(noted, "job"))
    assert.is_true(seen[restored(explore "onedrive")])
  end)

  it("is the same in a session that was opened by its operation's name", function()
    for _, version in ipairs { "v3", "v5", "v8" } do
      connect(version)
      local organization = client:organization(rehearsal.organization)
      local session <close> = organization:explore { workload = "onedrive", at = rehearsal.before }
      session:onedrive("alice@contoso.com"):restore(account)
      client:session(session.id):onedrive("alice@contoso.com"):restore(account)
      local verb = version == "v8"
      local opened = client:call("Organization_Explore", {
        organizationId = organization.id, body = {
          dateTime = verb and rehearsal.before or nil,
          datetime = not verb and rehearsal.before or nil,
          type = verb and "Veod" or "veod", showDeleted = false, showAllVersions = false,
        },
      })
      client:session(opened.id):onedrive("alice@contoso.com"):restore(account)
      client:call("RestoreSession_StopAction", { restoreSessionId = opened.id })
      assert.same({ "restore OneDrive Alice Example" }, different(noted))
      assert.equal(3, #noted)
      if version ~= "v8" then client:close() end
    end
  end)

  it("has no point where another client opened the session, and no server tells it", function()
    connect "v8"
    local session <close> = explore "onedrive"
    local other <close> = server.connect "v8"
    local others = keys.watch(other)
    other:session(session.id):onedrive("alice@contoso.com"):restore(account)
    assert.is_nil(keys.part(others, "point"))
    assert.equal(rehearsal.organization, keys.part(others, "organization"))
    assert.equal("onedrive", keys.part(others, "workload"))
  end)

  it("reads a folder once a session, and nothing for what was listed", function()
    connect "v8"
    local session <close> = explore "onedrive"
    local drive = session:onedrive "alice@contoso.com"
    local list = drive:folder("Documents/Reports"):documents({ recursive = false }):all()
    list[1]:restore(account)
    assert.equal(1, noted.reads) -- the server's installation id
    list[2]:restore(account)
    drive:folder("Documents/Reports"):documents(list):restore(account)
    assert.equal(1, noted.reads)
    -- By id: the record; the folders above it are known.
    drive:document({ id = list[3].id }):restore(account)
    assert.equal(2, noted.reads)
    -- A cold chain costs one request a folder, and the next document in it none.
    local deep = {}
    for document in drive:documents():each() do
      if document.name == "Sketch.svg" or document.name == "Overview.svg" then
        deep[#deep + 1] = document
      end
    end
    assert.equal(2, #deep)
    local fresh = drive:documents():where({ name = "Sketch.svg" }):one()
    fresh:restore(account)
    assert.equal(2 + 4, noted.reads) -- Old, Drawings, Aurora, Projects
    deep[1]:restore(account)
    deep[2]:restore(account)
    assert.equal(6, noted.reads)
  end)

  it("stays what it is where the record cannot be read", function()
    connect "v8"
    local session <close> = explore "onedrive"
    local drive = session:onedrive "alice@contoso.com"
    local gone = "00000000-0000-0000-0000-0000000000aa"
    drive:document({ id = gone }):restore(account)
    assert.equal("restore document of Alice Example: " .. gone, noted[1].title)
    drive:document({ id = gone }):restore(account)
    assert.equal(noted[1].digest, noted[2].digest)
  end)

  it("of a save has the file that it writes and the options of its content", function()
    connect "v8"
    local session <close> = explore "onedrive"
    local document = session:onedrive("alice@contoso.com")
      :document "Documents/Reports/Sales Q1.csv"
    local function saved(options)
      document:save(options)
      return noted[#noted]
    end
    local first = saved { to = folder .. "/a.csv" }
    assert.same({ "save", "save", 1, {} },
      { first.verb, first.effect, first.items, first.targets })
    assert.equal(folder .. "/a.csv", keys.part(noted, "file"))
    assert.equal(first.digest, saved({ to = folder .. "/a.csv", fsync = false }).digest)
    assert.not_equal(first.digest, saved({ to = folder .. "/b.csv" }).digest)
    assert.not_equal(first.digest, saved({ to = folder .. "/a.csv", zip = true }).digest)
  end)
end)
