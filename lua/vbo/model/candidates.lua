--- Says what a name may mean: the nearest names where nothing has it, and where the things are that
--- share it.

local core = require "vbo.core"
local fields = require "vbo.model.fields"
local nearest = require "vbo.base.nearest"
local url = require "vbo.catalogue.url"

local M = {}

-- A path is not longer; a server whose folders go round in circles ends here.
local deepest = 50
-- Names are kept for a suggestion up to here: lists may be long.
local most = 5000

local naming = { "name", "display_name", "title", "subject", "email", "address", "alias",
  "office_name" }

local function label_of(item)
  local record = item:record()
  return fields.read(record, item._class.label or "name")
    or fields.read(record, "display_name") or fields.read(record, "title")
end

-- Returns what lists a thing and is not a folder: a drive, a mailbox, a site, a library.
local function root_of(item)
  local owner = item._owner
  while owner and rawget(owner, "_owner") and owner._class.kind == "folder" do
    owner = owner._owner
  end
  return owner
end

local function parent_of(item, root)
  local links = item:record()._links
  local href = type(links) == "table" and type(links.parent) == "table" and links.parent.href
  local id = type(href) == "string" and href:match "/[Ff]olders/([^/?]+)"
  local find = id and root.folder
  return find and find(root, { id = url.decoded(id) })
end

local function climb(item)
  local root, parts = root_of(item), { tostring(label_of(item)) }
  local folder = parent_of(item, root)
  for _ = 1, deepest do
    if not folder then return table.concat(parts, "/") end
    table.insert(parts, 1, tostring(label_of(folder)))
    folder = parent_of(folder, root)
  end
end

--- Returns the path of a thing below the drive, mailbox, site or library that holds it, with its
--- own name at the end; nil where the server does not tell.  Reads its folders.
---@param item table  a resource
---@return string? path
function M.path(item)
  local ok, path = pcall(climb, item)
  return ok and path or nil
end

-- Returns a field beside the label that helps a person to recognize an item.
local function more_of(item)
  for _, field in ipairs { "email", "address", "office_name", "url", "modified", "received" } do
    local value = fields.read(item:record(), field)
    if type(value) == "string" and value ~= "" and value ~= label_of(item) then
      return value .. ", id " .. tostring(item._key)
    end
  end
  return "id " .. tostring(item._key)
end

--- Describes resources that share a name, each in words that no other of them has.
---@param items table[]  resources
---@return string  "Documents/a.txt", "Archive/a.txt"
function M.described(items)
  local paths, count = {}, {}
  for i, item in ipairs(items) do
    local path = M.path(item) or tostring(label_of(item))
    paths[i], count[path] = path, (count[path] or 0) + 1
  end
  local words = {}
  for i, item in ipairs(items) do
    local alone = count[paths[i]] == 1
    words[i] = ("%q"):format(paths[i]) .. (alone and "" or (" (%s)"):format(more_of(item)))
  end
  return table.concat(words, ", ")
end

--- Collects the names that records go by, for `nearest`.
---@return fun(record: table) add
---@return fun(name: string): string? nearest  the name that was most likely meant
function M.names()
  local folded, shown = {}, {}
  local function note(word, name)
    if type(word) ~= "string" or word == "" or #folded >= most then return end
    word = core.fold(word)
    if not shown[word] then folded[#folded + 1], shown[word] = word, name or word end
  end
  local function add(record)
    if #folded >= most then return end
    local first
    for _, field in ipairs(naming) do
      local value = fields.read(record, field)
      if type(value) == "string" then
        first = first or value
        note(value, value)
      end
    end
    -- SharePoint writes alice@contoso.com as …/personal/alice_contoso_com.
    local address = fields.read(record, "url")
    if first and type(address) == "string" then note(address:match "([^/]*)/*$", first) end
  end
  return add, function(name)
    local word = core.fold(name)
    local near = nearest(word, folded)
    if not near and word:find("@", 1, true) then
      near = nearest((word:gsub("[@.]", "_")), folded)
    end
    return near and shown[near]
  end
end

return M
