-- Session, Event, BackupOrganization
local vbo = require "vbo"
local client <close> = vbo.connect()
local session <close> = client:organization "contoso.onmicrosoft.com":explore {
  workload = "onedrive", at = "2026-11-18T22:00:00Z",
}
print(session.state, session.point, session.point_source)
session:onedrive "alice@contoso.com":document "Documents/Handbook.docx":restore {
  version = "last", on_conflict = "overwrite",
}
for event in session:events():each() do print(event.type, event.status, event.title) end
print(session:backup_organization().name)
