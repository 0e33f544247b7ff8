--- Writes the index of all versions that `vbo.catalogue.common` reads.

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

--- Returns the lines of the index.
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

return M
