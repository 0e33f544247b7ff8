--- Declares settings and health of a server.

local body = require "vbo.request.body"
local declare = require "vbo.model.declare"
local fields = require "vbo.model.fields"
local options_of = require "vbo.base.options"
local pipeline = require "vbo.request.pipeline"
local resource = require "vbo.model.resource"

local M = {}

---@class vbo.HistorySettings
---@field keep_allsessions boolean
---@field keeponly_last integer
local HistorySettings = resource.class {
  kind = "history settings", get = "HistorySettings_Get", methods = {},
}

--- Changes what is given and keeps the rest.
declare.edit(HistorySettings, "HistorySettings_Update")

---@class vbo.ExclusionSettings
---@field deleted_items boolean
---@field drafts boolean
---@field junk_email boolean
---@field outbox boolean
---@field sync_issues boolean
---@field litigation_hold boolean
---@field in_place_hold boolean
local ExclusionSettings = resource.class {
  kind = "exclusion settings", get = "ExclusionSettings_Get", methods = {},
}

--- Changes what is given and keeps the rest.
declare.edit(ExclusionSettings, "ExclusionSettings_Update")

---@class vbo.InternetProxySettings
---@field use_internet_proxy boolean
---@field host_name string?
---@field port integer?
---@field use_authentication boolean?
---@field username string?
local InternetProxySettings = resource.class {
  kind = "internet proxy settings", get = "InternetProxySettings_Get", methods = {},
}

--- Changes what is given and keeps the rest; takes `user` and `password` (a secret) as well.
declare.edit(InternetProxySettings, "InternetProxySettings_Update")

---@class vbo.GlobalRetentionExclusionSettings
---@field calendar boolean
---@field contacts boolean
local RetentionExclusion = resource.class {
  kind = "global retention exclusion settings",
  get = "GlobalRetentionExclusionSettings_GlobalRetentionPolicyGet", methods = {},
}

--- Changes what is given and keeps the rest.
declare.edit(RetentionExclusion, "GlobalRetentionExclusionSettings_GlobalRetentionPolicyPut",
  { whole = true })

---@class vbo.RestorePortalSettings
---@field is_enabled boolean
---@field application_id string?
---@field restore_portal_uri string?
---@field msal_authority_uri string?
local RestorePortalSettings = resource.class {
  kind = "restore portal settings", get = "RestorePortalSettings_Get", methods = {},
}

---@class vbo.ManagementMode
---@field is_managed boolean
---@field company_name string?
---@field manager_id string?
local ManagementMode = resource.class {
  kind = "management mode", get = "ManagementMode_Get", methods = {},
}

--- Changes what is given and keeps the rest (v6 and v7).
declare.edit(ManagementMode, "ManagementMode_Update")

---@class vbo.ServiceInstance
---@field version string          of the product
---@field installation_id string
local ServiceInstance = resource.class {
  kind = "service instance", get = "ServiceInstance_Get", methods = {},
}

---@class vbo.Health
---@field status string           Healthy or Unhealthy
---@field entries table<string, table>
local Health = resource.class { kind = "health", get = "Health_Get", methods = {} }

---@class vbo.ConfigurationUpdates
---@field enable_check_for_updates boolean
---@field update_settings table?
local ConfigurationUpdates = resource.class {
  kind = "configuration of updates", get = "Configuration_Updates_Get", methods = {},
}

--- Changes what is given, also inside `update_settings`, and keeps the rest.
---@param given table  enable_check_for_updates=, update_settings= {
---  install_updates_automatically=, send_email_on_available_updates= }
---@return vbo.ConfigurationUpdates self
function ConfigurationUpdates.methods:edit(given)
  local operation = pipeline.operation(self._client, "Configuration_Updates_Update")
  local whole = {}
  for option, value in pairs(options_of.given(given, "edit")) do
    whole[body.property(operation.body, option) or option] = value
  end
  if whole.enableCheckForUpdates == nil then
    whole.enableCheckForUpdates = self.enable_check_for_updates
  end
  local nested = operation.body.properties.updateSettings
  local inner, current = {}, self.update_settings
  for name in pairs(nested.properties) do
    if type(current) == "table" then inner[name] = fields.read(current, name) end
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

M.HistorySettings, M.ExclusionSettings = HistorySettings, ExclusionSettings
M.InternetProxySettings, M.RetentionExclusion = InternetProxySettings, RetentionExclusion
M.RestorePortalSettings, M.ManagementMode = RestorePortalSettings, ManagementMode
M.ServiceInstance, M.Health, M.ConfigurationUpdates = ServiceInstance, Health, ConfigurationUpdates

return M
