-- Names are compared as people compare them: whatever the case, the composition of the letters and
-- the locale.
-- Tests also vbo.model.by_name and vbo.model.candidates.

local core = require "vbo.core"
local filename = require "vbo.base.filename"
local nearest = require "vbo.base.nearest"
local program = require "spec.support.program"
local rehearsal = require "spec.support.rehearsal"
local versions = require "spec.support.versions"

local quoted = program.quoted

-- Decomposed, as a Mac stores them, and in other scripts.
local names = {
  "Übersicht.docx", "ÅRSRAPPORT.xlsx", "бюджет.xlsx", "u\u{308}bung/cafe\u{301}.doc", "plan.docx",
  "Straße.docx", "x².docx",
}

local function write(path, text)
  local file <close> = assert(io.open(path, "w"))
  file:write(text)
end

local function world_of(folder)
  local world = folder .. "/world"
  for i, name in ipairs(names) do
    local path = ("%s/drives/maja@north.example/%s"):format(world, name)
    assert(os.execute("mkdir -p " .. quoted(path:match "^(.*)/")))
    write(path, ("document %d"):format(i))
  end
  return world
end

describe("a name", function()
  it("is folded without regard to case and composition", function()
    for _, pair in ipairs {
      { "ÜBERSICHT", "u\u{308}bersicht" }, { "БЮДЖЕТ", "бюджет" }, { "STRASSE", "Straße" },
      { "ΟΔΟΣ", "οδος" }, { "ΟΔΟΣ", "οδος" }, { "ALICE@CONTOSO.COM", "alice@contoso.com" },
    } do
      assert.equal(core.fold(pair[1]), core.fold(pair[2]))
    end
    assert.not_equal(core.fold "x²", core.fold "x2")
    assert.equal("caf\xE9", core.fold "CAF\xE9")
  end)

  it("matches patterns by its characters", function()
    assert.is_true(core.matches("u\u{308}bersicht.docx", core.fold "Ü*.DOCX"))
    assert.is_true(core.matches("u\u{308}bung", core.fold "?BUNG"))
    assert.is_false(core.matches("übung", core.fold "u*"))
    assert.is_true(core.matches("caf\xE9", core.fold "CAF?"))
  end)

  it("is suggested by its characters", function()
    assert.equal("Übersicht", nearest("ubersicht", { "Plan", "Übersicht" }))
    assert.equal("Übersicht", nearest("U\u{308}BERSICHT", { "Plan", "Übersicht" }))
    -- Two of three letters differ, though only three bytes of six do.
    assert.is_nil(nearest("äöü", { "äßé" }))
  end)

  it("is used once as a file's, also where a file system folds it", function()
    local unique = filename.unique()
    assert.equal("Übung.txt", unique "Übung.txt")
    assert.equal("u\u{308}bung (2).txt", unique "u\u{308}bung.txt")
  end)

  -- string.lower and string.upper ask the locale, and know ASCII only.
  it("is lowered by no function that asks the locale", function()
    local found = {}
    for line in program.run([[grep -rnE '(:(lower|upper) *\(|string\.(lower|upper)\b)' lua ]]
        .. [[--include='*.lua' | grep -vE ': *--']]):gmatch "[^\n]+" do
      found[#found + 1] = line
    end
    assert.same({}, found)
  end)
end)

describe("names in a backup", function()
  local server, folder, remove

  setup(function()
    folder, remove = program.folder()
    server = rehearsal.start("--world " .. quoted(world_of(folder)))
  end)

  teardown(function()
    server.stop()
    remove()
  end)

  for _, version in ipairs(versions.with_newest("v2", "v5")) do
    it("are found however they are typed in " .. version, function()
      local client <close> = server.connect(version)
      local session <close> = client:organizations():one():explore { workload = "onedrive" }
      local drive = session:onedrive "MAJA@NORTH.EXAMPLE"
      local function found(conditions)
        local list = {}
        for document in drive:documents():where(conditions):each() do
          list[#list + 1] = document.name
        end
        table.sort(list)
        return list
      end
      assert.same({ "cafe\u{301}.doc" }, found { name = "CAFÉ.doc" })
      assert.same({ "plan.docx", "Übersicht.docx" },
        found { name = { "ÜBERSICHT.DOCX", "PLAN.docx" } })
      assert.same({ "ÅRSRAPPORT.xlsx", "бюджет.xlsx" },
        found { name = { "A\u{30A}rsrapport.xlsx", "БЮДЖЕТ.XLSX" } })
      assert.same({ "Straße.docx" }, found { name = "STRASSE.DOCX" })
      assert.same({ "Straße.docx" }, found { name = "stra?e.*" })
      assert.same({ "Übersicht.docx" }, found { name = "ü*" })
      assert.same({}, found { name = "x2.docx" })
      assert.equal("cafe\u{301}.doc", drive:document("ÜBUNG/CAFÉ.doc").name)
      assert.equal(1, drive:folder("Übung"):documents():count())
      assert.equal("бюджет.xlsx", drive:document("Бюджет.XLSX").name)
      assert.equal("Übersicht.docx",
        drive:documents({ "U\u{308}bersicht.docx" }):first().name)
    end)
  end
end)

describe("in a Turkish locale", function()
  local server, folder, remove, environment

  local has_locales = os.execute "localedef --version >/dev/null 2>&1"
    and os.execute "test -e /usr/share/i18n/locales/tr_TR"

  setup(function()
    folder, remove = program.folder()
    for _, charset in ipairs { "UTF-8", "ISO-8859-9" } do
      os.execute(("localedef -i tr_TR -f %s %s/tr_TR.%s 2>/dev/null"):format(charset,
        quoted(folder), charset))
    end
    server = rehearsal.start()
    -- glibc keeps what it made of LOCPATH, and sanitizers take that for a leak.
    environment = ('ASAN_OPTIONS="$ASAN_OPTIONS:detect_leaks=0" LOCPATH=%s VBO_HOST=%s '
      .. "VBO_USER=%s VBO_PASSWORD=%s VBO_PIN=%s"):format(
      quoted(folder), quoted(server.sim.listening), quoted(server.sim.user),
      quoted(server.sim.password), quoted(server.sim.fingerprint))
  end)

  teardown(function()
    server.stop()
    remove()
  end)

  local lines = {
    'c = require "vbo".connect { version = VERSION }',
    'print("GOT", c:organization("CONTOSO.ONMICROSOFT.COM").name)',
    's = c:organization("CONTOSO.ONMICROSOFT.COM"):explore { workload = "ONEDRIVE" }',
    'd = s:onedrive "ALICE@CONTOSO.COM"',
    'print("DRIVE", d.NAME, #d.ID > 30)',
    'print("IMAGES", d:folder("PICTURES"):documents():where { name = "IMG_001?.JPG" }:count())',
    's:close() c:close() os.exit()',
  }
  local wanted = {
    "GOT\tcontoso.onmicrosoft.com", "DRIVE\tAlice Example\ttrue", "IMAGES\t10",
  }

  -- A locale that a program around the module may have set.
  for _, charset in ipairs { "UTF-8", "ISO-8859-9" } do
    for _, version in ipairs(versions.with_newest "v2") do
      it(("a runbook finds names in capitals, %s, %s"):format(charset, version), function()
        if not has_locales then return pending "localedef or the locales' sources are missing" end
        write(folder .. "/runbook.lua", ("VERSION = %q\nassert(os.setlocale 'tr_TR.%s')\n%s\n")
          :format(version, charset, table.concat(lines, "\n")))
        local output, status = program.run(("%s %s %s"):format(environment, program.vbolua,
          quoted(folder .. "/runbook.lua")))
        assert.equal(table.concat(wanted, "\n") .. "\n", output)
        assert.equal(0, status)
      end)
    end
  end

  it("the REPL finds them, and Lua itself is as everywhere", function()
    if not has_locales then return pending "localedef or the locales' sources are missing" end
    write(folder .. "/keys", 'VERSION = "v8"\n' .. 'print("LUA", ("ID"):lower())\n'
      .. table.concat(lines, "\n") .. "\n")
    local output = program.run(("%s LC_ALL=tr_TR.UTF-8 TERM=dumb VBOLUA_HISTORY= "
      .. "timeout 120 script -qec %s /dev/null <%s"):format(environment, program.vbolua,
      quoted(folder .. "/keys")))
    for _, line in ipairs(wanted) do assert.is_truthy(output:find(line, 1, true), output) end
    assert.is_truthy(output:find("LUA\tid\r?\n"), output)
  end)
end)
