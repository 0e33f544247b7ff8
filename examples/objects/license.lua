-- License, LicenseAutoUpdate, LicensedUser, LicensingPlatform, LicensingReport, LicensingUsage
local vbo = require "vbo"
local client <close> = vbo.connect()
local license = client:license()
print(license.licensed_to, license.expiration_date, license:auto_update().is_enabled)
for user in client:licensed_users():take(3):each() do print(user.name, user.is_backed_up) end
print(client:licensing_platform().id, client:licensing_usage().id, client:licensing_report().id)
