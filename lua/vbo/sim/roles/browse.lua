--- Handles reading of roles, their operators, and the items that these may and may not restore.

local core = require "vbo.core"
local refusal = require "vbo.sim.base.refusal"
local render = require "vbo.sim.roles.render"

local H = {}

local function role(context) return context.store.roles:get(context.params.roleId) end

function H.RbacRole_GetAll(context) return context:list(context.store.roles.list, render.role) end

function H.RbacRole_GetByOrganization(context)
  local id = context.params.organizationId
  local organization = context.store:organization(id) or refusal.not_found("Organization", id)
  local found = {}
  for _, each in ipairs(context.store.roles.list) do
    if each.organization == organization then found[#found + 1] = each end
  end
  return context:list(found, render.role)
end

function H.RbacRole_Get(context) return context:json(render.role(context, role(context))) end

local function find(list, id)
  for _, item in ipairs(list) do
    if item.id == core.fold(id) then return item end
  end
  refusal.not_found("RbacItem", id)
end

local function list_items(list, resource)
  local row = render.item(resource)
  return function(context)
    local it = role(context)
    return context:list(it[list], function(_, item) return row(context, item, it) end)
  end
end

local function get_item(list, resource, parameter)
  local row = render.item(resource)
  return function(context)
    local it = role(context)
    return context:json(row(context, find(it[list], context.params[parameter]), it))
  end
end

H.RbacRole_GetOperators = list_items("operators", "operators")
H.RbacRole_GetOperator = get_item("operators", "operators", "operatorId")
H.RbacRole_GetSelectedItems = list_items("selected", "selectedItems")
H.RbacRole_GetSelectedItem = get_item("selected", "selectedItems", "itemId")
H.RbacRole_GetExcludedItems = list_items("excluded", "excludedItems")
H.RbacRole_GetExcludedItem = get_item("excluded", "excludedItems", "itemId")

return H
