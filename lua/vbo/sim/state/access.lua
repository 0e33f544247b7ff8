--- Checks what accounts other than administrators may do.  A tenant sees their own organization and
--- its restore sessions.  A restore operator sees their own restore sessions, what their roles
--- cover and what is their own, and restores with the operations for operators.

local core = require "vbo.core"
local refusal = require "vbo.sim.base.refusal"

local M = {}

--- Checks whether an account sees a restore session.
---@param account vbo.sim.Account
---@param session table
function M.sees(account, session)
  if account.kind == "tenant" then return session.organization == account.organization end
  if account.kind == "operator" then return session.operator and session.by == account.user end
  return true
end

--- Checks whether an account sees an organization.
---@param account vbo.sim.Account
---@param organization table
function M.sees_organization(account, organization)
  return account.kind == "administrator" or account.organization == organization
end

-- Returns the first part of a path behind the version, in lower case.
local function place_of(op) return core.fold(op.path:match "^/v%d+/(%w+)") end

local function denied(context)
  refusal.raise(403, ("Access is denied: '%s' may not %s."):format(
    context.user, context.op.class ~= "read" and "do that" or "see that"))
end

local rules = {}

local lists <const> = { jobs = true, restorepoints = true, licensedusers = true,
  protectedusers = true, protectedgroups = true, protectedsites = true, protectedteams = true }

function rules.tenant(context)
  local place, own = place_of(context.op), context.account.organization
  if place == "restoresessions" or place == "organization" or place == "serviceinstance" then
    return
  end
  -- Lists of what was backed up show only the rows of their own organization.
  if lists[place] and context.op.method == "GET" and context:takes "organizationId" then
    context.query.organizationId = own.id
    return
  end
  local explores = context.op.name == "Organization_Explore"
  if place == "organizations" and (context.op.class == "read" or explores) then return end
  denied(context)
end

-- Words of the changes that an operator may do besides restoring: none changes production.
local harmless <const> = { "Operator", "Send", "StopAction", "DeviceCode" }

function rules.operator(context)
  local place, name = place_of(context.op), context.op.name
  if place == "organization" and name ~= "RestoreSession_ExploreAction"
      or place == "serviceinstance" then
    return
  end
  if place ~= "restoresessions" then denied(context) end
  if context.op.class == "read" then return end
  for _, word in ipairs(harmless) do
    if name:find(word, 1, true) then return end
  end
  denied(context)
end

--- Refuses a request that its account may not do.
---@param context vbo.sim.Context
function M.check(context)
  local account, params = context.account, context.params
  local rule = rules[account.kind]
  if not rule then return end
  rule(context)
  local session = params.restoreSessionId and context.store:session(params.restoreSessionId)
  if session and not M.sees(account, session) then
    refusal.not_found("RestoreSession", params.restoreSessionId)
  end
  local organization = params.organizationId
  if organization and core.fold(organization) ~= account.organization.id then
    refusal.not_found("Organization", organization)
  end
end

return M
