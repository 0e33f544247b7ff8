-- Checks that the paths and links of the pages lead somewhere.

local core = require "vbo.core"
local program = require "spec.support.program"
local rehearsal = require "spec.support.rehearsal"

local function pages()
  local list = {}
  for path in program.run "ls README.md CONTRIBUTING.md docs/*.md":gmatch "[^\n]+" do
    list[#list + 1] = path
  end
  return list
end

-- The text of a page without its blocks of code.
local function prose(path) return (rehearsal.content(path):gsub("\n```.-\n```", "")) end

-- The anchor that a heading gets on the usual hosts.
local function anchor(heading)
  return (heading:lower():gsub("[^%w%s_-]", ""):gsub("%s", "-"))
end

local function has_heading(path, wanted)
  for heading in prose(path):gmatch "\n#+ ([^\n]+)" do
    if anchor(heading) == wanted then return true end
  end
end

describe("the pages", function()
  it("link to files that exist, and to headings that exist", function()
    for _, page in ipairs(pages()) do
      local folder = page:match "^(.*/)" or ""
      for target in prose(page):gmatch "%]%(([^)%s]+)%)" do
        if not target:find "^https?:" then
          local path, heading = target:match "^([^#]*)#?(.*)$"
          path = path == "" and page or folder .. path
          assert.is_truthy(core.stat(path), ("%s links to %s"):format(page, target))
          if heading ~= "" then
            assert.is_true(has_heading(path, heading), ("%s links to %s"):format(page, target))
          end
        end
      end
    end
  end)

  it("name paths of the sources that exist", function()
    local count = 0
    for _, page in ipairs(pages()) do
      for path in prose(page):gmatch "`([%w_./-]+)`" do
        local room = path:match "^(%w+)/"
        if room == "csrc" or room == "lua" or room == "spec" or room == "docs" or room == "tools"
            or room == "bench" or room == "examples" or room == "completions" then
          count = count + 1
          assert.is_truthy(core.stat(path), ("%s names %s"):format(page, path))
        end
      end
    end
    assert.is_true(count > 60, count)
  end)

  it("list every page of docs/ in the index", function()
    local index = rehearsal.content "docs/README.md"
    for _, page in ipairs(pages()) do
      local name = page:match "^docs/([^/]+%.md)$"
      if name and name ~= "README.md" then
        assert.is_truthy(index:find("(" .. name .. ")", 1, true), name)
      end
    end
  end)

  it("keep the README short", function()
    local _, lines = rehearsal.content "README.md":gsub("\n", "")
    assert.is_true(lines <= 150, lines)
  end)
end)
