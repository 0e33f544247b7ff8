--- Counts licences: users who are backed up need one; shared mailboxes, public folders and users
--- who have left do not.

local M = {}

---@param user table  of an organization
---@return boolean
function M.takes(user)
  return not user.left and user.type ~= "Shared" and user.type ~= "Public"
end

--- Counts the licences of an organization.
---@param organization table
---@return integer
function M.count(organization)
  -- A generated organization has too many users to list, and none has left.
  if organization.everybody then return #organization.users end
  local count = 0
  for _, user in ipairs(organization.users) do
    if M.takes(user) then count = count + 1 end
  end
  return count
end

return M
