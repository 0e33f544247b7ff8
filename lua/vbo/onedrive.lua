--- OneDrives in a restore session: folders, documents, their versions, and what can be
--- done with them (v2 and later).

local collection = require "vbo.collection"
local errors = require "vbo.error"
local filename = require "vbo.filename"
local resource = require "vbo.resource"
local save = require "vbo.save"
local workload = require "vbo.workload"

local same_name = function(record, name)
  return type(record.name) == "string" and record.name:lower() == name:lower()
end

-- The drive of a person is named by the person, by its title, or by its URL, in which
-- SharePoint writes alice@contoso.com as …/personal/alice_contoso_com.
local function names_drive(record, name)
  if same_name(record, name) then return true end
  local url = type(record.url) == "string" and record.url:lower():gsub("/+$", "") or ""
  if url == name:lower() then return true end
  return name:find("@", 1, true) ~= nil
    and url:match "([^/]*)$" == name:lower():gsub("[@.]", "_")
end

---@class vbo.OneDrive
---@field id string
---@field name string
---@field url string
local OneDrive = resource.class {
  kind = "OneDrive", plural = "onedrives", parameter = "oneDriveId", selection = "onedrives",
  get = "OneDrive_GetById", list = "OneDrive_Get", names = names_drive, methods = {}, bulk = {},
}

---@class vbo.OneDriveFolder
---@field id string
---@field name string
local Folder = resource.class {
  kind = "folder", parameter = "folderId", selection = "folders",
  get = "OneDriveFolder_GetById", list = "OneDriveFolder_Get", names = same_name,
  methods = {}, bulk = {},
}

---@class vbo.OneDriveDocument
---@field id string
---@field name string
---@field size integer           bytes (`size` in v2, `sizeBytes` later)
---@field version string
---@field created string         ISO 8601
---@field modified string        ISO 8601
local Document = resource.class {
  kind = "document", parameter = "documentId", selection = "documents",
  get = "OneDriveDocument_GetById", list = "OneDriveDocument_Get", names = same_name,
  methods = {}, bulk = {},
}

---@class vbo.OneDriveVersion: vbo.OneDriveDocument
local Version = resource.class {
  kind = "version", parameter = "versionId", key = "version_id",
  get = "OneDriveDocument_GetByIdByVersionId", list = "OneDriveDocument_GetVersions", methods = {},
}

local FolderVersion = resource.class {
  kind = "version", parameter = "versionId", key = "version_id",
  get = "OneDriveFolder_GetByIdByVersionId", list = "OneDriveFolder_GetVersions", methods = {},
}

local function session_of(self) return self._owner:_session() end
for _, class in ipairs { Folder, Document, Version, FolderVersion } do
  class.methods._session = session_of
end
function OneDrive.methods:_session() return self._owner end

--- Where a copy goes, as the API takes it: a drive's whole object.
local function destination(options, call)
  local to = options and options.to
  if to == nil then
    errors.usage(call .. " needs the option 'to': the OneDrive that receives it")
  end
  local copy = {}
  for name, value in pairs(options) do copy[name] = value end
  copy.to = nil
  copy.onedrive = to
  if type(to) == "string" then
    errors.usage(call .. ": option 'to' takes a OneDrive, not its name",
      "session:onedrive(name) or organization:user(name):onedrives():one() gives one")
  end
  return copy
end

local tree = { recursive = "boolean" }

--- Folders. With a list: a selection of them. `recursive = false`: only the top level.
---@param given table?  a list of folders, or {page_size=, recursive=}
function OneDrive.methods:folders(given)
  local top = type(given) == "table" and given.recursive == false
  return collection.of(Folder, self, given, {
    accepts = tree, query = { parent = top and self._client._dialect:root() or nil },
  })
end

--- One folder by id, name, or path from the top ("Reports/2026").
---@param name any
function OneDrive.methods:folder(name)
  if type(name) == "string" and name:find("/", 2, true) and not name:find "^%x+%-%x+%-" then
    local folder
    for part in name:gmatch "[^/]+" do
      folder = folder and folder:folder(part) or resource.from_name(Folder, self, part,
        { parent = self._client._dialect:root() })
    end
    return folder
  end
  return resource.reference(Folder, self, name)
end

--- Documents of the whole drive. With a list: a selection of them. `recursive = false`:
--- only those outside any folder.
---@param given table?
function OneDrive.methods:documents(given)
  local top = type(given) == "table" and given.recursive == false
  return collection.of(Document, self, given, {
    accepts = tree, query = { parent = top and self._client._dialect:root() or nil },
  })
end

-- "Reports/2026/plan.docx" → its folder and its name.
local function split_path(self, name)
  if type(name) ~= "string" then return nil end
  local folders, last = name:match "^/?(.+)/([^/]+)$"
  if folders then return self:folder(folders), last end
end

--- One document by id, name, or path ("Reports/2026/plan.docx").
---@param name any
function OneDrive.methods:document(name)
  local folder, last = split_path(self, name)
  if folder then return folder:document(last) end
  return resource.reference(Document, self, name)
end

--- Folders directly in this one.
---@param given table?
function Folder.methods:folders(given)
  return collection.of(Folder, self._owner, given, { query = { parent = self.id } })
end

--- One folder directly in this one.
---@param name any
function Folder.methods:folder(name)
  return resource.reference(Folder, self._owner, name, { parent = self.id })
end

--- Documents directly in this folder.
---@param given table?
function Folder.methods:documents(given)
  return collection.of(Document, self._owner, given, { query = { parent = self.id } })
end

--- One document directly in this folder.
---@param name any
function Folder.methods:document(name)
  return resource.reference(Document, self._owner, name, { parent = self.id })
end

--- Versions of the document, where the session was explored with all versions (v6 and later).
function Document.methods:versions() return collection.new(Version, self, {}) end

--- One version by its id.
---@param id string|integer
function Document.methods:version(id) return resource.from_id(Version, self, tostring(id)) end

--- Versions of the folder (v6 and later).
function Folder.methods:versions() return collection.new(FolderVersion, self, {}) end

-- ------------------------------------------------------------------ saving

--- Saves the documents one by one under their own names, in a folder for each folder.
local function save_plain(self, own, name)
  local root, saved = save.folder(own, name), {}
  local function walk(documents, folders, path)
    local unique = filename.unique()
    for document in documents:each() do
      local to = path .. "/" .. unique(filename.safe(document.name))
      saved[#saved + 1] = save.stream(document, {
        call = "save", operation = "OneDriveDocument_SaveDocumentAction",
        options = { zip = false }, implied = { zip = false },
      }, { to = to, overwrite = own.overwrite, fsync = own.fsync, progress = own.progress,
        deadline = own.deadline }, document.name)
    end
    if not folders then return end
    for folder in folders:each() do
      local inside = save.folder({ to = path .. "/" .. unique(filename.safe(folder.name)) })
      walk(folder:documents(), folder:folders(), inside)
    end
  end
  if collection.is(self) then
    walk(self, nil, root)
  elseif self._class == Folder then
    walk(self:documents(), self:folders(), root)
  else
    local top = { recursive = false }
    walk(self:documents(top), self:folders(top), root)
  end
  return saved
end

-- Everything but a single document is an archive unless plain files are asked for.
local function save_archive(self, operation, given, name)
  local own, rest = save.split(given, "save")
  if rest.zip == false then return save_plain(self, own, name) end
  return workload.stream(self, "save", operation, own, rest, name .. ".zip")
end

--- Saves the document.
---
--- Options: `to` (a file or a folder; the current folder), `zip` (an archive of the one
--- document; v2 and later), `overwrite`, `fsync`, `progress`, `deadline`.
---@param given table?
---@return vbo.Saved
function Document.methods:save(given)
  local own, rest = save.split(given, "save")
  local name = filename.safe(own.to and not self._record and self.id or self.name)
  return workload.stream(self, "save", "OneDriveDocument_SaveDocumentAction", own, rest,
    rest.zip and name .. ".zip" or name)
end

--- Saves this version of the document.
---@param given table?
---@return vbo.Saved
function Version.methods:save(given)
  local own, rest = save.split(given, "save")
  local name = filename.safe(self._owner.name)
  return workload.stream(self, "save", "OneDriveDocument_SaveDocumentActionByVersionId", own,
    rest, rest.zip and name .. ".zip" or name)
end

--- Saves the folder as a ZIP archive; with `zip = false` as plain files in a folder.
---@param given table?
---@return vbo.Saved|vbo.Saved[]
function Folder.methods:save(given)
  return save_archive(self, "OneDriveFolder_SaveFolderAction", given, filename.safe(self.name))
end

--- Saves the whole OneDrive as a ZIP archive; with `zip = false` as plain files.
---@param given table?
---@return vbo.Saved|vbo.Saved[]
function OneDrive.methods:save(given)
  local named = given and type(given.to) == "string" and not self._record
  return save_archive(self, "OneDrive_SaveOneDriveAction", given,
    named and "OneDrive" or filename.safe(self.name, "OneDrive"))
end

--- Saves the selected documents as one ZIP archive; with `zip = false` as plain files in
--- the folder `to`.
---@param given table?
---@return vbo.Saved|vbo.Saved[]
function Document.bulk:save(given)
  return save_archive(self, "OneDriveDocument_SaveDocumentsAction", given, "documents")
end

--- Saves the selected folders as one ZIP archive.
---@param given table?
---@return vbo.Saved
function Folder.bulk:save(given)
  local own, rest = save.split(given, "save")
  return workload.stream(self, "save", "OneDriveFolder_SaveFoldersAction", own, rest, "folders.zip")
end

--- Saves each of the selected OneDrives (the API has no call for several): a file, or with
--- `zip = false` a folder, for each in the folder `to`.
---@param given table?
---@return vbo.Saved[]
function OneDrive.bulk:save(given)
  local own = save.split(given, "save")
  local drives = workload.selected(self, "save")
  local folder = save.folder({ to = own.to or "." })
  local unique, saved = filename.unique(), {}
  for i, drive in ipairs(drives) do
    local options = {}
    for name, value in pairs(given or {}) do options[name] = value end
    local name = unique(filename.safe(drive.name, "OneDrive"))
    options.to = folder .. "/" .. (options.zip == false and name or name .. ".zip")
    saved[i] = drive:save(options)
  end
  return saved
end

-- --------------------------------------------------------------- restoring

--- Restores to where it was.
---
--- Options: `version` ("last" or, up to v5, "all"), `on_conflict` ("overwrite" or "keep"),
--- the account that writes (`user`, `password`, or `user_code`, or `application_id`,
--- `application_certificate`, `application_certificate_password`), `region`,
--- `organization_name`; `wait = false` returns before a background restore (v8) is over;
--- `allow_partial` returns statistics instead of raising when items failed.
---@param given table?
---@return vbo.Statistics
function Document.methods:restore(given)
  return workload.restore(self, "restore", "OneDriveDocument_RestoreDocumentAction", given)
end

--- As `Document:restore`, for this version (v6 and later).
function Version.methods:restore(given)
  return workload.restore(self, "restore", "OneDriveDocument_RestoreDocumentActionByVersionId",
    given)
end

--- As `Document:restore`, for the folder and all in it.
function Folder.methods:restore(given)
  return workload.restore(self, "restore", "OneDriveFolder_RestoreFolderAction", given)
end

--- As `Document:restore`, for the whole OneDrive.
function OneDrive.methods:restore(given)
  return workload.restore(self, "restore", "OneDrive_RestoreOneDriveAction", given)
end

--- As `Document:restore`, for all selected documents in one call.
function Document.bulk:restore(given)
  return workload.restore(self, "restore", "OneDriveDocument_RestoreDocumentsAction", given)
end

--- As `Document:restore`, for all selected folders in one call.
function Folder.bulk:restore(given)
  return workload.restore(self, "restore", "OneDriveFolder_RestoreFoldersAction", given)
end

--- As `Document:restore`, for several OneDrives in one call; `skip_unresolved` leaves out
--- drives whose user is gone; also `on_premises_user`, `on_premises_password`.
function OneDrive.bulk:restore(given)
  return workload.restore(self, "restore", "OneDrive_RestoreOneDrivesAction", given)
end

-- ----------------------------------------------------------------- copying

--- Copies into another OneDrive.
---
--- Options: `to` (the OneDrive; required), `folder` (a folder's name in it), `version`
--- ("last" or "all"), `on_conflict` ("overwrite" or "merge"), `changed`, `deleted`,
--- `permissions`, `notify`, and the account as for `restore`.
---@param given table
---@return vbo.Statistics
function Document.methods:copy(given)
  return workload.restore(self, "copy", "OneDriveDocument_CopyToDocumentAction",
    destination(given, "copy"))
end

--- As `Document:copy`, for this version (v6 and later).
function Version.methods:copy(given)
  return workload.restore(self, "copy", "OneDriveDocument_CopyToDocumentActionByVersionId",
    destination(given, "copy"))
end

--- As `Document:copy`, for the folder and all in it.
function Folder.methods:copy(given)
  return workload.restore(self, "copy", "OneDriveFolder_CopyToFolderAction",
    destination(given, "copy"))
end

--- As `Document:copy`, for the whole OneDrive.
function OneDrive.methods:copy(given)
  return workload.restore(self, "copy", "OneDrive_CopyToOneDriveAction",
    destination(given, "copy"))
end

--- As `Document:copy`, for all selected documents in one call.
function Document.bulk:copy(given)
  return workload.restore(self, "copy", "OneDriveDocument_CopyToDocumentsAction",
    destination(given, "copy"))
end

--- As `Document:copy`, for all selected folders in one call.
function Folder.bulk:copy(given)
  return workload.restore(self, "copy", "OneDriveFolder_CopyToFoldersAction",
    destination(given, "copy"))
end

--- Copies each of the selected OneDrives (the API has no call for several).
---@return vbo.Statistics[]
function OneDrive.bulk:copy(given)
  local results = {}
  for i, drive in ipairs(workload.selected(self, "copy")) do results[i] = drive:copy(given) end
  return results
end

-- ----------------------------------------------------------------- sending

--- Sends as an attachment.  The server's e-mail settings for OneDrive must be configured.
---
--- Options: `from`, `to`, `subject`, `text`, `skip_item_checks` (v6 and later).
---@param given table
function Document.methods:send(given)
  return workload.send(self, "send", "OneDriveDocument_SendDocumentAction", given)
end

--- As `Document:send`, for this version (v6 and later).
function Version.methods:send(given)
  return workload.send(self, "send", "OneDriveDocument_SendDocumentActionByVersionId", given)
end

--- As `Document:send`, for the folder and all in it.
function Folder.methods:send(given)
  return workload.send(self, "send", "OneDriveFolder_SendFolderAction", given)
end

--- As `Document:send`, for the whole OneDrive.
function OneDrive.methods:send(given)
  return workload.send(self, "send", "OneDrive_SendOneDriveAction", given)
end

--- As `Document:send`, for all selected documents in one message.
function Document.bulk:send(given)
  return workload.send(self, "send", "OneDriveDocument_SendDocumentsAction", given)
end

--- As `Document:send`, for all selected folders in one message.
function Folder.bulk:send(given)
  return workload.send(self, "send", "OneDriveFolder_SendFoldersAction", given)
end

--- Sends each of the selected OneDrives (the API has no call for several).
function OneDrive.bulk:send(given)
  for _, drive in ipairs(workload.selected(self, "send")) do drive:send(given) end
end

return { OneDrive = OneDrive, Folder = Folder, Document = Document, Version = Version }
