--- Checks of string formats, each a function(text) → true, or false and what was expected.

local M = {}

local days = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 }

local function is_day(year, month, day)
  year, month, day = tonumber(year), tonumber(month), tonumber(day)
  if month < 1 or month > 12 or day < 1 then return false end
  local leap = year % 4 == 0 and (year % 100 ~= 0 or year % 400 == 0)
  return day <= days[month] + (month == 2 and leap and 1 or 0)
end

local function is_time(hour, minute, second)
  return tonumber(hour) < 24 and tonumber(minute) < 60 and tonumber(second) <= 60
end

local function is_zone(zone)
  if zone:match "^[Zz]$" then return true end
  local hour, minute = zone:match "^[+-](%d%d):(%d%d)$"
  return hour ~= nil and tonumber(hour) < 24 and tonumber(minute) < 60
end

--- RFC 3339, section 5.6: a date, `T` (or a blank), a time, a zone.
M["date-time"] = function(text)
  local year, month, day, hour, minute, second, rest =
    text:match "^(%d%d%d%d)%-(%d%d)%-(%d%d)[Tt ](%d%d):(%d%d):(%d%d)(.*)$"
  if year and is_day(year, month, day) and is_time(hour, minute, second)
    and is_zone((rest:gsub("^%.%d+", ""))) then
    return true
  end
  return false, "a date and time with its zone, such as 2026-11-20T22:00:00Z"
end

--- Checks a date as servers of v1 and v2 read it: `yyyy.MM.dd hh:mm:ss`.
M.dotted = function(text)
  local year, month, day, hour, minute, second =
    text:match "^(%d%d%d%d)%.(%d%d)%.(%d%d) (%d%d):(%d%d):(%d%d)$"
  if year and is_day(year, month, day) and is_time(hour, minute, second) then return true end
  return false, "a date and time such as 2026.11.20 22:00:00"
end

--- Checks a date as servers of v3 to v5 read it and all of v1 to v5 write it: RFC 3339 with or
--- without the zone, dashes with a blank, or the dotted form.
M.loose = function(text)
  if M.dotted(text) or M["date-time"](text) or M["date-time"](text .. "Z") then return true end
  return false, "a date and time such as 2026-11-20T22:00:00Z or 2026.11.20 22:00:00"
end

M.uuid = function(text)
  local hex = "%x%x%x%x"
  local plain = text:match "^{(.*)}$" or text
  if plain:match("^" .. hex .. hex .. ("%-" .. hex):rep(3) .. "%-" .. hex:rep(3) .. "$") then
    return true
  end
  return false, "a UUID such as 61954db6-7278-4d26-86f7-888bda5a4ec4"
end

--- Base64 (RFC 4648, section 4); line breaks are let through, as servers do.
M.byte = function(text)
  local plain = text:gsub("[\r\n]", "")
  if #plain % 4 == 0 and plain:match "^[%w+/]*=?=?$" then return true end
  return false, "base64"
end

local int32 = { -2147483648, 2147483647 }

--- Whether an integer fits a format.
---@param value integer
---@param format string?
---@return boolean
---@return string? expected
function M.integer(value, format)
  if format == "int32" and (value < int32[1] or value > int32[2]) then
    return false, ("an integer from %d to %d"):format(int32[1], int32[2])
  end
  return true
end

--- The check of a schema's format.
---@param schema vbo.Schema
---@return (fun(text: string): boolean, string?)?
function M.of(schema)
  if schema.format == "date-time" and schema.loose then return M.loose end
  return M[schema.format]
end

return M
