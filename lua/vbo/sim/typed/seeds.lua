--- Returns the first records of the collections that the world describes; others are made up.

local ascii = require "vbo.base.ascii"
local identities = require "vbo.sim.state.identities"
local ids = require "vbo.sim.base.ids"
local licensing = require "vbo.sim.organizations.licensing"

local M = {}

local collections = {}

collections["/backuprepositories"] = function(world)
  local list = {}
  for i, it in ipairs(world.repositories) do
    list[i] = {
      id = it.id, name = it.name, path = it.path, proxyid = it.proxy and it.proxy.id,
      description = "", isoutofsync = false, isoutdated = false, retentiontype = "ItemLevel",
      capacitybytes = 1 << 40, freespacebytes = 1 << 39, capacity = 1 << 40, freespace = 1 << 39,
    }
  end
  return list
end

--- Returns the pool of a proxy: only the first proxy is in one.
---@param world table
---@param proxy table
---@return string? id
function M.pool_of(world, proxy)
  return proxy == world.proxies[1] and ids.uuid "/proxypools/1" or nil
end

collections["/proxies"] = function(world)
  local list = {}
  for i, it in ipairs(world.proxies) do
    list[i] = {
      id = it.id, hostname = it.name, name = it.name, description = "", port = 9193,
      threadsnumber = 64, status = "Online", isdefault = i == 1,
      maintenancemodestate = "Disabled", proxypoolid = M.pool_of(world, it),
    }
  end
  return list
end

collections["/ec2resources/instancetype"] = function()
  return {
    { type = "t3.medium", cores = 2, memory = 4 << 30 },
    { type = "t3.large", cores = 2, memory = 8 << 30 },
    { type = "c5.xlarge", cores = 4, memory = 8 << 30 },
  }
end

-- Collections that are empty at first.
local function none() return {} end
collections["/repositorysynchronizesessions"] = none
collections["/repositoryownerchangesessions"] = none

collections["/licensedusers"] = function(world)
  local list = {}
  for _, organization in ipairs(world:organizations()) do
    for _, user in ipairs(organization.users) do
      -- The id of the user's backed-up data is made of both ids.
      list[#list + 1] = licensing.takes(user) and {
        id = user.id:sub(37), backeduporganizationid = user.id:sub(1, 36),
        name = user.name, organizationid = organization.id,
        organizationname = organization.name, isbackedup = true, licensestate = "Licensed",
      } or nil
    end
  end
  return list
end

-- Lists the repositories that hold restore points of an organization, each once.
collections["/organizations/{}/usedrepositories"] = function(_, given, store)
  local list, seen = {}, {}
  for _, point in ipairs(store.points.list) do
    local repository = point.repository
    if repository and point.organization.id == ascii.lower(given[1]) and not point.retrieval
        and not seen[repository.id] then
      seen[repository.id] = true
      list[#list + 1] = { repositoryid = repository.id, details = repository.name,
        isavailable = true, organizationid = point.organization.id }
    end
  end
  return list
end

collections["/organizations/{}/applications"] = function(world, given)
  local organization, list = world:organization(given[1]), {}
  for i, each in ipairs(organization and identities.of(organization).applications or {}) do
    list[i] = { applicationid = each.id, displayname = each.name, tag = "Veeam" }
  end
  return list
end

--- Returns the first records of a collection, with lower-case keys; nil: made up.
---@param context vbo.sim.Context
---@param key string
---@param given string[]
---@return table[]?
function M.of(context, key, given)
  local made = collections[key]
  return made and made(context.store.world, given, context.store)
end

local documents = {}

documents["/license"] = function(world)
  local used = 0
  for _, organization in ipairs(world:organizations()) do
    used = used + licensing.count(organization)
  end
  -- Licences come in packs of a hundred.
  return { status = "Valid", type = "Subscription", licensedto = "Rehearsal",
    totalnumber = math.max(1, (used + 99) // 100) * 100, usednumber = used, newnumber = 0 }
end

documents["/health"] = function()
  return { status = "Healthy", entries = { database = { status = "Healthy", description = "" } } }
end

-- The settings of a server that can send mail.
for _, name in ipairs { "/vexemailsettings", "/vespemailsettings", "/veodemailsettings",
  "/vetemailsettings" } do
  documents[name] = function()
    return { enablenotification = true, server = "mail.rehearsal.local", port = 587, usessl = true,
      from = "veeam@rehearsal.local", useauthentication = true, username = "veeam@rehearsal.local",
      user = "veeam@rehearsal.local", authenticationtype = "CustomSmtp" }
  end
end

--- Returns the first content of a document.
function M.document(context, key, given)
  local made = documents[key]
  return made and made(context.store.world, given)
end

return M
