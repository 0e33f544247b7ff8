--- Handles adding, editing and removing of roles, their operators and items.

local core = require "vbo.core"
local refusal = require "vbo.sim.base.refusal"
local render = require "vbo.sim.roles.render"

local H = {}

local function role(context) return context.store.roles:get(context.params.roleId) end

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
  return context:json(render.role(context, made))
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

local function index_of(list, id)
  for i, item in ipairs(list) do
    if item.id == core.fold(id) then return i end
  end
  refusal.not_found("RbacItem", id)
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
    for _, id in ipairs(given) do index_of(it[list], id) end
    for _, id in ipairs(given) do table.remove(it[list], index_of(it[list], id)) end
    return context:empty()
  end
end

H.RbacRole_AddOperators = add_items("operators", "Operators")
H.RbacRole_DeleteOperators = delete_items "operators"
H.RbacRole_AddSelectedItems = add_items("selected", "SelectedItems")
H.RbacRole_DeleteSelectedItems = delete_items "selected"
H.RbacRole_AddExcludedItems = add_items("excluded", "ExcludedItems")
H.RbacRole_DeleteExcludedItems = delete_items "excluded"

return H
