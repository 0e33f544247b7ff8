--- Checks the identity of a restore: an account or application of an organization, or a device code
--- that was issued for it.
---
--- The world lists them (`accounts` and `applications` of an organization in `world.lua`).  Besides
--- these, an organization has the account that it was added with, which may write everything; its
--- users, each of whom may write what is their own; and, where the world lists no application, one
--- that may write everything.
---
--- A password is compared where the world has one; otherwise any password is accepted, since a
--- recorded world cannot know it.  Certificates are opened with their password and must be valid;
--- where the world has a thumbprint, the certificate must have it.

local ascii = require "vbo.base.ascii"
local core = require "vbo.core"
local ids = require "vbo.sim.base.ids"
local refusal = require "vbo.sim.base.refusal"

local M = {}

---@class vbo.sim.Identity
---@field name string
---@field password string?     nil: any
---@field mfa boolean?         a password alone is not accepted
---@field rights table<string, true>  workloads in which it may write everything: "Vex" …
---@field id string?           of applications
---@field thumbprint string?   of an application's certificate, SHA-1 in hex; nil: any

local workloads <const> = {
  exchange = "Vex", onedrive = "Veod", sharepoint = "Vesp", teams = "Vet",
}
local all <const> = { Vex = true, Veod = true, Vesp = true, Vet = true }

-- Returns rights by the names of workloads; all without names.
local function rights_of(names)
  if not names then return all end
  local out = {}
  for _, name in ipairs(names) do out[workloads[name]] = true end
  return out
end

-- Returns the application of an organization whose world lists none.
local function default_application(organization)
  return { id = ids.uuid(organization.name .. "/application"), rights = all,
    name = "Veeam Backup for Microsoft 365" }
end

--- Returns the identities of an organization.
---@param organization table
---@return { account: table<string, vbo.sim.Identity>, applications: vbo.sim.Identity[],
---  application: table<string, vbo.sim.Identity> }  accounts by name, applications by id, in lower
---  case
function M.of(organization)
  if organization.identities then return organization.identities end
  local known = { account = {}, applications = {}, application = {} }
  if organization.account then
    known.account[core.fold(organization.account)] = { name = organization.account, rights = all }
  end
  for _, each in ipairs(organization.accounts or {}) do
    known.account[core.fold(each.name)] = { name = each.name, password = each.password,
      mfa = each.mfa, rights = rights_of(each.rights) }
  end
  for _, each in ipairs(organization.applications or { default_application(organization) }) do
    local application = { id = ascii.lower(each.id), name = each.name or each.id,
      thumbprint = each.thumbprint and ascii.lower((each.thumbprint:gsub("%X", ""))),
      rights = each.rights == all and all or rights_of(each.rights) }
    table.insert(known.applications, application)
    known.application[application.id] = application
  end
  organization.identities = known
  return known
end

-- Returns the name of an account without its domain.
local function alias_of(name) return name:match "^[^\\]+\\(.+)$" or name:match "^[^@]+" end

--- Finds the account of a name: "alice@contoso.com", or in the form of Windows, "CONTOSO\\alice"
--- and "alice".
---@param organization table
---@param name string
---@return vbo.sim.Identity?
function M.account(organization, name)
  local known, key = M.of(organization).account, core.fold(name)
  if known[key] then return known[key] end
  local user = organization.by_email[key]
  if not user and not key:find("@", 1, true) then
    local alias = alias_of(key)
    for each, account in pairs(known) do
      if alias_of(each) == alias then return account end
    end
    for _, each in ipairs(organization.users) do
      if alias_of(core.fold(each.name)) == alias then user = user or each end
    end
  end
  if user and not user.left then return { name = user.name, rights = {} } end
end

local function refuse(organization, text, ...)
  refusal.raise(400, ("Failed to log in to %s: %s"):format(organization.name, text:format(...)))
end

local function by_password(organization, name, password)
  local account = M.account(organization, name)
  if not account then
    refuse(organization, "there is no account '%s'.  Restores may use %s.", name,
      organization.account and ("'%s'"):format(organization.account) or "an account of a user")
  elseif account.mfa then
    refuse(organization, "the account '%s' needs multi-factor authentication: use a device code or "
      .. "an application's certificate.", name)
  elseif not password or password == "" then
    refuse(organization, "the password of '%s' is missing.", name)
  elseif account.password and account.password ~= password then
    refuse(organization, "the password of '%s' is wrong.", name)
  end
  return account
end

-- Finds the application of an id; refuses an unknown id.
local function application_of(organization, id)
  local known = M.of(organization)
  return known.application[ascii.lower(id)] or refuse(organization,
    "there is no application '%s'.  There is '%s' (%s).", id, known.applications[1].id,
    known.applications[1].name)
end

local function by_certificate(organization, id, certificate, password)
  local application = application_of(organization, id)
  local bytes = ids.unbase64(certificate)
  if not bytes then refuse(organization, "the application's certificate is not Base64.") end
  local server = require "vbo.server"
  local thumbprint, err = server.pfx_thumbprint(bytes, password or "")
  if not thumbprint then
    refuse(organization, "the certificate of the application '%s': %s.", application.name,
      err.message)
  elseif application.thumbprint and application.thumbprint ~= thumbprint then
    refuse(organization, "the application '%s' has another certificate.", application.name)
  end
  return application
end

--- Issues a device code for a session's organization.
---@param context vbo.sim.Context
---@param organization table
---@param application string?  id
---@return { code: string, application: string, expires: number }
function M.issue_code(context, organization, application)
  local codes = context.store.device_codes
  local found = application and application_of(organization, application)
    or M.of(organization).applications[1]
  local issued = { code = nil, organization = organization, application = found,
    expires = context.app.clock() + 899 }
  for code, each in pairs(codes) do
    if each.expires <= context.app.clock() then codes[code] = nil end
  end
  repeat
    issued.code = ascii.upper(context.app.uuid():gsub("%X", ""):sub(-9))
  until not codes[issued.code]
  codes[issued.code] = issued
  return issued
end

-- Finds the application of a device code.  Here a code counts as confirmed once it is issued.
local function by_code(context, organization, code, application)
  local issued = context.store.device_codes[ascii.upper(code)]
  if not issued or issued.organization ~= organization then
    refuse(organization, "the device code '%s' was not issued for it.", code)
  elseif issued.expires <= context.app.clock() then
    refuse(organization, "the device code '%s' has expired.", code)
  elseif application and issued.application.id ~= ascii.lower(application) then
    refuse(organization, "the device code '%s' was issued for another application.", code)
  end
  return issued.application
end

local function first(body, names)
  for _, name in ipairs(names) do
    local value = body[name]
    if type(value) == "string" and value ~= "" then return value end
  end
end

local users <const> = { "userName", "officeUsername", "office365UserName", "office365username" }
local passwords <const> = { "userPassword", "officePassword", "officeUserpassword",
  "office365UserPassword", "office365userpassword" }
local local_users <const> = { "onPremisesUsername", "onPremisesUserName", "onpremisesUsername",
  "onpremuserName" }
local local_passwords <const> = { "onPremisesPassword", "onpremisesUserpassword",
  "onPremisesUserPassword", "onpremuserPassword" }

-- Finds the identity that the body of a restore names; nil for the organization's own.
local function named(context, organization)
  local body = context.body
  local id, code = first(body, { "applicationId" }), first(body, { "userCode" })
  local certificate = first(body, { "applicationCertificate" })
  local on_premises = first(body, local_users)
  if on_premises then by_password(organization, on_premises, first(body, local_passwords)) end
  local impersonated = first(body, { "impersonationAccountName" })
  if impersonated and not M.account(organization, impersonated) then
    refuse(organization, "there is no account '%s' to impersonate.", impersonated)
  end
  local user = first(body, users)
  if certificate then
    if not id then refusal.missing { "ApplicationId" } end
    return by_certificate(organization, id, certificate,
      first(body, { "applicationCertificatePassword" }))
  elseif code then
    return by_code(context, organization, code, id)
  elseif user then
    return by_password(organization, user, first(body, passwords))
  elseif id then
    application_of(organization, id)
    refuse(organization, "the application '%s' needs a certificate or a device code.", id)
  end
  return on_premises and M.account(organization, on_premises) or nil
end

local names <const> = { Vex = "mailboxes", Veod = "OneDrives", Vesp = "sites", Vet = "teams" }

--- Checks the identity of a restore, as production would at its login, and keeps it as
--- `context.identity`.
---@param context vbo.sim.Context
---@param session table  the restore session
function M.check(context, session)
  if type(context.body) ~= "table" then return end
  local wanted = context.body.organizationName or context.body.officeOrganizationName
  local organization = type(wanted) == "string" and wanted ~= ""
    and context.store.organizations:named(wanted) or session.organization
  local identity = named(context, organization)
  context.identity = identity
  -- Sites and teams have no single owner.
  local kind = session.type
  if identity and not identity.rights[kind] and (kind == "Vesp" or kind == "Vet") then
    refusal.raise(403, ("Access is denied: '%s' may not change the %s of %s."):format(
      identity.name, names[kind], organization.name))
  end
end

--- Returns the message for an identity that may not write into a user's mailbox or OneDrive; nil
--- where it may.
---@param identity vbo.sim.Identity?
---@param kind "Vex"|"Veod"
---@param owner string
---@return string?
function M.denied(identity, kind, owner)
  if not identity or identity.rights[kind] or core.fold(identity.name) == core.fold(owner) then
    return nil
  end
  return ("Access is denied: '%s' may not write into the %s of %s."):format(identity.name,
    kind == "Vex" and "mailbox" or "OneDrive", owner)
end

return M
