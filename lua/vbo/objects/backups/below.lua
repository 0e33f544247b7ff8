--- Declares what owners (organizations, repositories) have of their restore points.

local declare = require "vbo.model.declare"

local M = {}

--- Gives the methods of owners their restore points, and what those protect.
---@param methods table
---@param parameter string  the query parameter that takes the owner's id
function M.points(methods, parameter)
  local rooted = { rooted = parameter }
  local function children(plural, singular, class)
    declare.children(methods, plural, singular, "backups.restore_points." .. class, rooted)
  end
  children("restore_points", nil, "RestorePoint")
  children("protected_users", "protected_user", "ProtectedUser")
  children("protected_groups", "protected_group", "ProtectedGroup")
  children("protected_sites", "protected_site", "ProtectedSite")
  children("protected_teams", "protected_team", "ProtectedTeam")
end

return M
