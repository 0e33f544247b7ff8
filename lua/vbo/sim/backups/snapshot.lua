--- What a backup that runs now sees: an organization whose OneDrives, mailboxes, sites and teams
--- are those of production, with what restores have written there since.
---
--- Only what a rehearsal changed is copied; the rest is shared with the world.

local core = require "vbo.core"
local ids = require "vbo.sim.base.ids"
local sites = require "vbo.sim.sharepoint.snapshot"

local M = {}

local function shallow(value)
  local out = {}
  for key, each in pairs(value) do out[key] = each end
  return out
end

-- Some worlds make parts of a mail when they are read: a copy does so, too.
local function twin(item) return setmetatable(shallow(item), getmetatable(item)) end

local function sorted_keys(map)
  local out = {}
  for key in pairs(map) do out[#out + 1] = key end
  table.sort(out)
  return out
end

--- The folder of a path in a copied drive or mailbox; made where it is missing.
local function folder_at(place, by_path, path, make)
  if path == nil or path == "" then return nil end
  local found = by_path[path]
  if found then return found end
  local above, name = path:match "^(.*)/([^/]*)$"
  found = make(path, name or path)
  found.parent = folder_at(place, by_path, above, make)
  found.path, found.name = path, name or path
  place.folders[#place.folders + 1] = found
  place.by_id[found.id] = found
  by_path[path] = found
  return found
end

local function copied(place)
  local copy = shallow(place)
  copy.folders, copy.by_id = shallow(place.folders), {}
  local by_path = {}
  for _, folder in ipairs(copy.folders) do
    by_path[folder.path], copy.by_id[folder.id] = folder, folder
  end
  return copy, by_path
end

local function is_gone(it, at) return it.deleted ~= nil and it.deleted <= at end

--- The versions of a document up to a time, copied.
local function history(document, at)
  local out = {}
  for _, version in ipairs(document and document.versions or {}) do
    if version.at <= at then out[#out + 1] = version end
  end
  return out
end

local function document_of(copy, folder, entry, known, at)
  local versions = history(known, at)
  local last = versions[#versions]
  if last and last.stream == entry.stream and not is_gone(known, at) then return known end
  if not last or last.stream ~= entry.stream then
    -- An item of a list is more than its bytes: what else its version had comes with it.
    local version = {}
    for _, each in ipairs(versions) do
      if each.stream == entry.stream then version = twin(each) end
    end
    local n = #versions + 1
    version.number, version.id, version.at = n .. ".0", 512 * n, entry.modified
    version.by, version.size, version.stream = entry.by, entry.size, entry.stream
    version.dated = nil
    versions[n] = version
  end
  local out = known and twin(known) or {}
  out.id = known and known.id or ids.uuid(copy.id .. "/" .. entry.path)
  out.drive, out.folder, out.versions, out.deleted = copy, folder, versions, nil
  out.name, out.path = entry.path:match "[^/]*$", entry.path
  return out
end

--- A OneDrive as production holds it.
local function drive_of(drive, live, at)
  local copy, by_path = copied(drive)
  copy.documents = {}
  local function make(path) return {
    id = ids.uuid(drive.id .. "//" .. path), drive = copy, at = at, by = drive.name,
  } end
  for _, path in ipairs(sorted_keys(live.folders)) do folder_at(copy, by_path, path, make) end
  local known = {}
  for _, document in ipairs(drive.documents) do
    local before = known[document.path]
    if not before or is_gone(before, at) then known[document.path] = document end
  end
  local taken = {}
  for _, document in ipairs(drive.documents) do
    local entry = live.entries[document.path]
    if entry and known[document.path] == document then
      taken[document.path] = true
      document = document_of(copy, document.folder, entry, document, at)
    elseif not is_gone(document, at) then
      document = shallow(document)
      document.deleted = at
    end
    copy.documents[#copy.documents + 1] = document
    copy.by_id[document.id] = document
  end
  for _, path in ipairs(sorted_keys(live.entries)) do
    if not taken[path] then
      local folder = folder_at(copy, by_path, path:match "^(.*)/[^/]*$", make)
      local document = document_of(copy, folder, live.entries[path], nil, at)
      copy.documents[#copy.documents + 1] = document
      copy.by_id[document.id] = document
    end
  end
  return copy
end

-- Exchange's ids are long, in the URL's alphabet, and end in "==".
local function entry_id(seed, bytes) return "AAAAA" .. ids.base64(ids.bytes(seed, bytes), true) end

--- A mailbox as production holds it.
local function mailbox_of(mailbox, live, at)
  local copy, by_path = copied(mailbox)
  copy.items = {}
  local function make(path) return {
    id = entry_id(mailbox.id .. "//" .. path, 46), mailbox = copy, category = "None",
  } end
  local function add(item)
    copy.items[#copy.items + 1] = item
    copy.by_id[item.id] = item
  end
  local taken = {}
  for _, item in ipairs(mailbox.items) do
    local key = item.folder.path .. "\0" .. item.id
    local there = live.items[key]
    taken[key] = there and true
    if (there ~= nil) == is_gone(item, at) then
      item = twin(item)
      item.deleted = not there and at or nil
    end
    add(item)
  end
  for _, key in ipairs(sorted_keys(live.items)) do
    local entry = live.items[key]
    if not taken[key] then
      local item = twin(entry.item)
      item.id = entry_id(mailbox.id .. "/" .. key, 70)
      item.mailbox, item.deleted = copy, nil
      item.folder = folder_at(copy, by_path, entry.folder, make)
      add(item)
    end
  end
  return copy
end

--- An organization as a backup of it sees it now.
---@param base table   the organization as the backup before saw it
---@param production table
---@param at number    when
---@param covers (fun(email: string): boolean)
---@return table organization  `base` itself where nothing was changed
function M.take(base, production, at, covers)
  local touched = {}
  for _, change in ipairs(production.changes) do
    if change.organization == base.name and change.change ~= "sent" and change.user
        and covers(change.user) then
      touched[change.workload] = touched[change.workload] or {}
      touched[change.workload][core.fold(change.user)] = true
    end
  end
  if not next(touched) then return base end
  local copy = shallow(base)
  local function renew(list, workload, owner, live_of, make)
    local out = {}
    for i, each in ipairs(list) do
      local live = (touched[workload] or {})[core.fold(each[owner])]
        and live_of(each[owner], each.archive)
      out[i] = live and make(each, live, at) or each
    end
    return out
  end
  copy.drives = renew(base.drives, "onedrive", "owner", function(email)
    return production:drive(base, email)
  end, drive_of)
  copy.mailboxes = renew(base.mailboxes, "exchange", "email", function(email, archive)
    return production:mailbox(base, email, archive)
  end, mailbox_of)
  copy.sites = base.sites and sites.sites(base.sites, function(site)
    if (touched.sharepoint or {})[core.fold(site.url)] then
      return sites.site(site, production:site(base, site.url), at, drive_of)
    end
  end)
  copy.teams = base.teams and {}
  for i, team in ipairs(base.teams or {}) do
    copy.teams[i] = (touched.teams or {})[core.fold(team.name)]
      and sites.team(team, production:team(team), at, drive_of) or team
  end
  return copy
end

return M
