-- The pages of the reference: generated again here and compared with the committed ones, and
-- read by themselves: every operation once, with a call that the catalogue accepts.

local catalogue = require "vbo.catalogue"
local output = require "tools.output"
local program = require "spec.support.program"
local reference = require "tools.reference"

local folder <const> = "docs/reference"

local files

local function generated()
  files = files or reference.files "lua"
  return files
end

local function committed(version)
  return assert(output.read(("%s/%s.md"):format(folder, version)))
end

-- The sections of a page by their headings: what stands below `### NAME`.
local function sections(text)
  local found, order = {}, {}
  for name, below in (text:gsub("\n##+ ", "\0%0") .. "\0"):gmatch "\n### ([^\n]+)\n([^%z]*)" do
    assert(not found[name], name .. " has two sections")
    found[name] = below
    order[#order + 1] = name
  end
  return found, order
end

describe("the committed pages", function()
  it("are what the catalogue and the sources give", function()
    assert.equal("", table.concat(output.drift(folder, generated()), "\n"), "run `make generated`")
  end)

  it("are seen to drift", function()
    local changed = {}
    for name, text in pairs(generated()) do changed[name] = text end
    changed["v3.md"] = changed["v3.md"]:gsub("restoreto", "restoreTo", 1) .. " "
    changed["v8.md"] = nil
    local other <const>, remove = program.folder()
    output.write(other, generated())
    assert.same({}, output.drift(other, generated()))
    local drift = output.drift(other, changed)
    remove()
    assert.same({ "v3.md differs", "v8.md is not generated any more" }, drift)
  end)

  it("stay readable in a browser", function()
    for _, name in ipairs(output.list(folder)) do
      assert.is_true(#output.read(folder .. "/" .. name) < 400000, name)
    end
  end)
end)

for _, version in ipairs { "v1", "v2", "v3", "v4", "v5", "v6", "v7", "v8" } do
  describe("the page of " .. version, function()
    local found, known, text

    setup(function()
      text = committed(version)
      found = sections(text:match "^(.-)\n## Types\n" or text)
      known = catalogue.load(version)
    end)

    it("has each operation once, with its method and path", function()
      local count, listed = 0, 0
      for operation in known:operations() do
        count = count + 1
        local section = found[operation.name]
        assert.is_not_nil(section, operation.name)
        local route = ("`%s %s`"):format(operation.method, operation.path)
        assert.is_truthy(section:find(route, 1, true), operation.name)
        local key = operation.action and ("with the key `%s`"):format(operation.action)
        assert.is_truthy(not key or section:find(key, 1, true), operation.name)
        local marked = section:find("**changes**", 1, true) ~= nil
        assert.equal(operation.change, marked, operation.name)
        local streams = section:find("answers a stream", 1, true) ~= nil
        assert.equal(operation.answer.kind == "stream", streams, operation.name)
      end
      for _ in pairs(found) do listed = listed + 1 end
      assert.equal(count, listed)
      assert.is_truthy(text:find(("\n%d operations."):format(count), 1, true))
    end)

    it("shows a call of each that the catalogue accepts", function()
      local called = 0
      local api = setmetatable({}, { __index = function(_, group)
        return setmetatable({}, {
          __index = function(_, member)
            return function(arguments) return group .. "_" .. member, arguments end
          end,
          __call = function(_, arguments) return group, arguments end,
        })
      end })
      for name, section in pairs(found) do
        local line = section:match "\n    ([^\n]+)"
        assert.is_not_nil(line, name)
        if name ~= "token" then
          -- What a page leaves open is filled in with an id, which is text to others.
          local code = line:gsub('"…"', "…"):gsub("{ … }", "{}")
            :gsub("…", '"61954db6-7278-4d26-86f7-888bda5a4ec4"')
          local run = assert(load("return " .. code, name, "t", { client = { api = api } }))
          local operation, arguments = run()
          assert.equal(name, operation)
          local request, err = known:check(operation, arguments or {}, {})
          -- Nested values may be left open; everything else must be right.
          if not (line:find("{ … }", 1, true) and err) then
            assert.is_not_nil(request, ("%s: %s"):format(line, err and err.message or ""))
          end
          called = called + 1
        end
      end
      assert.is_true(called > 70)
    end)

    it("leads nowhere else", function()
      local anchors = {}
      for heading in text:gmatch "\n##+ ([^\n]+)" do
        anchors["#" .. heading:lower():gsub("[^%w_-]", "")] = true
      end
      for link in text:gmatch "%]%((#[^)]+)%)" do assert.is_true(anchors[link], link) end
    end)
  end)
end

describe("the pages", function()
  it("name the methods of objects that use an operation", function()
    local found = sections(committed "v8")
    assert.matches("`Job:start`", found.Job_StartAction)
    assert.matches("`JobCollection:start`", found.Job_StartAction)
    assert.matches("`client:jobs`", found.Job_Get)
    assert.matches("`OneDriveDocumentCollection:restore`",
      found.OneDriveDocument_RestoreDocumentsAction)
    assert.matches("`Organization:explore`", found.Organization_Explore)
  end)

  it("show the call as a runbook writes it", function()
    local found = sections(committed "v8")
    assert.is_truthy(found.Job_StartAction:find(
      "\n    client.api.Job.StartAction { jobId = …, body = { full = true } }\n", 1, true))
  end)
end)
