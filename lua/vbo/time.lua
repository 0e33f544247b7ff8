--- Points in time: seconds since 1970 UTC inside, ISO 8601 with zone outside.

local errors = require "vbo.error"

local M = {}

--- Days from 1970-01-01 to a date of the proleptic Gregorian calendar.
local function days(year, month, day)
  if month <= 2 then year = year - 1 end
  local era = year // 400
  local of_era = year - era * 400
  local of_year = (153 * (month + (month > 2 and -3 or 9)) + 2) // 5 + day - 1
  return era * 146097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719468
end

local month_length = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 }

local function valid(year, month, day, hour, minute, second)
  if month < 1 or month > 12 then return false end
  local leap = year % 4 == 0 and (year % 100 ~= 0 or year % 400 == 0)
  local longest = month == 2 and leap and 29 or month_length[month]
  return day >= 1 and day <= longest and hour <= 23 and minute <= 59 and second < 61
end

--- Reads "2026-11-20", "2026-11-20T22:00", "2026-11-20 22:00:00.5+01:00", "…Z".
---@param text string
---@return number? seconds  since 1970, as if UTC where no zone is given; nil when it is no date
---@return integer? offset  the zone in seconds east of UTC; nil when none is given
function M.parse(text)
  local year, month, day, rest = text:match "^%s*(%d%d%d%d)[-.](%d%d)[-.](%d%d)(.*)$"
  if not year then return nil end
  local hour, minute, second, zone = 0, 0, 0, rest
  local h, m, after = rest:match "^[Tt ](%d%d):(%d%d)(.*)$"
  if h then
    hour, minute, zone = tonumber(h), tonumber(m), after
    local s, tail = after:match "^:(%d%d%.?%d*)(.*)$"
    if s then second, zone = tonumber(s), tail end
  end
  zone = zone:match "^%s*(.-)%s*$"
  local offset
  if zone:match "^[Zz]$" then
    offset = 0
  elseif zone ~= "" then
    local sign, zh, zm = zone:match "^([+-])(%d%d):?(%d%d)$"
    if not sign then return nil end
    offset = (tonumber(zh) * 3600 + tonumber(zm) * 60) * (sign == "-" and -1 or 1)
  end
  year, month, day = tonumber(year), tonumber(month), tonumber(day)
  if not valid(year, month, day, hour, minute, second) then return nil end
  local seconds = days(year, month, day) * 86400 + hour * 3600 + minute * 60 + second
  return math.tointeger(seconds - (offset or 0)) or seconds - (offset or 0), offset
end

--- A caller's point in time; raises when it is none.
---@param value string|number  ISO 8601 text, or seconds since 1970
---@param what string  the option's name, for the message
---@return number seconds, integer? offset  as `parse`
function M.point(value, what)
  if type(value) == "number" then return value, 0 end
  local seconds, offset
  if type(value) == "string" then seconds, offset = M.parse(value) end
  if not seconds then
    errors.usage(("'%s' is no point in time: %s"):format(what, tostring(value)),
      "write it as 2026-11-20T22:00:00Z")
  end
  return seconds, offset
end

--- "2026-11-20T22:00:00Z".
---@param seconds number  since 1970
---@return string
function M.iso(seconds)
  return os.date("!%Y-%m-%dT%H:%M:%SZ", seconds // 1 | 0) --[[@as string]]
end

--- The instant of a clock's reading in a zone.
---@param seconds number        the reading, as if it were UTC
---@param zone number|"local"|nil  seconds east of UTC, or this machine's own; nil: UTC
---@return number seconds
function M.from_zone(seconds, zone)
  if zone ~= "local" then return seconds - (zone or 0) end
  local reading = os.date("!*t", seconds // 1 | 0)
  reading.isdst = nil
  return os.time(reading --[[@as osdateparam]]) + seconds % 1
end

--- What a clock in a zone reads at an instant, as if it were UTC.
---@param seconds number
---@param zone number|"local"|nil
---@return number reading
function M.in_zone(seconds, zone)
  if zone ~= "local" then return seconds + (zone or 0) end
  local reading = os.date("*t", seconds // 1 | 0) --[[@as osdate]]
  return days(reading.year, reading.month, reading.day) * 86400 + reading.hour * 3600
    + reading.min * 60 + reading.sec + seconds % 1
end

--- A date in any form that the API has, as UTC: "2026-11-20T22:00:00Z".
---@param text string
---@param zone number|"local"|nil  of a date that names none; nil: UTC
---@return string? iso  nil when it is no date
function M.utc(text, zone)
  local seconds, offset = M.parse(text)
  if not seconds then return nil end
  return M.iso(offset and seconds or M.from_zone(seconds, zone))
end

--- A zone as a caller names it: "+02:00", "Z", seconds east of UTC, or "local", this
--- machine's own; raises for another one.
---@param value string|number|nil
---@param what string  the option's name, for the message
---@return number|"local"|nil
function M.zone(value, what)
  if value == nil or value == "local" or type(value) == "number" then return value end
  local _, offset = M.parse("2000-01-01T00:00:00" .. tostring(value))
  if not offset then
    errors.usage(("'%s' is no time zone: %s"):format(what, tostring(value)),
      "write it as \"+02:00\", or \"local\" for this machine's own")
  end
  return offset
end

--- "2026.11.20 22:00:00", the form that v1 and v2 take (no zone: the server's own).
---@param seconds number
---@return string
function M.dotted(seconds)
  return os.date("!%Y.%m.%d %H:%M:%S", seconds // 1 | 0) --[[@as string]]
end

return M
