-- CopyJob
local vbo = require "vbo"
local client <close> = vbo.connect()
local archive = client:backup_repositories():create {
  name = "Archive", path = "E:\\Archive", proxy = client:proxies():first(),
  retention_type = "itemlevel",
}
local copy = client:job "Contoso nightly":create_copy_job { repository = archive }
print(copy.name, copy.last_status, copy:backup_job().name)
copy:disable()
