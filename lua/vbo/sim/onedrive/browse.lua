--- Handles reading of OneDrives, folders and documents in a restore session.

local core = require "vbo.core"
local explore = require "vbo.sim.sessions.explore"
local refusal = require "vbo.sim.base.refusal"
local render = require "vbo.sim.onedrive.render"
local scope = require "vbo.sim.onedrive.scope"
local sequence = require "vbo.sim.world.sequence"

local H = {}

function H.OneDrive_Get(context)
  local session = explore.session(context, "Veod")
  return context:list(session.view:drives(), function(_, each)
    return render.drive(context, each, session)
  end)
end

function H.OneDrive_GetById(context)
  local session, drive = scope.drive(context)
  return context:json(render.drive(context, drive, session))
end

-- Finds the folder of `parentId`: false for the root ("null" up to v7, "root" in v8), nil for all.
local function parent(context, session, drive)
  local id = context.query.parentId
  if id == nil then return nil end
  if core.fold(id) == "null" or core.fold(id) == "root" then return false end
  return session.view:folder(drive, id) or refusal.not_found("OneDriveFolder", id)
end

function H.OneDriveFolder_Get(context)
  local session, drive = scope.drive(context)
  local list = session.view:folders(drive, parent(context, session, drive))
  return context:list(list, function(_, each) return render.folder(context, each, session) end)
end

function H.OneDriveFolder_GetById(context)
  local session, _, folder = scope.folder(context)
  return context:json(render.folder(context, folder, session))
end

H.OneDriveFolder_GetByIdByVersionId = H.OneDriveFolder_GetById

--- Lists the versions of a folder: only the one that it was made with.
function H.OneDriveFolder_GetVersions(context)
  local session, _, folder = scope.folder(context)
  return context:list({ folder }, function(_, each)
    return render.folder(context, each, session)
  end)
end

-- Lists rows of documents: { document, version }.  v3 to v5 have no resource of versions: a session
-- that shows all versions lists the older ones as rows of their own, behind the current one.
local function rows_of(context, session, documents)
  local view = session.view
  if context.number > 5 or not view.versions_shown then
    return sequence.map(documents, function(document)
      return { document, view:current(document) }
    end)
  end
  return sequence.flatten(documents, function(document)
    local rows = {}
    for i, version in ipairs(view:versions(document)) do rows[i] = { document, version } end
    return rows
  end)
end

function H.OneDriveDocument_Get(context)
  local session, drive = scope.drive(context)
  local above = parent(context, session, drive)
  local rows = rows_of(context, session, session.view:documents(drive, above))
  if context.query.includeFolders then
    rows = sequence.concat(sequence.map(session.view:folders(drive, above), function(folder)
      return { folder }
    end), rows)
  end
  return context:list(rows, function(_, row)
    if not row[2] then return render.folder(context, row[1], session) end
    return render.document(context, row[1], session, row[2])
  end)
end

function H.OneDriveDocument_GetById(context)
  local session, _, document = scope.document(context)
  return context:json(render.document(context, document, session))
end

function H.OneDriveDocument_GetVersions(context)
  local session, _, document = scope.document(context)
  return context:list(session.view:versions(document), function(_, version)
    return render.document(context, document, session, version)
  end)
end

function H.OneDriveDocument_GetByIdByVersionId(context)
  local session, _, document, version = scope.document(context)
  return context:json(render.document(context, document, session, version))
end

return H
