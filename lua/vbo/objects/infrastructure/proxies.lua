--- Declares backup proxies and pools of them.

local collection = require "vbo.model.collection"
local declare = require "vbo.model.declare"
local errors = require "vbo.base.error"
local options = require "vbo.base.options"
local repositories = require "vbo.objects.infrastructure.repositories"
local resource = require "vbo.model.resource"

---@class vbo.Proxy
---@field id string
---@field host_name string
---@field description string?
---@field port integer?
---@field status string                   Online or Offline
---@field type string?
---@field version string?
---@field maintenance_mode_state string?  Disabled, Enabling or Enabled; v8
---@field proxy_pool_id string?           v8
local Proxy = resource.class {
  kind = "proxy", plural = "proxies", parameter = "proxyId", rooted = true, label = "hostName",
  get = "Proxy_GetProxy", list = "Proxy_GetProxies", methods = {}, bulk = {},
  names = declare.named("hostName", "fqdn", "description"),
}

---@class vbo.ProxyPool
---@field id string
---@field name string
---@field description string?
local ProxyPool = resource.class {
  kind = "proxy pool", plural = "proxy_pools", parameter = "poolId", rooted = true,
  get = "ProxyPool_GetProxyPool", list = "ProxyPool_GetProxyPools", methods = {}, bulk = {},
  names = declare.named "name",
}

--- `client:proxies():create{ host_name=, port=, user=, password=, description=, … }`.
declare.create(Proxy, "Proxy_Add")

--- Changes what is given and keeps the rest.
declare.edit(Proxy, "Proxy_Update", { keep = { "operatingSystem" } })

--- Takes the proxy out of the configuration.
---
--- Options (v3 and later): `user`, `password` of an account that may uninstall it;
--- `force` (v6 and later), `ssh_settings` (v8).
declare.remove(Proxy, { "Proxy_RemoveAction", "Proxy_Remove" })

--- Puts the proxy into maintenance mode (v8).  Options: `user`, `password`, `ssh_settings`.
declare.action(Proxy, "enable_maintenance", "Proxy_EnableMaintenanceAction")

--- Takes the proxy out of maintenance mode (v8).  Options as `enable_maintenance`.
declare.action(Proxy, "disable_maintenance", "Proxy_DisableMaintenanceAction")

--- Reads the proxy's configuration again (v3 and later).
declare.action(Proxy, "rescan", "Proxy_RescanAction")

local rescan_each = Proxy.bulk.rescan

--- Rescans the selected proxies: in one request from v6 on, one after the other before.
function Proxy.bulk:rescan()
  if not self._client._catalogue:operation "Proxy_Rescan" then return rescan_each(self) end
  local list = self:_all()
  if #list == 0 then return end
  local chosen = {}
  for i, proxy in ipairs(list) do chosen[i] = { id = proxy.id } end
  self._client:_call { call = "rescan", operation = "Proxy_Rescan",
    options = { proxies = chosen } }
end

--- Tries a connection to a Linux host that is to become a proxy (v8).
---
--- Options: `host`, and the properties of the connection: `account`, `account_password`,
--- `port`, `private_key_base64`, `private_key_passphrase`, `fingerprint`, ….
---@param given table
---@return table result  { status = "Success" or "Failed", fingerprint=, publicBase64Key= }
function Proxy.bulk:check_ssh_connection(given)
  return declare.call(self._client, "check_ssh_connection", "Proxy_CheckSshConnectionConfig",
    given).data
end

--- Lists the repositories that the proxy serves.
---@return table collection
function Proxy.methods:backup_repositories()
  local known = self._client._catalogue
  if known:operation "Proxy_GetRepositories" then
    return collection.new(repositories.Repository, self, { list = "Proxy_GetRepositories" })
  end
  local body = require "vbo.request.body"
  local own = self.id
  if body.takes_query(known:operation(repositories.Repository.list), "proxy_id") then
    return collection.new(repositories.Repository, self._client, { query = { proxy_id = own } })
  end
  -- v3 to v5 neither have the one nor the other.
  return collection.new(repositories.Repository, self._client, {}):where(function(repository)
    return repository.proxy_id == own
  end)
end

-- Proxies, ids or host names as the bodies of pools take them.
local function members(self, list, call)
  if collection.is(list) then
    list = list:_all()
  elseif type(list) ~= "table" or resource.is(list) then
    list = { list }
  end
  if #list == 0 then errors.usage(("%s needs at least one proxy"):format(call)) end
  local result = {}
  for i, value in ipairs(list) do
    result[i] = { proxyId = resource.reference(Proxy, self._client, value).id }
  end
  return result
end

-- The API calls a pool's proxies `proxyIds`, though each is an object.
local function with_members(self, given, call)
  local own, rest = options.split(given, { proxies = "table" }, call)
  if own.proxies then rest.proxy_ids = members(self, own.proxies, call) end
  return rest
end

--- Makes a pool (v8).  Options: `name`, `description`, `proxies` (a list of proxies, their ids
--- or host names).
---@param given table
---@return vbo.ProxyPool
function ProxyPool.bulk:create(given)
  local rest = with_members(self, given, "create")
  if rest.description == nil then rest.description = "" end
  return resource.from_record(ProxyPool, self._client,
    declare.call(self._client, "create", "ProxyPool_Add", rest).data)
end

--- Changes what is given (`name`, `description`, `proxies`) and keeps the rest.
---@param given table
---@return vbo.ProxyPool self
function ProxyPool.methods:edit(given)
  local rest = with_members(self, given, "edit")
  if rest.name == nil then rest.name = self.name end
  if rest.description == nil then rest.description = self.description or "" end
  -- The body insists on all members, which the pool's record does not name.
  if rest.proxy_ids == nil then
    rest.proxy_ids = {}
    for proxy in self:proxies():each() do
      rest.proxy_ids[#rest.proxy_ids + 1] = { proxyId = proxy.id }
    end
  end
  declare.call(self, "edit", "ProxyPool_Update", rest)
  return self:refresh()
end

--- Dissolves the pool.
declare.remove(ProxyPool, "ProxyPool_Remove")

--- Lists the proxies of the pool.
---@param given table?  a list: a selection of them
---@return table collection
function ProxyPool.methods:proxies(given)
  return collection.of(Proxy, self, given, { list = "ProxyPool_GetProxies" })
end

--- Adds proxies to the pool.
---@param list any  a proxy, its id or host name, or a list or collection of them
function ProxyPool.methods:add_proxies(list)
  declare.call(self, "add_proxies", "ProxyPool_AddProxies", members(self, list, "add_proxies"))
end

--- Takes proxies out of the pool.
---@param list any  as `add_proxies`
function ProxyPool.methods:remove_proxies(list)
  declare.call(self, "remove_proxies", "ProxyPool_RemoveProxies",
    members(self, list, "remove_proxies"))
end

--- Lists the repositories that the pool serves.
---@return table collection
function ProxyPool.methods:backup_repositories()
  return self._client:backup_repositories { proxy_pool_id = self.id }
end

--- Returns the pool that the proxy belongs to (v8); nil when it belongs to none.
---@return vbo.ProxyPool?
function Proxy.methods:proxy_pool()
  local id = self.proxy_pool_id
  return id and self._client:proxy_pool(id) or nil
end

return { Proxy = Proxy, ProxyPool = ProxyPool }
