-- BackedUpTeam, Channel, ChannelChild, Post, TeamFile, TeamFileVersion, Tab
local vbo = require "vbo"
local client <close> = vbo.connect()
local session <close> = client:organization "contoso.onmicrosoft.com":explore {
  workload = "teams", at = "2026-11-18T22:00:00Z",
}
local team = session:team "Aurora"
for channel in team:channels():each() do
  print(channel.name, channel:posts():count(), channel:files():count(), channel:tabs():count())
  for child in channel:children():each() do print(child.id) end
  for tab in channel:tabs():each() do print(tab.name) end
end
local post = team:posts():first()
print(post.author, post:save({ to = "post.html" }).checked)
local file = team:files():first()
for version in file:versions():each() do print(file.name, version.version_number) end
