-- OneDrive, OneDriveFolder, OneDriveDocument
local vbo = require "vbo"
local client <close> = vbo.connect()
local session <close> = client:organization "contoso.onmicrosoft.com":explore {
  workload = "onedrive", at = "2026-11-18T22:00:00Z",
}
local drive = session:onedrive "alice@contoso.com"
local folder = drive:folder "Documents/Projects/Aurora"
for document in folder:documents():where { name = "*.docx" }:each() do
  print(document.name, document.size, document.modified)
end
local result = folder:restore { version = "last", on_conflict = "overwrite" }
print(result.restored .. " restored, " .. result.failed .. " failed")
