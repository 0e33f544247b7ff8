--- Groups the operations of all versions by resource.
---
--- The key of a resource is its path in the newest version that has one of its operations, with
--- "{}" for ids: POST /Accounts of v4 and GET /Accounts/{accountId} of v8 belong together.

local ascii = require "vbo.base.ascii"
local catalogue = require "vbo.catalogue"

local M = {}

-- Paths of the same records: the second shows only those of one owner.
local views = {
  ["/proxypools/{}/proxies"] = { "/proxies", "proxypoolid" },
}

local function plain(path)
  return (ascii.lower(path:gsub("^/v%d+", ""):gsub("/Action$", ""):gsub("{[^}]*}", "{}")))
end

local function places(path) return select(2, path:gsub("{", "")) end

local newest_first

local function catalogues()
  if not newest_first then
    newest_first = {}
    for i = #catalogue.versions, 1, -1 do
      -- A broken imported version must not break requests of others.
      local good, cat = pcall(catalogue.load, catalogue.versions[i])
      if good then newest_first[#newest_first + 1] = cat end
    end
  end
  return newest_first
end

local newest_path

local function template(name, path)
  if not newest_path then
    newest_path = {}
    for _, cat in ipairs(catalogues()) do
      for _, each in ipairs(cat:names()) do
        if not newest_path[each] then
          local _, found = cat:route(each)
          newest_path[each] = found
        end
      end
    end
  end
  local newest = newest_path[name] or path
  -- A path that moved and lost or gained an id is another resource.
  return plain(places(newest) == places(path) and newest or path)
end

--- Returns the resource of an operation.
---@param op vbo.Operation
---@return string
function M.of(op) return template(op.name, (op.path:gsub("^/v%d+", ""))) end

local by_version = {}

-- Returns the operations of one version: resource -> method -> name.
---@param cat vbo.Catalogue
---@return table<string, table<string, string>>
function M.table(cat)
  local found = by_version[cat]
  if not found then
    found = {}
    for _, name in ipairs(cat:names()) do
      local method, path, action = cat:route(name)
      if not action then
        local key = template(name, path)
        found[key] = found[key] or {}
        found[key][method] = found[key][method] or name
      end
    end
    by_version[cat] = found
  end
  return found
end

--- Returns the operation of a resource in one version.
---@param cat vbo.Catalogue
---@param key string
---@param method string
---@return vbo.Operation?
function M.operation(cat, key, method)
  local found = M.table(cat)[key]
  local name = found and found[method]
  return name and cat:operation(name)
end

local function is_list(op)
  local answer = op.answer
  return answer.kind == "json" and (answer.page or answer.array or answer.changes) and true or false
end

local titles = {}

--- Names one record of a collection: "CopyJob" of "/copyjobs".
---@param key string
---@return string
function M.title(key)
  local word = titles[key]
  if not word then
    word = key:gsub("/{}", ""):match "([^/]*)$"
    for _, cat in ipairs(catalogues()) do
      local name = select(2, next(M.table(cat)[key] or {}))
      if name then
        local _, path = cat:route(name)
        word = path:gsub("/{[^}]*}", ""):match "([^/]*)$"
        break
      end
    end
    word = word:gsub("^%l", ascii.upper):gsub("ies$", "y"):gsub("sses$", "ss")
      :gsub("([^s])s$", "%1")
    titles[key] = word
  end
  return word
end

local kinds = {}

--- Returns the kind of a key: "collection", "record" (of a collection), "document" (a single one)
--- or nil (no resource).
---@param key string
function M.kind(key)
  local known = kinds[key]
  if known == nil then
    known = false
    for _, cat in ipairs(catalogues()) do
      local get = M.operation(cat, key, "GET")
      if key:match "{}$" then
        local up = M.table(cat)[key:gsub("/{}$", "")]
        if get or up and up.GET then known = "record" end
      elseif get then
        known = get.answer.kind == "stream" and "stream" or is_list(get) and "collection"
          or "document"
      elseif M.table(cat)[key .. "/{}"] then
        known = "collection"
      end
      if known then break end
    end
    kinds[key] = known
  end
  return known or nil
end

local schemas = {}

--- Returns the newest schema of a record of a collection, or of a document.
---@param key string  of the collection or the document
---@return vbo.Schema?
function M.schema(key)
  local known = schemas[key]
  if known == nil then
    known = false
    for _, cat in ipairs(catalogues()) do
      local list = M.operation(cat, key, "GET")
      local one = M.operation(cat, key .. "/{}", "GET")
      local found = list and (list.answer.item or not is_list(list) and list.answer.schema)
      if not (found and found.properties) then
        found = one and (one.answer.item or one.answer.schema)
      end
      if found and found.properties then
        known = found
        break
      end
    end
    schemas[key] = known
  end
  return known or nil
end

--- Returns the collection of the record that the last id of a key names.
---@param key string
---@return string
function M.parent(key) return (key:gsub("/[^/]*$", "")) end

--- Returns the collection that keeps the records, and the property of their owner.
---@param key string
---@return string key, string? owner
function M.home(key)
  local view = views[key]
  if view then return view[1], view[2] end
  return key
end

--- Finds the collection whose records have a named schema in this version.
---@param cat vbo.Catalogue
---@param name string?
---@return string?
function M.holding(cat, name)
  if not name then return nil end
  local best
  for key, methods in pairs(M.table(cat)) do
    local list = methods.GET and cat:operation(methods.GET)
    if list and is_list(list) and list.answer.item and list.answer.item.name == name
        and not key:find("{}", 1, true) and (not best or key < best) then
      best = key
    end
  end
  return best
end

return M
