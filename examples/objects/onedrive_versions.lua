-- OneDriveVersion, OneDriveFolderVersion
local vbo = require "vbo"
local client <close> = vbo.connect()
local session <close> = client:organization "contoso.onmicrosoft.com":explore {
  workload = "onedrive", at = "2026-11-18T22:00:00Z", all_versions = true,
}
local drive = session:onedrive "alice@contoso.com"
local plan = drive:document "Documents/Projects/Aurora/Plan.docx"
for version in plan:versions():each() do print(version.version_number, version.modified) end
for version in drive:folder "Documents":versions():each() do print(version.name) end
