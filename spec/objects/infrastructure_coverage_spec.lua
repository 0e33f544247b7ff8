-- Every operation on infrastructure, cloud accounts, settings and reports, of every version,
-- belongs to a method of an object; and no path of the API is left without an area.

local catalogue = require "vbo.catalogue"
local declare = require "vbo.model.declare"
local resource = require "vbo.model.resource"
require "vbo"

local files = {
  "cloud/azure", "cloud/init", "server/events", "infrastructure/init", "server/license",
  "server/mail", "infrastructure/proxies", "server/reports", "infrastructure/repositories",
  "server/init",
}

-- First words of this area's paths, in lower case.
local area = {}
for word in ([[
  accounts auditemailsettings azureresources azureserviceaccounts backuprepositories
  configuration ec2resources encryptionkeys events exclusionsettings
  globalretentionexclusionsettings health historysettings internetproxysettings license
  licensedusers licensing managementmode objectstoragerepositories proxies proxypools reports
  repositoryownerchangesessions repositorysynchronizesessions restoreportalsettings
  s3compatibleresources s3resources serviceinstance vboemailsettings veodemailsettings
  vespemailsettings vetemailsettings vexemailsettings
]]):gmatch "%w+" do
  area[word] = true
end

-- Those of `organization_coverage_spec`, of restores, and of the session with the server.
local elsewhere = {}
for word in ([[
  copyjobs dataretrievals dataretrievalsessions devicecode jobs jobsessions organization
  organizations protectedgroups protectedsites protectedteams protectedusers rbacroles
  restorepoints restoresessions token
]]):gmatch "%w+" do
  elsewhere[word] = true
end

local function words_of(path)
  local rest = path:gsub("^/v%d+/", ""):lower()
  return rest:match "^%w+", rest
end

-- Tells whether a path is about backed-up data in a repository, which is another area.
local function is_data(rest) return rest:find "^backuprepositories/[^/]+/%a+data%f[/%z]" ~= nil end

local function in_area(path)
  local first, rest = words_of(path)
  return area[first] and not is_data(rest)
end

-- Returns the operations that the sources write, and those of their declarations.
local function named()
  local names, modules = {}, {}
  for _, file in ipairs(files) do
    for line in io.lines("lua/vbo/objects/" .. file .. ".lua") do
      if not line:find "^%s*%-%-" then
        for name in line:gmatch '"(%u%w+_[%w_]+)"' do names[name] = file end
      end
    end
    modules[#modules + 1] = require("vbo.objects." .. file:gsub("/init$", ""):gsub("/", "."))
  end
  local ours = {}
  for _, module in ipairs(modules) do
    for _, value in pairs(module) do ours[value] = true end
  end
  for _, class in ipairs(resource.classes) do
    if ours[class] then
      for _, name in pairs { class.get or false, class.list or false } do
        if name then names[name] = class.kind end
      end
      for _, methods in ipairs { class.methods or {}, class.bulk or {} } do
        for _, declaration in ipairs(declare.registry[methods] or {}) do
          for _, name in ipairs(declaration.operations or { declaration.operation }) do
            names[name] = class.kind
          end
        end
      end
    end
  end
  return names
end

describe("the objects of infrastructure, cloud, settings and reports", function()
  local names = named()

  it("have every operation of their area", function()
    local missing, seen = {}, 0
    for _, version in ipairs(catalogue.versions) do
      for operation in catalogue.load(version):operations() do
        if in_area(operation.path) then
          seen = seen + 1
          if not names[operation.name] then
            missing[#missing + 1] = version .. " " .. operation.name
          end
        end
      end
    end
    assert.is_true(seen > 500, "the area has " .. seen .. " operations")
    assert.same({}, missing)
  end)

  it("have no operation that does not exist", function()
    local unknown, count = {}, 0
    for name, where in pairs(names) do
      count = count + 1
      if #catalogue.having(name) == 0 then unknown[#unknown + 1] = where .. ": " .. name end
    end
    assert.is_true(count > 150, "found " .. count .. " names")
    assert.same({}, unknown)
  end)

  it("have neighbours for everything else", function()
    local orphans = {}
    for _, version in ipairs(catalogue.versions) do
      for operation in catalogue.load(version):operations() do
        local first = words_of(operation.path)
        if not area[first] and not elsewhere[first] then
          orphans[#orphans + 1] = version .. " " .. operation.path
        end
      end
    end
    assert.same({}, orphans)
  end)
end)
