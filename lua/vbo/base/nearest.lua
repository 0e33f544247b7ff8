--- Finds the nearest name, for "did you mean".

local ascii = require "vbo.base.ascii"

-- Names of people have letters beyond ASCII; what generates the types runs without the core.
local has_core, core = pcall(require, "vbo.core")
local fold = has_core and core.fold or ascii.lower

-- Its characters as numbers; bytes where it is not UTF-8.
local function characters(word)
  local list = {}
  if utf8.len(word) then
    for _, point in utf8.codes(word) do list[#list + 1] = point end
    return list
  end
  return { word:byte(1, -1) }
end

-- Optimal string alignment: insertions, deletions, replacements and swapped neighbours.
local function distance(a, b, limit)
  if math.abs(#a - #b) > limit then return limit + 1 end
  local before, last, row = {}, {}, {}
  for j = 0, #b do last[j] = j end
  for i = 1, #a do
    row[0] = i
    local best = i
    for j = 1, #b do
      local cost = a[i] == b[j] and 0 or 1
      local value = math.min(row[j - 1] + 1, last[j] + 1, last[j - 1] + cost)
      if i > 1 and j > 1 and a[i] == b[j - 1] and a[i - 1] == b[j] then
        value = math.min(value, before[j - 2] + 1)
      end
      row[j] = value
      if value < best then best = value end
    end
    if best > limit then return limit + 1 end
    before, last, row = last, row, before
  end
  return last[#b]
end

local function plain(word) return (fold(word):gsub("[_%s-]", "")) end

--- Returns the name that was most likely meant, without regard to case, `_`, `-` and blanks.
---@param word string
---@param list string[]  the valid names; among equally near ones the first wins
---@return string? best  nil when none is near: a third of the letters may differ, and a
---  word of three letters or more may be the beginning of the name
local function nearest(word, list)
  local text = plain(tostring(word))
  local wanted = characters(text)
  local limit = math.max(1, #wanted // 3)
  local best, least
  for _, name in ipairs(list) do
    local begins = plain(name)
    local other = characters(begins)
    local far = distance(wanted, other, limit)
    if far > limit and #wanted >= 3 and begins:sub(1, #text) == text then far = limit end
    if far <= limit and far < #other and (not least or far < least) then
      best, least = name, far
    end
  end
  return best
end

return nearest
