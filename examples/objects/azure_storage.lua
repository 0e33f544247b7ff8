-- AzureResources, AzureContainer, AzureFolder
local vbo = require "vbo"
local client <close> = vbo.connect()
local azure = client:azure_resources { account = client:accounts():first(), region_type = "Global" }
for container in azure:containers():each() do
  print(container.name)
  for folder in container:folders():each() do print("  ", folder.name) end
end
