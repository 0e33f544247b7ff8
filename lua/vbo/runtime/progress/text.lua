--- Sizes, durations and names as a terminal's columns take them.

local core = require "vbo.core"

local M = {}

local units = { "B", "KiB", "MiB", "GiB", "TiB", "PiB" }

--- Writes a size, "12.3 MiB"; at most ten columns below 1024 PiB.
---@param bytes number
---@return string
function M.size(bytes)
  local value, unit = bytes, 1
  -- Rounding must not give "1024.0 KiB": that is "1.0 MiB".
  while value >= (unit == 1 and 1024 or 1023.95) and unit < #units do
    value, unit = value / 1024, unit + 1
  end
  return unit == 1 and ("%d B"):format(value // 1 | 0) or ("%.1f %s"):format(value, units[unit])
end

--- Writes a rate: "12.3 MiB/s".
---@param rate number  bytes a second
---@return string
function M.rate(rate) return M.size(rate) .. "/s" end

--- Writes a duration, "1:02:03" or "2:03"; "99 h" and more without the minutes, "never" beyond a
--- year.
---@param seconds number
---@return string
function M.duration(seconds)
  if seconds ~= seconds or seconds >= 365 * 86400 then return "never" end
  local s = math.max(seconds, 0) // 1 | 0
  if s >= 100 * 3600 then return ("%d h"):format(s // 3600) end
  if s >= 3600 then return ("%d:%02d:%02d"):format(s // 3600, s % 3600 // 60, s % 60) end
  return ("%d:%02d"):format(s // 60, s % 60)
end

--- Cuts a text to what takes at most so many columns; "…" stands for what was cut off.
---@param text string  clean UTF-8
---@param columns integer
---@return string
function M.fit(text, columns)
  if columns <= 0 then return "" end
  if core.display_width(text) <= columns then return text end
  local taken, kept = 0, {}
  for character in text:gmatch "[\0-\x7F\xC2-\xF4][\x80-\xBF]*" do
    taken = taken + core.display_width(character)
    if taken > columns - 1 then break end
    kept[#kept + 1] = character
  end
  return table.concat(kept) .. "…"
end

--- Fits a text into exactly so many columns, cut or with blanks behind it.
---@param text string
---@param columns integer
---@return string
function M.pad(text, columns)
  local fitted = M.fit(text, columns)
  return fitted .. (" "):rep(columns - core.display_width(fitted))
end

--- Fits a text into columns, with blanks before it.
---@param text string
---@param columns integer
---@return string
function M.right(text, columns) return (" "):rep(columns - core.display_width(text)) .. text end

return M
