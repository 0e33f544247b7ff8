--- Finds the sites, libraries, lists and what is in them that a path or a body names; refuses what
--- the session does not show.

local core = require "vbo.core"
local choice = require "vbo.sim.sessions.choice"
local explore = require "vbo.sim.sessions.explore"
local refusal = require "vbo.sim.base.refusal"

local M = {}

--- Finds the site of a path.
---@return table session, table site
function M.site(context)
  local session, id = explore.session(context, "Vesp"), context.params.siteId
  return session, session.view:site(id) or refusal.not_found("SharePointSite", id)
end

local names = { library = "SharePointLibrary", list = "SharePointList" }

--- Finds the library or list of a path.
---@param kind "library"|"list"
---@return table session, table site, table container
function M.container(context, kind)
  local session, site = M.site(context)
  local id = context.params[kind .. "Id"]
  for _, each in ipairs(session.view:containers(site, kind)) do
    if each.id == core.fold(id) then return session, site, each end
  end
  refusal.not_found(names[kind], id)
end

--- Finds a folder in any library or list of a site.
function M.find_folder(session, site, id)
  for _, container in ipairs(session.view:containers(site)) do
    local found = session.view:folder(container, id)
    if found then return found end
  end
  refusal.not_found("SharePointFolder", id)
end

-- The resource that each kind of container holds.
local contents = { library = "SharePointDocument", list = "SharePointItem" }

local function find_document(session, site, kind, id)
  for _, container in ipairs(session.view:containers(site, kind)) do
    local found = session.view:document(container, id)
    if found then return found end
  end
  refusal.not_found(contents[kind], id)
end

local function version_of(session, document, id)
  return choice.version(session, document, id, contents[document.drive.kind] .. "Version")
end

--- Finds the folder of a path.
---@return table session, table site, table folder
function M.folder(context)
  local session, site = M.site(context)
  local folder, version = M.find_folder(session, site, context.params.folderId),
    context.params.versionId
  -- A folder has one version: the one it was made with.
  if version and version ~= "512" and version ~= "1.0" then
    refusal.not_found("SharePointFolderVersion", version)
  end
  return session, site, folder
end

--- Finds the document (of a library) or item (of a list) of a path.
---@param kind "library"|"list"
---@return table session, table site, table document, vbo.sim.Version version
function M.document(context, kind)
  local session, site = M.site(context)
  local id = context.params[kind == "list" and "itemId" or "documentId"]
  local document = find_document(session, site, kind, id)
  return session, site, document, version_of(session, document, context.params.versionId)
end

--- Finds the attachment of a path.
---@return table session, table site, table item, table attachment
function M.attachment(context)
  local session, site, item = M.document(context, "list")
  local id = context.params.attachmentId
  for _, each in ipairs(item.attachments) do
    if each.id == core.fold(id) then return session, site, item, each end
  end
  refusal.not_found("SharePointAttachment", id)
end

--- Finds the documents or items that a body lists.
---@param kind "library"|"list"
---@return { document: table, version: vbo.sim.Version }[]
function M.listed_documents(session, site, kind, list, name)
  return choice.listed(list, name, function(each, id)
    local document = find_document(session, site, kind, id)
    return { document = document, version = version_of(session, document, each.versionId) }
  end)
end

--- Finds what `parentId` names.
---@return table[] containers  that it may be in
---@return table|false|nil above  a folder; false: the root of each; nil: anywhere
function M.parent(context, session, site, kind)
  local containers, id = session.view:containers(site, kind), context.query.parentId
  if id == nil then return containers, nil end
  if core.fold(id) == "null" or core.fold(id) == "root" then return containers, false end
  for _, each in ipairs(session.view:containers(site)) do
    if each.id == core.fold(id) then return { each }, false end
  end
  local folder = M.find_folder(session, site, id)
  return { folder.drive }, folder
end

return M
