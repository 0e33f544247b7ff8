--- Writes tables for people.

local core = require "vbo.core"
local json = require "vbo.base.json"
local text = require "vbo.cli.common.text"

local M = {}

local gap = 2
local narrowest, readable = 8, 20

-- The columns that come first.
local first = { name = 1, displayName = 2, subject = 3, id = 4 }

-- Returns the default columns: names first, without objects and lists, which would fill the table
-- with JSON.
local function usual(columns, rows)
  local kept = {}
  for i = 1, #columns do
    local plain = true
    for _, row in ipairs(rows) do
      if type(row[i]) == "table" then plain = false end
    end
    if plain then kept[#kept + 1] = i end
  end
  table.sort(kept, function(a, b)
    local before, after = first[columns[a]] or 9, first[columns[b]] or 9
    if before ~= after then return before < after end
    return a < b
  end)
  return #kept > 0 and kept or nil
end

local function total(widths)
  local sum = -gap
  for _, width in ipairs(widths) do sum = sum + width + gap end
  return sum
end

-- Narrows the widest columns until the table fits, but for those to keep.  Drops the last columns
-- where the others would become unreadable; columns that were asked for are dropped only when all
-- are narrow.
local function fit(widths, available, chosen, kept)
  local least, left_out = chosen and narrowest or readable, 0
  local function smallest()
    local sum = -gap
    for i, width in ipairs(widths) do
      sum = sum + (kept[i] and width or math.min(width, least)) + gap
    end
    return sum
  end
  while #widths > 1 and smallest() > available do
    table.remove(widths)
    left_out = left_out + 1
  end
  while total(widths) > available do
    local widest
    for i, width in ipairs(widths) do
      if not kept[i] and width > (widths[widest] or 0) then widest = i end
    end
    if not widest or widths[widest] <= narrowest then break end
    widths[widest] = widths[widest] - 1
  end
  return left_out
end

local function is_number(rows, column)
  local found = false
  for _, row in ipairs(rows) do
    local value = row[column]
    if type(value) == "number" then
      found = true
    elseif value ~= nil and value ~= json.null then
      return false
    end
  end
  return found
end

--- Writes a table.
---@param columns string[]
---@param rows any[][]
---@param how {write: fun(...: string), note: fun(message: string), width: integer?,
---  chosen: boolean?, kept: table<string, boolean>?}  width: of the terminal; chosen: the columns
---  were asked for; kept: those that are never narrowed
function M.write(columns, rows, how)
  if #rows == 0 then return how.note "nothing to show" end
  local shown = not how.chosen and usual(columns, rows) or nil
  if not shown then
    shown = {}
    for i = 1, #columns do shown[i] = i end
  end
  local cells, widths, kept = { {} }, {}, {}
  for n, column in ipairs(shown) do
    cells[1][n] = text.plain(columns[column])
    widths[n] = core.display_width(cells[1][n])
    kept[n] = how.kept and how.kept[columns[column]]
    for r, row in ipairs(rows) do
      cells[r + 1] = cells[r + 1] or {}
      cells[r + 1][n] = text.plain(text.cell(row[column]))
      widths[n] = math.max(widths[n], core.display_width(cells[r + 1][n]))
    end
  end
  local left_out = how.width and fit(widths, how.width, how.chosen, kept) or 0
  local right = {}
  for n = 1, #widths do right[n] = is_number(rows, shown[n]) end
  for _, row in ipairs(cells) do
    local parts = {}
    for n, width in ipairs(widths) do
      local cell, taken = text.cut(row[n], width)
      local blank = (" "):rep(width - taken)
      parts[n] = right[n] and blank .. cell or cell .. blank
    end
    how.write((table.concat(parts, (" "):rep(gap)):gsub("%s+$", "")), "\n")
  end
  if left_out > 0 then
    how.note(("%d more columns do not fit; --select names those to show"):format(left_out))
  end
end

return M
