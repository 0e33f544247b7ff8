-- Holds every answer of the rehearsal server to every operation of every version, over HTTPS,
-- against the version's OpenAPI document with a validator from outside this project: ajv.
-- The documents are the published ones of v6 to v8 when VBO_FACTS names their folder, and those
-- that the catalogue writes of itself.
--
-- Covers vbo.sim.http.swagger.

local catalogue = require "vbo.catalogue"
local check = require "spec.support.answer_check"
local export = require "vbo.catalogue.export"
local json = require "vbo.base.json"
local node = require "spec.support.node"
local program = require "spec.support.program"
local versions = require "spec.support.versions"
local walks = require "spec.support.sim_walk"
local wire = require "spec.support.sim_wire"

local lacks = node.lacks()

-- Operations, and how many of them at least succeed: the others name what the examples cannot
-- know, and are refused.
local expected = {
  v1 = { 79, 72 }, v2 = { 163, 155 }, v3 = { 185, 175 }, v4 = { 207, 200 }, v5 = { 270, 260 },
  v6 = { 429, 410 }, v7 = { 457, 430 }, v8 = { 487, 455 },
}

local function write(path, text)
  local file <close> = assert(io.open(path, "wb"))
  assert(file:write(text))
  return path
end

--- The documents of a version: the catalogue's, and the published one.
local function documents_of(folder, version)
  local list = { write(("%s/%s.json"):format(folder, version),
    export.document(catalogue.load(version))) }
  local facts = os.getenv "VBO_FACTS"
  if facts and catalogue.load(version).dialect == "verb" then
    local file <close> = assert(io.open(("%s/%s.json"):format(facts, version), "rb"))
    local document = check.add_newer(json.decode((file:read "a")), catalogue.load(version).number)
    list[2] = write(("%s/%s-published.json"):format(folder, version), json.encode(document))
  end
  return list
end

local form = "application/x-www-form-urlencoded"

--- Sends everything, each once as a stranger; gives how many operations, and how many succeeded.
local function walk_all(client, sim)
  local walk = walks.new(client.version, function() return client:reset() end)
  local done, good = 0, 0
  local last
  local function send(operation)
    local _, answer, target = walk:send(operation)
    done = done + 1
    assert(answer.status < 500, operation.name .. " " .. answer.body)
    if answer.status < 300 then good = good + 1 end
    if not operation.anonymous then
      client:raw(operation.method, target:gsub("%?.*", ""), nil, { anonymous = true })
    end
  end
  for operation in walk.cat:operations() do
    if operation.name == "token" then
      done, good = done + 1, good + 1
      local login = "grant_type=password&disable_antiforgery_token=true&username=" .. sim.user
        .. "&password="
      local options = { anonymous = true, content_type = form }
      local path = "/" .. client.version .. "/token"
      assert.equal(200, client:raw("POST", path, login .. sim.password, options).status)
      assert.equal(400, client:raw("POST", path, login .. "wrong", options).status)
    elseif operation.name == "logout" then
      last = operation
    else
      send(operation)
    end
  end
  if last then send(last) end
  return done, good
end

describe("answers of the rehearsal server", function()
  local folder, remove, sim

  setup(function()
    if lacks then return end
    folder, remove = program.folder()
    sim = program.sim "--password sesame"
  end)

  teardown(function()
    if lacks then return end
    sim.stop()
    remove()
  end)

  -- The sanitizers have seen it all after one of each dialect.
  for _, version in ipairs(versions[os.getenv "VBO_SANITIZE" and "each_dialect" or "all"]) do
    it("are valid against the document of " .. version, function()
      if lacks then return pending(lacks) end
      local path = ("%s/%s.ndjson"):format(folder, version)
      local log = assert(io.open(path, "wb"))
      local client = wire.new(sim, version, log)
      local done, good = walk_all(client, sim)
      client:close()
      log:close()
      assert.equal(expected[version][1], done)
      assert.is_true(good >= expected[version][2], good .. " of " .. done .. " succeeded")
      local lines = 0
      for _ in catalogue.load(version):resources() do lines = lines + 1 end
      -- The facts of v1 to v5 do not name all properties of answers.
      local open = catalogue.load(version).dialect == "action" and "--open" or nil
      for _, document in ipairs(documents_of(folder, version)) do
        local found = node.run("answers.js", document, path, open)
        assert.same({}, found.problems)
        assert.equal(client.answered, found.answers)
        local seen, succeeded = 0, 0
        for _, counts in pairs(found.operations) do
          seen = seen + 1
          local one = false
          for status in pairs(counts) do one = one or status:match "^2" ~= nil end
          if one then succeeded = succeeded + 1 end
        end
        assert.equal(lines, seen)
        if not open then assert.is_true(succeeded >= expected[version][2]) end
      end
    end)
  end

  describe("when they are broken", function()
    -- Maps each way to break an answer to the report about it, and the function that does it.
    local cases = {
      ["a number in place of a string"] = { "/name must be string",
        function(value) value.name = 5 end },
      ["a string in place of a flag"] = { "/isBackedup must be boolean",
        function(value) value.isBackedup = "true" end },
      ["null where there is none"] = { "/name must be string",
        function(value) value.name = json.null end },
      ["an unknown word"] = { "/type must be equal to one of the allowed values",
        function(value) value.type = "Office364" end },
      ["an invalid id"] = { '/id must match format "uuid"',
        function(value) value.id = "17" end },
      ["an invalid time"] = { '/firstBackuptime must match format "date-time"',
        function(value) value.firstBackuptime = "yesterday" end },
      ["an undeclared property"] = { "must NOT have additional properties madeUp",
        function(value) value.madeUp = 1 end },
      ["a link without its target"] = { "/_links/self/href must be string",
        function(value) value._links.self = { href = 5 } end },
      ["an undeclared status"] = { "answered 202, which is not declared",
        function(_, answer) answer.status = 202 end },
      ["another content type"] = { 'came as "text/html", not application/json',
        function(_, answer) answer.type = "text/html" end },
      ["half a body"] = { "is not JSON",
        function(_, answer) answer.body = '{"name": "contoso' end },
      ["an error without a message"] = { "is an error without its message",
        function(_, answer)
          answer.status, answer.body = 404, { errorCode = "ResourceNotFound" }
        end },
      ["an error with an unknown code"] = { "/errorCode must be equal to one of the allowed values",
        function(_, answer)
          answer.status, answer.body = 404, { message = "gone", errorCode = "Gone" }
        end },
      ["a body where none is due"] = { "has a body of 2 bytes",
        function(_, answer) answer.method, answer.status, answer.body = "DELETE", 204, "{}" end },
      ["an answer to an unpublished path"] = { "is not published",
        function(_, answer) answer.target = "/v8/Organisations" end },
      ["JSON where a file is due"] = { "not application/octet-stream",
        function(_, answer)
          answer.method, answer.target = "POST", "/v8/Reports/GenerateStorageConsumption"
        end },
      ["a file without a byte"] = { "is no stream of bytes",
        function(_, answer)
          answer.method, answer.target = "POST", "/v8/Reports/GenerateStorageConsumption"
          answer.type, answer.body = "application/octet-stream", nil
        end },
      ["an OAuth answer without its token"] = { "must have required property 'access_token'",
        function(_, answer)
          answer.method, answer.target = "POST", "/v8/token"
          answer.body = { token_type = "bearer" }
        end },
      ["a refused login without its word"] = { "is no OAuth error",
        function(_, answer)
          answer.method, answer.target = "POST", "/v8/token"
          answer.status, answer.body = 400, { message = "no" }
        end },
    }
    local told

    --- All of them in one file, a good one first; one after the other takes too long.
    setup(function()
      if lacks then return end
      local client = wire.new(sim, "v8")
      local id = client:organization().id
      local good = client:get("/Organizations/" .. id)
      client:close()
      local lines, names = {}, {}
      local function line(name, change)
        local value = assert(json.decode(json.encode(good)))
        local answer = { method = "GET", target = "/v8/Organizations/" .. id, status = 200,
          type = "application/json; charset=utf-8", body = value }
        if change then change(value, answer) end
        if type(answer.body) == "table" then answer.body = json.encode(answer.body) end
        answer.size = #(answer.body or "")
        lines[#lines + 1], names[#names + 1] = json.encode(answer), name
      end
      line "nothing"
      for what, case in pairs(cases) do line(what, case[2]) end
      local path = write(folder .. "/broken.ndjson", table.concat(lines, "\n") .. "\n")
      local found = node.run("answers.js", documents_of(folder, "v8")[1], path)
      told = {}
      for i, name in ipairs(names) do
        told[name] = table.concat(found.lines[tostring(i)] or {}, "\n")
      end
    end)

    it("are not mistaken for good ones", function()
      if lacks then return pending(lacks) end
      assert.equal("", told.nothing)
    end)

    for what, case in pairs(cases) do
      it("are reported: " .. what, function()
        if lacks then return pending(lacks) end
        assert(told[what]:find(case[1], 1, true), "told: " .. told[what])
      end)
    end
  end)
end)
