--- Handles save, restore and send of documents, items, attachments, folders, libraries, lists and
--- whole scope.

local core = require "vbo.core"
local choice = require "vbo.sim.sessions.choice"
local explore = require "vbo.sim.sessions.explore"
local outcome = require "vbo.sim.sessions.outcome"
local refusal = require "vbo.sim.base.refusal"
local restore = require "vbo.sim.sessions.restore"
local scope = require "vbo.sim.sharepoint.scope"
local steps_of = require "vbo.sim.sharepoint.restore"
local streams = require "vbo.sim.formats.streams"

local H = {}

---@class vbo.sim.SiteSelection
---@field session table
---@field site table
---@field documents { document: table, version: vbo.sim.Version }[]
---@field folders table[]     that come with them
---@field tops table<table, true>  the folders chosen; empty: whole containers or single documents
---@field containers table[]  libraries and lists that are restored whole
---@field loose boolean?      documents without their folders
---@field single boolean?     one document
---@field what string

local function selection(session, site, what, fields)
  fields.session, fields.site, fields.what = session, site, what
  for _, name in ipairs { "documents", "folders", "tops", "containers" } do
    fields[name] = fields[name] or {}
  end
  return fields
end

local function append(list, more) table.move(more, 1, #more, #list + 1, list) end

-- Chooses folders with all below them, or whole containers.
local function below(session, site, what, tops, containers)
  local chosen = selection(session, site, what, { containers = containers })
  for _, container in ipairs(containers or {}) do
    local documents, folders = choice.below(session, container, nil)
    append(chosen.documents, documents)
    append(chosen.folders, folders)
  end
  for _, folder in ipairs(tops or {}) do
    local documents, folders = choice.below(session, folder.drive, { folder })
    append(chosen.documents, documents)
    append(chosen.folders, folders)
    chosen.tops[folder] = true
  end
  return chosen
end

local select_by = {}

local function one_of(kind, word)
  return function(context)
    local session, site, document, version = scope.document(context, kind)
    return selection(session, site, word .. " " .. document.name, {
      documents = { { document = document, version = version } }, single = true, loose = true,
    })
  end
end

local function several_of(kind, property)
  return function(context)
    local session, site = scope.site(context)
    local list = scope.listed_documents(session, site, kind, context.body[core.fold(property)],
      property)
    return selection(session, site, ("%d %s"):format(#list, core.fold(property)), {
      documents = list, loose = true,
    })
  end
end

select_by.document = one_of("library", "document")
select_by.item = one_of("list", "item")
select_by.documents = several_of("library", "Documents")
select_by.items = several_of("list", "Items")

function select_by.folder(context)
  local session, site, folder = scope.folder(context)
  return below(session, site, "folder " .. folder.name, { folder })
end

function select_by.folders(context)
  local session, site = scope.site(context)
  local tops = choice.listed(context.body.folders, "Folders", function(_, id)
    return scope.find_folder(session, site, id)
  end)
  return below(session, site, ("%d folders"):format(#tops), tops)
end

local function whole(kind)
  return function(context)
    local session, site, container = scope.container(context, kind)
    return below(session, site, kind .. " " .. container.name, nil, { container })
  end
end

select_by.library = whole "library"
select_by.list = whole "list"

function select_by.site(context)
  local session, site = scope.site(context)
  return below(session, site, "site " .. site.name, nil, session.view:containers(site))
end

local function folders_of(chosen, it)
  if chosen.loose then return {} end
  return (choice.folders_of(chosen.tops, it))
end

local function saved(session, what, count)
  session:event {
    type = "Save", status = "Success", done = true, title = "Saving " .. what,
    message = ("Saved %d item(s)"):format(count),
  }
end

-- Makes a handler of an action on what a selector chooses.
local function handler(selector, action)
  return function(context) return action(context, selector(context)) end
end

-- Streams a selection.  Up to v5 asZip is for folders and several documents too; several are always
-- a ZIP.
local function save(selector)
  return handler(selector, function(context, chosen)
    saved(chosen.session, chosen.what, #chosen.documents)
    if chosen.single and not context.body.asZip then
      return context:stream(chosen.documents[1].version.stream)
    end
    return context:stream(streams.documents(chosen.documents, function(it)
      return folders_of(chosen, it)
    end, chosen.folders))
  end)
end

local function restore_in_place(selector)
  return handler(selector, function(context, chosen)
    return outcome.sites(context, chosen.session, steps_of.in_place(context, chosen))
  end)
end

local function restore_to(selector)
  return handler(selector, function(context, chosen)
    return outcome.sites(context, chosen.session, steps_of.to_site(context, chosen))
  end)
end

local function send(selector)
  return handler(selector, function(context, chosen)
    local letter, list = restore.letter(context), {}
    for i, each in ipairs(chosen.documents) do
      list[i] = {
        name = each.document.name, path = steps_of.path(each.document), size = each.version.size,
        version = each.version.number, user = chosen.site.url,
      }
    end
    restore.send(context, chosen.session, list, letter, "sharepoint")
    return context:empty()
  end)
end

H.SharePointSite_RestoreSiteAction = restore_in_place(select_by.site)
H.SharePointSite_RestoreSiteActionTo = restore_to(select_by.site)

H.SharePointLibrary_RestoreLibraryAction = restore_in_place(select_by.library)
H.SharePointLibrary_RestoreLibraryActionTo = restore_to(select_by.library)
H.SharePointLibrary_SaveLibraryAction = save(select_by.library)
H.SharePointLibrary_SendLibraryAction = send(select_by.library)

H.SharePointList_RestoreListAction = restore_in_place(select_by.list)
H.SharePointList_RestoreListActionTo = restore_to(select_by.list)

H.SharePointFolder_RestoreFolderAction = restore_in_place(select_by.folder)
H.SharePointFolder_RestoreFolderActionTo = restore_to(select_by.folder)
H.SharePointFolder_RestoreFolderActionByVersionId = restore_in_place(select_by.folder)
H.SharePointFolder_RestoreFolderActionByVersionIdTo = restore_to(select_by.folder)
H.SharePointFolder_SaveFolderAction = save(select_by.folder)
H.SharePointFolder_SaveFolderActionByVersionId = save(select_by.folder)
H.SharePointFolder_SendFolderAction = send(select_by.folder)
H.SharePointFolder_SendFolderActionByVersionId = send(select_by.folder)

H.SharePointFolder_RestoreFoldersAction = restore_in_place(select_by.folders)
H.SharePointFolder_RestoreFoldersActionTo = restore_to(select_by.folders)
H.SharePointFolder_SaveFoldersAction = save(select_by.folders)
H.SharePointFolder_SendFoldersAction = send(select_by.folders)

H.SharePointDocument_RestoreDocumentAction = restore_in_place(select_by.document)
H.SharePointDocument_RestoreDocumentActionTo = restore_to(select_by.document)
H.SharePointDocument_RestoreDocumentActionByVersionId = restore_in_place(select_by.document)
H.SharePointDocument_RestoreDocumentActionByVersionIdTo = restore_to(select_by.document)
H.SharePointDocument_SaveDocumentAction = save(select_by.document)
H.SharePointDocument_SaveDocumentActionByVersionId = save(select_by.document)
H.SharePointDocument_SendDocumentAction = send(select_by.document)
H.SharePointDocument_SendDocumentActionByVersionId = send(select_by.document)

H.SharePointDocument_RestoreDocumentsAction = restore_in_place(select_by.documents)
H.SharePointDocument_RestoreDocumentsActionTo = restore_to(select_by.documents)
H.SharePointDocument_SaveDocumentsAction = save(select_by.documents)
H.SharePointDocument_SendDocumentsAction = send(select_by.documents)

H.SharePointItem_RestoreItemAction = restore_in_place(select_by.item)
H.SharePointItem_RestoreItemActionTo = restore_to(select_by.item)
H.SharePointItem_RestoreItemActionByVersionId = restore_in_place(select_by.item)
H.SharePointItem_RestoreItemActionByVersionIdTo = restore_to(select_by.item)

H.SharePointItem_RestoreItemsAction = restore_in_place(select_by.items)
H.SharePointItem_RestoreItemsActionTo = restore_to(select_by.items)

-- Restores documents or items for a restore operator: in the background, in every version.
local function operator_restore(kind, plural, singular)
  local property = plural .. "RestoreConfigs"
  return function(context)
    local session, site = scope.site(context)
    local inner = {}
    for i, each in ipairs(context.body[property] or {}) do inner[i] = each[singular] or {} end
    local list = scope.listed_documents(session, site, kind, inner, property)
    for i, each in ipairs(context.body[property]) do
      if each.documentVersion then list[i].all = each.documentVersion == "All" end
    end
    local chosen = selection(session, site, ("%d %s"):format(#list, plural), {
      documents = list, loose = true,
    })
    context.body.changedItems = context.body.restoreChangedItems
    context.body.deletedItems = context.body.restoreDeletedItems
    local options = steps_of.in_place(context, chosen)
    options.title = options.title .. " as a restore operator"
    return explore.begin(context, session, options)
  end
end

H.SharePointDocument_OperatorRestore = operator_restore("library", "documents", "document")
H.SharePointItem_OperatorRestore = operator_restore("list", "items", "item")

-- Describes the ZIP of some attachments.
local function attachments_zip(list)
  local out = {}
  for i, each in ipairs(list) do
    out[i] = {
      document = { name = each.name },
      version = { at = each.item.versions[1].at, stream = each.stream },
    }
  end
  return streams.documents(out, function() return {} end, {})
end

function H.SharePointAttachment_SaveAttachmentAction(context)
  local session, _, _, attachment = scope.attachment(context)
  saved(session, "attachment " .. attachment.name, 1)
  return context:stream(attachment.stream)
end

-- Finds the attachments that a body lists; all of the item in versions whose body lists none.
local function chosen_attachments(context)
  local session, site, item = scope.document(context, "list")
  local list = context.body.attachments
  if list == nil then return session, site, item, item.attachments end
  return session, site, item, choice.listed(list, "Attachments", function(_, id)
    for _, attachment in ipairs(item.attachments) do
      if attachment.id == core.fold(id) then return attachment end
    end
    refusal.not_found("SharePointAttachment", id)
  end)
end

function H.SharePointAttachment_SaveAttachmentsAction(context)
  local session, _, _, list = chosen_attachments(context)
  saved(session, ("%d attachments"):format(#list), #list)
  return context:stream(attachments_zip(list))
end

local function send_attachments(context, session, site, item, attachments)
  local letter, list = restore.letter(context), {}
  for i, each in ipairs(attachments) do
    list[i] = { name = each.name, path = steps_of.path(item) .. "/" .. each.name,
      size = each.size, user = site.url }
  end
  restore.send(context, session, list, letter, "sharepoint")
  return context:empty()
end

function H.SharePointAttachment_SendAttachmentAction(context)
  local session, site, item, attachment = scope.attachment(context)
  return send_attachments(context, session, site, item, { attachment })
end

function H.SharePointAttachment_SendAttachmentsAction(context)
  return send_attachments(context, chosen_attachments(context))
end

return H
