-- Classes and functions of vbo.objects that are named: they are there, load on first use, and are
-- the same whatever else is loaded.

local catalogue = require "vbo.catalogue"
local declare = require "vbo.model.declare"
local modules = require "tools.model.modules"
local objects = require "vbo.model.objects"
local program = require "spec.support.program"
local shapes = require "vbo.request.shape"
local spelling = require "vbo.base.spelling"
local _ = require "spec.support.objects"

-- Declarations that name their class.
local function each_named(fn)
  local count = 0
  for _, list in pairs(declare.registry) do
    for _, declaration in ipairs(list) do
      if rawget(declaration, "named") then
        count = count + 1
        fn(declaration, declaration.named)
      end
    end
  end
  return count
end

describe("objects by name", function()
  it("are there for every declaration", function()
    local count = each_named(function(declaration, name)
      assert.is_table(declaration.class.methods, name)
      if declaration.kind == "plural" then
        assert.is_string(declaration.operation, name .. " " .. declaration.name)
      end
    end)
    assert.is_true(count > 150, tostring(count))
  end)

  it("are there for every call in the sources", function()
    local count = 0
    local paths = assert(io.popen "grep -rlF 'objects.named' lua/vbo")
    for path in paths:lines() do
      for line in io.lines(path) do
        for name in line:gmatch 'objects%.named%s*%(?"([^"]+)"' do
          count = count + 1
          assert.is_not_nil(objects.named(name), path .. ": " .. name)
        end
      end
    end
    paths:close()
    assert.is_true(count > 15, tostring(count))
  end)

  it("have the fields of every operation that answers them", function()
    each_named(function(declaration, name)
      local shape = shapes.of(declaration.class)
      for _, operation in ipairs(declaration.operations or { declaration.operation }) do
        for _, version in ipairs(catalogue.having(operation)) do
          local answer = catalogue.load(version):operation(operation).answer
          local schema = answer.item or answer.schema or {}
          for property in pairs(schema.properties or {}) do
            assert.is_truthy(shape.open or shape:word(spelling.squash(property)),
              ("%s of %s, which %s answers, is no field of %s"):format(property, version,
                operation, name))
          end
        end
      end
    end)
  end)

  it("raise for what a module lacks", function()
    local ok, err = pcall(objects.named, "jobs.Jib")
    assert.is_false(ok)
    assert.matches("vbo%.objects%.jobs has no Jib$", err)
  end)

  it("load on first use: a session's drive needs neither mailboxes nor jobs", function()
    local output, status = program.run(("%s -e %s"):format(program.vbolua, program.quoted [[
      local function loaded()
        local names = {}
        for name in pairs(package.loaded) do
          names[#names + 1] = name:match "^vbo%.objects%.(.*)$"
        end
        table.sort(names)
        print(table.concat(names, " "))
      end
      require "vbo.client"
      assert(not package.loaded["vbo.client.below"])
      local below = require "vbo.client.below"
      loaded()
      local client = {}
      client._client = client
      local session = below.session(client, "4e036749-2d65-40e4-b49b-b8b8b327fda7")
      loaded()
      session:onedrive "4e036749-2d65-40e4-b49b-b8b8b327fda7"
      loaded()
    ]]))
    assert.equal("\nsession session.known_points session.lost\n"
      .. "onedrive session session.known_points session.lost\n", output)
    assert.equal(0, status)
  end)

  it("are all below a client or one of its resources", function()
    local named = {}
    each_named(function(_, name) named[name:match "^(.*)%."] = true end)
    local others = {}
    for _, name in ipairs(modules("lua", "vbo/objects")) do
      name = name:gsub("^vbo%.objects%.", "")
      if not named[name] then others[#others + 1] = name end
    end
    assert.same({ "backups.below", "cloud", "jobs.rates", "server.events", "server.reports",
      "session.known_points", "session.lost", "sharepoint.actions", "sharepoint.classes",
      "teams.actions", "teams.classes" }, others)
  end)
end)
