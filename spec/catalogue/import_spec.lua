-- `vbolua catalogue`: a version that does not ship, imported from a server's own document.
-- Tests also vbo.catalogue.names, vbo.catalogue.openapi and vbo.catalogue.write.
-- Tests also vbo.cli.catalogue.

local catalogue = require "vbo.catalogue"
local common = require "vbo.catalogue.common"
local imported = require "vbo.catalogue.imported"
local json = require "vbo.base.json"
local literal = require "vbo.catalogue.literal"
local lookup = require "vbo.catalogue.lookup"
local program = require "spec.support.program"

local id = "61954db6-7278-4d26-86f7-888bda5a4ec4"
local quoted = program.quoted

local function has(text, part)
  assert(text:find(part, 1, true), ("no %q in:\n%s"):format(part, text))
end

local function read(path)
  local file <close> = assert(io.open(path, "rb"))
  return file:read "a"
end

local function write(path, text)
  local file <close> = assert(io.open(path, "wb"))
  assert(file:write(text))
end

local document = read "spec/fixtures/openapi_v9.json"

describe("an OpenAPI document", function()
  local known

  setup(function()
    local source, module = imported.make(document)
    assert(source, module)
    known = lookup.new(module)
  end)

  it("keeps the names of what older versions have, and its own ids beside", function()
    assert.same({ "token", "ServiceInstance_Get", "Job_Get", "Job_GetById", "Job_StartAction",
      "Job_Fly" }, known:names())
    assert.equal("Job_GetById", known:operation "Job_Fetch".name)
    assert.equal("v9", known.version)
    assert.equal("verb", known.dialect)
  end)

  it("gives all facts, those behind references too, and no prose", function()
    local source = imported.make(document)
    assert.is_nil(source:find("prose", 1, true))
    local fly = known:operation "job_fly"
    assert.equal("POST", fly.method)
    assert.equal("/v9/Jobs/{jobId}/fly", fly.path)
    assert.is_true(fly.change)
    assert.is_true(fly.body_required)
    assert.same({ name = "jobId", place = "path", required = true,
      schema = { type = "string", format = "uuid" } }, fly.parameters[1])
    assert.is_true(fly.body.properties.pilot.nullable)
    assert.equal("Job", fly.answer.schema.name)
    assert.is_true(known:operation "Job_Get".answer.page)
    assert.is_true(known:operation "token".anonymous)
    local _, err = known:check(fly, { jobId = id, body = { height = 0 } })
    assert.equal("body.height", err.property)
    local request = assert(known:check(fly, { jobId = id, body = { height = 3, speed = "fast" } }))
    assert.same({ height = 3, speed = "Fast" }, request.body)
  end)

  it("is refused when it is broken or hostile, saying why", function()
    local function path(text, more)
      return ('{"paths":{"/v9/A":{"get":%s}}%s}'):format(text, more or "")
    end
    for text, message in pairs {
      [""] = "not JSON: nothing at all",
      ["openapi: 3.0.1"] = "not JSON: something that no value begins with at byte 0",
      ["[1]"] = "it has no paths",
      ['{"swagger":"2.0","paths":{}}'] = "Swagger 2",
      ['{"paths":{}}'] = "without operations",
      ['{"paths":{"/A":{"get":{}}}}'] = "a path without its version",
      ['{"paths":{"/v9/A b":{"get":{}}}}'] = "a path must not have such characters",
      ['{"paths":{"/v9/A\\r\\nHost: x":{"get":{}}}}'] = "a path must not have such characters",
      ['{"paths":{"/v9/{x}":{"get":{}}}}'] = "nothing says what {x} is",
      ['{"paths":{"/v9/A":{"get":{"operationId":"a"},"put":{"operationId":"A"}}}}'] =
        "two operations are called",
      [path '{"parameters":[{"$ref":"#/components/parameters/X"}]}'] = "unknown $ref",
      [path '{"parameters":[{"name":"a b","in":"query"}]}'] = "a parameter called",
      [path '{"parameters":[{"in":"query"}]}'] = "a parameter called",
      [path('{"responses":{"200":{"content":{"application/json":{"schema":'
        .. '{"$ref":"#/components/schemas/X"}}}}}}')] = "refers to the schema X",
      [path('{}', ',"components":{"schemas":{"A b":{"type":"string"}}}')] = "a schema called",
      [path('{}', ',"components":{"schemas":{"A":{"allOf":[{"$ref":"#/components/schemas/A"},'
        .. '{"type":"object"}]}}}')] = "consists of itself",
      [path('{}', ',"components":{"schemas":{"A":{"allOf":[{"$ref":"#/components/schemas/B"},'
        .. '{"type":"object"}]}}}')] = "unknown schema B",
      [path('{}', ',"components":{"schemas":{"A":{"$ref":"x"}}}')] = "unknown $ref",
      [path('{}', ',"components":{"schemas":{"A":7}}')] = "not laid out as OpenAPI 3",
      [path(("["):rep(500))] = "nested more than 200 levels deep",
    } do
      local source, why = imported.make(text)
      assert.is_nil(source, text)
      has(why, message)
      assert.is_nil(why:find "%.lua:", why)
    end
  end)

  it("cannot smuggle lines into the catalogue", function()
    local tricky = document:gsub("Job_Fly", [[Job_Fly\tGET\t/x\nEvil\tGET\t/evil]])
      :gsub('"Slow"', [=["]]\n}os.exit(7)"]=])
    local source, module = imported.make(tricky)
    assert(source, module)
    local other = lookup.new(module)
    assert.is_nil(other:operation "Evil")
    assert.equal(6, #other:names())
    assert.same({ "]]\n}os.exit(7)", "Fast" }, other:operation(other:names()[6])
      .body.properties.speed.enum)
  end)
end)

describe("the shipped catalogues", function()
  it("come through an import unchanged", function()
    -- Writes v8 as a module of one piece and reads it back as data.
    local from = catalogue.load "v8"
    local index, lines = {}, {}
    for _, kind in ipairs { "operations", "schemas" } do
      local names, found = {}, {}
      for name, origin in common.each(require "vbo.catalogue.facts.index"[kind], 8) do
        local text = require(("vbo.catalogue.facts.%s_%s"):format(kind, origin))
        names[#names + 1] = name .. " v8"
        found[#found + 1] = ("\n" .. text):match("\n(" .. name .. "\t[^\n]*)")
      end
      index[kind], lines[kind] = table.concat(names, "\n"), table.concat(found, "\n")
    end
    local module = assert(imported.parse(([[
      -- a comment
      return { version = "v8", number = 8, dialect = "verb",
        operations = [==[%s]==], schemas = [==[%s]==],
        lines = { operations = [==[%s]==], schemas = [==[%s]==] } --[=[ another ]=] }
    ]]):format(index.operations, index.schemas, lines.operations, lines.schemas)))
    local copy = lookup.new(module)
    assert.same(from:names(), copy:names())
    local count = 0
    for operation in from:operations() do
      local other = copy:operation(operation.name)
      assert.equal(operation.path, other.path)
      assert.equal(#operation.parameters, #other.parameters)
      count = count + 1
    end
    assert.equal(487, count)
  end)
end)

describe("a catalogue's file", function()
  it("is data, and refused when it is anything else", function()
    for text, message in pairs {
      [""] = "expected 'return'",
      ["return os.exit(7)"] = "expected a table",
      ["while true do end"] = "expected 'return'",
      ["return { version = ('x'):rep(1e9) }"] = "expected a string, a number or a table",
      ["return { version = 'v9' }"] = "expected a string, a number or a table",
      ['return { version = "v9\\n" }'] = "without escapes",
      ["return { [1] = 2 }"] = "expected 'name ='",
      ["return { 1 }"] = "expected 'name ='",
      ["return { a = 1 a = 2 }"] = "expected ',' or '}'",
      ["return { a = 1, a = 2 }"] = "given twice",
      ["return { a = 1 } os.exit(7)"] = "something follows",
      ["return { a = [==[ x ]=] }"] = "a string does not end",
      ["return { a = 1.5 }"] = "expected a string, a number",
      ["return { a = {" .. ("a = {"):rep(50)] = "nested too deeply",
      ["return { a = 1"] = "expected ',' or '}'",
      ["\27Lua"] = "expected 'return'",
    } do
      local value, why = literal.read(text)
      assert.is_nil(value, text)
      has(why, message)
      has(why, "line 1: ")
    end
    assert.same({ a = "x\ny", b = { c = 7, d = true }, e = "[" }, literal.read(
      "--[[ c\n]] return {\n a = [[\nx\ny]], b = { c = 7, d = true, }; e = \"[\" } -- d"))
  end)

  it("is refused when its content is not a catalogue", function()
    local good = assert(imported.make(document))
    assert(imported.parse(good))
    for _, case in ipairs {
      { "number = 9", "number = 8", "version and number differ" },
      { 'dialect = "verb"', 'dialect = "noun"', "no known dialect" },
      { 'dialect = "verb"', 'dialect = "verb", more = 1', "which no catalogue has" },
      { 'version = "v9", ', "", "it has no string 'version'" },
      { "Job_Fly v9", "Job_Fly v8", "without its line" },
      { "Job_Fly v9", "Job_Flew v9", "without its line" },
      { "\nJob_Fly v9", "", "missing or twice" },
      { "/Jobs/{jobId}/fly", "/Jobs/{jobId}/f\rly", "each line must be an operation" },
      { "/Jobs/{jobId}/fly", "//evil.example.com\\x", "each line must be an operation" },
      { "Job_Fly\tPOST", "Job_Fly\tpost", "each line must be an operation" },
    } do
      local from, to = good:find(case[1], 1, true)
      assert(from, case[1])
      local module, why = imported.parse(good:sub(1, from - 1) .. case[2] .. good:sub(to + 1))
      assert.is_nil(module, case[3])
      has(why, case[3])
    end
  end)
end)

describe("vbolua catalogue", function()
  local folder, remove

  before_each(function() folder, remove = program.folder() end)
  after_each(function() remove() end)

  --- Runs `vbolua WORDS…` with catalogues in `folder`.
  local function run(words, environment)
    local parts = {}
    for i, word in ipairs(words) do parts[i] = quoted(word) end
    return program.run(("env -u VBO_VERSION VBO_CATALOGUES=%s %s %s %s"):format(quoted(folder),
      environment or "", program.vbolua, table.concat(parts, " ")))
  end

  it("imports a version, which is then listed, described and found", function()
    local text, status = run { "catalogue", "import", "spec/fixtures/openapi_v9.json" }
    assert.equal(0, status, text)
    has(text, "v9: 6 operations, 1 of them not in v8; kept in " .. folder .. "/v9.lua\n")
    has(text, "POST    /Jobs/{jobId}/fly  Job_Fly\n")
    text = run { "catalogue", "list" }
    has(text, "v8    487 operations                         ships with vbolua")
    has(text, "v1     61 operations, 79 with each action    ships with vbolua")
    has(text, "v9      6 operations                         " .. folder .. "/v9.lua\n")
    assert.equal(6, select(2, run { "api", "--list" }:gsub("\n", "")))
    has((run { "api", "--describe", "Job_Fly" }), "one of Slow, Fast")
    -- Another version lacks it, and says who has it.
    text, status = run { "api", "--dry-run", "--version", "v8", "Job_Fly", "jobId=" .. id }
    assert.equal(15, status)
    has(text, "it came with v9")
    text, status = run { "api", "--dry-run", "Job_Fly", "jobId=" .. id, "height=3", "speed=fast" }
    assert.equal(0, status)
    has(text, "POST /v9/Jobs/" .. id .. '/fly\n{\n  "height": 3,\n  "speed": "Fast"\n}')
  end)

  it("finds its folder by the environment", function()
    local source = quoted "spec/fixtures/openapi_v9.json"
    for variables, path in pairs {
      ["-u VBO_CATALOGUES XDG_DATA_HOME=" .. quoted(folder .. "/x") .. " HOME=/nonexistent"] =
        "/x/vbolua/catalogues/v9.lua",
      ["-u VBO_CATALOGUES -u XDG_DATA_HOME HOME=" .. quoted(folder .. "/h")] =
        "/h/.local/share/vbolua/catalogues/v9.lua",
      ["VBO_CATALOGUES=" .. quoted(folder .. "/c/")] = "/c/v9.lua",
    } do
      local text, status = program.run(("env %s %s catalogue import %s"):format(variables,
        program.vbolua, source))
      assert.equal(0, status, text)
      has(text, "kept in " .. folder .. path)
      has(program.run(("env %s %s catalogue list"):format(variables, program.vbolua)),
        folder .. path)
    end
    local text, status = program.run(
      ("env -u VBO_CATALOGUES -u XDG_DATA_HOME -u HOME %s catalogue import %s"):format(
        program.vbolua, source))
    assert.equal(2, status)
    has(text, "set VBO_CATALOGUES")
    text = run { "catalogue", "import", "spec/fixtures/openapi_v9.json", "--to",
      folder .. "/a/b" }
    has(text, "VBO_CATALOGUES=" .. folder .. "/a/b")
    assert.is_true(#read(folder .. "/a/b/v9.lua") > 0)
  end)

  it("wins over a version that ships, and reads standard input", function()
    write(folder .. "/v8.json", (document:gsub("/v9/", "/v8/")))
    local text, status = program.run(("VBO_CATALOGUES=%s %s catalogue import - < %s"):format(
      quoted(folder), program.vbolua, quoted(folder .. "/v8.json")))
    assert.equal(0, status, text)
    assert.equal(6, select(2, run({ "api", "--list", "--version", "v8" }):gsub("\n", "")))
  end)

  it("refuses what it cannot use and leaves nothing behind", function()
    write(folder .. "/broken.json", "{")
    write(folder .. "/v5.json", (document:gsub("/v9/", "/v5/")))
    write(folder .. "/v99.json", (document:gsub("/v9/", "/v99/")))
    for _, case in ipairs {
      { { "import", folder .. "/broken.json" }, 2,
        "cannot read the OpenAPI document: not JSON: an early end at byte 1" },
      { { "import", folder .. "/none.json" }, 13, "none.json" },
      { { "import", folder .. "/v5.json" }, 2, "give no OpenAPI document" },
      { { "import", folder .. "/v99.json" }, 2, "the API has no such version" },
      { { "import" }, 2, "needs a file" },
      { { "import", "a", "b" }, 2, "unexpected argument: b" },
      { { "improt" }, 2, "did you mean import?" },
      { {}, 2, "usage: vbolua catalogue" },
      { { "import", "spec/fixtures/openapi_v9.json", "--to", folder .. "/broken.json/x" }, 13,
        "broken.json" },
    } do
      table.insert(case[1], 1, "catalogue")
      local text, status = run(case[1])
      has(text, case[3])
      assert.equal(case[2], status, text)
    end
    assert.equal("broken.json\nv5.json\nv99.json\n", (program.run("ls " .. quoted(folder))))
  end)

  it("says which file is broken, and only to those who need it", function()
    write(folder .. "/v9.lua", "return os.exit(7)")
    local text, status = run { "catalogue", "list" }
    assert.equal(0, status)
    has(text, "v9   cannot be used: " .. folder .. "/v9.lua")
    text, status = run { "api", "--list", "--version", "v9" }
    assert.equal(2, status)
    has(text, folder .. "/v9.lua cannot be used: line 1: expected a table")
    -- Others do without it.
    assert.equal(0, select(2, run { "api", "--dry-run", "--version", "v8", "Job_Get" }))
    text, status = run { "api", "--dry-run", "--version", "v8", "Job_Gat" }
    assert.equal(2, status)
    has(text, "did you mean Job_Get?")
    write(folder .. "/v9.lua", (assert(imported.make((document:gsub("/v9/", "/v8/"))))))
    has((run { "api", "--list", "--version", "v9" }), "it is of v8, not of v9")
  end)

  it("is what a client speaks: probed for, pinned, called by name and by objects", function()
    assert.equal(0, select(2, run { "catalogue", "import", "spec/fixtures/openapi_v9.json" }))
    local log = folder .. "/requests"
    write(folder .. "/answers.lua", [[return {
      { method = "GET", path = "^/v9/Jobs$", status = 200, body = { results =
        { { id = "]] .. id .. [[", name = "nightly" } } } },
      { method = "POST", path = "/fly$", status = 200,
        body = { id = "]] .. id .. [[", name = "flying" } } }]])
    local recorder <close> = program.start(("%s spec/support/recorder.lua %s %s/answers.lua")
      :format(program.vbolua, log, folder), "fingerprint")
    local connection = ("VBO_HOST=%s VBO_PIN=%s VBO_USER=u VBO_PASSWORD=p"):format(recorder.url,
      recorder.fingerprint)
    local text, status = run({ "-e", ([[
      local vbo = require "vbo"
      local client <close> = vbo.connect()
      print(client.version)
      print(client:call("Job_Fly", { jobId = %q, body = { height = 3 } }).name)
      print(client.api.job.fly { jobId = %q, body = { height = 4, speed = "SLOW" } }.name)
      client:job "nightly":start { full = true }
      print(pcall(client.call, client, "Job_Add", { body = {} }))
    ]]):format(id, id) }, connection)
    assert.equal(0, status, text)
    has(text, "v9\nflying\nflying\nfalse\t")
    has(text, "v9 has no Job_Add; it went after v8")
    text = run({ "api", "--version", "v9", "Job_Fly", "jobId=" .. id, "height=5" }, connection)
    assert.equal(('{"id":%q,"name":"flying"}\n'):format(id), text)
    local sent = {}
    for line in io.lines(log) do
      local request = assert(json.decode(line))
      if request.method == "POST" then sent[#sent + 1] = request end
    end
    local path = "/v9/Jobs/" .. id
    assert.same({ path .. "/fly", path .. "/fly", path .. "/start", path .. "/fly" },
      { sent[1].path, sent[2].path, sent[3].path, sent[4].path })
    assert.same({ height = 4, speed = "Slow" }, sent[2].body)
    assert.same({ full = true }, sent[3].body)
    assert.same({ height = 5 }, sent[4].body)
    assert.is_nil(sent[5])
  end)
end)
