-- Runs the examples as a reader would run them.  pages_spec.lua runs those of the pages.

local program = require "spec.support.program"
local rehearsal = require "spec.support.rehearsal"

local quoted = program.quoted

describe("the examples", function()
  local server, folder, remove

  setup(function()
    server = rehearsal.start()
    folder, remove = program.folder()
  end)

  teardown(function()
    server.stop()
    remove()
  end)

  before_each(function() server.reset() end)

  local function run(command)
    local where = server.settings()
    return program.run(("cd %s; VBO_HOST=%s VBO_USER=%s VBO_PASSWORD=%s VBO_PIN=%s %s"):format(
      quoted(folder), where.url, where.user, where.password, where.pin, command))
  end

  it("lists the exit statuses of the core on the page about runbooks", function()
    local text = rehearsal.content "docs/runbooks.md"
    for kind, status in pairs(require("vbo.core").kinds) do
      local found = text:match("| (%d+) | `" .. kind .. "`")
        or text:match("| ([%d, ]+) | [^|]*`" .. kind .. "`")
      assert.is_truthy(found, kind)
      assert.is_truthy(found:find(tostring(status), 1, true), kind)
    end
  end)

  local root = program.run("pwd"):gsub("\n", "")

  it("runs examples/onedrive_rollback.lua", function()
    local output, status = run(("%s %s/examples/onedrive_rollback.lua"):format(
      program.vbolua, root))
    assert.equal(0, status, output)
    assert.matches("6 documents in Aurora", output)
    assert.matches("saved Aurora/Plan.docx %(%d+ bytes, SHA%-256 %x+%)", output)
    assert.matches("failed 0 of", output)
    assert.equal(0, select(2, program.run("unzip -tqq " .. folder .. "/Documents.zip")))
    local restored = {}
    for _, change in ipairs(server.changes()) do restored[change.path] = change.how end
    -- The plan's good version goes over the encrypted one; the mail list was not touched.
    assert.is_string(restored["Documents/Projects/Aurora/Plan.docx"])
  end)

  it("runs examples/single_mail.lua", function()
    local output, status = run(("%s %s/examples/single_mail.lua"):format(program.vbolua, root))
    assert.equal(0, status, output)
    assert.matches('found "Signed contract Aurora"', output)
    assert.matches("restored 1", output)
    local saved = rehearsal.content(folder .. "/Signed contract Aurora.msg")
    assert.equal("\xD0\xCF\x11\xE0", saved:sub(1, 4))
    assert.equal("Inbox/Signed contract Aurora", server.changes()[1].path)
  end)

  it("runs examples/ransomware.lua", function()
    local output, status = run(("%s %s/examples/ransomware.lua"):format(program.vbolua, root))
    assert.equal(0, status, output)
    assert.matches("hit between 2026%-11%-19T03:14:22Z and 2026%-11%-19T04:40:50Z", output)
    assert.matches("38 files end in .locked now", output, 1, true)
    for name, counts in pairs { ["Alice Example"] = { 9, 3, 12 }, ["Jürgen Müller"] = { 1, 1, 2 },
      ["王小明"] = { 1, 0, 1 }, ["田中 由紀"] = { 9, 4, 13 } } do
      local line = ("%s: %d renamed, %d overwritten: %d restored, 0 as they were"):format(name,
        table.unpack(counts))
      assert.is_truthy(output:find(line, 1, true), line .. " in\n" .. output)
    end
    assert.matches("6 of 17 OneDrives were hit", output)
    assert.equal(54, #server.changes())
    local left = rehearsal.content(folder .. "/left-by-the-attack.txt")
    assert.equal(67, select(2, left:gsub("\n", "")))
    assert.matches("\nAlice Example: Budget.xlsx.locked\n", left, 1, true)
    -- A file that is clean by then is not restored.
    output, status = run(("%s %s/examples/ransomware.lua 2026-11-19T22:00:00Z"):format(
      program.vbolua, root))
    assert.equal(0, status, output)
    assert.matches("nothing of contoso.onmicrosoft.com was locked", output)
    assert.equal(54, #server.changes())
  end)

  it("runs examples/mass_save.lua", function()
    local to = folder .. "/everybody"
    local command = ("%s %s/examples/mass_save.lua %s"):format(program.vbolua, root, quoted(to))
    local output, status = run(command)
    assert.equal(0, status, output)
    assert.matches("16 of 17 OneDrives saved", output)
    output, status = program.run(("%s verify --deep %s"):format(program.vbolua, quoted(to)))
    assert.equal(0, status, output)
    local sums = "cd %s; sha256sum --check --quiet SHA256SUMS"
    assert.equal(0, select(2, program.run(sums:format(quoted(to)))))
    -- A second run finds everything there, says so, and touches nothing.
    output, status = run(command)
    assert.equal(1, status)
    assert.matches("0 of 17 OneDrives saved", output)
    assert.matches("Bob Builder\tthe file exists already", output)
    assert.equal(0, select(2, program.run(("%s verify %s"):format(program.vbolua, quoted(to)))))
  end)

  -- The demo runs once for all that is looked for in its output.
  local output, status
  local function demo()
    if not output then
      output, status = program.run(("VBOLUA=%s examples/demo.sh %s/demo"):format(
        program.vbolua, folder))
    end
    return output, status
  end

  it("runs examples/demo.sh", function()
    demo()
    assert.equal(0, status, output)
    assert.matches("SHA%-256 %x+\n", output)
    assert.matches("onedrive: alice@contoso.com", output)
    assert.matches("Alice Example: 9 renamed, 3 overwritten: 0 restored, 12 as they were", output)
    assert.matches("6 of 17 OneDrives were hit", output)
    assert.matches("16 of 17 OneDrives saved", output)
    assert.matches("all: 16 files, .* all as saved", output)
    assert.matches("%d+ changes in production", output)
  end)

  it("kills a run in examples/demo.sh, and resumes it without a second copy", function()
    local before, after = demo():match "killed; the journal knows:\n(.*)and it goes on:\n(.*)"
    assert.matches("hand_over.lua +%S+ +1 +0 +1 +0 +died\n", before)
    assert.matches("resuming %S+ %(died, 1 done, 0 failed, 1 unknown, 0 left%)\n"
      .. "alice@contoso.com +2 documents copied\nbob@contoso.com +2 documents copied\n"
      .. "juergen.mueller@contoso.com +2 documents copied\n", after)
    assert.matches("hand_over.lua +%S+ +3 +0 +0 +0 +ended\n", after)
    local copies = select(2, after:gsub("copied +created +From Erika Former/", ""))
    assert.equal(6, copies)
    assert.is_nil(after:find("From Erika Former[^\n]*%(1%)"))
  end)
end)
