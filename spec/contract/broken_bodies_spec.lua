-- Fifty broken bodies for each schema of a body, of every version, and each parameter broken in
-- every way: all are refused with the property that is wrong, and nothing is sent.

local breakages = require "spec.support.breakages"
local catalogue = require "vbo.catalogue"
local example = require "vbo.catalogue.example"
local facts = require "spec.support.facts"
local json = require "vbo.base.json"
local program = require "spec.support.program"
local vbo = require "vbo"

local wanted = 50

-- Prints the structure of a schema: equal schemas are tried once, over all versions.
local function print_of(schema, parts, open)
  parts[#parts + 1] = ("%s %s%s%s%s"):format(schema.type, schema.format, schema.nullable and "?" or
    "", schema.read_only and "~" or "", schema.loose and "~" or "")
  if open[schema] then
    parts[#parts + 1] = "@" .. open[schema]
    return
  end
  open.count = open.count + 1
  open[schema] = open.count
  for _, key in ipairs { "enum", "known", "required" } do
    parts[#parts + 1] = key .. "(" .. table.concat(schema[key] or {}, "|") .. ")"
  end
  if schema.items then print_of(schema.items, parts, open) end
  for _, name in ipairs(schema.order or {}) do
    parts[#parts + 1] = name
    print_of(schema.properties[name], parts, open)
  end
  if schema.additional then print_of(schema.additional, parts, open) end
end

--- The distinct bodies of all versions: { version=, operation= } of the first that has each.
local function distinct()
  local list, seen, all = {}, {}, 0
  for _, version in ipairs(facts.versions) do
    for operation in catalogue.load(version):operations() do
      if operation.body and operation.name ~= "token" then
        local parts = { tostring(operation.action ~= nil) }
        print_of(operation.body, parts, { count = 0 })
        local print = table.concat(parts, " ")
        all = all + 1
        if not seen[print] then
          seen[print] = true
          list[#list + 1] = { version = version, operation = operation }
        end
      end
    end
  end
  return list, all
end

--- The distinct parameters of a version: { operation=, parameter= } of the first that has each.
local function distinct_parameters(version)
  local list, seen = {}, {}
  for operation in catalogue.load(version):operations() do
    for _, parameter in ipairs(operation.name ~= "token" and operation.parameters or {}) do
      local parts = { parameter.name, parameter.place, tostring(parameter.required) }
      print_of(parameter.schema, parts, { count = 0 })
      local print = table.concat(parts, " ")
      if not seen[print] then
        seen[print] = true
        list[#list + 1] = { operation = operation, parameter = parameter }
      end
    end
  end
  return list
end

describe("a body", function()
  local folder, remove, server, log
  local bodies, all = distinct()
  local readers, kinds, total, few = {}, {}, 0, {}

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

  -- The fact file's own operation, where the files are given and say what is required.
  local function fact_of(version, operation)
    if not facts.folder or tonumber(version:match "%d+") < 6 then return nil end
    if not readers[version] then
      readers[version] = { reader = facts.whole(version), facts = {} }
      for _, fact in ipairs(readers[version].reader.operations) do
        readers[version].facts[facts.key(fact.method, fact.path)] = fact
      end
    end
    local key = facts.key(operation.method, operation.path)
    return readers[version].reader, assert(readers[version].facts[key], key)
  end

  -- A word of a hint: 'did you mean "name"?'.
  local function suggested(err) return err.hint and err.hint:match "did you mean \"(.-)\"" end

  local function refuses(client, operation, arguments, broken, where)
    local options = operation.answer.kind == "stream" and { to = folder .. "/stream" } or nil
    local ok, err = vbo.try(client.call, client, operation.name, arguments, options)
    assert.is_nil(ok, where .. " was sent")
    assert.equal("usage", err.kind, where)
    assert.is_string(err.property, where .. " " .. tostring(err))
    if err.property ~= broken.either then assert.equal(broken.property, err.property, where) end
    assert.is_truthy(err.message:find(err.property, 1, true), where)
    if broken.kind == "bad enum" then
      assert.is_truthy(err.message:find("must be one of ", 1, true), where)
    elseif broken.meant then
      assert.is_string(suggested(err), where)
    end
    return err
  end

  local function try(client, version, operation)
    local arguments = example.arguments(operation, { array = json.array })
    local reader, fact = fact_of(version, operation)
    local whole = arguments.body
    local chosen, admits = breakages.of(operation, arguments, wanted)
    local label = version .. " " .. operation.name
    assert.equal(math.min(wanted, admits), #chosen, label)
    if admits < wanted then few[label] = admits end
    for _, broken in ipairs(chosen) do
      local held = rawget(broken.holder, broken.name)
      broken.holder[broken.name] = broken.new
      local new = broken.new
      local where = ("%s: %s %s: %s"):format(label, broken.kind, broken.property,
        type(new) == "string" and ("%q"):format(new) or tostring(new))
      refuses(client, operation, arguments, broken, where)
      -- The fact file refuses it too: the breakage is one of the API, not of the catalogue.
      if fact and broken.plain then
        local at = reader:body_problem(fact, arguments.body)
        assert.equal(broken.property, at, where)
      end
      broken.holder[broken.name] = held
      kinds[broken.kind] = (kinds[broken.kind] or 0) + 1
      total = total + 1
    end
    assert.equal(whole, arguments.body)
    -- The repaired body passes again: the breakages caused the refusals.
    assert.is_truthy(catalogue.load(version):check(operation, arguments), label)
    if fact then assert.is_nil(reader:body_problem(fact, arguments.body), label) end
  end

  for _, version in ipairs(facts.versions) do
    it("of " .. version .. " is refused when it is broken, in fifty ways", function()
      local client <close> = vbo.connect {
        url = server.url, pin = server.fingerprint, user = "operator", password = "x",
        version = version,
      }
      for _, body in ipairs(bodies) do
        if body.version == version then try(client, version, body.operation) end
      end
    end)
  end

  local function try_parameter(client, version, operation, parameter)
    local arguments = example.arguments(operation, { array = json.array })
    local options = operation.answer.kind == "stream" and { to = folder .. "/stream" } or nil
    local name = parameter.name
    local count = 0
    for _, broken in ipairs(breakages.of_parameter(parameter)) do
      local held = arguments[name]
      arguments[name] = broken.new
      local where = ("%s %s: %s %s: %s"):format(version, operation.name, broken.kind, name,
        type(broken.new) == "string" and ("%q"):format(broken.new) or tostring(broken.new))
      local ok, err = vbo.try(client.call, client, operation.name, arguments, options)
      assert.is_nil(ok, where .. " was sent")
      assert.equal("usage", err.kind, where)
      assert.equal(name, err.property, where)
      assert.is_truthy(err.message:find(name, 1, true), where)
      arguments[name] = held
      count = count + 1
    end
    return count
  end

  it("is checked after its parameters, each broken in every way", function()
    local count, parameters = 0, 0
    for _, version in ipairs(facts.versions) do
      local client <close> = vbo.connect {
        url = server.url, pin = server.fingerprint, user = "operator", password = "x",
        version = version,
      }
      for _, item in ipairs(distinct_parameters(version)) do
        count = count + try_parameter(client, version, item.operation, item.parameter)
        parameters = parameters + 1
      end
    end
    assert.equal(531, parameters)
    assert.is_true(count > 6000, count)
  end)

  it("was never sent", function()
    local lines = {}
    for line in io.lines(log) do lines[#lines + 1] = assert(json.decode(line)).target:lower() end
    -- The logins alone.
    assert.equal(2 * #facts.versions, #lines)
    for i, version in ipairs(facts.versions) do
      assert.equal("/" .. version .. "/token", lines[i])
      assert.equal("/" .. version .. "/token", lines[#facts.versions + i])
    end
  end)

  it("was broken fifty times, but where its schema admits less", function()
    assert.same({ 377, 1026 }, { #bodies, all })
    -- A few properties, a bare list of ids, or nothing that is known.
    assert.same({
      ["v1 BackupOrganization_RestoreToAction"] = 13, ["v2 OneDrive_SaveOneDriveAction"] = 49,
      ["v6 OneDriveDocument_SaveDocumentAction"] = 49, ["v6 CopyJob_Start"] = 44,
      ["v8 Job_RemoveSelectedItems"] = 37,
    }, few)
    local short = 0
    for _, admits in pairs(few) do short = short + wanted - admits end
    assert.equal(#bodies * wanted - short, total)
  end)

  it("was broken in every way", function()
    for kind, least in pairs {
      missing = 600, ["wrong type"] = 5000, unknown = 2000, ["bad enum"] = 500, null = 2000,
      ["malformed uuid"] = 150, ["malformed date-time"] = 300, ["malformed dotted"] = 10,
      ["malformed byte"] = 50, ["out of range"] = 150, ["text of a number"] = 100,
      ["text of a boolean"] = 500, ["not UTF-8"] = 1000, ["list with holes"] = 50,
      ["array marked on an object"] = 100, ["given twice"] = 50, ["name that is no string"] = 50,
      ["read-only"] = 10,
    } do
      assert.is_true((kinds[kind] or 0) >= least, ("%s: %s"):format(kind, kinds[kind]))
    end
  end)
end)
