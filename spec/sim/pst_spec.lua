-- Mailboxes as PST files, read back by readpst (libpst) and pffexport (libpff).
--
-- Covers vbo.sim.formats.pst.context, vbo.sim.formats.pst.heap, vbo.sim.formats.pst.message,
-- vbo.sim.formats.pst.ndb, vbo.sim.formats.pst.space, vbo.sim.exchange.pst.

local checks = require "vbo.sim.formats.pst.checks"
local mapi = require "vbo.sim.formats.mapi"
local objects = require "spec.support.pst_objects"
local program = require "spec.support.program"
local pst = require "vbo.sim.formats.pst"
local reader = require "spec.support.pst"

-- Pure Lua has nothing for sanitizers, and megabytes keep an aggressive collector busy for minutes.
local sanitized = os.getenv "VBO_SANITIZE"

local juergen = { name = "Jürgen Müller", email = "juergen@contoso.com" }
local wang = { name = "王小明", email = "wang@contoso.com" }
local carol = { name = "Carol O'Neil", email = "carol@x.org" }

local function mail(subject, more)
  local message = { subject = subject, from = juergen, to = { wang }, sent = 1763676000,
    received = 1763676060, body = "Text of " .. subject .. "\n", message_id = "<1@contoso.com>" }
  for key, value in pairs(more or {}) do message[key] = value end
  return message
end

-- Bytes that tell where they are from.
local function bytes(size)
  local parts = {}
  for i = 1, size // 8 + 1 do parts[i] = ("%08d"):format(i) end
  return table.concat(parts):sub(1, size)
end

describe("a PST file", function()
  local folder, remove, count = nil, nil, 0

  setup(function() folder, remove = program.folder() end)
  teardown(function() remove() end)

  local function write(folders, name)
    count = count + 1
    local pieces, size = pst.write { name = name or "Mailbox", folders = folders }
    local path = reader.save(("%s/%d.pst"):format(folder, count), pieces)
    local data = reader.content(path)
    assert.equal(size, #data)
    return path, data
  end

  local function named(list, subject)
    for _, each in ipairs(list) do
      if each.subject == subject then return each end
    end
    error("no mail called " .. subject .. " was found")
  end

  it("holds folders in folders and mail with all that belongs to it", function()
    local html = "<html><body><p>Hällo <b>Welt</b></p></body></html>"
    local full = mail("RE: Grüße aus Köln 漢字", {
      to = { wang, carol }, cc = { juergen }, bcc = { { email = "hidden@x.org" } },
      body = "Hällo 世界\nzweite Zeile\n", html = html, importance = 2,
      attachments = {
        { name = "Pläne Größe A1 漢字.txt", type = "text/plain", data = "Grüße\r\n" },
        { name = "some.bin", data = "\0\1\2\xff" },
      },
    })
    -- Beyond the basic plane: libpff of Debian 12 computes a wrong letter from what is right.
    local smile = mail("Glad 😀", { body = "😀\n" })
    local path, data = write {
      { name = "Inbox", messages = { full, mail "", smile }, folders = {
        { name = "北京", messages = { mail "北京办公室" }, folders = {
          { name = "Übergabe", messages = { mail "deep" } } } },
        { name = "Nothing here" },
      } },
      { name = "Deleted Items", deleted = true, messages = { mail "gone" } },
      { name = "Drafts", messages = { mail("unsent", { flags = 8, received = false }) } },
    }
    reader.check(data)

    local folders = reader.pffexport(path)
    local names = {}
    for name in pairs(folders) do names[#names + 1] = name end
    table.sort(names)
    assert.same({ "", "Deleted Items", "Drafts", "Inbox", "Inbox/Nothing here", "Inbox/北京",
      "Inbox/北京/Übergabe" }, names)
    assert.same({ 0, 1, 1, 3, 0, 1, 1 }, { #folders[""], #folders["Deleted Items"],
      #folders.Drafts, #folders.Inbox, #folders["Inbox/Nothing here"], #folders["Inbox/北京"],
      #folders["Inbox/北京/Übergabe"] })
    local found = named(folders.Inbox, full.subject)
    assert.equal(full.body, found.text)
    assert.equal(html, found.html)
    assert.same({ ["Pläne Größe A1 漢字.txt"] = "Grüße\r\n", ["some.bin"] = "\0\1\2\xff" },
      found.attachments)
    assert.same({ "To 王小明 <wang@contoso.com>", "To Carol O'Neil <carol@x.org>",
      "CC Jürgen Müller <juergen@contoso.com>", "BCC hidden@x.org <hidden@x.org>" },
      found.recipients)
    for _, line in ipairs { "Client submit time:\t\t\tNov 20, 2025 22:00:00.000000000 UTC",
      "Delivery time:\t\t\t\tNov 20, 2025 22:01:00.000000000 UTC",
      "Flags:\t\t\t\t\t0x00000011 (Read, Has attachments)", "Importance:\t\t\t\tHigh",
      "Sender name:\t\t\t\tJürgen Müller", "Sender email address:\t\t\tjuergen@contoso.com",
      "Conversation topic:\t\t\tGrüße aus Köln 漢字" } do
      assert.matches(line, found.headers, 1, true)
    end
    assert.matches("Message-ID: <1@contoso.com>", found.internet, 1, true)
    assert.equal("Text of \n", named(folders.Inbox, "").text)
    assert.is_nil(named(folders.Inbox, "").html)
    assert.matches("Flags:\t\t\t\t\t0x00000008 (Unread, Unsent)",
      named(folders.Drafts, "unsent").headers, 1, true)

    local again = reader.readpst(path, "Mailbox")
    assert.same({ 1, 1, 3, 1, 1 }, { #again["Deleted Items"], #again.Drafts, #again.Inbox,
      #again["Inbox/北京"], #again["Inbox/北京/Übergabe"] })
    found = named(again.Inbox, full.subject)
    assert.matches("\n" .. full.body, found.source, 1, true)
    assert.matches("\n" .. html, found.source, 1, true)
    assert.matches('text/html; charset="utf-8"', found.source, 1, true)
    assert.equal("Grüße\r\n", found.attachments["Pläne Größe A1 漢字.txt"])
    assert.equal("\0\1\2\xff", found.attachments["some.bin"])
    assert.equal("gone", again["Deleted Items"][1].subject)
    assert.matches("\n😀\n", named(again.Inbox, "Glad 😀").source, 1, true)
  end)

  it("holds mail inside of mail", function()
    local inner = mail("Ännchen", { html = "<p>inside</p>", attachments = {
      { name = "deep.txt", type = "text/plain", data = "deep" },
      { message = mail "innermost" } } })
    local path, data = write { { name = "Inbox",
      messages = { mail("outer", { attachments = { { message = inner } } }) } } }
    reader.check(data)
    local outer = reader.pffexport(path).Inbox[1]
    assert.equal("Text of outer\n", outer.text)
    assert.equal("Ännchen", outer.messages[1].subject)
    assert.equal("<p>inside</p>", outer.messages[1].html)
    assert.same({ ["deep.txt"] = "deep" }, outer.messages[1].attachments)
    assert.equal("Text of innermost\n", outer.messages[1].messages[1].text)
    local source = reader.readpst(path, "Mailbox").Inbox[1].source
    assert.matches("Subject: innermost", source, 1, true)
  end)

  -- Writes attachments and texts of these sizes, and has both programs read them.
  local function round_trip(sizes, lengths)
    local attachments, messages = {}, {}
    for i, size in ipairs(sizes) do
      attachments[i] = { name = size .. ".bin", data = bytes(size) }
    end
    for i, length in ipairs(lengths) do
      messages[i] = mail("text " .. length, { body = bytes(length) })
    end
    table.insert(messages, 1, mail("attached", { attachments = attachments }))
    local path, data = write { { name = "Inbox", messages = messages } }
    local inbox = reader.pffexport(path).Inbox
    local again = reader.readpst(path, "Mailbox").Inbox
    local one, other = named(inbox, "attached"), named(again, "attached")
    for _, each in ipairs(attachments) do
      assert.is_true(each.data == one.attachments[each.name], each.name)
      -- readpst makes no file of what is empty.
      assert.is_true(each.data == (other.attachments[each.name] or ""), each.name)
    end
    for i = 2, #messages do
      assert.is_true(messages[i].body == named(inbox, messages[i].subject).text)
      assert.is_truthy(named(again, messages[i].subject).source:find(messages[i].body, 1, true))
    end
    return data
  end

  it("holds values of every size: in heaps, in blocks, in lists of blocks", function()
    -- 3580 bytes are the longest in a heap, 8176 fill a block; a letter takes two.
    local data = round_trip({ 0, 1, 3579, 3580, 3581, 8175, 8176, 8177, 16352, 16353 },
      { 1789, 1790, 1791, 4087, 4088, 4089, 30000 })
    assert.equal(1, reader.check(data).deepest)
  end)

  it("holds values of megabytes, in lists of lists of blocks", function()
    if sanitized then return end
    -- A list names 1021 blocks.
    round_trip({ 1021 * 8176, 1021 * 8176 + 1, 9000000 }, {})
  end)

  it("holds more attachments than one block of nodes below a mail", function()
    local attachments = {} -- a block has room for 340
    for i = 1, 400 do attachments[i] = { name = i .. ".txt", data = "data " .. i } end
    local path, data = write { { name = "Inbox",
      messages = { mail("many", { attachments = attachments }) } } }
    reader.check(data)
    local one = reader.pffexport(path).Inbox[1].attachments
    -- readpst knows one level alone of what is below a node.
    for _, each in ipairs(attachments) do assert.equal(each.data, one[each.name]) end
  end)

  it("holds many mails, and tables that need many blocks", function()
    local list, many, people = {}, sanitized and 150 or 600, {}
    for i = 1, many do
      list[i] = mail(("Nr. %d "):format(i) .. ("ü"):rep(i % 200))
    end
    for i = 1, 600 do people[i] = { name = "Person " .. i, email = ("p%d@x.org"):format(i) } end
    local path, data = write { { name = "Inbox", messages = list },
      { name = "Lists", messages = { mail("to all", { to = people }) } } }
    local found = reader.check(data)
    assert.same({ nodes = sanitized and 1 or 2, blocks = 2 }, found.levels)
    local inbox, again = reader.pffexport(path), reader.readpst(path, "Mailbox")
    assert.equal(many, #inbox.Inbox)
    assert.equal(many, #again.Inbox)
    for i, each in ipairs(list) do
      assert.equal(each.subject, inbox.Inbox[i].subject)
      assert.equal(each.body, inbox.Inbox[i].text)
      assert.equal(each.subject, again.Inbox[i].subject)
    end
    assert.equal(600, #inbox.Lists[1].recipients)
    assert.equal("To Person 600 <p600@x.org>", inbox.Lists[1].recipients[600])
  end)

  it("has tables that agree with what they list, and all that the format asks for", function()
    local list, people = {}, {}
    for i = 1, 120 do
      list[i] = mail(("RE: %d "):format(i) .. ("ü"):rep(i * 7),
        { flags = i % 2, importance = i % 3 })
    end
    for i = 1, 300 do people[i] = { name = "Person " .. i, email = ("p%d@x.org"):format(i) } end
    list[1].to = people
    list[3].html, list[4].html = bytes(3580), bytes(3581)
    list[2].attachments = { { name = "a.txt", data = "abc" }, { message = mail "inside" },
      { name = "b.txt", data = bytes(5000) } }
    local _, data = write { { name = "Inbox", messages = list } }
    local found = reader.check(data)
    local seen = 0
    for nid, node in pairs(found.nodes) do
      local kind = nid & 31
      if kind == 4 then
        seen = seen + 1
        local values, below = objects.object(found, node)
        local row = objects.table(found, found.nodes[node.parent & ~31 | 0x0E])[nid]
        for id, value in pairs(row) do
          assert(id >= 0x67F2 or values[id] == value, ("%04X"):format(id))
        end
        assert.equal(values[0x0037], row[0x0037])
        -- The mark of the prefix "RE: ": its length and one.
        assert.equal(mapi.utf16 "\1\5RE: ", values[0x0037]:sub(1, 12))
        local number = tonumber(values[0x1000]:gsub("%z", ""):match "RE: (%d+)")
        assert.equal(mapi.utf16("\1\5" .. list[number].subject), values[0x0037])
        assert.equal(number % 2, row[0x0E07] & 1)
        assert.equal(list[number].html, values[0x1013])
        local recipients = objects.table(found, below[0x692])
        for i, person in ipairs(list[number].to) do
          assert.equal(mapi.utf16(person.email), recipients[i - 1][0x3003])
          assert.equal(1, recipients[i - 1][0x0C15])
        end
        assert.equal(number ~= 2, below[0x671] == nil)
        for id, each in pairs(number == 2 and objects.table(found, below[0x671]) or {}) do
          local attachment, inner = objects.object(found, below[id])
          assert.equal(attachment[0x3705], each[0x3705])
          if each[0x3705] == 5 then
            local inside = ("<I4"):unpack(attachment[0x3701])
            assert.equal(mapi.utf16 "\1\1inside",
              objects.object(found, inner[inside])[0x0037])
          end
        end
      elseif kind == 2 then
        local values = objects.object(found, node)
        local folders = objects.table(found, found.nodes[nid & ~31 | 0x0D])
        local mails = objects.table(found, found.nodes[nid & ~31 | 0x0E])
        assert.same({}, objects.table(found, found.nodes[nid & ~31 | 0x0F]))
        local all, unread = 0, 0
        for _, row in pairs(mails) do
          all, unread = all + 1, unread + (1 - (row[0x0E07] & 1))
        end
        assert.same({ all, unread }, { values[0x3602], values[0x3603] })
        assert.equal(next(folders) and 1 or 0, values[0x360A])
        for id, row in pairs(folders) do
          assert.equal(nid, found.nodes[id].parent)
          assert.equal(objects.object(found, found.nodes[id])[0x3001], row[0x3001])
        end
      end
    end
    assert.equal(120, seen)
    local store = objects.object(found, found.nodes[0x21])
    for id, name in pairs { [0x35E0] = "Top of Outlook data file", [0x35E3] = "Deleted Items",
      [0x35E7] = "Search Root" } do
      assert.equal(store[0x0FF9], store[id]:sub(5, 20))
      local target = found.nodes[("<I4"):unpack(store[id], 21)]
      assert.equal(mapi.utf16(name), objects.object(found, target)[0x3001])
    end
  end)

  it("tells which of its space is free as libpff reads it", function()
    local path, data = write { { name = "Inbox", messages = {
      mail("big", { attachments = { { name = "a", data = bytes(600000) } } }) } } }
    local found = reader.check(data)
    assert.is_true(found.maps > 2)
    local expected, from = {}, nil
    for slot = 0x4400 // 64, #data // 64 do
      local free = not found.used[slot] and slot < #data // 64
      if free and not from then from = slot end
      if from and not free then
        expected[#expected + 1] = { from * 64, slot * 64 }
        from = nil
      end
    end
    assert.same(expected, (reader.unallocated(path)))
  end)

  it("is found broken when a byte is", function()
    local _, data = write { { name = "Inbox", messages = { mail "one" } } }
    reader.check(data)
    -- The header, an allocation map, a block.
    for _, at in ipairs { 100, 0x4400 + 3, 0x4800 + 20 } do
      local broken = data:sub(1, at) .. string.char(data:byte(at + 1) ~ 1) .. data:sub(at + 2)
      assert.has_error(function() reader.check(broken) end)
    end
  end)

  it("is the same for the same mail, and empty for none", function()
    local function make() return { { name = "Inbox", messages = { mail "one", mail "two" } } } end
    local path, data = write(make())
    local _, again = write(make())
    assert.is_true(data == again)
    assert.matches("Folders:%s+Subtree, Wastbox, Finder", (select(2, reader.unallocated(path))))
    local _, other = write(make(), "Another")
    assert.is_false(data == other)
    local empty_path, empty = write({}, "Leer – 空")
    assert.equal(271360, #empty)
    reader.check(empty)
    assert.same({ [""] = {}, ["Deleted Items"] = {} }, reader.pffexport(empty_path))
  end)

  it("has the check sums of the format", function()
    -- CRC-32 without its inversions: that of "123456789" is known, and so what these make of it.
    assert.equal(0, checks.crc "")
    assert.equal(0x2DFD2D88, checks.crc "123456789")
    assert.equal(0x1234 ~ 0x5679, checks.signature(0x12345678, 1))
    for size = 0, 40 do
      local data, c = bytes(size), 0
      for i = 1, size do
        c = c ~ data:byte(i)
        for _ = 1, 8 do c = c & 1 == 1 and c >> 1 ~ 0xEDB88320 or c >> 1 end
      end
      assert.equal(c, checks.crc(data))
    end
  end)
end)
