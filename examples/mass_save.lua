#!/usr/bin/env vbolua
-- Saves the OneDrive of every person of an organization as it was at a point in time, several at
-- once, and leaves a manifest that `vbolua verify` and `sha256sum --check` read.
--
--   vbolua examples/mass_save.lua FOLDER [ORGANIZATION] [DATE]
--
-- VBO_HOST, VBO_USER, VBO_PASSWORD and VBO_PIN or VBO_CA say which server.  What fails does not
-- stop the rest; the exit status says whether anything did.

local vbo = require "vbo"

local folder = arg[1] or error("usage: vbolua mass_save.lua FOLDER [ORGANIZATION] [DATE]", 0)
local name = arg[2] or "contoso.onmicrosoft.com"
local at = arg[3] or "2026-11-18T22:00:00Z"

local client <close> = vbo.connect { log = print }
local session <close> = client:organization(name):explore { workload = "onedrive", at = at }

local saved, failures
do
  local manifest <close> = vbo.manifest(folder)
  saved, failures = vbo.parallel(session:onedrives(), { limit = 8, on_error = "continue" },
    function(drive)
      -- An empty selection has no archive.
      local documents = drive:documents { recursive = true }:where { smaller = "100 MiB" }:all()
      if #documents == 0 then return false end
      return drive:documents(documents):save {
        zip = true, to = ("%s/%s.zip"):format(folder, (drive.name:gsub("[/%c]", "_"))),
        manifest = manifest,
      }
    end)
end

local count, bytes = 0, 0
for i = 1, saved.n do
  if saved[i] then count, bytes = count + 1, bytes + saved[i].size end
end
print(("%d of %d OneDrives saved, %.1f MiB; every archive was checked entry by entry"):format(count,
  saved.n, bytes / 2 ^ 20))
for _, failure in ipairs(failures or {}) do print(failure.item.name, failure.error) end
os.exit(failures == nil, true)
