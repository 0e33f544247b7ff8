--- Declares OneDrives in a restore session: folders, documents, their versions, and what can be
--- done with them (v2 and later).

local core = require "vbo.core"
local declare = require "vbo.model.declare"
local errors = require "vbo.base.error"
local resource = require "vbo.model.resource"
local tree = require "vbo.model.tree"
local verbs = require "vbo.model.verbs"

-- The drive of a person is named by the person, by its title, or by its URL, in which
-- SharePoint writes alice@contoso.com as …/personal/alice_contoso_com.
local function names_drive(record, name)
  if tree.same_name(record, name) then return true end
  local url = type(record.url) == "string" and tree.address(record.url) or ""
  if url == tree.address(name) then return true end
  return name:find("@", 1, true) ~= nil
    and url:match "([^/]*)$" == core.fold(name):gsub("[@.]", "_")
end

---@class vbo.OneDrive
---@field id string
---@field name string
---@field url string
local OneDrive = resource.class {
  kind = "OneDrive", plural = "onedrives", parameter = "oneDriveId", selection = "onedrives",
  get = "OneDrive_GetById", list = "OneDrive_Get", names = names_drive, root = true,
}

---@class vbo.OneDriveFolder
---@field id string
---@field name string
local Folder = resource.class {
  kind = "folder", parameter = "folderId", selection = "folders",
  get = "OneDriveFolder_GetById", list = "OneDriveFolder_Get", names = tree.same_name,
}

---@class vbo.OneDriveDocument
---@field id string
---@field name string
---@field size integer           bytes (`size` in v2, `sizeBytes` later)
---@field version_number string  "1.0"
---@field created string         ISO 8601, UTC
---@field modified string        ISO 8601, UTC
local Document = resource.class {
  kind = "document", parameter = "documentId", selection = "documents",
  get = "OneDriveDocument_GetById", list = "OneDriveDocument_Get", names = tree.same_name,
}

---@class vbo.OneDriveVersion: vbo.OneDriveDocument
local Version = resource.class {
  kind = "version", parameter = "versionId", key = "version_id",
  get = "OneDriveDocument_GetByIdByVersionId", list = "OneDriveDocument_GetVersions",
}

---@class vbo.OneDriveFolderVersion: vbo.OneDriveFolder
local FolderVersion = resource.class {
  kind = "version", parameter = "versionId", key = "version_id",
  get = "OneDriveFolder_GetByIdByVersionId", list = "OneDriveFolder_GetVersions",
}

for _, class in ipairs { OneDrive, Folder, Document, Version, FolderVersion } do
  class.methods._session = tree.session
end

local searches = {
  OneDrive = "OneDrive_SearchOneDriveByOptions",
  folder = "OneDriveFolder_SearchOneDriveFolderByOptions",
}
local function is_document(record) return not tree.is_folder(record) end

Document.search = tree.searched(searches, {
  query = { item_type = "Documents" }, keep = is_document,
})
Folder.search = tree.searched(searches, {
  query = { item_type = "Folders" }, keep = tree.is_folder,
})
-- Several drives are searched for documents.
OneDrive.search = {
  operation = "OneDrive_SearchOneDrivesByOptions", class = Document,
  query = { item_type = "Documents" }, keep = is_document,
  owner = tree.owner_of(OneDrive, "one_drive_id", "onedrives"),
}

local documents = { plural = "documents", singular = "document", class = Document, path = true }
tree.browse(OneDrive.methods, Folder, { root = true, leaves = { documents } })
tree.browse(Folder.methods, Folder, { leaves = { documents } })

--- `document:versions()`, `document:version(id)`, the same of a folder: where the session was
--- explored with all versions (v6 and later).
declare.children(Document.methods, "versions", "version", Version)
declare.children(Folder.methods, "versions", "version", FolderVersion)

-- ------------------------------------------------------------------ saving

local plain = tree.save_plain "OneDriveDocument_SaveDocumentAction"

verbs.save(Document, "save", {
  one = "OneDriveDocument_SaveDocumentAction", many = "OneDriveDocument_SaveDocumentsAction",
}, {
  doc = "Saves the document as it is, with `zip` in an archive; selected documents as one "
    .. "archive, with `zip = false` as plain files in the folder `to`.",
  extension = verbs.zipped_if_asked, files = "documents.zip", plain = plain, single = true,
  content = true,
})

local function name_of_owner(self) return self._owner.name end

verbs.save(Version, "save", { one = "OneDriveDocument_SaveDocumentActionByVersionId" }, {
  doc = "Saves this version of the document, with `zip` in an archive.",
  named = name_of_owner, extension = verbs.zipped_if_asked, content = true,
})

verbs.save(FolderVersion, "save", { one = "OneDriveFolder_SaveFolderActionByVersionId" }, {
  doc = "Saves this version of the folder as an archive.",
  named = name_of_owner, extension = verbs.zipped,
})

verbs.save(Folder, "save", {
  one = "OneDriveFolder_SaveFolderAction", many = "OneDriveFolder_SaveFoldersAction",
}, {
  doc = "Saves the folder, or those selected, as one archive; with `zip = false` as plain files.",
  extension = verbs.zipped_unless_plain, files = "folders.zip", plain = plain,
})

verbs.save(OneDrive, "save", { one = "OneDrive_SaveOneDriveAction", each = true }, {
  doc = "Saves the whole OneDrive as an archive, with `zip = false` as plain files; several "
    .. "(for which the API has no call) each as its own in the folder `to`.",
  extension = verbs.zipped_unless_plain, fallback = "OneDrive", plain = plain,
})

-- --------------------------------------------------------------- restoring

-- Operators restore documents with a version each, and must say what becomes of a document
-- that is there: it is kept unless they do.
local operator = {
  operation = "OneDriveDocument_OperatorRestore", selection = false,
  defaults = { on_conflict = "keep" }, prepare = verbs.document_configs,
}

local restoring = "Restores to where it was.  Options: `version` (\"last\" or, up to v5, "
  .. "\"all\"), `on_conflict` (\"overwrite\" or \"keep\"), the account that writes (`user`, "
  .. "`password`, or `user_code`, or `application_id`, `application_certificate`, "
  .. "`application_certificate_password`), `region`, `organization_name`; `wait = false` "
  .. "returns before a background restore is over; `allow_partial` returns statistics "
  .. "instead of raising when items failed; `operator`, `reason` (documents, v6 and later)."

for class, operations in pairs {
  [Document] = { one = "OneDriveDocument_RestoreDocumentAction",
    many = "OneDriveDocument_RestoreDocumentsAction" },
  [Version] = { one = "OneDriveDocument_RestoreDocumentActionByVersionId" },
  [Folder] = { one = "OneDriveFolder_RestoreFolderAction",
    many = "OneDriveFolder_RestoreFoldersAction" },
  [FolderVersion] = { one = "OneDriveFolder_RestoreFolderActionByVersionId" },
  -- `skip_unresolved` leaves out drives whose user is gone; also `on_premises_user`.
  [OneDrive] = { one = "OneDrive_RestoreOneDriveAction", many = "OneDrive_RestoreOneDrivesAction" },
} do
  verbs.restore(class, "restore", operations, {
    doc = restoring, operator = class == Document and operator or nil,
    instead = "they restore documents: drive:documents():restore{…}",
  })
end

-- ----------------------------------------------------------------- copying

-- Where a copy goes, as the API takes it: a drive's whole object.
local function destination(options, _, call)
  local to = options.to
  if to == nil then
    errors.usage(call .. " needs the option 'to': the OneDrive that receives it")
  end
  if type(to) == "string" then
    errors.usage(call .. ": option 'to' takes a OneDrive, not its name",
      "session:onedrive(name) or organization:user(name):onedrives():one() gives one")
  end
  options.to, options.onedrive = nil, to
  return options
end

local copying = "Copies into another OneDrive.  Options: `to` (the OneDrive; required), "
  .. "`folder` (a folder's name in it), `version` (\"last\" or \"all\"), `on_conflict` "
  .. "(\"overwrite\" or \"merge\"), `changed`, `deleted`, `permissions`, `notify`, and those "
  .. "of `restore` for the account."

for class, operations in pairs {
  [Document] = { one = "OneDriveDocument_CopyToDocumentAction",
    many = "OneDriveDocument_CopyToDocumentsAction" },
  [Version] = { one = "OneDriveDocument_CopyToDocumentActionByVersionId" },
  [Folder] = { one = "OneDriveFolder_CopyToFolderAction",
    many = "OneDriveFolder_CopyToFoldersAction" },
  [FolderVersion] = { one = "OneDriveFolder_CopyToFolderActionByVersionId" },
  [OneDrive] = { one = "OneDrive_CopyToOneDriveAction", each = true },
} do
  verbs.restore(class, "copy", operations, { doc = copying, prepare = destination })
end

-- ----------------------------------------------------------------- sending

local sending = "Sends by mail.  The server's e-mail settings for OneDrive must be configured. "
  .. "Options: `from`, `to`, `subject`, `text`, `skip_item_checks` (v6 and later)."

for class, operations in pairs {
  [Document] = { one = "OneDriveDocument_SendDocumentAction",
    many = "OneDriveDocument_SendDocumentsAction" },
  [Version] = { one = "OneDriveDocument_SendDocumentActionByVersionId" },
  [Folder] = { one = "OneDriveFolder_SendFolderAction", many = "OneDriveFolder_SendFoldersAction" },
  [FolderVersion] = { one = "OneDriveFolder_SendFolderActionByVersionId" },
  [OneDrive] = { one = "OneDrive_SendOneDriveAction", each = true },
} do
  verbs.send(class, "send", operations, { doc = sending })
end

return {
  OneDrive = OneDrive, Folder = Folder, Document = Document, Version = Version,
  FolderVersion = FolderVersion,
}
