--- Renders sites, libraries, lists and what is in them as records of the API.

local ascii = require "vbo.base.ascii"
local dates = require "vbo.sim.state.dates"

local M = {}

local sites = "/RestoreSessions/%s/Organization/Sites/%s"

function M.site(context, it, session)
  local function here(path) return context:href(sites .. path, session.id, it.id) end
  return {
    id = it.id, name = it.name, url = it.url,
    _links = {
      self = here "", libraries = here "/Libraries", lists = here "/Lists",
      folders = here "/Folders", documents = here "/Documents", items = here "/Items",
      sites = context:href("/RestoreSessions/%s/Organization/Sites?parentId=%s", session.id, it.id),
      parent = it.parent and context:href(sites, session.id, it.parent.id) or nil,
    },
  }
end

--- Renders a library or a list.
function M.container(context, it, session)
  local site = it.site
  local function below(what)
    return context:href(sites .. what .. "?parentId=%s", session.id, site.id, it.id)
  end
  local is_list = it.kind == "list"
  return {
    id = it.id, name = it.name, url = it.url, description = it.description, siteId = site.id,
    creationTime = dates.local_time(context, it.created or it.at),
    _links = {
      self = context:href(sites .. (is_list and "/Lists/%s" or "/Libraries/%s"), session.id,
        site.id, it.id),
      site = context:href(sites, session.id, site.id), folders = below "/Folders",
      documents = not is_list and below "/Documents" or nil,
      items = is_list and below "/Items" or nil,
    },
  }
end

-- Links what contains a document: its folder, or else the library or list.
local function parent_link(context, session, container, folder)
  local site = container.site
  if folder then
    return context:href(sites .. "/Folders/%s", session.id, site.id, folder.id)
  end
  local path = container.kind == "list" and "/Lists/%s" or "/Libraries/%s"
  return context:href(sites .. path, session.id, site.id, container.id)
end

function M.folder(context, it, session)
  local container = it.drive
  local site = container.site
  local kind = container.kind == "list" and "ListFolder" or "LibraryFolder"
  if context.number <= 5 then kind = ascii.lower(kind:sub(1, 1)) .. kind:sub(2) end
  local inside = container.kind == "list" and "items" or "documents"
  local path = inside == "items" and "/Items?parentId=%s" or "/Documents?parentId=%s"
  return {
    id = it.id, name = it.name, type = kind, version = "1.0", versionId = 512, siteId = site.id,
    createdBy = it.by, creationTime = dates.local_time(context, it.created or it.at),
    modifiedBy = it.modifier or it.by, isFolder = true,
    modificationTime = dates.local_time(context, it.modified or it.created or it.at),
    _links = {
      self = context:href(sites .. "/Folders/%s", session.id, site.id, it.id),
      site = context:href(sites, session.id, site.id),
      parent = parent_link(context, session, container, it.parent),
      folders = context:href(sites .. "/Folders?parentId=%s", session.id, site.id, it.id),
      [inside] = context:href(sites .. path, session.id, site.id, it.id),
    },
  }
end

--- Renders a version of a document of a library or of an item of a list.
function M.document(context, it, session, version)
  local container = it.drive
  local site = container.site
  version = version or session.view:current(it)
  local is_item = container.kind == "list"
  local path = is_item and "/Items/%s" or "/Documents/%s"
  return {
    id = it.id, name = it.name, title = is_item and (it.title or it.name) or nil,
    -- Items have a size in v2 alone.
    size = version.size, sizeBytes = not is_item and version.size or nil, version = version.number,
    versionId = version.id, siteId = site.id, createdBy = dates.creator(it),
    creationTime = dates.local_time(context, dates.created(it)), modifiedBy = version.by,
    modificationTime = dates.local_time(context, dates.modified(version)), isFolder = false,
    _links = {
      self = context:href(sites .. path, session.id, site.id, it.id),
      site = context:href(sites, session.id, site.id),
      parent = parent_link(context, session, container, it.folder),
      attachments = is_item
        and context:href(sites .. "/Items/%s/Attachments", session.id, site.id, it.id) or nil,
    },
  }
end

function M.attachment(context, it, session)
  local container = it.item.drive
  local site = container.site
  return {
    id = it.id, name = it.name, size = it.size, sizeBytes = it.size, siteId = site.id,
    itemId = it.item.id, url = container.url .. "/Attachments/" .. it.name,
    _links = {
      self = context:href(sites .. "/Items/%s/Attachments/%s", session.id, site.id, it.item.id,
        it.id),
      item = context:href(sites .. "/Items/%s", session.id, site.id, it.item.id),
    },
  }
end

return M
