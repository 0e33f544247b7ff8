-- Organization, User, Group, GroupMember, OrganizationSite, OrganizationTeam, UserOneDrive
local vbo = require "vbo"
local client <close> = vbo.connect()
local organization = client:organization "contoso.onmicrosoft.com"
print(organization.name, organization:users():count() .. " people")
local alice = organization:user "alice@contoso.com"
print(alice.display_name, alice:onedrive().url)
for group in organization:groups():each() do
  for member in group:members():each() do print(group.display_name, member.name) end
end
for site in organization:sites():each() do print(site.name, site.url) end
for team in organization:teams():each() do print(team.display_name) end
