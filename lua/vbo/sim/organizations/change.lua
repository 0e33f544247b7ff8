--- Handles adding, editing and removing organizations.

local core = require "vbo.core"
local overlay = require "vbo.sim.typed.overlay"
local refusal = require "vbo.sim.base.refusal"
local render = require "vbo.sim.organizations.render"
local values = require "vbo.sim.typed.values"

local H = {}

local function known(context)
  local id = context.params.organizationId
  return context.store:organization(id) or refusal.not_found("Organization", id)
end

-- Returns the name of the organization in a body: its own, or that of its connections or account.
local function name_of(body)
  for _, name in ipairs { "exchangeOnlineSettings", "sharePointOnlineSettings" } do
    local settings = body[name]
    if settings then
      if settings.officeOrganizationName then return settings.officeOrganizationName end
      local domain = (settings.account or ""):match "@(.+)$"
      if domain then return domain end
    end
  end
  local account = body.username or body.userName
  local domain = account and account:match "@(.+)$"
  return body.name or body.officeName or domain or body.serverName or account
end

local types = { office365 = "Office365", onpremises = "OnPremises", hybrid = "Hybrid" }

function H.Organization_Add(context)
  local body = context.body
  local name = name_of(body) or refusal.missing { "Name" }
  for _, each in ipairs(context.store.organizations:list()) do
    if core.fold(each.name) == core.fold(name) then
      refusal.raise(409, ("Organization '%s' has been added already."):format(name))
    end
  end
  local made = context.store.organizations:add {
    id = context.app.uuid(), name = name, region = body.region,
    type = types[core.fold(tostring(body.type or "office365"))] or "Office365",
    account = body.username or body.exchangeOnlineSettings and body.exchangeOnlineSettings.account,
    description = body.description,
  }
  context.store.organizations.changes[made.id] = values.fold(body, context.op.body)
  return context:json(overlay.organization(context, render.organization(context, made), made))
end

--- Edits an organization; properties that the body leaves out keep their values.
function H.Organization_Update(context)
  local it, changes = known(context), context.store.organizations.changes
  changes[it.id] = changes[it.id] or {}
  local sent = values.fold(context.body, context.op.body)
  sent.id = nil
  values.merge(changes[it.id], sent)
  if context.op.answer.kind == "empty" then return context:empty() end
  return context:json(overlay.organization(context, render.organization(context, it), it))
end

--- Removes an organization; refuses while it has jobs.
function H.Organization_Remove(context)
  local it = known(context)
  for _, job in ipairs(context.store.jobs.list) do
    if job.organization == it then
      refusal.raise(409, ("Organization '%s' cannot be removed: job '%s' backs it up."):format(
        it.name, job.name))
    end
  end
  context.store.organizations:remove(it.id)
  return context:empty()
end

return H
