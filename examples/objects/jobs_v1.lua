-- JobMailbox, JobExcludedMailbox
local vbo = require "vbo"
local client <close> = vbo.connect { version = "v1" }
for job in client:jobs():each() do
  for mailbox in job:selected_mailboxes():each() do print(job.name, mailbox.name) end
  for mailbox in job:excluded_mailboxes():each() do print(job.name, "not", mailbox.name) end
end
