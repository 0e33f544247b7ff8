-- Teams end to end: the client's objects against a rehearsal server, in both dialects.

local changes = require "vbo.cli.common.changes"
local program = require "spec.support.program"
local rehearsal = require "spec.support.rehearsal"
local versions = require "spec.support.versions"

describe("Backed-up teams", function()
  local server, folder, remove

  setup(function()
    server = rehearsal.start()
    folder, remove = program.folder()
  end)

  teardown(function()
    server.stop()
    remove()
  end)

  for _, version in ipairs(versions.since "v5") do
    local number = tonumber(version:sub(2))

    describe("in " .. version, function()
      local client, session, team, general

      before_each(function()
        server.reset()
        client = server.connect(version)
        session = client:organization(rehearsal.organization):explore {
          workload = "teams", at = rehearsal.before,
        }
        team = session:team "Aurora"
        general = team:channel "General"
      end)

      after_each(function()
        session:close()
        client:close()
      end)

      local function path(name) return ("%s/%s-%s"):format(folder, version, name) end

      local function live_channel(name, of)
        for _, each in ipairs(server.ask("GET", "/sim/production").organizations[1].teams) do
          for _, channel in ipairs(each.name == (of or "Aurora") and each.channels or {}) do
            if channel.name == name then return channel end
          end
        end
      end

      it("open a session of their own", function()
        assert.equal("Vet", server.ask("GET", "/sim/sessions")[1].type)
      end)

      it("are found by name, alias and address, their channels by name", function()
        assert.equal(team.id, session:team("aurora@contoso.com").id)
        assert.equal(2, session:teams():count())
        assert.equal(3, team:channels():count())
        assert.equal(general.id, team:channel(general.id).id)
        local err = rehearsal.failure(function() return team:channel("Nowhere").id end)
        assert.equal("not_found", err.kind)
      end)

      it("are browsed: posts, replies, files, folders and tabs", function()
        assert.equal(2, general:posts({ recursive = false }):count())
        local post = general:posts():where({ subject = "Kick-off" }):first()
        assert.equal("Alice Example", post.author)
        assert.equal(2, post:replies():count())
        assert.equal("王小明", post:replies():all()[2].author)
        assert.equal(40, team:channel("Status"):posts({ page_size = 15 }):count())
        assert.equal("Roadmap.docx", general:file("Plans"):files():where({
          file_type = "File" }):one().name)
        assert.equal("https://tasks.office.com/contoso/plan", general:tab("Planner").content_url)
        if number >= 7 then assert.equal(3, general:children():count()) end
      end)

      it("save files and posts with their exact bytes", function()
        local roadmap = general:file "Roadmap.docx"
        local saved = roadmap:save { to = path "roadmap.docx" }
        assert.equal(roadmap.size, #rehearsal.content(saved.path))
        assert.matches("then the restore",
          (program.run("unzip -p " .. saved.path .. " word/document.xml")))
        saved = general:files():where({ name = "*.csv" }):save { to = path "files.zip" }
        assert.equal("Contacts.csv\n", (program.run("unzip -Z1 " .. saved.path)))
        local post = general:posts():where({ subject = "Kick-off" }):first()
        saved = post:save { to = path "post.msg" }
        assert.matches("^\xD0\xCF\x11\xE0", rehearsal.content(saved.path))
        assert.matches("<b>Aurora</b>", rehearsal.content(saved.path), 1, true)
      end)

      it("export posts as HTML", function()
        local post = general:posts():where({ subject = "Kick-off" }):first()
        local saved = post:export { to = path "post.html" }
        assert.matches("^<!DOCTYPE html>", rehearsal.content(saved.path))
        assert.matches("Grüße aus München!", rehearsal.content(saved.path), 1, true)
        saved = general:posts():export { to = path "channel.html" }
        assert.matches("2nd floor", rehearsal.content(saved.path), 1, true)
        assert.equal(5, select(2, rehearsal.content(saved.path):gsub("</article>", "")))
      end)

      it("restore files", function()
        local result = general:file("Roadmap.docx"):restore {}
        assert.equal(1, result.restored)
        local change = server.changes()[1]
        assert.same({ "teams", "Aurora", "General/Files/Plans/Roadmap.docx", "overwritten" },
          { change.workload, change.user, change.path, change.how })
        result = general:files():where({ name = "C*.csv" }):restore { version = "all" }
        assert.equal(1, result.restored)
        assert.equal("all", server.changes()[2].version)
      end)

      it("restore posts by date, and tabs", function()
        if number >= 6 then
          local result = general:posts():restore {
            posted_after = "2026-10-14T00:00:00Z", posted_before = "2026-10-15T00:00:00Z",
          }
          assert.equal(3, result.restored)
        else
          assert.equal(3, general:posts():restore({}).restored)
        end
        assert.equal(6, #live_channel("General").posts)
        assert.equal(1, general:tab("Planner"):restore({}).restored)
        assert.equal(2, #live_channel("General").tabs)
      end)

      it("restore a channel that is gone; what lies in it cannot go back without it", function()
        local launch = team:channel "Launch"
        local err = rehearsal.failure(function() launch:file("Checklist.md"):restore {} end)
        assert.equal("partial", err.kind)
        assert.matches("Channel Launch was not found", err.message, 1, true)
        local result = launch:restore {}
        assert.equal(5, result.restored)
        assert.equal(2, #live_channel("Launch").files)
        assert.equal(1, launch:file("Checklist.md"):restore({}).total)
      end)

      it("restore teams, and tell it as lines", function()
        local result = session:teams():where({ name = "Board" }):restore {}
        assert.equal(4, result.restored)
        assert.equal(1, #live_channel("General", "Board").files)
        team:restore {}
        local lines = changes.lines(server.changes())
        assert.equal("teams: Board", lines[1])
        local text = table.concat(lines, "\n")
        assert.matches("\nteams: Aurora\n", text, 1, true)
        assert.matches("restored created     Launch/Files/Checklist.md", text, 1, true)
      end)

      it("send posts and files", function()
        general:posts():where({ subject = "Coffee" }):send {
          from = "ops@contoso.com", to = "carol@fabrikam.com",
        }
        general:file("Contacts.csv"):send {
          from = "ops@contoso.com", to = "carol@fabrikam.com",
        }
        local outbox = server.ask("GET", "/sim/production").outbox
        assert.equal("Coffee.msg", outbox[1].attachments[1].name)
        assert.equal("Contacts.csv", outbox[2].attachments[1].name)
      end)
    end)
  end

  it("need v5", function()
    local client <close> = server.connect "v4"
    local err = rehearsal.failure(function()
      client:organization(rehearsal.organization):explore {
        workload = "teams", at = rehearsal.before,
      }
    end)
    assert.equal("unsupported", err.kind)
    assert.equal("explore: v4 has no workload 'teams'", err.message)
    assert.equal("it is in v5, v6, v7, v8", err.hint)
  end)
end)
