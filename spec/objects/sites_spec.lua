-- SharePoint end to end: the client's objects against a rehearsal server, in both dialects.

local program = require "spec.support.program"
local rehearsal = require "spec.support.rehearsal"
local versions = require "spec.support.versions"

local marketing = "https://contoso.sharepoint.com/sites/marketing"
local intranet = "https://contoso.sharepoint.com/sites/intranet"

describe("SharePoint sites", function()
  local server, folder, remove

  setup(function()
    server = rehearsal.start()
    folder, remove = program.folder()
  end)

  teardown(function()
    server.stop()
    remove()
  end)

  for _, version in ipairs(versions.with_newest("v3", "v5", "v6")) do
    local number = tonumber(version:sub(2))

    describe("in " .. version, function()
      local client, session, site, library

      before_each(function()
        server.reset()
        client = server.connect(version)
        session = client:organization(rehearsal.organization):explore {
          workload = "sharepoint", at = rehearsal.before,
        }
        site = session:site "Marketing"
        library = site:library "Documents"
      end)

      after_each(function()
        session:close()
        client:close()
      end)

      local function path(name) return ("%s/%s-%s"):format(folder, version, name) end
      local function listing(file)
        return (program.run("unzip -Z1 " .. program.quoted(file)))
      end

      it("open a session of their own", function()
        local sessions = server.ask("GET", "/sim/sessions")
        assert.equal("Vesp", sessions[1].type)
        assert.equal("2026-11-18T22:00:00Z", sessions[1].point)
      end)

      it("are found by title, URL and path, subsites too", function()
        assert.equal(marketing, site.url)
        assert.equal(site.id, session:site(marketing .. "/").id)
        assert.equal(site.id, session:site("/sites/marketing").id)
        assert.equal("Events", session:site("Marketing/Events").name)
        assert.equal("Events", site:sites():one().name)
        assert.equal(4, session:sites():count())
        assert.equal(3, session:sites({ recursive = false }):count())
        local err = rehearsal.failure(function() return session:site("Nowhere").id end)
        assert.equal("not_found", err.kind)
      end)

      it("are browsed by library, folder and path, page after page", function()
        assert.equal("Campaigns", library:folders():first().name)
        assert.equal("3.0", library:document("Campaigns/2026/Brief.docx").version_number)
        assert.equal("integer", math.type(library:document("Campaigns/2026/Brief.docx").size))
        local names = {}
        for document in site:library("Site Assets"):documents({ page_size = 10 }):each() do
          names[#names + 1] = document.name
        end
        assert.equal(35, #names)
        assert.equal("Banner 35.png", names[35])
        assert.equal(2, site:documents():where({ name = "B*.*x" }):count())
      end)

      it("have lists with items and attachments", function()
        local tasks = site:list "Tasks"
        assert.equal("Order posters", tasks:items():first().title)
        assert.equal("Invite speakers", tasks:folder("2026 Q4"):items():one().title)
        local item = tasks:item "Book the hall"
        local saved = item:attachment("contract.txt"):save { to = path "contract.txt" }
        assert.equal("Hall 3, 27 November.\n", rehearsal.content(saved.path))
        item = tasks:item "Order posters"
        assert.equal(2, item:attachments():count())
        if number >= 6 then
          saved = item:attachments():where({ name = "*" }):save { to = path "attachments.zip" }
          assert.matches("offer.txt", listing(saved.path), 1, true)
        end
      end)

      it("save documents, folders and libraries with their exact bytes", function()
        local brief = library:document "Campaigns/2026/Brief.docx"
        local saved = brief:save { to = path "brief.docx" }
        assert.equal(brief.size, #rehearsal.content(saved.path))
        assert.matches("word/document.xml", listing(saved.path), 1, true)
        saved = brief:save { zip = true, to = path "brief.zip" }
        assert.equal("Brief.docx\n", listing(saved.path))
        saved = library:folder("Campaigns"):save { to = path "campaigns.zip" }
        assert.matches("Campaigns/2026/Artwork/Logo.svg", listing(saved.path), 1, true)
        saved = library:save { to = path "library.zip" }
        assert.equal(0, select(2, program.run("unzip -tqq " .. saved.path)))
        assert.equal("Final versions only; drafts go to Drafts.\n",
          (program.run("unzip -p " .. saved.path .. " 'Read me first.txt'")))
        local plain = library:save { zip = false, to = path "plain" }
        assert.equal(5, #plain)
        assert.same({}, server.changes())
      end)

      it("restore a document, a selection, a folder and a library", function()
        local result = library:document("Campaigns/2026/Brief.docx"):restore {
          version = "last", on_conflict = "overwrite",
        }
        assert.equal(1, result.restored)
        assert.equal(0, result.failed)
        local change = server.changes()[1]
        assert.same({ "sharepoint", marketing, "Documents/Campaigns/2026/Brief.docx" },
          { change.workload, change.user, change.path })
        result = site:documents():where({ name = "*.svg" }):restore { version = "all" }
        assert.equal(1, result.restored)
        result = library:folder("Campaigns/2026"):restore { on_conflict = "merge" }
        assert.equal(1, result.restored)
        assert.equal(3, result.total)
        result = library:restore { list = "Rescued" }
        assert.equal(5, result.restored)
        assert.equal("Rescued", server.changes()[4].path)
      end)

      it("restore items, a list that is gone, and say what failed", function()
        assert.equal(1, site:list("Tasks"):item("Book the hall"):restore({}).restored)
        assert.equal(2, site:list("Campaigns"):restore({}).restored)
        local err = rehearsal.failure(function()
          library:document("Campaigns/2026/Brief.docx"):restore { list = "Nowhere" }
        end)
        assert.equal("partial", err.kind)
        assert.matches("List 'Nowhere' was not found", err.message)
        local result = library:document("Campaigns/2026/Brief.docx"):restore {
          list = "Nowhere", allow_partial = true,
        }
        assert.equal(1, result.failed)
        local newest = session:events():where({ type = "Restore", status = "Failed" }):count()
        assert.is_true(newest >= 2)
      end)

      it("restore a whole site with its subsites, and one that is gone", function()
        local result = site:restore { subsites = true }
        assert.equal(0, result.failed)
        local function live(name)
          for _, each in ipairs(server.ask("GET", "/sim/production").organizations[1].sites) do
            if each.name == name then return each end
          end
        end
        assert.equal("Restore day/Agenda.md", live("Events").libraries[1].documents[1].path)
        assert.is_nil(live "Archive")
        session:site("Archive"):restore {}
        assert.equal(2, #live("Archive").libraries[1].documents)
      end)

      it("send documents", function()
        library:folder("Campaigns"):send {
          from = "ops@contoso.com", to = "carol@fabrikam.com", subject = "Here they are",
        }
        local letter = server.ask("GET", "/sim/production").outbox[1]
        assert.equal("Here they are", letter.subject)
        assert.equal(4, #letter.attachments)
      end)

      if number >= 6 then
        it("restore to another site, a version of their own too", function()
          local result = library:folder("Campaigns/2026"):restore_to { to = intranet }
          assert.equal(3, result.restored)
          local change = server.changes()[1]
          assert.equal(intranet, change.user)
          assert.equal(marketing .. "/Campaigns/2026/Brief.docx", change.source)
          result = library:restore_to { to = session:site "Contoso Intranet", list = "Theirs" }
          assert.equal(5, result.restored)
          local err = rehearsal.failure(function()
            library:document("Read me first.txt"):restore_to { to = marketing .. "/none" }
          end)
          assert.equal("not_found", err.kind)
        end)

        it("have versions in a session that shows them", function()
          session:close()
          session = client:organization(rehearsal.organization):explore {
            workload = "sharepoint", at = rehearsal.before, all_versions = true,
          }
          local brief = session:site("Marketing"):library("Documents")
            :document "Campaigns/2026/Brief.docx"
          assert.equal(3, brief:versions():count())
          local saved = brief:version(512):save { to = path "first.docx" }
          assert.matches("first draft", (program.run("unzip -p " .. saved.path)))
          brief:version(1024):restore {}
          assert.equal("2.0", server.changes()[1].version)
        end)
      end
    end)
  end
end)
