-- The catalogue as an OpenAPI document: nothing is lost on the way out and in again, an independent
-- validator accepts it, and a rehearsal server serves it.
-- Tests also vbo.catalogue.export_json and vbo.catalogue.export_schema.

local catalogue = require "vbo.catalogue"
local common = require "vbo.catalogue.common"
local export = require "vbo.catalogue.export"
local imported = require "vbo.catalogue.imported"
local index = require "vbo.catalogue.facts.index"
local json = require "vbo.base.json"
local node = require "spec.support.node"
local program = require "spec.support.program"
local sim_app = require "spec.support.sim_app"
local versions = require "spec.support.versions"

local quoted = program.quoted

local function read(path)
  local file <close> = assert(io.open(path, "rb"))
  return file:read "a"
end

local function write(path, text)
  local file <close> = assert(io.open(path, "wb"))
  assert(file:write(text))
  return path
end

--- Returns one kind of a shipped version, index and lines, as a module of one piece has them.
local function shipped(kind, number)
  local names, lines = {}, {}
  for name, origin, aliases in common.each(index[kind], number) do
    local text = "\n" .. require(("vbo.catalogue.facts.%s_%s"):format(kind, origin))
    names[#names + 1] = ("%s v%d%s"):format(name, number, aliases)
    local from = assert(text:find("\n" .. name .. "\t", 1, true))
    lines[#lines + 1] = text:match("[^\n]+", from + 1)
  end
  return table.concat(names, "\n") .. "\n", table.concat(lines, "\n") .. "\n"
end

-- Each is made once here.
local texts = setmetatable({}, {
  __index = function(self, version)
    self[version] = export.document(catalogue.load(version))
    return self[version]
  end,
})

local function decoded(version) return assert(json.decode(texts[version])) end

describe("a catalogue's OpenAPI document", function()
  for number = os.getenv "VBO_SANITIZE" and 8 or 6, 8 do
    it(("is read back to the catalogue of v%d, to the letter"):format(number), function()
      local source, module = imported.make(texts["v" .. number])
      assert(source, module)
      for _, kind in ipairs { "operations", "schemas" } do
        local names, lines = shipped(kind, number)
        -- Not `equal`, which would print both.
        assert.is_true(names == module[kind])
        assert.is_true(lines == module.lines[kind])
      end
    end)
  end

  it("is one, in both dialects", function()
    local lacks = node.lacks()
    if lacks then return pending(lacks) end
    local folder, remove = program.folder()
    local files = {}
    for i, version in ipairs(versions.with_newest("v1", "v5", "v6")) do
      files[i] = write(("%s/%s.json"):format(folder, version), texts[version])
    end
    -- And it can fail.
    files[#files + 1] = write(folder .. "/broken.json",
      (texts.v8:gsub('"in": "query"', '"in": "quarry"', 1)))
    local found = node.run("document.mjs", table.unpack(files))
    remove()
    local broken = table.remove(files)
    for _, file in ipairs(files) do
      assert.same({ valid = true, version = "3.0", errors = "[]" }, found[file])
    end
    assert.is_false(found[broken].valid)
  end)

  it("has names that are unique, and those of its own version", function()
    for _, version in ipairs(catalogue.versions) do
      local seen, count = {}, 0
      for _, item in pairs(decoded(version).paths) do
        for _, operation in pairs(item) do
          assert.is_nil(seen[operation.operationId:lower()], operation.operationId)
          seen[operation.operationId:lower()] = true
          count = count + 1
        end
      end
      local lines = 0
      for _ in catalogue.load(version):resources() do lines = lines + 1 end
      assert.equal(lines, count)
    end
    local accounts = decoded "v6".paths["/v6/Accounts"]
    assert.equal("Account_GetCredentials", accounts.get.operationId)
    assert.equal("Account_GetAccounts", decoded "v8".paths["/v8/Accounts"].get.operationId)
  end)

  it("says of an action resource what each of its actions takes", function()
    local document = decoded "v5"
    local path = catalogue.load "v5":operation "RestoreSession_StopAction".path
    local action = document.paths[path].post
    assert.equal("RestoreSessionsOne_Action", action.operationId)
    assert.same({ stop = "RestoreSession_StopAction" }, action["x-actions"])
    local stop = action.requestBody.content["application/json"].schema
    assert.same({ "stop" }, stop.required)
    assert.is_true(stop.properties.stop.nullable)
    local items = document.paths[catalogue.load "v5":operation "ExchangeItem_SaveItemAction".path]
    items = items.post.requestBody.content["application/json"].schema.oneOf
    local keys = {}
    for i, each in ipairs(items) do keys[i] = each.required[1] end
    table.sort(keys)
    assert.same({ "exporttoPst", "restoreTo", "restoretoOriginallocation", "savetoMsg",
      "sendtoDefaultaddress", "sendtoDifferentaddress" }, keys)
  end)

  it("keeps what stands beside a reference, and the errors of the token route", function()
    local document = decoded "v8"
    local storage = document.components.schemas.RESTBackupRepositoryFromClient
    assert.same({ allOf = { { ["$ref"] = "#/components/schemas/RESTObjectStorageComposed" } },
      nullable = true }, storage.properties.objectStorage)
    local token = document.paths["/v8/token"].post
    assert.same({}, token.security)
    assert.same({ "error" }, token.responses.default.content["application/json"].schema.required)
    assert.is_nil(document.paths["/v8/Jobs"].get.security)
  end)
end)

describe("vbolua catalogue export", function()
  local folder, remove

  before_each(function() folder, remove = program.folder() end)
  after_each(function() remove() end)

  local function run(words)
    return program.run(("VBO_CATALOGUES=%s %s catalogue %s"):format(quoted(folder),
      program.vbolua, words))
  end

  it("writes the newest version, or the one that is named", function()
    local text, status = run "export"
    assert.equal(0, status)
    assert.is_true(text == texts.v8)
    text, status = run("export --version v2 --out " .. quoted(folder .. "/v2.json"))
    assert.same({ "", 0 }, { text, status })
    assert.is_true(read(folder .. "/v2.json") == texts.v2)
  end)

  it("writes what can be imported", function()
    local text, status = run("export --version v7 --out " .. quoted(folder .. "/seven.json"))
    assert.same({ "", 0 }, { text, status })
    text, status = run("import " .. quoted(folder .. "/seven.json"))
    assert.equal(0, status, text)
    assert.match("v7: 457 operations", text)
    -- And again: an imported one is exported as it is.
    text = run "export --version v7"
    assert.is_true(text == read(folder .. "/seven.json"))
  end)

  it("refuses what it does not know, and says when it cannot write", function()
    local text, status = run "export --version v0"
    assert.equal(2, status)
    assert.match("there is no API version 'v0'.*known: v1, v2", text)
    text, status = run "export v8"
    assert.equal(2, status)
    assert.match("unexpected argument: v8", text)
    text, status = run("export --out " .. quoted(folder .. "/none/v8.json"))
    assert.is_true(status > 2)
    assert.match("cannot save into the directory .*/none: no such file or directory %[disk", text)
  end)
end)

describe("the rehearsal server", function()
  it("gives the description of a version where the real one does, to everybody", function()
    local client = sim_app.new "v8"
    for _, version in ipairs(versions.each_dialect) do
      local answer = client:raw("GET", "/swagger/docs/" .. version)
      assert.equal(200, answer.status)
      assert.match("^application/json", answer.headers["content-type"])
      assert.is_true(answer.body == export.document(catalogue.load(version),
        "https://localhost:4443"))
    end
    assert.equal(404, client:raw("GET", "/swagger/docs/v99").status)
    local refused = client:raw("POST", "/swagger/docs/v8")
    assert.same({ 405, "GET" }, { refused.status, refused.headers.allow })
    assert.equal(404, client:raw("GET", "/swagger/docs").status)
  end)
end)
