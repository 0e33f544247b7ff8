-- Job, JobItem, JobExcludedItem
local vbo = require "vbo"
local client <close> = vbo.connect()
for job in client:jobs():each() do
  print(job.name, job.last_status, job.last_run)
  for item in job:selected_items():each() do print("  backs up", item.type) end
  for item in job:excluded_items():each() do print("  leaves out", item.type) end
end
local job = client:job "Contoso nightly"
job:edit { description = "every night" }
job:start()
