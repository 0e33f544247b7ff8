--- Who takes a licence: people who are backed up.  Shared mailboxes and public folders are free,
--- and so is who has left.

local M = {}

---@param user table  of an organization
---@return boolean
function M.takes(user)
  return not user.left and user.type ~= "Shared" and user.type ~= "Public"
end

--- How many of an organization take one.
---@param organization table
---@return integer
function M.count(organization)
  -- A generated organization has too many to go through, and nobody left.
  if organization.everybody then return #organization.users end
  local count = 0
  for _, user in ipairs(organization.users) do
    if M.takes(user) then count = count + 1 end
  end
  return count
end

return M
