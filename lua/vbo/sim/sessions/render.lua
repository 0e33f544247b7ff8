--- Renders restore sessions, their events and statistics as records of the API.

local dates = require "vbo.sim.state.dates"
local json = require "vbo.base.json"

local M = {}

function M.session(context, it)
  local base = "/RestoreSessions/%s"
  return {
    id = it.id, type = it.type, name = it.organization.name, organization = it.organization.name,
    creationTime = dates.time(it.created), endTime = dates.time(it.ended), state = it.state,
    result = it.result, initiatedBy = it.by, scopeName = it.scope or it.organization.name,
    clientHost = it.host or "127.0.0.1", reason = it.reason or "",
    details = it.view.point and "Restore point of " .. dates.time(it.view.point)
      or "No restore point yet at that time",
    pointInTime = context.number <= 5 and dates.zoned(context, it.at or it.view.point or it.created)
      or nil,
    eTag = 1,
    _links = {
      self = context:href(base, it.id), organization = context:href(base .. "/Organization", it.id),
      events = context.number >= 2 and context:href(base .. "/Events", it.id) or nil,
    },
  }
end

local function duration(event, now)
  local span = math.max(0, (event.ended or now) - event.started)
  local whole = span // 1 | 0
  return ("%02d:%02d:%02d.%07d"):format(whole // 3600, whole % 3600 // 60, whole % 60,
    ((span - whole) * 1e7) // 1 | 0)
end

--- Renders an event.  Up to v5 the enumeration has neither Cancelled nor Skipped.
function M.event(context, it, session)
  local status = it.status
  if context.number < 6 and (status == "Cancelled" or status == "Skipped") then
    status = "Warning"
  end
  local item = it.item
  return {
    id = it.id, type = it.type, status = status, startTime = dates.time(it.started),
    endTime = dates.time(it.ended), duration = duration(it, context.app.clock()), title = it.title,
    message = it.message, order = it.order, itemName = item and item.name,
    itemType = item and item.type, itemSizeBytes = item and item.size,
    source = session.organization.name, target = it.target,
    _links = { self = context:href("/RestoreSessions/%s/Events/%s", session.id, it.id) },
  }
end

-- The item types of v8 by explorer and by type of step.
local item_types = {
  Vex = "ExchangeMailbox", Veod = "OneDriveItem", Vesp = "SharePointItem", Vet = "TeamsTeam",
  Team = "TeamsTeam", Channel = "TeamsChannel", File = "TeamsFile", Post = "TeamsPost",
  Tab = "TeamsTab",
}

--- Renders the statistics of a session (v8).
function M.statistics(_, session)
  local sums = session:statistics()
  local items = json.array {}
  for i, outcome in ipairs(sums.outcomes) do
    local step = outcome.step
    local status = outcome.how == "failed" and "Failed"
      or (outcome.how == "skipped" or outcome.how == "unchanged") and "Skipped" or "Success"
    items[i] = {
      id = step.id, itemRestoreDetailsType = "Item", title = step.name, name = step.name,
      path = step.path, status = status, error = outcome.error,
      itemType = item_types[step.type] or item_types[session.type],
    }
  end
  return {
    totalItemsCount = sums.total, restoredItemsCount = sums.restored,
    failedItemsCount = sums.failed, skippedItemsCount = sums.skipped,
    warnings = json.array(sums.warnings), errors = json.array(sums.errors), items = items,
  }
end
return M
