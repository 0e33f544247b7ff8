-- OrganizationMailbox
local vbo = require "vbo"
local client <close> = vbo.connect { version = "v1" }
for mailbox in client:organization "contoso.onmicrosoft.com":mailboxes():take(3):each() do
  print(mailbox.name, mailbox.email)
end
