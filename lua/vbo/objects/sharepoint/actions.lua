--- Saves, sends and restores the things of a site, in place or to another site.
---
--- In place is the site the backup was made of: `restore`, with `list` another list or
--- library in it (the action dialect calls this restoreTo).  `restore_to` (v6 and later) is
--- another site, named by its URL.

local classes = require "vbo.objects.sharepoint.classes"
local errors = require "vbo.base.error"
local resource = require "vbo.model.resource"
local tree = require "vbo.model.tree"
local verbs = require "vbo.model.verbs"

-- Where `restore_to` goes: a site or its URL.
local function destination(options, _, call)
  local to = options.to
  if to == nil and options.site_url == nil then
    errors.usage(call .. " needs the option 'to': the site that receives it, or its URL")
  end
  options.to = nil
  if type(to) == "table" then
    to = resource.is(to) and to.url
      or errors.usage(call .. ": option 'to' takes a site or its URL")
  end
  if to ~= nil then options.site_url = to end
  return options
end

local restoring = "Restores to where it was.  Options: `list` (another list or library of the "
  .. "site), `version` (\"last\" or \"all\"), `on_conflict` (\"overwrite\" or \"merge\"), "
  .. "`permissions`, `notify` (mail to those it is shared with); for libraries and lists also "
  .. "`changed`, `deleted`, `list_views`; for sites `alias`, `subsites`, `master_pages` "
  .. "instead of `list`; the account that writes (`user`, `password`, or `user_code`, or "
  .. "`application_id`, `application_certificate`, `application_certificate_password`); "
  .. "`wait`, `allow_partial`; `operator`, `reason` (documents and items, v6 and later)."

local elsewhere = "Restores to another site (v6 and later).  Options: `to` (the site or its "
  .. "URL), `region`, `organization_name`, and those of `restore` but `permissions`."

-- Maps each class to the operations of its `restore` and `restore_to`.
local restores = {
  Site = {
    { one = "SharePointSite_RestoreSiteAction", each = true },
    { one = "SharePointSite_RestoreSiteActionTo", each = true },
  },
  Library = {
    { one = "SharePointLibrary_RestoreLibraryAction", each = true },
    { one = "SharePointLibrary_RestoreLibraryActionTo", each = true },
  },
  List = {
    { one = "SharePointList_RestoreListAction", each = true },
    { one = "SharePointList_RestoreListActionTo", each = true },
  },
  Folder = {
    { one = "SharePointFolder_RestoreFolderAction",
      many = "SharePointFolder_RestoreFoldersAction" },
    { one = "SharePointFolder_RestoreFolderActionTo",
      many = "SharePointFolder_RestoreFoldersActionTo" },
  },
  FolderVersion = {
    { one = "SharePointFolder_RestoreFolderActionByVersionId" },
    { one = "SharePointFolder_RestoreFolderActionByVersionIdTo" },
  },
  Document = {
    { one = "SharePointDocument_RestoreDocumentAction",
      many = "SharePointDocument_RestoreDocumentsAction" },
    { one = "SharePointDocument_RestoreDocumentActionTo",
      many = "SharePointDocument_RestoreDocumentsActionTo" },
  },
  DocumentVersion = {
    { one = "SharePointDocument_RestoreDocumentActionByVersionId" },
    { one = "SharePointDocument_RestoreDocumentActionByVersionIdTo" },
  },
  Item = {
    { one = "SharePointItem_RestoreItemAction", many = "SharePointItem_RestoreItemsAction" },
    { one = "SharePointItem_RestoreItemActionTo", many = "SharePointItem_RestoreItemsActionTo" },
  },
  ItemVersion = {
    { one = "SharePointItem_RestoreItemActionByVersionId" },
    { one = "SharePointItem_RestoreItemActionByVersionIdTo" },
  },
}

local operators = {
  Document = {
    operation = "SharePointDocument_OperatorRestore", selection = false,
    prepare = verbs.document_configs,
  },
  Item = {
    operation = "SharePointItem_OperatorRestore", selection = false, prepare = verbs.item_configs,
  },
}

for name, operations in pairs(restores) do
  verbs.restore(classes[name], "restore", operations[1], {
    doc = restoring, operator = operators[name],
    instead = "they restore documents and items: site:documents():restore{…}",
  })
  verbs.restore(classes[name], "restore_to", operations[2], {
    doc = elsewhere, prepare = destination,
    instead = "they restore to where it was: restore{…}",
  })
end

local function name_of_owner(self) return self._owner.name end

local plain = tree.save_plain "SharePointDocument_SaveDocumentAction"
verbs.save(classes.Document, "save", {
  one = "SharePointDocument_SaveDocumentAction", many = "SharePointDocument_SaveDocumentsAction",
}, {
  doc = "Saves the document as it is, with `zip` in an archive; selected documents as one "
    .. "archive, with `zip = false` as plain files in the folder `to`.",
  extension = verbs.zipped_if_asked, files = "documents.zip", plain = plain, single = true,
  content = true,
})
verbs.save(classes.DocumentVersion, "save", {
  one = "SharePointDocument_SaveDocumentActionByVersionId",
}, {
  doc = "Saves this version of the document, with `zip` in an archive.",
  named = name_of_owner, extension = verbs.zipped_if_asked, content = true,
})
verbs.save(classes.Folder, "save", {
  one = "SharePointFolder_SaveFolderAction", many = "SharePointFolder_SaveFoldersAction",
}, {
  doc = "Saves the folder, or those selected, as one archive; with `zip = false` as plain files.",
  extension = verbs.zipped_unless_plain, files = "folders.zip", plain = plain,
})
verbs.save(classes.FolderVersion, "save", {
  one = "SharePointFolder_SaveFolderActionByVersionId",
}, {
  doc = "Saves this version of the folder as an archive.",
  named = name_of_owner, extension = verbs.zipped,
})
verbs.save(classes.Library, "save", {
  one = "SharePointLibrary_SaveLibraryAction", each = true,
}, {
  doc = "Saves the library as an archive, with `zip = false` as plain files; several (for "
    .. "which the API has no call) each as its own in the folder `to`.",
  extension = verbs.zipped_unless_plain, plain = plain,
})
verbs.save(classes.Attachment, "save", {
  one = "SharePointAttachment_SaveAttachmentAction",
  many = "SharePointAttachment_SaveAttachmentsAction",
}, {
  doc = "Saves the attachment; of several those selected, as one archive.",
  files = "attachments.zip", content = true,
})

local sending = "Sends by mail.  The server's e-mail settings for SharePoint must be configured. "
  .. "Options: `from`, `to`, `subject`, `text`, `skip_item_checks` (v6 and later)."

local sends = {
  Document = { one = "SharePointDocument_SendDocumentAction",
    many = "SharePointDocument_SendDocumentsAction" },
  DocumentVersion = { one = "SharePointDocument_SendDocumentActionByVersionId" },
  Folder = { one = "SharePointFolder_SendFolderAction",
    many = "SharePointFolder_SendFoldersAction" },
  FolderVersion = { one = "SharePointFolder_SendFolderActionByVersionId" },
  Library = { one = "SharePointLibrary_SendLibraryAction", each = true },
  Attachment = { one = "SharePointAttachment_SendAttachmentAction",
    many = "SharePointAttachment_SendAttachmentsAction" },
}

for name, operations in pairs(sends) do
  verbs.send(classes[name], "send", operations, { doc = sending })
end
