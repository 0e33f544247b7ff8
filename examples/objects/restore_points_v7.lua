-- ProtectedMailbox, ProtectedOneDrive
local vbo = require "vbo"
local client <close> = vbo.connect { version = "v7" }
local point = client:organization "contoso.onmicrosoft.com":restore_points():first()
for mailbox in point:protected_mailboxes():take(3):each() do print(mailbox.display_name) end
for drive in point:protected_onedrives():take(3):each() do print(drive.name) end
