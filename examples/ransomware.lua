#!/usr/bin/env vbolua
-- Finds out which OneDrives of an organization ransomware got into, and brings back what it
-- locked, of those people alone.
--
--   vbolua examples/ransomware.lua [CLEAN [ORGANIZATION]]
--
-- CLEAN is a moment before the attack.  What the backup held then is compared with the newest:
-- files whose names got something appended tell the attack and its time; what was overwritten in
-- that time, give or take an hour, belongs to it, too.  The environment is that of
-- onedrive_rollback.lua.

local vbo = require "vbo"

local clean = arg[1] or "2026-11-18T22:00:00Z"
local organization = arg[2] or "contoso.onmicrosoft.com"

local writer = os.getenv "RESTORE_USER" and {
  user = os.getenv "RESTORE_USER", password = vbo.secret.env "RESTORE_PASSWORD",
} or {}

local client <close> = vbo.connect { progress = true, log = print }
local tenant = client:organization(organization)
local before <close> = tenant:explore { workload = "onedrive", at = clean }
local after <close> = tenant:explore { workload = "onedrive" }

local function by_id(drive)
  local documents = {}
  for document in drive:documents():each() do documents[document.id] = document end
  return documents
end

local function modified(document) return (vbo.time.parse(document.modified)) end

-- Renamed: a file is gone, and one of its name with an ending more has come.
local drives, first, last, endings = {}, nil, nil, {}
for drive in before:onedrives():each() do
  local was, is = by_id(drive), by_id(after:onedrive(drive.id))
  local gone, locked = {}, {}
  for id, document in pairs(was) do
    if not is[id] then
      gone[document.name] = gone[document.name] or {}
      table.insert(gone[document.name], document)
    end
  end
  for id, document in pairs(is) do
    local name, ending = document.name:match "^(.+)(%.[^.]+)$"
    if not was[id] and name and gone[name] and gone[name][1] then
      locked[#locked + 1] = table.remove(gone[name])
      endings[ending] = (endings[ending] or 0) + 1
      first = math.min(first or math.huge, modified(document))
      last = math.max(last or -math.huge, modified(document))
    end
  end
  drives[#drives + 1] = { drive = drive, was = was, is = is, locked = locked }
end
if not first then
  print(("nothing of %s was locked since %s"):format(organization, clean))
  return
end
print(("%s was hit between %s and %s"):format(organization, vbo.time.iso(first),
  vbo.time.iso(last)))
for ending, count in pairs(endings) do print(("%d files end in %s now"):format(count, ending)) end

-- Overwritten: another content under the same name, written at that time.
local hit, left = {}, {}
local function in_time(document)
  local at = modified(document)
  return at >= first - 3600 and at <= last + 3600
end
for _, each in ipairs(drives) do
  each.count = #each.locked
  for id, document in pairs(each.was) do
    local now = each.is[id]
    if now and now.modified ~= document.modified and in_time(now) then
      each.locked[#each.locked + 1] = document
    end
  end
  for id, document in pairs(each.is) do
    if not each.was[id] and in_time(document) then
      left[#left + 1] = each.drive.name .. ": " .. document.name
    end
  end
  if #each.locked > 0 then hit[#hit + 1] = each end
end

local failures = 0
for _, each in ipairs(hit) do
  local result, err = vbo.try(function()
    return each.drive:documents(each.locked):restore {
      version = "last", on_conflict = "overwrite", user = writer.user, password = writer.password,
    }
  end)
  failures = failures + (result and 0 or 1)
  print(("%s: %d renamed, %d overwritten: %s"):format(each.drive.name, each.count,
    #each.locked - each.count, result and ("%d restored, %d as they were"):format(
      result.restored, result.skipped) or tostring(err)))
end
print(("%d of %d OneDrives were hit"):format(#hit, #drives))

-- Restores add and overwrite; what the attack left is for people to delete.
table.sort(left)
local list <close> = assert(io.open("left-by-the-attack.txt", "w"))
list:write(table.concat(left, "\n"), "\n")
print(("%d files of the attack are still there: left-by-the-attack.txt"):format(#left))

if failures > 0 then error(("%d OneDrives were not restored whole"):format(failures), 0) end
