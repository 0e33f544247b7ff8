--- Everything that types and pages are written from, read once: the operations and schemas of
--- all versions, and the objects that the sources declare.

local collect = require "tools.model.collect"
local methods = require "tools.model.methods"
local operations = require "tools.model.operations"
local shipped = require "vbo.catalogue.shipped"
local union = require "tools.model.union"

local M = {}

-- The versions that ship with the module, whatever was added to the catalogue since.
M.versions = shipped.versions

local function record_of(model, object)
  local parts, versions = {}, {}
  for _, name in ipairs { object.class.get or false, object.class.list or false } do
    for _, part in ipairs(name and model.parts[name] or {}) do
      local answer = part.operation.answer
      local schema = name == object.class.get and answer.schema or answer.item
      if schema and schema.properties then
        parts[#parts + 1] = { version = part.version, schema = schema }
        versions[part.version] = true
      end
    end
  end
  object.versions = versions
  if #parts == 0 then return end
  table.sort(parts, function(a, b) return a.version < b.version end)
  local name = model.union:type("answer", parts, object.type:match "[^.]+$")
  object.record = model.union.classes[name]
end

local function upvalue(run, name)
  local at = 1
  while true do
    local found, value = debug.getupvalue(run, at)
    if not found then return nil end
    if found == name then return value end
    at = at + 1
  end
end

local function read(sources, sites)
  local catalogues, modules = {}, sources.modules
  for i, version in ipairs(M.versions) do
    catalogues[i] = modules["vbo.catalogue"].shipped(version)
  end
  local model = {
    names = M.versions, catalogues = catalogues, parts = {},
    meanings = modules["vbo.request.meanings"],
  }
  model.union = union.new(catalogues, "vbo.")
  model.operations = operations.all(M.versions, catalogues, model.union)
  for _, operation in ipairs(model.operations) do model.parts[operation.name] = operation.parts end
  local collected = collect.from(sources, sites, function(name)
    return model.parts[name] ~= nil
  end)
  model.collected = collected
  model.saves = modules["vbo.model.save"].own
  model.renamed = upvalue(modules["vbo.model.fields"].declared, "renamed") or {}
  local describe = methods.new(collected, model)
  model.methods = describe
  local function signatures(object, list, bulk)
    local result = {}
    for _, method in ipairs(list) do result[#result + 1] = describe:of(object, method, bulk) end
    return result
  end
  for _, object in ipairs(collected.objects) do
    record_of(model, object)
    object.signatures = signatures(object, object.methods)
    object.bulk_signatures = signatures(object, object.bulk, true)
  end
  model.client = signatures(nil, collected.client)
  local function annotated(list)
    local result = {}
    for i, method in ipairs(list) do
      local annotation
      for _, text in ipairs(collected.reader:of(method.run).annotations) do
        annotation = annotation or text:match "^return.*" and text
      end
      result[i] = { signature = describe:of(nil, method), annotation = annotation }
    end
    return result
  end
  model.common = {
    resource = annotated(collected.resource), collection = annotated(collected.collection),
  }
  model.specs = {
    call = collected.reader:of(modules["vbo.client.call"].call).specs,
    connect = collected.reader:of(modules["vbo.client.connect"].settings).specs,
  }
  model.root_parts = {}
  local parts = upvalue(getmetatable(modules["vbo"]).__index, "parts")
  for name, module in pairs(parts) do
    require(module)
    local part = { name = name, signatures = {}, values = {} }
    local list = {}
    for key, value in pairs(modules[module] or {}) do
      if key:sub(1, 1) ~= "_" then
        if type(value) == "function" then
          list[#list + 1] = { name = key, run = value }
        else
          part.values[#part.values + 1] = key
        end
      end
    end
    table.sort(list, function(a, b) return a.name < b.name end)
    table.sort(part.values)
    part.signatures = signatures(nil, list)
    model.root_parts[#model.root_parts + 1] = part
  end
  table.sort(model.root_parts, function(a, b) return a.name < b.name end)
  model.union:finish()
  for _, list in ipairs { model.common.resource, model.common.collection } do
    for _, entry in ipairs(list) do
      describe:finish(entry.signature, "vbo.Resource." .. entry.signature.name)
    end
  end
  for _, object in ipairs(collected.objects) do
    for _, entry in ipairs(model.common.resource) do
      -- A method that returns itself returns an object of this class.
      if entry.annotation and entry.annotation:match "^return table self" then
        table.insert(object.signatures, 1, describe:itself(object, entry.signature))
      end
    end
    for _, signature in ipairs(object.signatures) do
      if not signature.options then
        describe:finish(signature, ("%s.%s"):format(object.type, signature.name))
      end
    end
    for _, signature in ipairs(object.bulk_signatures) do
      describe:finish(signature, ("%sCollection.%s"):format(object.type, signature.name))
    end
  end
  for _, signature in ipairs(model.client) do
    describe:finish(signature, "vbo.Client." .. signature.name)
  end
  return model
end

--- Reads everything.
---@param root string  the folder that holds `vbo/`
---@return table model
function M.read(root) return collect.with(root, read) end

return M
