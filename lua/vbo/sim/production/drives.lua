--- Holds the OneDrives of production.

local container = require "vbo.sim.production.container"

local M = {}

--- Returns a user's live OneDrive as it is at the start; nil where production has none.
---@param world table
---@param organization table
---@param email string
---@return table?  { user=, drive=, entries = {[path]=entry}, folders = {[path]=true} }
function M.open(world, organization, email)
  local found = world:live_drive(organization, email)
  if not found then return nil end
  -- A generated world returns tables that keep only the differences.
  if found.entries then
    return {
      user = found.user, drive = found.drive, entries = found.entries,
      folders = found.folders or {},
    }
  end
  local live = { user = found.user, drive = found.drive, entries = {}, folders = {} }
  for _, each in ipairs(found.documents) do
    local version = each.version
    live.entries[each.path] = {
      path = each.path, size = version.size, version = version.number, stream = version.stream,
      modified = version.at, by = version.by,
    }
  end
  for _, folder in ipairs(found.drive.folders) do live.folders[folder.path] = true end
  return live
end

--- Describes a live OneDrive for the admin interface.
---@param live table?
---@return table?
function M.row(live)
  if not live then return nil end
  local documents, folders = container.rows(live)
  return { user = live.user.name, id = live.drive.id, folders = folders, documents = documents }
end

return M
