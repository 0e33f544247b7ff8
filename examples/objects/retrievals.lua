-- DataRetrieval, DataRetrievalSession, DataRetrievalLogItem, RetrievedMailbox, RetrievedOneDrive,
-- RetrievedTeam, RetrievedWeb
local vbo = require "vbo"
local client <close> = vbo.connect()
local repository = client:backup_repositories():first()
-- A retrieval brings back data of one kind, of which `what` is a selection.
local function retrieve(what)
  what.name, what.repository = "November", repository
  what.organization = client:organization "contoso.onmicrosoft.com"
  what.at, what.availability_period_days = "2026-11-18T22:00:00Z", 3
  return client:data_retrievals():create(what)
end
local retrieval = retrieve { mailboxes = { repository:mailboxes_data():first() } }
for run in retrieval:data_retrieval_sessions():each() do
  for line in run:log_items():each() do print(run.status, line.title) end
end
for mailbox in retrieval:mailboxes():each() do print(mailbox.display_name) end
for drive in retrieve { one_drives = { repository:onedrives_data():first() } }:onedrives():each() do
  print(drive.url)
end
for team in retrieve { teams = { repository:teams_data():first() } }:teams():each() do
  print(team.display_name)
end
for web in retrieve { sites = { repository:sites_data():first() } }:webs():each() do
  print(web.url)
end
