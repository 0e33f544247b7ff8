-- Every operation on organizations, jobs, backed-up data and roles, of every version, is
-- named by an object, and a spec shows the request that its method sends.

local catalogue = require "vbo.catalogue"

-- Paths of this area, in lower case, after the version.
local area = {
  "^/organizations?$", "^/organizations?/", "^/devicecode$", "^/devicecode/", "^/jobs$",
  "^/jobs/", "^/copyjobs$", "^/copyjobs/", "^/jobsessions$", "^/jobsessions/",
  "^/dataretrievals$", "^/dataretrievals/", "^/dataretrievalsessions$",
  "^/dataretrievalsessions/", "^/protected%a+$", "^/protected%a+/", "^/restorepoints$",
  "^/restorepoints/", "^/rbacroles$", "^/rbacroles/", "^/backuprepositories/[^/]+/%a+data$",
  "^/backuprepositories/[^/]+/%a+data/",
}

local files = {
  "client/below", "model/changes",
  "objects/jobs/copy", "objects/backups/init", "objects/backups/retrievals",
  "objects/jobs/items", "objects/jobs/sessions", "objects/jobs/init",
  "objects/organization/init", "objects/organization/accounts", "objects/organization/members",
  "objects/backups/restore_points", "objects/roles", "objects/session/init",
}

-- Operations that no object names, each with its reason.
local exceptions = {}

local function in_area(path)
  local rest = path:gsub("^/v%d+", ""):lower()
  for _, pattern in ipairs(area) do
    if rest:find(pattern) then return true end
  end
  return false
end

-- The operation names that the sources write, without what comments say of them.
local function named()
  local names = {}
  for _, file in ipairs(files) do
    for line in io.lines("lua/vbo/" .. file .. ".lua") do
      if not line:find "^%s*%-%-" then
        for name in line:gmatch '"(%u%w+_%u%w+)"' do names[name] = file end
      end
    end
  end
  return names
end

local specs = { "copy_jobs", "data", "job_sessions", "jobs", "organization", "roles" }

-- The operations whose requests the specs assert, in the words of `spec.support.sending`.
local function shown()
  local names = {}
  for _, spec in ipairs(specs) do
    local file <close> = assert(io.open("spec/objects/" .. spec .. "_spec.lua"))
    local text = file:read "a"
    -- Removes words in brackets: they are answers of a server, not calls.
    text = text:gsub('%["%u+ /[^"]*"%]', "")
    for method, path in text:gmatch '"(%u+) (/[%w{}/%-]+)' do
      path = path:gsub("{%w+}", "61954db6-7278-4d26-86f7-888bda5a4ec4")
      for _, version in ipairs(catalogue.versions) do
        local found = catalogue.load(version):match(method, "/" .. version .. path)
        if found and found.name then names[found.name] = true end
      end
    end
  end
  return names
end

describe("the objects of organizations, jobs, data and roles", function()
  local names = named()

  it("name every operation of their area", function()
    local missing, seen = {}, 0
    for _, version in ipairs(catalogue.versions) do
      for operation in catalogue.load(version):operations() do
        if in_area(operation.path) then
          seen = seen + 1
          if not names[operation.name] and not exceptions[operation.name] then
            missing[#missing + 1] = version .. " " .. operation.name
          end
        end
      end
    end
    assert.is_true(seen > 500, "the area has " .. seen .. " operations")
    assert.same({}, missing)
  end)

  it("name no operation that does not exist", function()
    local unknown, count = {}, 0
    for name, file in pairs(names) do
      count = count + 1
      if #catalogue.having(name) == 0 then unknown[#unknown + 1] = file .. ": " .. name end
    end
    assert.is_true(count > 100, "found " .. count .. " names")
    assert.same({}, unknown)
  end)

  it("have a spec for each of them", function()
    local missing, proven, seen = {}, shown(), {}
    for _, version in ipairs(catalogue.versions) do
      for operation in catalogue.load(version):operations() do
        local name = operation.name
        if in_area(operation.path) and not seen[name] and not exceptions[name] then
          seen[name] = true
          if not proven[name] then missing[#missing + 1] = version .. " " .. name end
        end
      end
    end
    assert.same({}, missing)
  end)

  it("need every exception that is made", function()
    for name in pairs(exceptions) do
      assert.is_nil(names[name], name .. " has a method")
      assert.is_true(#catalogue.having(name) > 0, name .. " does not exist")
    end
  end)
end)
