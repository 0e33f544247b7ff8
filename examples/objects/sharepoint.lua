-- Site, Library, List, SiteFolder, SiteDocument, SiteItem, SiteAttachment
local vbo = require "vbo"
local client <close> = vbo.connect()
local session <close> = client:organization "contoso.onmicrosoft.com":explore {
  workload = "sharepoint", at = "2026-11-18T22:00:00Z",
}
for site in session:sites():each() do
  for library in site:libraries():each() do
    print(site.name, library.name, library:folders():count(), library:documents():count())
  end
  for list in site:lists():each() do
    for item in list:items():each() do
      for attachment in item:attachments():each() do print(item.title, attachment.name) end
    end
  end
end
local library = session:site "Marketing":libraries():first()
local document = library:documents():first()
print(document.name, document:save { to = "saved/", zip = false }.path)
for folder in library:folders():each() do print(folder.name) end
