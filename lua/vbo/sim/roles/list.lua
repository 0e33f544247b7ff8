--- Keeps the roles of restore operators and resolves their items.

local core = require "vbo.core"
local json = require "vbo.base.json"
local refusal = require "vbo.sim.base.refusal"

local M = {}

local Roles = {}
Roles.__index = Roles

---@param store table
function M.new(store) return setmetatable({ store = store, list = {} }, Roles) end

--- Finds a role by its id, or refuses with 404.
function Roles:get(id)
  for i, role in ipairs(self.list) do
    if role.id == core.fold(id) then return role, i end
  end
  refusal.not_found("RbacRole", id)
end

local lists = { Group = "teams", Site = "sites", Team = "teams" }

--- Finds what an item of a role names in an organization, by its id, a user also by name; nil
--- without a match.
---@param organization table
---@param kind "User"|"Group"|"Site"|"Team"
---@param given table  { id=, name= }
---@return table?
function M.find(organization, kind, given)
  if kind == "User" then
    for _, user in ipairs(organization.users) do
      if given.id and core.fold(user.id) == core.fold(given.id)
          or not given.id and given.name and core.fold(user.name) == core.fold(given.name) then
        return user
      end
    end
    return nil
  end
  for _, it in ipairs(organization[lists[kind]] or {}) do
    if given.id and core.fold(it.id) == core.fold(given.id) then return it end
  end
end

--- Reads an item of a request.
---@return { id: string, type: string, it: table }
function Roles:item(organization, given)
  local kind = given.type or refusal.missing { "Type" }
  local word = core.fold(kind)
  local named = given[word] or refusal.missing { kind }
  local it = M.find(organization, kind, named)
  if not it then refusal.not_found(kind, tostring(named.id or named.name)) end
  return { id = self.store.uuid(), type = kind, it = it }
end

--- Adds items to a list of a role.
function Roles:add_items(role, list, given)
  local added = {}
  for i, each in ipairs(given or {}) do
    added[i] = self:item(role.organization, each)
    for _, there in ipairs(role[list]) do
      if there.it == added[i].it and there.type == added[i].type then
        refusal.raise(409, ("'%s' is in the role already."):format(there.it.name))
      end
    end
  end
  for _, item in ipairs(added) do table.insert(role[list], item) end
  return #added
end

-- The types of users in roles.
local user_types <const> = { Shared = "SharedMailbox", Public = "PublicMailbox" }

--- Renders an item.
function M.item_row(item)
  local it, kind = item.it, item.type
  local value
  if kind == "User" then
    value = { id = it.id, name = it.name, displayName = it.display,
      type = user_types[it.type] or it.type }
  elseif kind == "Group" then
    value = { id = it.id, name = it.email, displayName = it.name, type = "Office365" }
  elseif kind == "Site" then
    value = {
      id = it.id, title = it.name, url = it.url, isCloud = true, isPersonal = false,
      parentUrl = it.parent and it.parent.url,
    }
  else
    value = { id = it.id, displayName = it.name, description = it.description, mail = it.email }
  end
  return { id = item.id, type = kind, [core.fold(kind)] = value }
end

local function names(item, user)
  if item.type == "User" then return core.fold(item.it.name) == user end
  if item.type ~= "Group" then return false end
  for _, member in ipairs(item.it.members) do
    if core.fold(member) == user then return true end
  end
  return false
end

--- Lists the roles that have an operator of a name.
---@param user string
function Roles:of(user)
  local out = {}
  for _, role in ipairs(self.list) do
    for _, item in ipairs(role.operators) do
      if names(item, core.fold(user)) then
        out[#out + 1] = role
        break
      end
    end
  end
  return out
end

local function covered(items, kind, it)
  for _, item in ipairs(items) do
    if item.it == it then return true end
    if kind == "User" and names(item, core.fold(it.name)) then return true end
  end
  return false
end

--- Checks whether a role lets its operators restore something.
---@param role table
---@param kind "User"|"Group"|"Site"|"Team"
---@param it table
function M.allows(role, kind, it)
  if it.organization ~= role.organization or covered(role.excluded, kind, it) then return false end
  return role.kind == "EntireOrganization" or covered(role.selected, kind, it)
end

--- Lists what some roles let their operators restore, as items.
---@param list table[]    roles
---@param person table?   the operator, who may restore what is their own
---@return table  { users=, sites=, teams= }
function M.scope(list, person)
  local out = { users = json.array {}, sites = json.array {}, teams = json.array {} }
  local seen = {}
  local function add(role, kind, it)
    local name = core.fold(kind) .. "s"
    if not seen[it.id] and not it.left and M.allows(role, kind, it) then
      seen[it.id] = true
      table.insert(out[name], M.item_row { id = it.id, type = kind, it = it })
    end
  end
  if person then
    seen[person.id] = true
    out.users[1] = M.item_row { id = person.id, type = "User", it = person }
  end
  for _, role in ipairs(list) do
    for _, user in ipairs(role.organization.users) do add(role, "User", user) end
    for _, site in ipairs(role.organization.sites or {}) do add(role, "Site", site) end
    for _, team in ipairs(role.organization.teams or {}) do add(role, "Team", team) end
  end
  return out
end

return M
