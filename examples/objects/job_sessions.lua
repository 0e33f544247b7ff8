-- JobSession, LogItem, ProcessedObject
local vbo = require "vbo"
local client <close> = vbo.connect()
local run = client:job "Contoso nightly":job_sessions():first()
print(run.status, run.creation_time, run.end_time)
for line in run:log():take(5):each() do print(line.title) end
for object in run:processed_objects():take(5):each() do print(object.name) end
