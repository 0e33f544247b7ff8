-- Mailbox, MailboxFolder, MailboxItem
local vbo = require "vbo"
local client <close> = vbo.connect()
local session <close> = client:organization "contoso.onmicrosoft.com":explore {
  workload = "exchange", at = "2026-11-18T22:00:00Z",
}
local inbox = session:mailbox "alice@contoso.com":folder "Inbox"
local item = inbox:items():where { subject = "Signed contract*" }:one()
print(item.subject, item.from, item.received)
item:save { to = "contract.msg" }
print(item:restore().restored .. " restored")
