--- Makes the catalogue's facts.
---
---     lua5.4 lua/vbo/catalogue/generate.lua FACTS_DIR OUT_DIR
---
--- reads v1.json … v8.json and v8-titles.json (the contents of the vendor's reference), and
--- writes the modules of `lua/vbo/catalogue/facts/`, the same bytes every time.
--- As a module it reads an OpenAPI document of one server: `import`.

local is_program = arg and arg[0] and arg[0]:match "catalogue/generate%.lua$" ~= nil
if is_program then
  local root = arg[0]:gsub("vbo/catalogue/generate%.lua$", "")
  package.path = (root == "" and "./" or root) .. "?.lua;" .. package.path
end

local ascii = require "vbo.ascii"
local actions = require "vbo.catalogue.actions"
local names = require "vbo.catalogue.names"
local newer = require "vbo.catalogue.newer"
local openapi = require "vbo.catalogue.openapi"
local ordered = require "vbo.catalogue.ordered"
local titles = require "vbo.catalogue.titles"
local write = require "vbo.catalogue.write"

local M = {}

--- The fact modules out of the text of the eight fact files, and that of the titles.
---@param texts table<string, string>  "v1" … "v8" and "titles" → JSON
---@return table<string, string> files  file name → Lua source
function M.modules(texts)
  local models, later = {}, {}
  for number = 8, 6, -1 do
    local model = openapi.read(texts["v" .. number])
    newer.complete(model, number)
    models[number] = model
    later[#later + 1] = model
  end
  local known = names.new(later)
  for number = 6, 8 do
    for _, operation in ipairs(models[number].operations) do
      operation.name = known:plain(operation.method, operation.path, operation.id)
    end
  end
  for number = 1, 5 do models[number] = actions.read(texts["v" .. number], known) end
  local files = write.modules(models)
  if texts.titles then
    files["titles.lua"] = write.text(titles.lines(ordered.decode(texts.titles), models[8]))
  end
  return files
end

--- The names of the versions that ship with the module, for `import`.
---@return table names
function M.shipped()
  local catalogue = require "vbo.catalogue"
  local models = {}
  for number = 8, 6, -1 do
    local known, model = catalogue.shipped("v" .. number), { operations = {} }
    for i, name in ipairs(known:names()) do
      local method, path = known:route(name)
      model.operations[i] = { id = name, method = method, path = path, parameters = {} }
    end
    models[#models + 1] = model
  end
  return names.new(models)
end

-- An operationId is no more than a label to OpenAPI; a name has to be a word.
local function usable(id) return type(id) == "string" and id:match "^[%w_-]+$" and id or nil end

local function check_words(model)
  for _, operation in ipairs(model.operations) do
    for _, parameter in ipairs(operation.parameters) do
      local name = parameter.name
      if type(name) ~= "string" or not name:match "^[^%s%c:!]+$" then
        error(("%s: a parameter called %q"):format(operation.path, tostring(name)), 0)
      end
    end
    if operation.path:find "[^%w%-._~{}/$!'()*+,;=:@]" then
      error("a path that is none: " .. operation.path, 0)
    end
    if operation.content_type and operation.content_type:find "%c" then
      error(operation.path .. ": a content type that is none", 0)
    end
  end
  for _, name in ipairs(model.order) do
    if not name:match "^[^%s%c]+$" then error(("a schema called %q"):format(name), 0) end
  end
end

-- What shipped versions have keeps its name; what is new is called by its own operationId.
local function name_operations(model, known)
  local taken, ids = {}, {}
  for _, operation in ipairs(model.operations) do
    operation.id = usable(operation.id)
    local word = operation.id and ascii.lower(operation.id)
    if word and ids[word] then error("two operations are called " .. operation.id, 0) end
    if word then ids[word] = true end
    operation.name = known:plain(operation.method, operation.path, "")
    if operation.name == "" then
      operation.name = nil
    else
      taken[ascii.lower(operation.name)] = true
    end
  end
  for _, operation in ipairs(model.operations) do
    if not operation.name then
      local id = operation.id
      if not id or taken[ascii.lower(id)] then
        id = known:plain(operation.method, operation.path)
      end
      operation.name = id
      taken[ascii.lower(id)] = true
    end
  end
end

--- A catalogue module out of an OpenAPI document.
---@param text string   JSON
---@param known table?  the names of other versions (`shipped`); without them operations are
---  called by their own operationIds
---@return string? module  Lua source that returns what `catalogue.add` takes
---@return table? err      {kind = "usage"} on text that is no such document
function M.import(text, known)
  local ok, result = pcall(function()
    local model = openapi.read(text)
    check_words(model)
    name_operations(model, known or names.new {})
    return write.single(model)
  end)
  if ok then return result end
  local readable = require "vbo.catalogue.imported".readable
  return nil, { kind = "usage",
    message = "cannot read the OpenAPI document: " .. readable(result) }
end

local function read_file(path)
  local file <close> = assert(io.open(path, "rb"))
  return (assert(file:read "a"))
end

--- Reads the fact files of a folder and writes the modules into another.
---@param from string
---@param to string
---@return integer count  of files written
function M.run(from, to)
  local texts = {}
  for number = 1, 8 do texts["v" .. number] = read_file(("%s/v%d.json"):format(from, number)) end
  texts.titles = read_file(from .. "/v8-titles.json")
  local count = 0
  for name, text in pairs(M.modules(texts)) do
    local file <close> = assert(io.open(to .. "/" .. name, "wb"))
    assert(file:write(text))
    count = count + 1
  end
  return count
end

if is_program then
  if #arg ~= 2 then
    io.stderr:write("usage: lua5.4 lua/vbo/catalogue/generate.lua FACTS_DIR OUT_DIR\n")
    os.exit(2)
  end
  M.run(arg[1], arg[2])
end

return M
