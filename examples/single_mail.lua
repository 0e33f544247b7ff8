#!/usr/bin/env vbolua
-- Finds one deleted mail, saves it as an Outlook message and puts it back.
--
--   vbolua examples/single_mail.lua [MAILBOX [SUBJECT [POINT [ORGANIZATION]]]]
--
-- SUBJECT may hold `*` and `?`.  The environment is that of onedrive_rollback.lua.

local vbo = require "vbo"

local address = arg[1] or "alice@contoso.com"
local subject = arg[2] or "Signed contract*"
local point = arg[3] or "2026-11-18T22:00:00Z"
local organization = arg[4] or "contoso.onmicrosoft.com"

local writer = os.getenv "RESTORE_USER" and {
  user = os.getenv "RESTORE_USER", password = vbo.secret.env "RESTORE_PASSWORD",
} or {}

local client <close> = vbo.connect { progress = true, log = print }
local session <close> = client:organization(organization):explore {
  workload = "exchange", at = point,
}
local mailbox = session:mailbox(address)

-- `one` raises when nothing or more than one mail matches, and names the candidates.
local mail = mailbox:folder "Inbox":items():where { subject = subject }:one()
print(("found %q from %s, received %s"):format(mail.subject, mail.from, mail.received))

local saved = mail:save { to = "./" }
print(("saved %s (%d bytes, SHA-256 %s)"):format(saved.path, saved.size, saved.sha256))

local result = mail:restore(writer)
print(("restored %d, skipped %d, failed %d"):format(
  result.restored, result.skipped, result.failed))
