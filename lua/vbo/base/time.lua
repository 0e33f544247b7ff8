--- Points in time: seconds since 1970 UTC inside, ISO 8601 with zone outside.

local errors = require "vbo.base.error"

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

local function valid(year, month, day)
  if month < 1 or month > 12 then return false end
  local leap = year % 4 == 0 and (year % 100 ~= 0 or year % 400 == 0)
  local longest = month == 2 and leap and 29 or month_length[month]
  return day >= 1 and day <= longest
end

-- "+02:00", "+0200", "+02" and "Z" in seconds east of UTC; nil for any other text.
local function offset_of(zone)
  if zone:match "^[Zz]$" then return 0 end
  local sign, hours, minutes = zone:match "^([+-])(%d%d):?(%d*)$"
  if not sign or #minutes ~= 2 and minutes ~= "" then return nil end
  hours, minutes = tonumber(hours), tonumber(minutes) or 0
  if hours > 23 or minutes > 59 then return nil end
  return (hours * 3600 + minutes * 60) * (sign == "-" and -1 or 1)
end

-- Adds a fraction ("9999999") without reaching the next second: seconds far from 1970 leave a
-- double too few digits for all of it.
local function with_fraction(seconds, digits)
  local fraction = digits ~= "" and tonumber("0." .. digits) or 0
  if fraction == 0 then return seconds end
  local sum = seconds + fraction
  return sum < seconds + 1 and sum or seconds + 0.9999
end

--- Reads "2026-11-20", "2026-11-20T22:00", "2026-11-20 22:00:00.5+01:00", "…Z".
---@param text string
---@return number? seconds  since 1970, as if UTC where no zone is given; nil for any other text
---@return integer? offset  the zone in seconds east of UTC; nil when none is given
---@return boolean? timed   whether it has a time of day
function M.parse(text)
  local year, month, day, rest = text:match "^%s*(%d%d%d%d)[-.](%d%d)[-.](%d%d)(.*)$"
  if not year then return nil end
  local hour, minute, second, fraction, zone = 0, 0, 0, "", rest
  local h, m, after = rest:match "^[Tt ](%d%d):(%d%d)(.*)$"
  if h then
    hour, minute, zone = tonumber(h), tonumber(m), after
    local s, tail = after:match "^:(%d%d)(.*)$"
    if s then
      second, zone = tonumber(s), tail
      local digits, following = tail:match "^[.,](%d+)(.*)$"
      if digits then fraction, zone = digits, following end
    end
  end
  zone = zone:match "^%s*(.-)%s*$"
  local offset
  if zone ~= "" then
    offset = offset_of(zone)
    if not offset then return nil end
  end
  year, month, day = tonumber(year), tonumber(month), tonumber(day)
  -- A minute with a leap second has a second 60.
  if not valid(year, month, day) or hour > 23 or minute > 59 or second > 60 then return nil end
  local seconds = days(year, month, day) * 86400 + hour * 3600 + minute * 60 + second
  return with_fraction(seconds - (offset or 0), fraction), offset, h ~= nil
end

--- Limits dates: the seconds of 0001-01-01 and of the end of 9999.  Servers write them for "never"
--- and "not set".
M.first, M.last = -62135596800, 253402300799

--- Returns whether a number of seconds is a date of the years 1 to 9999 (NaN is not).
---@param seconds number
---@return boolean
function M.is_time(seconds) return seconds >= M.first and seconds < M.last + 1 end

--- Reads a caller's point in time; raises `usage` for anything else.
---@param value string|number  ISO 8601 text, or seconds since 1970
---@param what string  the option's name, for the message
---@return number seconds, integer? offset, boolean? timed  as `parse`
function M.point(value, what)
  if type(value) == "number" and M.is_time(value) then return value, 0, true end
  local seconds, offset, timed
  if type(value) == "string" then seconds, offset, timed = M.parse(value) end
  if not seconds then
    errors.usage(("'%s' must be a point in time, got %s"):format(what, tostring(value)),
      "write it as 2026-11-20T22:00:00Z")
  end
  return seconds, offset, timed
end

-- The date and time of day of seconds since 1970, in whole seconds, kept within the years 1 to
-- 9999.  os.date writes other years with one or five digits.
local function civil(seconds)
  local whole = math.floor(math.max(M.first, math.min(seconds, M.last)))
  local day, rest = whole // 86400 + 719468, whole % 86400
  local era = day // 146097
  local of_era = day - era * 146097
  local of_years = (of_era - of_era // 1460 + of_era // 36524 - of_era // 146096) // 365
  local of_year = of_era - (365 * of_years + of_years // 4 - of_years // 100)
  local month = (5 * of_year + 2) // 153
  local date = of_year - (153 * month + 2) // 5 + 1
  month = month + (month < 10 and 3 or -9)
  return of_years + era * 400 + (month <= 2 and 1 or 0), month, date, rest // 3600,
    rest // 60 % 60, rest % 60
end

--- Writes an instant as "2026-11-20T22:00:00Z": whole seconds, a fraction is cut off.  What lies
--- before the year 1 or after 9999 becomes the first or last second that a date can say.
---@param seconds number  since 1970
---@return string
function M.iso(seconds) return ("%04d-%02d-%02dT%02d:%02d:%02dZ"):format(civil(seconds)) end

--- Writes an instant in a zone: "2026-11-20T23:00:00+01:00".
---@param seconds number  since 1970
---@param zone number|"local"|nil  seconds east of UTC, or this machine's own; nil or 0: UTC
---@return string
function M.zoned(seconds, zone)
  local offset = math.floor(M.in_zone(seconds, zone) - seconds)
  if offset == 0 then return M.iso(seconds) end
  local east = math.abs(offset)
  return ("%s%s%02d:%02d"):format(M.iso(seconds + offset):sub(1, -2), offset < 0 and "-" or "+",
    east // 3600, east // 60 % 60)
end

--- Returns the instant of a clock's reading in a zone.
---@param seconds number        the reading, as if it were UTC
---@param zone number|"local"|nil  seconds east of UTC, or this machine's own; nil: UTC
---@return number seconds
function M.from_zone(seconds, zone)
  if zone ~= "local" then return seconds - (zone or 0) end
  local year, month, day, hour, minute, second = civil(seconds)
  local good, instant = pcall(os.time, {
    year = year, month = month, day = day, hour = hour, min = minute, sec = second,
  })
  -- A system may have no zone for years far away.
  return good and instant + seconds % 1 or seconds
end

--- Returns what a clock in a zone reads at an instant, as if it were UTC.
---@param seconds number
---@param zone number|"local"|nil
---@return number reading
function M.in_zone(seconds, zone)
  if zone ~= "local" then return seconds + (zone or 0) end
  local good, reading = pcall(os.date, "*t", seconds // 1 | 0)
  if not good then return seconds end
  return days(reading.year, reading.month, reading.day) * 86400 + reading.hour * 3600
    + reading.min * 60 + reading.sec + seconds % 1
end

--- Converts a date in any form of the API to UTC: "2026-11-20T22:00:00Z".  The first and the last
--- second of all dates mean "never" and stay what they are in every zone.
---@param text string
---@param zone number|"local"|nil  of a date that names none; nil: UTC
---@return string? iso  nil for any other text
function M.utc(text, zone)
  local seconds, offset = M.parse(text)
  if not seconds then return nil end
  local reading = seconds + (offset or 0)
  if reading == M.first or reading // 1 == M.last then return M.iso(reading) end
  return M.iso(offset and seconds or M.from_zone(seconds, zone))
end

--- Reads a zone as a caller names it: "+02:00", "Z", seconds east of UTC, or "local", this
--- machine's own; raises for another one.
---@param value string|number|nil
---@param what string  the option's name, for the message
---@return number|"local"|nil
function M.zone(value, what)
  if value == nil or value == "local" or type(value) == "number" then return value end
  local _, offset = M.parse("2000-01-01T00:00:00" .. tostring(value))
  if not offset then
    errors.usage(("'%s' must be a time zone, got %s"):format(what, tostring(value)),
      "write it as \"+02:00\", or \"local\" for this machine's own")
  end
  return offset
end

--- Writes "2026.11.20 22:00:00", the form that v1 and v2 take (no zone: the server's own).
---@param seconds number
---@return string
function M.dotted(seconds)
  return ("%04d.%02d.%02d %02d:%02d:%02d"):format(civil(seconds))
end

local months = { Jan = 1, Feb = 2, Mar = 3, Apr = 4, May = 5, Jun = 6, Jul = 7, Aug = 8, Sep = 9,
  Oct = 10, Nov = 11, Dec = 12 }

--- Returns the seconds since 1970 of an HTTP date ("Mon, 30 Nov 2026 18:21:52 GMT").
---@param text string?
---@return number? seconds  nil for anything else
function M.http(text)
  local day, month, year, clock = (text or ""):match "(%d%d) (%a%a%a) (%d%d%d%d) (%d%d:%d%d:%d%d)"
  return months[month]
    and M.parse(("%s-%02d-%sT%sZ"):format(year, months[month], day, clock)) or nil
end

return M
