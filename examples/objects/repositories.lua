-- BackupRepository, BackedUpOrganization
local vbo = require "vbo"
local client <close> = vbo.connect()
for repository in client:backup_repositories():each() do
  print(repository.name, repository.capacity_bytes, repository.free_space_bytes)
  for organization in repository:backed_up_organizations():each() do print(organization.name) end
end
