--- Values that API versions write differently, read alike.
---
--- Dates come as UTC ("2026-11-20T22:00:00Z"), whatever zone and however many digits a version
--- writes; up to v5 documents carry the server's own time without a zone, which
--- `vbo.connect { zone = … }` tells (default UTC).  Words of a fixed list come in the
--- spelling of v6 and later ("libraryFolder" of v2 is "LibraryFolder"), and numbers and
--- booleans written as text as what they are.  `resource:record()` has the record as it came.

local ascii = require "vbo.base.ascii"
local given_ids = require "vbo.request.given_ids"
local spelling = require "vbo.base.spelling"
local time = require "vbo.base.time"

local M = {}

local squash = spelling.squash

-- Words that were renamed with v6, by field.
local renamed = {
  region = { usgovcommunity = "USGovernment", usgovdefence = "USDefence" },
}
renamed.officeregion = renamed.region

-- Squashed name → schema of the fields that a class has in the client's version.
local function schemas_of(client, class)
  local cache = rawget(client, "_field_schemas")
  if not cache then
    cache = setmetatable({}, { __mode = "k" })
    rawset(client, "_field_schemas", cache)
  end
  local found = cache[class]
  if found then return found end
  found = {}
  local operation = class.get and client._catalogue:operation(class.get)
    or class.list and client._catalogue:operation(class.list)
  local answer = operation and operation.answer or {}
  local schema = answer.item or answer.schema
  for name, property in pairs(schema and schema.properties or {}) do
    found[squash(name)] = property
  end
  cache[class] = found
  return found
end

-- The word in the spelling of v6 and later; a word that is not of the list stays as it is.
local function word(value, name)
  local renames = renamed[name]
  return renames and renames[ascii.lower(value)] or value
end

local function text(value, schema, name, client)
  if schema.format == "date-time" then
    return time.utc(value, client._dialect and client._dialect.zone) or value
  elseif schema.format == "uuid" then
    given_ids.note(client, value)
    return value
  elseif schema.enum or schema.known then
    return word(value:gsub("^%l", ascii.upper), name)
  elseif schema.type == "boolean" then
    local lower = ascii.lower(value)
    if lower == "true" then return true elseif lower == "false" then return false end
  elseif schema.type == "integer" or schema.type == "number" then
    return value:find "^%-?%d+%.?%d*$" and tonumber(value) or value
  end
  return word(value, name)
end

local other_types = { boolean = true, integer = true, number = true }

--- Returns the schema of a field in the client's API version; nil where that does not say.
---@param name string  the field's name in the record
---@param class table
---@param client vbo.Client
---@return vbo.Schema?
function M.schema(name, class, client) return schemas_of(client, class)[squash(name)] end

--- Returns whether `value` leaves every text of a field as it is.
---@param name string  the field's name in the record
---@param class table
---@param client vbo.Client
---@return boolean
function M.plain(name, class, client)
  local key = squash(name)
  local schema = schemas_of(client, class)[key]
  return not renamed[key] and not (schema and (schema.format == "date-time"
    or schema.format == "uuid" or schema.enum
    or schema.known or other_types[schema.type]))
end

--- Returns the schema of a field in the client's version.
---@param name string  the field's name in the record
---@param class table
---@param client vbo.Client
---@return vbo.Schema?  nil where the version says nothing of it
function M.schema(name, class, client) return schemas_of(client, class)[squash(name)] end

--- Returns whether the client's version says what the records of a class hold.
---@param class table
---@param client vbo.Client
---@return boolean
function M.described(class, client) return next(schemas_of(client, class)) ~= nil end

--- Returns a text inside a field as every version would give it.
---@param value string
---@param schema vbo.Schema?
---@param name string  squashed
---@param client vbo.Client
---@return any
function M.text(value, schema, name, client)
  if not schema then return word(value, name) end
  return text(value, schema, name, client)
end

--- Returns a value of a record as every version would give it.
---@param value any
---@param name string?  the field's name in the record
---@param class table
---@param client vbo.Client
---@return any
function M.value(value, name, class, client)
  if type(value) ~= "string" or name == nil then return value end
  local key = squash(name)
  local schema = schemas_of(client, class)[key]
  if not schema then return word(value, key) end
  return text(value, schema, key, client)
end

return M
