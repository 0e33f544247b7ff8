--- Browses what mailboxes, OneDrives, sites, libraries and lists have alike: folders that are found
--- by path, and things in them.

local ascii = require "vbo.base.ascii"
local below = require "vbo.model.below"
local body = require "vbo.request.body"
local collection = require "vbo.model.collection"
local core = require "vbo.core"
local declare = require "vbo.model.declare"
local errors = require "vbo.base.error"
local fields = require "vbo.model.fields"
local filename = require "vbo.base.filename"
local parallel = require "vbo.runtime.parallel"
local percent = require "vbo.catalogue.url"
local resource = require "vbo.model.resource"
local save = require "vbo.model.save"
local spelling = require "vbo.base.spelling"

local M = {}

--- Returns the session that a resource of it belongs to, through its owners.
function M.session(self) return self._owner:_session() end

--- Compares names without regard to case and composition of letters.
M.same_name = declare.named("name", "displayName", "title")

--- Returns an address in the form in which equal ones are equal: as people read it, folded, without
--- "/" at its end.
---@param url string
---@return string
function M.address(url)
  return (core.fold(percent.decoded(url)):gsub("/+$", ""))
end

--- Returns whether a record found by a search is a folder's.
---@param record table
---@return boolean
function M.is_folder(record)
  return record.isFolder == true
    or type(record.type) == "string" and record.type:find "Folder$" ~= nil
end

--- Returns whether a name is a path.  Ids hold "/" only where they are base64: long, and of those
--- characters alone.
---@param name any
---@param base64 boolean?
---@return boolean
function M.is_path(name, base64)
  if type(name) ~= "string" or not name:find("/", 2, true) then return false end
  if name:find "^%x%x%x%x%x%x%x%x%-%x%x%x%x%-" then return false end
  return not base64 or #name < 60 or name:find "[^%w%-_=+/]" ~= nil
end

-- Returns the parent of what is directly in an owner: its root, or itself.
local function parent_of(self, root)
  if root then return self._client._dialect:root() end
  return self.id
end

--- Lists the option that every collection of what is below something has.
M.options = { recursive = "boolean" }

--- Returns what the options of such a collection say of `recursive`; nil: nothing.
---@param given any
---@return boolean?
function M.recursive(given)
  if type(given) == "table" and not getmetatable(given) and #given == 0 then
    return given.recursive
  end
end

-- Folders, where a version cannot list those of a place; else nil.
local function linked(self, class, Folder, how, deep)
  local operation = self._client._catalogue:operation(class.list)
  if class == Folder and operation and not body.takes_query(operation, how.query) then
    return { fixed = function() return below.linked(self, Folder, deep) end }
  end
end

-- Describes the listing of what is directly in something: for roots `parent_of`, which a root of
-- things that are never directly in it (`flat`) has not.
local function direct(self, class, Folder, how)
  if how.root and how.flat then return { fixed = {} } end
  return linked(self, class, Folder, how, false)
    or { query = { [how.query] = parent_of(self, how.root) } }
end

-- Describes the listing of what is anywhere below a branch.
local function deep(self, class, Folder, how, said)
  return linked(self, class, Folder, how, true) or {
    below = { class = Folder, query = "parent", leaf = how.query, said = said },
  }
end

local places = { parent = true, parentid = true, folder = true, folderid = true }

-- Whether the options name the place themselves, as the API does.
local function names_place(given)
  if type(given) ~= "table" or getmetatable(given) then return false end
  for name in pairs(given) do
    if type(name) == "string" and places[spelling.squash(name)] then return true end
  end
  return false
end

-- Everything below, unless `recursive = false`.
local function children(methods, plural, class, Folder, how)
  declare.note(methods, { name = plural, kind = "plural", operation = class.list, class = class,
    accepts = M.options,
    doc = how.doc })
  methods[plural] = function(self, given)
    local recursive, asked = M.recursive(given), {}
    if names_place(given) then
      asked.query = {}
    elseif recursive == false then
      asked = direct(self, class, Folder, how)
    elseif not how.root then
      asked = deep(self, class, Folder, how, recursive ~= nil)
    end
    if class == Folder and recursive ~= false and not asked.fixed and not asked.query then
      asked.tree = asked.below
        or { class = Folder, query = how.query, leaf = how.query, at = parent_of(self, true) }
    end
    asked.accepts, asked.word = M.options, plural
    asked.one = function(value) return self[how.singular](self, value) end
    return collection.of(class, self, given, asked)
  end
end

local function folder_at(self, Folder, path, root)
  local folder
  for part in path:gmatch "[^/]+" do
    folder = folder and folder:folder(part)
      or resource.from_name(Folder, self, part, { parent = parent_of(self, root) })
  end
  return folder
end

--- Gives owners folders and what is in them.
---
--- All list what is anywhere below, with `recursive = false` what is directly in it.  The API
--- does it for a root (`root = true`: a drive, a mailbox, a site); a branch (a folder, a library,
--- a list) goes down folder by folder.  With a list, each is a selection.  A name is that of
--- something anywhere below a root, or directly in a branch; a path leads deeper.
---@param methods table  of the owner's class
---@param Folder table   class of folders
---@param how table  root=; base64= (ids are); leaves= (a list of {plural=, singular=, class=,
---  path= (named by path as well), query= (the option that says in what), flat= (a root does
---  not tell what is directly in it)})
function M.browse(methods, Folder, how)
  local root = how.root
  children(methods, "folders", Folder, Folder, {
    root = root, query = "parent", singular = "folder",
    doc = "Folders anywhere below; `recursive = false`: directly in it.",
  })
  declare.note(methods, { name = "folder", kind = "singular", operation = Folder.get,
    class = Folder })
  --- Returns one folder by id, name, or path from here ("Reports/2026").
  function methods:folder(name)
    if M.is_path(name, how.base64) then return folder_at(self, Folder, name, root) end
    local among = not root and { parent = parent_of(self, root) } or nil
    return resource.reference(Folder, self, name, among)
  end
  for _, leaf in ipairs(how.leaves) do
    local query, class = leaf.query or "parent", leaf.class
    children(methods, leaf.plural, class, Folder, {
      root = root, query = query, singular = leaf.singular, flat = leaf.flat,
      doc = "What is anywhere below; `recursive = false`: directly in it.",
    })
    declare.note(methods, { name = leaf.singular, kind = "singular", operation = class.get,
      class = class })
    methods[leaf.singular] = function(self, name)
      local path, last
      if leaf.path and M.is_path(name) then path, last = name:match "^/?(.+)/([^/]+)$" end
      if path then
        local folder = folder_at(self, Folder, path, root)
        return folder[leaf.singular](folder, last)
      end
      local among = not root and { [query] = self.id } or nil
      return resource.reference(class, self, name, among)
    end
  end
end

--- Declares how a class is searched: by the operation of what it is listed in, which looks through
--- everything below that.
---@param operations table<string, string>  kind of owner → operation
---@param how table?  query=, keep=, options=, … as in `vbo.collection.search`
---@return fun(query: table, collection: table): table?
function M.searched(operations, how)
  return function(query, within)
    local kind = within._owner._class.kind
    if not operations[kind] then return nil end
    if query.parent or query.folder_id then
      errors.usage("search looks through everything below, not only what is directly in it",
        "leave out 'recursive', or use where{…}")
    end
    local found = { operation = operations[kind] }
    for name, value in pairs(how or {}) do found[name] = value end
    return found
  end
end

--- Returns the owner of what was found across several: by its record's field, or by its links where
--- the version's record has no such field.
---@param class table     of the owner
---@param field string    "mailbox_id"
---@param segment string  of paths, in lower case: "mailboxes"
---@return fun(record: table, collection: table): table
function M.owner_of(class, field, segment)
  return function(record, within)
    local id = fields.read(record, field)
    for _, link in pairs(not id and type(record._links) == "table" and record._links or {}) do
      local href = type(link) == "table" and link.href
      if type(href) == "string" then
        local from = select(2, ascii.lower(href):find("/" .. segment .. "/", 1, true))
        id = id or from and href:match("^[^/?]+", from + 1)
      end
    end
    if not id then
      errors.raise { kind = "protocol",
        message = ("the server does not say of which %s a thing found is"):format(class.kind) }
    end
    return resource.from_id(class, within._owner, id)
  end
end

--- Saves documents one by one under their own names, in a folder for each folder.
---@param operation string  that saves one document
---@return fun(self: table, own: table, name: string): vbo.Saved[]
function M.save_plain(operation)
  local function nothing() end
  local here = { recursive = false }

  -- Each document with its file, folder by folder, listed as they are asked for.
  local function files(self, root)
    local stack = {}
    -- level: documents=, folders= (collections), path=, unique=, above=, renamed=
    local function enter(level)
      level.documents = level.documents and level.documents:each() or nothing
      level.folders = level.folders and level.folders:each() or nothing
      level.unique, level.above = level.unique or filename.unique(), level.above or {}
      level.seen = {}
      stack[#stack + 1] = level
    end
    local first = { path = root, unique = save.names() }
    if not collection.is(self) then
      first.documents, first.folders = self:documents(here), self:folders(here)
    elseif self._class.methods.documents then
      -- Each in a folder of its own.
      first.folders = collection.new(self._class, self._owner, { fixed = self:_all() })
    else
      first.documents = self
    end
    enter(first)
    return function()
      while stack[1] do
        local level = stack[#stack]
        local function inside(name)
          return level.path .. "/" .. level.unique(filename.safe(name))
        end
        local document = level.documents()
        -- Versions that are listed under one id are one file.
        while document and level.seen[document.id] do document = level.documents() end
        if document then
          level.seen[document.id] = true
          return {
            document = document, to = inside(document.name),
            folders = level.renamed and level.above or nil,
          }
        end
        local folder = level.folders()
        if folder then
          local path = save.folder { to = inside(folder.name) }
          local above = table.move(level.above, 1, #level.above, 1, {})
          above[#above + 1] = folder.name
          enter { documents = folder:documents(here), folders = folder:folders(here), path = path,
            above = above, renamed = level.renamed or path:match "[^/]*$" ~= folder.name }
        else
          stack[#stack] = nil
        end
      end
    end
  end

  return function(self, own, name)
    local folder = save.folder(own, name)
    local list <close> = save.manifest(own, folder)
    local saved = parallel.run(files(self, folder), { limit = own.at_once },
      function(file)
        local options = {}
        for option, value in pairs(own) do options[option] = value end
        options.to, options.manifest = file.to, list or own.manifest
        local about = save.about(file.document, own)
        about.name, about.folders, about.in_set = file.document.name, file.folders, true
        return save.stream(file.document, {
          call = "save", operation = operation,
          options = { zip = false }, implied = { zip = false },
        }, { own = options, name = about.name, check = "document", about = about })
      end)
    saved.n = nil
    return saved
  end
end

return M
