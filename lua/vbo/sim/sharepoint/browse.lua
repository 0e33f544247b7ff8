--- Handles reading of sites, libraries, lists and what is in them in a restore session.

local core = require "vbo.core"
local explore = require "vbo.sim.sessions.explore"
local refusal = require "vbo.sim.base.refusal"
local render = require "vbo.sim.sharepoint.render"
local scope = require "vbo.sim.sharepoint.scope"

local H = {}

function H.SharePointSite_Get(context)
  local session, id = explore.session(context, "Vesp"), context.query.parentId
  local parent
  if id and (core.fold(id) == "null" or core.fold(id) == "root") then
    parent = false
  elseif id then
    parent = session.view:site(id) or refusal.not_found("SharePointSite", id)
  end
  return context:list(session.view:sites(parent), function(_, each)
    return render.site(context, each, session)
  end)
end

function H.SharePointSite_GetById(context)
  local session, site = scope.site(context)
  return context:json(render.site(context, site, session))
end

local function list_containers(kind)
  return function(context)
    local session, site = scope.site(context)
    return context:list(session.view:containers(site, kind), function(_, each)
      return render.container(context, each, session)
    end)
  end
end

local function get_container(kind)
  return function(context)
    local session, _, container = scope.container(context, kind)
    return context:json(render.container(context, container, session))
  end
end

H.SharePointLibrary_Get = list_containers "library"
H.SharePointLibrary_GetById = get_container "library"
H.SharePointList_Get = list_containers "list"
H.SharePointList_GetById = get_container "list"

local function folders_in(context, session, site, kind)
  local containers, above = scope.parent(context, session, site, kind)
  local found = {}
  for _, container in ipairs(containers) do
    for _, folder in ipairs(session.view:folders(container, above)) do
      found[#found + 1] = folder
    end
  end
  return found
end

function H.SharePointFolder_Get(context)
  local session, site = scope.site(context)
  return context:list(folders_in(context, session, site), function(_, each)
    return render.folder(context, each, session)
  end)
end

function H.SharePointFolder_GetById(context)
  local session, _, folder = scope.folder(context)
  return context:json(render.folder(context, folder, session))
end

H.SharePointFolder_GetByIdByVersionId = H.SharePointFolder_GetById

function H.SharePointFolder_GetVersions(context)
  local session, _, folder = scope.folder(context)
  return context:list({ folder }, function(_, each)
    return render.folder(context, each, session)
  end)
end

-- Lists rows of documents or items.  v3 to v5 have no resource of versions: a session that shows
-- all versions lists the older ones as rows of their own, behind the current one.
local function rows_of(context, session, site, kind)
  local containers, above = scope.parent(context, session, site, kind)
  local rows = {}
  if context.query.includeFolders then
    for _, folder in ipairs(folders_in(context, session, site, kind)) do
      rows[#rows + 1] = { folder }
    end
  end
  for _, container in ipairs(containers) do
    -- A library has no items, nor a list documents.
    local documents = container.kind == kind and session.view:documents(container, above) or {}
    for _, document in ipairs(documents) do
      local versions = context.number <= 5 and session.view:versions(document)
        or { session.view:current(document) }
      for _, version in ipairs(versions) do rows[#rows + 1] = { document, version } end
    end
  end
  return rows
end

local function list_documents(kind)
  return function(context)
    local session, site = scope.site(context)
    return context:list(rows_of(context, session, site, kind), function(_, row)
      if not row[2] then return render.folder(context, row[1], session) end
      return render.document(context, row[1], session, row[2])
    end)
  end
end

local function get_document(kind)
  return function(context)
    local session, _, document, version = scope.document(context, kind)
    return context:json(render.document(context, document, session, version))
  end
end

local function list_versions(kind)
  return function(context)
    local session, _, document = scope.document(context, kind)
    return context:list(session.view:versions(document), function(_, version)
      return render.document(context, document, session, version)
    end)
  end
end

H.SharePointDocument_Get = list_documents "library"
H.SharePointDocument_GetById = get_document "library"
H.SharePointDocument_GetByIdByVersionId = get_document "library"
H.SharePointDocument_GetVersions = list_versions "library"

H.SharePointItem_Get = list_documents "list"
H.SharePointItem_GetById = get_document "list"
H.SharePointItem_GetByIdByVersionId = get_document "list"
H.SharePointItem_GetVersions = list_versions "list"

function H.SharePointAttachment_Get(context)
  local session, _, item = scope.document(context, "list")
  return context:list(item.attachments, function(_, each)
    return render.attachment(context, each, session)
  end)
end

function H.SharePointAttachment_GetById(context)
  local session, _, _, attachment = scope.attachment(context)
  return context:json(render.attachment(context, attachment, session))
end

return H
