-- Every operation of every version, sent to the rehearsal server: each answers, with what its
-- schema says; those of v6 to v8 are held against the published documents when VBO_FACTS is given.

local check = require "spec.support.answer_check"
local facts = require "spec.support.facts"
local handlers = require("vbo.sim.http.app").handlers
local json = require "vbo.base.json"
local walks = require "spec.support.sim_walk"

-- How many operations a version has, and how many of them at least must succeed with an example
-- body: the others name things that the examples cannot know, and are refused with a 4xx.
local expected = {
  v1 = { 79, 72 }, v2 = { 163, 155 }, v3 = { 185, 175 }, v4 = { 207, 200 }, v5 = { 270, 260 },
  v6 = { 429, 410 }, v7 = { 457, 435 }, v8 = { 487, 465 },
}

-- Lists what v6 is known to answer beside its own document.
local known_extra = { itemType = true, repositoryId = true, isDeleted = true, backedUpTime = true }

local function against_document(pub, view, operation, value, out, number)
  local published = pub[facts.key(operation.method, operation.path)]
  if not published then
    out[#out + 1] = operation.name .. " is not published"
  elseif published.schema then
    local found = check.check(value, published.schema, view, operation.name, {}, number)
    for _, each in ipairs(found) do
      local extra = each:match " has a (%w+)$"
      if not (number == 6 and operation.name:match "^Backup%w+Data_" and known_extra[extra]) then
        out[#out + 1] = "document: " .. each
      end
    end
    return true
  end
end

for n = 1, 8 do
  local version = "v" .. n
  describe("every operation of " .. version, function()
    it("answers what its schema says", function()
      local walk, wrong, done, good, compared = walks.new(version), {}, 0, 0, 0
      local pub, view = check.published(version)
      for operation in walk.cat:operations() do
        done = done + 1
        if operation.name == "token" then
          -- Every walk has a token already.
          good = good + 1
          goto continue
        end
        local value, answer, target = walk:send(operation)
        local status = answer.status
        local function complain(text)
          wrong[#wrong + 1] = ("%s (%s %s) %s"):format(operation.name, operation.method, target,
            text)
        end
        if status >= 300 then
          if status >= 500 or not handlers[operation.name] then
            complain(("answered %d %s %s"):format(status, answer.body, walk.trace or ""))
          end
          if type(value) ~= "table" or type(value.message) ~= "string"
              or (value.errorCode ~= nil) ~= (n >= 8) then
            complain "has no error object of its version"
          end
        else
          good = good + 1
          if status ~= operation.answer.status then complain("answered " .. status) end
          local kind = operation.answer.kind
          if kind == "stream" then
            if not answer.stream then complain "is no stream" end
          elseif kind == "empty" then
            if answer.body ~= "" then complain "has a body" end
          elseif value == nil then
            complain "has no body"
          else
            check.check(value, operation.answer.schema or {}, check.of_catalogue, operation.name,
              wrong, n)
            if pub and against_document(pub, view, operation, value, wrong, n) then
              compared = compared + 1
            end
          end
        end
        ::continue::
      end
      assert.same({}, wrong)
      assert.equal(expected[version][1], done)
      assert.is_true(good >= expected[version][2], good .. " of " .. done .. " succeeded")
      if pub then assert.is_true(compared > 200, compared .. " compared") end
    end)
  end)
end

-- Paths of all links in a value.
local function links_of(value, found)
  if type(value) ~= "table" then return found end
  for name, each in pairs(value) do
    if name == "_links" then
      for _, link in pairs(each) do found[#found + 1] = link.href end
    else
      links_of(each, found)
    end
  end
  return found
end

for n = 1, 8 do
  local version = "v" .. n

  describe("the rehearsal server in " .. version, function()
    it("gives links that can be followed in all that it answers to GET", function()
      local walk, dead, seen, count = walks.new(version), {}, {}, 0
      for operation in walk.cat:operations() do
        if operation.method == "GET" and not handlers[operation.name] then
          local value, answer = walk:send(operation)
          for _, href in ipairs(answer.status < 300 and links_of(value, {}) or {}) do
            local path = href:gsub("^https://localhost:4443", "")
            if not seen[path] then
              seen[path] = true
              count = count + 1
              local _, found = walk.client:call("GET", path)
              if found.status ~= 200 then
                dead[#dead + 1] = ("%s: %s answers %d %s"):format(operation.name, path,
                  found.status, found.body)
              end
              assert.equal(n <= 5, href:find("https://localhost:4443/v", 1, true) == 1)
            end
          end
        end
      end
      assert.same({}, dead)
      assert.is_true(count >= (n <= 3 and 1 or 15), count .. " links")
    end)

    it("refuses bodies that lack what is required, and says what", function()
      local walk, wrong, count = walks.new(version), {}, 0
      for operation in walk.cat:operations() do
        local body = operation.body
        if operation.method ~= "GET" and operation.name ~= "token" and body and body.required
            and body.properties then
          local path = walk:path(operation)
          for _, name in ipairs(body.required) do
            local property = body.properties[name]
            if property and not property.read_only then
              count = count + 1
              local sent = walk:body(operation, path)
              local inner = operation.action and sent[operation.action] or sent
              inner[name] = nil
              local value, answer = walk.client:call(operation.method,
                path .. walk:query(operation), sent)
              if answer.status ~= 400 or not value.message:find(name, 1, true)
                  or (value.errorCode == "ParameterValidationFailure") ~= (n >= 8) then
                wrong[#wrong + 1] = ("%s without %s answered %d %s"):format(operation.name, name,
                  answer.status, answer.body)
              end
            end
          end
        end
      end
      assert.same({}, wrong)
      assert.is_true(n < 6 or count >= 20, count .. " required properties")
    end)
  end)
end

describe("the validator of these specs", function()
  local schema = {
    type = "object", required = { "id", "secret" },
    properties = {
      id = { type = "string", format = "uuid" }, count = { type = "integer", format = "int32" },
      state = { type = "string", enum = { "On", "Off" } }, at = { format = "date-time",
        type = "string" }, rows = { type = "array", items = { type = "boolean" } },
      secret = { type = "string", write_only = true },
    },
  }
  local id = "61954db6-7278-4d26-86f7-888bda5a4ec4"

  local function found(value)
    return check.check(value, schema, check.of_catalogue, "it", {}, 8)
  end

  it("takes what is right", function()
    assert.same({}, found { id = id, count = 1, state = "On", at = "2026-11-20T22:00:00Z",
      rows = json.array { true }, _links = {} })
  end)

  for what, value in pairs {
    ["it lacks id"] = {}, ["it has a size"] = { id = id, size = 1 },
    ["it.id is no uuid: 7"] = { id = "7" }, ["it.id is null"] = { id = json.null },
    ["it.count is no integer but 1.5"] = { id = id, count = 1.5 },
    ["it.count is out of range"] = { id = id, count = 1 << 31 },
    ["it.state is the unknown word on"] = { id = id, state = "on" },
    ["it.at is no date-time: 2026-11-20"] = { id = id, at = "2026-11-20" },
    ["it.rows[1] is no boolean but 1"] = { id = id, rows = json.array { 1 } },
  } do
    it("says that " .. what, function() assert.same({ what }, found(value)) end)
  end
end)
