--- Finds what a word of `vbolua help` means in the pages of the reference.

local ascii = require "vbo.base.ascii"
local packed = require "vbo.cli.help.pages"
local render = require "vbo.cli.help.render"

local M = {}

local lines

-- The lines of a page.
local function page(name)
  if not lines then
    lines = {}
    for line in (packed.lines .. "\n"):gmatch "([^\n]*)\n" do lines[#lines + 1] = line end
  end
  local list = {}
  for first, last in packed.pages[name]:gmatch "(%d+)%-?(%d*)" do
    for at = tonumber(first), tonumber(last) or tonumber(first) do list[#list + 1] = lines[at] end
  end
  return list
end

local function sorted(map)
  local list = {}
  for key in pairs(map) do list[#list + 1] = key end
  table.sort(list)
  return list
end

-- The names of pages in lower case: topics, and classes as "onedrive".
local names
local function names_of()
  if names then return names end
  names = {}
  for name in pairs(packed.pages) do names[ascii.lower(name:match "[^/]+$")] = name end
  for word, name in pairs { conditions = "where", zone = "dates", zones = "dates", date = "dates",
    timezone = "dates", ["time zones"] = "dates", collection = "collections", kinds = "errors",
    error = "errors", ["exit status"] = "errors", c = "vbo.h" } do
    names[word] = names[word] or name
  end
  return names
end

-- Whether a method is called as the class that it gives: `documents` gives OneDriveDocument, but
-- `explore` gives a Session.
local function names_class(method, class)
  local stem = method:gsub("_", ""):gsub("ies$", ""):gsub("x?es$", ""):gsub("s$", "")
  return ascii.lower(class):find(stem, 1, true) ~= nil
end

-- Heads of tables and the row or section of each method and name: what an index of all pages has.
local index
local function index_of()
  if index then return index end
  index = { methods = {}, rows = {}, kinds = {} }
  for _, name in ipairs(sorted(packed.pages)) do
    local head, owner
    for at, line in ipairs(page(name)) do
      local method = line:match "^### ([%w_.]+:[%w_]+)$" or line:match "^### (vbo%.[%w_.]+)$"
        or line:match "^| `([%w_]+:[%w_]+)[ ({`]"
      local cell = line:match "^| `([%w_]+)` |"
      owner = line:match "^###? (.*)$" or owner
      if line:find "^|" then head = head or line else head = nil end
      if method then
        local short = ascii.lower(method:match "[%w_]+$")
        index.methods[short] = index.methods[short] or {}
        table.insert(index.methods[short], { page = name, at = at, head = head, name = method })
      elseif cell then
        local key = ascii.lower(cell)
        index.rows[key] = index.rows[key] or {}
        table.insert(index.rows[key], { page = name, head = head, line = line, owner = owner })
      end
      for giver in line:match "^From: " and line:gmatch ":([%w_]+)" or function() end do
        if names_class(giver, name) then
          index.kinds[giver] = index.kinds[giver] or {}
          index.kinds[giver][name] = true
        end
      end
    end
  end
  return index
end

-- The lines of a method: its section, or its row below the head of its table.
local function method_lines(found)
  local list = page(found.page)
  if found.head then return { found.name, "", found.head, list[found.at] } end
  local last = found.at
  while list[last + 1] and not list[last + 1]:find "^##" do last = last + 1 end
  if list[last]:find "^See also" then last = last - 1 end
  return table.move(list, found.at, last, 1, {})
end

-- Whether an owner's name ("onedrive", "documents") means the class of a method.
local function owns(owner, method)
  local class = ascii.lower(method.name:match "^[^:]+")
  if class == owner or class == owner .. "collection" then return true end
  local kinds = index_of().kinds[owner]
  return kinds ~= nil and kinds[method.page] ~= nil
end

-- "onedrive.restore", "client:jobs", "vbo.time.iso".
local function of_method(word)
  local owner, name = word:match "^(.*)[.: ]([%w_]+)$"
  if not owner then return nil end
  local found = {}
  for _, method in ipairs(index_of().methods[name] or {}) do
    if owns(owner, method) or ascii.lower(method.name) == word then found[#found + 1] = method end
  end
  local blocks = {}
  for i, method in ipairs(found) do blocks[i] = method_lines(method) end
  return blocks[1] and blocks
end

local function listed(title, entries)
  local block = { title, "" }
  for _, entry in ipairs(entries) do block[#block + 1] = "- " .. entry end
  return { block }
end

-- A method of several classes: where it is.
local function of_name(word)
  local methods = index_of().methods[word]
  if not methods then return nil end
  if not methods[2] then return { method_lines(methods[1]) } end
  local entries = {}
  for i, method in ipairs(methods) do entries[i] = method.name:gsub(":", ".") end
  return listed(("`%s` is a method of these; help of one: vbolua help %s"):format(word, entries[1]),
    entries)
end

-- A kind of several classes.
local function of_kind(word)
  local kinds = index_of().kinds[word]
  local classes = kinds and sorted(kinds)
  if not classes then return nil end
  if not classes[2] then return { page(classes[1]) } end
  for i, name in ipairs(classes) do classes[i] = name:match "[^/]+$" end
  return listed(("`%s` gives one of these; help of one: vbolua help %s"):format(word, classes[1]),
    classes)
end

-- Returns the meaning of a row, whichever columns its table has.
local function meaning_of(row)
  local head, parts = render.cells(row.head), {}
  for i, cell in ipairs(render.cells(row.line)) do
    if cell ~= "" then parts[#parts + 1] = head[i] .. "=" .. cell end
  end
  return table.concat(parts, "\n")
end

-- An option or a field: its different rows, each with where it is.
local function of_row(word)
  local rows = index_of().rows[word]
  if not rows then return nil end
  local order, places = {}, {}
  for _, row in ipairs(rows) do
    local key = meaning_of(row)
    if not places[key] then
      places[key] = { row = row }
      order[#order + 1] = places[key]
    end
    local place = row.page:match "[^/]+$"
    place = row.owner:find ":" and row.owner or place .. ", " .. row.owner
    table.insert(places[key], place)
  end
  local blocks = {}
  for i, entry in ipairs(order) do
    blocks[i] = { entry.row.head, entry.row.line, "", "- " .. table.concat(entry, ", ") }
  end
  return blocks
end

-- A function of the C interface: the comment above it, and its block.
local function of_c(word)
  if not word:find "^vbo_" then return nil end
  local list = page "vbo.h"
  for at, line in ipairs(list) do
    if line:find(word .. "%f[^%w_]") and not line:find "^ " then
      local first, last = at, at
      while first > 1 and not list[first]:find "^```c" do first = first - 1 end
      local opened = first
      first = first - 2
      while first > 1 and list[first - 1] ~= "" do first = first - 1 end
      while list[last] ~= "```" do last = last + 1 end
      if list[first]:find "^```" then first = opened end
      return { table.move(list, first, last, 1, {}) }
    end
  end
end

--- Returns what the pages have about a word, a few lines of Markdown each.
---@param text string
---@return string[][]? blocks  nil when they have nothing
function M.blocks(text)
  local word = ascii.lower(text)
  local name = names_of()[word] or names_of()[word:match "^vbo%.(.*)$" or word]
  if name then return { page(name) } end
  local found = of_method(word) or of_kind(word)
  if found then return found end
  local methods, rows = of_name(word) or {}, of_row(word) or {}
  table.move(rows, 1, #rows, #methods + 1, methods)
  return methods[1] and methods or of_c(word)
end

--- Returns all words that `blocks` knows, for the nearest one.
---@return string[]
function M.words()
  local all = {}
  for word in pairs(names_of()) do all[word] = true end
  for _, map in pairs(index_of()) do for word in pairs(map) do all[word] = true end end
  for _, methods in pairs(index_of().methods) do
    for _, method in ipairs(methods) do all[ascii.lower(method.name):gsub(":", ".")] = true end
  end
  return sorted(all)
end

return M
