--- Dates that a runbook gives, as instants: what a date without a zone or without a time of day
--- means is said, never guessed in silence.

local notice = require "vbo.base.notice"
local errors = require "vbo.base.error"
local time = require "vbo.base.time"

local M = {}

local function zone_of(client)
  local dialect = client and client._dialect
  return dialect and dialect.zone
end

-- Returns a reading of the clock as an instant of the client's zone; of UTC, with a notice, where
-- the client has none.
local function placed(client, seconds, value, what)
  local zone = zone_of(client)
  if zone ~= nil then return time.from_zone(seconds, zone), true end
  notice.tell(client, ("'%s' has no time zone and is taken as UTC: %s"):format(what, value),
    ("write %s, or connect { zone = … }"):format(time.iso(seconds)))
  return seconds, false
end

--- Reads a moment that a runbook compares with: a date without a time of day is its first second.
--- Raises `usage` for anything else.
---@param client vbo.Client?
---@param value string|number
---@param what string  the option's name
---@return number seconds  since 1970
---@return boolean zoned   whether the zone was given, by the date or by `connect`
function M.bound(client, value, what)
  local seconds, offset = time.point(value, what)
  if offset then return seconds, true end
  return placed(client, seconds, value, what)
end

--- Reads a point in time of a backup, which needs a time of day.  Raises `usage` for a date without
--- one, showing the end of that day, which it will mean, and its beginning.
---@param client vbo.Client?
---@param value string|number
---@param what string  the option's name
---@return number seconds  since 1970
---@return boolean zoned   whether the zone was given, by the date or by `connect`
function M.point(client, value, what)
  local seconds, offset, timed = time.point(value, what)
  if not timed then
    local zone = offset or zone_of(client)
    local first = time.from_zone(offset and seconds + offset or seconds, zone)
    local last = time.from_zone((offset and seconds + offset or seconds) + 86399, zone)
    errors.usage(("'%s' needs a time of day, got %s"):format(what, tostring(value)),
      ("write %s = \"%s\" for the end of that day (what the date alone will mean in the next "
        .. "version), or \"%s\" for its beginning"):format(what, time.zoned(last, zone),
        time.zoned(first, zone)))
  end
  if offset then return seconds, true end
  return placed(client, seconds, value, what)
end

return M
