--- Makes the catalogue's facts.
---
---     lua5.4 lua/vbo/catalogue/generate.lua FACTS_DIR OUT_DIR
---
--- reads v1.json … v8.json and writes the modules of `lua/vbo/catalogue/facts/`, the same
--- bytes every time.  As a module it reads an OpenAPI document of one server: `import`.

local is_program = arg and arg[0] and arg[0]:match "catalogue/generate%.lua$" ~= nil
if is_program then
  local root = arg[0]:gsub("vbo/catalogue/generate%.lua$", "")
  package.path = (root == "" and "./" or root) .. "?.lua;" .. package.path
end

local actions = require "vbo.catalogue.actions"
local names = require "vbo.catalogue.names"
local openapi = require "vbo.catalogue.openapi"
local write = require "vbo.catalogue.write"

local M = {}

--- The fact modules out of the text of the eight fact files.
---@param texts table<string, string>  "v1" … "v8" → JSON
---@return table<string, string> files  file name → Lua source
function M.modules(texts)
  local models, later = {}, {}
  for number = 8, 6, -1 do
    local model = openapi.read(texts["v" .. number])
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
  return write.modules(models)
end

--- A catalogue module out of an OpenAPI document, named by its own operationIds.
---@param text string  JSON
---@return string? module  Lua source that returns what `catalogue.add` takes
---@return table? err      {kind = "usage"} on text that is no such document
function M.import(text)
  local ok, result = pcall(function()
    local model = openapi.read(text)
    local known = names.new {}
    for _, operation in ipairs(model.operations) do
      operation.name = operation.id or known:plain(operation.method, operation.path)
      operation.id = nil
    end
    return write.single(model)
  end)
  if ok then return result end
  return nil, { kind = "usage", message = "cannot read the OpenAPI document: " .. tostring(result) }
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
