--- Takes the OneDrives that a backup sees now.

local copy = require "vbo.sim.backups.copy"

local M = {}

--- Takes the OneDrives of an organization: changed ones as production holds them.
---@param base table        the organization as the backup before saw it
---@param production table
---@param at number
---@param touched fun(owner: string): boolean
---@return table[]
function M.take(base, production, at, touched)
  local out = {}
  for i, drive in ipairs(base.drives) do
    local live = touched(drive.owner) and production:drive(base, drive.owner)
    out[i] = live and copy.documents(drive, live, at) or drive
  end
  return out
end

return M
