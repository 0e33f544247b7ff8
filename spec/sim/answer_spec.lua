-- Answers against the facts: every link leads somewhere, every record fits its version's schema.

local catalogue = require "vbo.catalogue"
local json = require "vbo.base.json"
local sim = require "spec.support.sim_app"
local time = require "vbo.base.time"

local kinds = {
  boolean = function(v) return type(v) == "boolean" end,
  integer = function(v) return math.type(v) == "integer" end,
  number = function(v) return type(v) == "number" end,
  string = function(v) return type(v) == "string" end,
  array = function(v) return json.is_array(v) end,
  object = function(v) return type(v) == "table" and not json.is_array(v) end,
}

--- Appends to `out` what of a value its schema forbids.  Written for this spec: it shares no code
--- with the checks of the server or the client.
local function complaints(value, schema, where, out, version)
  if not schema then return out end
  local function complain(text) out[#out + 1] = where .. " " .. text end
  if value == json.null then
    if not schema.nullable then complain "is null" end
    return out
  end
  local kind = schema.type or schema.properties and "object"
  if kind and kinds[kind] and not kinds[kind](value) then
    complain("is no " .. kind)
    return out
  end
  if schema.enum then
    local found
    for _, each in ipairs(schema.enum) do found = found or each == value end
    if not found then complain("is " .. tostring(value)) end
  end
  if schema.format == "uuid" and not value:match "^%x+%-%x+%-%x+%-%x+%-%x+$" then
    complain "is no UUID"
  end
  if schema.format == "date-time" and not time.parse(value) then complain "is no time" end
  if kind == "array" then
    for i, each in ipairs(value) do
      complaints(each, schema.items, ("%s[%d]"):format(where, i), out, version)
    end
  elseif schema.properties then
    for _, name in ipairs(schema.required or {}) do
      if value[name] == nil then complain("lacks " .. name) end
    end
    for name, each in pairs(value) do
      local inner = schema.properties[name] or schema.additional
      -- Links and, up to v5, what collectors read beside the reference are allowed.
      if inner then
        complaints(each, inner, where .. "." .. name, out, version)
      elseif name ~= "_links" and not (version <= 5 and name == "pointInTime")
          and not (version == 5 and name == "totalCount") then
        complain("has a " .. name)
      end
    end
  end
  return out
end

for n = 1, 8 do
  describe("answers of the rehearsal server in v" .. n, function()
    local client, cat, seen, bad

    before_each(function()
      client, cat, seen, bad = sim.new("v" .. n), catalogue.load("v" .. n), {}, {}
    end)

    local function check(method, path, value)
      local operation = assert(cat:match(method, path), path)
      local answer = operation.answer
      local schema = answer.schema
      if answer.page and value.results then
        complaints(value.results, { type = "array", items = answer.item }, operation.name, bad, n)
      else
        complaints(value, schema, operation.name, bad, n)
      end
    end

    --- GETs a link and all that its answer links to.
    local function follow(href)
      local path = href:gsub("^https://localhost:4443/", "/")
      if n <= 5 then
        assert.match("^https://localhost:4443/v%d/", href)
        -- Names are in lower case, ids as they are.
        for word in href:gmatch "/(%a+)%f[/?\0]" do assert.equal(word:lower(), word) end
      else
        assert.match("^/v%d/", href)
      end
      local key = path:gsub("%x%x%x%x%x%x%x%x%-[%x-]+", "ID"):gsub("/[%w_-]+==", "/ID")
      seen[key] = (seen[key] or 0) + 1
      if seen[key] > 2 then return end
      local value, answer = client:call("GET", path)
      assert(answer.status == 200, path .. " answered " .. answer.status .. " " .. answer.body)
      check("GET", path, value)
      local function links(it)
        if type(it) ~= "table" then return end
        for name, each in pairs(it) do
          if name == "_links" then
            for _, link in pairs(each) do follow(link.href) end
          else
            links(each)
          end
        end
      end
      links(value)
    end

    local function prefix() return n <= 5 and "https://localhost:4443/v" .. n or "/v" .. n end

    it("lead on by links that can be followed, to records of the schema", function()
      client:explore("Vex", n > 1 and sim.before or nil)
      if n > 1 then
        local place = client:explore("Veod", sim.before)
        local drive = client:owned(place .. "/OneDrives", "Bob Builder")
        client:act(drive, "restore", {})
        client:settle()
        client:explore("Vesp", sim.before)
      end
      if n > 4 then client:explore("Vet", sim.before) end
      for _, path in ipairs { "/organizations", "/jobs", "/jobsessions", "/restoresessions" } do
        if not (n == 7 and path == "/jobsessions") then follow(prefix() .. path) end
      end
      assert.same({}, bad)
      local count = 0
      for _ in pairs(seen) do count = count + 1 end
      assert.is_true(count >= 10, count .. " links")
    end)

    if n > 1 then
      it("to changes fit their schema too", function()
        local path = client:explore("Veod", sim.before)
        local drive = client:owned(path .. "/OneDrives", "Alice Example")
        local value = client:act(drive, "restore", {})
        local key, verb = drive .. "/Action", drive .. "/restore"
        local found = cat:match("POST", "/v" .. n .. (n <= 5 and key or verb))
        local operation = found.actions and found.actions.restoretooriginallocation or found
        complaints(value, operation.answer.schema, operation.name, bad, n)
        client:settle()
        if n == 8 then
          local sums = "/RestoreSessions/" .. path:match "RestoreSessions/([^/]+)" .. "/Statistics"
          check("GET", "/v8" .. sums, client:get(sums))
        end
        assert.same({}, bad)
      end)
    end
  end)
end
