--- Finds the OneDrives, folders and documents that a path or a body names; refuses what the session
--- does not show.

local choice = require "vbo.sim.sessions.choice"
local explore = require "vbo.sim.sessions.explore"
local refusal = require "vbo.sim.base.refusal"

local M = {}

--- Finds the OneDrive of a path.
---@return table session, table drive
function M.drive(context)
  local session, id = explore.session(context, "Veod"), context.params.oneDriveId
  return session, session.view:drive(id) or refusal.not_found("OneDrive", id)
end

--- Finds the folder of a path.
---@return table session, table drive, table folder
function M.folder(context)
  local session, drive = M.drive(context)
  local id = context.params.folderId
  return session, drive, session.view:folder(drive, id) or refusal.not_found("OneDriveFolder", id)
end

local function version_of(session, document, id)
  return choice.version(session, document, id, "OneDriveDocumentVersion")
end

--- Finds the document of a path, in the version that the path names.
---@return table session, table drive, table document, vbo.sim.Version version
function M.document(context)
  local session, drive = M.drive(context)
  local id = context.params.documentId
  local document = session.view:document(drive, id) or refusal.not_found("OneDriveDocument", id)
  return session, drive, document, version_of(session, document, context.params.versionId)
end

--- Finds the documents that a body lists.
---@return { document: table, version: vbo.sim.Version }[]
function M.listed_documents(context, session, drive)
  return choice.listed(context.body.documents, "Documents", function(each, id)
    local document = session.view:document(drive, id) or refusal.not_found("OneDriveDocument", id)
    return { document = document, version = version_of(session, document, each.versionId) }
  end)
end

--- Finds the folders that a body lists.
---@return table[]
function M.listed_folders(context, session, drive)
  return choice.listed(context.body.folders, "Folders", function(_, id)
    return session.view:folder(drive, id) or refusal.not_found("OneDriveFolder", id)
  end)
end

return M
