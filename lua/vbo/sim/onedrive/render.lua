--- Renders OneDrives, folders and documents of a restore session as records of the API.

local dates = require "vbo.sim.state.dates"

local M = {}

local drives = "/RestoreSessions/%s/Organization/OneDrives/%s"

function M.drive(context, it, session)
  local function here(path) return context:href(drives .. path, session.id, it.id) end
  local root = context.number >= 8 and "root" or "null"
  return {
    id = it.id, name = it.name, url = it.url,
    _links = {
      self = here "", folders = here("/Folders?parentId=" .. root), allfolders = here "/Folders",
      documents = here("/Documents?parentId=" .. root), alldocuments = here "/Documents",
    },
  }
end

local function parent_link(context, session, drive, folder)
  if not folder then return nil end
  return context:href(drives .. "/Folders/%s", session.id, drive.id, folder.id)
end

function M.folder(context, it, session)
  local drive = it.drive
  local base = drives .. "/Folders/%s"
  return {
    id = it.id, name = it.name, version = "1.0", versionId = 512, oneDriveId = drive.id,
    createdBy = it.by, creationTime = dates.local_time(context, it.created or it.at),
    modifiedBy = it.modifier or it.by,
    modificationTime = dates.local_time(context, it.modified or it.created or it.at),
    isFolder = true,
    _links = {
      self = context:href(base, session.id, drive.id, it.id),
      onedrive = context:href(drives, session.id, drive.id),
      parent = parent_link(context, session, drive, it.parent),
      folders = context:href(drives .. "/Folders?parentId=%s", session.id, drive.id, it.id),
      documents = context:href(drives .. "/Documents?parentId=%s", session.id, drive.id, it.id),
    },
  }
end
--- Renders a version of a document, by default the current one.
function M.document(context, it, session, version)
  local drive = it.drive
  version = version or session.view:current(it)
  return {
    id = it.id, name = it.name, size = version.size, sizeBytes = version.size,
    inheritedPermissions = true, version = version.number, versionId = version.id,
    oneDriveId = drive.id, createdBy = dates.creator(it),
    creationTime = dates.local_time(context, dates.created(it)), modifiedBy = version.by,
    modificationTime = dates.local_time(context, dates.modified(version)), isFolder = false,
    _links = {
      self = context:href(drives .. "/Documents/%s", session.id, drive.id, it.id),
      onedrive = context:href(drives, session.id, drive.id),
      parent = parent_link(context, session, drive, it.folder),
    },
  }
end
return M
