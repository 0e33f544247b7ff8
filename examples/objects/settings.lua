-- HistorySettings, ExclusionSettings, InternetProxySettings, GlobalRetentionExclusionSettings,
-- RestorePortalSettings, ManagementMode, ServiceInstance, Health, ConfigurationUpdates
local vbo = require "vbo"
local client <close> = vbo.connect()
print(client:service_instance().version, client:health().status)
print(client:history_settings().keep_allsessions)
for _, name in ipairs { "exclusion_settings", "internet_proxy_settings", "restore_portal_settings",
  "global_retention_exclusion_settings", "management_mode", "configuration_updates" } do
  for field, value in pairs(client[name](client)) do print(name, field, value) end
end
