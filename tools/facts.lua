--- Makes the catalogue's facts.
---
---     build/vbolua tools/facts.lua FACTS_DIR OUT_DIR
---
--- reads v1.json … v8.json and v8-titles.json (the contents of the vendor's reference), and
--- writes the modules of `lua/vbo/catalogue/facts/`, the same bytes every time.

local is_program = arg and arg[0] and arg[0]:match "tools/facts%.lua$" ~= nil
if is_program then
  local root = arg[0]:gsub("/?tools/facts%.lua$", "")
  root = root == "" and "." or root
  package.path = ("%s/?.lua;%s/lua/?.lua;%s/lua/?/init.lua;%s"):format(root, root, root,
    package.path)
end

local actions = require "tools.facts.actions"
local names = require "vbo.catalogue.names"
local newer = require "tools.facts.newer"
local openapi = require "vbo.catalogue.openapi"
local json = require "vbo.base.json"
local titles = require "tools.facts.titles"
local write = require "tools.facts.write"

local M = {}

--- Returns the fact modules made of the text of the eight fact files, and that of the titles.
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
    files["titles.lua"] = write.text(titles.lines(assert(json.decode(texts.titles)), models[8]))
  end
  return files
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
    io.stderr:write("usage: vbolua tools/facts.lua FACTS_DIR OUT_DIR\n")
    os.exit(2)
  end
  M.run(arg[1], arg[2])
end

return M
