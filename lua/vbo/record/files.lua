--- Records OneDrives, libraries and lists with their documents.

local M = {}

--- Adds the content of a document, a version or an attachment to a row: its size, and with
--- `--contents` its bytes.
---@param recorder table
---@param row table
---@param thing table
---@param saved table|false  the object to save; false: none
---@return table row
function M.fill(recorder, row, thing, saved)
  row.size = thing.size
  if not saved or not recorder.contents then return row end
  local size
  row.content, size = recorder.output:content(function(to)
    return saved:save { to = to, overwrite = true, progress = false }
  end)
  -- The size that a server lists may differ from what it sends.
  if size ~= (row.size or 0) then row.bytes = size end
  recorder:count("bytes", size)
  return row
end

local function version_row(recorder, row, it)
  row.at, row.by = it.modified, recorder.mask:person(it.modified_by)
  row.number, row.id = it.version_number, it.version_id
  return row
end

-- Records a document and its versions, oldest first.
local function document_row(recorder, row, document, is_item)
  row.created, row.creator = document.created, recorder.mask:person(document.created_by)
  local versions = recorder.versions and document:versions():all() or {}
  if #versions < 2 then
    version_row(recorder, row, document)
    return M.fill(recorder, row, document, not is_item and document)
  end
  table.sort(versions, function(a, b) return (a.version_id or 0) < (b.version_id or 0) end)
  row.versions = {}
  for i, version in ipairs(versions) do
    -- An item of a list has no content of its own.
    local saved = not is_item and (i == #versions and document or version)
    row.versions[i] = M.fill(recorder, version_row(recorder, {}, version), version, saved)
    recorder:count "versions"
  end
  return row
end

local function item_row(recorder, row, item)
  document_row(recorder, row, item, true)
  if item.title and item.title ~= item.name then row.title = recorder.mask:name(item.title) end
  for attachment in item:attachments():each() do
    row.attachments = row.attachments or {}
    local each = { name = recorder.mask:file(attachment.name) }
    table.insert(row.attachments, M.fill(recorder, each, attachment, attachment))
    recorder:count "attachments"
  end
  return row
end

--- Records what is in a drive, a library, a list or a folder, and below.
---@param recorder table
---@param listing vbo.sim.record.Listing
---@param owner table      with `folders` and `documents` or `items`
---@param line integer     of the owner in the listing
---@param how { items: boolean? }  items: the owner is a list
function M.below(recorder, listing, owner, line, how)
  local here = { recursive = false }
  local mask = recorder.mask
  local leaves
  if how.items then leaves = owner:items(here) else leaves = owner:documents(here) end
  for document in leaves:each() do
    if not listing:take() then return end
    local name = document.name or document.title or ""
    local row = { ["in"] = line, file = how.items and mask:name(name) or mask:file(name) }
    if how.items then
      item_row(recorder, row, document)
    else
      document_row(recorder, row, document)
    end
    listing:add(row)
    recorder:count(how.items and "list items" or "documents")
  end
  for folder in owner:folders(here):each() do
    if listing.left <= 0 then return end
    local folder_line = listing:add {
      ["in"] = line, folder = mask:name(folder.name), created = folder.created,
      by = mask:person(folder.created_by), modified = folder.modified,
      modifier = mask:person(folder.modified_by),
    }
    recorder:count "folders"
    M.below(recorder, listing, folder, folder_line, { items = how.items })
  end
end

--- Records a OneDrive.
---@return string path  of its listing
function M.drive(recorder, place, drive, address)
  local listing <close> = recorder:listing(place .. "/drives", address)
  local line = listing:add {
    drive = recorder.mask:person(drive.name), url = recorder.mask:url(drive.url, address),
  }
  M.below(recorder, listing, drive, line, {})
  listing:close()
  recorder:count "OneDrives"
  return listing.path
end

return M
