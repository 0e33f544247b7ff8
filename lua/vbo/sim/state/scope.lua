--- What a path or a body of a restore session chooses: drives, folders, documents, mailboxes,
--- mail; refused where the session does not show it.

local explore = require "vbo.sim.sessions.explore"
local refusal = require "vbo.sim.base.refusal"

local M = {}

--- The session and the OneDrive of a path.
---@return table session, table drive
function M.drive(context)
  local session, id = explore.session(context, "Veod"), context.params.oneDriveId
  return session, session.view:drive(id) or refusal.not_found("OneDrive", id)
end

---@return table session, table drive, table folder
function M.folder(context)
  local session, drive = M.drive(context)
  local id = context.params.folderId
  return session, drive, session.view:folder(drive, id) or refusal.not_found("OneDriveFolder", id)
end

local function version_of(session, document, id)
  if id == nil then return session.view:current(document) end
  for _, version in ipairs(session.view:versions(document)) do
    if tostring(version.id) == tostring(id) or version.number == tostring(id) then
      return version
    end
  end
  refusal.not_found("OneDriveDocumentVersion", tostring(id))
end

---@return table session, table drive, table document, vbo.sim.Version version
function M.document(context)
  local session, drive = M.drive(context)
  local id = context.params.documentId
  local document = session.view:document(drive, id) or refusal.not_found("OneDriveDocument", id)
  return session, drive, document, version_of(session, document, context.params.versionId)
end

--- The objects that a body lists by their ids; one that is unknown is a 404, none at all a 400.
local function listed(list, name, find)
  local found = {}
  for i, each in ipairs(list or {}) do
    if not each.id then refusal.raise(400, ("'%s[%d].id' is missing."):format(name, i - 1)) end
    found[i] = find(each)
  end
  if #found == 0 then refusal.missing { name } end
  return found
end

--- Documents that a body lists: { document=, version= }.
function M.listed_documents(context, session, drive)
  return listed(context.body.documents, "Documents", function(each)
    local document = session.view:document(drive, each.id)
      or refusal.not_found("OneDriveDocument", each.id)
    return { document = document, version = version_of(session, document, each.versionId) }
  end)
end

function M.listed_folders(context, session, drive)
  return listed(context.body.folders, "Folders", function(each)
    return session.view:folder(drive, each.id) or refusal.not_found("OneDriveFolder", each.id)
  end)
end

--- All documents in folders and below, with the folders themselves.
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

---@return table session, table mailbox
function M.mailbox(context)
  local session, id = explore.session(context, "Vex"), context.params.mailboxId
  return session, session.view:mailbox(id) or refusal.not_found("Mailbox", id)
end

---@return table session, table mailbox, table folder
function M.mail_folder(context)
  local session, mailbox = M.mailbox(context)
  local id = context.params.folderId
  return session, mailbox,
    session.view:mail_folder(mailbox, id) or refusal.not_found("MailboxFolder", id)
end

---@return table session, table mailbox, table item
function M.item(context)
  local session, mailbox = M.mailbox(context)
  local id = context.params.itemId
  return session, mailbox, session.view:item(mailbox, id) or refusal.not_found("Item", id)
end

function M.listed_items(context, session, mailbox)
  return listed(context.body.items, "Items", function(each)
    return session.view:item(mailbox, each.id) or refusal.not_found("Item", each.id)
  end)
end

--- All mail in a folder and below it.
function M.mail_below(session, mailbox, top)
  local found = {}
  for _, item in ipairs(session.view:items(mailbox)) do
    local folder = item.folder
    while folder and folder ~= top do folder = folder.parent end
    if folder == top then found[#found + 1] = item end
  end
  return found
end

return M
