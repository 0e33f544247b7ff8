--- Handles roles: their operators, and the items that these may and may not restore.

local core = require "vbo.core"
local refusal = require "vbo.sim.base.refusal"
local roles = require "vbo.sim.roles.list"

local H = {}

local function role(context) return context.store.roles:get(context.params.roleId) end

local function row(context, it)
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

function H.RbacRole_GetAll(context) return context:list(context.store.roles.list, row) end

function H.RbacRole_GetByOrganization(context)
  local id = context.params.organizationId
  local organization = context.store:organization(id) or refusal.not_found("Organization", id)
  local found = {}
  for _, each in ipairs(context.store.roles.list) do
    if each.organization == organization then found[#found + 1] = each end
  end
  return context:list(found, row)
end

function H.RbacRole_Get(context) return context:json(row(context, role(context))) end

local function check_name(context, organization, name, except)
  for _, each in ipairs(context.store.roles.list) do
    if each ~= except and each.organization == organization
        and core.fold(each.name) == core.fold(name) then
      refusal.raise(409, ("A role called '%s' exists already."):format(name))
    end
  end
end

-- The list of a role by the property of a body.
local lists = { operators = "operators", selectedItems = "selected", excludedItems = "excluded" }

function H.RbacRole_Add(context)
  local body, id = context.body, context.params.organizationId
  local organization = context.store:organization(id) or refusal.not_found("Organization", id)
  if not body.name or body.name == "" then refusal.missing { "Name" } end
  check_name(context, organization, body.name)
  local made = {
    id = context.app.uuid(), name = body.name, description = body.description or "",
    organization = organization, operators = {}, selected = {}, excluded = {},
    kind = body.roleType or #(body.selectedItems or {}) > 0 and "SpecificObjects"
      or "EntireOrganization",
  }
  for property, list in pairs(lists) do
    context.store.roles:add_items(made, list, body[property])
  end
  table.insert(context.store.roles.list, made)
  return context:json(row(context, made))
end

--- Edits a role: properties that the body leaves out keep their values, its lists replace those
--- before.
function H.RbacRole_Update(context)
  local it, body = role(context), context.body
  if body.name and body.name ~= "" then check_name(context, it.organization, body.name, it) end
  local new = { organization = it.organization, operators = {}, selected = {}, excluded = {} }
  for property, list in pairs(lists) do
    context.store.roles:add_items(new, list, body[property])
  end
  for property, list in pairs(lists) do
    if body[property] then it[list] = new[list] end
  end
  it.name = body.name ~= "" and body.name or it.name
  it.description = body.description or it.description
  it.kind = body.roleType or it.kind
  return context:empty()
end

function H.RbacRole_Delete(context)
  local _, index = role(context)
  table.remove(context.store.roles.list, index)
  return context:empty()
end

local function find(list, id)
  for i, item in ipairs(list) do
    if item.id == core.fold(id) then return item, i end
  end
  refusal.not_found("RbacItem", id)
end

local function item_row(resource)
  local path = "/RbacRoles/%s/" .. resource .. "/%s"
  return function(context, item, it)
    local out = roles.item_row(item)
    out._links = { self = context:href(path, it.id, item.id) }
    return out
  end
end

local function list_items(list, resource)
  local render = item_row(resource)
  return function(context)
    local it = role(context)
    return context:list(it[list], function(_, item) return render(context, item, it) end)
  end
end

local function get_item(list, resource, parameter)
  local render = item_row(resource)
  return function(context)
    local it = role(context)
    return context:json(render(context, (find(it[list], context.params[parameter])), it))
  end
end

local function add_items(list, plural)
  return function(context)
    if context.store.roles:add_items(role(context), list, context.body) == 0 then
      refusal.missing { plural }
    end
    return context:empty()
  end
end

-- Removes the items that the query lists; none where one of them is unknown.
local function delete_items(list)
  return function(context)
    local it, given = role(context), {}
    for id in (context.query.ids or ""):gmatch "[^,%s]+" do given[#given + 1] = id end
    if #given == 0 then refusal.missing { "Ids" } end
    for _, id in ipairs(given) do find(it[list], id) end
    for _, id in ipairs(given) do
      local _, index = find(it[list], id)
      table.remove(it[list], index)
    end
    return context:empty()
  end
end

H.RbacRole_GetOperators = list_items("operators", "operators")
H.RbacRole_GetOperator = get_item("operators", "operators", "operatorId")
H.RbacRole_AddOperators = add_items("operators", "Operators")
H.RbacRole_DeleteOperators = delete_items "operators"

H.RbacRole_GetSelectedItems = list_items("selected", "selectedItems")
H.RbacRole_GetSelectedItem = get_item("selected", "selectedItems", "itemId")
H.RbacRole_AddSelectedItems = add_items("selected", "SelectedItems")
H.RbacRole_DeleteSelectedItems = delete_items "selected"

H.RbacRole_GetExcludedItems = list_items("excluded", "excludedItems")
H.RbacRole_GetExcludedItem = get_item("excluded", "excludedItems", "itemId")
H.RbacRole_AddExcludedItems = add_items("excluded", "ExcludedItems")
H.RbacRole_DeleteExcludedItems = delete_items "excluded"

return H
