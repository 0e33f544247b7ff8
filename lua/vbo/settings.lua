--- Settings, the licence, mail, events and health of a server.

local body = require "vbo.dialect.body"
local declare = require "vbo.declare"
local pipeline = require "vbo.pipeline"
local resource = require "vbo.resource"

local M = { client = {} }
local client = M.client

for _, part in ipairs { "license", "mail_settings", "events" } do
  for name, value in pairs(require("vbo." .. part)) do
    if name ~= "client" then M[name] = value end
  end
  for name, method in pairs(require("vbo." .. part).client) do client[name] = method end
end

-- `client:NAME()`, with an `edit{…}` that changes what is given and keeps the rest.
local function settings(name, kind, get, update, how)
  local class = resource.class { kind = kind, get = get, methods = {} }
  declare.single(client, name, class)
  if update then declare.edit(class, update, how) end
  return class
end

---@class vbo.HistorySettings
---@field keep_allsessions boolean
---@field keeponly_last integer     weeks

--- How long job sessions are kept (every version).
M.HistorySettings = settings("history_settings", "history settings",
  "HistorySettings_Get", "HistorySettings_Update")

---@class vbo.ExclusionSettings
---@field deleted_items boolean
---@field drafts boolean
---@field junk_email boolean
---@field outbox boolean
---@field sync_issues boolean
---@field litigation_hold boolean
---@field in_place_hold boolean

--- Folders of mailboxes that no job backs up (every version).
M.ExclusionSettings = settings("exclusion_settings", "exclusion settings",
  "ExclusionSettings_Get", "ExclusionSettings_Update")

---@class vbo.InternetProxySettings
---@field use_internet_proxy boolean
---@field host_name string?
---@field port integer?
---@field use_authentication boolean?
---@field username string?

--- The internet proxy (v3 and later); `edit` takes `user` and `password` (a secret) as well.
M.InternetProxySettings = settings("internet_proxy_settings", "internet proxy settings",
  "InternetProxySettings_Get", "InternetProxySettings_Update")

---@class vbo.GlobalRetentionExclusionSettings
---@field calendar boolean
---@field contacts boolean

--- What retention spares everywhere (v6 and later).
M.GlobalRetentionExclusionSettings = settings("global_retention_exclusion_settings",
  "global retention exclusion settings",
  "GlobalRetentionExclusionSettings_GlobalRetentionPolicyGet",
  "GlobalRetentionExclusionSettings_GlobalRetentionPolicyPut", { whole = true })

---@class vbo.RestorePortalSettings
---@field is_enabled boolean
---@field application_id string?
---@field restore_portal_uri string?
---@field msal_authority_uri string?

--- The restore portal (v6 and later).
M.RestorePortalSettings = settings("restore_portal_settings", "restore portal settings",
  "RestorePortalSettings_Get")

---@class vbo.ManagementMode
---@field is_managed boolean
---@field company_name string?
---@field manager_id string?

--- Who manages the server (v6 and later); `edit` in v6 and v7.
M.ManagementMode = settings("management_mode", "management mode",
  "ManagementMode_Get", "ManagementMode_Update")

---@class vbo.ServiceInstance
---@field version string          of the product
---@field installation_id string

--- The installation (v6 and later).
M.ServiceInstance = settings("service_instance", "service instance", "ServiceInstance_Get")

---@class vbo.Health
---@field status string           Healthy or Unhealthy
---@field entries table<string, table>

--- How the server is (v8).
M.Health = settings("health", "health report", "Health_Get")

---@class vbo.ConfigurationUpdates
---@field enable_check_for_updates boolean
---@field update_settings table?

--- How the product updates itself (v8).
M.ConfigurationUpdates = settings("configuration_updates", "configuration of updates",
  "Configuration_Updates_Get")

declare.note(M.ConfigurationUpdates.methods, {
  name = "edit", kind = "edit", operation = "Configuration_Updates_Update",
  class = M.ConfigurationUpdates,
})

--- Changes what is given, also inside `update_settings`, and keeps the rest.
---@param given table  enable_check_for_updates=, update_settings= {
---  install_updates_automatically=, send_email_on_available_updates= }
---@return vbo.ConfigurationUpdates self
function M.ConfigurationUpdates.methods:edit(given)
  local operation = pipeline.operation(self._client, "Configuration_Updates_Update")
  local whole = {}
  for option, value in pairs(given or {}) do
    whole[body.property(operation.body, option) or option] = value
  end
  if whole.enableCheckForUpdates == nil then
    whole.enableCheckForUpdates = self.enable_check_for_updates
  end
  local nested = operation.body.properties.updateSettings
  local inner, current = {}, self.update_settings
  for name in pairs(nested.properties) do
    if type(current) == "table" then inner[name] = resource.field(current, name) end
  end
  if type(whole.updateSettings) == "table" then
    for option, value in pairs(whole.updateSettings) do
      inner[body.property(nested, option) or option] = value
    end
  end
  if whole.updateSettings == nil or type(whole.updateSettings) == "table" then
    whole.updateSettings = next(inner) and inner or nil
  end
  declare.call(self, "edit", "Configuration_Updates_Update", whole)
  return self:refresh()
end

return M
