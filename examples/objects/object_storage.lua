-- ObjectStorageRepository
local vbo = require "vbo"
local client <close> = vbo.connect { version = "v7" }
for repository in client:object_storage_repositories():each() do
  print(repository.name, repository.type)
end
