--- Reads what is inside a field of a resource: objects and lists of them, at any depth, with the
--- names that a runbook writes.
---
--- A part is a table of its own: its keys are spelled as options are, so that
--- `schedule_policy.daily_type`, `pairs`, `next` and `vbo.json.encode` show one spelling, and it is
--- given back to a method as it is.  Any other spelling reads and writes the same fields
--- (`dailyType`).  A null is nil; a field that no version knows raises.  `resource:record()` has
--- the server's own.

local alike = require "vbo.request.alike"
local errors = require "vbo.base.error"
local json = require "vbo.base.json"
local nearest = require "vbo.base.nearest"
local shapes = require "vbo.request.shape"
local spelling = require "vbo.base.spelling"

local M = {}

local squash = spelling.squash

-- Part → { shape, where, nulls }; what the server wrote → its part.
local infos = setmetatable({}, { __mode = "k" })
local made = setmetatable({}, { __mode = "k" })

-- The key of a part that a spelling means.
local function key_of(part, word)
  for key in next, part do
    if type(key) == "string" and squash(key) == word then return key end
  end
end

local meta = { __name = "vbo.part" }

function meta.__index(part, name)
  if type(name) ~= "string" or name:sub(1, 1) == "_" then return nil end
  local word = squash(name)
  local key = key_of(part, word)
  if key ~= nil then return rawget(part, key) end
  local info = infos[part]
  if not info or info.shape.open or info.shape:word(word) or info.nulls[word] then return nil end
  local valid = info.shape:words()
  local best = nearest(name, valid)
  errors.usage(("%s has no field '%s'"):format(info.where, name),
    best and ("did you mean '%s'?"):format(best) or "it has: " .. table.concat(valid, ", "))
end

function meta.__newindex(part, name, value)
  local info = infos[part]
  if type(name) == "string" and name:sub(1, 1) ~= "_" then
    local word = squash(name)
    name = key_of(part, word) or info and info.shape:word(word) or name
  end
  rawset(part, name, value)
end

function meta.__tostring(part) return (json.encode(part)) end

--- Returns whether a value is a part.
---@param value any
---@return boolean
function M.is(value) return getmetatable(value) == meta end

local copy

-- The properties of a schema by their squashed names.
local properties_of = setmetatable({}, { __mode = "k" })
local function property(schema, word)
  local properties = schema and schema.properties
  if not properties then return nil end
  local known = properties_of[schema]
  if not known then
    known = {}
    for name, inner in pairs(properties) do known[squash(name)] = inner end
    properties_of[schema] = known
  end
  return known[word]
end

local function list_of(raw, how)
  local list, changed = json.array {}, false
  for i, item in ipairs(raw) do
    list[i] = copy(item, how)
    changed = changed or list[i] ~= item
  end
  return changed and list or raw
end

-- A key of an object that maps names to things stays as it is.
local function spelled(key, word, how)
  local known = how.shape:word(word)
  if known then return known end
  if how.schema and how.schema.additional or not key:find "^%a[%w]*$" then return key end
  return spelling.spelled(key)
end

local function object_of(raw, how)
  local part, nulls = {}, {}
  for key, item in pairs(raw) do
    if type(key) ~= "string" or key:sub(1, 1) == "_" then
      part[key] = item
    elseif item == json.null then
      nulls[squash(key)] = true
    else
      local word = squash(key)
      local name = spelled(key, word, how)
      part[name] = copy(item, {
        client = how.client, schema = property(how.schema, word), shape = how.shape:inside(word),
        where = how.where .. "." .. name, word = word,
      })
    end
  end
  infos[part] = { shape = how.shape, where = how.where, nulls = nulls }
  return setmetatable(part, meta)
end

function copy(raw, how)
  if type(raw) == "string" then
    return alike.text(raw, how.schema, how.word, how.client)
  elseif type(raw) ~= "table" or M.is(raw) then
    return raw
  end
  local found = made[raw]
  if found then return found end
  local schema = how.schema
  if schema and schema.type == "array" then schema = schema.items end
  local inner = { client = how.client, schema = schema, shape = how.shape, where = how.where,
    word = how.word }
  local listed = json.is_array(raw) or raw[1] ~= nil
  found = listed and list_of(raw, inner) or object_of(raw, inner)
  if found ~= raw then made[raw] = found end
  return found
end

--- Makes a part of a field's value; returns a value other than a table as it is.
---@param raw any      as the server wrote it
---@param class table  of the resource
---@param client vbo.Client
---@param name string  of the field in the record
---@return any
function M.of(raw, class, client, name)
  if type(raw) ~= "table" then return raw end
  local schema = alike.schema(name, class, client)
  local word = squash(name)
  local shape = shapes.of(class)
  return copy(raw, {
    client = client, schema = schema, shape = shape:inside(word), word = word,
    where = ("%s of a %s"):format(shape:word(word) or spelling.spelled(name), class.kind),
  })
end

--- Makes a part of an answer that is not a resource.
---@param raw any
---@param client vbo.Client
---@param schema vbo.Schema?  of the answer in the client's version
---@param where string  what it is, for messages
---@return any
function M.answer(raw, client, schema, where)
  if type(raw) ~= "table" then return raw end
  return copy(raw,
    { client = client, schema = schema, shape = shapes.any, where = where, word = "" })
end

return M
