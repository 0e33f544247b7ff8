--- Packs the pages of the reference for `vbolua help`.
---
---     lua5.4 tools/help.lua DOCS_DIR OUT.lua
---
--- Pages repeat many lines (the options of restores above all): each line is kept once, and a page
--- is a list of line numbers, "3 7-12".  The operations' pages stay out: the catalogue knows them.

local M = {}

local function lines_of(path)
  local lines = {}
  local file <close> = assert(io.open(path, "rb"))
  local code = false
  for line in file:lines() do
    -- A terminal follows no link, and needs no line below the head of a table.
    if line:find "^```" then code = not code end
    if not code then line = line:gsub("%[([^%]]*)%]%b()", "%1") end
    if not line:find "^<!%-%-" and not line:find "^|[-| ]*$" then lines[#lines + 1] = line end
  end
  return lines
end

-- "3 7-12" of 3, 7, 8 … 12.
local function ranges(numbers)
  local parts, at = {}, 1
  while numbers[at] do
    local last = at
    while numbers[last + 1] == numbers[last] + 1 do last = last + 1 end
    parts[#parts + 1] = last > at and numbers[at] .. "-" .. numbers[last] or numbers[at]
    at = last + 1
  end
  return table.concat(parts, " ")
end

--- Returns the module that holds the pages.
---@param folder string  the reference
---@return string source
function M.source(folder)
  local pipe = assert(io.popen(("cd '%s' && find . -name '*.md' | LC_ALL=C sort"):format(folder)))
  local known, all, pages = {}, {}, {}
  for path in pipe:lines() do
    local name = path:match "^%./(.*)%.md$"
    if not name:find "^operations/" and not name:find "README$" then
      local numbers = {}
      for i, line in ipairs(lines_of(folder .. "/" .. path)) do
        if not known[line] then
          all[#all + 1] = line
          known[line] = #all
        end
        numbers[i] = known[line]
      end
      pages[#pages + 1] = ("  [%q] = %q,"):format(name, ranges(numbers))
    end
  end
  pipe:close()
  return ("return {\nlines = [==[\n%s]==],\npages = {\n%s\n} }\n"):format(table.concat(all, "\n"),
    table.concat(pages, "\n"))
end

if arg and arg[0] and arg[0]:match "tools/help%.lua$" then
  local text = M.source(arg[1])
  local file <close> = assert(io.open(arg[2], "wb"))
  assert(file:write(text))
end

return M
