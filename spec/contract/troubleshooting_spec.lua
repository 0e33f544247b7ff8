-- Checks that each message of docs/troubleshooting.md is one that the sources still have.

local program = require "spec.support.program"
local rehearsal = require "spec.support.rehearsal"

-- The string literals of all sources, with `…` for what is filled in, one text.
local function sources()
  local texts = {}
  local files = program.run "find csrc lua Makefile -type f"
  for path in files:gmatch "[^\n]+" do
    if not path:find("/facts/", 1, true) then texts[#texts + 1] = rehearsal.content(path) end
  end
  return (table.concat(texts, "\n")
    :gsub('\\"', "'") -- quotes inside a literal
    :gsub('"%s*%.%.%s*[%w_%.]+%s*%.%.%s*"', "…") -- "a" .. name .. "b"
    :gsub('"%s*%.*%s*VBOLUA%s*"', "vbolua")
    :gsub('"%s*%.%.%s*"', ""):gsub('"%s*\n%s*"', "") -- literals that go on in the next line
    :gsub("%%[%d.*]*[lzh]*[sdqufgx]", "…"):gsub("…%.[%w]+", "…"))
end

local function messages()
  local found = {}
  for line in rehearsal.content "docs/troubleshooting.md":gmatch "[^\n]+" do
    local message = line:match "^| `(.-)` |"
    if message then found[#found + 1] = message end
  end
  return found
end

describe("docs/troubleshooting.md", function()
  local text = sources()

  it("has messages", function() assert.is_true(#messages() > 40) end)

  for _, message in ipairs(messages()) do
    it(("quotes a message of the sources: %s"):format(message), function()
      local wanted = message:gsub('"', "'"):gsub("^…", ""):gsub("…$", "")
      assert.is_truthy(text:find(wanted, 1, true), message)
    end)
  end
end)
