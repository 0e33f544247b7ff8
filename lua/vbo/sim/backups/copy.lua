--- Copies things of the world for a backup that runs now, with what restores have written to
--- production since.  Only what changed is copied; the rest is shared with the world.

local ids = require "vbo.sim.base.ids"

local M = {}

--- Copies the fields of a table.
---@param value table
---@return table
function M.shallow(value)
  local out = {}
  for key, each in pairs(value) do out[key] = each end
  return out
end

--- Copies a record.  Some worlds make fields on first use; the copy does so, too.
---@param it table
---@return table
function M.twin(it) return setmetatable(M.shallow(it), getmetatable(it)) end

--- Checks whether something was deleted by a time.
---@param it table
---@param at number
---@return boolean
function M.is_gone(it, at) return it.deleted ~= nil and it.deleted <= at end

--- Copies a record that is there, or that is gone from now on unless it was before.
---@param it table
---@param there boolean
---@param at number
---@return table
function M.present(it, there, at)
  local out = M.twin(it)
  if there then out.deleted = nil elseif not M.is_gone(it, at) then out.deleted = at end
  return out
end

--- Returns the keys of a map in order.
---@param map table<string, any>
---@return string[]
function M.sorted_keys(map)
  local out = {}
  for key in pairs(map) do out[#out + 1] = key end
  table.sort(out)
  return out
end

--- Copies a drive or mailbox with its folders.
---@param place table
---@return table copy, table<string, table> by_path  the folders of the copy
function M.place(place)
  local copy = M.shallow(place)
  copy.folders, copy.by_id = M.shallow(place.folders), {}
  local by_path = {}
  for _, folder in ipairs(copy.folders) do
    by_path[folder.path], copy.by_id[folder.id] = folder, folder
  end
  return copy, by_path
end

--- Finds the folder of a path in a copied drive or mailbox; creates it where it is missing.
---@param copy table
---@param by_path table<string, table>
---@param path string?
---@param make fun(path: string): table
---@return table?
function M.folder(copy, by_path, path, make)
  if path == nil or path == "" then return nil end
  local found = by_path[path]
  if found then return found end
  local above, name = path:match "^(.*)/([^/]*)$"
  found = make(path)
  found.parent = M.folder(copy, by_path, above, make)
  found.path, found.name = path, name or path
  copy.folders[#copy.folders + 1] = found
  copy.by_id[found.id] = found
  by_path[path] = found
  return found
end

-- Lists the versions of a document up to a time.
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
  if last and last.stream == entry.stream and not M.is_gone(known, at) then return known end
  if not last or last.stream ~= entry.stream then
    -- A version of a list's item has more than its bytes: take it over from the same content.
    local version = {}
    for _, each in ipairs(versions) do
      if each.stream == entry.stream then version = M.twin(each) end
    end
    local n = #versions + 1
    version.number, version.id, version.at = n .. ".0", 512 * n, entry.modified
    version.by, version.size, version.stream = entry.by, entry.size, entry.stream
    version.dated = nil
    versions[n] = version
  end
  local out = known and M.twin(known) or {}
  out.id = known and known.id or ids.uuid(copy.id .. "/" .. entry.path)
  out.drive, out.folder, out.versions, out.deleted = copy, folder, versions, nil
  out.name, out.path = entry.path:match "[^/]*$", entry.path
  return out
end

-- Returns the document of each path: the first, or a later one where that is gone.
local function by_path_of(documents, at)
  local known = {}
  for _, document in ipairs(documents) do
    local before = known[document.path]
    if not before or M.is_gone(before, at) then known[document.path] = document end
  end
  return known
end

--- Copies a OneDrive, library, list or the files of a channel as production holds them.
---@param drive table  of the world
---@param live table   of production
---@param at number
---@return table
function M.documents(drive, live, at)
  local copy, by_path = M.place(drive)
  copy.documents = {}
  local function make(path) return {
    id = ids.uuid(drive.id .. "//" .. path), drive = copy, at = at, by = drive.name,
  } end
  local function add(document)
    copy.documents[#copy.documents + 1] = document
    copy.by_id[document.id] = document
  end
  for _, path in ipairs(M.sorted_keys(live.folders)) do M.folder(copy, by_path, path, make) end
  local known, taken = by_path_of(drive.documents, at), {}
  for _, document in ipairs(drive.documents) do
    local entry = live.entries[document.path]
    if entry and known[document.path] == document then
      taken[document.path] = true
      document = document_of(copy, document.folder, entry, document, at)
    elseif not M.is_gone(document, at) then
      document = M.shallow(document)
      document.deleted = at
    end
    add(document)
  end
  for _, path in ipairs(M.sorted_keys(live.entries)) do
    if not taken[path] then
      local folder = M.folder(copy, by_path, path:match "^(.*)/[^/]*$", make)
      add(document_of(copy, folder, live.entries[path], nil, at))
    end
  end
  return copy
end

return M
