-- Manifests of saved files, and `vbolua verify`.

local core = require "vbo.core"
local json = require "vbo.base.json"
local manifest = require "vbo.model.manifest"
local program = require "spec.support.program"
local rehearsal = require "spec.support.rehearsal"
local vbo = require "vbo"

local failure = rehearsal.failure
local content = rehearsal.content

local base, remove
local number = 0

setup(function() base, remove = program.folder() end)
teardown(function() remove() end)

local function write(path, bytes)
  local written = assert(core.write(path, bytes, { overwrite = true }))
  return { path = path, size = written.size, sha256 = written.sha256 }
end

-- A folder of its own for each test, with files of these contents and a manifest of them.
local function folder_of(files)
  number = number + 1
  local folder = base .. "/" .. number
  assert(core.mkdir(folder))
  local list <close> = vbo.manifest(folder)
  for name, bytes in pairs(files or {}) do
    local inside = name:match "^(.*)/"
    if inside then assert(core.mkdir(folder .. "/" .. inside)) end
    list:add(write(folder .. "/" .. name, bytes))
  end
  return folder
end

local function sha256sum(folder)
  local text, status = program.run(("cd %s && sha256sum --check --strict SHA256SUMS 2>&1")
    :format(program.quoted(folder)))
  return status, text
end

local function verify(...)
  local words = {}
  for i, word in ipairs { ... } do words[i] = program.quoted(word) end
  return program.run(program.vbolua .. " verify " .. table.concat(words, " "))
end

local odd = "a\\b\nc\rd  e"

describe("a manifest", function()
  it("is what sha256sum reads, whatever the names", function()
    local folder = folder_of { ["b.txt"] = "b", ["a b"] = "", ["sub/ü"] = "x", [odd] = "odd" }
    assert.equal("3e23e8160039594a33894f6564e1b1348bbd7a0088d42c4acb73eeaed59c009d  b.txt",
      content(folder .. "/SHA256SUMS"):match "[^\n]*b%.txt")
    assert.is_truthy(content(folder .. "/SHA256SUMS"):find("\n\\%x+  a\\\\b\\nc\\rd  e\n")
      or content(folder .. "/SHA256SUMS"):find("^\\%x+  a\\\\b\\nc\\rd  e\n"))
    local status, text = sha256sum(folder)
    assert.equal(0, status, text)
    assert.equal(4, select(2, text:gsub("OK", "")))
  end)

  it("is read as sha256sum writes it", function()
    local folder = base .. "/foreign"
    assert(core.mkdir(folder))
    write(folder .. "/" .. odd, "1")
    write(folder .. "/plain", "2")
    assert.equal(0, select(2, program.run(
      ("cd %s && sha256sum -- * >../sums && mv ../sums SHA256SUMS"):format(folder))))
    assert.is_true(vbo.verify(folder).ok)
    write(folder .. "/" .. odd, "changed")
    assert.same({ odd }, vbo.verify(folder).changed)
  end)

  describe("of another program", function()
    local hashes = {
      ["a.txt"] = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824",
      ["b (1).txt"] = "486ea46224d1bb4fb680f34f7c9ad96a8f24ec88be73ea8e5a6c65260e9cb8a7",
    }
    local a, b = hashes["a.txt"], hashes["b (1).txt"]

    local function folder_with(sums)
      local folder = folder_of()
      write(folder .. "/a.txt", "hello")
      write(folder .. "/b (1).txt", "world")
      write(folder .. "/SHA256SUMS", sums)
      return folder
    end

    for title, sums in pairs {
      ["sha256sum --tag"] = ("SHA256 (a.txt) = %s\nSHA256 (b (1).txt) = %s\n"):format(a, b),
      ["openssl dgst"] = ("SHA256(a.txt)= %s\nSHA2-256(b (1).txt)= %s\n"):format(a, b),
      ["sha256 -r"] = ("%s a.txt\n%s b (1).txt\n"):format(a, b),
      ["sha256sum --binary"] = ("%s *a.txt\n%s *b (1).txt\n"):format(a, b),
      ["sha256sum --zero"] = ("%s  a.txt\0%s  b (1).txt\0"):format(a, b),
      ["a program of Windows"] = ("\xEF\xBB\xBF%s  a.txt\r\n\r\n# all\r\n%s  ./b (1).txt\r\n")
        :format(a:upper(), b:upper()),
      ["several"] = ("SHA256 (a.txt) = %s\n%s *b (1).txt"):format(a:upper(), b),
    } do
      it("is read as " .. title .. " writes it", function()
        local folder = folder_with(sums)
        local read = manifest.read(folder)
        assert.equal(a, read["a.txt"].sha256)
        assert.equal(b, read["b (1).txt"].sha256)
        local report = vbo.verify(folder)
        assert.is_true(report.ok)
        assert.equal(2, report.count)
        write(folder .. "/a.txt", "hallo")
        assert.same({ "a.txt" }, { table.unpack(vbo.verify(folder).changed) })
      end)
    end

    it("is read with escaped names in both forms", function()
      local folder = base .. "/tagged"
      assert(core.mkdir(folder))
      write(folder .. "/" .. odd, "1")
      for _, how in ipairs { "--tag", "--binary" } do
        assert.equal(0, select(2, program.run(("cd %s && sha256sum %s -- a* >../sums && "
          .. "mv ../sums SHA256SUMS"):format(program.quoted(folder), how))))
        assert.matches("^\\", content(folder .. "/SHA256SUMS"))
        assert.is_true(vbo.verify(folder).ok)
      end
    end)

    for line, other in pairs {
      ["MD5 (a.txt) = 5d41402abc4b2a76b9719d911017c592"] = "MD5",
      ["5d41402abc4b2a76b9719d911017c592  a.txt"] = "MD5",
      [("f"):rep(40) .. "  a.txt"] = "SHA-1",
      ["SHA512 (a.txt) = " .. ("0"):rep(128)] = "SHA512",
      [("0"):rep(128) .. " *a.txt"] = "SHA-512",
      ["BLAKE2b (a.txt) = " .. ("0"):rep(128)] = "BLAKE2b",
      ["SHA512/256 (a.txt) = " .. ("0"):rep(64)] = "SHA512/256",
    } do
      it("is named where it holds " .. line:sub(1, 24), function()
        local err = failure(vbo.verify, folder_with(a .. "  a.txt\n" .. line .. "\n"))
        assert.equal("integrity", err.kind)
        assert.matches("line 2 holds " .. other .. "; only SHA-256 is read", err.message, 1, true)
      end)
    end

    it("quotes a line that holds no SHA-256", function()
      for _, line in ipairs { "no sum", ("f"):rep(63) .. "  a.txt" } do
        local err = failure(vbo.verify, folder_with(line .. "\n"))
        assert.equal("integrity", err.kind)
        assert.matches('line 1 must hold a SHA-256 and a file name, got "' .. line:sub(1, 60),
          err.message, 1, true)
      end
    end)
  end)

  it("says more in JSON", function()
    local folder = folder_of { a = "12345" }
    local list = vbo.manifest(folder)
    local saved = write(folder .. "/b.zip", "")
    saved.checked = "zip"
    list:add(saved):write()
    local data = assert(json.decode(content(folder .. "/manifest.json")))
    assert.equal(1, data.version)
    assert.equal("vbolua " .. vbo.version, data.tool)
    assert.same({ "a", "b.zip" }, { data.files[1].path, data.files[2].path })
    assert.equal(5, data.files[1].size)
    assert.equal("zip", data.files[2].checked)
    assert.matches("^%d%d%d%d%-%d%d%-%d%dT.*Z$", data.files[1].saved_at)
  end)

  it("keeps what it said of other files, and forgets what a file was", function()
    local folder = folder_of { a = "1", b = "2" }
    local list = vbo.manifest(folder)
    list:add(write(folder .. "/b", "new")):add { write(folder .. "/c", "3") }
    list:write()
    assert.equal(3, select(2, content(folder .. "/SHA256SUMS"):gsub("\n", "")))
    assert.equal(0, (sha256sum(folder)))
    list:close() -- nothing is left to be written
    assert.is_true(vbo.verify(folder).ok)
  end)

  it("is written when an error ends the block, and does not hide it", function()
    local folder = folder_of()
    local ok, err = pcall(function()
      local list <close> = vbo.manifest(folder)
      list:add(write(folder .. "/a", "1"))
      error "the error"
    end)
    assert.is_false(ok)
    assert.matches("the error", err)
    assert.equal(0, (sha256sum(folder)))
  end)

  it("refuses files outside its folder, files without a hash, and its own files", function()
    local folder = folder_of { a = "1" }
    local list = vbo.manifest(folder)
    assert.equal("usage", failure(list.add, list, { path = "/etc/passwd", sha256 = ("0"):rep(64) })
      .kind)
    assert.matches("sha256 = false",
      failure(list.add, list, { path = folder .. "/a" }).hint)
    assert.equal("usage", failure(vbo.manifest, nil).kind)
    for _, name in ipairs { "SHA256SUMS", "manifest.json", "Manifest.JSON" } do
      assert.equal("usage", failure(list.add, list, { path = folder .. "/" .. name,
        sha256 = ("0"):rep(64) }).kind)
    end
    assert.equal(folder .. "/none/deeper", vbo.manifest(folder .. "/none/deeper/").folder)
    assert.equal("disk", failure(vbo.manifest, "/proc/none").kind)
  end)

  it("is not trusted when it is broken", function()
    for name, text in pairs {
      SHA256SUMS = "no hash  a\n", ["manifest.json"] = "{",
    } do
      local folder = folder_of { a = "1" }
      write(folder .. "/" .. name, text)
      local err = failure(vbo.verify, folder)
      assert.is_truthy(err.kind == "integrity" or err.kind == "protocol", err.kind)
    end
    local hash = ("0"):rep(64)
    for _, name in ipairs { "/etc/passwd", "../up", "a/../../up", "" } do
      local folder = folder_of()
      write(folder .. "/SHA256SUMS", hash .. "  " .. name .. "\n")
      assert.equal("integrity", failure(vbo.verify, folder).kind)
    end
    local folder = folder_of { a = "1" }
    write(folder .. "/SHA256SUMS", hash .. "  a\n")
    assert.matches("do not agree about a", failure(vbo.verify, folder).message)
  end)
end)

describe("vbolua verify", function()
  it("is content with what is as it was", function()
    local folder = folder_of { a = "1", ["sub/b"] = "22" }
    local text, status = verify(folder)
    assert.equal(folder .. ": 2 files, 0.0 MiB, all as saved\n", text)
    assert.equal(0, status)
    assert.equal("", (verify("--quiet", folder .. "/")))
    assert.equal(0, select(2, verify(folder .. "/a", folder .. "/SHA256SUMS")))
  end)

  it("names what differs", function()
    local folder = folder_of { a = "1", b = "2", c = "3", ["sub/d"] = "4" }
    os.remove(folder .. "/a")
    write(folder .. "/b", "two")
    write(folder .. "/sub/new", "5")
    local text, status = verify(folder)
    assert.equal(([[
missing   F/a
changed   F/b
extra     F/sub/new
F: 4 files, 0.0 MiB, 2 differ
]]):gsub("F/", folder .. "/"):gsub("F:", folder .. ":"), (text))
    assert.equal(core.kinds.integrity, status)
    text, status = verify("--json", folder)
    local report = assert(json.decode(text))
    assert.equal(12, status)
    assert.is_false(report.ok)
    assert.same({ "a" }, { table.unpack(report.missing) })
    assert.same({ "sub/new" }, { table.unpack(report.extra) })
    assert.equal(0, #report.broken)
    assert.equal(0, select(2, verify(folder .. "/c")))
    assert.equal(12, select(2, verify(folder .. "/c", folder .. "/b")))
  end)

  it("counts extra files only when it is strict", function()
    local folder = folder_of { a = "1" }
    write(folder .. "/x", "")
    assert.equal(0, select(2, verify(folder)))
    assert.equal(12, select(2, verify("--strict", folder)))
  end)

  it("looks into files with --deep", function()
    -- Named as archives, and hashed as they are: only a look inside shows it.
    local folder = folder_of {
      ["a.zip"] = "PK\3\4 and no more", ["b.pst"] = "text", ["c.txt"] = "",
    }
    assert.equal(0, select(2, verify(folder)))
    local text, status = verify("--deep", folder)
    assert.equal(12, status)
    assert.matches("broken    [^\n]*/a%.zip: the archive is cut short", text)
    assert.matches("broken    [^\n]*/b%.pst: this is not a PST file", text)
    assert.matches("2 differ", text)
  end)

  it("says that there is no manifest, folder, or word", function()
    local folder = folder_of()
    assert.equal(core.kinds.not_found, select(2, verify(folder)))
    local text, status = verify(folder .. "/none/x")
    assert.equal(core.kinds.not_found, status)
    assert.matches("there is no [^\n]*/none/x, and no manifest in [^\n]*/none that names it", text)
    assert.equal(core.kinds.usage, select(2, verify()))
    assert.equal(core.kinds.usage, select(2, verify("--depe", folder)))
    assert.matches("^usage: vbolua verify", (verify "--help"))
  end)

  it("does not let names into the terminal", function()
    local folder = folder_of { ["\27[2Jx"] = "1" }
    os.remove(folder .. "/\27[2Jx")
    assert.is_nil((verify(folder)):find("\27", 1, true))
  end)
end)

describe("saves", function()
  local server, client, session, drive

  setup(function()
    server = rehearsal.start()
    client = server.connect "v8"
    session = client:organization(rehearsal.organization):explore {
      workload = "onedrive", at = rehearsal.before,
    }
    drive = session:onedrive "alice@contoso.com"
  end)

  teardown(function()
    session:close()
    client:close()
    server.stop()
  end)

  it("write a manifest of a set", function()
    local folder = base .. "/plain"
    local saved = drive:folder("Documents/Reports"):save {
      zip = false, to = folder, manifest = true, fsync = false,
    }
    assert.equal(0, (sha256sum(folder)))
    local report = vbo.verify(folder, { deep = true })
    assert.is_true(report.ok)
    assert.equal(#saved, report.count)
    assert.same({}, { table.unpack(report.extra) })
  end)

  it("write one of several, and add to it", function()
    local folder = base .. "/several"
    session:onedrives { drive, "bob@contoso.com" }:save { to = folder, manifest = true }
    drive:document("Documents/Projects/Borealis/Idea.md"):save {
      to = folder .. "/", manifest = true,
    }
    local report = vbo.verify(folder, { deep = true })
    assert.is_true(report.ok)
    assert.equal(3, report.count)
    assert.equal("zip", manifest.read(folder)["Alice Example.zip"].checked)
  end)

  it("add to one that a runbook made", function()
    local folder = base .. "/own"
    assert(core.mkdir(folder))
    do
      local list <close> = vbo.manifest(folder)
      drive:folder("Documents/Reports"):save { zip = false, to = folder .. "/r", manifest = list }
      assert.is_nil(core.stat(folder .. "/SHA256SUMS"))
    end
    assert.is_nil(core.stat(folder .. "/r/SHA256SUMS"))
    assert.is_true(vbo.verify(folder).ok)
    assert.is_truthy(manifest.read(folder)["r/Sales Q1.csv"])
  end)

  it("refuse a manifest without hashes, before anything is sent", function()
    local document = drive:document "Documents/Projects/Borealis/Idea.md"
    local err = failure(document.save, document, {
      to = base .. "/nothing", manifest = true, sha256 = false,
    })
    assert.equal("usage", err.kind)
    assert.is_nil(core.stat(base .. "/nothing"))
    err = failure(document.save, document, { to = base .. "/nothing", manifest = {} })
    assert.equal("usage", err.kind)
  end)
end)
