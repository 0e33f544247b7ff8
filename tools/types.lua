--- Makes the types of the editor.
---
---     lua5.4 tools/types.lua [LUA_DIR [OUT_DIR]]
---
--- writes the `---@meta` files of `vbo/types/`, the same bytes every time.  They come from the
--- catalogue, from what the sources declare, and from their comments; nothing has to be
--- built before.

local is_program = arg and arg[0] and arg[0]:match "tools/types%.lua$" ~= nil
if is_program then
  local root = arg[0]:gsub("/?tools/types%.lua$", "")
  root = root == "" and "." or root
  package.path = ("%s/?.lua;%s/?/init.lua;%s/lua/?.lua;%s/lua/?/init.lua;%s"):format(root, root,
    root, root, package.path)
end

local base = require "tools.types.base"
local luacats = require "tools.types.luacats"
local model_of = require "tools.model"
local objects = require "tools.types.objects"
local output = require "tools.output"
local words = require "tools.model.words"

local M = {}

local function by_group(all)
  local groups, order, single = {}, {}, {}
  for _, operation in ipairs(all) do
    if operation.group then
      local list = groups[operation.group]
      if not list then
        list = {}
        groups[operation.group] = list
        order[#order + 1] = operation.group
      end
      list[#list + 1] = operation
    else
      single[#single + 1] = operation
    end
  end
  return groups, order, single
end

-- The group whose operations alone refer to a class, so that it stands beside them.
local function owners(model)
  local owner = {}
  local function claim(text, group, mentioned)
    for name in text:gmatch "vbo%.[%w_.%+]+" do
      local class = model.union.classes[name]
      if class and owner[name] ~= group then
        owner[name] = owner[name] == nil and group or "shared"
        if not mentioned[name] then
          mentioned[name] = true
          for _, field in ipairs(class.fields) do claim(field.type, group, mentioned) end
        end
      end
    end
  end
  for _, operation in ipairs(model.operations) do
    local group, mentioned = operation.group or "shared", {}
    for _, field in ipairs(operation.fields) do claim(field.type, group, mentioned) end
    claim(operation.answer or "", group, mentioned)
    claim(operation.row or "", group, mentioned)
  end
  return owner
end

local function api_files(model, files)
  local groups, order, single = by_group(model.operations)
  local owner, own, shared = owners(model), {}, { body = {}, answer = {}, given = {} }
  table.sort(model.union.order, function(a, b) return a.name < b.name end)
  for _, class in ipairs(model.union.order) do
    local group = owner[class.name]
    if group and groups[group] then
      own[group] = own[group] or {}
      table.insert(own[group], class)
    else
      table.insert(shared[class.mode], class)
    end
  end
  for _, group in ipairs(order) do
    files["api/" .. group .. ".lua"] = luacats.group(group, groups[group], own[group] or {},
      model.names)
  end
  files["api.lua"] = base.groups(order, single)
  files["bodies.lua"] = luacats.shared(shared.body, model.names)
  files["answers.lua"] = luacats.shared(shared.answer, model.names)
end

local function object_files(model, files)
  local texts = {}
  for _, object in ipairs(model.collected.objects) do
    local name = "objects/" .. (object.module or "vbo.objects.others")
      :match "^vbo%.objects%.(.*)$":gsub("%.", "_")
      .. ".lua"
    texts[name] = texts[name] or { luacats.head }
    table.insert(texts[name], objects.object(object, model.common.collection, model.renamed,
      model.names))
  end
  for name, text in pairs(texts) do files[name] = table.concat(text):gsub("\n+$", "\n") end
end

-- Writes the methods of all resources and collections, and those that parts bring to the client.
local function common_file(model, files)
  local out = { luacats.head }
  out[2] = "---@class vbo.Resource\n---@field id string\nlocal Resource = {}\n\n"
  local function add(owner, signature)
    out[#out + 1] = objects.method(owner, signature, model.names, {})
  end
  for _, entry in ipairs(model.common.resource) do add("Resource", entry.signature) end
  out[#out + 1] = "---@class vbo.Collection\nlocal Collection = {}\n\n"
  for _, entry in ipairs(model.common.collection) do add("Collection", entry.signature) end
  out[#out + 1] = "---@class vbo.Client\nlocal Client = {}\n\n"
  local sources = model.collected.sources
  for i, method in ipairs(model.collected.client) do
    local info = debug.getinfo(method.run, "S")
    local line = sources.lines[info.source] and sources.lines[info.source][info.linedefined]
    -- Those of the class itself are seen where they are written.
    if not (line and line:match "^function Client[:.]") and model.client[i] then
      add("Client", model.client[i])
    end
  end
  files["objects.lua"] = table.concat(out):gsub("\n+$", "\n")
end

-- Writes the types inside options, in the spelling of a runbook or the API's own.
local function given_file(model, files)
  local used, pending, fields = {}, {}, {}
  local function claim(text)
    for name in text:gmatch "vbo%.given%.[%w_.+]+" do
      if not used[name] then
        used[name] = true
        pending[#pending + 1] = name
      end
    end
  end
  for name, text in pairs(files) do
    if name:match "^objects" then claim(text) end
  end
  local at = 0
  while pending[at + 1] do
    at = at + 1
    local class = model.union.classes[pending[at]]
    fields[class.name] = words.options(class, model.meanings, false, true)
    for _, field in ipairs(fields[class.name]) do claim(field.type) end
  end
  table.sort(pending)
  local classes = {}
  for i, name in ipairs(pending) do
    local class = model.union.classes[name]
    classes[i] = { name = name, fields = fields[name], versions = class.versions, mode = "given" }
  end
  files["given.lua"] = luacats.shared(classes, model.names)
end

--- Returns the type files.
---@param root string  the folder of the Lua sources, which holds `vbo/`
---@return table<string, string> files  path below `vbo/types/` → text
function M.files(root)
  return output.plainly(function()
    local model = model_of.read(root)
    local files = {}
    api_files(model, files)
    object_files(model, files)
    common_file(model, files)
    given_file(model, files)
    files["base.lua"] = base.base(model.specs.call, model.specs.connect)
    files["parts.lua"] = base.parts(model.root_parts)
    return files
  end)
end

if is_program then
  local root = arg[1] or "lua"
  output.write(arg[2] or root .. "/vbo/types", M.files(root))
end

return M
