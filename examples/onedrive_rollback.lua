#!/usr/bin/env vbolua
-- Rolls one person's OneDrive back to a point in time before an attack.
--
--   vbolua examples/onedrive_rollback.lua [ADDRESS [POINT [ORGANIZATION]]]
--
-- The server and the account come from VBO_HOST, VBO_USER, VBO_PASSWORD and VBO_PIN (or
-- VBO_CA).  The account that writes into production comes from RESTORE_USER and
-- RESTORE_PASSWORD where the server asks for one.

local vbo = require "vbo"

local address = arg[1] or "alice@contoso.com"
local point = arg[2] or "2026-11-18T22:00:00Z"
local organization = arg[3] or "contoso.onmicrosoft.com"

local writer = os.getenv "RESTORE_USER" and {
  user = os.getenv "RESTORE_USER", password = vbo.secret.env "RESTORE_PASSWORD",
} or {}

local client <close> = vbo.connect { progress = true, log = print }
local session <close> = client:organization(organization):explore {
  workload = "onedrive", at = point,
}
local drive = session:onedrive(address)

-- First the evidence: what the backup holds, as plain files, before production is touched.
local documents = drive:folder "Documents/Projects/Aurora":documents { recursive = true }
print(("%s as of %s: %d documents in Aurora"):format(drive.name, point, documents:count()))
for _, saved in ipairs(documents:save { zip = false, to = "Aurora" }) do
  print(("saved %s (%d bytes, SHA-256 %s)"):format(saved.path, saved.size, saved.sha256))
end
local archive = drive:folder "Documents":save { to = "Documents.zip" }
print(("saved %s (%d bytes, SHA-256 %s)"):format(archive.path, archive.size, archive.sha256))

-- Then the roll-back.
local result = drive:restore {
  version = "last", on_conflict = "overwrite", user = writer.user, password = writer.password,
}
print(("restored %d, skipped %d, failed %d of %d items"):format(
  result.restored, result.skipped, result.failed, result.total))
