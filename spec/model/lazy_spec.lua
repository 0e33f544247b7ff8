-- Pages whose records are decoded when they are read: the same as what is decoded at once.

local core = require "vbo.core"
local json = require "vbo.base.json"
local lazy = require "vbo.model.lazy"
local program = require "spec.support.program"
local rehearsal = require "spec.support.rehearsal"
local resource = require "vbo.model.resource"
local vbo = require "vbo"

local quoted, failure = program.quoted, rehearsal.failure

-- Equal down to what `assert.same` does not look at: integers and floats, lists and objects.
local function alike(a, b, path)
  path = path or "value"
  assert.equal(type(a), type(b), path)
  if type(a) ~= "table" then
    assert.equal(math.type(a), math.type(b), path)
    assert.is_true(a == b, path)
    if a == 0 then assert.equal(1 / a, 1 / b, path) end
    return
  end
  assert.equal(json.is_array(a), json.is_array(b), path)
  for key, value in pairs(a) do alike(value, b[key], path .. "." .. tostring(key)) end
  for key in pairs(b) do assert.is_not_nil(a[key], path .. "." .. tostring(key)) end
end

-- A page gives what decoding the whole gives.
local function compare(page, text)
  local whole = assert(json.decode(text))
  local envelope = lazy.around(page)
  local records = whole
  if envelope then
    records = whole.results
    envelope.results = records
    alike(whole, envelope)
  end
  assert.equal(#records, #page)
  for i, record in ipairs(records) do
    alike(record, lazy.record(page, i), "record " .. i)
    for name, value in pairs(record) do
      local known, found = page:find(i, name)
      assert.is_not_false(known, name)
      if known then alike(value, found, name) end
    end
    assert.is_not_true((page:find(i, "no such field")))
  end
  alike(records, lazy.decoded(page))
end

local function page_of(text) return core.json.page(text, json.depth) end

-- Texts of documents, from a seed.
local function generator(seed)
  local state = seed
  local function random(n)
    state = (state * 6364136223846793005 + 1442695040888963407) & 0x7fffffffffffffff
    return (state >> 33) % n
  end
  local scalars = {
    "0", "-0", "1", "-1", "12.5", "-0.0", "1e3", "1E+2", "1.0", "2e-3", "1e308", "-1.5E300",
    "9007199254740992", "9007199254740993", "-9007199254740993", "9223372036854775807",
    "-9223372036854775808", "9223372036854775808", "123456789012345678901234567890", "1e17",
    "0.1", "1e400", ("1"):rep(80), ("9"):rep(400), "0." .. ("3"):rep(90), "true", "false", "null",
    '""', '"text"', '"J\xC3\xBCrgen"', '"\\u00e9\\ud83d\\ude00"', '"\\ud800 alone"', '"a\\"b\\\\"',
    '"line\\nbreak"', '"' .. ("long "):rep(30) .. '"', '"\xF0\x9F\x98\x80"', '"\\u0000"', '"é"',
  }
  local names = { '"id"', '"name"', '"Name"', '"size_bytes"', '"sizeBytes"', '"_links"', '"x"',
    '"na\\u006de"', '"\xC3\xA9"', '""', '"results"' }
  local spaces = { "", "", "", " ", "\n  ", "\t" }
  local value
  local function space() return spaces[random(#spaces) + 1] end
  -- Few names: some come twice.
  local function object(depth, rare)
    local parts = {}
    for i = 1, random(5) do
      parts[i] = space() .. names[random(#names) + 1] .. space() .. ":" .. space()
        .. value(depth + 1, rare)
    end
    return "{" .. table.concat(parts, ",") .. space() .. "}"
  end
  function value(depth, rare)
    local kind = depth < 4 and random(10) or 0
    if kind == 8 then return object(depth, rare) end
    if kind == 9 then
      local parts = {}
      for i = 1, random(3) do parts[i] = value(depth + 1, rare) end
      return "[" .. table.concat(parts, ",") .. "]"
    end
    local text
    repeat text = scalars[random(#scalars) + 1]
    until rare or not (text == "1e400" or text == ("9"):rep(400))
    return text
  end
  return { random = random, object = object, value = value, space = space }
end

local function written(make, rare)
  local records = {}
  local same = make.object(1, rare)
  for i = 1, make.random(6) do
    -- Of one shape, most of them: only a scalar differs.
    records[i] = make.random(3) == 0 and make.object(1, rare)
      or (same:gsub('"text"', function() return make.value(9, rare) end))
  end
  local list = make.space() .. "[" .. table.concat(records, make.space() .. ",") .. make.space()
    .. "]"
  if make.random(4) == 0 then return list end
  return ('{"offset":%d,"results":%s,"_links":%s}'):format(make.random(1000), list,
    make.object(3, rare))
end

describe("pages of lazy records", function()
  it("hold what decoding the whole gives", function()
    local pages = 0
    for seed = 1, 1500 do
      local text = written(generator(seed), false)
      local page = page_of(text)
      -- `results` once more in the envelope is left to whoever decodes.
      if page then
        pages = pages + 1
        compare(page, text)
      end
    end
    assert.is_true(pages > 1000, pages)
  end)

  it("refuse a document with a number out of range", function()
    local refused = 0
    for seed = 1, 500 do
      local text = written(generator(seed), true)
      local whole = json.decode(text)
      local page = page_of(text)
      if not whole then
        refused = refused + 1
        assert.is_nil(page, text)
      elseif page then
        compare(page, text)
      end
    end
    assert.is_true(refused > 50, refused)
  end)

  it("refuse a damaged document", function()
    local text = '{"offset":0,"results":[{"id":"a","n":12,"t":true,"l":{"h":[1,"x\\u00e9"]}},'
      .. '{"id":"b","n":-1.5e3,"t":null,"l":{"h":[2,"J\xC3\xBC"]}},'
      .. '{"id":"c","n":0,"t":false,"l":{"h":[3,""]}}],"_links":{}}'
    assert.is_userdata(page_of(text))
    local bytes = { "", '"', "\\", ",", "}", "]", "{", "[", ":", "0", "-", "\0", "\xC3", "e", " ",
      "x", "\x1f" }
    for at = 1, #text do
      for _, byte in ipairs(bytes) do
        local damaged = text:sub(1, at - 1) .. byte .. text:sub(at + 1)
        local page = page_of(damaged)
        if page then compare(page, damaged) end
      end
      assert.is_nil(page_of(text:sub(1, at - 1)))
    end
  end)

  it("accept a list of objects only", function()
    for _, text in ipairs { "[]", "[{}]", ' [ {} , {"a":1} ] ', '{"results":[]}',
      '\xEF\xBB\xBF{"results":[{"a":[]}]}' } do
      compare(assert(page_of(text), text), text)
    end
    for _, text in ipairs { "", "{}", "1", '{"results":{}}', '{"results":null}', '{"results":[1]}',
      "[[]]", "[null]", '{"results":[],"results":[]}', '{"r\\u0065sults":[]}', "[{}]x", "[{},]" } do
      assert.is_nil(page_of(text), text)
    end
  end)

  it("accept the depth that a document may have, and no more", function()
    local function nested(levels)
      return ('{"results":[{"a":1},{"a":%s%s}]}'):format(("["):rep(levels), ("]"):rep(levels))
    end
    assert.is_userdata(page_of(nested(json.depth - 3)))
    assert.is_nil(page_of(nested(json.depth - 2)))
    assert.equal("limit", select(2, json.decode(nested(json.depth - 2))).kind)
  end)

  it("find names without regard to case and underscores, unless several are meant", function()
    local page = page_of '[{"Size_Bytes":7,"name":null,"a_b":1,"AB":2}]'
    assert.same({ true, 7 }, { page:squashed(1, "sizebytes") })
    assert.same({ true, json.null }, { page:squashed(1, "name") })
    assert.is_nil((page:squashed(1, "ab")))
    assert.is_false((page:squashed(1, "size")))
    assert.is_false((page:find(1, "size_bytes")))
  end)

  it("count as memory, and are given back", function()
    local text = '{"results":[' .. ('{"name":"%s"},'):format(("n"):rep(1000)):rep(1000)
      .. '{"name":"n"}]}'
    local function resident()
      local file <close> = assert(io.open "/proc/self/statm")
      return tonumber(file:read("a"):match "^%d+ (%d+)") * 4096
    end
    if not io.open "/proc/self/statm" then return pending "the system does not tell" end
    if os.getenv "VBO_SANITIZE" then
      return pending "AddressSanitizer keeps what is given back for a while"
    end
    local before = resident()
    -- A gigabyte, of which a collector that saw none of it would free nothing.
    for _ = 1, 1000 do page_of(text) end
    assert.is_true(resident() - before < 100 << 20)
  end)
end)

describe("resources of a lazy page", function()
  local id = "61954db6-7278-4d26-86f7-888bda5a4ec4"
  local drive = "9d1f0a5c-5b5a-4c3f-9a39-0a8f9e2f7c11"
  local folder, remove
  local running, client

  setup(function() folder, remove = program.folder() end)
  teardown(function() remove() end)
  after_each(function()
    if client then client:close() end
    if running then running.stop() end
    client, running = nil, nil
  end)

  local function write(name, text)
    local file <close> = assert(io.open(folder .. "/" .. name, "w"))
    file:write(text)
    return folder .. "/" .. name
  end

  -- A server that answers every list with this text.
  local function serve(text, version)
    running = program.start(("%s spec/support/pages_server.lua %s %s 2>&1"):format(program.vbolua,
      quoted(folder .. "/requests"), quoted(write("script.lua",
        ("return function(request)\n  if request.method ~= 'GET' then return { status = 200, "
          .. "body = {} } end\n  return { body = %q }\nend"):format(text)))), "fingerprint")
    client = vbo.connect { url = running.url, pin = running.fingerprint, user = "u",
      password = "p", version = version or "v8", retries = 0 }
    return client:session(id):onedrive(drive)
  end

  local function requests()
    local list = {}
    for line in io.lines(folder .. "/requests") do list[#list + 1] = assert(json.decode(line)) end
    return list
  end

  local first = "aaaaaaaa-0000-4000-8000-000000000001"
  local records = ([[
    {"id":"%s","name":"Ä \"quoted\".docx","sizeBytes":9007199254740993,"isFolder":false,
     "version":"2.0","creationTime":"2024-03-16T09:01:50+01:00","versionId":512,
     "modifiedBy":"Al","createdBy":"Al","modificationTime":"2024-03-16T09:01:50Z",
     "oneDriveId":"9d1f0a5c-5b5a-4c3f-9a39-0a8f9e2f7c11","note":null,
     "inheritedPermissions":true,"empty":[],
     "_links":{"self":{"href":"/v8/x"}}},
    {"id":"aaaaaaaa-0000-4000-8000-000000000002","name":"b","sizeBytes":1.0,"isFolder":false,
     "version":"1.0","creationTime":"2024-03-16T09:01:50+01:00","versionId":512,
     "modifiedBy":"Bob","inheritedPermissions":"true","empty":[1],
     "_links":{"self":{"href":"/v8/y"}}}]]):format(first):gsub("\n *", "")
  local page = '{"offset":0,"limit":250,"results":[' .. records .. "]}"

  local function lent(text)
    local list = serve(text or page):documents():all()
    for _, document in ipairs(list) do assert.is_userdata(rawget(document, "_page")) end
    return list
  end

  it("have the fields that their records have", function()
    local documents = lent()
    local a, b = documents[1], documents[2]
    for _ = 1, 2 do -- the first time, and when the core reads them by itself
      assert.equal('Ä "quoted".docx', a.name)
      assert.equal(9007199254740993, a.size)
      assert.equal(9007199254740993, a.size_bytes)
      assert.equal(9007199254740993, a.sizeBytes)
      assert.equal("2024-03-16T08:01:50Z", a.created)
      assert.equal("2.0", a.version_number)
      assert.is_false(a.is_folder)
      assert.is_false(a.isFolder)
      assert.is_nil(a.note)
      assert.is_nil(a.Note)
      assert.has_error(function() return a.no_such_field end)
      assert.is_nil(a._no_such_field)
      assert.equal(first, a.id)
      assert.equal("Bob", b.modified_by)
      assert.equal("integer", math.type(b.size))
      -- Written as text, and declared as a boolean.
      assert.is_true(b.inheritedPermissions)
      assert.is_function(a.save)
    end
    for _, document in ipairs(documents) do
      assert.is_userdata(rawget(document, "_page"), "nothing of this needs the whole record")
    end
    assert.same({}, a.empty)
    assert.is_true(json.is_array(a.empty))
    assert.is_false((pcall(function() return a[1] end)))
  end)

  it("decode their own record when the runbook reads it", function()
    local a, b = table.unpack(lent())
    assert.equal('document "b"', tostring(b))
    assert.is_nil(rawget(b, "_page"))
    assert.equal("b", b.name)
    local whole = json.decode("[" .. records .. "]")
    alike(whole[1], a:record())
    assert.equal(json.encode(whole[1]), json.encode(a:record()))
    local seen = {}
    for name in pairs(a:record()) do seen[#seen + 1] = name end
    assert.equal(15, #seen)
    assert.equal(id, a._owner._owner.id)
    assert.equal(client, a._client)
    assert.equal(first, a._key)
  end)

  it("are resources wherever one is taken", function()
    local target = serve(page)
    local documents = target:documents():all()
    local class = documents[2]._class
    assert.is_true(resource.is(documents[1]))
    assert.is_true(resource.is(documents[1], class))
    assert.is_false(resource.is(documents[1], target._class))
    assert.is_false(resource.is {})
    assert.is_false(resource.is "x")
    assert.equal(documents[1], resource.reference(class, target, documents[1]))
    assert.error(function() documents[1].name = "x" end)
    local mail = { from = "a@b.c", to = "d@e.f", subject = "s", text = "t" }
    target:documents({ documents[1] }):send(mail)
    local sent = requests()
    assert.equal(first, sent[#sent].body.documents[1].id)
    documents[1]:send(mail)
    sent = requests()
    assert.truthy(sent[#sent].path:find(first, 1, true))
  end)

  it("answer conditions", function()
    local list = serve(page):documents():where { name = "B", larger = 0,
      created_after = "2024-01-01" }:all()
    assert.equal(1, #list)
    assert.equal("b", list[1].name)
    assert.equal(first, client:session(id):onedrive(drive):document('Ä "QUOTED".docx').id)
  end)

  it("outlive the loop and the server", function()
    local list = lent()
    running.stop()
    client:close()
    collectgarbage()
    collectgarbage()
    assert.equal("b", list[2].name)
    assert.equal("Bob", list[2]:record().modifiedBy)
  end)

  for what, broken in pairs {
    ["bytes that are not UTF-8"] = '{"id":"x","name":"\xFF"}',
    ["a number out of range"] = '{"id":"x","name":1e999}',
    ["a missing comma"] = '{"id":"x" "name":1}',
    ["something after the end"] = '{"id":"x"}]}',
  } do
    it("refuse a page with " .. what .. " in a record that the loop does not reach", function()
      local target = serve(page:gsub("%]}$", function() return "," .. broken .. "]}" end), "v8")
      local err = failure(function()
        for _ in target:documents():each() do error "a record was given" end
      end)
      assert.equal("protocol", err.kind)
      assert.truthy(err.message:find("not JSON", 1, true), err.message)
      assert.equal("OneDriveDocument_Get", err.operation)
    end)
  end

  it("refuse a page that is nested too deeply", function()
    local deep = ('{"id":"x","a":%s%s}'):format(("["):rep(126), ("]"):rep(126))
    local target = serve((page:gsub("%]}$", function() return "," .. deep .. "]}" end)))
    local err = failure(function() target:documents():all() end)
    assert.equal("limit", err.kind)
  end)

  it("show gates the decoded answer, and are what gates make of it", function()
    local target = serve(page)
    local seen
    client.gates[1] = function(_, go_on)
      local answer = go_on()
      seen = #answer.data.results
      answer.data.results[1].name = "changed"
      return answer
    end
    local list = target:documents():all()
    assert.equal(2, seen)
    assert.equal("changed", list[1].name)
    assert.is_nil(rawget(list[1], "_page"))
    client.gates[1] = function(_, go_on)
      local answer = go_on()
      assert.equal(200, answer.status)
      return answer
    end
    assert.is_userdata(rawget(target:documents():first(), "_page"))
  end)
end)
