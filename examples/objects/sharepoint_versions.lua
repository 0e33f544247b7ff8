-- SharePointDocumentVersion, SharePointFolderVersion, SharePointItemVersion
local vbo = require "vbo"
local client <close> = vbo.connect()
local session <close> = client:organization "contoso.onmicrosoft.com":explore {
  workload = "sharepoint", at = "2026-11-18T22:00:00Z", all_versions = true,
}
local site = session:site "Marketing"
for document in site:documents():take(3):each() do
  print(document.name, document:versions():count())
  for version in document:versions():each() do print(version.version_number) end
end
for folder in site:folders():take(3):each() do
  for version in folder:versions():each() do print(folder.name, version.id) end
end
for item in site:items():take(3):each() do
  for version in item:versions():each() do print(item.title, version.id) end
end
