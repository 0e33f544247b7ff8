-- One runbook on every API version: what it prints and what it does to production is alike.

local alike = require "vbo.request.alike"
local catalogue = require "vbo.catalogue"
local program = require "spec.support.program"
local rehearsal = require "spec.support.rehearsal"
local resource = require "vbo.model.resource"
local vbo = require "vbo"

local versions = require("spec.support.versions").since "v2"

-- Runs the runbook on a version: what it said, and what changed.
local function run(server, version, folder, more)
  server.reset()
  local settings = server.settings(version)
  settings.needs = { "onedrive", "exchange" }
  for name, value in pairs(more or {}) do settings[name] = value end
  local client <close> = vbo.connect(settings)
  assert.equal(version, client.version)
  local lines = {}
  assert(loadfile "spec/fixtures/all_versions.lua")(client, folder, function(...)
    local parts = table.pack(...)
    for i = 1, parts.n do parts[i] = tostring(parts[i]) end
    lines[#lines + 1] = table.concat(parts, " | ")
  end)
  local changes = {}
  for i, change in ipairs(server.changes()) do
    changes[i] = ("%s %s %s %s %s"):format(change.workload, change.change, change.user,
      change.path, tostring(change.how))
  end
  return lines, changes
end

describe("one runbook", function()
  -- The server's clock is not UTC: documents carry its time, without a zone, up to v5.
  local server, folder, remove, lines, changes

  setup(function()
    server = rehearsal.start "--zone +02:00"
    folder, remove = program.folder()
    lines, changes = run(server, "v8", folder, { zone = "+02:00" })
  end)

  teardown(function()
    server.stop()
    remove()
  end)

  it("prints results, and sends changes", function()
    local said = table.concat(lines, "\n")
    for _, what in ipairs { "job | ", "folder | ", "document | Sales Q1.csv | ", "recent | ",
      "saved | 19 | ", "saved plain | ", "archive | reports.zip | true",
      "restored a document | 1 | 1 | 0 | 0", "copied | 3 | 3 | 0 | 0", "mail | Signed contract" } do
      assert.is_truthy(said:find(what, 1, true), what .. " in\n" .. said)
    end
    assert.is_nil(said:find("recent | 0", 1, true))
    assert.is_nil(said:find("large | 0", 1, true))
    assert.is_true(#changes > 8)
  end)

  for _, version in ipairs(versions) do
    it("does in " .. version .. " what it does in v8", function()
      local own, did = run(server, version, folder, { zone = "+02:00" })
      assert.same(lines, own)
      assert.same(changes, did)
    end)
  end

  it("saves the same archive in every version", function()
    local listing
    for _, version in ipairs(versions) do
      run(server, version, folder, { zone = "+02:00" })
      local own = program.run("unzip -Z1 " .. folder .. "/reports.zip | sort")
      listing = listing or own
      assert.equal(listing, own)
      assert.matches("Sales Q1.csv", own)
    end
  end)

  it("ends before it changes anything where a version cannot do it", function()
    server.reset()
    for needs, has in pairs { sharepoint = "v2, v3", versions = "v6, v7, v8" } do
      local settings = server.settings "v1"
      settings.needs = needs
      local err = rehearsal.failure(vbo.connect, settings)
      assert.equal("unsupported", err.kind)
      assert.matches(has, err.message)
    end
    assert.equal(0, #server.changes())
  end)
end)

describe("field values", function()
  local function client_of(version, zone)
    return { _catalogue = catalogue.load(version), _dialect = { zone = zone } }
  end
  local document = { get = "SharePointDocument_GetById" }

  it("are UTC dates, in whatever form they came", function()
    local old = client_of("v5", 7200)
    for text, wanted in pairs {
      ["2026-11-20T22:00:00"] = "2026-11-20T20:00:00Z",
      ["2026-11-20T22:00:00Z"] = "2026-11-20T22:00:00Z",
      ["2026-11-20T22:00:00.1234567Z"] = "2026-11-20T22:00:00Z",
      ["2026-11-20T22:00:00.0000000+01:00"] = "2026-11-20T21:00:00Z",
      ["2026.11.20 22:00:00"] = "2026-11-20T20:00:00Z",
      ["no date"] = "no date",
    } do
      assert.equal(wanted, alike.value(text, "creationTime", document, old))
    end
    assert.equal("2026-11-20T22:00:00Z",
      alike.value("2026-11-20T22:00:00", "creationTime", document, client_of "v5"))
  end)

  it("stay as they are when they are not dates", function()
    assert.equal("2026-11-20T22:00:00",
      alike.value("2026-11-20T22:00:00", "name", document, client_of "v5"))
    assert.equal("true", alike.value("true", "name", document, client_of "v8"))
    assert.equal("10", alike.value("10", "version", document, client_of "v8"))
  end)

  it("are not hidden by methods", function()
    require "spec.support.objects"
    -- `version(id)` gives a version of a document; the field is `version_number`.
    local elsewhere = { version = "version_number" }
    local seen = 0
    for _, class in ipairs(resource.classes) do
      for _, version in ipairs(catalogue.versions) do
        local operation = class.get and catalogue.load(version):operation(class.get)
        if operation and operation.path:find("/RestoreSessions", 1, true) then
          seen = seen + 1
          for name in pairs(operation.answer.schema and operation.answer.schema.properties or {}) do
            local word = name:gsub("(%l)(%u)", "%1_%2"):lower()
            assert.is_true(not rawget(class.methods, word) or elsewhere[word] ~= nil,
              class.kind .. "." .. word)
          end
        end
      end
    end
    assert.is_true(seen > 100)
    local handbook = resource.from_record(require("vbo.objects.onedrive").Document,
      { _client = client_of "v8" }, { id = "x", version = "4.0" })
    assert.equal("4.0", handbook.version_number)
  end)

  it("are words as v6 and later spell them, numbers and booleans", function()
    local folder = { get = "SharePointFolder_GetById" }
    assert.equal("LibraryFolder", alike.value("libraryFolder", "type", folder, client_of "v2"))
    assert.equal("LibraryFolder", alike.value("LibraryFolder", "type", folder, client_of "v8"))
    assert.equal("USGovernment", alike.value("USgovCommunity", "region",
      { get = "Organization_GetById" }, client_of "v5"))
    assert.equal(1234, alike.value("1234", "sizeBytes", document, client_of "v8"))
    assert.equal(false, alike.value("False", "isEnabled", { get = "Job_GetById" }, client_of "v5"))
  end)
end)
