-- Mailboxes end to end, in both dialects, against a rehearsal server.

local api = require "spec.support.versions"
local program = require "spec.support.program"
local pst = require "spec.support.pst"
local recorded = require "spec.support.recorded"
local rehearsal = require "spec.support.rehearsal"

local versions = { "v1", table.unpack(api.distinct) }

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

      it("export to a PST, the whole, a folder, an item and a selection", function()
        local function exported(what, name)
          local to = ("%s/%s-%s.pst"):format(folder, version, name)
          local saved = what:export { to = to }
          assert.equal(#rehearsal.content(to), saved.size)
          return pst.pffexport(to), pst.readpst(to, "alice@contoso.com")
        end
        local whole, again = exported(mailbox, "mailbox")
        assert.equal(67, #whole.Inbox)
        assert.equal(67, #again.Inbox)
        assert.equal(3, #whole["Inbox/Projects/Aurora"])
        assert.equal(0, #whole["Inbox/Projects/Nothing here"])
        local aurora_alone = exported(aurora(), "folder")
        assert.same(whole["Inbox/Projects/Aurora"], aurora_alone["Inbox/Projects/Aurora"])
        assert.equal(0, #aurora_alone.Inbox)
        local inbox = exported(contract(), "item").Inbox
        assert.equal(1, #inbox)
        assert.equal("Signed contract Aurora", inbox[1].subject)
        assert.equal("Item,EUR\r\nRestore,0\r\n", inbox[1].attachments["Prices.csv"])
        local some = exported(aurora():items():where(function(item)
          return not item.subject:find "budget"
        end), "some")
        assert.equal(2, #some["Inbox/Projects/Aurora"])
        assert.equal(0, #some.Inbox)
      end)

      it("export to a PST in parts", function()
        local to = ("%s/%s-parts.zip"):format(folder, version)
        local function export()
          return mailbox:export { to = to, size_limit = 300000 }
        end
        if tonumber(version:match "%d+") < 4 then
          assert.equal("unsupported", rehearsal.failure(export).kind)
          return
        end
        export()
        local place = to .. ".parts"
        assert.equal(0, select(2, program.run(("unzip -q %s -d %s"):format(to, place))))
        local mails = 0
        for i = 1, 2 do
          local part = ("%s/alice@contoso.com_%d.pst"):format(place, i)
          assert.is_true(#rehearsal.content(part) <= 300000)
          for _, list in pairs(pst.pffexport(part)) do mails = mails + #list end
        end
        assert.equal(mailbox:items():count(), mails)
        assert.is_nil(io.open(place .. "/alice@contoso.com_3.pst"))
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

-- Compares the requests that the rehearsal server does not answer yet.
describe("mailboxes send", function()
  local server
  local B = "b0b0b0b0-1111-4111-8111-111111111111"
  local box = { id = B, name = "Alice", email = "alice@contoso.com", isArchive = false }
  local mail = { id = "MAIL", subject = "Plan", mailboxId = B, _links = { self = { href = "/x" } } }
  local R = "~/organization/mailboxes/" .. B

  setup(function()
    local answers = recorded.usual()
    for path, body in pairs {
      ["/[Mm]ailboxes$"] = recorded.page(box), ["/[Mm]ailboxes/[^/]+$"] = box,
      ["/[Ii]tems$"] = recorded.page(mail), ["/[Ii]tems/MAIL$"] = mail,
      ["/[Oo]rganization$"] = { id = B, name = "contoso", type = "Office365" },
      ["/[Ee]vents/[^/]+$"] = { id = recorded.working, title = "Restored" },
    } do
      table.insert(answers, 1, { method = "GET", path = path, body = body })
    end
    answers[#answers + 1] = { method = "POST", path = "/search", body = recorded.page(mail,
      { id = "OLD", subject = "Plan", _links = { mailbox = { href = "/v6/x/Mailboxes/" .. B } } }) }
    answers[#answers + 1] = { method = "POST", path = "/restoreDeviceCode$",
      body = { userCode = "CODE", verificationUrl = "https://x", message = "m", expiresIn = 899 } }
    server = recorded.start(answers)
  end)
  teardown(function() server.stop() end)

  local function the_box(s) return s:mailbox { id = B } end

  -- Paths of mail are in lower case from v6 on.
  local function lines(request) return (request.line:gsub("[Mm]ailboxes", "mailboxes")) end

  it("searches below the mailbox or folder that they belong to", function()
    for path, make in pairs {
      [R] = function(s) return the_box(s):items() end,
      [R .. "/folders/F1"] = function(s) return the_box(s):folder({ id = "F1" }):items() end,
      ["~/organization/mailboxes"] = function(s) return s:mailboxes() end,
      ["~/organization"] = function(s)
        local organization = s:backup_organization()
        return { search = function(_, text) return organization:search_items(text) end }
      end,
    } do
      for _, version in ipairs(api.with_newest "v6") do
        local sent, found = server.change(version, function(s)
          return make(s):search("subject:plan"):all()
        end)
        local verb = path:find "organization$" and "/searchExchange" or "/search"
        assert.equal("POST " .. path .. verb, lines(sent):match "^[^?]*")
        assert.same({ query = "subject:plan" }, sent.body)
        assert.equal("MAIL", found[1].id)
        -- Each knows its mailbox, by its record or by its links.
        for _, one in ipairs(found) do
          local owner = one._owner
          while owner._class.kind ~= "mailbox" do owner = owner._owner end
          assert.equal(B, owner.id)
        end
      end
    end
    local sent = server.change("v5", function(s) return the_box(s):items():search("x"):all() end)
    assert.equal("POST " .. R .. "/action", lines(sent))
    assert.same({ search = { query = "x" } }, sent.body)
    local all, _, err = server.sends("v8", function(s)
      return s:backup_organization():search_items "x":where({ subject = "Plan" }):count(), nil
    end)
    assert.is_nil(err)
    assert.equal(1, #all)
  end)

  it("restores by operators", function()
    for _, version in ipairs(api.with_newest "v6") do
      local sent, result = server.change(version, function(s)
        return the_box(s):items():where({ subject = "Plan" }):restore {
          operator = true, reason = "lost", folder = "Restored", deleted = true,
        }
      end)
      assert.equal("POST " .. R .. "/items/operatorRestore", lines(sent))
      assert.same({ reason = "lost", folder = "Restored", deletedItems = true,
        items = { { id = "MAIL" } } }, sent.body)
      assert.equal(1, result.restored)
      assert.equal(recorded.working, result.session)
    end
    local sent = server.change("v8", function(s)
      return the_box(s):item("MAIL"):restore { operator = true }
    end)
    assert.same({ items = { { id = "MAIL" } } }, sent.body)
    for _, call in ipairs { "restore", "restore_to" } do
      local all, _, err = server.sends("v8", function(s)
        return the_box(s)[call](the_box(s), { operator = true, mailbox = "x@contoso.com" })
      end)
      assert.equal("unsupported", err.kind)
      assert.equal(0, #all)
    end
  end)

  it("restores of several mailboxes", function()
    local sent, result = server.change("v3", function(s)
      return s:mailboxes():where({ email = "alice*" }):restore { skip_unresolved = true }
    end)
    assert.equal("POST ~/organization/mailboxes/Action", lines(sent))
    assert.equal(B, sent.body.restoreTo.mailBoxes[1].id)
    assert.is_true(sent.body.restoreTo.skipUnresolved)
    assert.equal(1, result.restored)
    sent = server.change("v8", function(s)
      return s:mailboxes():where({ email = "alice*" }):restore { skip_unresolved = true }
    end)
    assert.equal("POST ~/organization/mailboxes/restore", lines(sent))
    assert.equal(B, sent.body.mailboxes[1].id)
    -- v2 knows all of them or one.
    sent = server.change("v2", function(s) return s:mailboxes():restore { changed = true } end)
    assert.same({ restoretoOriginallocation = { changedItems = true } }, sent.body)
    sent = server.change("v2", function(s)
      return s:mailboxes():restore_to { mailbox = "bob@contoso.com" }
    end)
    assert.equal("bob@contoso.com", sent.body.restoreTo.mailbox)
    assert.is_false(sent.body.restoreTo.excludeDrafts)
    local _, _, err = server.sends("v2", function(s)
      return s:mailboxes({ { id = B } }):restore()
    end)
    assert.equal("unsupported", err.kind)
    _, _, err = server.sends("v8", function(s)
      return s:mailboxes():restore_to { mailbox = "bob@contoso.com" }
    end)
    assert.equal("unsupported", err.kind)
  end)

  it("requests on the whole backup", function()
    local sent, saved = server.change("v8", function(s)
      return s:backup_organization():export { to = server.folder .. "/", keyword = "x",
        size_limit = 1 << 30, overwrite = true, check = false }
    end)
    assert.equal("POST ~/organization/exportToPst", lines(sent))
    assert.same({ contentKeyword = "x", pstSizeLimitBytes = 1 << 30, enablePstSizeLimit = true },
      sent.body)
    assert.equal(server.folder .. "/contoso.zip", saved.path)
    sent, saved = server.change("v2", function(s)
      return s:backup_organization():export { to = server.folder .. "/", overwrite = true,
        check = false }
    end)
    assert.equal("POST ~/organization/Action", lines(sent))
    assert.same({ exporttoPst = {} }, sent.body)
    assert.matches("%.pst$", saved.path)
    sent = server.change("v2", function(s)
      return s:backup_organization():export_mailboxes { to = server.folder .. "/all.pst" }
    end)
    assert.equal("POST ~/organization/mailboxes/Action", lines(sent))
    sent = server.change("v3", function(s)
      return s:backup_organization():restore_to { mailbox = "bob@contoso.com" }
    end)
    assert.equal("POST ~/organization/Action", lines(sent))
    assert.same({ restoreTo = { mailbox = "bob@contoso.com" } }, sent.body)
    assert.equal("unsupported", select(3, server.sends("v4", function(s)
      return s:backup_organization():restore_to { mailbox = "bob@contoso.com" }
    end)).kind)
    local _, name = server.sends("v8", function(s) return s:backup_organization().name end)
    assert.equal("contoso", name)
  end)

  it("for a code to allow restores by, and an event by its id", function()
    for _, version in ipairs(api.with_newest "v4") do
      local sent, code = server.change(version, function(s)
        return s:device_code { application_id = B, region = "Worldwide",
          organization_name = "contoso.onmicrosoft.com" }
      end)
      assert.equal("POST ~/organization/restoreDeviceCode", lines(sent))
      assert.same({ targetApplicationId = B, targetRegion = "Worldwide",
        targetOrganizationName = "contoso.onmicrosoft.com" }, sent.body)
      assert.equal("CODE", code.userCode)
    end
    assert.equal("usage", select(3, server.sends("v8", function(s)
      return s:device_code { application = B }
    end)).kind)
    local sent, title = server.sends("v8", function(s) return s:event(recorded.working).title end)
    assert.equal("GET ~/Events/" .. recorded.working, sent[1].line)
    assert.equal("Restored", title)
  end)
end)

describe("mailboxes of a server without Outlook", function()
  it("say why they are not exported", function()
    local folder, remove = program.folder()
    local server = rehearsal.start "--no-outlook"
    local client = server.connect "v8"
    local session = client:organization(rehearsal.organization):explore { at = rehearsal.before }
    local mailbox, to = session:mailbox "alice@contoso.com", folder .. "/mailbox.pst"
    local err = rehearsal.failure(mailbox.export, mailbox, { to = to })
    assert.matches("Outlook", err.message)
    assert.is_nil(io.open(to))
    assert.same({}, require("vbo.core").list(folder))
    session:close()
    client:close()
    server.stop()
    remove()
  end)
end)
