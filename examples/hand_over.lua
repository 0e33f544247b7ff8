#!/usr/bin/env vbolua
-- Copies the OneDrive of a person who has left into those of the colleagues who take over.
--
--   vbolua examples/hand_over.lua [WHO [ADDRESS…]]
--
-- A run of it that dies goes on with `vbolua resume`, and no one gets a copy twice.  The
-- environment is that of onedrive_rollback.lua.

local vbo = require "vbo"

local who = arg[1] or "erika.former@contoso.com"
local colleagues = { table.unpack(arg, 2) }
if #colleagues == 0 then
  colleagues = { "alice@contoso.com", "bob@contoso.com", "juergen.mueller@contoso.com" }
end

local client <close> = vbo.connect()
local session <close> = client:organization "contoso.onmicrosoft.com":explore {
  workload = "onedrive", at = "2026-11-18T22:00:00Z",
}
local drive = session:onedrive(who)
for _, address in ipairs(colleagues) do
  local result = drive:copy { to = session:onedrive(address), folder = "From " .. drive.name }
  print(("%-28s %d documents copied"):format(address, result.restored))
end
