-- One rule for what lies below something: all of it, or with recursive = false what is directly
-- in it; in every workload and version.
-- Tests also vbo.model.folder and vbo.model.workload.

local program = require "spec.support.program"
local recorded = require "spec.support.recorded"
local rehearsal = require "spec.support.rehearsal"
local vbo = require "vbo"
local versions = require "spec.support.versions"

local here, everything = { recursive = false }, { recursive = true }

local function explore(client, workload)
  return client:organization(rehearsal.organization):explore {
    workload = workload, at = rehearsal.before,
  }
end

local function names_of(collection)
  local list = {}
  for item in collection:each() do list[#list + 1] = item.name end
  return list
end

-- All, directly there, and all once more by its explicit spelling.
local function counts(owner, method)
  return { owner[method](owner):count(), owner[method](owner, here):count(),
    owner[method](owner, everything):count() }
end

describe("what lies below", function()
  local server, folder, remove

  setup(function()
    server = rehearsal.start()
    folder, remove = program.folder()
  end)

  teardown(function()
    server.stop()
    remove()
  end)

  for _, version in ipairs(versions.with_newest("v2", "v5", "v7")) do
    describe("in " .. version, function()
      local client

      before_each(function()
        server.reset()
        client = server.connect(version)
      end)

      after_each(function() client:close() end)

      it("a drive or a folder: documents and folders", function()
        local session <close> = explore(client, "onedrive")
        local drive = session:onedrive "alice@contoso.com"
        assert.same({ 79, 2, 79 }, counts(drive, "documents"))
        assert.same({ 11, 3, 11 }, counts(drive, "folders"))
        local documents = drive:folder "Documents"
        assert.same({ 29, 1, 29 }, counts(documents, "documents"))
        assert.same({ 8, 4, 8 }, counts(documents, "folders"))
        assert.same({ "Handbook.docx" }, names_of(documents:documents(here)))
        assert.same({ 6, 4, 6 }, counts(drive:folder "Documents/Projects/Aurora", "documents"))
        assert.same({ 0, 0, 0 }, counts(drive:folder "Documents/Empty folder", "documents"))
        assert.same({ 0, 0, 0 }, counts(drive:folder "Documents/Empty folder", "folders"))
        -- A place in the API's own words is that place alone.
        assert.equal(1, drive:documents({ parent = documents.id }):count())
        assert.equal(4, drive:folder("Pictures"):folders({ parent_id = documents.id }):count())
      end)

      it("and its parts: first, one, take, where, select, search", function()
        local session <close> = explore(client, "onedrive")
        local drive = session:onedrive "alice@contoso.com"
        local documents = drive:folder "Documents"
        local all = names_of(documents:documents())
        assert.equal(29, #all)
        assert.equal("Handbook.docx", documents:documents():first().name)
        assert.equal("Sketch.svg", documents:documents():where({ name = "sketch*" }):one().name)
        assert.equal(0, documents:documents(here):where({ name = "sketch*" }):count())
        assert.equal(7, documents:documents():take(7):count())
        assert.equal(29, documents:documents({ page_size = 2 }):count())
        assert.equal(1, documents:documents(here):take(7):count())
        local rows = documents:documents():where({ name = "*.svg" }):select "name"
        assert.same({ { name = "Overview.svg" }, { name = "Sketch.svg" } }, rows)
        -- Folder by folder: each before what is in it.
        assert.same({ "Projects", "Aurora", "Drawings" },
          names_of(documents:folders():where { name = { "Drawings", "Aurora", "Projects" } }))
        if client:supports "search" then
          local err = rehearsal.failure(function() return documents:documents(here):search "x" end)
          assert.matches("everything below", err.message)
        end
        -- A name is that of something directly in a folder, a path leads deeper.
        assert.equal("Handbook.docx", documents:document("HANDBOOK.docx").name)
        assert.equal("Sketch.svg",
          documents:document("projects/Aurora/Drawings/old/sketch.svg").name)
        assert.equal("not_found",
          rehearsal.failure(function() return documents:document("Sketch.svg").id end).kind)
      end)

      it("a list of names: all of them, or an error", function()
        local session <close> = explore(client, "onedrive")
        local aurora = session:onedrive("alice@contoso.com"):folder "Documents/Projects/Aurora"
        local some = aurora:documents { "PLAN.docx", "budget.xlsx", "Drawings/Old/Sketch.svg" }
        assert.equal(3, some:count())
        assert.same({ "Plan.docx", "Budget.xlsx", "Sketch.svg" }, names_of(some))
        for _, use in ipairs { "all", "count", "first", "save", "restore" } do
          local err = rehearsal.failure(function()
            local given = use == "save" and { to = folder .. "/none.zip" } or nil
            local list = aurora:documents { "Plan.docx", "Plam.docx" }
            return list[use](list, given)
          end)
          assert.equal("not_found", err.kind)
          assert.matches('"Plam.docx"', err.message, 1, true)
        end
        -- Checks that names from elsewhere in the drive are not in the folder.
        assert.equal("not_found", rehearsal.failure(function()
          return aurora:documents({ "Plan.docx", "Handbook.docx" }):count()
        end).kind)
        assert.same({}, server.changes())
      end)

      it("a mailbox or a folder of it: items and folders", function()
        local session <close> = explore(client, "exchange")
        local mailbox = session:mailbox "alice@contoso.com"
        assert.same({ 73, 0, 73 }, counts(mailbox, "items"))
        assert.same({ 9, 5, 9 }, counts(mailbox, "folders"))
        assert.same({ 71, 67, 71 }, counts(mailbox:folder "Inbox", "items"))
        local inbox = mailbox:folders(here):where({ name = "Inbox" }):one()
        assert.same({ 4, 1, 4 }, counts(inbox, "folders"))
      end)

      it("a site, a library, a list: sites, documents, items, folders", function()
        local session <close> = explore(client, "sharepoint")
        assert.equal(4, session:sites():count())
        assert.equal(3, session:sites(here):count())
        local site = session:site "Marketing"
        assert.same({ 1, 1, 1 }, counts(site, "sites"))
        assert.same({ 5, 1, 5 }, counts(site:library "Documents", "documents"))
        assert.same({ 5, 2, 5 }, counts(site:library "Documents", "folders"))
        assert.same({ 3, 2, 3 }, counts(site:list "Tasks", "items"))
        assert.same({ 1, 1, 1 }, counts(site:list "Tasks", "folders"))
      end)

      if version >= "v5" then
        it("a team, a channel: files, folders and posts", function()
          local session <close> = explore(client, "teams")
          local team = session:team "Aurora"
          local general = team:channel "General"
          assert.same({ 5, 4, 5 }, counts(team, "files"))
          assert.same({ 3, 2, 3 }, counts(general, "files"))
          assert.same({ 2, 1, 2 }, counts(general, "folders"))
          assert.same({ 1, 1, 1 }, counts(general:file "Plans", "files"))
          assert.same({ 1, 1, 1 }, counts(general:folder "Plans", "folders"))
          assert.same({ 46, 43, 46 }, counts(team, "posts"))
          assert.same({ 5, 2, 5 }, counts(general, "posts"))
          assert.equal("Roadmap.docx", general:file("Plans/Roadmap.docx").name)
          -- Three files, and three in the archive.
          local saved = general:files():save { to = ("%s/%s.zip"):format(folder, version) }
          assert.equal("3\n", (program.run(("unzip -Z1 %s | wc -l"):format(saved.path))))
          assert.equal(3, general:files():restore({}).total)
        end)
      end

      it("folders of which none is in another one, for what is done to them", function()
        local session <close> = explore(client, "onedrive")
        local drive = session:onedrive "alice@contoso.com"
        local function saved_of(collection, name)
          local saved = collection:save { to = ("%s/%s-%s.zip"):format(folder, version, name) }
          return tonumber((program.run(("unzip -Z1 %s | grep -vc '/$'"):format(saved.path))))
        end
        assert.equal(29, saved_of(drive:folder("Documents"):folders(everything), "below")
          + drive:folder("Documents"):documents(here):count())
        assert.equal(77, saved_of(drive:folders(), "all"))
        local aurora = drive:folder("Documents"):folders():where { name = { "Aurora", "Drawings" } }
        assert.equal(6, saved_of(aurora, "aurora"))
      end)

      it("is changed only when the runbook says how deep", function()
        local session <close> = explore(client, "onedrive")
        local drive = session:onedrive "alice@contoso.com"
        local aurora = drive:folder "Documents/Projects/Aurora"
        local other = session:onedrive "bob@contoso.com"
        for _, change in ipairs {
          function() aurora:documents():restore {} end,
          function() aurora:documents():where({ name = "Plan.docx" }):restore {} end,
          function() aurora:documents():copy { to = other } end,
          function() aurora:documents():send { to = "x@contoso.com" } end,
          function() drive:folder("Documents"):folders():restore {} end,
          -- One by one as well: what was not listed before is not changed unasked.
          function()
            aurora:documents():where({ name = "Sketch.svg" }):first():restore {}
          end,
          function()
            vbo.parallel(aurora:documents():where { name = "Sketch.svg" }, function(document)
              document:restore {}
            end)
          end,
        } do
          local err = rehearsal.failure(change)
          assert.equal("usage", err.kind)
          assert.matches("^spec/model/below_spec.lua:%d+$", err.where)
          local word = err.message:match "folders%(%)" and "folders" or "documents"
          assert.is_truthy(err.hint:find(word .. " { recursive = true }", 1, true), err.hint)
          assert.is_truthy(err.hint:find(word .. " { recursive = false }", 1, true), err.hint)
        end
        assert.same({}, server.changes())
        assert.equal(6, aurora:documents(everything):restore({}).total)
        assert.equal(4, aurora:documents(here):restore({}).total)
        assert.equal(1, aurora:documents({ "Plan.docx" }):restore({}).total)
        -- Where there are no folders nothing became wider.
        assert.equal(1, aurora:folder("Drawings/Old"):documents():restore({}).total)
        assert.equal(1, aurora:documents():where({ name = "Plan.docx" }):first()
          :restore({}).total)
        -- A drive always listed all of it.
        assert.equal(1, drive:documents():where({ name = "Sketch.svg" }):restore({}).total)
      end)

      it("is read without being asked how deep", function()
        local session <close> = explore(client, "onedrive")
        local aurora = session:onedrive("alice@contoso.com"):folder "Documents/Projects/Aurora"
        local saved = aurora:documents():save {
          to = ("%s/%s-read.zip"):format(folder, version),
        }
        assert.equal("6\n", (program.run(("unzip -Z1 %s | wc -l"):format(saved.path))))
        local plain = aurora:save { zip = false, to = ("%s/%s-plain"):format(folder, version) }
        assert.equal(6, #plain)
        assert.is_truthy(vbo.try(rehearsal.content,
          ("%s/%s-plain/Drawings/Old/Sketch.svg"):format(folder, version)))
      end)
    end)
  end

  -- It lists the folders of a mailbox all at once; which is in which say their links.
  it("a mailbox in v1", function()
    server.reset()
    local client <close> = server.connect "v1"
    local session <close> = client:organization(rehearsal.organization):explore {
      at = rehearsal.before,
    }
    local mailbox = session:mailbox "alice@contoso.com"
    assert.same({ 73, 0, 73 }, counts(mailbox, "items"))
    assert.same({ 9, 5, 9 }, counts(mailbox, "folders"))
    assert.same({ 71, 67, 71 }, counts(mailbox:folder "Inbox", "items"))
    assert.same({ 4, 1, 4 }, counts(mailbox:folder "Inbox", "folders"))
    local err = rehearsal.failure(function() mailbox:folder("Inbox"):items():restore {} end)
    assert.matches("items { recursive = false }", err.hint, 1, true)
  end)
end)

describe("a folder that cannot be listed", function()
  local function record(id, name) return { id = id, name = name, type = "LibraryFolder" } end

  local function answers(...)
    local list = recorded.usual()
    for _, answer in ipairs { ... } do
      answer.method = "GET"
      table.insert(list, 1, answer)
    end
    return list
  end

  local function documents(session)
    return session:site({ id = "S1" }):library({ id = "L1" }):documents()
  end

  local plan = { id = "D1", name = "Plan.docx" }

  local function failure(list, version)
    local server = recorded.start(list)
    local seen = {}
    local _, _, err = server.sends(version, function(session)
      for document in documents(session):each() do seen[#seen + 1] = document.name end
    end)
    server.stop()
    assert(err, "no error was raised")
    return err, seen
  end

  for _, version in ipairs(versions.each_dialect) do
    it("raises, and so does one in a circle, in " .. version, function()
      local err, seen = failure(answers(
        { path = "/Documents$", body = recorded.page() },
        { path = "/Documents$", query = "parentId=L1", body = recorded.page(plan) },
        { path = "/Folders$", body = recorded.page() },
        { path = "/Folders$", query = "parentId=L1", body = recorded.page(record("F1", "A")) },
        { path = "/Folders$", query = "parentId=F1", status = 403,
          body = { message = "no", errorCode = 5 } }), version)
      assert.equal(403, err.status)
      assert.same({ "Plan.docx" }, seen)
      err = failure(answers(
        { path = "/Documents$", body = recorded.page() },
        { path = "/Folders$", query = "parentId=L1", body = recorded.page(record("F1", "A")) },
        { path = "/Folders$", query = "parentId=F1", body = recorded.page(record("F2", "B")) },
        { path = "/Folders$", query = "parentId=F2", body = recorded.page(record("F1", "A")) }),
        version)
      assert.equal("protocol", err.kind)
      assert.matches('folder "A" in two places', err.message)
    end)
  end
end)
