--- Declares restore operators (v6 and later): roles, their operators, and what they may restore;
--- and the operator's own side, of the account that is logged in.

local declare = require "vbo.model.declare"
local errors = require "vbo.base.error"
local fields = require "vbo.model.fields"
local options_of = require "vbo.base.options"
local pipeline = require "vbo.request.pipeline"
local resource = require "vbo.model.resource"
local session = require "vbo.objects.session"
local subjects = require "vbo.model.subject"

local M = {}

---@class vbo.RbacRole
---@field id string
---@field name string
---@field description string?
---@field organization_id string
---@field role_type string   EntireOrganization or SpecificObjects
local RbacRole = resource.class {
  kind = "role", plural = "rbac_roles", parameter = "roleId", rooted = true,
  get = "RbacRole_Get", list = "RbacRole_GetAll", names = declare.named "name",
  methods = {}, bulk = {},
}

---@class vbo.RoleOperator
---@field id string
---@field type string   User or Group
---@field user table?
---@field group table?
local Operator = resource.class {
  kind = "operator", parameter = "operatorId", label = "type", item = true,
  get = "RbacRole_GetOperator", list = "RbacRole_GetOperators", methods = {}, bulk = {},
}

---@class vbo.RoleSelectedItem
---@field id string
---@field type string   User, Group, Site or Team
---@field user table?
---@field group table?
---@field site table?
---@field team table?
local SelectedItem = resource.class {
  kind = "role's selected item", parameter = "itemId", label = "type", item = true,
  get = "RbacRole_GetSelectedItem", list = "RbacRole_GetSelectedItems", methods = {}, bulk = {},
}

---@class vbo.RoleExcludedItem
---@field id string
---@field type string   User, Group, Site or Team
---@field user table?
---@field group table?
---@field site table?
---@field team table?
local ExcludedItem = resource.class {
  kind = "role's excluded item", parameter = "itemId", label = "type", item = true,
  get = "RbacRole_GetExcludedItem", list = "RbacRole_GetExcludedItems", methods = {}, bulk = {},
}

---@class vbo.LoggedInUser
---@field id string
---@field name string
local LoggedInUser = resource.class {
  kind = "logged-in user", rooted = true, get = "OrganizationRbac_GetLoggedInUser", methods = {},
}

M.RbacRole, M.Operator, M.SelectedItem, M.ExcludedItem = RbacRole, Operator, SelectedItem,
  ExcludedItem
M.LoggedInUser = LoggedInUser

--- Creates a role: `organization:rbac_roles():create{…}`, or
--- `client:rbac_roles():create{ organization = …, … }`.
---
--- Options: `name`, `description`, `role_type` ("EntireOrganization" or "SpecificObjects"),
--- `operators`, `selected_items`, `excluded_items` (lists of users, groups, sites, teams).
---@param given table
---@return vbo.RbacRole
function RbacRole.bulk:create(given)
  local options = {}
  for name, value in pairs(options_of.given(given, "create")) do options[name] = value end
  local owner = self._owner
  if owner == self._client then
    if options.organization == nil then
      errors.usage("create needs the option 'organization'",
        "or create the role through organization:rbac_roles()")
    end
    owner = self._client:organization(options.organization)
    options.organization = nil
  end
  local answer = pipeline.call(self._client, {
    call = "create", operation = "RbacRole_Add", path = owner:_path(), options = options,
    subject = subjects.of(owner),
  })
  return resource.from_record(RbacRole, self._client, answer.data)
end

--- Changes what is given and keeps the rest; options as `rbac_roles():create`.
---@param given table
---@return vbo.RbacRole self
function RbacRole.methods:edit(given)
  self:_call { call = "edit", operation = "RbacRole_Update", options = given }
  return self:refresh()
end

declare.remove(RbacRole, "RbacRole_Delete")

-- A query could name several; how it separates them is not written down, so each goes by
-- itself.
local function removable(class, operation)
  --- Takes the selected ones out of the role.
  function class.bulk:remove()
    for _, item in ipairs(self:_all()) do item:remove() end
  end

  --- Takes it out of the role.
  function class.methods:remove()
    pipeline.call(self._client, {
      call = "remove", operation = operation, path = self._owner:_path(), query = { ids = self.id },
      subject = subjects.of(self),
    })
  end
end

--- `:add(items)`: users and groups (of what may be restored, sites and teams too), one or a
--- list.
declare.listed(Operator, "add", "RbacRole_AddOperators")
declare.listed(SelectedItem, "add", "RbacRole_AddSelectedItems")
declare.listed(ExcludedItem, "add", "RbacRole_AddExcludedItems")

removable(Operator, "RbacRole_DeleteOperators")
removable(SelectedItem, "RbacRole_DeleteSelectedItems")
removable(ExcludedItem, "RbacRole_DeleteExcludedItems")

declare.children(RbacRole.methods, "operators", "operator", Operator)
declare.children(RbacRole.methods, "selected_items", "selected_item", SelectedItem)
declare.children(RbacRole.methods, "excluded_items", "excluded_item", ExcludedItem)

-- ------------------------------------------------------- the operator's side

--- Returns whether the login is a restore operator's.
---@return boolean
function LoggedInUser.methods:is_operator()
  local answer = self:_call { operation = "OrganizationRbac_GetLoggedInUserOperatorInfo" }
  return fields.read(answer.data or {}, "isOperator") == true
end

--- Returns what the login may restore: `users`, `sites` and (v7 and later) `teams`, lists of items.
---@return {users: table[], sites: table[], teams: table[]?}
function LoggedInUser.methods:effective_scope()
  return self:_call { operation = "OrganizationRbac_GetLoggedInUserEffectiveScope" }.data
end

--- Lists the restore points that the login may use (v7 and later); `rbac_item` (one object of the
--- scope) and `is_copy`.
declare.children(LoggedInUser.methods, "restore_points", nil, "backups.restore_points.RestorePoint",
  { list = "OrganizationRbac_GetLoggedInUserRestorePoints" })
--- Carries out `client:operator_explore`.
---@param client vbo.Client
---@param given table?
---@return vbo.Session
function M.explore(client, given)
  local options = {}
  for name, value in pairs(options_of.given(given, "operator_explore")) do options[name] = value end
  local opened = session.explore(client, "RestoreSession_OperatorExploreAction", options, {
    options = { scope = "table", reason = "string" }, about = { operator = true },
  })
  rawset(opened, "_operator", true)
  return opened
end

return M
