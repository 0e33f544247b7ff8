--- Handles the groups, sites and teams of organizations, members of groups, licences in use and the
--- state of synchronisation.  Groups are those of Microsoft 365 that teams have, and further ones
--- of the world.

local core = require "vbo.core"
local licensing = require "vbo.sim.organizations.licensing"
local lies = require("vbo.sim.organizations.location").matches
local refusal = require "vbo.sim.base.refusal"
local dates = require "vbo.sim.state.dates"

local H = {}

local function organization(context)
  local id = context.params.organizationId
  return context.store:organization(id) or refusal.not_found("Organization", id)
end

-- Selects what exists now: what was deleted is only in backups.
local function present(context, list)
  local out, now = {}, context.store.world.now
  for _, it in ipairs(list or {}) do
    if not (type(it.deleted) == "number" and it.deleted <= now) then out[#out + 1] = it end
  end
  return out
end

local function has(value, text)
  return text == nil or core.fold(value):find(core.fold(text), 1, true) ~= nil
end

local function by_id(list, id, what)
  for _, it in ipairs(list) do
    if core.fold(it.id) == core.fold(id) then return it end
  end
  refusal.not_found(what, id)
end

local function group_row(context, it)
  local organization_id = it.organization.id
  local base = "/Organizations/%s/Groups/%s"
  local location = it.location or "Cloud"
  -- Up to v5 a group is either in the cloud or on premises.
  if location == "Hybrid" and context.number <= 5 then location = "OnPremises" end
  return {
    id = it.id, name = it.email, displayName = it.name, type = it.type or "Office365",
    locationType = location, managedBy = it.author, site = it.url,
    isBackedup = true, msid = it.id,
    eTag = 1,
    _links = {
      self = context:href(base, organization_id, it.id),
      organization = context:href("/Organizations/%s", organization_id),
      members = context.number >= 5
        and context:href(base .. "/Members", organization_id, it.id) or nil,
    },
  }
end

local function groups(context)
  local it = organization(context)
  local list = present(context, it.teams)
  return table.move(it.groups or {}, 1, #(it.groups or {}), #list + 1, list)
end

function H.OrganizationGroup_Get(context)
  local query, found = context.query, {}
  for _, it in ipairs(groups(context)) do
    if lies(query, it.location) and has(it.name, query.displayName)
        and has(it.email, query.groupName or query.name) then
      found[#found + 1] = it
    end
  end
  return context:list(found, group_row)
end

local function group(context)
  return by_id(groups(context), context.params.groupId, "Group")
end

function H.OrganizationGroup_GetById(context)
  return context:json(group_row(context, group(context)))
end

function H.OrganizationGroupMember_Get(context)
  local it = group(context)
  return context:list(it.members, function(_, login)
    local user = it.organization.by_email[core.fold(login)]
    return {
      login = login, name = user and user.display or login, type = "User", groupId = it.id,
      isCloud = not user or user.location == "Cloud",
    }
  end)
end

local function site_row(context, it)
  local owner = it.organization or it.user.organization
  local personal = it.user ~= nil
  local cloud = personal or owner.sharepoint_server == nil
  return {
    id = it.id, name = it.name, title = it.name, url = it.url, isCloud = cloud,
    isPersonal = personal, isAvailable = true, isBackedup = true, eTag = 1,
    parentUrl = it.parent and it.parent.url or nil, msid = it.id:sub(1, 36),
    _links = {
      self = context:href("/Organizations/%s/Sites/%s", owner.id, it.id),
      organization = context:href("/Organizations/%s", owner.id),
    },
  }
end

function H.OrganizationSite_Get(context)
  local it, query, found = organization(context), context.query, {}
  local parent = query.parentId
  local location = it.sharepoint_server and "OnPremises" or "Cloud"
  for _, site in ipairs(present(context, it.sites)) do
    if lies(query, location) and (has(site.name, query.filter) or has(site.url, query.filter))
        and (not parent or site.parent and core.fold(site.parent.id) == core.fold(parent)) then
      found[#found + 1] = site
    end
  end
  -- Personal sites are those of OneDrives.
  if query.includePersonalSites and not parent and lies(query, "Cloud") then
    for _, drive in ipairs(it.drives or {}) do
      if not drive.user.left and has(drive.name, query.filter) then found[#found + 1] = drive end
    end
  end
  return context:list(found, site_row)
end

function H.OrganizationSite_GetById(context)
  local it, id = organization(context), context.params.siteId
  for _, drive in ipairs(it.drives or {}) do
    if drive.id == core.fold(id) then return context:json(site_row(context, drive)) end
  end
  return context:json(site_row(context, by_id(present(context, it.sites), id, "Site")))
end

local function team_row(context, it)
  return {
    id = it.id, displayName = it.name, description = it.description, mail = it.email, eTag = 1,
    msid = it.id,
    _links = {
      self = context:href("/Organizations/%s/Teams/%s", it.organization.id, it.id),
      organization = context:href("/Organizations/%s", it.organization.id),
    },
  }
end

function H.OrganizationTeam_Get(context)
  local found = {}
  for _, it in ipairs(present(context, organization(context).teams)) do
    if has(it.name, context.query.displayName) then found[#found + 1] = it end
  end
  return context:list(found, team_row)
end

function H.OrganizationTeam_GetById(context)
  local list = present(context, organization(context).teams)
  return context:json(team_row(context, by_id(list, context.params.teamId, "Team")))
end

function H.OrganizationLicensingInformation_GetLicenseCount(context)
  return context:json { licensedUsers = licensing.count(organization(context)), newUsers = 0 }
end

-- The seconds of a synchronisation.
local seconds = 2

-- Returns the last synchronisation of an organization, and the running one.
local function sync_of(context, it)
  local store = context.store
  local state = store.syncs[it.id]
  if not state then
    local ended = store.world.now - 3600
    state = { last = { type = "Incremental", started = ended - seconds, ended = ended } }
    store.syncs[it.id] = state
  end
  local current = state.current
  if current and store.clock() - current.started >= seconds then
    current.ended = current.started + seconds
    state.last, state.current = current, nil
  end
  return state
end

local function sync_row(context, it)
  local state = sync_of(context, it)
  local last, current = state.last, state.current
  return {
    -- v7
    lastSyncTime = dates.time(last.ended), status = "Success", type = last.type,
    -- v8
    organizationId = it.id,
    lastSyncState = {
      startTime = dates.time(last.started), endTime = dates.time(last.ended), type = last.type,
      result = "Success",
    },
    currentSyncState = current and {
      startTime = dates.time(current.started), scheduledTime = dates.time(current.started),
      status = "Running", type = current.type,
    } or nil,
  }
end

function H.OrganizationSync_GetState(context)
  return context:json(sync_row(context, organization(context)))
end

function H.OrganizationSync_GetStates(context)
  return context:list(context.store.organizations:list(), sync_row)
end

function H.OrganizationSync_Start(context)
  local it = organization(context)
  local state = sync_of(context, it)
  if state.current then
    refusal.raise(409, ("Organization '%s' is being synchronised already."):format(it.name))
  end
  state.current =
    { type = context.body.type or "Incremental", started = context.store.clock() }
  return context:empty()
end

return H
