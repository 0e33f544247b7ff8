-- Saves the document that the server listed, under its name and with its time, and refuses
-- anything else.

local archive = require "spec.support.archive"
local core = require "vbo.core"
local json = require "vbo.base.json"
local program = require "spec.support.program"
local recording = require "spec.support.recording"
local rehearsal = require "spec.support.rehearsal"
local vbo = require "vbo"
local versions = require "spec.support.versions"

local content, failure, quoted = rehearsal.content, rehearsal.failure, program.quoted

local base, remove
setup(function() base, remove = program.folder() end)
teardown(function() remove() end)

local number = 0
local function new_path()
  number = number + 1
  return base .. "/" .. number
end

local login = "<!DOCTYPE html>\n<html><body><form><input type=\"password\"></form></body></html>"
local sorry = '{"message": "The session has expired."}'
local pdf = "%PDF-1.4\n1 0 obj\n<< >>\nendobj\ntrailer\n<< >>\n%%EOF\n"
local compound = "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1" .. ("\0"):rep(16) .. "\x3E\0\3\0\xFE\xFF\9\0"
  .. ("\0"):rep(12) .. "\1\0\0\0\1\0\0\0" .. ("\0"):rep(24) .. "\2\0\0\0" .. ("\xFF"):rep(432)
  .. ("x"):rep(2048)
local page, binary <const> = "text/html; charset=utf-8", "application/octet-stream"

-- Bodies that come for documents: {name, listed size, body, Content-Type, message or checked,
-- unchecked}.
local refused = {
  { "Plan.docx", 50000, login, page, "a page of HTML came instead of \"Plan.docx\"" },
  { "Plan.docx", 50000, login, binary, "a page of HTML came instead" },
  { "photo.jpg", 40, login, binary, "a page of HTML came instead" },
  { "notes.one", 400, login, binary, "a page of HTML came instead" },
  { "Plan.docx", 50000, sorry, "application/json", "JSON came instead of \"Plan.docx\"" },
  { "movie.mp4", 50000, "\xEF\xBB\xBF [ {}]", binary, "JSON came instead" },
  { "movie.mp4", 50000, "Sign in", page, "something called text/html came instead" },
  { "Plan.docx", 50000, "", binary, "nothing came of \"Plan.docx\", which has 50000 bytes" },
  { "index.html", 50000, login, page, #login .. " bytes came of \"index.html\", which has 50000" },
  { "data.json", 5, sorry, "application/json", "of \"data.json\", which has 5" },
  { "Home.aspx", 300, login, page, "bytes came of \"Home.aspx\", which has 300" },
  { "letter.pdf", 2 * #pdf, pdf, binary, #pdf .. " bytes came of \"letter.pdf\", which has" },
  { "letter.pdf", #pdf // 2, pdf, binary, "bytes came of \"letter.pdf\", which has" },
  { "letter", 7, "6 byte", binary, "6 bytes came of \"letter\", which has 7" },
  -- Office files are rewritten, but not cut, and not made ten thousand times as large.
  { "Plan.docx", 1000, archive:sub(1, -30), binary, "bytes came of \"Plan.docx\"" },
  { "Plan.docx", 20, archive .. ("x"):rep(200000), binary, "which has 20" },
  { "Plan.docx", 10000000, archive, binary, "which has 10000000" },
  { "Plan.doc", 4000, compound:sub(1, 900), binary, "900 bytes came of \"Plan.doc\"" },
}
local kept = {
  { "letter.pdf", #pdf, pdf, binary, "size" },
  { "index.html", #login, login, page, "size" },
  { "data.json", #sorry, sorry, "application/json", "size" },
  { "empty.txt", 0, "", binary, "size" },
  { "Plan.docx", #archive, archive, binary, "size" },
  -- Excel itself reads pages of HTML that are called so.
  { "Plan.xls", #login, login, binary, "size" },
  { "Plan.docx", #archive - 20, archive, binary, "zip", "its size: " .. #archive
    .. " bytes came, " .. #archive - 20 .. " are listed, and SharePoint rewrites such files" },
  { "Secret.DOCX", #compound + 100, compound, binary, nil, "its size: " },
  { "Plan.doc", #compound - 100, compound, binary, nil, "its size: " },
  { "Notes.one", 100, "\xE4\x52\x5C\x7B one", binary, nil, "its size: " },
}

-- A recorder that lists one document and sends something for it.
local function server_of(name, size, body, type, record)
  return recording.start {
    { path = "/%x+%-%x+%-%x+%-%x+%-%x+$", body = record or {
      id = recording.id(3), name = name, size = size, sizeBytes = size, fileType = "File",
      modificationTime = "2024-05-06T07:08:09.1234567Z",
      lastModifiedTime = "2024-05-06T07:08:09.1234567Z",
    } },
    { method = "POST", path = "RestoreSessions", bytes = body, type = type },
  }
end

local id = recording.id
-- Everything that is saved as it is.
local things = {
  ["a OneDrive's document"] = function(session) return session:onedrive(id(1)):document(id(3)) end,
  ["a site's document"] = function(session) return session:site(id(1)):document(id(3)) end,
  ["a list's attachment"] = function(session)
    return session:site(id(1)):item(id(2)):attachment(id(3))
  end,
  ["a team's file"] = function(session)
    return session:team(id(1)):channel(id(2)):file(id(3))
  end,
}
local lacks = { ["a team's file"] = { v2 = true, v3 = true } }

local function save_with(server, version, thing, options)
  local client <close> = server.connect(version)
  local session = client:session(id(9))
  local target = things[thing](session)
  return vbo.try(target.save, target, options)
end

describe("what comes for a document", function()
  for _, case in ipairs(refused) do
    local name, size, body, type, message = table.unpack(case)
    it(("is refused: %s, of %d bytes listed, as %s"):format(name, size, message), function()
      local server <close> = setmetatable(server_of(name, size, body, type),
        { __close = function(self) self.stop() end })
      for _, thing in ipairs { "a OneDrive's document", "a site's document" } do
        local to = new_path()
        local saved, err = save_with(server, "v8", thing, { to = to })
        assert.is_nil(saved)
        assert.equal("integrity", err.kind)
        assert.matches(message, err.message, 1, true)
        assert.matches("check = false", err.hint, 1, true)
        assert.is_nil(core.stat(to))
      end
      local to = new_path()
      local saved = assert(save_with(server, "v8", "a site's document", { to = to, check = false }))
      assert.is_nil(saved.checked)
      assert.equal(body, content(to))
    end)
  end

  for _, case in ipairs(kept) do
    local name, size, body, type, checked, unchecked = table.unpack(case, 1, 6)
    it(("is kept: %s, %d bytes of %d"):format(name, #body, size), function()
      local server <close> = setmetatable(server_of(name, size, body, type),
        { __close = function(self) self.stop() end })
      local to = new_path()
      local saved = assert(save_with(server, "v8", "a OneDrive's document", { to = to }))
      assert.equal(checked, saved.checked)
      if unchecked then
        assert.matches(unchecked, saved.unchecked, 1, true)
      else
        assert.is_nil(saved.unchecked)
      end
      assert.equal(body, content(to))
    end)
  end

  for thing in pairs(things) do
    it(("is refused or kept by its size for %s in every version"):format(thing), function()
      local bad <close> = setmetatable(server_of("Plan.pptx", 50000, login, page),
        { __close = function(self) self.stop() end })
      local good <close> = setmetatable(server_of("Plan.pptx", 7, "content", binary),
        { __close = function(self) self.stop() end })
      for _, version in ipairs(versions.distinct) do
        if not (lacks[thing] and lacks[thing][version]) then
          local to = new_path()
          local saved, err = save_with(bad, version, thing, { to = to })
          assert.is_nil(saved, version)
          assert.equal("integrity", err.kind, version .. ": " .. tostring(err))
          assert.is_nil(core.stat(to))
          saved, err = save_with(good, version, thing, { to = to })
          assert.equal("size", saved and saved.checked, version .. ": " .. tostring(err))
        end
      end
    end)
  end

  it("is kept where the server lists no size, and the result says so", function()
    local server <close> = setmetatable(server_of(nil, nil, "content", binary, { id = id(3) }),
      { __close = function(self) self.stop() end })
    local saved = assert(save_with(server, "v8", "a OneDrive's document", { to = new_path() }))
    assert.is_nil(saved.checked)
    assert.equal("its size, which the server does not list", saved.unchecked)
  end)
end)

describe("what comes for other streams", function()
  local streams = {
    mailbox = function(session, to) return session:mailbox(id(1)):export { to = to } end,
    message = function(session, to) return session:mailbox(id(1)):item(id(2)):save { to = to } end,
    messages = function(session, to)
      local mailbox = session:mailbox(id(1))
      return mailbox:items { id(2), id(3) }:save { to = to }
    end,
    drive = function(session, to) return session:onedrive(id(1)):save { to = to } end,
    library = function(session, to) return session:site(id(1)):library(id(2)):save { to = to } end,
    posts = function(session, to)
      return session:team(id(1)):channel(id(2)):posts():export { to = to }
    end,
    post = function(session, to)
      return session:team(id(1)):channel(id(2)):post(7):save { to = to }
    end,
    report = function(session, to)
      return session._client:report("mailbox_protection", { to = to, format = "pdf" })
    end,
    table = function(session, to)
      return session._client:report("license_overview", { to = to, format = "csv",
        start_time = "2026-01-01T00:00:00Z", end_time = "2026-02-01T00:00:00Z" })
    end,
    ["a call of v8"] = function(session, to)
      return session._client:call("ExchangeMailbox_ExportMailboxToPstAction",
        { restoreSessionId = id(9), mailboxId = id(1), body = {} }, { to = to })
    end,
  }
  local since = { drive = 2, library = 2, posts = 5, post = 5, report = 3, table = 3,
    ["a call of v8"] = 8 }

  for body, type in pairs { [login] = page, [sorry] = "application/json", [""] = binary,
    ["<html><title>502 Bad Gateway</title>"] = binary } do
    it(("is refused: %q"):format(body:sub(1, 20)), function()
      local server <close> = setmetatable(recording.start {
        { method = "POST", path = "RestoreSessions", body = body, type = type },
        { method = "POST", path = "Reports", body = body, type = type },
      }, { __close = function(self) self.stop() end })
      for _, version in ipairs { "v1", table.unpack(versions.distinct) } do
        local client <close> = server.connect(version)
        for name, save in pairs(streams) do
          -- An export is HTML itself: a page that asks for no password may be one.
          local own = name == "posts" and body:find "Gateway"
          if tonumber(version:sub(2)) >= (since[name] or 1) and not own then
            local to = new_path()
            local err = failure(save, client:session(id(9)), to)
            assert.equal("integrity", err.kind, ("%s, %s: %s"):format(version, name, tostring(err)))
            assert.is_nil(core.stat(to))
          end
        end
      end
    end)
  end

  it("is kept: reports and exports", function()
    for name, case in pairs {
      report = { pdf, "pdf" }, table = { "a,b\r\n1,2\r\n", "csv" },
      posts = { "<html><p>use type=\"password\" &lt;input&gt;</p></html>", "html" },
    } do
      local server <close> = setmetatable(recording.start {
        { method = "POST", path = ".", body = case[1], type = binary },
      }, { __close = function(self) self.stop() end })
      local client <close> = server.connect "v8"
      local saved = streams[name](client:session(id(9)), new_path())
      assert.equal(case[2], saved.checked)
    end
  end)

  it("is refused where a report is cut short", function()
    local server <close> = setmetatable(recording.start {
      { method = "POST", path = ".", body = pdf:sub(1, -8), type = binary },
    }, { __close = function(self) self.stop() end })
    local client <close> = server.connect "v8"
    assert.matches("its end is missing",
      failure(streams.report, client:session(id(9)), new_path()).message)
  end)
end)

describe("a saved document", function()
  local function modified(path)
    return tonumber((program.run("date -r " .. quoted(path) .. " +%s")))
  end

  it("has its own modification time", function()
    local server <close> = setmetatable(server_of("Plan.docx", 7, "content", binary),
      { __close = function(self) self.stop() end })
    for thing in pairs(things) do
      local to = new_path()
      local saved = assert(save_with(server, "v8", thing, { to = to }))
      if thing ~= "a list's attachment" then
        assert.equal("2024-05-06T07:08:09Z", saved.modified, thing)
        assert.equal(1714979289, modified(to), thing)
      end
    end
    local to = new_path()
    local before = os.time()
    local saved = assert(save_with(server, "v8", "a OneDrive's document",
      { to = to, preserve_time = false }))
    assert.equal("2024-05-06T07:08:09Z", saved.modified)
    assert.is_true(modified(to) >= before - 1)
  end)

  it("has none where the server has none", function()
    for _, date in ipairs { "0001-01-01T00:00:00", "9999-12-31T23:59:59.9999999", "soon" } do
      local server <close> = setmetatable(server_of(nil, nil, "content", binary,
        { id = id(3), name = "a", sizeBytes = 7, modificationTime = date }),
        { __close = function(self) self.stop() end })
      local to, before = new_path(), os.time()
      local saved = assert(save_with(server, "v8", "a OneDrive's document", { to = to }))
      assert.is_nil(saved.modified)
      assert.is_true(modified(to) >= before - 1)
    end
  end)
end)

describe("a set of documents", function()
  local sim, client, session, drive, folder

  setup(function()
    local world = base .. "/world"
    local at = world .. "/drives/maja@north.example"
    assert(os.execute(("mkdir -p %s %s"):format(quoted(at .. "/.vscode"),
      quoted(at .. "/a: b/deeper"))))
    for _, name in ipairs { ".gitignore", ".vscode/settings.json", "CON.txt", "what?.txt",
        "plain.txt", "a: b/deeper/x.txt", "a: b/y|z.txt" } do
      local file <close> = assert(io.open(at .. "/" .. name, "wb"))
      file:write("the content of " .. name)
    end
    assert(os.execute("touch -d 2023-02-03T04:05:06Z " .. quoted(at .. "/plain.txt")))
    sim = program.sim("--world " .. quoted(world))
    client = vbo.connect(program.settings(sim, "v8"))
    session = client:organizations():one():explore { workload = "onedrive" }
    drive = session:onedrive "maja@north.example"
    folder = base .. "/set"
  end)
  teardown(function()
    session:close()
    client:close()
    sim.stop()
  end)

  it("keeps names, or tells the true ones", function()
    local saved = drive:save { zip = false, to = folder, manifest = true }
    local told, listed = {}, {}
    for _, each in ipairs(saved) do
      told[each.path:sub(#folder + 2)] = { each.original_name, each.original_folders }
    end
    local expected = {
      [".gitignore"] = {}, [".vscode/settings.json"] = {}, ["_CON.txt"] = { "CON.txt" },
      ["what_.txt"] = { "what?.txt" }, ["plain.txt"] = {},
      ["a_ b/deeper/x.txt"] = { nil, { "a: b", "deeper" } },
      ["a_ b/y_z.txt"] = { "y|z.txt", { "a: b" } },
    }
    assert.same(expected, told)
    for _, entry in ipairs(assert(json.decode(content(folder .. "/manifest.json"))).files) do
      listed[entry.path] = { entry.original_name,
        entry.original_folders and { table.unpack(entry.original_folders) } }
    end
    assert.same(expected, listed)
    for _, each in ipairs(saved) do assert.equal("size", each.checked) end
    assert.is_true(vbo.verify(folder, { deep = true }).ok)
  end)

  it("has the times of its documents, or of now", function()
    local one, other = new_path(), new_path()
    drive:save { zip = false, to = one }
    assert.equal(1675397106, tonumber((program.run("date -r " .. quoted(one .. "/plain.txt")
      .. " +%s"))))
    local before = os.time()
    drive:save { zip = false, to = other, preserve_time = false }
    assert.is_true(tonumber((program.run("date -r " .. quoted(other .. "/plain.txt")
      .. " +%s"))) >= before - 1)
  end)

  it("tells the name of one that is saved into a folder", function()
    local to = new_path() .. "/"
    local saved = drive:document "what?.txt":save { to = to }
    assert.equal(to .. "what_.txt", saved.path)
    assert.equal("what?.txt", saved.original_name)
    saved = drive:document "what?.txt":save { to = to, zip = true }
    assert.equal(to .. "what_.txt.zip", saved.path)
    assert.equal("what?.txt", saved.original_name)
    saved = drive:document "plain.txt":save { to = to }
    assert.is_nil(saved.original_name)
    saved = drive:document "plain.txt":save { to = to .. "mine" }
    assert.is_nil(saved.original_name)
  end)
end)
