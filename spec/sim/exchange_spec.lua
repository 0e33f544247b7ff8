-- Covers vbo.sim.exchange.browse, vbo.sim.exchange.change, vbo.sim.exchange.render,
-- vbo.sim.exchange.restore, vbo.sim.exchange.scope, vbo.sim.exchange.selection,
-- vbo.sim.exchange.export, vbo.sim.formats.streams, vbo.sim.sessions.mail_settings.

local mapi = require "vbo.sim.formats.mapi"
local sim = require "spec.support.sim_app"
local time = require "vbo.base.time"
local versions = require "spec.support.versions"

local contract = "Signed contract Aurora"

for _, version in ipairs(versions.with_newest("v1", "v2", "v3", "v5", "v6", "v7")) do
  describe("mailboxes of the rehearsal server in " .. version, function()
    local client, place, box

    before_each(function()
      client = sim.new(version)
      place = client:explore("Vex", sim.before)
      box = client:owned(place .. "/Mailboxes", "Alice Example")
    end)

    local function folder(name) return client:named(box .. "/Folders", name) end
    local function item(subject) return client:named(box .. "/Items", subject) end

    local function counted(value, created, skipped, failed)
      if client.number >= 8 then
        assert.is_string(value.sessionId)
      else
        assert.same({ created, 0, skipped or 0, failed or 0 }, { value.createdItemsCount,
          value.mergedItemsCount, value.skippedItemsCount, value.failedItemsCount })
      end
    end

    it("are browsed by folder", function()
      local inbox = folder "Inbox"
      assert.equal("Inbox", inbox.category)
      assert.equal(9, #client:all(box .. "/Folders"))
      -- v1 knows no parentId.
      if client.number >= 2 then
        local root, names = client.number >= 8 and "root" or "null", {}
        for _, each in ipairs(client:rows(box .. "/Folders?parentId=" .. root)) do
          names[#names + 1] = each.name
        end
        assert.same({ "Inbox", "Sent Items", "Drafts", "Deleted Items", "Archive (2025)" }, names)
        local inside = client:rows(box .. "/Folders?parentId=" .. inbox.id)
        assert.equal("Projects", inside[1].name)
      end
      local key = client.number <= 6 and "folderId" or "parentId"
      local mail = client:rows(box .. "/Items?" .. key .. "=" .. folder "Aurora".id)
      assert.equal(3, #mail)
      assert.equal("Aurora: Übergabe der Pläne", mail[1].subject)
      assert.equal(0, #client:rows(box .. "/Items?" .. key .. "=" .. folder "Nothing here".id))
      assert.equal(inbox.id, client:get(box .. "/Folders/" .. inbox.id).id)
      assert.equal(30, #client:rows(box .. "/Items"))
      assert.equal(73, #client:all(box .. "/Items"))
    end)

    it("show mail", function()
      local mail = item(contract)
      assert.equal("IPM.Note", mail.itemClass)
      assert.equal("Carol O'Neil <carol@fabrikam.com>", mail.from)
      assert.equal("Alice Example <alice@contoso.com>", mail.to)
      assert.equal("2026-11-17T10:12:00Z", mail.sent)
      assert.equal("High", mail.importance)
      assert.same(mail, client:get(box .. "/Items/" .. mail.id))
      if client.number >= 8 then assert.equal("Prices.csv", mail.attachments[2].name) end
    end)

    it("hide by default what was deleted before a later point", function()
      local later = client:explore("Vex", "2026-11-20T22:00:00Z")
      local same = client:owned(later .. "/Mailboxes", "Alice Example")
      assert.error_matches(function() client:named(same .. "/Items", contract) end, contract)
      if client.number >= 3 then
        later = client:explore("Vex", "2026-11-20T22:00:00Z", { showDeleted = "true" })
        same = client:owned(later .. "/Mailboxes", "Alice Example")
        assert.is_truthy(client:named(same .. "/Items", contract))
      end
    end)

    it("save an item as MSG, and several as a ZIP of them", function()
      local mail = item(contract)
      local stream = client:act(box .. "/Items/" .. mail.id, "save_msg")
      local data = sim.bytes(stream)
      -- A compound file ([MS-CFB] 2.2) that holds the attachments' bytes.
      assert.equal("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", data:sub(1, 8))
      assert.is_truthy(data:find("Item,EUR\r\nRestore,0\r\n", 1, true))
      local entries = sim.entries(client:act(box .. "/Items", "save_msg",
        { items = { { id = mail.id }, { id = item "Lunch? (2)".id } } }))
      assert.equal(data, entries[contract .. ".msg"])
      assert.is_string(entries["Lunch_ (2).msg"])
    end)

    -- Subjects are UTF-16 in a PST, and stored as they are.
    local function holds(data, subject)
      return data:find(mapi.utf16(subject), 1, true) ~= nil
    end

    it("export to PST what is asked for, and no more", function()
      local function exported(target, body)
        local stream = client:act(target, "export", body or {})
        assert.equal("bytes", stream.kind)
        assert.equal("!BDN", stream.data:sub(1, 4))
        assert.equal(0, (#stream.data - 0x4400) % 0x3E000)
        return stream.data
      end
      local mail, lunch = item(contract), item "Lunch? (2)"
      local one = exported(box .. "/Items/" .. mail.id)
      assert.is_true(holds(one, contract))
      assert.is_false(holds(one, "Lunch? (2)"))
      local some = exported(box .. "/Items", { items = { { id = mail.id }, { id = lunch.id } } })
      assert.is_true(holds(some, contract) and holds(some, "Lunch? (2)"))
      assert.is_false(holds(some, "Lunch? (6)"))
      local below = exported(box .. "/Folders/" .. folder "Projects".id)
      assert.is_true(holds(below, "Aurora: budget approved") and holds(below, "Nothing here"))
      assert.is_false(holds(below, contract) or holds(below, "Sent Items"))
      local whole = exported(box)
      assert.is_true(holds(whole, "You have won") and holds(whole, "Archive (2025)"))
      assert.equal(whole, exported(box))
      local all = exported(place)
      assert.is_true(holds(all, "alice@contoso.com") and holds(all, "bob@contoso.com"))
      assert.is_true(holds(all, contract) and holds(all, "Posteingang"))
      if client.number == 2 then assert.equal(all, exported(place .. "/Mailboxes")) end
      assert.equal(0, #client:changes())
    end)

    it("export to PST the mail with a keyword", function()
      local key = client.number <= 5 and "contentKeywords" or "contentKeyword"
      local found = client:act(box, "export", { [key] = "PRICES.csv" }).data
      assert.is_true(holds(found, contract))
      assert.is_false(holds(found, "Lunch? (2)"))
      found = client:act(box .. "/Folders/" .. folder "Inbox".id, "export", { [key] = "wisely" })
      assert.is_true(holds(found.data, "Aurora: budget approved"))
      assert.is_false(holds(found.data, contract))
    end)

    it("export to PST in parts of a size", function()
      local body = { enablePstSizeLimit = "true", pstSizeLimitBytes = 300000 }
      if client.number < 4 then
        local _, answer = client:act(box, "export", body, false)
        assert.equal(400, answer.status)
        return
      end
      local names, mails = {}, 0
      for name, data in pairs(sim.entries(client:act(place, "export", body))) do
        names[#names + 1] = name
        assert.is_true(#data <= 300000)
        for _ in data:gmatch(mapi.utf16 "IPM.") do mails = mails + 1 end
      end
      assert.is_true(#names > 1)
      for i = 1, #names do
        assert.is_truthy(table.concat(names, "\n"):find(
          ("contoso.onmicrosoft.com_%d.pst"):format(i), 1, true))
      end
      -- Each mail has its class in its own properties and in the table of its folder.
      local count = 0
      for _, each in ipairs(client:all(place .. "/Mailboxes")) do
        count = count + #client:all(place .. "/Mailboxes/" .. each.id .. "/Items")
      end
      assert.equal(2 * count, mails)
      -- One mail a file is the least, whatever the limit.
      body.pstSizeLimitBytes = 1
      local single = sim.entries(client:act(box .. "/Folders/" .. folder "Aurora".id, "export",
        body))
      assert.is_string(single["alice@contoso.com_3.pst"])
      assert.is_nil(single["alice@contoso.com_4.pst"])
      -- As long as they are not too many: all are made in memory.
      body.pstSizeLimitBytes = 10
      local refused, all = client:act(place, "export", body, false)
      assert.equal(400, all.status)
      assert.match("PstSizeLimitBytes is too small", refused.message)
      -- Without its switch a limit means nothing; the switch alone says too little.
      assert.equal("bytes", client:act(box, "export", { pstSizeLimitBytes = 1 }).kind)
      local value, answer = client:act(box, "export", { enablePstSizeLimit = true }, false)
      assert.equal(400, answer.status)
      assert.match("PstSizeLimitBytes", value.message)
      body.pstSizeLimitBytes = 0
      _, answer = client:act(box, "export", body, false)
      assert.equal(400, answer.status)
    end)

    it("cannot export to PST, as a server without Outlook cannot", function()
      client = sim.new(version, { no_outlook = true })
      place = client:explore("Vex", sim.before)
      box = client:owned(place .. "/Mailboxes", "Alice Example")
      for _, target in ipairs { "/Items/" .. item(contract).id, "/Folders/" .. folder "Inbox".id,
        "" } do
        local value, answer = client:act(box .. target, "export", {}, false)
        assert.equal(500, answer.status)
        assert.match("64%-bit version of Microsoft Outlook", value.message)
      end
      local _, several = client:act(box .. "/Items", "export",
        { items = { { id = item(contract).id } } }, false)
      assert.equal(500, several.status)
    end)

    it("restore an item that was deleted, once", function()
      local path = box .. "/Items/" .. item(contract).id
      counted(client:act(path, "restore", { userName = "alice", userPassword = "secret" }), 1)
      local changes = client:changes()
      assert.equal(1, #changes)
      assert.equal("restored", changes[1].change)
      assert.equal("created", changes[1].how)
      assert.equal("exchange", changes[1].workload)
      assert.equal("alice@contoso.com", changes[1].user)
      assert.equal("Inbox/" .. contract, changes[1].path)
      counted(client:act(path, "restore", {}), 0, 1)
      assert.equal(1, #client:changes())
      local found
      for _, each in ipairs(client:get "/sim/production".organizations[1].mailboxes) do
        for _, mail in ipairs(each.items) do
          if mail.subject == contract then found = each.user end
        end
      end
      assert.equal("alice@contoso.com", found)
    end)

    it("restore several items, a folder, a mailbox", function()
      counted(client:act(box .. "/Items", "restore",
        { items = { { id = item(contract).id }, { id = item "Lunch? (2)".id } } }), 1, 1)
      client:changes()
      counted(client:act(box .. "/Folders/" .. folder "Projects".id, "restore", {}), 2, 2)
      client:changes()
      counted(client:act(box, "restore", {}), 0, 73)
      assert.equal(3, #client:changes())
    end)

    local flags = { excludeDrafts = true, excludeDeletedItems = true,
      excludeInPlaceHoldItems = false, excludeLitigationHoldItems = false }

    local function to_bob(more)
      local body = { mailbox = "bob@contoso.com", folder = "From Alice" }
      for key, value in pairs(more or {}) do body[key] = value end
      return body
    end

    it("restore an item to another mailbox", function()
      counted(client:act(box .. "/Items/" .. item(contract).id, "restore_to",
        to_bob { markRestoredAsUnread = "true" }), 1)
      local change = client:changes()[1]
      assert.equal("bob@contoso.com", change.user)
      assert.equal("From Alice/" .. contract, change.path)
      assert.equal("alice@contoso.com", change.source)
      counted(client:act(box .. "/Items", "restore_to",
        to_bob { items = { { id = item(contract).id } } }), 0, 1)
    end)

    it("restore a mailbox to another, without drafts and deleted items", function()
      counted(client:act(box, "restore_to", to_bob(flags)), 72)
      local changes = client:changes()
      assert.equal(72, #changes)
      for _, change in ipairs(changes) do
        assert.match("^From Alice/", change.path)
        assert.not_match("Deleted Items", change.path)
      end
    end)

    it("restore a folder to another mailbox", function()
      counted(client:act(box .. "/Folders/" .. folder "Aurora".id, "restore_to", to_bob(flags)), 3)
      assert.match("^From Alice/Inbox/Projects/Aurora/Aurora: ", client:changes()[1].path)
    end)

    it("need every exclude flag for folders and mailboxes in v3 to v5", function()
      local value, answer = client:act(box, "restore_to", to_bob(), false)
      local strict = client.number >= 3 and client.number <= 5
      assert.equal(strict and 400 or 200, answer.status)
      if strict then
        assert.equal("Missing mandatory parameters: ExcludeDrafts", value.message)
        assert.equal(0, #client:changes())
      end
    end)

    it("send to the owner and to others", function()
      local mail = item(contract)
      local _, answer = client:act(box .. "/Items/" .. mail.id, "send_default")
      assert.equal(client.number >= 8 and 204 or 200, answer.status)
      local letter = { from = "a@b.c", to = "d@e.f", subject = "S", text = "T" }
      client:act(box .. "/Items/" .. mail.id, "send_different", letter)
      letter.items = { { id = mail.id }, { id = item "".id } }
      client:act(box .. "/Items", "send_different", letter)
      client:act(box .. "/Items", "send_default", { items = letter.items })
      local outbox = client:get "/sim/production".outbox
      assert.equal(4, #outbox)
      assert.equal("alice@contoso.com", outbox[1].to)
      assert.equal(contract .. ".msg", outbox[2].attachments[1].name)
      assert.equal("d@e.f", outbox[3].to)
      assert.equal(2, #outbox[4].attachments)
      assert.equal("sent", client:changes()[1].change)
    end)

    it("refuse what is not there, and what says too little", function()
      local function refused(status, pattern, ...)
        local value, answer = client:act(...)
        assert.equal(status, answer.status)
        assert.match(pattern, value.message)
        assert.equal(0, #client:changes())
      end
      client:get(place .. "/Mailboxes/00000000-0000-4000-8000-000000000000", 404)
      client:get(box .. "/Items/AAAA", 404)
      client:get(box .. "/Folders/AAAA", 404)
      -- An item's id names no folder.
      client:get(box .. "/Folders/" .. item(contract).id, 404)
      client:get(box .. "/Items/" .. folder "Inbox".id, 404)
      local path = box .. "/Items/" .. item(contract).id
      refused(400, "Missing mandatory parameters: Mailbox", path, "restore_to", {}, false)
      refused(400, "'nobody@contoso.com' was not found", path, "restore_to",
        { mailbox = "nobody@contoso.com" }, false)
      refused(400, "Missing mandatory parameters: Items", box .. "/Items", "restore",
        { items = sim.json.array {} }, false)
      refused(404, "Item 'AAAA'", box .. "/Items", "restore", { items = { { id = "AAAA" } } },
        false)
      refused(400, "Missing mandatory parameters: To", path, "send_different", { from = "x" },
        false)
    end)

    it("say what became of mail whose mailbox is gone", function()
      local erika = client:owned(place .. "/Mailboxes", "Erika Former")
      counted(client:act(erika, "restore", {}), 0, 0, 1)
      assert.equal(0, #client:changes())
      local session = client:get "/sim/sessions"[1]
      assert.equal("Failed", session.result)
      assert.equal(1, session.failed)
    end)
  end)
end

describe("several mailboxes at once", function()
  it("are restored to where they came from, one detail each", function()
    for _, version in ipairs(versions.with_newest("v3", "v6")) do
      local client = sim.new(version)
      local place = client:explore("Vex", sim.before)
      local rows = client:rows(place .. "/Mailboxes")
      local body = {
        [client.number <= 5 and "mailBoxes" or "mailboxes"] =
          { { id = rows[1].id }, { id = rows[2].id }, { id = rows[5].id } },
        skipUnresolved = true, excludeDrafts = false, excludeDeletedItems = false,
        excludeInPlaceHoldItems = false, excludeLitigationHoldItems = false,
      }
      local value = client.number <= 5
        and client:act(place .. "/Mailboxes", "restore_to", body)
        or client:act(place .. "/Mailboxes", "restore", body)
      assert.equal(3, #client:changes(), version)
      if client.number < 8 then
        assert.equal("Warning", value.status)
        assert.equal(3, value.details[1].details.createdItemsCount)
        assert.equal("Warning", value.details[3].status)
      end
    end
  end)

  it("of v2 are all of them, and go to one mailbox or back", function()
    local client = sim.new "v2"
    local place = client:explore("Vex", sim.before)
    local all, lost = 0, 0
    for _, each in ipairs(client:all(place .. "/Mailboxes")) do
      all = all + #client:all(place .. "/Mailboxes/" .. each.id .. "/Items")
    end
    for _, mailbox in ipairs(client.app.store.world:organizations()[1].mailboxes) do
      for _, item in ipairs(mailbox.items) do
        local gone = item.deleted and time.iso(item.deleted) or ""
        if gone > sim.before then lost = lost + 1 end
      end
    end
    local value = client:act(place .. "/Mailboxes", "restore", {})
    assert.equal(lost, value.createdItemsCount)
    assert.equal(1, value.failedItemsCount)
    value = client:act(place .. "/Mailboxes", "restore_to",
      { mailbox = "bob@contoso.com", folder = "All" })
    assert.equal(all, value.createdItemsCount)
  end)
end)
