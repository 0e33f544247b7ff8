-- The generated facts against the fact files, read here by other means: lua-cjson alone, no
-- code of the generator.  VBO_FACTS names the folder with v1.json … v8.json.

local cjson = require "cjson"
local versions = require "spec.support.versions"

local catalogue = require "vbo.catalogue"

local folder = os.getenv "VBO_FACTS"

local function document_of(version)
  local file <close> = assert(io.open(("%s/%s.json"):format(folder, version)))
  return cjson.decode(file:read "a")
end

-- Methods, paths and actions agree without placeholders' names and without regard to case.
local function key_of(method, path, action)
  return ("%s %s %s"):format(method, path:gsub("{[^}]*}", "{}"):lower(), (action or ""):lower())
end

local function operations_of(version)
  local found, count = {}, 0
  for operation in catalogue.load(version):operations() do
    local key = key_of(operation.method, operation.path, operation.action)
    assert(not found[key], key)
    found[key] = operation
    count = count + 1
  end
  return found, count
end

local function sorted(list)
  local copy = table.move(list, 1, #list, 1, {})
  table.sort(copy)
  return copy
end

local function keys(object)
  local list = {}
  for key in pairs(object or {}) do list[#list + 1] = key end
  return sorted(list)
end

local function without(list, drop)
  local result = {}
  for _, item in ipairs(list) do if not drop[item] then result[#result + 1] = item end end
  return result
end

describe("the facts of v6 to v8", function()
  local compared

  -- A mark of a property, or of the named schema that it refers to.
  local function flag(document, property, name)
    local target = property["$ref"] and document.components.schemas[property["$ref"]:match "[^/]+$"]
    return property[name] == true or target ~= nil and target[name] == true
  end

  -- Lists properties that the vendor's pages of v8 have beyond its document.
  local beyond = {
    RESTJob = { "totalObjects", "processedObjects" }, RESTJobSession = { "total" },
  }

  -- An OpenAPI schema beside ours; `seen` ends cycles.
  local function compare(document, source, schema, where, seen)
    local reference = source["$ref"] or source.allOf and source.allOf[1]["$ref"]
    if reference then
      local name = reference:match "[^/]+$"
      assert.equal(name, schema.name, where)
      if seen[name] then return end
      seen[name] = true
      source = document.components.schemas[name]
      where = name
    end
    compared = compared + 1
    if source.enum then
      assert.same(source.enum, schema.enum, where)
    elseif source.properties then
      assert.equal("object", schema.type, where)
      -- v6 requires properties of rows that it does not declare.
      local names = {}
      for name in pairs(source.properties) do names[name] = true end
      for _, name in ipairs(source.required or {}) do names[name] = true end
      for _, name in ipairs(document.paths["/v8/Jobs"] and beyond[where] or {}) do
        names[name] = true
      end
      assert.same(keys(names), keys(schema.properties), where)
      assert.same(keys(names), sorted(schema.order), where)
      assert.same(sorted(source.required or {}), sorted(schema.required), where)
      for name, property in pairs(source.properties) do
        local ours, inside = schema.properties[name], where .. "." .. name
        assert.equal(flag(document, property, "nullable"), ours.nullable == true, inside)
        assert.equal(flag(document, property, "readOnly"), ours.read_only == true, inside)
        assert.equal(flag(document, property, "writeOnly"), ours.write_only == true, inside)
        compare(document, property, ours, inside, seen)
      end
    else
      assert.equal(source.type, schema.type, where)
      if source.type ~= "object" and source.type ~= "array" then
        assert.equal(source.format, schema.format, where)
      end
    end
    if source.items then compare(document, source.items, schema.items, where .. "[]", seen) end
    if type(source.additionalProperties) == "table" then
      compare(document, source.additionalProperties, schema.additional, where .. "{}", seen)
    end
    assert.equal(source["x-veeam-page-result"] == true, schema.page == true, where)
  end

  local function compare_operation(document, method, path, source, operation, seen)
    local where = method .. " " .. path
    assert.equal(path, operation.path)
    local expected, ours = {}, {}
    for _, parameter in ipairs(source.parameters or {}) do
      expected[#expected + 1] = ("%s %s %s"):format(parameter["in"], parameter.name,
        tostring(parameter.required == true))
      for _, own in ipairs(operation.parameters) do
        if own.name == parameter.name then
          compare(document, parameter.schema, own.schema, where .. "?" .. own.name, seen)
          if own.schema.type ~= "string" and parameter.schema.default ~= nil then
            assert.equal(parameter.schema.default, own.schema.default)
          end
        end
      end
    end
    for i, own in ipairs(operation.parameters) do
      ours[i] = ("%s %s %s"):format(own.place, own.name, tostring(own.required))
    end
    assert.same(sorted(expected), sorted(ours), where)
    local body = source.requestBody
    assert.equal(body ~= nil, operation.body ~= nil, where)
    if body then
      assert.equal(body.required == true, operation.body_required, where)
      assert.is_truthy(body.content[operation.content_type], where)
      compare(document, body.content[operation.content_type].schema, operation.body,
        where .. " body", seen)
    end
    local answer = operation.answer
    local response = assert(source.responses[tostring(answer.status)], where)
    local kind, media = next(response.content or {})
    if not kind then
      assert.equal("empty", answer.kind, where)
    elseif kind == "application/octet-stream" then
      assert.equal("stream", answer.kind, where)
    else
      assert.equal("json", answer.kind, where)
      compare(document, media.schema, answer.schema, where .. " answer", seen)
      assert.equal(media.schema.type == "array", answer.array, where)
    end
    assert.equal(source["x-anonymous"] == true, operation.anonymous, where)
  end

  it("are those of the vendor's documents, operation by operation", function()
    if not folder then pending "VBO_FACTS does not name the folder of the fact files" return end
    compared = 0
    for version, expected in pairs { v6 = 429, v7 = 457, v8 = 487 } do
      local document = document_of(version)
      local found, count = operations_of(version)
      local seen, total = {}, 0
      for path, methods in pairs(document.paths) do
        for method, source in pairs(methods) do
          local operation = assert(found[key_of(method:upper(), path)], path)
          compare_operation(document, method, path, source, operation, seen)
          assert.equal(operation, catalogue.load(version):operation(source.operationId))
          total = total + 1
        end
      end
      assert.same({ expected, expected }, { total, count })
      for name, schema in pairs(document.components.schemas) do
        compare(document, schema, assert(catalogue.load(version):schema(name)), name, seen)
      end
    end
    assert.is_true(compared > 5000, compared)
  end)
end)

describe("the facts of v1 to v5", function()
  local function compare_parameters(source, operation)
    local path = source.template or source.path
    local places, queries = 0, {}
    for _, parameter in ipairs(operation.parameters) do
      if parameter.place == "path" then places = places + 1
      else queries[#queries + 1] = parameter.name end
    end
    assert.equal(select(2, path:gsub("{", "")), places, path)
    assert.same(keys(source.query), sorted(queries), path)
  end

  local function compare_action(source, action, operation)
    local where = source.path .. " " .. operation.action
    if type(action.properties) ~= "table" then
      assert.equal(action.properties == nil, operation.body == nil, where)
      return
    end
    assert.same(keys(action.properties), keys(operation.body.properties), where)
    assert.is_nil(operation.body.additional)
    for name, property in pairs(action.properties) do
      local schema = operation.body.properties[name]
      if property.enum then assert.same(property.enum, schema.enum, where .. "." .. name) end
      local plain = ({ string = 1, integer = 1, boolean = 1, array = 1 })[property.type]
      if plain then assert.equal(property.type, schema.type, where .. "." .. name) end
    end
    assert.same({}, operation.body.required, where)
    if type(action.code) == "number" then assert.equal(action.code, operation.answer.status) end
    assert.equal(tostring(action.response):find("octet-stream", 1, true) ~= nil,
      operation.answer.kind == "stream", where)
  end

  local function compare_plain(document, source, operation)
    local where = source.method .. " " .. source.path
    assert.equal(source.body ~= nil, operation.body ~= nil, where)
    if type(source.body) == "table" and not source.body.variants and not source.body.oneOf then
      assert.same(keys(source.body), keys(operation.body.properties), where)
      for name, word in pairs(source.body) do
        if type(word) == "string" and word:match "^%w+|[%w|]+$" then
          local values = {}
          for value in word:gmatch "[^|]+" do values[#values + 1] = value end
          assert.same(values, operation.body.properties[name].enum, where .. "." .. name)
        end
      end
    end
    -- A row of a kind that the file describes has its schema; of others nothing is known.
    local envelope = source.envelope or ""
    local function row(name) return document.resources[name] and name end
    local answer = operation.answer
    if envelope:match "^%u%a+$" then
      assert.equal("json", answer.kind, where)
      assert.equal(row(envelope) or nil, answer.schema and answer.schema.name, where)
    elseif envelope:match "^page of" then
      assert.is_true(answer.page, where)
      assert.equal(row(envelope:match "^page of (%a+)") or nil, answer.item.name, where)
    elseif envelope:match "^array of" then
      assert.is_true(answer.array, where)
      assert.equal(row(envelope:match "^array of (%a+)") or nil, answer.item.name, where)
    elseif envelope:match "likely" or envelope:match "collection" then
      assert.equal("either", answer.page, where)
    end
  end

  it("are those of the fact files, operation by operation", function()
    if not folder then pending "VBO_FACTS does not name the folder of the fact files" return end
    for _, version in ipairs(versions.dialect "action") do
      local document = document_of(version)
      local found, count = operations_of(version)
      local total = 0
      for _, source in ipairs(document.operations) do
        local path = source.template or source.path
        for action, facts in pairs(source.actions or { [""] = false }) do
          local operation = assert(found[key_of(source.method, path, action)], path .. action)
          compare_parameters(source, operation)
          if facts then compare_action(source, facts, operation)
          else compare_plain(document, source, operation) end
          total = total + 1
        end
      end
      assert.equal(total, count, version)
      for name, source in pairs(document.resources) do
        local schema = assert(catalogue.load(version):schema(name), name)
        local own = { _links = true, _actions = true }
        assert.same(without(keys(source.properties), own), without(keys(schema.properties), own))
        for property, word in pairs(source.properties) do
          local enum = document.enums[name .. property:gsub("^%l", string.upper)]
          if enum and type(word) == "string" and word:find("|", 1, true)
            and not word:find("..", 1, true) then
            assert.same(sorted(enum), sorted(schema.properties[property].enum), name)
          end
        end
      end
    end
  end)
end)

describe("the generator", function()
  it("makes the same bytes again", function()
    if not folder then pending "VBO_FACTS does not name the folder of the fact files" return end
    local texts = {}
    for number = 1, 8 do
      local file <close> = assert(io.open(("%s/v%d.json"):format(folder, number)))
      texts["v" .. number] = file:read "a"
    end
    local contents <close> = assert(io.open(folder .. "/v8-titles.json"))
    texts.titles = contents:read "a"
    local where = package.searchpath("vbo.catalogue.facts.v1", package.path):gsub("v1%.lua$", "")
    local count = 0
    for name, text in pairs(require("tools.facts").modules(texts)) do
      local file <close> = assert(io.open(where .. name))
      assert.is_true(file:read "a" == text, name .. " differs: generate the facts again")
      count = count + 1
    end
    assert.equal(27, count)
  end)

  it("gives a title to every operation that the contents name", function()
    if not folder then pending "VBO_FACTS does not name the folder of the fact files" return end
    local titles = require "vbo.catalogue.titles"
    local file <close> = assert(io.open(folder .. "/v8-titles.json"))
    local count, known = 0, catalogue.load "v8"
    for _, group in ipairs(cjson.decode(file:read "a").groups) do
      for _, entry in ipairs(group.operations) do
        count = count + 1
        local found = false
        for _, name in ipairs(titles.find(entry.title)) do
          found = found or known:route(name) == entry.method
        end
        assert.is_true(found, entry.title)
      end
    end
    assert.equal(170, count)
  end)

  it("left no prose behind", function()
    local where = package.searchpath("vbo.catalogue.facts.v1", package.path):gsub("v1%.lua$", "")
    for _, version in ipairs(catalogue.versions) do
      for _, kind in ipairs { "operations", "schemas" } do
        local file <close> = assert(io.open(where .. kind .. "_" .. version .. ".lua"))
        local text = file:read "a"
        for _, word in ipairs { "hc15", "hc50", "helpcenter", "seen by", "docs", "github" } do
          assert.is_nil(text:find(word, 1, true), version .. " " .. word)
        end
        -- Notation knows no blanks but between the parts of parameters and answers.
        assert.is_nil(text:match "%l %l+ %l+ %l+ %l+", version .. " " .. kind)
      end
    end
  end)
end)
