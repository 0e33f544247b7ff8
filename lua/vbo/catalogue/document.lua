--- Makes a catalogue module out of the OpenAPI document of one server.

local ascii = require "vbo.base.ascii"
local names = require "vbo.catalogue.names"
local openapi = require "vbo.catalogue.openapi"
local shipped = require "vbo.catalogue.shipped"
local write = require "vbo.catalogue.write"

local M = {}

--- Turns a problem of the reader into a sentence about the document: messages of Lua itself
--- do not help its owner.
---@param problem any
---@return string
function M.readable(problem)
  local text = tostring(problem):match "^[^\n]*"
  if text:find("stack overflow", 1, true) then return "a schema in it consists of itself" end
  local missing = text:match "no schema (%S+)$"
  if missing then return "it refers to the schema " .. missing .. ", which is not in it" end
  if text:match "%.lua:%d+:" or text:match "^%[string" then
    return "it is not laid out as OpenAPI 3 says"
  end
  return text
end

--- Returns the names of the versions that ship with the module, for `import`.
---@return table names
function M.shipped()
  local models = {}
  for number = 8, 6, -1 do
    local known, model = shipped.load("v" .. number), { operations = {} }
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
      error(("a path must not have such characters, got %s"):format(operation.path), 0)
    end
    if operation.content_type and operation.content_type:find "%c" then
      error(operation.path .. ": a content type must be one line", 0)
    end
  end
  for _, name in ipairs(model.order) do
    if not name:match "^[^%s%c]+$" then error(("a schema called %q"):format(name), 0) end
  end
end

-- Names operations: one that shipped versions have keeps its name, a new one takes its operationId.
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

--- Makes a catalogue module out of an OpenAPI document.
---@param text string   JSON
---@param known table?  the names of other versions (`shipped`); without them operations keep
---  their own operationIds
---@return string? module  Lua source that returns what `catalogue.add` takes
---@return string? why     with nil: what is wrong with the document
function M.import(text, known)
  local ok, result = pcall(function()
    local model = openapi.read(text)
    check_words(model)
    name_operations(model, known or names.new {})
    return write.single(model)
  end)
  if ok then return result end
  return nil, M.readable(result)
end

return M
