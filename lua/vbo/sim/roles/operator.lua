--- Handles what a restore operator asks: the account that is logged in, the restore points that it
--- may restore from, and exploring them.
---
--- An operator may restore what is their own and what their roles cover.  The server's own account
--- explores everything as an operator would; where it is an operator of roles, only what they
--- allow.

local core = require "vbo.core"
local explore = require "vbo.sim.sessions.explore"
local ids = require "vbo.sim.base.ids"
local json = require "vbo.base.json"
local protected = require "vbo.sim.backups.protected"
local refusal = require "vbo.sim.base.refusal"
local render = require "vbo.sim.jobs.render"
local roles = require "vbo.sim.roles.list"

local H = {}

function H.OrganizationRbac_GetLoggedInUser(context)
  local person = context.account.person
  return context:json {
    id = person and person.id or ids.uuid("account/" .. context.user), name = context.user,
  }
end

function H.OrganizationRbac_GetLoggedInUserOperatorInfo(context)
  return context:json { isOperator = #context.store.roles:of(context.user) > 0 }
end

function H.OrganizationRbac_GetLoggedInUserEffectiveScope(context)
  return context:json(roles.scope(context.store.roles:of(context.user), context.account.person))
end

-- Finds the object that a scope names, in any organization.
local function object_of(context, given)
  local kind = given.type or refusal.missing { "Scope.Type" }
  local named = given[core.fold(kind)] or refusal.missing { "Scope." .. kind }
  for _, organization in ipairs(context.store.organizations:list()) do
    local it = roles.find(organization, kind, named)
    if it then return kind, it end
  end
  refusal.not_found(kind, tostring(named.id or named.name))
end

-- Checks whether the account may restore something.
local function may(context, kind, it)
  if kind == "User" and it == context.account.person then return true end
  local own = context.store.roles:of(context.user)
  if #own == 0 then return context.account.kind ~= "operator" end
  for _, role in ipairs(own) do
    if roles.allows(role, kind, it) then return true end
  end
  return false
end

-- Refuses what no role of the account allows.
local function check_allowed(context, kind, it)
  if not may(context, kind, it) then
    refusal.raise(403, ("No role of '%s' covers %s '%s'."):format(
      context.user, core.fold(kind), it.name))
  end
end

local kinds = { User = "users", Group = "groups", Site = "sites", Team = "teams" }

-- Checks whether a point holds something that the account may restore; with an id, this item.
local function shown(context, point, wanted)
  for kind, list in pairs(kinds) do
    for _, it in ipairs(protected[list] { point }) do
      if (not wanted or core.fold(it.id) == core.fold(wanted)) and may(context, kind, it) then
        return true
      end
    end
  end
  return false
end

--- Lists the points that hold something that the account may restore, or the item of a query.
function H.OrganizationRbac_GetLoggedInUserRestorePoints(context)
  local query, all = context.query, context.account.kind ~= "operator"
  local found = context.store.points:where(function(point)
    if query.isCopy ~= nil and query.isCopy ~= (point.copy or false) then return false end
    if not all and point.organization ~= context.account.organization then return false end
    return all and not query.rbacItem or shown(context, point, query.rbacItem)
  end)
  local newest = json.array {}
  for i = #found, 1, -1 do newest[#newest + 1] = found[i] end
  return context:list(newest, render.point)
end

function H.RestoreSession_OperatorExploreAction(context)
  local body = context.body
  local kind, it = object_of(context, body.scope or refusal.missing { "Scope" })
  check_allowed(context, kind, it)
  local only = {}
  if kind == "User" then only[core.fold(it.name)] = true end
  if kind == "Group" then
    for _, member in ipairs(it.members) do only[core.fold(member)] = true end
  end
  local repository = body.repositoryId
  return explore.open(context, it.organization, {
    only = only, reason = body.reason, operator = true,
    scope = kind == "User" and it.display or it.name,
    from = ("%s %s"):format(core.fold(kind), it.name),
    narrow = function(view)
      -- Show only the site or team of the scope.
      local here = kind ~= "User" and view:holds(it.at, it.deleted)
      function view.sites(_, parent)
        return here and kind == "Site" and (not parent or parent == it.parent) and { it } or {}
      end
      function view.teams() return here and kind ~= "Site" and { it } or {} end
    end,
    test = function(point)
      return not point.copy and not point.retrieval
        and (not repository or point.repository and point.repository.id == core.fold(repository))
        and (kind == "Group" or protected.covers(kinds[kind], point, it))
    end,
  })
end

return H
