--- One index for all versions: what each has, in the order of its document, said once.
---
--- A line is a mark for each version, a name, and aliases: `------78 logout` is in v7, whose
--- own lines hold it, and in v8, which brought a line of its own; `-` is a version without it.
--- A version's list is the lines with its mark, so lines stand in an order that suits all
--- versions; where two versions disagree, a name has a second line.

local M = {}

local digits = "123456789abcdefghijklmnopqrstuvwxyz"

-- The places of a longest common subsequence of two lists of keys: at of a → at of b.
local function matches(a, b)
  local lengths = {}
  for i = #a + 1, 1, -1 do
    local row, below = {}, lengths[i + 1]
    for j = #b + 1, 1, -1 do
      if i > #a or j > #b then row[j] = 0
      elseif a[i] == b[j] then row[j] = below[j + 1] + 1
      else row[j] = math.max(below[j], row[j + 1]) end
    end
    lengths[i] = row
  end
  local found, i, j = {}, 1, 1
  while i <= #a and j <= #b do
    if a[i] == b[j] then
      found[j] = i
      i, j = i + 1, j + 1
    elseif lengths[i + 1][j] >= lengths[i][j + 1] then
      i = i + 1
    else
      j = j + 1
    end
  end
  return found
end

local function key_of(entry)
  return table.concat({ entry.name, table.unpack(entry.aliases) }, " ")
end

--- The lines of the index.
---@param versions table[][]  of each version, oldest first, its entries in order:
---  {name=, origin="v6", aliases={…}}
---@return string text  each line with its newline before it
function M.write(versions)
  local merged = {}
  for number, entries in ipairs(versions) do
    local old, new = {}, {}
    for i, line in ipairs(merged) do old[i] = line.key end
    for i, entry in ipairs(entries) do new[i] = key_of(entry) end
    local at_of = matches(old, new)
    local result, at = {}, 1
    for i, entry in ipairs(entries) do
      local line = { key = new[i], name = entry.name, aliases = entry.aliases, marks = {} }
      local to = at_of[i]
      if to then
        table.move(merged, at, to, #result + 1, result)
        at, line = to + 1, merged[to]
      else
        result[#result + 1] = line
      end
      local origin = tonumber(entry.origin:match "%d+")
      line.marks[number] = digits:sub(origin, origin)
    end
    merged = table.move(merged, at, #merged, #result + 1, result)
  end
  local lines = {}
  for i, line in ipairs(merged) do
    local marks = {}
    for number = 1, #versions do marks[number] = line.marks[number] or "-" end
    lines[i] = table.concat({ table.concat(marks), line.name, table.unpack(line.aliases) }, " ")
  end
  return "\n" .. table.concat(lines, "\n")
end

--- What a version has.
---@param text string
---@param number integer
---@return fun(): string?, string, string  name, origin ("v6"), aliases (each with a blank before)
function M.each(text, number)
  -- Lines without the version's mark never leave the matcher: this is run by every connect.
  local next_line = text:gmatch("\n" .. ("%S"):rep(number - 1) .. "([^-%s])%S* (%S+)([^\n]*)")
  return function()
    local mark, name, aliases = next_line()
    if name then return name, "v" .. tonumber(mark, 36), aliases end
  end
end

--- What a version has of one name, without going through all of them.
---@param text string
---@param number integer
---@param name string  as it is spelled there
---@return string? origin  "v6"; nil when the version has none
function M.origin(text, number, name)
  local width = text:find(" ", 1, true) - 2 -- of the marks, behind the first line feed
  local wanted = " " .. name
  local from, to = text:find(wanted, 1, true)
  while from do
    local after = text:byte(to + 1)
    -- Directly behind the marks: elsewhere it is an alias, or a part of another name.
    if text:byte(from - width - 1) == 10 and (after == 10 or after == 32 or after == nil) then
      local at = from - width + number - 1
      local mark = text:sub(at, at)
      -- Where versions disagree a name has a second line.
      if mark ~= "-" then return "v" .. tonumber(mark, 36) end
    end
    from, to = text:find(wanted, to, true)
  end
end

return M
