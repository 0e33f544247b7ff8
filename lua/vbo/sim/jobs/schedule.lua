--- Schedules of jobs: when a job runs next by itself.  Times of day are the server's own.

local M = {}

-- As the reference lists them; 1 January 1970 was a Thursday.
local days = { Sunday = 0, Monday = 1, Tuesday = 2, Wednesday = 3, Thursday = 4, Friday = 5,
  Saturday = 6 }
local DAY <const> = 86400

local function suits(wanted, at)
  local day = (at // DAY + 4) % 7
  if wanted == "Workdays" then return day >= 1 and day <= 5 end
  if wanted == "Weekends" then return day == 0 or day == 6 end
  return days[wanted] == nil or days[wanted] == day
end

--- Whether a window lets a job begin: 168 hours, of which the reference does not say which is the
--- first (here: Sunday's first hour), moved by minutes.
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

--- The seconds between two runs: "Minutes5", "Hours4".
function M.period(plan)
  if plan.type ~= "Periodically" then return DAY end
  local unit, count = tostring(plan.periodicallyEvery):match "^(%a+)(%d+)$"
  return (tonumber(count) or 1) * (unit == "Minutes" and 60 or 3600)
end

--- A schedule as this server keeps it: v4 and v5 have another name for the period.
---@param plan table?
---@return table?
function M.normal(plan)
  if plan and plan.periodicInterval then
    plan.periodicallyEvery, plan.periodicInterval = plan.periodicInterval, nil
  end
  return plan
end

--- A schedule as a version may read it.
function M.shown(plan)
  if not plan or not plan.periodicallyEvery then return plan end
  local out = { periodicInterval = plan.periodicallyEvery }
  for name, value in pairs(plan) do out[name] = value end
  return out
end

--- When a job runs next by its schedule; nil: it does not.
---@param job table     its schedule, whether it is enabled, when it ran last
---@param after number  the moment to look on from
---@param zone integer  of the server, in seconds east of UTC
---@return number?
function M.next(job, after, zone)
  local plan = job.schedule
  if not job.enabled or not plan or plan.scheduleEnabled == false then return nil end
  local step <const> = M.period(plan)
  local at
  if plan.type == "Periodically" then
    -- From midnight on where minutes are given, else from the last run on.
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
  -- A window of a week is open within a week, or never.
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
