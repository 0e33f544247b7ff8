-- Every operation's answer in wrong shapes, to `client:call` and to every method of every object,
-- in every version: no silent success, and no raw error of Lua.
--
-- The shapes are dealt out by a fixed rule; VBO_LONG=1 tries them all.

local catalogue = require "vbo.catalogue"
local collection = require "vbo.model.collection"
local declare = require "vbo.model.declare"
local errors = require "vbo.base.error"
local example = require "vbo.catalogue.example"
local json = require "vbo.base.json"
local pipeline = require "vbo.request.pipeline"
local program = require "spec.support.program"
local resource = require "spec.support.objects"
local vbo = require "vbo"
local wrong = require "spec.support.wrong_answers"

local long = os.getenv "VBO_LONG" ~= nil
local id = "61954db6-7278-4d26-86f7-888bda5a4ec4"

-- Answers that a method may do without: { method, operation }, and why.
local spared = {
  -- The restore is done and counted; only its reasons or a closer count are missing.
  { "restore", "RestoreSessionEvent_Get" }, { "restore_to", "RestoreSessionEvent_Get" },
  { "copy", "RestoreSessionEvent_Get" },
}

local function is_spared(method, operation)
  for _, pair in ipairs(spared) do
    if pair[1] == method and pair[2] == operation then return true end
  end
  return false
end

-- The same number for the same text.
local function number_of(text)
  local n = 7
  for i = 1, #text do n = (n * 31 + text:byte(i)) % 1000003 end
  return n
end

-- Some of the shapes, others for each place.
local function dealt(shapes, place, count)
  if long or #shapes <= count then return shapes end
  local chosen, first = {}, number_of(place)
  for i = 1, count do
    chosen[i] = shapes[(first + (i - 1) * (#shapes // count)) % #shapes + 1]
  end
  return chosen
end

local function kind_wanted(operation)
  if operation.change and not operation.name:find "Explore" then
    return { unknown_outcome = true }
  end
  return { protocol = true, limit = true }
end

describe("a wrong answer", function()
  local folder, remove, server
  local faults, tried, reached = {}, 0, {}

  setup(function()
    folder, remove = program.folder()
    server = program.start(program.vbolua .. " spec/support/wrong_server.lua", "fingerprint")
  end)

  teardown(function()
    server.stop()
    remove()
  end)

  local function connect(version)
    return vbo.connect {
      url = server.url, pin = server.fingerprint, user = "operator", password = "x-1234",
      version = version, retries = 0,
    }
  end

  local function strike(client, operation, shape)
    local gates = client.gates
    client.gates = {}
    pipeline.run(client, { operation = "strike", method = "GET",
      path = ("/wrong/%s/%s"):format(operation, shape) }, 1)
    client.gates = gates
  end

  local function note(...)
    if #faults < 40 then faults[#faults + 1] = table.concat({ ... }, " ") end
  end

  -- Judges the result of a call whose operation got a wrong answer.
  local function judge(place, method, operation, shape, ok, err)
    tried = tried + 1
    if ok then
      if not is_spared(method, operation.name) then note(place, shape.name, "was taken") end
    elseif not errors.is(err) then
      note(place, shape.name, "is a raw error:", tostring(err))
    elseif not kind_wanted(operation)[err.kind] then
      note(place, shape.name, "raises", tostring(err))
    end
  end

  local function report()
    assert.equal("", table.concat(faults, "\n"))
  end

  before_each(function() faults = {} end)

  for number, version in ipairs(catalogue.versions) do
    it("of any operation raises in " .. version, function()
      local client <close> = connect(version)
      for operation in catalogue.load(version):operations() do
        if operation.name ~= "token" then
          local place = version .. " " .. operation.name
          for _, shape in ipairs(dealt(wrong.of(operation, number), place, 1)) do
            strike(client, operation.name, shape.name)
            local arguments = example.arguments(operation,
              { array = json.array, required_only = true })
            judge(place, "call", operation, shape,
              pcall(client.call, client, operation.name, arguments))
          end
        end
      end
      report()
    end)
  end

  -- ------------------------------------------------------------- methods of objects

  -- Makes an owner for a resource, with a path that has all parameters.
  local function owner_of(client)
    local session
    local made = resource.class {
      kind = "owner", root = true, methods = {
        _path = function() return setmetatable({}, { __index = function() return id end }) end,
        _session = function() return session end,
      },
    }
    table.remove(resource.classes)
    session = client:session(id)
    return resource.from_record(made, client, { id = id, name = "owner" })
  end

  -- A record as the class's own operations answer it, as far as methods need one.
  local function record_of(client, class)
    local known = client._catalogue
    local operation = class.get and known:operation(class.get)
      or class.list and known:operation(class.list)
    local answer = operation and operation.answer or {}
    local schema = answer.item or answer.schema
    local record = schema and schema.properties
      and example.value(schema, { array = json.array }) or {}
    record.id, record._links = record.id or id, { self = { href = "/" } }
    record.name = record.name or "report"
    return record
  end

  -- Returns the options of a method: the example of the declared operation.
  local function options_of(client, declaration)
    local names = declaration.operations or { declaration.operation }
    for _, name in ipairs(names) do
      local operation = client._catalogue:operation(name)
      if operation then
        local options = {}
        for _, parameter in ipairs(operation.parameters) do
          if parameter.place == "query" and parameter.required then
            options[parameter.name] = example.value(parameter.schema, { name = parameter.name })
          end
        end
        local body = operation.body
        if body and body.properties and not body.properties.results then
          local made = example.value(body, { array = json.array, required_only = true })
          for key, value in pairs(made) do options[key] = value end
        end
        return options
      end
    end
    return nil
  end

  local function ways(client, name, declaration)
    local options = declaration and options_of(client, declaration)
    if declaration and declaration.kind == "stream" or name == "save" or name:find "export" then
      options = options or {}
      options.to, options.overwrite = folder .. "/out", true
    end
    if name:find "explore" then
      return { { { workload = "exchange", at = "2026-11-20T22:00:00Z" } }, {} }
    end
    local kind = declaration and declaration.kind
    if kind == "plural" or kind == "single" then return { {} } end
    if kind == "singular" then return { { id }, {} } end
    if kind == "listed" then return { { { id } } } end
    return { { options }, { {} }, { id }, { { to = "bob@contoso.com", from = "a@contoso.com",
      mailbox = "bob@contoso.com", subject = "s", text = "t" } } }
  end

  -- Uses what a method gave, so that what is lazy asks.
  local function used(result)
    if collection.is(result) then return result:all() end
    if resource.is(result) then return result:refresh() end
    return result
  end

  local requests, most = {}, 12

  local function watch(client)
    client.gates[1] = function(request, next)
      requests[#requests + 1] = request.operation
      if #requests > most then
        errors.raise { kind = "limit", message = "so many requests are enough" }
      end
      return next(request)
    end
  end

  local function run(make, name, arguments)
    requests = {}
    return pcall(function()
      local object = make()
      return used(object[name](object, table.unpack(arguments)))
    end)
  end

  -- Methods that wait for what never comes here, or are nothing but this machine's.
  local skipped = { follow_events = true, close = true, call = true, load = true, supports = true }

  local function fuzz_method(client, number, make, place, name, declaration)
    local copied = {}
    for _, arguments in ipairs(ways(client, name, declaration)) do
      strike(client, "*", "fine")
      local ok, err = run(make, name, arguments)
      if not ok and not errors.is(err) then
        note(place, name, "is a raw error without any fault:", tostring(err))
      end
      for _, called in ipairs(requests) do
        local operation = client._catalogue:operation(called)
        if ok and operation and not copied[called] then
          copied[called], reached[called] = true, true
          for _, shape in ipairs(dealt(wrong.of(operation, number), place .. name .. called, 1)) do
            strike(client, called, shape.name)
            local good, failure = run(make, name, arguments)
            judge(("%s%s (%s)"):format(place, name, called), name, operation, shape, good, failure)
          end
        end
      end
      if next(copied) then return end
    end
  end

  local function declarations(methods)
    local found = {}
    for _, item in ipairs(declare.registry[methods] or {}) do found[item.name] = item end
    return found
  end

  local function names_of(methods)
    local names = {}
    for name, method in pairs(methods) do
      if type(name) == "string" and type(method) == "function" and name:sub(1, 1) ~= "_"
          and not skipped[name] then
        names[#names + 1] = name
      end
    end
    table.sort(names)
    return names
  end

  local function fuzz_class(client, number, class, place)
    local owner, record = owner_of(client), record_of(client, class)
    local function one() return resource.from_record(class, owner, record) end
    local known = declarations(class.methods)
    for _, name in ipairs(names_of(class.methods)) do
      fuzz_method(client, number, one, place .. ":", name, known[name])
    end
    local function several() return collection.new(class, owner, { fixed = { one() } }) end
    known = declarations(class.bulk or {})
    for _, name in ipairs(names_of(class.bulk or {})) do
      fuzz_method(client, number, several, place .. "s:", name, known[name])
    end
    if class.list then
      fuzz_method(client, number, function() return collection.new(class, owner, {}) end,
        place .. "s:", "all", { kind = "plural" })
    end
  end

  for number, version in ipairs(catalogue.versions) do
    it("raises from every method of every object in " .. version, function()
      local client <close> = connect(version)
      local members = getmetatable(client).__complete(client)
      watch(client)
      local known = {}
      for _, list in pairs(declare.registry) do
        for _, item in ipairs(list) do
          if members[item.name] and not known[item.name] then known[item.name] = item end
        end
      end
      for _, name in ipairs(names_of(members)) do
        fuzz_method(client, number, function() return client end, version .. " client:", name,
          known[name])
      end
      for _, class in ipairs(resource.classes) do
        fuzz_class(client, number, class, ("%s %s"):format(version, class.kind))
      end
      client._sessions = {}
      report()
    end)
  end

  it("was given to most operations through methods, and to all by name", function()
    local all, met = {}, 0
    for _, version in ipairs(catalogue.versions) do
      for operation in catalogue.load(version):operations() do
        if operation.answer.kind ~= "stream" then all[operation.name] = true end
      end
    end
    local count = 0
    for name in pairs(all) do
      count = count + 1
      if reached[name] then met = met + 1 end
    end
    assert.is_true(tried > 4000, tried)
    assert.is_true(met > count * 0.7, ("%d of %d operations"):format(met, count))
  end)
end)
