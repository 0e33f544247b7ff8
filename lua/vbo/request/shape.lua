--- Collects what the versions of the API together know of a record: its fields, how a runbook
--- spells them, and what is inside.
---
--- A field that no version knows is a mistake of the runbook; one that this version lacks is nil.

local catalogue = require "vbo.catalogue"
local spelling = require "vbo.base.spelling"

local M = {}

local squash, spelled = spelling.squash, spelling.spelled

---@class vbo.Shape
---@field open boolean  further fields are possible: some version does not say what there is
local Shape = {}
Shape.__index = Shape

local function element(schema)
  while schema.type == "array" and schema.items do schema = schema.items end
  return schema
end

-- The shape of a few schemas that mean the same.
local function new(schemas)
  local self = setmetatable({ index = {}, open = #schemas == 0 }, Shape)
  for _, schema in ipairs(schemas) do
    schema = element(schema)
    if not schema.properties or next(schema.properties) == nil or schema.additional then
      self.open = true
    end
    for name, property in pairs(schema.properties or {}) do
      local word = squash(name)
      local entry = self.index[word]
      if not entry then
        entry = { word = spelled(name), schemas = {} }
        self.index[word] = entry
      end
      entry.schemas[#entry.schemas + 1] = property
    end
  end
  return self
end

--- Lets every field through: the shape of a record without a schema.
M.any = new {}

--- Returns a runbook's spelling of a field; nil when no version knows it.
---@param word string  squashed
---@return string?
function Shape:word(word)
  local entry = self.index[word]
  return entry and entry.word
end

--- Returns the shape of what is in a field.
---@param word string  squashed
---@return vbo.Shape
function Shape:inside(word)
  local entry = self.index[word]
  if not entry then return M.any end
  entry.shape = entry.shape or new(entry.schemas)
  return entry.shape
end

--- Returns the spellings of all fields but links, sorted.
---@return string[]
function Shape:words()
  local list = {}
  for _, entry in pairs(self.index) do
    if entry.word:sub(1, 1) ~= "_" then list[#list + 1] = entry.word end
  end
  table.sort(list)
  return list
end

-- The schema of a row of an operation; nil where it says nothing about it.
local function row_of(known, name)
  local operation = known:operation(name)
  local schema = operation and (operation.answer.item or operation.answer.schema)
  return schema and schema.properties and next(schema.properties) and schema or nil
end

local function names_of(class)
  local names, seen = {}, {}
  for _, name in ipairs { class.get or false, class.list or false,
    table.unpack(class.operations or {}) } do
    if name and not seen[name] then
      seen[name] = true
      names[#names + 1] = name
    end
  end
  return names
end

--- Returns the shape of the records of a class, over all versions and the operations that give
--- them.
---@param class table
---@return vbo.Shape
function M.of(class)
  local names = names_of(class)
  local made = class.shape
  if made and made.count == #names then return made.shape end
  local schemas = {}
  for _, version in ipairs(catalogue.versions) do
    -- An imported catalogue that is broken spoils what uses it, nothing else.
    local ok, known = pcall(catalogue.load, version)
    for _, name in ipairs(ok and names or {}) do schemas[#schemas + 1] = row_of(known, name) end
  end
  class.shape = { shape = new(schemas), count = #names }
  return class.shape.shape
end

--- Returns the versions whose records of a class have a field.
---@param class table
---@param words table<string, boolean>  squashed names that mean the field
---@return string[]  oldest first
function M.versions(class, words)
  local list = {}
  for _, version in ipairs(catalogue.versions) do
    local ok, known = pcall(catalogue.load, version)
    local has = false
    for _, name in ipairs(ok and names_of(class) or {}) do
      for property in pairs((row_of(known, name) or { properties = {} }).properties) do
        has = has or words[squash(property)] == true
      end
    end
    if has then list[#list + 1] = version end
  end
  return list
end

return M
