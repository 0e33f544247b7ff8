--- Chooses the events of a restore session that clients see: servers differ in what they keep.

local json = require "vbo.base.json"

local M = {}

--- The choices by name.
---
---   all      every event at once
---   late     each event a minute after it began
---   unnamed  without the name, type and size of the item
---   none     no event
M.names = { "all", "late", "unnamed", "none" }

local delay <const> = 60

local fields <const> = { "itemName", "itemType", "itemSizeBytes" }

--- Lists the events of a session that clients see.
---@param app table
---@param session table
---@return table[]
function M.events(app, session)
  if app.events == "none" then return json.array {} end
  if app.events ~= "late" then return session.events end
  local out, now = {}, app.clock()
  for _, event in ipairs(session.events) do
    if now - event.started >= delay then out[#out + 1] = event end
  end
  return out
end

--- Returns a rendered event as clients see it.
---@param app table
---@param event table
---@return table
function M.event(app, event)
  if app.events == "unnamed" and event.itemName then
    for _, name in ipairs(fields) do event[name] = nil end
    event.title, event.message = "Item", event.status
  end
  return event
end

return M
