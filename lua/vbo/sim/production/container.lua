--- Holds documents and folders of production: of a OneDrive, a library, a list or a channel.

local json = require "vbo.base.json"
local time = require "vbo.base.time"
local view = require "vbo.sim.world.view"

local M = {}

--- Returns a live container with the documents of a container of the world as they are at a time;
--- an empty one without a time.
---@param container table?  of the world
---@param owner string      as changes name it
---@param now number?
---@return table
function M.new(container, owner, now)
  local live = { user = { name = owner }, drive = container, entries = {}, folders = {} }
  for _, document in ipairs(now and container.documents or {}) do
    local version = view.version_at(document, now)
    if version and not (document.deleted and document.deleted <= now) then
      live.entries[document.path] = {
        path = document.path, size = version.size, version = version.number,
        stream = version.stream, modified = version.at, by = version.by,
      }
    end
  end
  for _, folder in ipairs(now and container.folders or {}) do
    if folder.at <= now then live.folders[folder.path] = true end
  end
  return live
end

--- Creates a folder and those above it where they are missing.
---@param live table
---@param path string?
function M.add_folder(live, path)
  while path and path ~= "" and not live.folders[path] do
    live.folders[path] = true
    path = path:match "^(.*)/[^/]*$"
  end
end

local function free_path(entries, path)
  local folder, name = path:match "^(.*/)([^/]*)$"
  if not folder then folder, name = "", path end
  local stem, extension = name:match "^(.+)(%.[^.]+)$"
  for n = 1, math.huge do
    local candidate = ("%s%s (%d)%s"):format(folder, stem or name, n, extension or "")
    if not entries[candidate] then return candidate end
  end
end

--- Writes a document.
---@param live table
---@param path string
---@param version vbo.sim.Version
---@param how { exists: string, all: boolean?, changed: boolean?, missing: boolean? }
---  exists: "overwrite", "keep" or "merge" a document that is there; all: every version, not only
---  the last; changed, missing: false leaves documents that differ, or are missing, as they are
---@param count integer?   how many versions are written, default 1
---@param now number
---@return string outcome  "created", "overwritten", "merged", "kept" or "unchanged"
---@return string path     of the document that was written
---@return table? entry    that was written
function M.write(live, path, version, how, count, now)
  local there = live.entries[path]
  local outcome = "created"
  if there then
    local same = there.stream == version.stream
    if how.exists == "keep" then
      path, outcome = free_path(live.entries, path), "kept"
    elseif same and not how.all or how.changed == false then
      return "unchanged", path
    else
      outcome = how.exists == "merge" and "merged" or "overwritten"
    end
  elseif how.missing == false then
    return "unchanged", path
  end
  -- Overwriting drops the versions that are there; merging adds to them.
  local before = outcome == "merged" and (there.versions or 1) or 0
  local entry = {
    path = path, size = version.size, version = version.number, stream = version.stream,
    modified = now, by = version.by, versions = before + (count or 1),
  }
  live.entries[path] = entry
  M.add_folder(live, path:match "^(.*)/[^/]*$")
  return outcome, path, entry
end

--- Lists the documents and folders of a live container, by path, for the admin interface.
---@param live table
---@return table[] documents, string[] folders
function M.rows(live)
  local documents, folders = json.array {}, json.array {}
  for _, entry in pairs(live.entries) do
    documents[#documents + 1] = {
      path = entry.path, size = entry.size, version = entry.version,
      modified = time.iso(entry.modified), modifiedBy = entry.by,
      -- A restore sets these.
      versions = entry.versions, permissions = entry.permissions,
    }
  end
  for path in pairs(live.folders) do folders[#folders + 1] = path end
  table.sort(documents, function(a, b) return a.path < b.path end)
  table.sort(folders)
  return documents, folders
end

return M
