--- `vbolua api --list`: one line an operation.

local ascii = require "vbo.base.ascii"
local core = require "vbo.core"
local errors = require "vbo.base.error"
local nearest = require "vbo.base.nearest"
local output = require "vbo.cli.api.output"
local titles = require "vbo.catalogue.titles"

local M = {}

-- "Job_StartAction" of a resource; of an Action resource each name with its key.
local function named(known, names)
  local words = {}
  for i, name in ipairs(names) do
    local _, _, action = known:route(name)
    words[i] = action and ("%s [%s]"):format(name, action) or name
  end
  return table.concat(words, ", ")
end

-- The titles of the operations of a line and of their groups, as a search reads them; a title
-- that tells what a line is goes with it.
local function titled(line, names)
  local words = {}
  for i, name in ipairs(names) do
    local title, group = titles.of(name)
    if title and #names == 1 then line.title = title end
    words[i] = (title or "") .. " " .. (group or "")
  end
  return table.concat(words, " ")
end

--- The lines of a version that hold all of the words, in any case.
---@param known vbo.Catalogue
---@param words string[]
---@return {method: string, path: string, names: string, title: string?}[]
function M.lines(known, words)
  local lines = {}
  for method, path, names in known:resources() do
    local line = { method = method, path = path, names = named(known, names) }
    local text = ascii.lower(("%s %s %s "):format(method, path, line.names) .. titled(line, names))
    local wanted = true
    for _, word in ipairs(words) do
      wanted = wanted and text:find(ascii.lower(word), 1, true) ~= nil
    end
    if wanted then lines[#lines + 1] = line end
  end
  return lines
end

--- Prints them; raises `not_found` when there are none.
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
  -- Where lines break, a long path must not push all names to the right.
  width = math.min(width, core.isatty(1) and core.columns() // 2 or 80)
  for _, line in ipairs(lines) do
    output.write(("%-6s  %-" .. width .. "s  %s%s\n"):format(line.method, line.path, line.names,
      line.title and "  " .. line.title or ""))
  end
end

return M
