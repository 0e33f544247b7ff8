-- VboEmailSettings, VeodEmailSettings, VespEmailSettings, VetEmailSettings, VexEmailSettings,
-- AuditEmailSettings
local vbo = require "vbo"
local client <close> = vbo.connect()
print(client:vbo_email_settings().smtp_server, client:audit_email_settings().smtp_server)
for _, explorer in ipairs { "veod", "vesp", "vet", "vex" } do
  local settings = client[explorer .. "_email_settings"](client)
  print(explorer, settings.server, settings.port, settings.from)
end
