--- Handles reading of organizations, their users, OneDrives and mailboxes, and exploring them.

local core = require "vbo.core"
local access = require "vbo.sim.state.access"
local explore = require "vbo.sim.sessions.explore"
local location = require "vbo.sim.organizations.location"
local overlay = require "vbo.sim.typed.overlay"
local refusal = require "vbo.sim.base.refusal"
local render = require "vbo.sim.organizations.render"

local H = {}

local function organization(context)
  local id = context.params.organizationId
  return context.store:organization(id) or refusal.not_found("Organization", id)
end

local function user(context)
  local id = context.params.userId
  for _, each in ipairs(organization(context).users) do
    if not each.left and (each.id == id or core.fold(each.id) == core.fold(id)) then return each end
  end
  refusal.not_found("User", id)
end

local function row(context, it)
  return overlay.organization(context, render.organization(context, it), it)
end

function H.Organization_Get(context)
  local found = {}
  for _, each in ipairs(context.store.organizations:list()) do
    if access.sees_organization(context.account, each) then found[#found + 1] = each end
  end
  return context:list(found, row)
end

function H.Organization_GetById(context)
  return context:json(row(context, organization(context)))
end

-- Finds the organization of the account.  A service provider's account has none.
local function current(context)
  return context.account.organization
    or refusal.raise(403, "Only accounts of a tenant have an organization of their own.")
end

function H.Organization_GetCurrentOrganization(context)
  return context:json(row(context, current(context)))
end

function H.RestoreSession_ExploreAction(context)
  return explore.open(context, current(context))
end

function H.Organization_Explore(context)
  return explore.open(context, organization(context))
end

function H.OrganizationUser_Get(context)
  local found, query = {}, context.query
  local function wanted(value, text)
    return text == nil or core.fold(value):find(core.fold(text), 1, true) ~= nil
  end
  for _, each in ipairs(organization(context).users) do
    if not each.left and location.matches(query, each.location)
        and wanted(each.name, query.userName)
        and wanted(each.display, query.displayName) then
      found[#found + 1] = each
    end
  end
  return context:list(found, render.user)
end

function H.OrganizationUser_GetById(context)
  return context:json(render.user(context, user(context)))
end

function H.OrganizationUserOneDrive_GetPage(context)
  return context:list({ user(context).drive }, render.user_drive)
end

function H.OrganizationUserOneDrive_GetOne(context)
  local drive, id = user(context).drive, context.params.onedriveId
  if not drive or drive.id ~= core.fold(id) then refusal.not_found("OneDrive", id) end
  return context:json(render.user_drive(context, drive))
end

local function mailbox_row(context, it)
  local id = it.user.organization.id
  return {
    id = it.id, email = it.email, name = it.name, isBackedUp = true,
    _links = {
      self = context:href("/Organizations/%s/Mailboxes/%s", id, it.id),
      organization = context:href("/Organizations/%s", id),
    },
  }
end

--- Lists the mailboxes of an organization (v1, which has no users).
function H.OrganizationMailbox_Get(context)
  return context:list(organization(context).mailboxes, mailbox_row)
end

function H.OrganizationMailbox_GetById(context)
  local id = context.params.mailboxId
  for _, each in ipairs(organization(context).mailboxes) do
    if each.id == core.fold(id) then return context:json(mailbox_row(context, each)) end
  end
  refusal.not_found("Mailbox", id)
end

return H
