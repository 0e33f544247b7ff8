-- Every operation of every version, called by name and sent over HTTPS to a server that only
-- writes down, checked there against the published facts by a reader of its own
-- (spec/support/facts.lua): method, path, query, content type, authorization and body.

local catalogue = require "vbo.catalogue"
local example = require "vbo.catalogue.example"
local facts = require "spec.support.facts"
local json = require "vbo.base.json"
local program = require "spec.support.program"
local vbo = require "vbo"

-- Lines (an `Action` resource is one) and operations (each of its actions is one).
local expected = {
  v1 = { 61, 79 }, v2 = { 116, 163 }, v3 = { 138, 185 }, v4 = { 161, 207 },
  v5 = { 198, 270 }, v6 = { 429, 429 }, v7 = { 457, 457 }, v8 = { 487, 487 },
}

if not facts.folder then
  print("walk_spec: VBO_FACTS does not name the fact files; the requests are checked against "
    .. facts.digest .. " instead")
end

--- `parameter` values that no other parameter has, with what must be escaped in them.
local function distinct(schema, name, i)
  if schema.type ~= "string" or schema.enum or schema.known then return nil end
  if schema.format == "uuid" then return ("61954db6-7278-4d26-86f7-%012x"):format(i) end
  if not schema.format then return ("%s %d/ü?&=+%%41;#"):format(name, i) end
end

--- A valid call with everything the schema has, or only what it requires.
local function arguments_of(operation, required_only)
  local arguments = example.arguments(operation,
    { array = json.array, required_only = required_only })
  for i, parameter in ipairs(operation.parameters) do
    if arguments[parameter.name] ~= nil then
      arguments[parameter.name] = distinct(parameter.schema, parameter.name, i)
        or arguments[parameter.name]
    end
  end
  return arguments
end

local function unescaped(text)
  return (text:gsub("%%(%x%x)", function(hex) return string.char(tonumber(hex, 16)) end))
end

local function split(text, mark)
  local parts = {}
  for part in (text .. mark):gmatch("(.-)%" .. mark) do parts[#parts + 1] = part end
  return parts
end

--- Names of path parameters in their order: the catalogue's, which the call was made with.
local function placeholders(path)
  local names = {}
  for name in path:gmatch "{([^}]+)}" do names[#names + 1] = name end
  return names
end

local function check_path(reader, fact, path, names, arguments, where)
  local wanted, sent = split(fact.path, "/"), split(path, "/")
  assert.equal(#wanted, #sent, where)
  local at = 0
  for i, segment in ipairs(wanted) do
    if segment:find "^{.*}$" then
      at = at + 1
      assert.equal(tostring(arguments[names[at]]), unescaped(sent[i]), where)
      local place = fact.places[at]
      if place.source then
        assert.is_nil(reader:text_problem(place.source, unescaped(sent[i])), where)
      end
    else
      assert.equal(segment, sent[i], where)
    end
  end
  assert.equal(#names, at, where)
end

local function check_query(reader, fact, query, arguments, places, where)
  local known, sent = {}, {}
  for _, parameter in ipairs(fact.query) do known[parameter.name] = parameter end
  for _, pair in ipairs(query and split(query, "&") or {}) do
    assert.is_nil(pair:find "[^%w%%._~=-]", where)
    local name, value = pair:match "^([^=]+)=(.*)$"
    name, value = unescaped(name), unescaped(value)
    assert.is_nil(sent[name], where .. " repeats " .. name)
    sent[name] = value
    local parameter = assert(known[name], where .. " knows no " .. name)
    assert.is_nil(reader:text_problem(parameter.source, value), where .. "?" .. name)
    assert.equal(tostring(arguments[name]), value, where)
  end
  for name in pairs(arguments) do
    assert.is_true(name == "body" or places[name] or sent[name] ~= nil, where .. " lost " .. name)
  end
  for name, parameter in pairs(known) do
    assert.is_true(sent[name] ~= nil or not parameter.required, where .. " needs " .. name)
  end
end

--- Whether two JSON values are equal; arrays are not objects.
local function equal(a, b)
  if type(a) ~= "table" or type(b) ~= "table" then return a == b end
  if json.is_array(a) ~= json.is_array(b) then return false end
  for key, value in pairs(a) do if not equal(value, b[key]) then return false end end
  for key in pairs(b) do if a[key] == nil then return false end end
  return true
end

local function form_of(text)
  local fields = {}
  for _, pair in ipairs(split(text, "&")) do
    local name, value = pair:match "^([^=]+)=(.*)$"
    value = unescaped((value:gsub("%+", " ")))
    if value == "true" then value = true elseif value == "false" then value = false end
    fields[unescaped(name)] = value
  end
  return fields
end

local function check_body(reader, fact, request, given, where)
  if not next(fact.types) then
    assert.equal("", request.body, where)
    return
  end
  local kind = request.type and request.type:match "^[^;]+"
  if request.body == "" and not fact.body_required then return end
  assert.is_true(fact.types[kind], ("%s sends %s"):format(where, kind))
  local value
  if kind == "application/json" then
    value = assert(json.decode(request.body))
  else
    value = form_of(request.body)
  end
  if fact.action then
    assert.equal(fact.action, next(value), where)
    assert.is_nil(next(value, fact.action), where)
    value = value[fact.action]
  end
  local at, what = reader:body_problem(fact, value)
  assert.is_nil(at, ("%s: %s %s"):format(where, at, what))
  if given ~= nil then assert.is_true(equal(given, value), where .. " changed its body") end
end

local function check(reader, fact, request, operation, arguments)
  local where = fact.method .. " " .. fact.path .. " " .. (fact.action or "")
  assert.equal(fact.method, request.method, where)
  local path, query = request.target:match "^([^?]*)%??(.*)$"
  local names, places = placeholders(operation.path), {}
  for _, name in ipairs(names) do places[name] = true end
  check_path(reader, fact, path, names, arguments, where)
  check_query(reader, fact, query ~= "" and query or nil, arguments, places, where)
  check_body(reader, fact, request, arguments.body, where)
  if fact.anonymous then
    assert.is_nil(request.authorization, where)
  else
    assert.equal("Bearer token-of-records-4711", request.authorization, where)
  end
end

--- The facts' operations by key, and how many lines they are.
local function index_of(reader)
  local by_key, lines, count = {}, {}, 0
  for _, fact in ipairs(reader.operations) do
    local key = facts.key(fact.method, fact.path, fact.action)
    assert.is_nil(by_key[key], key)
    by_key[key] = fact
    local line = facts.key(fact.method, fact.path)
    if not lines[line] then
      lines[line] = true
      count = count + 1
    end
  end
  return by_key, count
end

describe("every operation", function()
  local folder, remove, server, log
  local lines, operations = 0, 0

  setup(function()
    folder, remove = program.folder()
    log = folder .. "/requests"
    server = program.start(("%s spec/support/wire.lua %s"):format(
      program.vbolua, program.quoted(log)), "fingerprint")
  end)

  teardown(function()
    server.stop()
    remove()
  end)

  --- Returns the requests since the last call.
  local function recorded()
    local requests = {}
    for line in io.lines(log) do requests[#requests + 1] = assert(json.decode(line)) end
    assert(io.open(log, "w")):close()
    return requests
  end

  --- Calls it twice, with everything and with only what is required.
  local function call(client, fact, operation, walked)
    -- By the document's own operationId where it has one: an upgrade breaks no script.
    local name = fact.id or operation.name
    local options = operation.answer.kind == "stream"
      and { to = folder .. "/stream", overwrite = true, fsync = false, check = false } or nil
    for _, required_only in ipairs { false, true } do
      local arguments = arguments_of(operation, required_only)
      client:call(name, arguments, options)
      walked[#walked + 1] = { fact = fact, operation = operation, arguments = arguments }
    end
  end

  local function walk(version)
    local reader = facts.load(version)
    local by_key, line_count = index_of(reader)
    local walked = {}
    do
      local client <close> = vbo.connect {
        url = server.url, pin = server.fingerprint, user = "operator", password = "x",
        version = version,
      }
      for operation in catalogue.load(version):operations() do
        local key = facts.key(operation.method, operation.path, operation.action)
        local fact = assert(by_key[key], key)
        by_key[key] = nil
        if operation.name == "token" then
          -- The login is this operation: what vbo.connect sent is its walk.
          table.insert(walked, 1, { fact = fact, operation = operation, arguments = {} })
          local ok, err = vbo.try(client.call, client, "token", arguments_of(operation))
          assert.same({ nil, "usage" }, { ok, err.kind })
        else
          call(client, fact, operation, walked)
        end
      end
    end
    assert.is_nil(next(by_key))
    local requests = recorded()
    -- Nothing came besides.
    assert.equal(#walked, #requests)
    for i, made in ipairs(walked) do
      check(reader, made.fact, requests[i], made.operation, made.arguments)
    end
    assert.same(expected[version], { line_count, (#walked + 1) // 2 })
    lines, operations = lines + line_count, operations + (#walked + 1) // 2
  end

  for _, version in ipairs(facts.versions) do
    it("of " .. version .. " sends what the facts say", function() walk(version) end)
  end

  it("was walked: 2,047 lines, 2,277 operations", function()
    assert.same({ 2047, 2277 }, { lines, operations })
  end)
end)

describe("the digest of the facts", function()
  it("is that of the fact files", function()
    if not facts.folder then
      pending "VBO_FACTS does not name the folder of the fact files"
      return
    end
    local file <close> = assert(io.open(facts.digest))
    assert.is_true(file:read "a" == facts.digested(), facts.digest .. " is old: make it again")
  end)
end)
