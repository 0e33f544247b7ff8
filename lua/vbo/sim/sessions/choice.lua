--- Finds what a path or a body chooses of a restore session, for every workload that has documents:
--- drives, libraries, lists and the files of channels.

local refusal = require "vbo.sim.base.refusal"

local M = {}

--- Resolves the objects that a body lists by their ids.  Refuses an unknown one (404) and an empty
--- list (400).
---@param list table[]?
---@param name string   of the property, for errors
---@param find fun(each: table, id: any): table
---@param id_of (fun(each: table): any)?  default the property `id`
---@return table[]
function M.listed(list, name, find, id_of)
  local found = {}
  for i, each in ipairs(list or {}) do
    local id = each.id
    if id_of then id = id_of(each) end
    if not id then refusal.raise(400, ("'%s[%d].id' is missing."):format(name, i - 1)) end
    found[i] = find(each, id)
  end
  if #found == 0 then refusal.missing { name } end
  return found
end

--- Finds a version of a document by its id or number; the current one without an id.
---@param session table
---@param document table
---@param id any
---@param what string  the resource, for the 404
---@return vbo.sim.Version
function M.version(session, document, id, what)
  if id == nil then return session.view:current(document) end
  for _, version in ipairs(session.view:versions(document)) do
    if tostring(version.id) == tostring(id) or version.number == tostring(id) then
      return version
    end
  end
  refusal.not_found(what, tostring(id))
end

--- Collects the documents in folders and below, and those folders.
---@param session table
---@param drive table
---@param tops table[]|nil  nil: the whole drive
---@return { document: table, version: vbo.sim.Version }[], table[] folders
function M.below(session, drive, tops)
  local view, inside = session.view, {}
  for _, folder in ipairs(tops or {}) do inside[folder] = true end
  local function within(folder)
    if not tops then return true end
    while folder do
      if inside[folder] then return true end
      folder = folder.parent
    end
    return false
  end
  local documents, folders = {}, {}
  for _, document in ipairs(view:documents(drive)) do
    if within(document.folder) then
      documents[#documents + 1] = { document = document, version = view:current(document) }
    end
  end
  for _, folder in ipairs(view:folders(drive)) do
    if within(folder) then folders[#folders + 1] = folder end
  end
  return documents, folders
end

--- Lists the folders of a document or folder, outermost first, from the chosen folder on.
---@param tops table<table, true>  the chosen folders
---@param it table
---@return string[] names, boolean reached  reached: one of the chosen folders holds it
function M.folders_of(tops, it)
  local names = {}
  if tops[it] then return names, true end
  local folder = it.folder or it.parent
  while folder do
    table.insert(names, 1, folder.name)
    if tops[folder] then return names, true end
    folder = folder.parent
  end
  return names, false
end

return M
