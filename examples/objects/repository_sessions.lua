-- RepositoryOwnerChangeSession, RepositorySynchronizeSession
local vbo = require "vbo"
local client <close> = vbo.connect()
local repository = client:backup_repositories():first()
local proxy = client:proxies():first()
print(repository:change_owner { proxy = proxy }.status)
print(repository:sync().state)
