--- Remembers ids of a server that are not UUIDs where the facts say they would be: they go back as
--- they came.  An id of the runbook's own that is not one is a mistake, raised before it is sent.

local ascii = require "vbo.base.ascii"
local formats = require "vbo.catalogue.formats"

local M = {}

--- Remembers an id of the server that does not have the form of a UUID.
---@param client vbo.Client
---@param value any
---@return boolean noted
function M.note(client, value)
  if type(value) ~= "string" or formats.uuid(value) then return false end
  local given = rawget(client, "_given_ids")
  if not given then
    given = {}
    rawset(client, "_given_ids", given)
  end
  given[value] = true
  return true
end

-- Whether ids of a class are UUIDs in the client's version, as its paths or its records say.
local function has_uuids(client, class)
  local known = client._catalogue
  local operation = class.get and known:operation(class.get)
  for _, parameter in ipairs(operation and operation.parameters or {}) do
    if parameter.name == class.parameter then return parameter.schema.format == "uuid" end
  end
  operation = operation or class.list and known:operation(class.list)
  local answer = operation and operation.answer or {}
  local schema = answer.item or answer.schema
  local id = schema and schema.properties and schema.properties.id
  return id ~= nil and id.format == "uuid"
end

--- Remembers the id of a resource that a server's record gave.
---@param client vbo.Client
---@param class table
---@param key any
---@return boolean noted
function M.of_resource(client, class, key)
  local cache = rawget(client, "_uuid_classes")
  if not cache then
    cache = setmetatable({}, { __mode = "k" })
    rawset(client, "_uuid_classes", cache)
  end
  if cache[class] == nil then cache[class] = has_uuids(client, class) end
  return cache[class] and M.note(client, key)
end

--- Remembers every id in a server's record: what ends in "id" or "ids".
---@param client vbo.Client
---@param value any
---@param depth integer?
function M.of_record(client, value, depth)
  depth = depth or 0
  if type(value) ~= "table" or depth > 8 then return end
  for name, part in pairs(value) do
    if type(part) == "table" then
      M.of_record(client, part, depth + 1)
    elseif type(name) == "string" and ascii.lower(name):find "ids?$" then
      M.note(client, part)
    end
  end
end

--- Remembers the ids of an answer that a runbook gets undecorated.
---@param client vbo.Client
---@param value any
---@param schema vbo.Schema?
---@param depth integer?
function M.of_answer(client, value, schema, depth)
  depth = depth or 0
  if not schema or depth > 8 then return end
  if type(value) == "string" then
    if schema.format == "uuid" then M.note(client, value) end
  elseif type(value) == "table" then
    for name, part in pairs(value) do
      local inside = type(name) == "number" and schema.items
        or schema.properties and schema.properties[name]
      if inside then M.of_answer(client, part, inside, depth + 1) end
    end
  end
end

return M
