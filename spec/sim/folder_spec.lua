-- Worlds of the user's own files, and the mail in them.
--
-- Covers vbo.sim.world.description, vbo.sim.world.folder, vbo.sim.world.folder.mail.

local mapi = require "vbo.sim.formats.mapi"
local message = require "vbo.sim.world.folder.message"
local program = require "spec.support.program"
local rehearsals = require "spec.support.rehearsal"
local server = require "vbo.server"
local sim = require "spec.support.sim_app"
local vbo = require "vbo"
local versions = require "spec.support.versions"
local worlds = require "vbo.sim.world"

local quoted = program.quoted

local function crlf(text) return (text:gsub("\n", "\r\n")) end

local invoice = crlf [[
Received: from mx.example.org (mx.example.org [192.0.2.1])
	by mail.contoso.com with ESMTP; Tue, 17 Nov 2026 10:12:04 +0100
From: =?iso-8859-1?Q?J=FCrgen_M=FCller?= <juergen@example.org>
To: "Example, Alice" <alice@contoso.com>,
 bob@contoso.com (Bob Builder)
Cc: Friends: carol@example.org, =?utf-8?B?546L5bCP5piO?= <wang@example.org>;
Subject: =?UTF-8?Q?Rechnung_=E2=82=AC_f=C3?=
 =?UTF-8?Q?=BCr_November?= and more
Date: Tue, 17 Nov 2026 10:12:00 +0100 (CET)
Message-ID: <1@example.org>
Importance: high
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="outer=_1"

This is a multi-part message in MIME format.
--outer=_1
Content-Type: multipart/alternative;
	boundary=inner

--inner
Content-Type: text/plain; charset=iso-8859-1
Content-Transfer-Encoding: quoted-printable

Gr=FC=DFe aus M=FCnchen, eine sehr lange Zeile, die hier=
 weitergeht.
--not a boundary
--inner
Content-Type: text/html; charset="utf-8"
Content-Transfer-Encoding: base64

PHA+R3LDvMOfZTwvcD4=

--inner--

--outer=_1
Content-Type: application/pdf; name="=?utf-8?Q?Rechnung_M=C3=A4rz.pdf?="
Content-Disposition: attachment;
 filename*0*=utf-8''Rechnung%20M%C3%A4;
 filename*1*=rz.pdf
Content-Transfer-Encoding: base64

JVBERi0xLjQK
AAEC/w==
--outer=_1
Content-Type: message/rfc822

From: <carol@example.org>
Subject: Inside
Date: Mon, 16 Nov 2026 08:00:00 GMT

Inner text.

--outer=_1--
The end of it is no part.
]]

describe("an .eml file", function()
  local mail = message.parse(invoice, 0)

  it("gives its header fields, decoded", function()
    assert.equal("Rechnung € für November and more", mail.subject)
    assert.same({ name = "Jürgen Müller", email = "juergen@example.org" }, mail.from)
    assert.same({
      { name = "Example, Alice", email = "alice@contoso.com" },
      { name = "Bob Builder", email = "bob@contoso.com" },
    }, mail.to)
    assert.same({
      { name = "carol@example.org", email = "carol@example.org" },
      { name = "王小明", email = "wang@example.org" },
    }, mail.cc)
    assert.equal(1794906720, mail.sent) -- 2026-11-17T09:12:00Z
    assert.equal("<1@example.org>", mail.message_id)
    assert.equal("High", mail.importance)
  end)

  it("gives its texts as UTF-8", function()
    assert.equal("Grüße aus München, eine sehr lange Zeile, die hier weitergeht.\r\n"
      .. "--not a boundary", mail.body)
    assert.equal("<p>Grüße</p>", mail.html)
  end)

  it("gives its attachments, a mail among them", function()
    assert.equal(2, #mail.attachments)
    local pdf, inside = mail.attachments[1], mail.attachments[2]
    assert.equal("Rechnung März.pdf", pdf.name)
    assert.equal("application/pdf", pdf.type)
    assert.equal("%PDF-1.4\n\0\1\2\xFF", pdf.data)
    assert.equal(13, pdf.size)
    assert.equal("Inside.eml", inside.name)
    assert.equal("Inner text.\r\n", inside.message.body)
    assert.equal("carol@example.org", inside.message.from.email)
  end)

  it("may be plain, old, or broken", function()
    local plain = message.parse("From: a@b.example\nSubject: caf\xE9\n\nna\xEFve\n", 7)
    assert.equal("café", plain.subject)
    assert.equal("naïve\n", plain.body)
    assert.equal(7, plain.sent)
    assert.is_false(plain.dated)
    local nothing = message.parse("", 7)
    assert.same({ "", "", 0 }, { nothing.subject, nothing.from.email, #nothing.attachments })
    local cut = message.parse("Content-Type: multipart/mixed; boundary=b\n\n--b\n\ncut sh", 7)
    assert.equal("cut sh", cut.body)
    local deep = {}
    for i = 1, 20 do
      deep[i] = ("Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n"):format(i, i)
    end
    local bottom = message.parse(table.concat(deep) .. "\nx", 7)
    assert.equal("multipart/mixed", bottom.attachments[1].type)
    local after = message.parse("Content-Type: multipart/mixed; boundary=b\n\n"
      .. "--b\n\nin\n--b--\nout\n--b\n\nout\n--b--\n", 7)
    assert.equal("in", after.body)
    local html = message.parse("Content-Type: TEXT/HTML; Charset=Windows-1252\n\n\x80 5\n", 7)
    assert.equal("€ 5\n", html.html)
    assert.is_nil(html.body)
  end)

  it("shows pictures inside the text", function()
    local mail_with = message.parse(crlf [[
Content-Type: multipart/related; boundary=r

--r
Content-Type: text/html

<img src="cid:logo@x">
--r
Content-Type: image/gif
Content-ID: <logo@x>
Content-Disposition: inline
Content-Transfer-Encoding: base64

R0lG
--r--
]], 0)
    assert.equal("logo@x", mail_with.attachments[1].content_id)
    assert.equal("attachment 1.gif", mail_with.attachments[1].name)
  end)
end)

describe("mail's encodings", function()
  local function with(field, body) return message.parse(field .. "\r\n\r\n" .. (body or ""), 7) end

  it("read dates in many forms", function()
    for text, at in pairs {
      ["17 Nov 2026 09:12 GMT"] = 1794906720, ["Tue, 17 Nov 2026 04:12:00 EST"] = 1794906720,
      ["Fri, 1 Jan 99 00:00:00 -0000"] = 915148800,
    } do
      local mail = with("Date: " .. text)
      assert.same({ at, true }, { mail.sent, mail.dated }, text)
    end
    for _, text in ipairs { "yesterday", "" } do
      assert.same({ 7, false }, { with("Date: " .. text).sent, with("Date: " .. text).dated })
    end
  end)

  local function text_in(charset, bytes)
    return with("Content-Type: text/plain; charset=" .. charset, bytes).body
  end

  it("read charsets, and show what they cannot read", function()
    for _, each in ipairs {
      { "ISO-8859-15", "\xA4", "€" }, { "iso-8859-1", "\xE9", "é" },
      { "utf-8", "\x93x\x94", "“x”" }, { "koi8-r", "\xEF\xD4\xDE\xA3\xD4", "Отчёт" },
      { "windows-1251", "\xCE\xF2\xF7\xB8\xF2", "Отчёт" },
      { "iso-2022-jp", "\27$B8+@Q=q\27(B", "見積書" },
      { "shift_jis", "\x8C\xA9\x90\xCF\x8F\x91", "見積書" },
      { "gb2312", "\xB1\xA8\xBC\xDB", "报价" }, { "gb18030", "\x94\x39\xDA\x33", "💩" },
      { "iso-8859-2", "Za\xBF\xF3\xB3\xE6", "Zażółć" }, { "big5", "\xA4\xA4\xA4\xE5", "中文" },
      { "euc-kr", "\xB0\xA1\xB0\xA2", "가각" }, { "windows-1255", "\xF9\xEC", "של" },
      { "windows-1254", "\xDD\xFE", "İş" }, { "utf-16le", "\xE9\0=\xD8\0\xDE", "é😀" },
      { "x-nothing", "a\xC1", "a\u{FFFD}" }, { "shift_jis", "a\x81", "a\u{FFFD}" },
      { '"utf-8"', "\xEF\xBB\xBFafter a mark", "after a mark" },
    } do
      assert.equal(each[3], text_in(each[1], each[2]), each[1])
    end
  end)

  it("read encoded words of any charset in a subject, a name and a file's name", function()
    local mail = with("Subject: =?koi8-r?B?79Te?= =?koi8-r?Q?=A3=D4?=\r\n"
      .. "From: =?gb2312?B?sai82w==?= <a@b.example>\r\nMIME-Version: 1.0\r\n"
      .. "Content-Type: application/pdf; name=\"=?iso-8859-2?Q?Za=BF=F3=B3=E6=2Epdf?=\"", "x")
    assert.same({ "Отчёт", "报价", "Zażółć.pdf" },
      { mail.subject, mail.from.name, mail.attachments[1].name })
  end)

  it("read Base64 that is padded in its middle, or cut", function()
    for coded, plain in pairs {
      ["SGVsbG8g\r\nd29ybGQhIQ==\r\neA==c2Vjb25kIHBhcnQ="] = "Hello world!!xsecond part",
      ["eA==\r\neQ==\r\neg=="] = "xyz", ["SGV*sbG 8"] = "Hello", ["SGVsbG"] = "Hell",
    } do
      assert.equal(plain, with("Content-Type: text/plain\r\nContent-Transfer-Encoding: BASE64",
        coded).body)
    end
  end)

  it("read mail that begins with a byte order mark", function()
    local mail = message.parse("\xEF\xBB\xBFSubject: Budget 2027\r\nFrom: a@b.example\r\n\r\nx", 7)
    assert.same({ "Budget 2027", "a@b.example", "x" }, { mail.subject, mail.from.email, mail.body })
    assert.equal("Budget 2027", message.header("\xEF\xBB\xBFSubject: Budget 2027", 7).subject)
  end)

  it("read parameters with quotes", function()
    local mail = with('Content-Type: application/x; name="a \\"b\\"; c"', "data")
    assert.equal('a "b"; c', mail.attachments[1].name)
  end)
end)

--- A folder of files: path -> content.
local function folder_with(files)
  local folder, remove = program.folder()
  for path, content in pairs(files) do
    assert(os.execute("mkdir -p " .. quoted((folder .. "/" .. path):match "^(.*)/")))
    local file <close> = assert(io.open(folder .. "/" .. path, "wb"))
    file:write(content)
    file:close()
    assert(os.execute("touch -d 2026-11-10T12:00:00Z " .. quoted(folder .. "/" .. path)))
  end
  return folder, remove
end

local boxed = crlf [[
From bob@contoso.com Mon Nov  9 08:00:00 2026
From: Bob <bob@contoso.com>
Subject: first in the box
Date: Mon, 9 Nov 2026 08:00:00 +0000

One.
>From here on it is quoted.

From MAILER-DAEMON Tue Nov 10 08:00:00 2026
From: Carol <carol@example.org>
Subject: second in the box
Date: Tue, 10 Nov 2026 08:00:00 +0000

Two.
From the middle of a text: no mail begins here.
]]

local files = {
  ["drives/alice@contoso.com/Plan.txt"] = "the plan\n",
  ["drives/alice@contoso.com/Projekte/Größe.csv"] = "a;b\r\n",
  ["drives/alice@contoso.com/Projekte/Empty.txt"] = "",
  ["drives/alice@contoso.com/.DS_Store"] = "litter",
  ["mail/alice@contoso.com/Inbox/invoice.eml"] = invoice,
  ["mail/alice@contoso.com/Inbox/Old/nothing.eml"] = "Subject: no date\n\nx\n",
  ["mail/alice@contoso.com/Archive.mbox"] = boxed,
  ["mail/alice@contoso.com/notes.txt"] = "no mail",
  ["mail/bob@contoso.com/loose.eml"] = "From: a@b.example\nSubject: loose\n\nx\n",
}

describe("a folder as a world", function()
  local folder, remove

  setup(function() folder, remove = folder_with(files) end)
  teardown(function() remove() end)

  local function described(text, more)
    local all = {}
    for path, content in pairs(more or files) do all[path] = content end
    all["world.lua"] = text
    return folder_with(all)
  end

  local function failure(text)
    local place, clean = described(text)
    local world, why = worlds.open(place)
    clean()
    assert.is_nil(world)
    return (why:gsub("^" .. place:gsub("%p", "%%%0"), ""))
  end

  it("needs no description", function()
    local world = assert(worlds.open(folder))
    local organization = world:organizations()[1]
    assert.equal("contoso.onmicrosoft.com", organization.name)
    assert.same({ "alice@contoso.com", "bob@contoso.com" },
      { organization.users[1].name, organization.users[2].name })
    assert.equal("Alice", organization.users[1].display)
    assert.equal(1, #organization.drives)
    assert.equal(2, #organization.mailboxes)
    assert.equal(7, #organization.points)
  end)

  it("shows files with their sizes and dates", function()
    local world = assert(worlds.open(folder))
    local organization = world:organizations()[1]
    local view = world:view(organization, {})
    local paths = {}
    for _, document in ipairs(view:documents(view:drives()[1])) do
      local version = view:current(document)
      paths[document.path] = { version.size, version.at }
    end
    local at = 1794312000
    assert.same({ ["Plan.txt"] = { 9, at }, ["Projekte/Größe.csv"] = { 5, at },
      ["Projekte/Empty.txt"] = { 0, at } }, paths)
  end)

  it("shows mail in its folders", function()
    local world = assert(worlds.open(folder))
    local organization = world:organizations()[1]
    local view = world:view(organization, {})
    local alice, bob = view:mailboxes()[1], view:mailboxes()[2]
    local found = {}
    for _, item in ipairs(view:items(alice)) do
      found[item.subject] = item.folder.path
      assert.equal(item, view:item(alice, item.id))
    end
    -- The invoice's date lies after the world's present, which is that of its newest file: then
    -- the date of the file counts.
    assert.same({ ["Rechnung € für November and more"] = "Inbox", ["no date"] = "Inbox/Old",
      ["first in the box"] = "Archive", ["second in the box"] = "Archive" }, found)
    local boxes = {}
    for _, item in ipairs(view:items(alice)) do boxes[item.subject] = item end
    assert.equal("One.\r\nFrom here on it is quoted.\r\n\r\n", boxes["first in the box"].body)
    assert.match("no mail begins here", boxes["second in the box"].body)
    assert.equal("Rechnung März.pdf", boxes["Rechnung € für November and more"].attachments[1].name)
    assert.equal("Inbox", view:items(bob)[1].folder.category)
    assert.equal(1794312000, view:items(bob)[1].sent)
  end)

  it("has the same ids at every start", function()
    local ids = {}
    for i = 1, 2 do
      local world = assert(worlds.open(folder))
      local view = world:view(world:organizations()[1], {})
      ids[i] = {}
      for _, document in ipairs(view:documents(view:drives()[1])) do
        table.insert(ids[i], document.id)
      end
      for _, item in ipairs(view:items(view:mailboxes()[1])) do table.insert(ids[i], item.id) end
    end
    assert.equal(7, #ids[1])
    assert.same(ids[1], ids[2])
  end)

  it("is one OneDrive when it has no places", function()
    local place, clean = folder_with { ["a.txt"] = "a", ["b/c.txt"] = "c" }
    local world = assert(worlds.open(place))
    clean()
    local organization = world:organizations()[1]
    assert.equal("user@rehearsal.local", organization.users[1].name)
    assert.equal(2, #organization.drives[1].documents)
  end)

  it("follows no links", function()
    local place, clean = folder_with { ["drives/a@b.example/real.txt"] = "r" }
    local secret, clean_secret = folder_with { ["secret.txt"] = "s", ["in/secret.txt"] = "s" }
    local drive = place .. "/drives/a@b.example"
    os.execute(("ln -s %s %s; ln -s %s %s"):format(quoted(secret .. "/secret.txt"),
      quoted(drive .. "/file.txt"), quoted(secret .. "/in"), quoted(drive .. "/folder")))
    local world = assert(worlds.open(place))
    local documents = world:organizations()[1].drives[1].documents
    assert.equal(1, #documents)
    assert.equal(0, #world:organizations()[1].drives[1].folders)
    local stream = documents[1].versions[1].stream
    assert.is_string(server.sha256_of(sim.serve.open_stream(server, stream)))
    -- A link that takes a file's place later is not followed either.
    os.execute(("rm %s; ln -s %s %s"):format(quoted(drive .. "/real.txt"),
      quoted(secret .. "/secret.txt"), quoted(drive .. "/real.txt")))
    local hash, err = server.sha256_of(sim.serve.open_stream(server, stream))
    assert.is_nil(hash)
    assert.match("symbolic link", err.message)
    os.execute(("rm %s"):format(quoted(drive .. "/real.txt")))
    for _, path in ipairs { "folder/secret.txt", "../a@b.example/real.txt", "./x", "a//b" } do
      hash, err = server.sha256_of(assert(server.stream.file {
        root = drive, path = path, size = 1,
      }))
      assert.is_nil(hash)
      assert.equal("disk", err.kind)
    end
    clean()
    clean_secret()
  end)

  it("takes names, points and organizations from its description", function()
    local place, clean = described [[
return {
  name = "mine", now = "2026-11-21T08:00:00Z",
  points = { "2026-11-20T22:00:00Z", "2026-11-09T22:00:00Z" },
  organizations = {
    { name = "one.example", production = "empty", users = {
      { name = "anna@one.example", display = "Anna Ä", drive = "drives/alice@contoso.com",
        mailbox = "mail/bob@contoso.com" } } },
    { name = "two.example", type = "Hybrid", users = {
      { name = "alice@contoso.com", directory = true, drive = false } } },
  },
}]]
    local world = assert(worlds.open(place))
    local one, two = world:organizations()[1], world:organizations()[2]
    assert.equal("mine", world.name)
    assert.equal("Anna Ä", one.drives[1].name)
    assert.equal(2, #one.points)
    assert.is_true(one.points[1] < one.points[2])
    assert.equal(0, #world:view(one, { at = one.points[1] }):documents(one.drives[1]))
    assert.equal(3, #world:view(one, {}):documents(one.drives[1]))
    assert.equal("Hybrid", two.users[1].location)
    assert.equal(0, #two.drives)
    assert.equal(4, #two.mailboxes[1].items)
    assert.same({}, world:live_drive(one, "anna@one.example").entries)
    assert.is_nil(world:live_drive(two, "alice@contoso.com"))
    assert.equal(4, #world:live_mailbox(two, "alice@contoso.com").items)
    clean()
  end)

  it("says in which line its description is wrong", function()
    assert.match("^/world.lua:2: ", failure "return {\n  users = { , }\n}")
    assert.match("^/world.lua:3: a world has no 'user', did you mean 'users'",
      failure "return {\n name = 'x',\n user = {},\n}")
    assert.match("^/world.lua:3: 'name' of user alice must be an address.*not \"alice\"",
      failure "return {\n  users = {\n    { name = \"alice\" },\n  },\n}")
    assert.match("^/world.lua:4: user alice@contoso.com has no 'drives', did you mean 'drive'",
      failure "return {\n users = {\n  { name = 'alice@contoso.com',\n    drives = 'x' },\n }\n}")
    assert.match("^/world.lua:2: 'drive' of user a@b.example must be a path in the folder",
      failure "return { users = { { name = 'a@b.example',\n drive = '../elsewhere' } } }")
    assert.match("^/world.lua:3: 'mailbox' of user a@b.example "
      .. "must be a folder of the world, got mail/none",
      failure "return { users = { { name = 'a@b.example',\n\n mailbox = 'mail/none' } } }")
    assert.match("^/world.lua:1: 'now' of a world must be a point in time",
      failure "return { now = 'tomorrow' }")
    assert.match("^/world.lua:1: A@b.example is there twice",
      failure "return { users = { { name = 'a@b.example' }, { name = 'A@b.example' } } }")
    assert.match("must return a table", failure "local x = 1")
  end)

  it("runs its description with nothing to call, and not for ever", function()
    assert.match("^/world.lua:1: attempt to index a nil value.*there are no functions to call",
      failure "os.exit(3)")
    assert.match("^/world.lua:1: attempt to index a nil value", failure "io.open '/etc/passwd'")
    assert.match("^/world.lua:1: this runs too long", failure "while true do end")
    assert.match("binary chunk", failure "\27Lua")
  end)

  it("begins a mail of an mbox file where one begins", function()
    local function subjects(text)
      local place, clean = folder_with { ["mail/a@b.example/Box.mbox"] = text }
      local mailbox = assert(worlds.open(place)):organizations()[1].mailboxes[1]
      local out = {}
      for i, item in ipairs(mailbox.items) do out[i] = item.subject .. "|" .. (item.body or "") end
      clean()
      return out
    end
    local head = "From: o@b.example\nSubject: %s\nDate: Mon, 2 Nov 2026 10:00:00 +0000\n\n"
    local one, two = head:format "one", head:format "two"
    for _, between in ipairs { "From o@b.example Mon Nov  2 11:00:00 2026",
      "From o@b.example Mon Nov  2 11:00:00 CET 2026", "From - Mon Nov 02 11:00:00 2026",
      "From MAILER-DAEMON Mon Nov  2 11:00 2026",
      "From o@b.example  Mon, 2 Nov 2026 11:00:00 +0100",
      "From \"a b\"@b.example Mon Nov  2 11:00:00 2026", "From o@b.example" } do
      assert.same({ "one|Hello\n\n", "two|x\n" }, subjects(
        "From o@b.example Mon Nov  2 10:00:00 2026\n" .. one .. "Hello\n\n" .. between .. "\n"
        .. two .. "x\n"), between)
    end
    for _, paragraph in ipairs { "From now on we meet at nine.", "From 9:00 on in 2026 we meet.",
      "From: nobody", "From here to there\nSubject: no", "From" } do
      assert.same({ "one|Hello\n\n" .. paragraph .. "\n" }, subjects(
        "From o@b.example Mon Nov  2 10:00:00 2026\n" .. one .. "Hello\n\n" .. paragraph .. "\n"))
    end
    -- Unquotes once what was quoted.
    assert.same({ "one|\nFrom here\n>From there\n" }, subjects(
      "From o@b.example Mon Nov  2 10:00:00 2026\n" .. one .. "\n>From here\n>>From there\n"))
  end)

  it("does not move to where a wrong clock is", function()
    local place, clean = folder_with { ["drives/a@b.example/old.txt"] = "1",
      ["drives/a@b.example/camera.jpg"] = "2" }
    assert(os.execute("touch -d 2099-12-31 " .. quoted(place .. "/drives/a@b.example/camera.jpg")))
    local world = assert(worlds.open(place))
    assert.is_true(world.now <= os.time())
    local organization = world:organizations()[1]
    -- The camera's picture was there when it was last backed up, as far as anybody knows.
    local view = world:view(organization, { at = os.time() })
    local names = {}
    for _, document in ipairs(view:documents(view:drives()[1])) do names[document.name] = true end
    assert.is_true(names["old.txt"])
    assert.equal(2, #world:live_drive(organization, "a@b.example").documents
      + (names["camera.jpg"] and 0 or 1))
    clean()
  end)

  it("exports mail with mail attached, however deep", function()
    local inner = "From: c@b.example\r\nSubject: innermost\r\nImportance: high\r\n\r\nDeep\r\n"
    for depth = 1, 3 do
      inner = ("From: c@b.example\r\nSubject: around %d\r\nContent-Type: multipart/mixed; boundary="
        .. "b%d\r\n\r\n--b%d\r\n\r\nText\r\n--b%d\r\nContent-Type: message/rfc822\r\n\r\n%s"
        .. "\r\n--b%d--\r\n"):format(depth, depth, depth, depth, inner, depth)
    end
    local place, clean = folder_with { ["mail/a@b.example/Inbox/1.eml"] = inner }
    for _, version in ipairs(versions.with_newest "v3") do
      local client = sim.new(version, { world = assert(worlds.open(place)) })
      local session = client:explore("Vex", nil, nil, "b.onmicrosoft.com")
      local box = session .. "/Mailboxes/" .. client:rows(session .. "/Mailboxes")[1].id
      local exported = sim.bytes(client:act(box, "export", {}))
      assert.equal("!BDN", exported:sub(1, 4))
      assert.is_truthy(exported:find(mapi.utf16 "innermost", 1, true))
      local item = client:rows(box .. "/Items")[1]
      local saved = sim.bytes(client:act(box .. "/Items/" .. item.id, "save_msg", {}))
      assert.is_truthy(saved:find(mapi.utf16 "innermost", 1, true))
    end
    clean()
  end)

  it("is not there", function()
    local nothing, why = worlds.open "./no such folder"
    assert.is_nil(nothing)
    assert.equal("there is no folder './no such folder'", why)
  end)
end)

describe("the client on a folder", function()
  local folder, remove, to, remove_to, rehearsal

  setup(function()
    local all = { ["world.lua"] = 'return { now = "2026-11-21T08:00:00Z", production = "empty" }' }
    for path, content in pairs(files) do all[path] = content end
    folder, remove = folder_with(all)
    to, remove_to = program.folder()
    rehearsal = rehearsals.start("--world " .. quoted(folder))
  end)

  teardown(function()
    rehearsal.stop()
    remove()
    remove_to()
  end)

  it("gets an error that names the file that has gone", function()
    local place, clean = folder_with { ["drives/a@b.example/stays.txt"] = "a",
      ["drives/a@b.example/goes.txt"] = "bb", ["drives/a@b.example/shrinks.txt"] = "ccc",
      ["mail/a@b.example/Inbox/goes1.eml"] = "Subject: 1\r\n\r\nx\r\n",
      ["mail/a@b.example/Inbox/goes2.eml"] = "Subject: 2\r\n\r\nx\r\n" }
    local own <close> = vbo.sim.start { world = place }
    local client <close> = vbo.connect(own:settings "v8")
    local session <close> = client:organizations():one():explore { workload = "onedrive" }
    local mails <close> = client:organizations():one():explore { workload = "exchange" }
    local drive = session:onedrive "a@b.example"
    local items = mails:mailbox "a@b.example":items():all()
    local documents = {}
    for _, name in ipairs { "goes.txt", "shrinks.txt" } do
      documents[name] = drive:document(name)
    end
    assert(os.remove(place .. "/drives/a@b.example/goes.txt"))
    for i = 1, 2 do assert(os.remove(place .. "/mail/a@b.example/Inbox/goes" .. i .. ".eml")) end
    assert(io.open(place .. "/drives/a@b.example/shrinks.txt", "w")):close()
    for name, document in pairs(documents) do
      local err = rehearsals.failure(document.save, document, { to = to .. "/gone" })
      assert.is_truthy(err.message:find(name, 1, true), err.message)
      assert.is_truthy(own:log():find(name, 1, true))
    end
    local err = rehearsals.failure(function()
      return drive:documents():save { to = to .. "/gone.zip", zip = true }
    end)
    assert.is_truthy(err.message:find("goes.txt", 1, true) or err.message:find("shrinks", 1, true))
    -- The mail that was read last may still be held.
    local said = ""
    for i, item in ipairs(items) do
      local good, why = vbo.try(item.save, item, { to = to .. "/gone" .. i .. ".msg" })
      said = said .. (good and "" or why.message)
    end
    assert.match("goes%d%.eml", said)
    clean()
  end)

  for _, version in ipairs(versions.with_newest "v3") do
    it("saves and restores the files in " .. version, function()
      rehearsal.reset()
      local client <close> = rehearsal.connect(version)
      local session <close> = client:organization "contoso.onmicrosoft.com":explore {
        workload = "onedrive",
      }
      local drive = session:onedrive "alice@contoso.com"
      local path = ("%s/%s.csv"):format(to, version)
      drive:document "Projekte/Größe.csv":save { to = path }
      assert.equal("a;b\r\n", rehearsals.content(path))
      drive:document "Projekte/Empty.txt":save { to = path .. ".empty" }
      assert.equal("", rehearsals.content(path .. ".empty"))
      drive:documents():save { zip = true, to = path .. ".zip" }
      assert.match("Größe.csv", (program.run("unzip -l " .. quoted(path .. ".zip"))))
      drive:restore()
      local changes = {}
      for _, change in ipairs(rehearsal.changes()) do changes[change.path] = change.how end
      assert.same({ ["Plan.txt"] = "created", ["Projekte/Größe.csv"] = "created",
        ["Projekte/Empty.txt"] = "created" }, changes)
    end)

    it("saves and restores the mail in " .. version, function()
      rehearsal.reset()
      local client <close> = rehearsal.connect(version)
      local session <close> = client:organization "contoso.onmicrosoft.com":explore {
        workload = "exchange",
      }
      local mailbox = session:mailbox "alice@contoso.com"
      local subject = "Rechnung € für November and more"
      local item = mailbox:items():where { subject = subject }:one()
      assert.equal("Jürgen Müller <juergen@example.org>", item.from)
      assert.match("^2026%-11%-17T09:12:00", item.received)
      local path = ("%s/%s.msg"):format(to, version)
      item:save { to = path }
      local saved = rehearsals.content(path)
      assert.equal("\xD0\xCF\x11\xE0", saved:sub(1, 4))
      assert.is_truthy(saved:find("%PDF-1.4\n\0\1\2\xFF", 1, true))
      mailbox:restore()
      assert.equal(4, #rehearsal.changes())
    end)
  end

  it("saves mail that another program reads", function()
    assert.equal(0, select(2, program.run "command -v msgconvert"),
      "msgconvert is missing: apt-get install libemail-outlook-message-perl libemail-address-perl")
    local client <close> = rehearsal.connect "v8"
    local session <close> = client:organization "contoso.onmicrosoft.com":explore {
      workload = "exchange",
    }
    local items = session:mailbox "alice@contoso.com":items()
    items:where { subject = "Rechnung € für November and more" }:one():save { to = to .. "/m.msg" }
    local output, status = program.run(("cd %s && msgconvert --outfile m.eml m.msg"):format(
      quoted(to)))
    assert.equal(0, status, output)
    local mail = message.parse(rehearsals.content(to .. "/m.eml"), 0)
    assert.equal("Rechnung € für November and more", mail.subject)
    assert.equal("juergen@example.org", mail.from.email)
    assert.match("eine sehr lange Zeile, die hier weitergeht", mail.body)
    assert.equal("Rechnung März.pdf", mail.attachments[1].name)
    assert.equal("%PDF-1.4\n\0\1\2\xFF", mail.attachments[1].data)
  end)
end)
