-- Nonsense of every kind, sent to every operation: the rehearsal server refuses it in the words of
-- its version, and never fails itself.

local json = require "vbo.base.json"
local versions = require "spec.support.versions"
local walks = require "spec.support.sim_walk"

local values = { -1, 1e300, "\0é", ("x"):rep(2000), { 1, json.null, {} }, { id = "x" }, json.null,
  true, "99999999999999999999", { { id = json.null } }, json.array {} }
local bodies = { {}, json.array {}, "x", json.null, { 1, "x", {} }, { zzz = 1 } }
local texts = { "", "x", "-1", "1e9", "%FF", "%5B%5D", "null", "true", "2026-11-18T22:00:00Z",
  "9999999999999999999", "a,b", "%00" }

-- These 500s are the real server's own words for what is not there.
local known = { "no restore point", "cannot be found for current key" }

local function complaint(walk, answer, value)
  local text = answer.body or ""
  for _, words in ipairs(known) do
    if text:find(words, 1, true) then return nil end
  end
  if answer.status >= 500 then return ("%d %s %s"):format(answer.status, text, walk.trace or "") end
  if answer.status >= 400 and (type(value) ~= "table" or type(value.message) ~= "string"
      or (value.errorCode ~= nil) ~= (walk.number >= 8)) then
    return "has no error object of its version: " .. text
  end
end

for _, version in ipairs(versions.each_dialect) do
  describe("nonsense in " .. version, function()
    local walk, wrong, turn

    before_each(function() walk, wrong, turn = walks.new(version), {}, 0 end)

    local function send(operation, path, query, body)
      walk.trace = nil
      local value, answer = walk.client:call(operation.method, path .. query, body)
      wrong[#wrong + 1] = complaint(walk, answer, value) and ("%s %s: %s"):format(operation.method,
        path .. query, complaint(walk, answer, value))
      turn = turn + 1
    end

    local function in_turn(list) return list[turn % #list + 1] end

    it("in bodies is refused", function()
      for operation in walk.cat:operations() do
        local takes = operation.method ~= "GET" and operation.method ~= "DELETE"
        if takes and operation.name ~= "token" and operation.name ~= "logout" then
          walk:fresh()
          local path = walk:path(operation)
          local query = walk:query(operation)
          local function body(inner)
            return operation.action and { [operation.action] = inner } or inner
          end
          for _ = 1, 2 do send(operation, path, query, body(in_turn(bodies))) end
          local properties = operation.body and operation.body.properties or {}
          local names = {}
          for name in pairs(properties) do names[#names + 1] = name end
          table.sort(names)
          local good = walk:body(operation, path)
          if operation.action and type(good) == "table" then good = good[operation.action] end
          for _, name in ipairs(names) do
            local bad = {}
            for key, value in pairs(type(good) == "table" and good or {}) do bad[key] = value end
            bad[name] = in_turn(values)
            send(operation, path, query, body(bad))
          end
        end
      end
      assert.same({}, wrong)
      assert.is_true(turn > 300, turn)
    end)

    it("in queries is refused", function()
      for operation in walk.cat:operations() do
        if operation.method == "GET" then
          local path, query = walk:path(operation), walk:query(operation)
          for _, parameter in ipairs(operation.parameters) do
            for _ = 1, parameter.place == "query" and 2 or 0 do
              send(operation, path, (query == "" and "?" or query .. "&") .. parameter.name .. "="
                .. in_turn(texts))
            end
          end
        end
      end
      assert.same({}, wrong)
      assert.is_true(turn > 50, turn)
    end)
  end)
end
