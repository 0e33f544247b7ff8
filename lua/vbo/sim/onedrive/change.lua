--- OneDrives in a restore session: save, restore, copy and send, of a document, of several, of a
--- folder, of several, of a whole OneDrive, and of several OneDrives.

local core = require "vbo.core"
local outcome = require "vbo.sim.sessions.outcome"
local explore = require "vbo.sim.sessions.explore"
local refusal = require "vbo.sim.base.refusal"
local render = require "vbo.sim.state.render"
local restore = require "vbo.sim.sessions.restore"
local scope = require "vbo.sim.state.scope"
local streams = require "vbo.sim.formats.streams"

local H = {}

---@class vbo.sim.Selection
---@field session table
---@field drive table
---@field documents { document: table, version: vbo.sim.Version }[]
---@field folders table[]     that come with them
---@field tops table<table, true>  the folders chosen; empty: the whole drive or single documents
---@field single boolean      one document
---@field loose boolean       documents without their folders
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
  local documents, folders = scope.below(session, drive, chosen)
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

--- The folders of a document or folder from the chosen one on; none of loose documents.
local function folders_of(selection, it)
  local names = {}
  if selection.loose or selection.tops[it] then return names end
  local folder = it.folder or it.parent
  while folder do
    table.insert(names, 1, folder.name)
    if selection.tops[folder] then break end
    folder = folder.parent
  end
  return names
end

local act = {}

--- v2 to v5 take asZip for everything; there and later more than one document is always a ZIP.
function act.save(context, selection)
  local session, documents = selection.session, selection.documents
  session:event {
    type = "Save", status = "Success", done = true, title = "Saving " .. selection.what,
    message = ("Saved %d document(s)"):format(#documents),
  }
  if selection.single and not context.body.asZip then
    return context:stream(documents[1].version.stream)
  end
  return context:stream(streams.documents(documents, function(it)
    return folders_of(selection, it)
  end, selection.folders))
end

local function word(value) return value and core.fold(value) or nil end

local function missing_drive(owner)
  return ("OneDrive of %s was not found in production."):format(owner)
end

--- What restoring a selection to where it came from takes.
local function to_original(context, selection, skip)
  local session, drive = selection.session, selection.drive
  local live = context.store.production:drive(session.organization, drive.owner)
  local function place(it) return it.path end
  restore.folders(live, selection.folders, place)
  return {
    title = "Restoring " .. selection.what .. " to the original location", target = drive.owner,
    steps = restore.documents(context, session, selection.documents, {
      change = "restored", drive = live, skip = skip,
      missing = restore.unresolved(drive.user) .. missing_drive(drive.owner),
      place = place, how = {
        exists = word(context.body.documentAction) or "overwrite",
        all = word(context.body.documentVersion) == "all",
      },
    }),
  }
end

function act.restore(context, selection)
  return outcome.documents(context, selection.session, to_original(context, selection))
end

function act.copy(context, selection)
  local session, body = selection.session, context.body
  local wanted = body.onedrive or body.oneDrive
  if not wanted then refusal.missing { "OneDrive" } end
  local live = context.store.production:find_drive(
    restore.organization(context, session, body.organizationName), wanted)
  if not live then
    local named = wanted.id or wanted.url or wanted.name or ""
    refusal.raise(404, missing_drive("'" .. named .. "'"))
  end
  local folder = (body.folder or ""):gsub("^/+", ""):gsub("/+$", "")
  local prefix = folder == "" and "" or folder .. "/"
  local function place(it)
    local parts = folders_of(selection, it)
    parts[#parts + 1] = it.name
    return prefix .. table.concat(parts, "/")
  end
  restore.folders(live, selection.folders, place)
  return outcome.documents(context, session, {
    title = "Copying " .. selection.what, target = live.user.name,
    steps = restore.documents(context, session, selection.documents, {
      change = "copied", drive = live, place = place, how = {
        exists = word(body.documentLastVersionAction) or "overwrite",
        all = word(body.documentVersion) == "all",
        changed = body.changedItems, missing = body.deletedItems,
      },
    }),
  })
end

function act.send(context, selection)
  local body = context.body
  if not body.to then refusal.missing { "To" } end
  local list = {}
  for i, each in ipairs(selection.documents) do
    list[i] = {
      name = each.document.name, path = each.document.path, size = each.version.size,
      version = each.version.number, user = selection.drive.owner,
    }
  end
  restore.send(context, selection.session, list, body, "onedrive")
  return context:empty()
end

-- The names of the operations: a resource, a verb, what is chosen, and the suffix of versions.
local resources = {
  { "OneDrive", "OneDrive", "drive" },
  { "OneDriveFolder", "Folder", "folder" },
  { "OneDriveFolder", "Folders", "folders" },
  { "OneDriveFolder", "Folder", "folder", "ByVersionId" },
  { "OneDriveDocument", "Document", "document" },
  { "OneDriveDocument", "Documents", "documents" },
  { "OneDriveDocument", "Document", "document", "ByVersionId" },
}
local verbs = { save = "Save", restore = "Restore", copy = "CopyTo", send = "Send" }

for _, resource in ipairs(resources) do
  local selector = select_by[resource[3]]
  for verb, name in pairs(verbs) do
    local action = act[verb]
    H[("%s_%s%sAction%s"):format(resource[1], name, resource[2], resource[4] or "")] =
      function(context) return action(context, selector(context)) end
  end
end

--- Several whole OneDrives.
function H.OneDrive_RestoreOneDrivesAction(context)
  local session, body, parts = explore.session(context, "Veod"), context.body, {}
  for i, each in ipairs(body.oneDrives or {}) do
    local id = each.id or refusal.missing { "OneDrives[].Id" }
    local drive = session.view:drive(id) or refusal.not_found("OneDrive", id)
    local selection = below(session, drive, nil, "OneDrive of " .. drive.owner)
    parts[i] = {
      options = to_original(context, selection, body.skipUnresolved),
      render = function(work)
        return outcome.drive_detail(work, render.drive(context, drive, session))
      end,
    }
  end
  if #parts == 0 then refusal.missing { "OneDrives" } end
  return outcome.bulk(context, session, parts, true)
end

return H
