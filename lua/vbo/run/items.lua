--- Lists what became of each item of a step: from the statistics of its session (v8), from what a
--- restore's answer says of failures (v6 and v7), and from the events of the session.
---
--- Up to v5 answers say text only, and v2 names no items: a step has no items then, and stands for
--- all of them.

local M = {}

---@class vbo.StepItem
---@field id string?      where the server gives it
---@field title string?
---@field target string?  its path, or where it went
---@field status string   Success, Warning, Failed, Skipped or Cancelled
---@field error string?

--- Returns the order of an event within its session; 0 where it has none.
---@param event table
---@return integer
function M.order(event) return math.tointeger(event.order) or 0 end

local function failed(status) return status == "Failed" or status == "Cancelled" end

-- Items that v8 lists with the statistics of a session; the first ones were there before.
local function listed(raw, before)
  local items = {}
  for i = before + 1, #raw do
    local each = raw[i]
    items[#items + 1] = {
      id = each.id, title = each.title or each.name, target = each.path,
      status = each.status or "Success", error = each.error,
    }
  end
  return items
end

-- Adds the failures that an answer lists, which name ids.
local function add_issues(record, into)
  for _, issue in ipairs(type(record.restoreIssues) == "table" and record.restoreIssues or {}) do
    into[#into + 1] = {
      id = issue.id, title = issue.title or issue.name, target = issue.path,
      status = issue.error and "Failed" or "Warning", error = issue.error,
    }
  end
  local details = record.details
  if type(details) ~= "table" or next(details) == nil then return into end
  for _, detail in ipairs(details[1] and details or { details }) do
    if type(detail) == "table" then add_issues(detail, into) end
  end
  return into
end

--- Returns the items that events name, of those which have ended and are newer than an order.
---@param events vbo.Event[]
---@param order integer?
---@return vbo.StepItem[]
function M.from_events(events, order)
  local newer = {}
  for _, event in ipairs(events) do
    if event.item_name and event.status ~= "Running" and M.order(event) > (order or -1) then
      newer[#newer + 1] = event
    end
  end
  table.sort(newer, function(a, b) return M.order(a) < M.order(b) end)
  for i, event in ipairs(newer) do
    newer[i] = {
      title = event.item_name, target = event.target, status = event.status,
      error = failed(event.status) and (event.message or event.title) or nil,
    }
  end
  return newer
end

-- Gives items the ids of the failures with their titles, once each.
local function join(items, issues)
  local by_title = {}
  for _, issue in ipairs(issues) do
    if issue.title then
      by_title[issue.title] = by_title[issue.title] or {}
      table.insert(by_title[issue.title], issue)
    end
  end
  for _, item in ipairs(items) do
    local list = by_title[item.title]
    local issue = list and failed(item.status) and table.remove(list, 1)
    if issue then
      item.id, item.target, item.error = issue.id, issue.target or item.target, issue.error
    end
  end
  return items
end

--- Lists the items of a step.
---@param session vbo.Session
---@param baseline table?  of `vbo.run.reconcile.baseline`
---@param statistics vbo.Statistics?  of the step
---@param events vbo.Event[]?  of the session, where they were read
---@return vbo.StepItem[]
function M.of(session, baseline, statistics, events)
  local raw = statistics and statistics.raw or {}
  if type(raw.items) == "table" and #raw.items > (baseline and baseline.items or 0) then
    return listed(raw.items, baseline and baseline.items or 0)
  end
  local issues = add_issues(raw, {})
  if not session._client._catalogue:operation "RestoreSessionEvent_Get" then return issues end
  -- Without an order, events of other steps of the session look like those of this one.
  if not (baseline and baseline.order) and issues[1] then return issues end
  events = events or session:events():where { type = "Restore" }:all()
  local items = M.from_events(events, baseline and baseline.order)
  return items[1] and join(items, issues) or issues
end

return M
