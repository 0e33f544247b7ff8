-- Application, BackupApplication, BackupAccount, AuditItem, UsedRepository
local vbo = require "vbo"
local client <close> = vbo.connect()
local organization = client:organization "contoso.onmicrosoft.com"
for application in organization:applications():each() do print(application.display_name) end
for application in organization:backup_applications():each() do
  print(application.application_id)
end
for account in organization:backup_accounts():each() do print(account.group_member) end
for item in organization:audit_items():each() do print(item.type) end
for used in organization:used_repositories():each() do print(used.repository_id) end
