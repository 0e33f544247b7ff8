-- RestorePoint, ProtectedUser, ProtectedGroup, ProtectedSite, ProtectedTeam
local vbo = require "vbo"
local client <close> = vbo.connect()
local organization = client:organization "contoso.onmicrosoft.com"
for point in organization:restore_points():each() do
  print(point.backup_time)
  for user in point:protected_users():each() do print(user.display_name) end
  for group in point:protected_groups():each() do print(group.display_name) end
  for site in point:protected_sites():each() do print(site.display_name) end
  for team in point:protected_teams():each() do print(team.display_name) end
end
