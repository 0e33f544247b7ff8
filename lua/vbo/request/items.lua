--- Items: the users, groups, sites and teams that a job, a role or an audit list names.
---
--- A body writes one as `{ type = "User", user = {…} }`; a runbook may name the resource
--- alone, or leave the type to the resource.  What a schema of items is stands here; every body
--- that has one takes them alike (`vbo.dialect.body`).

local errors = require "vbo.base.error"
local json = require "vbo.base.json"
local values = require "vbo.catalogue.values"

local M = {}

local types = { user = "User", group = "Group", site = "Site", team = "Team" }
local order = { "user", "group", "site", "team" }

local function class_of(value)
  local meta = type(value) == "table" and getmetatable(value)
  return type(meta) == "table" and rawget(meta, "_class") or nil
end

local function takes(schema, word)
  local property = schema.properties[word]
  return property ~= nil and (property.type == "object" or property.properties ~= nil)
end

--- Returns whether a schema is that of an item: a type, and an object for each kind of thing.
---@param schema table?
---@return boolean
function M.is_schema(schema)
  local kind = schema and schema.properties and schema.properties.type
  if not kind or not (kind.enum or kind.known) then return false end
  for _, word in ipairs(order) do
    if takes(schema, word) then return true end
  end
  return false
end

-- The words of a list, for messages: "users, groups and teams".
local function listed(schema)
  local words = {}
  for _, word in ipairs(order) do
    if takes(schema, word) then words[#words + 1] = word .. "s" end
  end
  local last = table.remove(words)
  return words[1] and table.concat(words, ", ") .. " and " .. last or last
end

local function named(class)
  return (class.kind:match "^[aeio]" and "an " or "a ") .. class.kind
end

local function of_resource(value, class, schema)
  local word = class.item
  if word == true then return value end
  if word == nil or not takes(schema, word) then
    local hint = "items are " .. listed(schema)
    if class.kind == "organization" then
      hint = "write { type = \"PartialOrganization\", mailbox = true, … } for parts of it"
    end
    errors.usage(named(class) .. " cannot be an item here", hint)
  end
  return { type = types[word], [word] = value }
end

-- The word among `order` that a table of the caller's names a thing by.
local function word_of(value, schema)
  for _, word in ipairs(order) do
    if takes(schema, word) and rawget(value, word) ~= nil then
      local class = class_of(rawget(value, word))
      if class and class.item ~= word then
        errors.usage(("%s cannot be the %s of an item"):format(named(class), word),
          types[class.item] and ("write { %s = … }"):format(class.item) or nil)
      end
      return word
    end
  end
end

--- Returns the item that a value means.
---
--- A class of resources says its word with `item = "user"`; one whose records are items
--- themselves with `item = true`.
---@param value any  a resource (user, group, site, team or another item), or the item's table
---@param schema table  for which `is_schema` holds
---@param exact boolean?  leaves tables of the caller's as they are
---@return any item  for a body
function M.of(value, schema, exact)
  local class = class_of(value)
  if class then return of_resource(value, class, schema) end
  -- The check says what is wrong with it, and where.
  if exact or type(value) ~= "table" or json.is_array(value) or values.is_array(value) then
    return value
  end
  local word = word_of(value, schema)
  if rawget(value, "type") ~= nil then
    -- The record of a user has a type, too, and it is "User".
    if not word and type(rawget(value, "_links")) == "table" and (rawget(value, "display_name")
        or rawget(value, "displayName") or rawget(value, "title")) ~= nil then
      errors.usage("a record cannot be an item by itself",
        "give the resource, or write { user = … }")
    end
    return value
  end
  if not word then
    if next(value) == nil then return value end
    errors.usage("an item needs a 'type', or a thing to name",
      "write { user = … }, or { type = \"PartialOrganization\", … } for parts of an organization")
  end
  local item = { type = types[word] }
  for name, part in pairs(value) do item[name] = part end
  return item
end

return M
