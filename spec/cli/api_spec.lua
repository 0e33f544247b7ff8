-- `vbolua api`: any operation from the command line.
--
-- Covers vbo.cli.api.list, vbo.cli.api.target.

local arguments_of = require "vbo.cli.api.arguments"
local catalogue = require "vbo.catalogue"
local command = require "vbo.cli"
local describe_of = require "vbo.cli.api.describe"
local example = require "vbo.cli.api.example"
local files = require "vbo.cli.common.files"
local json = require "vbo.base.json"
local mask = require "vbo.cli.api.mask"
local output = require "vbo.cli.common.output"
local program = require "spec.support.program"
local selections = require "vbo.cli.common.select"
local text_of = require "vbo.cli.common.text"
local vbo = require "vbo"
local versions = require "spec.support.versions"

local id = "61954db6-7278-4d26-86f7-888bda5a4ec4"
local quoted = program.quoted

local function failure(fn, ...)
  local results = table.pack(vbo.try(fn, ...))
  assert.is_nil(results[1])
  return assert(results[2], "no error was raised")
end

local function write(path, text)
  local file <close> = assert(io.open(path, "wb"))
  assert(file:write(text))
end

local function has(text, part) assert.is_truthy(text:find(part, 1, true), text) end

-- No server of the person who runs this; port 1 refuses whoever connects.
local clean = "env -u VBO_VERSION -u VBO_PASSWORD -u VBO_PIN -u VBO_CA VBO_USER=u "
  .. "VBO_HOST=127.0.0.1:1 VBO_CATALOGUES=/nonexistent "

--- Runs `vbolua api WORDS…`: returns its output (stderr included by default) and its exit status.
local function run(words, environment)
  local parts = {}
  for i, word in ipairs(words) do parts[i] = quoted(word) end
  return program.run(("%s %s %s api %s"):format(environment and "" or clean, environment or "",
    program.vbolua, table.concat(parts, " ")))
end

describe("vbolua api --list", function()
  it("has one line an operation in every version", function()
    for version, count in pairs { v1 = 61, v2 = 116, v3 = 138, v4 = 161, v5 = 198, v6 = 429,
      v7 = 457, v8 = 487 } do
      local text, status = run { "--list", "--version", version }
      assert.equal(0, status)
      assert.equal(count, select(2, text:gsub("\n", "")))
      for line in text:gmatch "[^\n]+" do
        assert.is_truthy(line:find("^%u+ +/" .. version .. "/%S+ +%w+"), line)
      end
    end
  end)

  it("lists the newest version, or that of the environment, and needs no server", function()
    local text = run { "--list" }
    assert.equal(487, select(2, text:gsub("\n", "")))
    text = run({ "--list" }, "VBO_VERSION=v2 VBO_CATALOGUES=/nonexistent")
    assert.equal(116, select(2, text:gsub("\n", "")))
  end)

  it("names the actions of an Action resource in one line", function()
    local text = run { "--list", "--version", "v2", "/jobs/{jobId}/action" }
    assert.equal("POST    /v2/Jobs/{jobId}/Action  Job_EnableAction [enable], "
      .. "Job_DisableAction [disable], Job_StartAction [start], Job_StopAction [stop]\n", text)
  end)

  it("finds operations by the titles of the vendor's reference, in every version", function()
    local text = run { "--list", "Get Backup Jobs" }
    assert.equal("GET     /v8/Jobs  Job_Get  Get Backup Jobs\n", text)
    has(run { "--list", "--version", "v3", "get backup jobs" }, "/v3/Jobs  Job_Get  Get Backup")
    -- In any order, as one argument or several; what has more words than a title finds more.
    assert.equal(text, run { "--list", "jobs", "get BACKUP" })
    has(run { "--list", "retrieval", "Sessions data" }, "DataRetrievalSessionLog_Get")
    has(run { "--list", "--version", "v3", "job start backup" }, "Job_StartAction [start]")
    text = run { "--list", "Restore Points" }
    has(text, "/v8/RestorePoints/{restorePointId}")
    has(text, "RestorePoint_GetRestorePoints")
    text = run { "--list", "Restore Operator Roles", "operator" }
    has(text, "RbacRole_AddOperators")
    local message, status = run { "--list", "Get Bakup Jobs" }
    assert.equal(8, status)
    has(message, "did you mean Get Backup Jobs?")
  end)

  it("shows what holds all words, in any case", function()
    local text = run { "--list", "JOB", "/start" }
    assert.equal(2, select(2, text:gsub("\n", "")))
    has(text, "Job_StartAction")
    local message, status = run { "--list", "flowers" }
    assert.equal(8, status)
    has(message, "no operation of v8 matches flowers")
    message, status = run { "--list", "--version", "v12" }
    assert.equal(2, status)
    has(message, "no API version 'v12'")
  end)
end)

describe("vbolua api --describe", function()
  it("says what an operation takes, answers and where it is", function()
    local text, status = run { "--describe", "job_add", "--version", "v8" }
    assert.equal(0, status)
    for _, part in ipairs {
      "Job_Add\nPOST /v8/Jobs\nchanges the server",
      "v1 v2 v3 v4 v5 v6 v7  POST /Organizations/{organizationId}/Jobs\n",
      "  v8                    POST /Jobs\n",
      "skipItemUpdate  query, boolean\n",
      "body: RESTCreateBackupJob, required\n",
      "one of EntireOrganization, SelectedItems (required)\n",
      "runNow                        boolean (or null)",
      "selectedItems[]               list of RESTJobItemComposed",
      "    displayName               string (required)",
      "excludedItems[]               list of RESTJobItemComposed, as above",
      "answers 201, RESTJob\n",
      "vbolua api Job_Add backupType=EntireOrganization",
      'client:call("Job_Add", {\n',
    } do has(text, part) end
    text = run { "--describe", "Job_Get" }
    has(text, "only reads")
    has(text, "answers 200, a page (results[]) of RESTJob\n")
    text = run { "--describe", "ExchangeMailbox_ExportMailboxToPstAction" }
    has(text, "answers 200, a stream of bytes")
    has(text, "--output FILE")
    has(text, '{ to = "FILE" }')
  end)

  it("knows operations by their titles, and says theirs", function()
    local text = run { "--describe", "Start Backup Job" }
    has(text, "Job_StartAction\nPOST /v8/Jobs/{jobId}/start\n")
    has(text, "Start Backup Job (Backup Jobs)\n")
    has(run { "--describe", "RestorePoint_GetRestorePoints" }, "Restore Points\n")
    local message, status = run { "--describe", "Start Bakup Job" }
    assert.equal(2, status)
    has(message, "did you mean 'Start Backup Job'?")
    has(run { "--dry-run", "Remove Backup Job", "jobId=00000000-0000-4000-8000-000000000001" },
      "DELETE /v8/Jobs/00000000-0000-4000-8000-000000000001")
  end)

  it("finds what only an older version has, and paths", function()
    has(run { "--describe", "Proxy_GetRepositories" }, "GET /v")
    has(run { "--describe", "GET", "/jobs/{jobId}" }, "Job_GetById\nGET /v8/Jobs/{jobId}\n")
    has(run { "--describe", "--version=v3", "POST", "/Jobs/x/Action", "start" },
      'POST /v3/Jobs/{jobId}/Action  with "start"')
    local text, status = run { "--describe", "ProxyPool_GetProxyPools", "--version", "v6" }
    assert.equal(15, status)
    has(text, "v8")
  end)

  it("gives an example of every operation that is right, in both forms", function()
    local count = 0
    for _, version in ipairs(versions.all) do
      local known = catalogue.load(version)
      for operation in known:operations() do
        if operation.content_type ~= "application/x-www-form-urlencoded" then
          count = count + 1
          local arguments = describe_of.arguments(operation)
          assert(known:check(operation, arguments))
          -- The words mean the same; a secret is out of a file, and here the word "text".
          local entries = {}
          for i, word in ipairs(example.words(operation, arguments)) do
            entries[i] = arguments_of.entry((word:gsub("=@FILE$", "=text")))
          end
          local read = arguments_of.build(operation, entries, {})
          local body = mask.body(arguments.body, operation.body)
          read.body = mask.body(read.body, operation.body)
          arguments.body = body
          -- Compares texts alone: the check decides what the text of a parameter means.
          local function texts(list)
            local result = {}
            for name, value in pairs(list) do
              result[name] = name ~= "body" and tostring(value) or nil
            end
            return result
          end
          for name, value in pairs(arguments) do
            if type(value) == "table" and name ~= "body" then
              assert.same(value, read[name])
              arguments[name], read[name] = nil, nil
            end
          end
          assert.same(texts(arguments), texts(read))
          assert.same(arguments.body, read.body, operation.name)
          -- The Lua form, run.
          local called
          local chunk = assert(load(example.lua(operation, arguments), "=example", "t", {
            vbo = { json = json, secret = { env = function() return "secret" end } },
            client = { call = function(_, name, given) called = { name, given } end },
          }))
          chunk()
          assert.equal(operation.name, called[1])
          for name, value in pairs(texts(arguments)) do
            assert.equal(value, tostring(called[2][name]))
          end
        end
      end
    end
    assert.is_true(count > 2000)
  end)
end)

describe("vbolua api --dry-run", function()
  it("shows the request and connects to nothing", function()
    for _, case in ipairs {
      { { "Job_StartAction", "jobId=" .. id, "full=true", "--version", "v8" },
        ("POST /v8/Jobs/%s/start\n{\n  \"full\": true\n}\n"):format(id) },
      { { "--version", "v2", "Job.startaction", "JOBID=" .. id },
        ("POST /v2/Jobs/%s/Action\n{\n  \"start\": null\n}\n"):format(id) },
      { { "GET", "/jobs", "limit=5", "--version=8" }, "GET /v8/Jobs?limit=5\n" },
      { { "/v6/Jobs/" .. id }, ("GET /v6/Jobs/%s\n"):format(id) },
      { { "get", "/v8/Jobs/{jobId}?", "jobId=" .. id }, ("GET /v8/Jobs/%s\n"):format(id) },
      { { "POST", "/v3/Jobs/" .. id .. "/Action", "start" },
        ("POST /v3/Jobs/%s/Action\n{\n  \"start\": null\n}\n"):format(id) },
      { { "POST", "/v3/Jobs/" .. id .. "/Action", "start:=null" },
        ("POST /v3/Jobs/%s/Action\n{\n  \"start\": null\n}\n"):format(id) },
      { { "--json", "--version", "v8", "Job_AddSelectedItems", "jobId=" .. id, "[0].type=user",
        "[0].user.id=u", "[1].type=Team" },
        ('{"body":[{"type":"User","user":{"id":"u"}},{"type":"Team"}],"method":"POST",'
          .. '"path":"/v8/Jobs/%s/SelectedItems"}\n'):format(id) },
    } do
      table.insert(case[1], 1, "--dry-run")
      assert.same({ case[2], 0 }, { run(case[1]) })
    end
    local text, status = run { "--dry-run", "GET", "/Jobs" }
    assert.equal(0, status)
    has(text, "GET /v8/Jobs\n")
    has(text, "shown for v8")
  end)

  it("chooses an action by the body's one member", function()
    local path = os.tmpname()
    write(path, '{"explore": {"datetime": "2026.11.20 22:00:00", "type": "vex"}}')
    local text = run { "--dry-run", "POST", "/v2/Organizations/" .. id .. "/Action",
      "--body", path }
    os.remove(path)
    has(text, '"explore": {\n    "datetime": "2026.11.20 22:00:00",\n    "type": "vex"')
    text = run { "--dry-run", "POST", "/v2/Organizations/" .. id .. "/Action",
      "explore.datetime=2026-11-20T22:00:00Z", "explore.type=vex" }
    has(text, '"datetime": "2026.11.20 22:00:00"')
  end)

  it("shows no secret", function()
    local path = os.tmpname()
    assert(os.execute("chmod 600 " .. path))
    write(path, "hunter2\n")
    for _, value in ipairs { "hunter2", "@" .. path } do
      local text, status = run { "--dry-run", "--version", "v5",
        "OneDrive_RestoreOneDriveAction", "restoreSessionId=" .. id, "oneDriveId=d",
        "userPassword=" .. value, "userName=ops" }
      assert.equal(0, status, text)
      has(text, '"userPassword": "***"')
      has(text, "ops")
      assert.is_nil(text:find "hunter2")
    end
    os.remove(path)
  end)

  it("masks by name, format and place, and no more than secrets", function()
    local body = mask.body({
      userPassword = "a", list = { { applicationSecret = "b", name = "c" } }, token = true,
      changeKey = "d", plain = vbo.secret.of "e", applicationCertificate = "f", empty = "",
      own = "g",
    }, { type = "object", properties = {
      token = { type = "boolean" }, own = { type = "string", format = "password" } } })
    assert.same({
      userPassword = "***", list = { { applicationSecret = "***", name = "c" } }, token = true,
      changeKey = "d", plain = "***", applicationCertificate = "***", own = "***",
    }, { userPassword = body.userPassword, list = body.list, token = body.token,
      changeKey = body.changeKey, plain = body.plain,
      applicationCertificate = body.applicationCertificate, own = body.own })
    assert.equal("/v8/x?authCode=***&a=b", mask.path "/v8/x?authCode=secret&a=b")
  end)
end)

describe("what is wrong on the command line", function()
  it("is said before anything is sent", function()
    for _, case in ipairs {
      { { "GET", "/Jbos" }, "usage", "did you mean /Jobs?" },
      { { "GET", "/Jbos/" .. id }, "usage", "did you mean /Jobs/{jobId}?" },
      { { "PATCH", "/Jobs" }, "usage", "it takes GET, POST" },
      { { "GET" }, "usage", "GET needs a path" },
      { { "GET", "/ProxyPools", "--version", "v6" }, "unsupported", "v8 has it" },
      { { "ProxyPool_GetProxyPools", "--version", "v6" }, "unsupported", "v6 has no ProxyPool" },
      { { "Job_StratAction" }, "usage", "did you mean Job_StartAction?" },
      { { "Job_StartAction", "--version", "v8" }, "usage", "jobId is missing" },
      { { "Job_StartAction", "--version", "v8", "jobId=x" }, "usage", "must be a UUID" },
      { { "Job_StartAction", "--version", "v8", "jobId=" .. id, "ful=true" }, "usage",
        "did you mean 'full'?" },
      { { "Job_StartAction", "--version", "v8", "jobId=" .. id, "full=perhaps" }, "usage",
        "body.full must be a boolean" },
      { { "Job_StartAction", "--version", "v8", "jobId=" .. id, "jobid=" .. id }, "usage",
        "given twice" },
      { { "Job_StartAction", "--version", "v8", "jobId=" .. id, "full=true", "Full=true" }, "usage",
        "given twice" },
      { { "Job_StartAction", "--version", "v8", "jobId=" .. id, "start" }, "usage",
        "unexpected argument: start" },
      { { "Job_GetById", "--version", "v8", "jobId=" .. id, "jbId=1" }, "usage",
        "did you mean 'jobId'?" },
      { { "ServiceInstance_Get", "--version", "v8", "a=1" }, "usage", "it takes none" },
      { { "POST", "/Jobs/x/Action", "--version", "v3" }, "usage", "needs an action" },
      { { "GET", "/v6/Jobs", "--version", "v8" }, "usage", "must match the path of v6" },
      { { "Job_Get", "--table", "--csv" }, "usage", "exclude each other" },
      { { "Job_Get", "--select", "a..b" }, "usage", "position" },
      { { "Job_Get", "--tabel" }, "usage", "did you mean --table?" },
      { { "Job_Get", "--select" }, "usage", "--select needs a value" },
      { { "Job_Get", "--password", "x" }, "usage", "VBO_PASSWORD" },
      { { "Job_Get", "--password=x" }, "usage", "VBO_PASSWORD" },
      { { "Job_Add", "--version", "v8", "a[1].b:=7" }, "usage", "no argument 'a'" },
      { { "Job_Add", "--version", "v8", "selectedItems[1].id=7" }, "usage", "[0] is missing" },
      { { "Job_Add", "--version", "v8", "selectedItems:={" }, "usage", "selectedItems" },
      { { "Job_Add", "--version", "v8", "--body", "/nonexistent/body" }, "disk",
        "/nonexistent/body" },
    } do
      local err = failure(command.run, "api", case[1])
      has(tostring(err), case[3])
      assert.equal(case[2], err.kind)
    end
  end)

  it("has its exit status", function()
    for _, case in ipairs {
      { { "GET", "/Jbos" }, 2, "did you mean /Jobs?" },
      { { "GET", "/ProxyPools", "--version", "v6" }, 15, "v8 has it" },
      { { "Job_Get", "--version", "v8" }, 5, "127.0.0.1:1" },
      { {}, 2, "usage: vbolua api" },
    } do
      local text, status = run(case[1], case[2] == 5 and clean .. "VBO_PASSWORD=p VBO_PIN="
        .. "sha256/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")
      has(text, case[3])
      assert.equal(case[2], status, text)
    end
    local text, status = run { "Job_Get", "--help" }
    assert.equal(0, status)
    has(text, "usage: vbolua api")
  end)

  it("fails without asking for a password where there is no terminal", function()
    local text, status = run({ "Job_Get", "--version", "v8" }, clean .. "setsid")
    assert.equal(2, status)
    has(text, "VBO_PASSWORD")
  end)
end)

describe("key=value", function()
  local schema = { type = "object", order = {}, properties = {
    flag = { type = "boolean" }, count = { type = "integer" }, share = { type = "number" },
    name = { type = "string" }, at = { type = "string", format = "date-time" },
    old = { type = "string", format = "dotted" }, any = {},
    maybe = { type = "integer", nullable = true }, data = { type = "string", format = "byte" },
    tags = { type = "array", items = { type = "string" } },
    inner = { type = "object", properties = { Deep = { type = "integer" } }, order = {} },
    items = { type = "array", items = { type = "object", properties = { id = { type = "string" } },
      order = {} } }, userPassword = { type = "string" },
  } }
  local operation = { name = "X", body = schema, parameters = {
    { name = "ids", place = "query", schema = { type = "array", items = { type = "string" } } },
    { name = "name", place = "path", schema = { type = "string" } },
  } }

  local function build(...)
    local entries = {}
    for i, word in ipairs { ... } do entries[i] = arguments_of.entry(word) end
    return arguments_of.build(operation, entries, {})
  end

  it("is read as the property's type", function()
    assert.same({ flag = true, count = 42, share = 0.5, at = "2026-11-20T00:00:00Z",
      old = "2026.11.20 21:00:00", any = "7", maybe = json.null },
      build("flag=TRUE", "count=42", "share=0.5", "at=2026-11-20",
        "old=2026-11-20T22:00:00+01:00", "any=7", "maybe=null").body)
    assert.equal("integer", math.type(build("count=9007199254740993").body.count))
    assert.equal(9007199254740993, build("count=9007199254740993").body.count)
    assert.same({ count = "many", at = "soon" }, build("count=many", "at=soon").body)
    assert.same({ any = { a = { 1 } }, count = "7" }, build('any:={"a":[1]}', 'count:="7"').body)
  end)

  it("reaches inside", function()
    assert.same({ inner = { Deep = 1 }, items = { { id = "a" }, { id = "b", x = "c" } },
      tags = { "t", "u" } }, build("inner.deep=1", "items[0].id=a", "items[1].id=b",
      'items[1]["x"]=c', "tags[]=t", "tags[]=u").body)
    assert.same({ "t", "u" }, build("tags=t", "tags=u").body.tags)
    assert.same({ "t", "u" }, build('tags=["t","u"]').body.tags)
    assert.is_true(json.is_array(build("tags=t").body.tags))
    assert.same({ ['a "b".c'] = "x=y" },
      arguments_of.build({ name = "Y", body = { type = "object" }, parameters = {} },
        { arguments_of.entry [["a \"b\".c"=x=y]] }, {}).body)
  end)

  it("is a parameter first, and the body's where that is said", function()
    assert.same({ name = "p", body = { name = "b" } }, build("NAME=p", "body.name=b"))
    assert.same({ ids = { "1", "2" } }, build("ids=1", "ids=2"))
    assert.same({ body = { flag = false } }, build('body:={"flag":false}'))
  end)

  it("comes out of files", function()
    local path = os.tmpname()
    write(path, "\0\1\2\xFF")
    assert.equal("AAEC/w==", build("data=@" .. path).body.data)
    assert.equal("\0\1\2\xFF", build("body.name=@" .. path).body.name)
    assert.equal("@" .. path, build("body.name=@@" .. path).body.name)
    write(path, '{"Deep": 4}')
    assert.same({ Deep = 4 }, build("inner:=@" .. path).body.inner)
    -- A password's file must be its owner's alone, and never becomes a string.
    assert(os.execute("chmod 644 " .. path))
    assert.equal("trust", failure(build, "userPassword=@" .. path).kind)
    assert(os.execute("chmod 600 " .. path))
    assert.is_true(vbo.secret.is(build("userPassword=@" .. path).body.userPassword))
    os.remove(path)
    assert.equal("disk", failure(build, "body.name=@" .. path).kind)
    assert.equal("YWI=", files.base64 "ab")
    assert.equal("YWJj", files.base64 "abc")
    assert.equal("YQ==", files.base64 "a")
    assert.equal("dmJv", files.base64 "dmJv\n")
  end)

  it("contradicts nothing", function()
    for _, words in ipairs { { "inner.deep=1", "inner=2" }, { "tags[0]=a", "tags.x=b" },
      { "flag=true", "flag=true" }, { "items[-1].id=a" }, { "items[20000].id=a" } } do
      assert.equal("usage", failure(build, table.unpack(words)).kind)
    end
    for _, word in ipairs { "=x", "a b=x", "a[x]=1", '"a=1', "a", "a.=1" } do
      assert.equal("usage", failure(arguments_of.entry, word).kind, word)
    end
  end)
end)

describe("--select", function()
  local page = assert(json.decode [[{"results": [
    {"id": 1, "name": "a", "policy": {"Type": "Daily"}, "tags": ["x", "y"], "a.b": true},
    {"id": 2, "name": null, "policy": {}, "tags": []}], "limit": 30}]])

  local function chosen(text, data)
    local found = output.selected(selections.read(text), data or page)
    return found.values or found.rows, found.columns
  end

  it("names fields, elements and rows", function()
    assert.same({ "a", json.null }, (chosen "results[].name"))
    assert.same({ 1, 2 }, (chosen ".results[].id"))
    assert.same({ 30 }, (chosen "limit"))
    assert.same({ "Daily", json.null }, (chosen "results[].policy.type"))
    assert.same({ "x", "y" }, (chosen "results[].tags[]"))
    assert.same({ 2 }, (chosen "results[-1].id"))
    assert.same({ "y" }, (chosen "results[0].tags[1]"))
    assert.same({ json.null }, (chosen "results[7].id"))
    assert.same({ true }, (chosen 'results[0]."a.b"'))
    assert.same({ true }, (chosen 'results[0]["a.b"]'))
    assert.same({ 1, 2 }, (chosen("[].id", page.results)))
    -- Versions that answer a bare list are read alike.
    assert.same({ 1, 2 }, (chosen("results[].id", page.results)))
  end)

  it("takes several fields of each row", function()
    local rows, columns = chosen "results[].id, name,policy.Type"
    assert.same({ "id", "name", "policy.Type" }, columns)
    assert.same({ { 1, "a", "Daily", n = 3 }, { 2, json.null, n = 3 } }, rows)
    rows, columns = chosen "results[].id,results[].tags[]"
    assert.same({ "id", "tags[]" }, columns)
    assert.same({ { 1, { "x", "y" }, n = 2 }, { 2, {}, n = 2 } }, rows)
    rows, columns = chosen "results[].tags[],results[].id"
    assert.same({ "tags[]", "id" }, columns)
    assert.same({ { { "x", "y" }, 1, n = 2 }, { {}, 2, n = 2 } }, rows)
    assert.same({ { 30, 1, n = 2 } }, (chosen "limit,results[0].id"))
  end)

  it("says what it cannot mean", function()
    for text, part in pairs { ["results.name"] = "results is a list", ["limit[].x"] = "",
      ["results[].policy[]"] = "not a list" } do
      local ok, err = vbo.try(chosen, text)
      if part ~= "" then has(tostring(err), part) else assert.same({}, ok) end
    end
    for _, text in ipairs { "", ",", "a,", "a b", "a[", "a[x]", 'a."b', "a.", "a..b" } do
      assert.equal("usage", failure(selections.read, text).kind, text)
    end
  end)
end)

describe("text", function()
  it("is a field of CSV", function()
    for value, field in pairs { plain = "plain", ["a,b"] = '"a,b"', ['say "hi"'] = '"say ""hi"""',
      ["two\nlines"] = '"two\nlines"', ["cr\r"] = '"cr\r"', [""] = "", [7] = "7",
      [true] = "true", [json.null] = "" } do
      assert.equal(field, text_of.field(value))
    end
    assert.equal('"{""a"":[1,""x""]}"', text_of.field { a = { 1, "x" } })
    assert.equal("", text_of.field(nil))
  end)

  it("is never read as a formula by a spreadsheet", function()
    for value, field in pairs { ["=1+1"] = "'=1+1", ["@SUM(A1)"] = "'@SUM(A1)",
      ["+cmd|x"] = "'+cmd|x", ["-cmd"] = "'-cmd", ["\tx"] = "'\tx", ["=a,b"] = "\"'=a,b\"",
      ["-5"] = "-5", ["-"] = "-",
      ["+49 (89) 12-34"] = "+49 (89) 12-34", ["a=b"] = "a=b", [-5] = "-5" } do
      assert.equal(field, text_of.field(value))
    end
  end)

  it("is nothing but text on a terminal", function()
    assert.equal("a b\\u{202E}c\\u{200B}d", text_of.plain "a\27b\u{202E}c\u{200B}d")
    assert.equal("a b", text_of.plain "a\u{9B}b")
    assert.equal("Gr\u{FC}\u{DF}e \u{1F469}\u{200D}\u{1F467}",
      text_of.plain "Gr\u{FC}\u{DF}e \u{1F469}\u{200D}\u{1F467}")
    assert.equal('"a\\u009bb\\u202e\\u007f\\udb40\\udc41\u{FC}"',
      text_of.harmless '"a\u{9B}b\u{202E}\127\u{E0041}\u{FC}"')
    assert.equal("a\u{202E}\127b\u{9B}\u{E0041}\u{FC}",
      json.decode(text_of.harmless '"a\u{202E}\127b\u{9B}\u{E0041}\u{FC}"'))
  end)

  it("is JSON over several lines", function()
    assert.equal([[{
  "a": [],
  "b": [
    1,
    {
      "c": null
    }
  ],
  "d": {},
  "e\"": "x\u007f\u009b"
}]], text_of.pretty { a = json.array {}, b = { 1, { c = json.null } }, d = {},
      ['e"'] = "x\127\u{9B}" })
  end)
end)

describe("a table", function()
  local write_table = require "vbo.cli.common.table".write

  local function lines(columns, rows, how)
    local parts, notes = {}, {}
    how.write = function(...) parts[#parts + 1] = table.concat { ... } end
    how.note = function(message) notes[#notes + 1] = message end
    write_table(columns, rows, how)
    return table.concat(parts), table.concat(notes)
  end

  it("puts names first and omits objects, lists and nulls, unless they were chosen", function()
    local columns = { "count", "deep", "name" }
    local rows = { { 7, { a = 1 }, "x" }, { 12, json.null, "long name" } }
    assert.equal("name       count\nx              7\nlong name     12\n",
      (lines(columns, rows, {})))
    assert.equal("count  deep     name\n    7  {\"a\":1}  x\n   12           long name\n",
      (lines(columns, rows, { chosen = true })))
    assert.equal("nothing to show", select(2, lines(columns, {}, {})))
  end)

  it("fits a terminal, counting columns and not bytes", function()
    local wide = ("\u{4E16}"):rep(20)
    local rows = { { wide, "b", "c" } }
    local text = lines({ "n", "m", "o" }, rows, { width = 20, chosen = true })
    assert.equal(("n%s  m  o\n%s…   b  c\n"):format((" "):rep(13), ("\u{4E16}"):rep(6)), text)
    local values, names = {}, {}
    for i = 1, 9 do names[i], values[i] = "column" .. i, ("v"):rep(30) end
    local all, note = lines(names, { values }, { width = 80 })
    for line in all:gmatch "[^\n]+" do assert.is_true(utf8.len(line) <= 80) end
    has(all, "column3")
    assert.is_nil(all:find "column4")
    has(note, "6 more columns do not fit")
  end)

  it("steers no terminal", function()
    assert.equal("a\n [31mred x y\n", (lines({ "a" }, { { "\27[31mred\nx\u{9B}y" } }, {})))
  end)
end)

describe("a server", function()
  local sim, environment, folder, remove

  setup(function()
    folder, remove = program.folder()
    sim = program.sim()
    environment = ("env -u VBO_CA -u VBO_VERSION VBO_HOST=%s VBO_USER=%s VBO_PASSWORD=%s "
      .. "VBO_PIN=%s VBO_CATALOGUES=/nonexistent"):format(sim.listening, sim.user, sim.password,
      sim.fingerprint)
  end)

  teardown(function()
    sim.stop()
    remove()
  end)

  local function ask(...) return run({ ... }, environment) end

  it("is asked in every version", function()
    for _, version in ipairs(versions.all) do
      local text, status = ask("GET", "/Jobs", "--version", version, "--select", "results[].name")
      assert.equal(0, status, text)
      has(text, "Contoso nightly\n")
      assert.equal(text, (ask("Job_Get", "--version", version, "--select", "results[].name")))
    end
  end)

  it("answers as JSON, lines, CSV and a table", function()
    local data = assert(json.decode((ask("GET", "/Jobs"))))
    assert.equal("Contoso nightly", data.results[1].name)
    local names = {}
    for line in ask("Job_Get", "--ndjson"):gmatch "[^\n]+" do
      names[#names + 1] = assert(json.decode(line)).name
    end
    assert.same({ "Contoso nightly", "Contoso management", "Fabrikam weekly",
      "Tailspin daily" }, names)
    assert.equal('["Contoso nightly","Contoso management","Fabrikam weekly",'
      .. '"Tailspin daily"]\n',
      (ask("Job_Get", "--json", "--select", "results[].name")))
    local rows = ask("Job_Get", "--ndjson", "--select", "results[].name,schedulePolicy.type")
    assert.equal('{"name":"Contoso nightly","schedulePolicy.type":"Daily"}\n',
      rows:match "^[^\n]*\n")
    assert.equal("name,schedulePolicy.type,nextRun\r\nFabrikam weekly,Daily,\r\n",
      (ask("Job_Get", "--csv", "--select", "results[].name,schedulePolicy.type,nextRun")
        :gsub("\nCont[^\n]*", ""):gsub("\nTail[^\n]*", "")))
    local text = ask("Job_Get", "--table", "--select", "results[].name,isEnabled")
    assert.equal("name                isEnabled\nContoso nightly     true\n"
      .. "Contoso management  true\nFabrikam weekly     false\n"
      .. "Tailspin daily      true\n", text)
    has((ask("Job_Get", "--table")), "name                id  ")
    assert.equal("Contoso nightly\ttrue\n",
      ask("Job_Get", "--select", "results[].name,isEnabled"):match "^[^\n]*\n")
  end)

  it("hints at a field that no result has", function()
    local text, status = ask("Job_Get", "--select", "results[].nmae")
    assert.equal(0, status)
    has(text, "no result has 'nmae': did you mean 'name'?")
  end)

  it("gives all pages", function()
    local organization = ask("Organization_Get", "--select", "results[0].id"):gsub("\n", "")
    local path = "/Organizations/" .. organization .. "/Users"
    local all = ask("GET", path, "--paginate", "--select", "results[].name")
    assert.equal(17, select(2, all:gsub("\n", "")))
    for _, words in ipairs { { "--select", "results[].name" },
      { "--select", "results[].name", "--ndjson" }, { "--csv", "--select", "results[].name" } } do
      local whole = ask("GET", path, "--paginate", "limit=1", table.unpack(words))
      assert.equal(whole, (ask("GET", path, "--paginate", "limit=3", table.unpack(words))))
      has(whole, "alice@contoso.com")
      has(whole, "wang.xiaoming@contoso.com")
    end
    local list = assert(json.decode((ask("GET", path, "--paginate", "limit=3"))))
    assert.equal(17, #list)
    assert.equal(3, #assert(json.decode((ask("GET", path, "limit=3")))).results)
  end)

  it("is changed, and its refusals have their status", function()
    local job = ask("Job_Get", "--select", "results[2].id"):gsub("\n", "")
    local text, status = ask("Job_EnableAction", "jobId=" .. job)
    assert.equal(0, status, text)
    assert.equal("", text)
    assert.equal("true\n", (ask("Job_GetById", "jobId=" .. job, "--select", "isEnabled")))
    ask("POST", "/v2/Jobs/" .. job .. "/Action", "disable=")
    assert.equal("false\n", (ask("GET", "/Jobs/" .. job, "--select", "isEnabled")))
    text, status = ask("Job_GetById", "jobId=" .. id)
    assert.equal(8, status)
    has(text, "404")
    text, status = run({ "Job_Get" }, environment .. " VBO_PASSWORD=wrong")
    assert.equal(3, status, text)
  end)

  it("takes its address, user and password from options", function()
    local path = folder .. "/password"
    write(path, sim.password .. "\n")
    assert(os.execute("chmod 600 " .. quoted(path)))
    local host, port = sim.listening:match "https://(.-):(%d+)"
    local text, status = run({ "--host", host, "--port", port, "--user", sim.user, "--pin",
      sim.fingerprint, "--password-file", path, "--version", "v7", "Job_Get", "--select",
      "[0].name" }, "env -u VBO_HOST -u VBO_USER -u VBO_PASSWORD -u VBO_PIN -u VBO_CA")
    assert.equal(0, status, text)
    assert.equal("Contoso nightly\n", text)
  end)

  it("streams into a file", function()
    local organization = ask("Organization_Get", "--select", "results[0].id"):gsub("\n", "")
    local session = ask("Organization_Explore", "organizationId=" .. organization,
      "type=Veod", "dateTime=2026-11-18T22:00:00Z", "--select", "id"):gsub("\n", "")
    local drives = ("/RestoreSessions/%s/Organization/OneDrives"):format(session)
    local drive = ask("GET", drives, "--select", "results[0].id"):gsub("\n", "")
    local document = ask("GET", ("%s/%s/Documents"):format(drives, drive), "parentId=null",
      "--select", "results[0].id"):gsub("\n", "")
    local words = { "POST", ("%s/%s/Documents/%s/save"):format(drives, drive, document) }
    local text, status = ask(table.unpack(words))
    assert.equal(2, status, text)
    has(text, "--output")
    words[3], words[4] = "--output", folder .. "/document"
    text, status = ask(table.unpack(words))
    assert.equal(0, status, text)
    local saved = assert(json.decode(text))
    assert.equal(folder .. "/document", saved.path)
    local file <close> = assert(io.open(saved.path, "rb"))
    assert.equal(saved.size, #file:read "a")
    text, status = ask(table.unpack(words))
    assert.is_true(status > 0)
    has(text, "exists")
    words[5] = "--overwrite"
    assert.equal(0, select(2, ask(table.unpack(words))))
    text, status = ask("Job_Get", "--output", folder .. "/x")
    assert.equal(2, status)
    has(text, "answers no stream")
  end)
end)
