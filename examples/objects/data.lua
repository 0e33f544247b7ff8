-- OrganizationData, UserData, GroupData, SiteData, TeamData, MailboxData, OneDriveData
local vbo = require "vbo"
local client <close> = vbo.connect()
for repository in client:backup_repositories():each() do
  for data in repository:organizations_data():each() do print(data.display_name) end
  for data in repository:users_data():each() do print(data.display_name) end
  for data in repository:groups_data():each() do print(data.display_name) end
  for data in repository:sites_data():each() do print(data.title) end
  for data in repository:teams_data():each() do print(data.display_name) end
  for data in repository:mailboxes_data():each() do print(data.display_name) end
  for data in repository:onedrives_data():each() do print(data.title) end
end
