-- Mailboxes end to end, in both dialects, against a rehearsal server.

local program = require "spec.support.program"
local rehearsal = require "spec.support.rehearsal"

local versions = { "v1" }
for _, version in ipairs(rehearsal.versions) do versions[#versions + 1] = version end

describe("mailboxes", function()
  local server, folder, remove

  setup(function()
    server = rehearsal.start()
    folder, remove = program.folder()
  end)

  teardown(function()
    server.stop()
    remove()
  end)

  for _, version in ipairs(versions) do
    describe("in " .. version, function()
      local client, session, mailbox

      before_each(function()
        server.reset()
        client = server.connect(version)
        session = client:organization(rehearsal.organization):explore { at = rehearsal.before }
        mailbox = session:mailbox "alice@contoso.com"
      end)

      after_each(function()
        session:close()
        client:close()
      end)

      local function contract()
        return mailbox:folder("Inbox"):items():where { subject = "Signed contract*" }:one()
      end

      -- v1 lists all folders, and not those in one: there is no path to walk.
      local function aurora()
        return mailbox:folder(version == "v1" and "Aurora" or "Inbox/Projects/Aurora")
      end

      it("are found by address and by id", function()
        assert.equal("alice@contoso.com", mailbox.email)
        assert.equal(mailbox.id, session:mailbox(mailbox.id).id)
        assert.is_true(session:mailboxes():count() >= 5)
      end)

      it("list folders and items", function()
        assert.equal("Aurora", aurora().name)
        assert.equal(3, aurora():items():count())
        assert.is_true(mailbox:folder("Inbox"):items():count() > 60)
        local err = rehearsal.failure(function()
          return mailbox:folder("Inbox"):items():where { subject = "Nightly build*" }:one()
        end)
        assert.equal("conflict", err.kind)
        assert.matches("Nightly build", err.hint)
      end)

      it("save an item as an Outlook message", function()
        local to = ("%s/%s.msg"):format(folder, version)
        local saved = contract():save { to = to }
        assert.equal("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", rehearsal.content(to):sub(1, 8))
        assert.equal(#rehearsal.content(to), saved.size)
      end)

      it("say why a server without Outlook exports no PST", function()
        local to = ("%s/%s.pst"):format(folder, version)
        local err = rehearsal.failure(mailbox.export, mailbox, { to = to })
        assert.matches("Outlook", err.message)
        assert.is_nil(io.open(to))
        assert.is_nil(io.open(to .. ".part"))
      end)

      it("restore an item, a selection, a folder and the mailbox", function()
        local result = contract():restore { user = "alice@contoso.com", password = "secret" }
        assert.equal(1, result.restored)
        local change = server.changes()[1]
        assert.equal("restored", change.change)
        assert.equal("exchange", change.workload)
        assert.equal("alice@contoso.com", change.user)

        local deleted = aurora():items():where(function(item)
          return not item.subject:find "budget"
        end)
        assert.equal(2, deleted:restore().restored)
        assert.equal(0, aurora():restore().restored)
        assert.equal(0, mailbox:restore().failed)
      end)

      it("restore to another mailbox", function()
        local result = contract():restore_to { mailbox = "bob@contoso.com", folder = "Contracts" }
        assert.equal(1, result.restored)
        assert.equal("bob@contoso.com", server.changes()[1].user)
        assert.matches("Contracts", server.changes()[1].path)
        -- v3 insists on every exclude option: the module fills them in.
        assert.equal(0, aurora():restore_to {
          mailbox = "bob@contoso.com" }.failed)
      end)

      it("send to the default and to another address", function()
        contract():send()
        contract():send {
          from = "alice@contoso.com", to = "auditor@example.com", subject = "Contract",
          text = "See",
        }
        local changes = server.changes()
        assert.equal(2, #changes)
        assert.equal("sent", changes[1].change)
        assert.equal("sent", changes[2].change)
      end)
    end)
  end
end)
