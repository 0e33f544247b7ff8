--- Browses and searches SharePoint in a restore session (v2 and later).  `classes` declares sites,
--- libraries, lists and what is in them, `actions` says what can be done with them.

local M = require "vbo.objects.sharepoint.classes"

local collection = require "vbo.model.collection"
local declare = require "vbo.model.declare"
local fields = require "vbo.model.fields"
local resource = require "vbo.model.resource"
local tree = require "vbo.model.tree"
require "vbo.objects.sharepoint.actions"

local Site, Library, List, Folder = M.Site, M.Library, M.List, M.Folder
local Document, Item, Attachment = M.Document, M.Item, M.Attachment

-- ---------------------------------------------------------------- browsing

--- Sites of a session, subsites as well; `recursive = false`: only the top ones.
---@param session vbo.Session
---@param given table?  a list: a selection of them
function M.sites(session, given)
  local top = tree.recursive(given) == false
  return collection.of(Site, session, given, {
    accepts = tree.options, query = { parent = top and session._client._dialect:root() or nil },
    one = function(value) return M.site(session, value) end,
  })
end

--- One site by id, title, URL, or path: of its URL ("/sites/marketing"), or of titles from
--- the top ("Marketing/Events").
---@param session vbo.Session
---@param name any
---@return vbo.Site
function M.site(session, name)
  if name == nil then return M.sites(session):one() end
  local is_path = type(name) == "string" and not name:find "^/" and not name:find "^%a+://"
    and name:find("/", 2, true)
  if not is_path then return resource.reference(Site, session, name) end
  local site
  for part in name:gmatch "[^/]+" do
    local parent = site and site.id or session._client._dialect:root()
    site = resource.from_name(Site, session, part, { parent = parent })
  end
  return site
end

declare.note(Site.methods, { name = "sites", kind = "plural", operation = Site.list, class = Site,
  accepts = tree.options })
declare.note(Site.methods, { name = "site", kind = "singular", operation = Site.get, class = Site })

--- Subsites anywhere below this site; `recursive = false`: directly in it.
---@param given table?  a list: a selection of them
function Site.methods:sites(given)
  local recursive = tree.recursive(given)
  local how = { accepts = tree.options, word = "sites" }
  how.one = function(value) return self:site(value) end
  if recursive == false then
    how.query = { parent = self.id }
  else
    how.below = {
      class = Site, query = "parent", leaf = "parent", from = self, owner = self._owner,
      said = recursive ~= nil,
    }
  end
  return collection.of(Site, self._owner, given, how)
end

--- One subsite by id, title or URL.
---@param name any
---@return vbo.Site
function Site.methods:site(name)
  if name == nil then return self:sites():one() end
  return resource.reference(Site, self._owner, name, { parent = self.id })
end

declare.children(Site.methods, "libraries", "library", Library)
declare.children(Site.methods, "lists", "list", List)

local documents = { plural = "documents", singular = "document", class = Document, path = true }
local items = { plural = "items", singular = "item", class = Item }

-- Folders, documents and items hang on the site in paths; what they are directly in is the
-- query's `parentId`: a library, a list or a folder.  A path that starts in a site begins
-- with the library or list.
tree.browse(Site.methods, Folder, { root = true, leaves = { documents, items } })
tree.browse(Library.methods, Folder, { leaves = { documents } })
tree.browse(List.methods, Folder, { leaves = { items } })
tree.browse(Folder.methods, Folder, { leaves = { documents, items } })

--- `item:attachments()`, `item:attachment(name)`.
declare.children(Item.methods, "attachments", "attachment", Attachment)

-- --------------------------------------------------------------- searching

local searches = {
  site = "SharePointSite_SearchSiteByOptions",
  library = "SharePointLibrary_SearchLibraryByOptions",
  list = "SharePointList_SearchListByOptions",
  folder = "SharePointFolder_SearchFolderByOptions",
}

-- Returns whether a record is a document: a search finds list items too, which have no size.
local function is_document(record)
  return not tree.is_folder(record) and fields.read(record, "size") ~= nil
end

local function is_item(record) return not tree.is_folder(record) and not is_document(record) end

Folder.search = tree.searched(searches, {
  query = { item_type = "Folders" }, keep = tree.is_folder,
})
Document.search = tree.searched(searches, {
  query = { item_type = "Items" }, keep = is_document, sift = true,
})
Item.search = tree.searched(searches, {
  query = { item_type = "Items" }, keep = is_item, sift = true,
})
-- Several sites are searched for documents (v6 and later).
Site.search = {
  operation = "SharePointSite_SearchSitesByOptions", class = Document,
  query = { item_type = "Items" }, keep = is_document, sift = true,
  owner = tree.owner_of(Site, "site_id", "sites"),
}

return M
