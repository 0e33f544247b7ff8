--- Handles save, restore, copy and send of documents, folders and whole OneDrives.

local core = require "vbo.core"
local choice = require "vbo.sim.sessions.choice"
local explore = require "vbo.sim.sessions.explore"
local outcome = require "vbo.sim.sessions.outcome"
local refusal = require "vbo.sim.base.refusal"
local render = require "vbo.sim.onedrive.render"
local restore = require "vbo.sim.sessions.restore"
local scope = require "vbo.sim.onedrive.scope"
local steps_of = require "vbo.sim.onedrive.restore"
local streams = require "vbo.sim.formats.streams"

local H = {}

---@class vbo.sim.Selection
---@field session table
---@field drive table
---@field documents { document: table, version: vbo.sim.Version }[]
---@field folders table[]     that come with them
---@field tops table<table, true>  the folders chosen; empty: the whole drive or single documents
---@field single boolean?     one document
---@field loose boolean?      documents without their folders
---@field what string

local select_by = {}

function select_by.document(context)
  local session, drive, document, version = scope.document(context)
  return {
    session = session, drive = drive, documents = { { document = document, version = version } },
    folders = {}, tops = {}, single = true, loose = true, what = "document " .. document.name,
  }
end

function select_by.documents(context)
  local session, drive = scope.drive(context)
  local list = scope.listed_documents(context, session, drive)
  return {
    session = session, drive = drive, documents = list, folders = {}, tops = {}, loose = true,
    what = ("%d documents"):format(#list),
  }
end

local function below(session, drive, chosen, what)
  local documents, folders = choice.below(session, drive, chosen)
  local tops = {}
  for _, folder in ipairs(chosen or {}) do tops[folder] = true end
  return {
    session = session, drive = drive, documents = documents, folders = folders, tops = tops,
    what = what,
  }
end

function select_by.folder(context)
  local session, drive, folder = scope.folder(context)
  return below(session, drive, { folder }, "folder " .. folder.name)
end

function select_by.folders(context)
  local session, drive = scope.drive(context)
  local chosen = scope.listed_folders(context, session, drive)
  return below(session, drive, chosen, ("%d folders"):format(#chosen))
end

function select_by.drive(context)
  local session, drive = scope.drive(context)
  return below(session, drive, nil, "OneDrive of " .. drive.owner)
end

-- Makes a handler of an action on what a selector chooses.
local function handler(selector, action)
  return function(context) return action(context, selector(context)) end
end

-- Streams a selection.  v2 to v5 take asZip for everything; there and later several documents are
-- always a ZIP.
local function save(selector)
  return handler(selector, function(context, selection)
    local documents = selection.documents
    selection.session:event {
      type = "Save", status = "Success", done = true, title = "Saving " .. selection.what,
      message = ("Saved %d document(s)"):format(#documents),
    }
    if selection.single and not context.body.asZip then
      return context:stream(documents[1].version.stream)
    end
    return context:stream(streams.documents(documents, function(it)
      return steps_of.folders_of(selection, it)
    end, selection.folders))
  end)
end

local function restore_original(selector)
  return handler(selector, function(context, selection)
    return outcome.documents(context, selection.session, steps_of.to_original(context, selection))
  end)
end

local function copy_to(selector)
  return handler(selector, function(context, selection)
    return outcome.documents(context, selection.session, steps_of.to_drive(context, selection))
  end)
end

local function send(selector)
  return handler(selector, function(context, selection)
    local letter, list = restore.letter(context), {}
    for i, each in ipairs(selection.documents) do
      list[i] = {
        name = each.document.name, path = each.document.path, size = each.version.size,
        version = each.version.number, user = selection.drive.owner,
      }
    end
    restore.send(context, selection.session, list, letter, "onedrive")
    return context:empty()
  end)
end

H.OneDrive_SaveOneDriveAction = save(select_by.drive)
H.OneDriveFolder_SaveFolderAction = save(select_by.folder)
H.OneDriveFolder_SaveFolderActionByVersionId = save(select_by.folder)
H.OneDriveFolder_SaveFoldersAction = save(select_by.folders)
H.OneDriveDocument_SaveDocumentAction = save(select_by.document)
H.OneDriveDocument_SaveDocumentActionByVersionId = save(select_by.document)
H.OneDriveDocument_SaveDocumentsAction = save(select_by.documents)

H.OneDrive_RestoreOneDriveAction = restore_original(select_by.drive)
H.OneDriveFolder_RestoreFolderAction = restore_original(select_by.folder)
H.OneDriveFolder_RestoreFolderActionByVersionId = restore_original(select_by.folder)
H.OneDriveFolder_RestoreFoldersAction = restore_original(select_by.folders)
H.OneDriveDocument_RestoreDocumentAction = restore_original(select_by.document)
H.OneDriveDocument_RestoreDocumentActionByVersionId = restore_original(select_by.document)
H.OneDriveDocument_RestoreDocumentsAction = restore_original(select_by.documents)

H.OneDrive_CopyToOneDriveAction = copy_to(select_by.drive)
H.OneDriveFolder_CopyToFolderAction = copy_to(select_by.folder)
H.OneDriveFolder_CopyToFolderActionByVersionId = copy_to(select_by.folder)
H.OneDriveFolder_CopyToFoldersAction = copy_to(select_by.folders)
H.OneDriveDocument_CopyToDocumentAction = copy_to(select_by.document)
H.OneDriveDocument_CopyToDocumentActionByVersionId = copy_to(select_by.document)
H.OneDriveDocument_CopyToDocumentsAction = copy_to(select_by.documents)

H.OneDrive_SendOneDriveAction = send(select_by.drive)
H.OneDriveFolder_SendFolderAction = send(select_by.folder)
H.OneDriveFolder_SendFolderActionByVersionId = send(select_by.folder)
H.OneDriveFolder_SendFoldersAction = send(select_by.folders)
H.OneDriveDocument_SendDocumentAction = send(select_by.document)
H.OneDriveDocument_SendDocumentActionByVersionId = send(select_by.document)
H.OneDriveDocument_SendDocumentsAction = send(select_by.documents)

--- Restores several whole OneDrives to their original locations.
function H.OneDrive_RestoreOneDrivesAction(context)
  local session, body, parts = explore.session(context, "Veod"), context.body, {}
  for i, each in ipairs(body.oneDrives or {}) do
    local id = each.id or refusal.missing { "OneDrives[].Id" }
    local drive = session.view:drive(id) or refusal.not_found("OneDrive", id)
    local selection = below(session, drive, nil, "OneDrive of " .. drive.owner)
    parts[i] = {
      options = steps_of.to_original(context, selection, body.skipUnresolved),
      render = function(work)
        return outcome.drive_detail(work, render.drive(context, drive, session))
      end,
    }
  end
  if #parts == 0 then refusal.missing { "OneDrives" } end
  return outcome.bulk(context, session, parts, true)
end

--- Restores documents to their original location for a restore operator, each with its last version
--- or with all of them.
function H.OneDriveDocument_OperatorRestore(context)
  local session, drive = scope.drive(context)
  local body, steps = context.body, {}
  local live = context.store.production:drive(session.organization, drive.owner)
  for i, config in ipairs(body.documentsRestoreConfigs or {}) do
    local id = config.document and config.document.id
      or refusal.missing { ("DocumentsRestoreConfigs[%d].Document.Id"):format(i - 1) }
    local document = session.view:document(drive, id)
      or refusal.not_found("OneDriveDocument", id)
    local made = steps_of.documents(context, session,
      { { document = document, version = session.view:current(document) } }, {
        change = "restored", drive = live, missing = steps_of.missing_drive(drive.owner),
        place = steps_of.original_path, how = {
          exists = core.fold(body.documentAction or "Overwrite"),
          all = core.fold(config.documentVersion or "Last") == "all",
        },
      })
    table.move(made, 1, #made, #steps + 1, steps)
  end
  if #steps == 0 then refusal.missing { "DocumentsRestoreConfigs" } end
  return explore.begin(context, session, {
    title = ("Restoring %d documents as a restore operator"):format(#steps),
    target = drive.owner, steps = steps,
  })
end

return H
