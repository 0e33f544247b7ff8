-- DeviceCode, LicensingInformation, SyncState, RetentionExclusion, TenantInformation,
-- VersionBackupOptions
local vbo = require "vbo"
local client <close> = vbo.connect()
local organization = client:organization "contoso.onmicrosoft.com"
print(organization:device_code().user_code)
print(organization:licensing_information().licensed_users)
print(organization:sync_state().status)
print(organization:retention_exclusion().id)
print(organization:tenant_information().id)
print(organization:version_backup_options().id)
