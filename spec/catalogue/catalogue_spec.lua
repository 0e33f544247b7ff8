-- Operations by name, by order, by method and path, over all versions.
-- Tests also vbo.catalogue.match and vbo.catalogue.shipped.

local catalogue = require "vbo.catalogue"

-- The interpreter under test, where there is one: stock Lua loads no sanitized module.
local interpreter = os.getenv "VBOLUA" or "lua5.4"

-- Key by key comparison leaves out what a schema caches.
local function names_of(list)
  local result = {}
  for i, item in ipairs(list) do result[i] = item.name end
  return result
end

local function place_of(operation, place)
  local result = {}
  for _, parameter in ipairs(operation.parameters) do
    if parameter.place == place then result[#result + 1] = parameter end
  end
  return result
end

describe("the catalogue of a version", function()
  it("has the lines and operations that the vendor published", function()
    local expected = {
      v1 = { 61, 79 }, v2 = { 116, 163 }, v3 = { 138, 185 }, v4 = { 161, 207 },
      v5 = { 198, 270 }, v6 = { 429, 429 }, v7 = { 457, 457 }, v8 = { 487, 487 },
    }
    for version, counts in pairs(expected) do
      local cat = catalogue.load(version)
      local lines, operations, named = 0, 0, 0
      for method, path, names in cat:resources() do
        lines = lines + 1
        named = named + #names
        assert.matches("^%u+$", method)
        assert.equal("/" .. version .. "/", path:sub(1, 4))
      end
      for _ in cat:operations() do operations = operations + 1 end
      assert.same(counts, { lines, operations }, version)
      assert.equal(operations, named)
      assert.equal(counts[2], #cat:names())
    end
  end)

  it("knows its version and dialect", function()
    assert.same({ "v1", "v2", "v3", "v4", "v5", "v6", "v7", "v8" }, catalogue.versions)
    for number, version in ipairs(catalogue.versions) do
      local cat = catalogue.load(version)
      assert.equal(version, cat.version)
      assert.equal(number, cat.number)
      assert.equal(number < 6 and "action" or "verb", cat.dialect)
      assert.equal(cat, catalogue.load(version))
    end
  end)

  it("raises for a version that there is not, at the caller", function()
    local ok, message = pcall(function() catalogue.load "v9" end)
    assert.is_false(ok)
    assert.matches("catalogue_spec%.lua:%d+: unknown API version v9; known: v1, v2", message)
    assert.has_error(function() catalogue.load(nil) end)
  end)

  it("loads no facts before a version is asked for", function()
    local chunk = os.tmpname()
    local file = assert(io.open(chunk, "w"))
    file:write(("package.path = %q\n"):format(package.path), [[
      require "vbo.catalogue"
      for name in pairs(package.loaded) do
        assert(not name:match "^vbo%.catalogue%.facts", name)
      end
      require("vbo.catalogue").load "v2"
      local found = {}
      for name in pairs(package.loaded) do found[#found + 1] = name:match "facts%.(.*)" end
      table.sort(found)
      print(table.concat(found, " "))]])
    file:close()
    local program <close> = assert(io.popen(interpreter .. " " .. chunk .. " 2>&1"))
    local printed = program:read "a"
    os.remove(chunk)
    assert.equal("v2\n", printed)
  end)

  it("is not loaded by the module before a client is made", function()
    local chunk = os.tmpname()
    local file = assert(io.open(chunk, "w"))
    file:write(("package.path, package.cpath = %q, %q\n"):format(package.path, package.cpath), [[
      require "vbo"
      local found = {}
      for name in pairs(package.loaded) do found[#found + 1] = name:match "catalogue%.facts.*" end
      print(#found, package.loaded.vbo ~= nil)]])
    file:close()
    local program <close> = assert(io.popen(interpreter .. " " .. chunk .. " 2>&1"))
    local printed = program:read "a"
    os.remove(chunk)
    assert.equal("0\ttrue\n", printed)
  end)

  it("stays within 5 ms and 4 MB a version", function()
    -- Memory is a count, not a clock: it is checked here, the time in `make bench`.
    for _, version in ipairs(catalogue.versions) do
      for name in pairs(package.loaded) do
        if name:match "^vbo%.catalogue%.facts" then package.loaded[name] = nil end
      end
      local facts = "vbo.catalogue.facts." .. version
      collectgarbage()
      collectgarbage "stop"
      local before = collectgarbage "count"
      local cat = require("vbo.catalogue.lookup").new(require(facts))
      assert.is_truthy(cat:operation "RestoreSession_StopAction")
      assert.is_truthy(cat:operation "Job_Update")
      local used = collectgarbage "count" - before
      collectgarbage "restart"
      assert.is_true(used < 4096, ("%s takes %.0f KB"):format(version, used))
    end
  end)
end)

describe("the index of all versions", function()
  local common = require "vbo.catalogue.common"
  local written = require "tools.facts.index"

  local function entries(text, origins)
    local list = {}
    for name, origin, alias in text:gmatch "(%u)(%d)(%l?)" do
      list[#list + 1] = { name = name, origin = "v" .. (origins or origin),
        aliases = { alias ~= "" and alias or nil } }
    end
    return list
  end

  local function read(text, number)
    local list = {}
    for name, origin, aliases in common.each(text, number) do
      list[#list + 1] = name .. origin:sub(2) .. aliases:gsub(" ", "")
    end
    return table.concat(list)
  end

  it("gives each version its own list, in its own order", function()
    for _, versions in ipairs {
      { "A1B1C1", "A1C2D2", "Z3A1C2" },
      -- Other orders, other aliases.
      { "A1B1C1D1", "D1C1B1A1", "B1D1A3C1" },
      { "A1xB1", "A1yB1", "A1xB3", "" },
      { "", "A2", "", "A2" },
    } do
      local lists = {}
      for i, text in ipairs(versions) do lists[i] = entries(text) end
      local index = written.write(lists)
      for number, text in ipairs(versions) do assert.equal(text, read(index, number), index) end
    end
  end)

  it("says what versions share once", function()
    local index = written.write { entries "A1B1C1D1", entries "A1B1E2C1D2", entries "B1E2C1D2F3" }
    assert.equal("\n11- A\n111 B\n-22 E\n111 C\n122 D\n--3 F", index)
  end)

  it("knows more than nine versions", function()
    local lists = {}
    for number = 1, 12 do lists[number] = entries("A1B1", number > 9 and number or nil) end
    local index = written.write(lists)
    assert.equal("\n111111111abc A\n111111111abc B", index)
    local name, origin = common.each(index, 11)()
    assert.same({ "A", "v11" }, { name, origin })
  end)
end)

describe("an operation", function()
  it("is found by its name, an id of another version, in any case", function()
    local v8 = catalogue.load "v8"
    local operation = assert(v8:operation "Organization_Explore")
    assert.equal("/v8/Organizations/{organizationId}/explore", operation.path)
    assert.equal(operation, v8:operation "organization_EXPLORE")
    assert.equal(operation, v8:operation "Organization_ExploreAction")
    local v6 = catalogue.load "v6"
    assert.equal("Organization_Explore", v6:operation("Organization_ExploreAction").name)
    local v2 = catalogue.load "v2"
    assert.equal("Organization_Explore", v2:operation("Organization_ExploreAction").name)
    assert.is_nil(v8:operation "Organization_Explode")
    assert.is_nil(v8:operation(nil))
  end)

  it("has the same name in both dialects", function()
    local cases = {
      { "Job_StartAction", "start", "/v2/Jobs/{jobId}/Action" },
      { "RestoreSession_StopAction", "stop", "/v2/RestoreSessions/{restoreSessionId}/Action" },
      { "ExchangeMailbox_RestoreMailboxAction", "restoretoOriginallocation",
        "/v2/RestoreSessions/{restoreSessionId}/Organization/Mailboxes/{mailboxId}/Action" },
      { "ExchangeItem_SaveItems", "savetoMsg",
        "/v2/RestoreSessions/{restoreSessionId}/Organization/Mailboxes/{mailboxId}/Items/Action" },
      { "OneDrive_SendOneDriveAction", "sendTo",
        "/v2/RestoreSessions/{restoreSessionId}/Organization/OneDrives/{oneDriveId}/Action" },
      { "SharePointSite_RestoreSiteAction", "restoreTo",
        "/v2/RestoreSessions/{restoreSessionId}/Organization/Sites/{siteId}/Action" },
      { "ExchangeMailbox_RestoreMailboxesAction", "restoreTo",
        "/v2/RestoreSessions/{restoreSessionId}/Organization/Mailboxes/Action" },
      { "VboEmailSettings_SendTestEmail", "sendTest", "/v2/VBOEmailSettings/Action" },
    }
    for _, case in ipairs(cases) do
      local operation = assert(catalogue.load("v2"):operation(case[1]), case[1])
      assert.same({ case[2], case[3] }, { operation.action, operation.path })
      local later = assert(catalogue.load("v8"):operation(case[1]), case[1])
      assert.is_nil(later.action)
    end
    local first = catalogue.load("v1"):operation "RestoreSession_ExploreAction"
    assert.same({ "/v1/RestoreSessions/Action", "explore" }, { first.path, first.action })
  end)

  it("tells its parameters, body, answer and nature", function()
    local start = catalogue.load("v8"):operation "Job_StartAction"
    assert.same({ "POST", "/v8/Jobs/{jobId}/start" }, { start.method, start.path })
    assert.same({ "jobId" }, names_of(start.parameters))
    assert.same({ "path", true, "uuid" }, { start.parameters[1].place,
      start.parameters[1].required, start.parameters[1].schema.format })
    assert.same({ "full" }, start.body.order)
    assert.equal("RESTStartJobOptions", start.body.name)
    assert.equal("application/json", start.content_type)
    assert.is_true(start.change)
    assert.is_true(start.body_required)
    assert.is_false(start.anonymous)

    local list = catalogue.load("v8"):operation "Job_Get"
    assert.is_false(list.change)
    assert.same({ "json", 200, true, false },
      { list.answer.kind, list.answer.status, list.answer.page, list.answer.array })
    assert.equal("RESTJob", list.answer.item.name:sub(1, 7))
    assert.is_true(catalogue.load("v7"):operation("Job_Get").answer.array)

    local users = catalogue.load("v2"):operation "OrganizationUser_Get"
    assert.equal("either", users.answer.page)
    assert.equal("User", users.answer.item.name)
    assert.is_true(catalogue.load("v7"):operation("JobSessionChanges_Get").answer.changes)

    local explore = catalogue.load("v2"):operation "Organization_Explore"
    assert.equal(201, explore.answer.status)
    assert.equal("RestoreSession", explore.answer.schema.name)
    assert.same({ "vex", "vesp", "veod" }, explore.body.properties.type.enum)

    local save = catalogue.load("v2"):operation "OneDriveDocument_SaveDocumentsAction"
    assert.equal("stream", save.answer.kind)
  end)

  it("is a change unless it only reads or keeps house", function()
    local v8, v5 = catalogue.load "v8", catalogue.load "v5"
    local reads = {
      [v8] = { "token", "OneDrive_SearchOneDriveByOptions", "OneDriveDocument_SaveDocumentsAction",
        "ExchangeItem_ExportItemsToPstAction", "BackupOrganization_RestoreSessionsSearchTeams",
        "TeamsPost_Export", "Organization_GetById" },
      [v5] = { "token", "OneDrive_SearchOneDriveByOptions", "ExchangeItem_SaveItemAction",
        "BackupOrganization_SearchAction" },
    }
    local changes = {
      [v8] = { "Job_Remove",
        "OneDriveDocument_SendDocumentsAction", "VexEmailSettings_SendTestEmail",
        "OneDriveDocument_RestoreDocumentsAction", "Job_Update" },
      [v5] = { "Job_StartAction", "Job_StopAction",
        "OneDrive_CopyToOneDriveAction" },
    }
    for cat, names in pairs(reads) do
      for _, name in ipairs(names) do assert.is_false(cat:operation(name).change, name) end
    end
    for cat, names in pairs(changes) do
      for _, name in ipairs(names) do assert.is_true(cat:operation(name).change, name) end
    end
    for _, version in ipairs(catalogue.versions) do
      for operation in catalogue.load(version):operations() do
        if operation.method == "GET" then assert.is_false(operation.change, operation.name) end
        if operation.method == "PUT" or operation.method == "DELETE" then
          assert.is_true(operation.change, operation.name)
        end
      end
    end
  end)

  it("needs no token only where the server says so", function()
    for _, version in ipairs(catalogue.versions) do
      local found = {}
      for operation in catalogue.load(version):operations() do
        if operation.anonymous then found[#found + 1] = operation.name end
      end
      assert.equal("token", found[1], version)
      assert.is_true(#found <= 3, table.concat(found, " "))
    end
  end)

  it("searches in v5 by either of v6's two names", function()
    local v5 = catalogue.load "v5"
    local search = v5:operation "BackupOrganization_SearchAction"
    assert.equal(search, v5:operation "BackupOrganization_RestoreSessionsSearchExchange")
    assert.equal(search, v5:operation "BackupOrganization_RestoreSessionsSearchTeams")
    assert.equal("/v1/JobSessions/{jobSessionsId}/Log",
      catalogue.load("v1"):operation("JobSessionLog_GetBatchBySessionId").path)
    assert.matches("/LogItems$",
      catalogue.load("v2"):operation("JobSessionLog_GetBatchBySessionId").path)
  end)

  it("resolves schemas that hold themselves", function()
    local folder = catalogue.load("v8"):schema "RESTItemRestoreDetailsComposed"
    assert.equal(folder, folder.properties.childItems.items)
    assert.is_nil(catalogue.load("v8"):schema "RESTNothing")
    -- A nullable reference is a copy with its own mark.
    local state = catalogue.load("v8"):schema "RESTOrganizationSyncState"
    assert.is_true(state.properties.lastSyncState.nullable)
    assert.equal("RESTOrganizationLastSyncState", state.properties.lastSyncState.name)
    assert.is_table(state.properties.lastSyncState.properties)
    assert.is_nil(catalogue.load("v8"):schema("RESTOrganizationLastSyncState").nullable)
  end)

  it("names path parameters alike over the versions", function()
    for _, version in ipairs { "v1", "v2", "v3", "v4", "v5" } do
      for operation in catalogue.load(version):operations() do
        local names = {}
        for name in operation.path:gmatch "{([^}]+)}" do
          assert.not_equal("ID", name, operation.name)
          assert.is_nil(names[name], operation.path)
          names[name] = true
        end
        for _, parameter in ipairs(place_of(operation, "path")) do
          assert.is_true(names[parameter.name], operation.name)
          names[parameter.name] = nil
        end
        assert.is_nil(next(names), operation.name)
      end
    end
  end)
end)

describe("an operation that a version lacks", function()
  it("tells the versions that have it", function()
    assert.same({ "v1", "v2", "v3", "v4", "v5", "v6", "v7", "v8" },
      catalogue.having "Job_StartAction")
    assert.same({ "v7", "v8" }, catalogue.having "BackupRepository_Explore")
    assert.same({ "v1" }, catalogue.having "Job_GetSelectedMailboxes")
    assert.same({}, catalogue.having "Job_Fly")
    assert.equal(8, #catalogue.having "organization_exploreaction")
  end)

  it("is an error that says when it came, or went", function()
    local err = catalogue.missing(catalogue.load "v2", "BackupRepository_Explore")
    assert.equal("unsupported", err.kind)
    assert.equal("v2 has no BackupRepository_Explore; it came with v7 (product 7.0)", err.message)
    assert.equal("v7 and v8 have it", err.hint)
    err = catalogue.missing(catalogue.load "v8", "JobSession_GetByJobId")
    assert.equal("v8 has no JobSession_GetByJobId; it went after v6 (product 6.0)", err.message)
    err = catalogue.missing(catalogue.load "v4", "Proxy_GetRepositories")
    assert.matches("it went after v2", err.message)
    err = catalogue.missing(catalogue.load "v8", "Job_StrtAction")
    assert.same({ "usage", "did you mean Job_StartAction?" }, { err.kind, err.hint })
  end)
end)

describe("match", function()
  local id = "61954db6-7278-4d26-86f7-888bda5a4ec4"

  it("finds every operation by an example of its request", function()
    local example = require "vbo.catalogue.example"
    local url = require "vbo.catalogue.url"
    local count = 0
    for _, version in ipairs(catalogue.versions) do
      local cat = catalogue.load(version)
      for operation in cat:operations() do
        local arguments = example.arguments(operation)
        local path = operation.path:gsub("{([^}]+)}", function(name)
          return url.segment(tostring(arguments[name]))
        end)
        local found, parameters = cat:match(operation.method, path:upper())
        if operation.action then found = found.actions[operation.action:lower()] end
        assert.equal(operation, found, version .. " " .. path)
        for _, parameter in ipairs(place_of(operation, "path")) do
          assert.equal(tostring(arguments[parameter.name]):upper(), parameters[parameter.name])
        end
        count = count + 1
      end
    end
    assert.equal(79 + 163 + 185 + 207 + 270 + 429 + 457 + 487, count)
  end)

  it("prefers a fixed segment to a parameter", function()
    local v8 = catalogue.load "v8"
    assert.equal("OrganizationSync_GetStates", v8:match("GET", "/v8/Organizations/syncState").name)
    assert.equal("Organization_GetById", v8:match("GET", "/v8/organizations/" .. id).name)
    assert.equal("OneDriveDocument_SaveDocumentsAction", v8:match("POST", "/v8/RestoreSessions/"
      .. id .. "/Organization/OneDrives/x/Documents/save").name)
  end)

  it("decodes parameters, ignores the query and a slash at the end", function()
    local v2 = catalogue.load "v2"
    local found, parameters = v2:match("GET",
      "/V2/RestoreSessions/a%2Fb%20c/organization/mailboxes/AAA==/?offset=0")
    assert.equal("ExchangeMailbox_GetById", found.name)
    assert.same({ restoreSessionId = "a/b c", mailboxId = "AAA==" }, parameters)
  end)

  it("gives all actions of a resource", function()
    local found, parameters = catalogue.load("v2"):match("POST", "/v2/jobs/7/ACTION")
    local keys = {}
    for key in pairs(found.actions) do keys[#keys + 1] = key end
    table.sort(keys)
    assert.same({ "disable", "enable", "start", "stop" }, keys)
    assert.same({ jobId = "7" }, parameters)
    assert.equal("/v2/Jobs/{jobId}/Action", found.path)
  end)

  it("tells an unknown path from a method that a path lacks", function()
    local v8 = catalogue.load "v8"
    assert.same({ n = 3, [3] = { "DELETE", "GET", "PUT" } },
      table.pack(v8:match("POST", "/v8/Jobs/" .. id)))
    assert.is_nil(select(3, v8:match("GET", "/v8/Flowers")))
    assert.is_nil((v8:match("GET", "/v7/Jobs")))
    assert.is_nil((v8:match("GET", "/")))
  end)
end)

describe("an imported OpenAPI document", function()
  local document = require "vbo.catalogue.document"
  local source = [==[{ "openapi": "3.0.1", "info": { "title": "t" },
    "paths": {
      "/v9/Jobs/{id}/fly": { "parameters": [
          { "name": "id", "in": "path", "required": true, "schema": { "type": "string" } }],
        "post": { "operationId": "Job_Fly", "description": "prose",
          "requestBody": { "required": true, "content": { "application/json":
            { "schema": { "$ref": "#/components/schemas/Flight" } } } },
          "responses": { "202": { "description": "prose" } } } },
      "/v9/Jobs": { "get": {
          "responses": { "200": { "content": { "application/json":
            { "schema": { "type": "array", "items": { "$ref": "#/components/schemas/Flight" } }
          } } } } } } },
    "components": { "schemas": { "Flight": { "type": "object", "required": ["height"],
      "properties": { "height": { "type": "integer", "minimum": 1, "maximum": 9 },
        "back": { "$ref": "#/components/schemas/Flight" },
        "kind": { "type": "string", "enum": ["a|b", "c,d (e)", "]]"], "description": "prose" },
        "code": { "type": "string", "minLength": 2, "maxLength": 3, "default": "x=y;" }
      } } } } }]==]

  it("becomes a module that works like a shipped version", function()
    local text = assert(document.import(source))
    assert.equal(text, document.import(source))
    assert.is_nil(text:find("prose", 1, true))
    local cat = catalogue.add(assert(load(text, "imported", "t", {}))())
    finally(function() table.remove(catalogue.versions) end)
    assert.equal(cat, catalogue.load "v9")
    assert.equal("v9", catalogue.versions[#catalogue.versions])
    assert.same({ "Job_Fly", "Jobs_Get" }, cat:names())
    local operation = cat:operation "job_fly"
    assert.equal(202, operation.answer.status)
    assert.same({ "a|b", "c,d (e)", "]]" }, operation.body.properties.kind.enum)
    assert.equal("x=y;", operation.body.properties.code.default)
    assert.equal(operation.body, operation.body.properties.back)
    assert.same({ "v9" }, catalogue.having "Job_Fly")
    local request = assert(cat:check("Job_Fly", { id = "a b", body = { height = 9 } }))
    assert.equal("/v9/Jobs/a%20b/fly", request.path)
    for body, property in pairs {
      [{ height = 0 }] = "body.height", [{ height = 10 }] = "body.height", [{}] = "body.height",
      [{ height = 1, code = "x" }] = "body.code", [{ height = 1, code = "wxyz" }] = "body.code",
      [{ height = 1, back = { height = 1, back = {} } }] = "body.back.back.height",
    } do
      local _, err = cat:check("Job_Fly", { id = "1", body = body })
      assert.equal(property, err and err.property)
    end
  end)

  it("is refused when it is not an OpenAPI document of one version", function()
    for text, message in pairs {
      ["{"] = "not JSON: an early end at byte 1",
      ["[]"] = "not an OpenAPI document",
      ['{"paths": {}}'] = "without operations",
      ['{"paths": {"/Jobs": {"get": {}}}}'] = "a path without its version: /Jobs",
      ['{"paths": {"/v8/A": {"get": {}}, "/v9/B": {"get": {}}}}'] = "several versions",
      ['{"paths":{"/v8/A":{"get":{"operationId":"A"},"put":{"operationId":"a"}}}}']=
        "two operations are called a",
    } do
      local module, why = document.import(text)
      assert.is_nil(module)
      assert.is_truthy(why:find(message, 1, true), why)
    end
  end)
end)
