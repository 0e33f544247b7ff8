-- Schemas: their notation, formats, examples, and the check of arguments before they are sent.
-- Tests also vbo.catalogue.check and vbo.catalogue.values.

local catalogue = require "vbo.catalogue"
local example = require "vbo.catalogue.example"
local formats = require "vbo.catalogue.formats"
local json = require "vbo.base.json"
local nearest = require "vbo.base.nearest"
local notation = require "vbo.catalogue.notation"

local uuid = "61954db6-7278-4d26-86f7-888bda5a4ec4"
local v2, v3, v8 = catalogue.load "v2", catalogue.load "v3", catalogue.load "v8"

local function refused(cat, name, arguments, options)
  local request, err = cat:check(name, arguments, options)
  assert.is_nil(request)
  assert.equal("usage", err.kind)
  assert.equal(cat:operation(name).name, err.operation)
  assert.is_truthy(err.message:find(err.property, 1, true), err.message)
  return err
end

local function accepted(cat, name, arguments, options)
  local request, err = cat:check(name, arguments, options)
  assert.is_truthy(request, err and err.message)
  return request
end

describe("the notation of schemas", function()
  local function named(name, marks)
    local schema = marks or {}
    schema.ref = name
    return schema
  end

  it("says the same after reading and writing", function()
    for _, text in ipairs {
      "s", "b", "o", "i", "l", "n", "d", "f", "t", "T", "D", "u", "y", "P", "*", "@Job", "[s]",
      "{}", "{a!:s,b:u?,c:[{d:(A|B)~}],*:*}", "(A|B|...)", "s?~^<default=x;minLength=2>",
      "@Job?", "(urn%3Aietf%3Aparams|a%7Cb|%29%2C)", "{.issued:t,x%20y!:i<minimum=1;maximum=9>}",
      "{*:@Link}", "n<default=-3>", "b<default=false>",
    } do
      local schema, past = notation.read(text, named)
      assert.equal(#text + 1, past)
      assert.equal(text, notation.write(schema))
    end
  end)

  it("gives the fields that the contract names", function()
    local schema = notation.read("{a!:(x|y)?,b:[t]~,*:l^}", named)
    assert.same({
      type = "object", required = { "a" }, order = { "a", "b" },
      properties = {
        a = { type = "string", enum = { "x", "y" }, nullable = true },
        b = { type = "array", items = { type = "string", format = "date-time" }, read_only = true },
      },
      additional = { type = "integer", format = "int64", write_only = true },
    }, schema)
  end)

  it("raises on what it does not know", function()
    assert.has_error(function() notation.read("Q", named) end)
    assert.has_error(function() notation.read("{a?s}", named) end)
  end)
end)

describe("formats", function()
  local function sort_out(test, good, bad)
    for _, text in ipairs(good) do assert.is_true(test(text), text) end
    for _, text in ipairs(bad) do
      local ok, expected = test(text)
      assert.is_false(ok, text)
      assert.is_string(expected)
    end
  end

  it("knows RFC 3339 date-times", function()
    sort_out(formats["date-time"], {
      "2026-11-20T22:00:00Z", "2026-11-20t22:00:00.123456+01:00", "2024-02-29 00:00:00-05:30",
      "2016-12-31T23:59:60Z", "2000-02-29T00:00:00Z",
    }, {
      "2026-11-20T22:00:00", "2026-11-20", "2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z",
      "2026-11-31T00:00:00Z", "2026-11-20T24:00:00Z", "2026-11-20T22:60:00Z",
      "1900-02-29T00:00:00Z",
      "2026.11.20 22:00:00", "2026-11-20T22:00:00.Z", "2026-11-20T22:00:00+1:00", "now", "",
      "2026-11-20T22:00:00+24:00", "2026-00-20T22:00:00Z",
    })
  end)

  it("knows the forms of the older versions", function()
    sort_out(formats.dotted, { "2017.06.26 22:07:39" },
      { "2017-06-26 22:07:39", "2017.06.31 22:07:39", "2017.06.26", "2017.06.26T22:07:39" })
    sort_out(formats.loose, {
      "2017.06.26 22:07:39", "2017-06-26 22:07:39.123", "2017-04-09T09:12:59",
      "2017-04-09T09:12:59Z",
    }, { "2017-04-09", "yesterday", "2017.04.09 9:12:59" })
  end)

  it("knows UUIDs and base64", function()
    sort_out(formats.uuid, { uuid, uuid:upper(), "{" .. uuid .. "}" },
      { uuid .. "0", uuid:sub(2), uuid:gsub("-", ""), "g" .. uuid:sub(2), "", "{" .. uuid })
    sort_out(formats.byte, { "", "dmJv", "dm8=", "dg==", "dmJv\r\ndmJv" },
      { "dmJ", "dm=v", "dm_v", "====", "ü===" })
  end)

  it("knows the ranges of integers", function()
    assert.is_true(formats.integer(2147483647, "int32"))
    assert.is_false(formats.integer(2147483648, "int32"))
    assert.is_false(formats.integer(-2147483649, "int32"))
    assert.is_true(formats.integer(math.maxinteger, "int64"))
  end)
end)

describe("the nearest name", function()
  it("forgives letters swapped, left out, added, and other spellings", function()
    local list = { "documents", "skipItemChecks", "from", "to", "subject", "text", "asZip" }
    for word, expected in pairs {
      documnets = "documents", Document = "documents", skip_item_checks = "skipItemChecks",
      form = "from", subjct = "subject", ["as-zip"] = "asZip", t = "to", sub = "subject",
    } do
      assert.equal(expected, nearest(word, list), word)
    end
    assert.is_nil(nearest("password", list))
    assert.is_nil(nearest("", list))
    assert.is_nil(nearest("x", {}))
    assert.equal("ab", nearest("aa", { "ab", "ac" }))
  end)
end)

describe("a checked call", function()
  it("gets its path and query filled in and encoded", function()
    local request = accepted(v8, "JobSession_Get", { jobid = uuid, LIMIT = 30, status = "failed" })
    assert.equal("GET", request.method)
    assert.is_nil(request.body)
    local path, query = request.path:match "^([^?]*)%?(.*)$"
    assert.equal("/v8/JobSessions", path)
    local parts = {}
    for part in query:gmatch "[^&]+" do parts[part] = true end
    assert.same({ ["jobId=" .. uuid] = true, ["limit=30"] = true, ["status=Failed"] = true }, parts)
  end)

  it("keeps an id readable and cannot leave its segment", function()
    local function path_for(id)
      return accepted(v3, "ExchangeItem_SaveItemAction",
        { restoreSessionId = uuid, mailboxId = uuid, itemId = id }).path:match "Items/(.*)/Action"
    end
    assert.equal("AAE-h_u0AAA==", path_for "AAE-h_u0AAA==")
    assert.equal("a%2Fb%3Fc%23d%25%20e", path_for "a/b?c#d% e")
    assert.equal("%C3%BC:@+;", path_for "ü:@+;")
    for _, id in ipairs { "", ".", ".." } do
      assert.equal("itemId", refused(v3, "ExchangeItem_SaveItemAction",
        { restoreSessionId = uuid, mailboxId = uuid, itemId = id }).property)
    end
  end)

  it("encodes query values, numbers, booleans and null", function()
    local function query_for(arguments)
      arguments.restoreSessionId = uuid
      arguments.oneDriveId = "d"
      return accepted(v8, "OneDriveDocument_Get", arguments).path:match "%?(.*)"
    end
    assert.equal("parentId=a%26b%3D%2F%20%C3%BC", query_for { parentId = "a&b=/ ü" })
    assert.equal("parentId=null", query_for { parentId = json.null })
    assert.equal("includeFolders=false", query_for { includeFolders = false })
    assert.equal("includeFolders=true", query_for { includeFolders = "true" })
    assert.equal("offset=0&limit=7", query_for { offset = 0.0, limit = "7" })
    assert.is_nil(query_for {})
  end)

  it("takes no query value that only looks like one", function()
    for _, limit in ipairs { "0x10", "1e3", " 7", "7.0", "", "99999999999999999999" } do
      assert.equal("limit", refused(v8, "Job_Get", { limit = limit }).property, limit)
    end
    -- Null is a folder's parent; an id, a date or a word of a list is never null.
    local words = { JobSession_Get = "jobId", Account_GetAccounts = "accountType" }
    for name, parameter in pairs(words) do
      assert.equal(parameter, refused(v8, name, { [parameter] = json.null }).property)
    end
  end)

  it("corrects the case of properties and enum values and leaves the caller's table", function()
    local given = {
      DOCUMENTS = {}, username = "a", DocumentAction = "KEEP",
    }
    local request = accepted(v8, "OneDriveDocument_RestoreDocumentsAction",
      { restoreSessionId = uuid, oneDriveId = "d", body = given })
    assert.same({ documents = {}, userName = "a", documentAction = "Keep" }, request.body)
    assert.equal(getmetatable(json.array {}), getmetatable(request.body.documents))
    assert.equal("KEEP", given.DocumentAction)
  end)

  it("comes wrapped in its key in the action dialect", function()
    local request = accepted(v3, "Organization_Explore",
      { organizationId = uuid, body = { Type = "VEX", datetime = "2017.06.26 22:07:39" } })
    assert.equal("/v3/Organizations/" .. uuid .. "/Action", request.path)
    assert.same({ explore = { type = "vex", datetime = "2017.06.26 22:07:39" } }, request.body)
    assert.same({ stop = json.null },
      accepted(v3, "RestoreSession_StopAction", { restoreSessionId = uuid }).body)
    assert.same({ exporttoPst = json.null }, accepted(v3, "ExchangeItem_ExportItemToPstAction",
      { restoreSessionId = uuid, mailboxId = uuid, itemId = "i", body = json.null }).body)
    assert.same({ exporttoPst = json.null }, accepted(v2, "ExchangeItem_ExportItemToPstAction",
      { restoreSessionId = uuid, mailboxId = uuid, itemId = "i" }).body)
    assert.same({ explore = {} },
      accepted(v3, "Organization_Explore", { organizationId = uuid }).body)
  end)

  it("sends an empty object where a body is due and nothing in it is", function()
    assert.same({}, accepted(v8, "Job_StartAction", { jobId = uuid }).body)
    assert.is_nil(accepted(v8, "Job_StopAction", { jobId = uuid, body = {} }).body)
    assert.equal("body", refused(v8, "Job_AddSelectedItems", { jobId = uuid }).property)
    assert.equal("body", refused(v8, "Job_StopAction", { jobId = uuid, body = { x = 1 } }).property)
    assert.equal("body", refused(v8, "Job_Get", { body = { x = 1 } }).property)
  end)

  it("names a wrong parameter and the nearest right one", function()
    local err = refused(v8, "Job_StartAction", { jobid = uuid, fulll = true })
    assert.equal("fulll", err.property)
    err = refused(v8, "Job_StartAction", { jobId = uuid, full = true })
    assert.equal("it belongs to the body: body = { full = … }", err.hint)
    err = refused(v8, "Job_StartAction", { jobIdd = uuid })
    assert.equal("did you mean \"jobId\"?", err.hint)
    assert.equal("Job_StartAction: jobId is missing",
      refused(v8, "Job_StartAction", {}).message)
    assert.equal("jobId", refused(v8, "Job_StartAction", { jobId = "nightly" }).property)
    assert.equal("jobId", refused(v8, "Job_StartAction", { jobId = {} }).property)
    assert.equal("jobId", refused(v8, "Job_StartAction", { jobId = json.null }).property)
    assert.equal("ids", refused(catalogue.load "v6", "Job_RemoveSelectedItems",
      { jobId = uuid }).property)
    assert.equal("limit", refused(v8, "Job_Get", { limit = "many" }).property)
    assert.equal("limit", refused(v8, "Job_Get", { limit = 1.5 }).property)
    assert.equal("limit", refused(v8, "Job_Get", { limit = 2147483648 }).property)
    assert.equal("jobId", refused(v8, "Job_StartAction", { JobId = uuid, jobId = uuid }).property)
  end)

  it("names a wrong property by its path", function()
    local document = example.value(v8:schema "RESTOneDriveDocument")
    local function restore(body)
      return refused(v8, "OneDriveDocument_RestoreDocumentsAction",
        { restoreSessionId = uuid, oneDriveId = "d", body = body })
    end
    local function with(name, value)
      local copy = {}
      for key, item in pairs(document) do copy[key] = item end
      copy[name] = value
      return { documents = { document, copy } }
    end
    local err = restore(with("nmae", "x"))
    assert.equal("body.documents[2].nmae", err.property)
    assert.equal("did you mean \"name\"?", err.hint)
    assert.equal("body.documents[2].name", restore(with("name", nil)).property)
    assert.equal("body.documents[2].name", restore(with("name", 7)).property)
    assert.equal("body.documents[2].name", restore(with("name", json.null)).property)
    assert.equal("body.documents[2].sizeBytes", restore(with("sizeBytes", 1.5)).property)
    assert.equal("body.documents[2].sizeBytes", restore(with("sizeBytes", "1")).property)
    assert.equal("body.documents[2].creationTime", restore(with("creationTime", "today")).property)
    assert.equal("body.documents[2].inheritedPermissions",
      restore(with("inheritedPermissions", "true")).property)
    assert.equal("body.documents", restore({ documents = { id = "x" } }).property)
    assert.equal("body.documents", restore({ documents = "x" }).property)
    assert.equal("body.documents[1]", restore({ documents = { "x" } }).property)
    assert.equal("body.documents[1]", restore({ documents = { json.array {} } }).property)
    err = restore({ documents = { document, [3] = document } })
    assert.matches("body.documents must be an array, not a list with holes", err.message)
    -- Keys of a table that is not a list are kept, marked or not.
    assert.equal("body.documents", restore({ documents = json.array { id = "x" } }).property)
    assert.equal("body.documents",
      restore({ documents = json.array { document, [3] = document } }).property)
    assert.equal("body.documents[2].name", restore(with("name", "\xff")).property)
    assert.equal("body", restore({ 1, 2 }).property)
    assert.equal("body[1]", restore({ 1, userName = "x" }).property)
    assert.equal("body", restore("text").property)
    err = restore({ documentAction = "keeep" })
    assert.equal("body.documentAction", err.property)
    assert.matches("must be one of Overwrite, Keep, not \"keeep\"", err.message)
    assert.equal("did you mean \"Keep\"?", err.hint)
    assert.equal("body.documentaction",
      restore({ documentAction = "Keep", documentaction = "Keep" }).property)
    assert.equal("body.applicationId", restore({ applicationId = "x" }).property)
  end)

  it("never shows what may be a password", function()
    local err = refused(v8, "OneDriveDocument_RestoreDocumentsAction", { restoreSessionId = uuid,
      oneDriveId = "d", body = { userPassword = { "hunter2" } } })
    assert.is_nil(err.message:find("hunter2", 1, true))
    err = refused(v8, "OneDriveDocument_RestoreDocumentsAction", { restoreSessionId = uuid,
      oneDriveId = "d", body = { userPassword = 4711 } })
    assert.is_nil(err.message:find("4711", 1, true))
  end)

  it("takes an object of the server back, but for what the facts do not know of it", function()
    -- A document as v8 lists it, with what the OpenAPI does not declare and a null.
    local document = {
      id = uuid, name = "a.docx", sizeBytes = 5, createdBy = "x", modifiedBy = "x",
      creationTime = "2017-04-09T09:12:59", modificationTime = "2017-04-09T09:12:59",
      itemType = "News", versionId = json.null, oneDriveId = json.null,
      _links = { self = { href = "https://x" } },
    }
    local arguments = { restoreSessionId = uuid, oneDriveId = "d",
      body = { documents = { document } } }
    local err = refused(v8, "OneDriveDocument_SaveDocumentsAction", arguments)
    assert.equal("body.documents[1].itemType", err.property)
    assert.matches("give the resource", err.hint)
    document.itemType = nil
    local request = accepted(v8, "OneDriveDocument_SaveDocumentsAction", arguments)
    local sent = request.body.documents[1]
    assert.is_nil(sent._links)
    assert.equal(json.null, sent.oneDriveId)
    -- Known properties still have their types.
    document.sizeBytes = "5"
    assert.equal("body.documents[1].sizeBytes", refused(v8, "OneDriveDocument_SaveDocumentsAction",
      { restoreSessionId = uuid, oneDriveId = "d", body = { documents = { document } } }).property)
    -- v1 to v5 keep the links: the vendor's own examples send them.
    request = accepted(v2, "OneDriveDocument_SaveDocumentsAction", { restoreSessionId = uuid,
      oneDriveId = "d", body = { documents = { { id = uuid, size = 5, _links = {} } } } })
    assert.same({ { id = uuid, size = 5, _links = {} } }, request.body.save.documents)
  end)

  it("takes a kind of object that came after the facts back, but not from a person", function()
    local function add(item)
      return v8:check("Job_AddSelectedItems", { jobId = uuid, body = { item } })
    end
    assert.equal("Planet", add({ type = "Planet", id = "1", _links = {} }).body[1].type)
    local _, err = add({ type = "Planet", id = "1" })
    assert.equal("body[1].type", err.property)
  end)

  it("refuses a read-only property that is given on purpose", function()
    local found
    for operation in v8:operations() do
      for name, property in pairs(operation.body and operation.body.properties or {}) do
        if property.read_only and name == "_links" and operation.method == "PUT" then
          found = operation
        end
      end
    end
    assert.is_truthy(found)
    local arguments = example.arguments(found, { array = json.array })
    accepted(v8, found.name, arguments)
    arguments.body._links = {}
    local err = refused(v8, found.name, arguments)
    assert.matches("body%._links is read%-only", err.message)
  end)

  it("lets unknown properties through when it is not strict, and nothing else", function()
    local arguments = { jobId = uuid, body = { full = true, faster = 1 } }
    assert.equal("body.faster", refused(v8, "Job_StartAction", arguments).property)
    assert.same({ full = true, faster = 1 },
      accepted(v8, "Job_StartAction", arguments, { strict = false }).body)
    arguments.body.full = "yes"
    local err = refused(v8, "Job_StartAction", arguments, { strict = false })
    assert.equal("body.full", err.property)
  end)

  it("takes any property where the facts do not know them all", function()
    accepted(v2, "VboEmailSettings_Update", { body = { somethingNew = 1, port = 25 } })
    local err = refused(v2, "VboEmailSettings_Update", { body = { port = "x" } })
    assert.equal("body.port", err.property)
    accepted(catalogue.load "v1", "BackupOrganization_RestoreToAction",
      { restoreSessionId = uuid, body = { whatever = {} } })
  end)

  it("stops at a table that holds itself", function()
    local body = { backupType = "SelectedItems" }
    local policy = {}
    policy.self = policy
    body.schedulePolicy = policy
    local request, err = v8:check("Job_Update", { jobId = uuid, body = body }, { strict = false })
    assert.is_true(request ~= nil or err.kind == "usage")
    local cat = catalogue.load "v8"
    local deep = { name = "x" }
    deep.childItems = { deep }
    local schema = cat:schema "RESTItemRestoreDetailsComposed"
    local operation = { name = "Test", method = "POST", path = "/x", parameters = {},
      body = schema, body_required = true }
    deep.itemRestoreDetailsType = schema.properties.itemRestoreDetailsType.enum[1]
    request, err = cat:check(operation, { body = deep })
    assert.is_nil(request)
    assert.matches("nested too deeply", err.message)
  end)
end)

describe("an example", function()
  it("is valid, the same every time, and whole or only what is required", function()
    local count = 0
    for _, version in ipairs(catalogue.versions) do
      local cat = catalogue.load(version)
      for operation in cat:operations() do
        for _, required_only in ipairs { false, true } do
          local options = { required_only = required_only, array = json.array }
          local arguments = example.arguments(operation, options)
          assert.same(arguments, example.arguments(operation, options))
          accepted(cat, operation.name, arguments)
        end
        count = count + 1
      end
    end
    assert.equal(2277, count)
  end)
end)

describe("a broken body", function()
  -- Every way to break one property, and what stays of the body.
  local function breakages(schema, where, value, found)
    if schema.type == "object" and schema.properties and type(value) == "table" then
      for _, name in ipairs(schema.order) do
        local property, inside = schema.properties[name], where .. "." .. name
        if value[name] ~= nil then
          local function set(new)
            found[#found + 1] = { holder = value, name = name, new = new, property = inside }
          end
          local required = false
          for _, word in ipairs(schema.required or {}) do required = required or word == name end
          if required then set(nil) end
          if property.type == "string" then set(1) set({}) end
          if property.type == "boolean" then set("true") set(0) end
          if property.type == "integer" then set("1") set(1.5) end
          if property.type == "number" then set("1") end
          if property.type == "array" then set("x") set({ a = 1 }) end
          if property.type == "object" and property.properties then
            set("x") set(json.array { 1 })
          end
          if property.type and not property.nullable then set(json.null) end
          if property.enum then set("no such value") end
          if property.format == "uuid" then set("not-a-uuid") end
          if property.format == "date-time" or property.format == "dotted" then set("soon") end
          if property.format == "byte" then set("?") end
          if property.format == "int32" then set(2 ^ 31) end
          breakages(property, inside, value[name], found)
        end
      end
      if not schema.additional then
        found[#found + 1] = { holder = value, name = "zzUnknown", new = 1,
          property = where .. ".zzUnknown" }
      end
    elseif schema.type == "array" and type(value) == "table" and value[1] ~= nil then
      breakages(schema.items or {}, where .. "[1]", value[1], found)
    end
    return found
  end

  it("is refused with the property that is wrong, in every operation", function()
    local count, operations = 0, 0
    for _, version in ipairs(catalogue.versions) do
      local cat = catalogue.load(version)
      for operation in cat:operations() do
        if operation.body then
          local arguments = example.arguments(operation, { array = json.array })
          operations = operations + 1
          for _, broken in ipairs(breakages(operation.body, "body", arguments.body, {})) do
            local held = broken.holder[broken.name]
            broken.holder[broken.name] = broken.new
            local request, err = cat:check(operation, arguments)
            assert.is_nil(request, version .. " " .. operation.name .. " " .. broken.property)
            assert.equal(broken.property, err.property, version .. " " .. err.message)
            broken.holder[broken.name] = held
            count = count + 1
          end
          accepted(cat, operation.name, arguments)
        end
      end
    end
    assert.is_true(operations > 800, operations)
    assert.is_true(count > 30000, count)
  end)
end)
