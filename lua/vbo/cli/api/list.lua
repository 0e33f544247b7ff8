--- Runs `vbolua api --list`: prints one line an operation.

local ascii = require "vbo.base.ascii"
local core = require "vbo.core"
local errors = require "vbo.base.error"
local nearest = require "vbo.base.nearest"
local output = require "vbo.cli.common.output"
local titles = require "vbo.catalogue.titles"

local M = {}

-- Writes the names of a line: "Job_StartAction", or each name of an Action resource with its key.
local function named(known, names)
  local words = {}
  for i, name in ipairs(names) do
    local _, _, action = known:route(name)
    words[i] = action and ("%s [%s]"):format(name, action) or name
  end
  return table.concat(words, ", ")
end

-- The words of a text in lower case, sorted: "backup get jobs".
local function sorted_words(text)
  local list = {}
  for word in ascii.lower(text):gmatch "%S+" do list[#list + 1] = word end
  table.sort(list)
  return list
end

-- The titles of the operations of a line and of their groups, as a search reads them, and whether
-- one of them has exactly the wanted words; the title of a single operation goes with the line.
local function titled(line, names, wanted)
  local words, exact = {}, false
  for i, name in ipairs(names) do
    local title, group = titles.of(name)
    if title and #names == 1 then line.title = title end
    exact = exact or title ~= nil and table.concat(sorted_words(title), " ") == wanted
    words[i] = (title or "") .. " " .. (group or "")
  end
  return table.concat(words, " "), exact
end

--- Returns the lines of a version that hold all of the words, in any case and any order; where the
--- words are the title of operations, those alone.
---@param known vbo.Catalogue
---@param words string[]  a title in quotes is several
---@return {method: string, path: string, names: string, title: string?}[]
function M.lines(known, words)
  local lines, exact_lines = {}, {}
  local wanted = sorted_words(table.concat(words, " "))
  local wanted_title = table.concat(wanted, " ")
  for method, path, names in known:resources() do
    local line = { method = method, path = path, names = named(known, names) }
    local said, exact = titled(line, names, wanted_title)
    local text = ascii.lower(("%s %s %s %s"):format(method, path, line.names, said))
    local holds = true
    for _, word in ipairs(wanted) do holds = holds and text:find(word, 1, true) ~= nil end
    if holds then lines[#lines + 1] = line end
    if exact then exact_lines[#exact_lines + 1] = line end
  end
  return exact_lines[1] and exact_lines or lines
end

--- Prints the lines; raises `not_found` without any.
---@param known vbo.Catalogue
---@param words string[]
function M.print(known, words)
  local lines = M.lines(known, words)
  if not lines[1] then
    local near = words[1] and (nearest(words[1], known:names())
      or titles.near(table.concat(words, " ")))
    errors.raise {
      kind = "not_found",
      message = ("no operation of %s matches %s"):format(known.version, table.concat(words, " ")),
      hint = near and ("did you mean %s?"):format(near) or nil,
    }
  end
  local width = 0
  for _, line in ipairs(lines) do width = math.max(width, #line.path) end
  -- A long path must not push all names to the right.
  width = math.min(width, core.isatty(1) and core.columns() // 2 or 80)
  for _, line in ipairs(lines) do
    output.write(("%-6s  %-" .. width .. "s  %s%s\n"):format(line.method, line.path, line.names,
      line.title and "  " .. line.title or ""))
  end
end

return M
