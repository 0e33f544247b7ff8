--- Renders organizations, their users and the users' OneDrives as records of the API.

local dates = require "vbo.sim.state.dates"

local M = {}

function M.organization(context, it)
  local id = it.id
  local base = "/Organizations/%s"
  local settings = { account = it.account, officeOrganizationName = it.name }
  local exchange, sharepoint = it.exchange_server, it.sharepoint_server
  local first, last = context.store.points:span(it)
  return {
    id = id, name = it.name, officeName = it.name, description = it.description, type = it.type,
    region = it.region, username = it.account, grantImpersonation = true,
    grantAccessToSiteCollections = true, isExchangeOnline = true,
    isSharePointOnline = it.workloads.Veod or it.workloads.Vesp and not sharepoint or false,
    isExchange = it.type ~= "Office365", isSharepoint = sharepoint ~= nil,
    isTeamsOnline = it.workloads.Vet or false, isTeamsChatsOnline = false, msid = it.msid,
    exchangeOnlineSettings = settings,
    sharePointOnlineSettings = it.workloads.Veod and settings or nil,
    exchangeSettings = exchange and {
      serverName = exchange, username = it.account, useSSL = true, skipCAverification = false,
      skipCommonnameverification = false, skipRevocationcheck = false, grantImpersonation = true,
      configureThrottlingpolicy = true,
    } or nil,
    sharepointSettings = sharepoint and {
      serverName = sharepoint, serverPort = 5986, username = it.account, useSSL = true,
      grantAccesstositecollections = true, skipCAverification = false,
      skipCommonnameverification = false, skipRevocationcheck = false,
    } or nil,
    isBackedup = last ~= nil, firstBackuptime = dates.time(first),
    lastBackuptime = dates.time(last), backedUpOrganizationId = it.msid,
    _links = {
      self = context:href(base, id), jobs = context:href(
        context.number >= 8 and "/Jobs?organizationId=%s" or base .. "/Jobs", id),
      users = context.number >= 2 and context:href(base .. "/Users", id) or nil,
    },
  }
end

function M.user(context, it)
  local organization = it.organization.id
  local base = "/Organizations/%s/Users/%s"
  return {
    id = it.id, name = it.name, displayName = it.display, type = it.type,
    locationType = it.location, office = it.office, isBackedup = true,
    _links = {
      self = context:href(base, organization, it.id),
      organization = context:href("/Organizations/%s", organization),
      oneDrives = it.drive and context:href(base .. "/OneDrives", organization, it.id) or nil,
    },
  }
end

--- Renders a user's OneDrive as a resource of the organization.
function M.user_drive(context, it)
  local user = it.user
  local organization = user.organization.id
  local base = "/Organizations/%s/Users/%s"
  return {
    id = it.id, name = it.name, url = it.url,
    _links = {
      self = context:href(base .. "/OneDrives/%s", organization, user.id, it.id),
      user = context:href(base, organization, user.id),
    },
  }
end
return M
