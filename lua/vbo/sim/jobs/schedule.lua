--- Computes when a schedule runs a job next.  Times of day are in the server's time zone.

local M = {}

-- The days of the reference; 1 January 1970 was a Thursday.
local days = { Sunday = 0, Monday = 1, Tuesday = 2, Wednesday = 3, Thursday = 4, Friday = 5,
  Saturday = 6 }
local DAY <const> = 86400

local function suits(wanted, at)
  local day = (at // DAY + 4) % 7
  if wanted == "Workdays" then return day >= 1 and day <= 5 end
  if wanted == "Weekends" then return day == 0 or day == 6 end
  return days[wanted] == nil or days[wanted] == day
end

-- Checks whether a backup window lets a job start: 168 hours, moved by minutes.  The reference does
-- not define the first hour; here it is Sunday's first.
local function open(window, at)
  local hours = window and window.backupWindow
  if type(hours) ~= "table" or #hours ~= 168 then return true end
  local minutes = (at + 4 * DAY) // 60 - (window.minuteOffset or 0)
  return hours[minutes // 60 % 168 + 1] ~= false
end

local function within_windows(plan, at)
  return (not plan.backupWindowEnabled or open(plan.backupWindowSettings, at))
    and (not plan.periodicallyWindowEnabled or open(plan.periodicallyWindowSettings, at))
    and (not plan.backupCopyWindowEnabled or open(plan.backupCopyWindowSettings, at))
end

-- Returns the seconds between two runs: "Minutes5", "Hours4".
function M.period(plan)
  if plan.type ~= "Periodically" then return DAY end
  local unit, count = tostring(plan.periodicallyEvery):match "^(%a+)(%d+)$"
  return (tonumber(count) or 1) * (unit == "Minutes" and 60 or 3600)
end

--- Normalizes a schedule: v4 and v5 have another name for the period.
---@param plan table?
---@return table?
function M.normal(plan)
  if plan and plan.periodicInterval then
    plan.periodicallyEvery, plan.periodicInterval = plan.periodicInterval, nil
  end
  return plan
end

--- Renders a schedule for a version.
function M.shown(plan)
  if not plan or not plan.periodicallyEvery then return plan end
  local out = { periodicInterval = plan.periodicallyEvery }
  for name, value in pairs(plan) do out[name] = value end
  return out
end

--- Returns when a job runs next by its schedule; nil: never.
---@param job table     its schedule, whether it is enabled, when it ran last
---@param after number  the time to search from
---@param zone integer  of the server, in seconds east of UTC
---@return number?
function M.next(job, after, zone)
  local plan = job.schedule
  if not job.enabled or not plan or plan.scheduleEnabled == false then return nil end
  local step <const> = M.period(plan)
  local at
  if plan.type == "Periodically" then
    -- Periods of minutes count from midnight, others from the last run.
    local first = job.last_run or after
    local minutes = tonumber(plan.periodicallyOffsetMinutes)
    if minutes then first = minutes * 60 - zone end
    at = first + ((after - first) // step + 1) * step
  elseif plan.type == "Daily" or plan.type == "DailyAtTime" then
    local h, m, s = tostring(plan.dailyTime or "00:00:00"):match "(%d+):(%d+):?(%d*)"
    local time = (tonumber(h) or 0) * 3600 + (tonumber(m) or 0) * 60 + (tonumber(s) or 0) - zone
    at = time + ((after - time) // DAY + 1) * DAY
  else
    return nil
  end
  -- A weekly window opens within a week, or never.
  local stop = at + 8 * DAY
  while at < stop do
    if (plan.type == "Periodically" or suits(plan.dailyType, at + zone))
        and within_windows(plan, at + zone) then
      return at
    end
    at = at + step
  end
  return nil
end

return M
