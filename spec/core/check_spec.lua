-- Checks that a save keeps only files of the expected format, and that saved files are read again.

local core = require "vbo.core"
local program = require "spec.support.program"

local archive = require "spec.support.archive"

local echo, folder, remove_folder

setup(function()
  echo = program.start(program.vbolua .. " spec/support/echo_server.lua", "fingerprint")
  folder, remove_folder = program.folder()
end)
teardown(function()
  echo.stop()
  remove_folder()
end)

--- Saves the bytes as they come back from a server; the transfer's results.
local function save(bytes, options)
  local engine <close> = assert(core.engine())
  local password <close> = assert(core.secret.new "right")
  local client <close> = assert(core.client(engine, { url = echo.url, api_version = "v8",
    user = "u", password = password, pin = echo.fingerprint }))
  options.method, options.path, options.body = "POST", "/v8/return", bytes
  options.sink, options.file, options.overwrite = "file", folder .. "/saved", true
  local started, refused = client:start(options)
  if not started then return nil, refused end
  local transfer <close> = started
  local ok, err = transfer:wait()
  if not ok then return nil, err end
  return { sha256 = transfer:sha256(), checked = table.pack(transfer:checked()) }
end

local function content(name)
  local file <close> = assert(io.open(folder .. "/" .. name, "rb"))
  return file:read "a"
end

describe("a saved file", function()
  it("is checked for the expected format", function()
    local saved = assert(save(archive, { check = "zip" }))
    assert.same({ "zip", n = 1 }, saved.checked)
    assert.equal(archive, content "saved")
    assert.same({ "zip", n = 1 }, assert(save(archive, { check = "pst|zip" })).checked)
    assert.same({ nil, n = 1 }, assert(save(archive, {})).checked)
  end)

  it("is not kept when it is broken, cut short, too long, or of another format", function()
    os.remove(folder .. "/saved")
    local changed = archive:sub(1, 40) .. "?" .. archive:sub(42)
    for bytes, message in pairs {
      [changed] = "the archive is broken: the packed data of \"a.txt\"",
      [archive:sub(1, -2)] = "the archive is cut short",
      [archive .. "\n"] = "there are bytes after the archive's end",
      ["{}"] = "this is not a ZIP archive",
    } do
      local saved, err = save(bytes, { check = "zip" })
      assert.is_nil(saved)
      assert.equal("integrity", err.kind)
      assert.equal(message, err.message:sub(1, #message))
      assert.same({}, core.list(folder))
    end
    assert.is_truthy(save(archive:sub(1, -2), {}))
  end)

  it("is kept when its replacement is broken", function()
    assert(save("old", {}))
    assert.is_nil(save(archive:sub(2), { check = "zip" }))
    assert.equal("old", content "saved")
  end)

  it("is not hashed with sha256 = false", function()
    local saved = assert(save(archive, { sha256 = false, check = "zip" }))
    assert.is_nil(saved.sha256)
    assert.equal("zip", saved.checked[1])
    assert.equal(64, #assert(save("x", {})).sha256)
  end)

  it("fails with an unknown check, and lists the known ones", function()
    local _, err = save(archive, { check = "rar" })
    assert.equal("usage", err.kind)
    assert.matches("\"rar\"; there are zip, pst, msg, eml, html, pdf, csv and document",
      err.message, 1, true)
  end)
end)

describe("core", function()
  it("checks and hashes an existing file", function()
    assert(core.write(folder .. "/a.zip", archive, { overwrite = true }))
    local found = assert(core.examine(folder .. "/a.zip", "zip"))
    assert.equal(#archive, found.size)
    assert.equal("zip", found.checked)
    assert.equal(program.run("openssl dgst -sha256 -r " .. folder .. "/a.zip"):sub(1, 64),
      found.sha256)
    assert.is_nil(assert(core.examine(folder .. "/a.zip")).checked)
    assert(core.write(folder .. "/a.zip", archive:sub(1, -2), { overwrite = true }))
    local _, err = core.examine(folder .. "/a.zip", "zip")
    assert.equal("integrity", err.kind)
    for path, kind in pairs { [folder] = "disk", [folder .. "/none"] = "not_found",
      ["/dev/null"] = "disk" } do
      _, err = core.examine(path)
      assert.equal(kind, err.kind)
      assert.matches(path, err.message, 1, true)
    end
  end)

  it("writes files that are whole or absent", function()
    local path = folder .. "/written"
    local written = assert(core.write(path, "one\n"))
    assert.same({ size = 4,
      sha256 = "2c8b08da5ce60398e1f19af0e5dccc744df274b826abe585eaba68c525434806" }, written)
    local _, err = core.write(path, "two\n")
    assert.equal("exists", err.kind)
    assert.equal("one\n", content "written")
    assert(core.write(path, "two\n", { overwrite = true, fsync = false }))
    assert.equal("two\n", content "written")
    _, err = core.write(folder .. "/none/x", "")
    assert.equal("disk", err.kind)
    assert.is_false(pcall(core.write, path, "", { sync = true }))
  end)

  it("lists folders", function()
    local inside = folder .. "/list"
    assert(core.mkdir(inside))
    assert(core.mkdir(inside .. "/sub"))
    assert(core.write(inside .. "/.hidden", ""))
    os.execute("ln -s sub " .. inside .. "/link")
    assert.same({ sub = "directory", [".hidden"] = "file", link = "other" }, core.list(inside))
    local _, err = core.list(inside .. "/none")
    assert.equal("not_found", err.kind)
  end)
end)
