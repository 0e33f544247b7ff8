-- The pages of the reference: generated again here and compared with the committed ones, and
-- read by themselves.

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

local function page(name) return assert(output.read(("%s/%s.md"):format(folder, name))) end

-- The sections of a page by their headings: what stands below `### NAME`.
local function sections(text, found)
  for name, below in (text:gsub("\n##+ ", "\0%0") .. "\0"):gmatch "\n### ([^\n]+)(\n[^%z]*)" do
    assert(not found[name], name .. " has two sections")
    found[name] = below
  end
  return found
end

-- The section of every operation.
local function operations()
  local found = {}
  for _, name in ipairs(output.list(folder .. "/operations")) do
    local text = output.read(folder .. "/operations/" .. name)
    if name ~= "types.md" then sections(text, found) end
  end
  return found
end

describe("the committed pages", function()
  it("are what the catalogue and the sources give", function()
    assert.equal("", table.concat(output.drift(folder, generated()), "\n"), "run `make generated`")
  end)

  it("are seen to drift", function()
    local changed = {}
    for name, text in pairs(generated()) do changed[name] = text end
    changed["operations/Job.md"] = changed["operations/Job.md"]:gsub("StartAction", "Start", 1)
    changed["operations/Proxy.md"] = nil
    local other <const>, remove = program.folder()
    output.write(other, generated())
    assert.same({}, output.drift(other, generated()))
    local drift = output.drift(other, changed)
    remove()
    assert.same({ "operations/Job.md differs", "operations/Proxy.md is not generated any more" },
      drift)
  end)

  it("stay readable in a browser", function()
    for _, name in ipairs(output.list(folder)) do
      assert.is_true(#output.read(folder .. "/" .. name) < 300000, name)
    end
  end)

  it("lead only to what is there", function()
    local anchors, links = {}, {}
    for _, name in ipairs(output.list(folder)) do
      local text = "\n" .. output.read(folder .. "/" .. name)
      local from = name:match "^(.*/)" or ""
      anchors[name] = true
      for heading in text:gmatch "\n#+ ([^\n]+)" do
        anchors[name .. "#" .. heading:lower():gsub("[^%w_ -]", ""):gsub(" ", "-")] = true
      end
      for link in text:gsub("```.-```", ""):gmatch "%]%(([^)]+)%)" do
        if not link:find "://" then
          local to = link:sub(1, 1) == "#" and name .. link or from .. link
          to = to:gsub("[^/]+/%.%./", "")
          links[to] = name
        end
      end
    end
    local lost = {}
    for link, name in pairs(links) do
      if not anchors[link] and not io.open(folder .. "/" .. link) then
        lost[#lost + 1] = name .. ": " .. link
      end
    end
    table.sort(lost)
    assert.equal("", table.concat(lost, "\n"))
  end)
end)

-- "v1v2v3v8" of "Start Job · v1–v3, v8 · changes".
local function said_versions(line)
  local list = {}
  for part in (" · " .. line .. " · "):match(" · (v%d[^·]*) · "):gmatch "[^, ]+" do
    local first, last = part:match "v(%d).-v?(%d?)$"
    for number = tonumber(first), tonumber(last) or tonumber(first) do
      list[#list + 1] = "v" .. number
    end
  end
  return table.concat(list)
end

describe("the pages of operations", function()
  local found

  setup(function() found = operations() end)

  it("have each operation of each version once, with its requests and versions", function()
    local having, count = {}, 0
    for _, version in ipairs(catalogue.versions) do
      for operation in catalogue.load(version):operations() do
        local section = assert(found[operation.name], operation.name)
        count = count + 1
        local route = ("%s %s"):format(operation.method, operation.path:gsub("^/v%d+", ""))
        assert.is_truthy(section:lower():find("`" .. route:lower() .. "`", 1, true),
          version .. " " .. operation.name)
        local key = operation.action and ("with the key `%s`"):format(operation.action):lower()
        assert.is_truthy(not key or section:lower():find(key, 1, true), operation.name)
        having[operation.name] = (having[operation.name] or "") .. version
      end
    end
    for name, section in pairs(found) do
      assert.equal(having[name], said_versions(section:match "[^\n]+"), name)
    end
    assert.equal(2277, count)
  end)

  it("say what changes, what streams and what every property's versions are", function()
    for operation in catalogue.load "v8":operations() do
      local section = found[operation.name]
      assert.equal(operation.change, section:find("**changes**", 1, true) ~= nil, operation.name)
      assert.equal(operation.answer.kind == "stream",
        section:find("answers a stream", 1, true) ~= nil, operation.name)
    end
    assert.matches("^\nStart Backup Job · v1–v8 · %*%*changes%*%* · answers object\n",
      found.Job_StartAction)
    for _, words in ipairs { "- `POST /Jobs/{jobId}/start` (v6–v8)\n",
      "- `POST /Jobs/{jobId}/action` with the key `start` (v1–v5)\n",
      "- Body: `full` boolean (v6–v8)\n" } do
      assert.is_truthy(found.Job_StartAction:find(words, 1, true), words)
    end
  end)

  it("have the vendor's titles", function()
    local titles = require "vbo.catalogue.titles"
    local count = 0
    for name, section in pairs(found) do
      local title = titles.of(name)
      if title then
        count = count + 1
        assert.equal("\n" .. title .. " · ", section:sub(1, #title + #" · " + 1), name)
      end
    end
    assert.equal(170, count)
    assert.is_truthy(page "operations/Job":find("| [Job_Get](#job_get) | Get Backup Jobs | v1–v8 |",
      1, true))
    assert.is_truthy(page "operations/README":find("| [Job](Job.md) | Backup Jobs |", 1, true))
  end)

  it("show a call of each that the catalogue accepts", function()
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
      local line = section:match "\n%- Call: `([^\n]+)`\n"
      assert.is_not_nil(line, name)
      if name ~= "token" then
        -- An id replaces each "…" of a page; other types accept it as text.
        local code = line:gsub('"…"', "…"):gsub("{ … }", "{}")
          :gsub("…", '"61954db6-7278-4d26-86f7-888bda5a4ec4"')
        local run = assert(load("return " .. code, name, "t", { client = { api = api } }))
        local operation, arguments = run()
        assert.equal(name, operation)
        local having = catalogue.having(name)
        local known = catalogue.load(having[#having])
        local request, err = known:check(operation, arguments or {}, {})
        -- Nested values may be left open; everything else must be right.
        if not (line:find("{ … }", 1, true) and err) then
          assert.is_not_nil(request, ("%s: %s"):format(line, err and err.message or ""))
        end
        called = called + 1
      end
    end
    assert.is_true(called > 500)
  end)

  it("name the methods of objects that use an operation", function()
    assert.matches("`Job:start`", found.Job_StartAction)
    assert.matches("`JobCollection:start`", found.Job_StartAction)
    assert.matches("`client:jobs`", found.Job_Get)
    assert.matches("`OneDriveDocumentCollection:restore`",
      found.OneDriveDocument_RestoreDocumentsAction)
    assert.matches("`Organization:explore`", found.Organization_Explore)
  end)
end)

describe("the pages of objects", function()
  local resource, documented

  setup(function()
    resource = require "spec.support.objects"
    documented = require "tools.reference.options"
  end)

  -- The text below the heading of a method.
  local function method(class, name)
    local text = page("objects/" .. class) .. "\n### "
    local at, past = text:find(("\n### %s\n"):format(name), 1, true)
    assert(at, name)
    return text:sub(past, text:find("\n##", past, true))
  end

  it("are one for each class, and list every class", function()
    local count = 0
    local index = page "objects/README"
    for _, name in ipairs(output.list(folder .. "/objects")) do
      if page("objects/" .. name:gsub("%.md$", "")):find("\n## Fields\n", 1, true) then
        count = count + 1
        assert.is_truthy(index:find(("| [%s](%s) |"):format(name:gsub("%.md$", ""), name), 1, true))
      end
    end
    assert.equal(#resource.classes, count)
  end)

  it("name every method of every class, its selections, and the client", function()
    local all, lacking, count = {}, {}, 0
    for _, name in ipairs(output.list(folder .. "/objects")) do
      for owner, said in output.read(folder .. "/objects/" .. name):gmatch "(%u%w+):([%l_]+)" do
        all[said] = all[said] or {}
        all[said][owner:match "Collection$" or "one"] = true
      end
    end
    for _, class in ipairs(resource.classes) do
      for kind, methods in pairs { one = class.methods, Collection = class.bulk } do
        for name, run in pairs(methods) do
          if type(run) == "function" and name:sub(1, 1) ~= "_" then
            count = count + 1
            if not (all[name] and all[name][kind]) then
              lacking[#lacking + 1] = class.kind .. name
            end
          end
        end
      end
    end
    assert.same({}, lacking)
    assert.is_true(count > 300)
    for _, name in ipairs { "organizations", "jobs", "call", "supports", "close" } do
      assert.is_truthy(page "objects/Client":find("Client:" .. name, 1, true), name)
    end
  end)

  it("have an option's type, default, versions, property and meaning", function()
    local restore = method("OneDriveDocument", "OneDriveDocument:restore")
    for _, row in ipairs {
      '| `on_conflict` | `"overwrite"` · `"keep"` · null |  | v2–v8 | `documentAction` | ',
      '| `version` | `"all"` · `"last"` |  | v2–v5 | `documentVersion` | ',
      "| `user_code` | string |  | v4–v8 | `userCode` | ",
      "| `wait` | boolean | true |  |  | Returns when a restore in the background is over",
      "· returns [Statistics](records.md#statistics) · raises `usage`, `unsupported`, `partial`",
    } do
      assert.is_truthy(restore:find(row, 1, true), row .. " in " .. restore)
    end
    -- The table has no row for an option of the shared comment that the operation lacks.
    local copy = method("OneDriveDocument", "OneDriveDocument:copy")
    assert.is_nil(copy:find("| `permissions`", 1, true))
    local start = method("Job", "Job:start")
    assert.is_truthy(start:find("| `full` | boolean |  | v6–v8 | `full` |", 1, true), start)
  end)

  it("have a field's type, versions, property and unit", function()
    local text = page "objects/OneDriveDocument"
    for _, row in ipairs {
      "| `size` | integer | v2–v8 | `sizeBytes`, `size` | bytes",
      "| `is_folder` | boolean | v7–v8 | `isFolder` |",
      "| `id` | string | v2–v8 |",
      "| `created` | string | v2–v8 | `creationTime` | ISO 8601, UTC |",
      "`size`, `larger`, `smaller`",
      "From: `OneDrive:document`, `OneDrive:documents`, ",
    } do
      assert.is_truthy(text:find(row, 1, true), row)
    end
  end)

  it("give every option a type and every field its versions", function()
    local lacking = {}
    for _, name in ipairs(output.list(folder .. "/objects")) do
      local head
      for line in output.read(folder .. "/objects/" .. name):gmatch "[^\n]+" do
        if not line:find "^|" then
          head = nil
        elseif not head then
          head = line
        elseif head:find "^| field | type | versions" or head:find "^| option |" then
          local cell = head:find "^| option" and line:match "^| [^|]* | ([^|]*) |"
            or line:match "^| [^|]* | [^|]* | (v?[^|]*) |"
          if not cell or cell:match "^%s*$" then lacking[#lacking + 1] = name .. ": " .. line end
        end
      end
    end
    assert.equal("", table.concat(lacking, "\n"))
  end)

  it("explain every option that vbolua itself has", function()
    local lacking = {}
    for prefix, spec in pairs {
      save = require("vbo.model.save").own, restore = require("vbo.model.restore").own,
      list = require("vbo.model.tree").options,
    } do
      for name in pairs(spec) do
        local said = documented[prefix .. "." .. name] or documented[name]
        if not (said and said[1] ~= "" and said.default) then lacking[#lacking + 1] = name end
      end
    end
    for name in page "connect":match("\n## Options\n(.-)\n## "):gmatch "| `([%l_]+)` |" do
      local said = documented["connect." .. name]
      if not (said and said.default) then lacking[#lacking + 1] = "connect " .. name end
    end
    assert.same({}, lacking)
  end)

  it("list what can be saved and restored, in which versions", function()
    assert.is_truthy(page "save":find("| [Library](objects/Library.md) | "
      .. "[v2–v8](objects/Library.md#librarysave) |", 1, true))
    assert.is_truthy(page "restore":find("| [Mailbox](objects/Mailbox.md) |", 1, true))
    assert.is_truthy(page "save":find("| `fsync` | boolean | true |", 1, true))
  end)
end)

describe("the pages of topics", function()
  it("have the core's kinds of errors with their exit statuses", function()
    local count = 0
    for kind, status in pairs(require("vbo.core").kinds) do
      count = count + 1
      assert.is_truthy(page "errors":find(("| `%s` | %d | "):format(kind, status), 1, true), kind)
    end
    assert.equal(25, count)
  end)

  it("have every function of vbo.h with what its comment says", function()
    local text, header = page "vbo.h", output.read "csrc/vbo.h"
    local count = 0
    for name in header:gmatch "\nVBO_API [%w_ ]-%*?(vbo_[%l_]+)%(" do
      count = count + 1
      assert.is_truthy(text:find(name .. "(", 1, true), name)
    end
    assert.is_true(count > 30)
    assert.is_truthy(text:find("\n## Transfers\n", 1, true))
    local said = header:match "/%* ([%w ]+)[^/]*%*/\nVBO_API bool vbo_transfer_wait"
    assert.is_truthy(text:find("\n" .. said, 1, true), said)
    assert.is_nil(text:find("/* ---", 1, true))
  end)
end)
