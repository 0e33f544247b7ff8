--- Declares the classes of SharePoint (v2 and later): sites and their subsites, libraries, lists,
--- folders, documents, items, attachments and versions of them.

local declare = require "vbo.model.declare"
local resource = require "vbo.model.resource"
local tree = require "vbo.model.tree"

-- "/sites/marketing" of "https://contoso.sharepoint.com/sites/marketing/".
local function path_of(url) return (url:gsub("^%a+://[^/]*", ""):gsub("/+$", "")) end

-- A site is named by its title, by its URL, or by the path of that.
local function names_site(record, name)
  if tree.same_name(record, name) then return true end
  local url, word = record.url, tree.address(name)
  if type(url) ~= "string" or word == "" then return false end
  url = tree.address(url)
  return url == word or path_of(url) == word
end

---@class vbo.Site
---@field id string
---@field name string
---@field url string
local Site = resource.class {
  kind = "site", parameter = "siteId", root = true,
  get = "SharePointSite_GetById", list = "SharePointSite_Get", names = names_site,
}

---@class vbo.Library
---@field id string
---@field name string
---@field url string
---@field description string?
---@field created string
local Library = resource.class {
  kind = "library", plural = "libraries", parameter = "libraryId",
  get = "SharePointLibrary_GetById", list = "SharePointLibrary_Get", names = tree.same_name,
}

---@class vbo.List
---@field id string
---@field name string
---@field url string
---@field description string?
---@field created string
local List = resource.class {
  kind = "list", parameter = "listId",
  get = "SharePointList_GetById", list = "SharePointList_Get", names = tree.same_name,
}

---@class vbo.SiteFolder
---@field id string
---@field name string
---@field type string  ListFolder or LibraryFolder
local Folder = resource.class {
  kind = "folder", parameter = "folderId", selection = "folders",
  get = "SharePointFolder_GetById", list = "SharePointFolder_Get", names = tree.same_name,
}

---@class vbo.SiteDocument
---@field id string
---@field name string
---@field size integer      bytes (`size` in v2, `sizeBytes` later)
---@field version_number string  "1.0"
---@field created string    ISO 8601, UTC
---@field modified string   ISO 8601, UTC
local Document = resource.class {
  kind = "document", parameter = "documentId", selection = "documents",
  get = "SharePointDocument_GetById", list = "SharePointDocument_Get", names = tree.same_name,
}

---@class vbo.SiteItem
---@field id string
---@field name string     its title up to v5
---@field title string
---@field version_number string  "1.0"
---@field created string    ISO 8601, UTC
---@field modified string   ISO 8601, UTC
local Item = resource.class {
  kind = "item", parameter = "itemId", selection = "items", label = "title",
  get = "SharePointItem_GetById", list = "SharePointItem_Get",
  names = declare.named("name", "title"),
}

---@class vbo.SiteAttachment
---@field id string
---@field name string
---@field size integer  bytes
---@field url string
local Attachment = resource.class {
  kind = "attachment", parameter = "attachmentId", selection = "attachments",
  get = "SharePointAttachment_GetById", list = "SharePointAttachment_Get", names = tree.same_name,
}

-- A version of a folder, document or item: `version_id` is its id in paths.
local function versions_of(class, get, list)
  local Version = resource.class {
    kind = "version", parameter = "versionId", key = "version_id", get = get, list = list,
  }
  declare.children(class.methods, "versions", "version", Version, {
    doc = "Versions, where the session was explored with all versions (v6 and later).",
  })
  return Version
end

local FolderVersion = versions_of(Folder, "SharePointFolder_GetByIdByVersionId",
  "SharePointFolder_GetVersions")
local DocumentVersion = versions_of(Document, "SharePointDocument_GetByIdByVersionId",
  "SharePointDocument_GetVersions")
local ItemVersion = versions_of(Item, "SharePointItem_GetByIdByVersionId",
  "SharePointItem_GetVersions")

local M = {
  Site = Site, Library = Library, List = List, Folder = Folder, Document = Document, Item = Item,
  Attachment = Attachment, FolderVersion = FolderVersion, DocumentVersion = DocumentVersion,
  ItemVersion = ItemVersion,
}

for _, class in pairs(M) do class.methods._session = tree.session end

return M
