--- SharePoint in a restore session: save, restore and send, of documents, items, attachments,
--- folders, libraries, lists and whole sites.

local core = require "vbo.core"
local explore = require "vbo.sim.sessions.explore"
local elsewhere = require "vbo.sim.sharepoint.restore"
local outcome = require "vbo.sim.sessions.outcome"
local refusal = require "vbo.sim.base.refusal"
local restore = require "vbo.sim.sessions.restore"
local scope = require "vbo.sim.state.scope"
local sites = require "vbo.sim.sharepoint.scope"
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

--- Folders with all below them, or whole containers.
local function below(session, site, what, tops, containers)
  local chosen = selection(session, site, what, { containers = containers })
  for _, container in ipairs(containers or {}) do
    local documents, folders = scope.below(session, container, nil)
    append(chosen.documents, documents)
    append(chosen.folders, folders)
  end
  for _, folder in ipairs(tops or {}) do
    local documents, folders = scope.below(session, folder.drive, { folder })
    append(chosen.documents, documents)
    append(chosen.folders, folders)
    chosen.tops[folder] = true
  end
  return chosen
end

local select_by = {}

local function one_of(kind, word)
  return function(context)
    local session, site, document, version = sites.document(context, kind)
    return selection(session, site, word .. " " .. document.name, {
      documents = { { document = document, version = version } }, single = true, loose = true,
    })
  end
end

local function several_of(kind, property)
  return function(context)
    local session, site = sites.site(context)
    local list = sites.listed_documents(session, site, kind, context.body[core.fold(property)],
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
  local session, site, folder = sites.folder(context)
  return below(session, site, "folder " .. folder.name, { folder })
end

function select_by.folders(context)
  local session, site = sites.site(context)
  local tops = sites.listed(context.body.folders, "Folders", function(each)
    return sites.find_folder(session, site, each.id)
  end)
  return below(session, site, ("%d folders"):format(#tops), tops)
end

for _, kind in ipairs { "library", "list" } do
  select_by[kind] = function(context)
    local session, site, container = sites.container(context, kind)
    return below(session, site, kind .. " " .. container.name, nil, { container })
  end
end

function select_by.site(context)
  local session, site = sites.site(context)
  return below(session, site, "site " .. site.name, nil, session.view:containers(site))
end

--- The folders of a document or folder from the chosen one on; none of loose documents.
local function folders_of(chosen, it)
  local names = {}
  if chosen.loose or chosen.tops[it] then return names end
  local folder = it.folder or it.parent
  while folder do
    table.insert(names, 1, folder.name)
    if chosen.tops[folder] then break end
    folder = folder.parent
  end
  return names
end

local act = {}

local function saved(session, what, count)
  session:event {
    type = "Save", status = "Success", done = true, title = "Saving " .. what,
    message = ("Saved %d item(s)"):format(count),
  }
end

--- Up to v5 asZip is for folders and several documents too; more than one is always a ZIP.
function act.save(context, chosen)
  saved(chosen.session, chosen.what, #chosen.documents)
  if chosen.single and not context.body.asZip then
    return context:stream(chosen.documents[1].version.stream)
  end
  return context:stream(streams.documents(chosen.documents, function(it)
    return folders_of(chosen, it)
  end, chosen.folders))
end

function act.restore(context, chosen)
  return outcome.sites(context, chosen.session, elsewhere.in_place(context, chosen))
end

function act.restore_to(context, chosen)
  return outcome.sites(context, chosen.session, elsewhere.to_site(context, chosen))
end

local function letter_of(context)
  if not context.body.to then refusal.missing { "To" } end
  return context.body
end

function act.send(context, chosen)
  local letter, list = letter_of(context), {}
  for i, each in ipairs(chosen.documents) do
    list[i] = {
      name = each.document.name, path = elsewhere.path(each.document), size = each.version.size,
      version = each.version.number, user = chosen.site.url,
    }
  end
  restore.send(context, chosen.session, list, letter, "sharepoint")
  return context:empty()
end

-- The names of the operations: a resource, what is chosen of it, and what can be done with it.
local resources = {
  { "SharePointSite", "Site", "restore" },
  { "SharePointLibrary", "Library", "restore", "save", "send" },
  { "SharePointList", "List", "restore" },
  { "SharePointFolder", "Folder", "restore", "save", "send", versions = true },
  { "SharePointFolder", "Folders", "restore", "save", "send" },
  { "SharePointDocument", "Document", "restore", "save", "send", versions = true },
  { "SharePointDocument", "Documents", "restore", "save", "send" },
  { "SharePointItem", "Item", "restore", versions = true },
  { "SharePointItem", "Items", "restore" },
}
local verbs = { restore = "Restore", save = "Save", send = "Send" }

for _, resource in ipairs(resources) do
  local selector = select_by[core.fold(resource[2])]
  local function handle(name, action)
    H[resource[1] .. "_" .. name] = function(context) return action(context, selector(context)) end
  end
  for i = 3, #resource do
    local name = verbs[resource[i]] .. resource[2] .. "Action"
    for _, suffix in ipairs(resource.versions and { "", "ByVersionId" } or { "" }) do
      handle(name .. suffix, act[resource[i]])
      if resource[i] == "restore" then handle(name .. suffix .. "To", act.restore_to) end
    end
  end
end

--- Restores by operators answer at once in every version that has them.
for kind, names in pairs {
  library = { "SharePointDocument_OperatorRestore", "documents", "document" },
  list = { "SharePointItem_OperatorRestore", "items", "item" },
} do
  H[names[1]] = function(context)
    local session, site = sites.site(context)
    local inner = {}
    for i, each in ipairs(context.body[names[2] .. "RestoreConfigs"] or {}) do
      inner[i] = each[names[3]] or {}
    end
    local list = sites.listed_documents(session, site, kind, inner, names[2] .. "RestoreConfigs")
    for i, each in ipairs(context.body[names[2] .. "RestoreConfigs"]) do
      if each.documentVersion then list[i].all = each.documentVersion == "All" end
    end
    local chosen = selection(session, site, ("%d %s"):format(#list, names[2]), {
      documents = list, loose = true,
    })
    context.body.changedItems = context.body.restoreChangedItems
    context.body.deletedItems = context.body.restoreDeletedItems
    local options = elsewhere.in_place(context, chosen)
    options.title = options.title .. " as a restore operator"
    return explore.begin(context, session, options)
  end
end

--- Attachments, as the ZIP of the streams there are.
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
  local session, _, _, attachment = sites.attachment(context)
  saved(session, "attachment " .. attachment.name, 1)
  return context:stream(attachment.stream)
end

--- Several; a version whose body names none means all of the item.
local function chosen_attachments(context)
  local session, site, item = sites.document(context, "list")
  local list = context.body.attachments
  if list == nil then return session, site, item, item.attachments end
  return session, site, item, sites.listed(list, "Attachments", function(each)
    for _, attachment in ipairs(item.attachments) do
      if attachment.id == core.fold(each.id) then return attachment end
    end
    refusal.not_found("SharePointAttachment", each.id)
  end)
end

function H.SharePointAttachment_SaveAttachmentsAction(context)
  local session, _, _, list = chosen_attachments(context)
  saved(session, ("%d attachments"):format(#list), #list)
  return context:stream(attachments_zip(list))
end

local function send_attachments(context, session, site, item, attachments)
  local letter, list = letter_of(context), {}
  for i, each in ipairs(attachments) do
    list[i] = { name = each.name, path = elsewhere.path(item) .. "/" .. each.name,
      size = each.size, user = site.url }
  end
  restore.send(context, session, list, letter, "sharepoint")
  return context:empty()
end

function H.SharePointAttachment_SendAttachmentAction(context)
  local session, site, item, attachment = sites.attachment(context)
  return send_attachments(context, session, site, item, { attachment })
end

function H.SharePointAttachment_SendAttachmentsAction(context)
  return send_attachments(context, chosen_attachments(context))
end

return H
