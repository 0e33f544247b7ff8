--- Declares resources that the API addresses by name, inside a context of query parameters: what a
--- cloud account holds.
---
--- A name is used as it is, without looking it up in a list first.  Where a version cannot be
--- asked for one by name, it is found in the list.

local body = require "vbo.request.body"
local candidates = require "vbo.model.candidates"
local collection = require "vbo.model.collection"
local declare = require "vbo.model.declare"
local errors = require "vbo.base.error"
local fields = require "vbo.model.fields"
local json = require "vbo.base.json"
local pipeline = require "vbo.request.pipeline"
local subjects = require "vbo.model.subject"

local M = {}

-- Returns the part of the context that an operation of this version takes.
local function query_of(owner, name)
  local context = owner._context and owner:_context()
  local operation = owner._client._catalogue:operation(name)
  local query = {}
  for word, value in pairs(operation and context or {}) do
    if body.takes_query(operation, word) then query[word] = value end
  end
  return query
end

local function call(self, intent)
  intent.path = intent.path or self:_path()
  local query = query_of(self, intent.operation)
  for word, value in pairs(intent.query or {}) do query[word] = value end
  intent.query, intent.subject = query, intent.subject or subjects.of(self)
  return pipeline.call(self._client, intent)
end

--- Makes a class of resources a context: its record is what `client:s3_resources{…}` was
--- given, and goes into the queries of everything below it.
---@param class table  of `resource.class`
function M.context(class)
  class.methods._call = call
  function class.methods:_context() return self._record end
end

--- Returns what lists and lookups of a class take from the context of their owner; for
--- `declare.children`.
---@param class table
---@return fun(owner: table): table
function M.query(class)
  return function(owner) return query_of(owner, class.list) end
end

-- The one that is meant, out of the list.
local function listed(self, text)
  local class = self._class
  local key = self._key or text
  local among = collection.new(class, self._owner, { query = query_of(self._owner, class.list) })
  local add, near = candidates.names()
  for item in among:each() do
    add(item._record)
    if item._key == key or class.names(item._record, text or key) then return item._record end
  end
  local best = near(text or key)
  errors.raise {
    kind = "not_found", message = ("there is no %s %q"):format(class.kind, text or key),
    hint = best and ("did you mean %q?"):format(best),
  }
end

--- Has a class of resources addressed by name.
---@param class table  of `resource.class`, whose `parameter` is the name in the paths below it
---@param how table?   field= (the one that names it, "name"), own= (the parameter in its own
---  path, when it is called otherwise there), ids= (a pattern of ids, where records have those
---  beside names), below_id= (the paths below it take its id)
function M.address(class, how)
  how = how or {}
  local field, ids = how.field or "name", how.ids
  class.label, class.key, class.names = field, { "id", field }, declare.named(field, "id")
  local methods = class.methods
  methods._call = call

  function methods:_context()
    local owner = self._owner
    return owner._context and owner:_context()
  end

  -- Its name; nil when its record has none.
  local function named(self)
    local record = self._record
    if record then return fields.read(record, field) end
    return rawget(self, "_name") or self._key
  end

  function methods:_id()
    local record = self._record
    local text = record and self._key or rawget(self, "_name") or self._key
    -- Without a record the text is what the caller wrote: maybe a name that looks like an id.
    if record or not ids or text:match(ids) then return text end
    self:refresh()
    return self._key
  end

  function methods:_path()
    local path = self._owner:_path()
    path[class.parameter] = how.below_id and self:_id() or named(self)
    return path
  end

  function class.load(self)
    local name = named(self)
    local record
    if self._client._catalogue:operation(class.get) and name
        and not (ids and name:match(ids)) then
      local path = self._owner:_path()
      path[how.own or class.parameter] = name
      record = self:_call({ operation = class.get, path = path }).data
      -- Some operations answer the one as a list.
      if json.is_array(record) then record = record[1] end
    else
      record = listed(self, name)
    end
    if type(record) ~= "table" or json.is_array(record) then
      errors.raise {
        kind = "not_found", message = ("there is no %s %q"):format(class.kind, tostring(name)),
      }
    end
    rawset(self, "_key", fields.read(record, "id") or fields.read(record, field) or name)
    return record
  end
end

return M
