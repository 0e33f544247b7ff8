-- Mail as .msg and .eml, read back by programs that are not ours.

local cfb = require "vbo.sim.formats.cfb"
local eml = require "vbo.sim.formats.eml"
local msg = require "vbo.sim.formats.msg"
local program = require "spec.support.program"

-- Pure Lua has nothing for sanitizers, and megabytes in small strings keep an aggressive collector
-- busy for minutes.
local sanitized = os.getenv "VBO_SANITIZE"

local folder, remove = program.folder()
-- busted runs a file's top level first and its blocks later: the folder goes with the last of them.

local function write(name, data)
  local path = folder .. "/" .. name
  local file <close> = assert(io.open(path, "wb"))
  file:write(data)
  return path
end

-- Debian's reader of .msg files, and the MIME parser that comes with it, print what they find.
local perl = [[
use strict; use warnings; use Email::MIME; use Email::Outlook::Message; use Digest::MD5 "md5_hex";
binmode STDOUT, ":utf8"; local $SIG{__WARN__} = sub {};
my ($kind, $path) = @ARGV;
open my $in, "<:raw", $path or die; local $/; my $text = <$in>;
my $mail = $kind eq "msg" ? Email::Outlook::Message->new($path)->to_email_mime
  : Email::MIME->new($text);
$mail = Email::MIME->new($mail->as_string);
sub show {
  my ($part, $at) = @_;
  for my $name (qw(Subject From To Cc Date Message-ID)) {
    my $value = $part->header_str($name);
    print "$at$name: $value\n" if defined $value && ($at eq "" || $name eq "Subject");
  }
  my ($type) = split /;/, $part->content_type // "text/plain";
  my @parts = $part->subparts;
  my $file = $part->filename // "";
  if ($type eq "message/rfc822") { show(Email::MIME->new($part->body_raw), "$at> "); return; }
  if (@parts && $type !~ m{^text/}) { print "$at$type\n"; show($_, "$at  ") for @parts; return; }
  my $body = $part->body;
  print "$at$type|$file|" . length($body) . "|" . md5_hex($body) . "\n";
}
show($mail, "");
]]

local found = os.execute "perl -MEmail::Outlook::Message -e 1 >/dev/null 2>&1"

local function read_back(kind, data)
  local script = write("read.pl", perl)
  local output, status = program.run(("perl %s %s %s"):format(script, kind,
    write("mail." .. kind, data)))
  assert.equal(0, status, output)
  return output
end

local function md5(data)
  return program.run("md5sum <" .. write("md5", data)):match "^%x+"
end

local function leaf(indent, kind, name, data)
  return ("%s%s|%s|%d|%s\n"):format(indent, kind, name, #data, md5(data))
end

local long_name = "Pläne Größe A1 – mit einem wirklich langen Namen für eine Zeile 漢字 😀.txt"
local mail = {
  subject = "RE: Grüße aus Köln 漢字 😀", sent = 1763676000, received = 1763676060,
  from = { name = "Jürgen Müller", email = "juergen@contoso.com" },
  to = {
    { name = "王小明", email = "wang@contoso.com" }, { name = "Bob, B.", email = "bob@x.org" },
  },
  cc = { { name = "Carol O'Neil", email = "carol@x.org" } },
  body = "Hällo,\n=Welt 😀 \n\n" .. ("lang "):rep(50) .. "\n",
  html = "<html><body><p>Hällo <b>Welt</b></p></body></html>",
  message_id = "<1.2@contoso.com>",
  attachments = {
    { name = long_name, type = "text/plain", data = "Grüße\r\n" },
    { name = "pic.png", type = "image/png", data = "\x89PNG\0\1\2", content_id = "pic1" },
    { name = "empty.bin", data = "" },
    { name = "some.bin", data = ("0123456789abcdef"):rep(100) },
  },
}

-- Reads a compound file as Windows does: chains by the allocation tables, names by the trees.
local function open(data)
  local function u32(at) return (("<I4"):unpack(data, at + 1)) end
  local function sector(n) return 512 * (n + 1) end
  local fat_places, difat, difat_sectors = {}, u32(68), {}
  for i = 0, 108 do fat_places[i] = u32(76 + 4 * i) end
  local count = 109
  while difat ~= 0xFFFFFFFE do
    for i = 0, 126 do
      fat_places[count] = u32(sector(difat) + 4 * i)
      count = count + 1
    end
    difat_sectors[#difat_sectors + 1] = difat
    difat = u32(sector(difat) + 508)
  end
  assert.equal(u32(72), #difat_sectors)
  for _, place in ipairs(difat_sectors) do
    assert.equal(0xFFFFFFFC, u32(sector(fat_places[place // 128]) + 4 * (place % 128)))
  end
  for i = 0, u32(44) - 1 do
    local place = fat_places[i]
    assert.equal(0xFFFFFFFD, u32(sector(fat_places[place // 128]) + 4 * (place % 128)))
  end
  assert.equal(0xFFFFFFFF, fat_places[u32(44)] or 0xFFFFFFFF)
  local function chain(first)
    local parts = {}
    while first ~= 0xFFFFFFFE do
      parts[#parts + 1] = data:sub(sector(first) + 1, sector(first) + 512)
      assert.equal(512, #parts[#parts])
      first = u32(sector(fat_places[first // 128]) + 4 * (first % 128))
    end
    return table.concat(parts)
  end
  local directory = chain(u32(48))
  local function entry(id)
    if id == 0xFFFFFFFF then return nil end
    local at = 128 * id
    local length = ("<I2"):unpack(directory, at + 65)
    local e = { name = directory:sub(at + 1, at + length - 2):gsub("(.)%z", "%1") }
    e.kind, e.black, e.left, e.right, e.child = ("<B B I4 I4 I4"):unpack(directory, at + 67)
    e.class = directory:sub(at + 81, at + 96)
    e.start, e.size = ("<I4 I8"):unpack(directory, at + 117)
    return e
  end
  local root = entry(0)
  local mini, mini_fat = chain(root.start):sub(1, root.size), chain(u32(60))
  local file = { root = root, entry = entry }
  function file.find(parent, name)
    local e = entry(parent.child)
    while e do
      local less = #name < #e.name or #name == #e.name and name:upper() < e.name:upper()
      if e.name == name then return e end
      e = entry(less and e.left or e.right)
    end
  end
  function file.read(e)
    if e.size >= 4096 then return chain(e.start):sub(1, e.size) end
    local parts, at = {}, e.start
    while at ~= 0xFFFFFFFE do
      parts[#parts + 1] = mini:sub(64 * at + 1, 64 * at + 64)
      at = ("<I4"):unpack(mini_fat, 4 * at + 1)
    end
    return table.concat(parts):sub(1, e.size)
  end
  return file
end

describe("a mail", function()
  local function check(kind, data, message)
    if not found then pending "libemail-outlook-message-perl is not installed" end
    local output = read_back(kind, data):gsub('"', "") -- the readers differ in what they quote
    assert.matches("Subject: " .. message.subject .. "\n", output, 1, true)
    assert.matches("From: Jürgen Müller <juergen@contoso.com>\n", output, 1, true)
    assert.matches("To: 王小明 <wang@contoso.com>, Bob, B. <bob@x.org>\n", output, 1, true)
    assert.matches("Cc: Carol O'Neil <carol@x.org>\n", output, 1, true)
    assert.matches("Date: Thu, 20 Nov 2025 22:00:00 +0000\n", output, 1, true)
    assert.matches("Message-ID: <1.2@contoso.com>\n", output, 1, true)
    for _, each in ipairs(message.attachments) do
      assert.matches(leaf("", each.type or "application/octet-stream", each.name, each.data),
        output, 1, true)
    end
    return output
  end

  it("is a .msg as it came in, with every property", function()
    local output = check("msg", msg.write(mail), mail)
    -- Its text has the line ends of mail.
    assert.matches(leaf("", "text/plain", "", (mail.body:gsub("\n", "\r\n"))), output, 1, true)
    assert.matches(leaf("", "text/html", "", mail.html), output, 1, true)
  end)

  it("is a .msg as it was sent: the properties alone say it all", function()
    local sent = setmetatable({ received = false }, { __index = mail })
    local data = msg.write(sent)
    assert.is_nil(data:find(msg.utf16 "MIME-Version", 1, true))
    check("msg", data, mail)
  end)

  it("is an .eml", function()
    local output = check("eml", eml.write(mail), mail)
    assert.matches("multipart/mixed\n", output, 1, true)
    assert.matches("multipart/alternative\n", output, 1, true)
    assert.matches("multipart/related\n", output, 1, true)
    assert.matches(leaf("", "text/plain", "", (mail.body:gsub("\n", "\r\n"))), output, 1, true)
    local text = eml.write(mail)
    for line in text:gmatch "(.-)\r\n" do
      assert.is_true(#line <= 78, line)
      assert.is_nil(line:find "[\128-\255\r\n]")
    end
    assert.equal("\r\n", text:sub(-2))
  end)

  it("has rows that agree with its streams, in every storage", function()
    local data = msg.write(setmetatable({ bcc = { { email = "hidden@x.org" } } },
      { __index = mail }))
    local file = open(data)
    local function rows(storage, header)
      local found_rows, bytes = {}, file.read(file.find(storage, "__properties_version1.0"))
      assert.equal(0, (#bytes - header) % 16)
      for at = header + 1, #bytes, 16 do
        local tag, flags, value = ("<I4 I4 I4"):unpack(bytes, at)
        assert.equal(6, flags)
        found_rows[tag] = value
        local kind = tag & 0xFFFF
        if kind == 0x1F or kind == 0x102 then
          local stream = file.read(assert(file.find(storage, ("__substg1.0_%08X"):format(tag))))
          assert.equal(#stream + (kind == 0x1F and 2 or 0), value)
        end
      end
      return found_rows, bytes
    end
    local top, bytes = rows(file.root, 32)
    assert.equal(("<I8 I4 I4 I4 I4 I8"):pack(0, 4, 4, 4, 4, 0), bytes:sub(1, 32))
    assert.equal(0x11, top[0x0E070003]) -- read, with attachments
    local kinds = {}
    for i = 0, 3 do
      local storage = file.find(file.root, ("__recip_version1.0_#%08X"):format(i))
      local recipient = rows(storage, 8)
      kinds[i + 1] = recipient[0x0C150003]
      assert.equal(i, recipient[0x30000003])
      rows(file.find(file.root, ("__attach_version1.0_#%08X"):format(i)), 8)
    end
    assert.same({ 1, 1, 2, 3 }, kinds)
    assert.truthy(file.find(file.find(file.root, "__nameid_version1.0"), "__substg1.0_00020102"))
    assert.equal("\x0B\x0D\x02\0\0\0\0\0\xC0\0\0\0\0\0\0\x46", file.root.class)
  end)

  it("can be next to nothing, or hold another mail", function()
    local little = { from = { email = "a@b.c" }, sent = 0 }
    local inner = { subject = "Ännchen", from = { email = "a@b.c" }, sent = 86400, body = "inside",
      attachments = { { name = "deep.txt", type = "text/plain", data = "deep" } } }
    local outer = { subject = "outer", from = { email = "a@b.c" }, sent = 0, body = "x",
      attachments = { { message = inner } } }
    local data, text = msg.write(little), eml.write(little)
    local nested, nested_text = msg.write(outer), eml.write(outer)
    assert.matches("Date: Thu, 01 Jan 1970 00:00:00 +0000\r\n", text, 1, true)
    if not found then pending "libemail-outlook-message-perl is not installed" end
    assert.matches("From: \"?a@b.c", (read_back("msg", data):gsub("<", "")))
    assert.matches("From: <?a@b.c>?\n", read_back("eml", text))
    for kind, bytes in pairs { msg = nested, eml = nested_text } do
      local output = read_back(kind, bytes)
      assert.matches("Subject: outer\n", output, 1, true)
      assert.matches("> Subject: Ännchen\n", output, 1, true)
      assert.matches(leaf("", "text/plain", "deep.txt", "deep"), output, 1, true)
    end
  end)

  it("carries 10 MB, names with line breaks, and bytes that are not UTF-8", function()
    local big = ("0123456789abcdef"):rep((sanitized and 8 or 640) * 1024)
    local data = msg.write { subject = "big\r\nBcc: x@y.z", sent = 0,
      body = "\xff\xfe no UTF-8 \xc3",
      from = { name = "a\nb", email = "a@b.c" },
      to = { { name = ("n"):rep(300), email = "n@b.c" } },
      attachments = { { name = "big.bin", data = big } } }
    assert.is_true(#data > #big and #data < 1.05 * #big + 16384)
    local text = eml.headers { subject = "big\r\nBcc: x@y.z", from = { name = "a\nb",
      email = "a@b.c" }, sent = 0 }
    assert.is_nil(text:find "\nBcc")
    if not found then pending "libemail-outlook-message-perl is not installed" end
    local output = read_back("msg", data)
    assert.matches(leaf("", "application/octet-stream", "big.bin", big), output, 1, true)
  end)

  it("has its text in UTF-16, whatever it was", function()
    assert.equal("a\0\xe4\0\x22\x6f\x3d\xd8\x00\xde", msg.utf16 "aä漢😀")
    assert.equal("", msg.utf16 "")
    assert.equal("\xfd\xff" .. "a\0" .. "\xfd\xff\xfd\xff", msg.utf16 "\xffa\xf0\x9f")
    assert.equal(("\xe4\0"):rep(1000), msg.utf16(("ä"):rep(1000)))
  end)
end)

describe("a compound file", function()
  -- Red-black: no red below red, and as many black ones on every way down.
  local function blacks(file, id, red_above)
    local e = file.entry(id)
    if not e then return 0 end
    assert.is_false(red_above and e.black == 0)
    local left, right = blacks(file, e.left, e.black == 0), blacks(file, e.right, e.black == 0)
    assert.equal(left, right)
    return left + e.black
  end

  it("gives every stream back, of any size and in any number", function()
    for _, count in ipairs { 0, 1, 2, 3, 4, 7, 8, 100, not sanitized and 1000 or nil } do
      local children = {}
      for i = 1, count do
        children[i] = { name = ("Stream%d"):format(i * 7919 % 10007),
          data = ("%d,"):format(i):rep(i) }
      end
      local inner = { name = "storage", children = children }
      local file = open(cfb.write { name = "", children = { inner, { name = "a", data = "b" } } })
      local storage = assert(file.find(file.root, "storage"))
      assert.equal(1, storage.kind)
      for _, child in ipairs(children) do
        assert.equal(child.data, file.read(assert(file.find(storage, child.name), child.name)))
      end
      assert.is_nil(file.find(storage, "none"))
      blacks(file, storage.child, false)
      assert.equal("b", file.read(file.find(file.root, "a")))
    end
  end)

  it("gives sizes at every edge back, through the DIFAT too", function()
    -- 109 sectors of the FAT cover 6.8 MiB, the first sector of the DIFAT 127 more.
    local sizes = { 0, 1, 63, 64, 65, 512, 4095, 4096, 4097, 65536 }
    local large = { 6 * 1024 * 1024, 7143424 - 3 * 512, 7143424, 15 * 1024 * 1024,
      16 * 1024 * 1024 }
    for _, size in ipairs(sanitized and {} or large) do sizes[#sizes + 1] = size end
    for _, size in ipairs(sizes) do
      local data = ("0123456789abcde"):rep(size // 15 + 1):sub(1, size)
      local file = open(cfb.write { name = "", children = {
        { name = "small", data = "x" }, { name = "data", data = data } } })
      assert.is_true(data == file.read(file.find(file.root, "data")), size)
      assert.equal("x", file.read(file.find(file.root, "small")))
    end
  end)

  it("refuses names it cannot hold", function()
    for _, name in ipairs { "", ("n"):rep(32), "a/b", "ä" } do
      assert.has_error(function()
        cfb.write { name = "", children = { { name = name, data = "" } } }
      end)
    end
    assert.has_error(function()
      cfb.write { name = "", children = { { name = "a", data = "" }, { name = "A", data = "" } } }
    end)
  end)

  teardown(function() remove() end)
end)
