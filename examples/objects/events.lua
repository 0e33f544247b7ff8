-- ServerEvent
local vbo = require "vbo"
local client <close> = vbo.connect()
local events = client:events { from = "2026-11-01T00:00:00Z", timeout_seconds = 1 }
for _, event in ipairs(events) do print(event.id) end
