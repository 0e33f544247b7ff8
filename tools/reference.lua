--- Makes the reference: the pages of operations and objects.
---
---     lua5.4 tools/reference.lua [LUA_DIR [OUT_DIR]]
---
--- writes `docs/reference/`, the same bytes every time, from the catalogue and from what the
--- sources below LUA_DIR (`lua`) declare; nothing has to be built before.

local is_program = arg and arg[0] and arg[0]:match "tools/reference%.lua$" ~= nil
if is_program then
  local root = arg[0]:gsub("/?tools/reference%.lua$", "")
  root = root == "" and "." or root
  package.path = ("%s/?.lua;%s/?/init.lua;%s/lua/?.lua;%s/lua/?/init.lua;%s"):format(root, root,
    root, root, package.path)
end

local examples_of = require "tools.reference.examples"
local model_of = require "tools.model"
local output = require "tools.output"
local topics = require "tools.reference.topics"
local objects = require "tools.reference.objects"
local operations = require "tools.reference.operations"

local M = {}

-- Operation → the methods that are made of it.
local function methods_of(model)
  local methods, known = {}, {}
  local function add(owner, signatures)
    for _, signature in ipairs(signatures) do
      local text = ("`%s:%s`"):format(owner, signature.name)
      for _, operation in ipairs(signature.operations) do
        local key = operation .. " " .. text
        if not known[key] then
          known[key] = true
          methods[operation] = methods[operation] or {}
          table.insert(methods[operation], text)
        end
      end
    end
  end
  add("client", model.client)
  for _, object in ipairs(model.collected.objects) do
    local name = object.type:match "[^.]+$"
    add(name, object.signatures)
    add(name .. "Collection", object.bulk_signatures)
  end
  return methods
end

-- The code of examples by class.
local function examples(root)
  local by_class = {}
  for _, example in ipairs(examples_of.read(root .. "/../examples/objects")) do
    for _, class in ipairs(example.classes) do by_class[class] = example.code end
  end
  return by_class
end

--- Returns the pages.
---@param root string  the folder of the Lua sources, which holds `vbo/`
---@return table<string, string> files  name → text
function M.files(root)
  return output.plainly(function()
    local model = model_of.read(root)
    local methods, files = methods_of(model), {}
    local types = operations.types(model)
    operations.write(model, types, methods, files)
    local sections = objects.write(model, {
      types = function(address) return operations.linker(types, address) end,
      examples = examples(root),
      records = topics.records(),
    }, files)
    topics.write(model, root, sections, files)
    files["operations/types.md"] = operations.types_page(model, types)
    return files
  end)
end

if is_program then output.write(arg[2] or "docs/reference", M.files(arg[1] or "lua")) end

return M
