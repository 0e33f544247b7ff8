--- Renders roles and their items as records of the API.

local roles = require "vbo.sim.roles.list"

local M = {}

--- Renders a role.
---@param context vbo.sim.Context
---@param it table
---@return table
function M.role(context, it)
  local base = "/RbacRoles/%s"
  return {
    id = it.id, name = it.name, description = it.description, roleType = it.kind,
    organizationId = it.organization.id,
    _links = {
      self = context:href(base, it.id),
      organization = context:href("/Organizations/%s", it.organization.id),
      operators = context:href(base .. "/operators", it.id),
      selectedItems = context:href(base .. "/selectedItems", it.id),
      excludedItems = context:href(base .. "/excludedItems", it.id),
    },
  }
end

--- Returns a function that renders an item or operator of a role.
---@param resource "operators"|"selectedItems"|"excludedItems"
---@return fun(context: vbo.sim.Context, item: table, it: table): table
function M.item(resource)
  local path = "/RbacRoles/%s/" .. resource .. "/%s"
  return function(context, item, it)
    local out = roles.item_row(item)
    out._links = { self = context:href(path, it.id, item.id) }
    return out
  end
end

return M
