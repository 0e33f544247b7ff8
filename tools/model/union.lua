--- One type out of the schemas that several API versions have for one thing.
---
--- A *part* is `{version = position, schema = S}`.  Scalars become a union of their types;
--- objects become one class with the properties of all versions, each saying which versions
--- have it.  A class of named schemas is shared by everything that refers to them and has
--- the newest name; one of unnamed schemas belongs to the place it was met at.

local ascii = require "vbo.base.ascii"
local spans = require "tools.model.spans"

local M = {}

---@class vbo.document.Class
---@field name string
---@field mode "body"|"answer"|"given"  what a call sends, what it gets, what a method takes
---@field parts table[]
---@field fields {name: string, type: string, optional: boolean, comment: string?, schema: table}[]
---  `schema`: the newest version's
---@field versions table<integer, true>

local Union = {}
Union.__index = Union

--- An empty set of classes.
---@param catalogues vbo.Catalogue[]  oldest first
---@param prefix string  of class names ("vbo.")
function M.new(catalogues, prefix)
  return setmetatable({
    catalogues = catalogues, prefix = prefix, classes = {}, order = {}, queue = {}, joined = {},
  }, Union)
end

--- The parts of a class, and how many there are in all classes: a class is complete when
--- another round finds no more.
local function join(self, class, parts)
  local added
  for _, part in ipairs(parts) do
    local key = part.version .. " " .. (part.schema.name or "")
    if not class.seen[key] then
      class.seen[key] = true
      class.parts[#class.parts + 1] = part
      added = true
    end
  end
  if added and not class.queued then
    class.queued = true
    self.queue[#self.queue + 1] = class
  end
end

local function class_of(self, mode, name)
  local full = self.prefix .. mode .. "." .. name
  local class = self.classes[full]
  if not class then
    class = { name = full, mode = mode, parts = {}, seen = {}, context = name }
    self.classes[full] = class
    self.order[#self.order + 1] = class
  end
  return class
end

-- All versions of a named schema, so that a class does not depend on who asks first.
local function versions_of(self, name)
  local parts = {}
  for position, catalogue in ipairs(self.catalogues) do
    local schema = catalogue:schema(name)
    if schema and schema.properties then
      parts[#parts + 1] = { version = position, schema = schema }
    end
  end
  return parts
end

local function object(self, mode, parts, context)
  local newest, all_named
  all_named = true
  for _, part in ipairs(parts) do
    if part.schema.name then newest = part.schema.name else all_named = false end
  end
  local class
  if all_named then
    class = class_of(self, mode, newest)
    for _, part in ipairs(parts) do join(self, class, versions_of(self, part.schema.name)) end
  else
    class = class_of(self, mode, context)
    join(self, class, parts)
  end
  return class
end

local function words_of(schema, add)
  for _, word in ipairs(schema.enum or schema.known) do add(("%q"):format(word)) end
  if schema.known then add "string" end
end

local function string_types(schema, mode, add)
  if schema.enum or schema.known then
    words_of(schema, add)
  elseif schema.format == "date-time" or schema.format == "dotted" then
    add(mode == "answer" and "vbo.Timestamp" or "vbo.Date")
  elseif mode ~= "answer" and (schema.format == "password" or schema.write_only) then
    add "string"
    add "vbo.Secret"
  else
    add "string"
  end
end

-- A body may name a resource by its object where the API takes its record.
local function resource_like(schema)
  local properties = schema.properties
  return properties.id ~= nil or properties._links ~= nil
end

--- The type of one thing, as LuaCATS writes it.
---@param mode "body"|"answer"|"given"
---@param parts table[]  oldest first
---@param context string  names what has no name of its own
---@param top boolean?    it is the body itself
---@return string
function Union:type(mode, parts, context, top)
  local list, known = {}, {}
  local function add(text)
    if not known[text] then
      known[text] = true
      list[#list + 1] = text
    end
  end
  local objects, items, maps, nullable, like = {}, {}, {}, false, false
  for at = #parts, 1, -1 do
    local part = parts[at]
    local schema = part.schema
    nullable = nullable or schema.nullable
    if schema.type == "string" then
      string_types(schema, mode, add)
    elseif schema.type == "boolean" or schema.type == "integer" or schema.type == "number" then
      add(schema.type)
    elseif schema.type == "array" then
      table.insert(items, 1, { version = part.version, schema = schema.items or {} })
    elseif schema.type == "object" and schema.properties and next(schema.properties) then
      table.insert(objects, 1, part)
      like = like or resource_like(schema)
    elseif schema.type == "object" and schema.additional then
      table.insert(maps, 1, { version = part.version, schema = schema.additional })
    elseif schema.type == "object" then
      add "table"
    else
      return "any"
    end
  end
  if #objects > 0 then
    add(object(self, mode, objects, context).name)
    if like and mode ~= "answer" and not top then add "vbo.Resource" end
  end
  if #items > 0 then
    local inside = self:type(mode, items, context .. ".item")
    add(inside:find("|", 1, true) and "(" .. inside .. ")[]" or inside .. "[]")
  end
  if #maps > 0 then
    add("table<string, " .. self:type(mode, maps, context .. ".value") .. ">")
  end
  if known.string then
    -- A word out of a list is a string as well: completion keeps the words.
    for i, text in ipairs(list) do
      if text == "string" then
        table.remove(list, i)
        list[#list + 1] = text
        break
      end
    end
  end
  if nullable then add "vbo.Null" end
  return table.concat(list, "|")
end

local function ordered_properties(class)
  local names, known = {}, {}
  for at = #class.parts, 1, -1 do
    local schema = class.parts[at].schema
    for _, name in ipairs(schema.order) do
      local key = ascii.lower(name)
      if not known[key] then
        known[key] = name
        names[#names + 1] = name
      end
    end
  end
  return names
end

local function property_of(schema, name)
  local property = schema.properties[name]
  if property then return property, name end
  for other, found in pairs(schema.properties) do
    if ascii.lower(other) == ascii.lower(name) then return found, other end
  end
end

local function is_required(schema, name)
  for _, word in ipairs(schema.required or {}) do if word == name then return true end end
  return false
end

local function wanted(mode, property)
  if mode == "answer" then return not property.write_only end
  return not property.read_only
end

local function fields_of(self, class)
  table.sort(class.parts, function(a, b)
    if a.version ~= b.version then return a.version < b.version end
    return (a.schema.name or "") < (b.schema.name or "")
  end)
  class.versions = spans.of(class.parts)
  local fields = {}
  for _, name in ipairs(ordered_properties(class)) do
    local found, required = {}, true
    for _, part in ipairs(class.parts) do
      local property, spelling = property_of(part.schema, name)
      if property and wanted(class.mode, property) then
        found[#found + 1] = { version = part.version, schema = property }
        required = required and is_required(part.schema, spelling)
      else
        required = false
      end
    end
    if #found > 0 and (class.mode == "answer" or name:sub(1, 1) ~= "_") then
      local have = spans.of(found)
      local everywhere = spans.equal(have, class.versions)
      fields[#fields + 1] = {
        name = name, type = self:type(class.mode, found, class.context .. "." .. name),
        optional = class.mode ~= "answer" and not required or not everywhere,
        versions = have, everywhere = everywhere, schema = found[#found].schema,
      }
    end
  end
  class.fields = fields
end

--- Gives every class its fields, until no version adds a part to one.
function Union:finish()
  local at = 0
  while at < #self.queue do
    at = at + 1
    local class = self.queue[at]
    class.queued = false
    fields_of(self, class)
  end
  self.queue = {}
end

return M
