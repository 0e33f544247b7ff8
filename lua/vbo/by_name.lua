--- Resources that the API addresses by their names, inside a context of query parameters:
--- what a cloud account holds.
---
--- A name is used as it is, without looking it up in a list first.  Where a version cannot be
--- asked for one by name, it is found in the list.

local body = require "vbo.dialect.body"
local collection = require "vbo.collection"
local declare = require "vbo.declare"
local errors = require "vbo.error"
local json = require "vbo.json"
local pipeline = require "vbo.pipeline"
local resource = require "vbo.resource"

local M = {}

-- What of the context an operation of this version takes.
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
  intent.query = query
  return pipeline.call(self._client, intent)
end

--- Declares a class of a context: what `client:s3_resources{…}` gives.
---@param class table  kind=
---@return table class
function M.context(class)
  class.rooted, class.methods = true, {}
  resource.class(class)
  class.methods._call = call
  function class.methods:_context() return self._record end
  return class
end

--- Gives owners a collection and its elements by name.
---@param methods table  of the owner's class
---@param plural string
---@param singular string
---@param class table    as `M.class` made it
function M.children(methods, plural, singular, class)
  declare.note(methods, { name = plural, kind = "plural", operation = class.list, class = class })
  methods[plural] = function(self, given)
    return collection.of(class, self, given, { query = query_of(self, class.list) })
  end
  declare.note(methods, { name = singular, kind = "singular", operation = class.get,
    class = class })
  methods[singular] = function(self, name)
    if name == nil then return self[plural](self):one() end
    if type(name) == "string" and name ~= "" then
      return resource.from_name(class, self, name)
    end
    return resource.reference(class, self, name)
  end
end

-- The one that is meant, out of the list.
local function listed(self, text)
  local class = self._class
  local key = rawget(self, "_key") or text
  local among = collection.new(class, self._owner, { query = query_of(self._owner, class.list) })
  for item in among:each() do
    if item._key == key or class.names(item._record, text or key) then return item._record end
  end
  errors.raise {
    kind = "not_found", message = ("there is no %s %q"):format(class.kind, text or key),
  }
end

--- Declares a class of resources that are addressed by name.
---@param class table  as `resource.class`, and: field= (the one that names it, "name"),
---  parameter= (that name in the paths below it), own= (in its own path, when it is called
---  otherwise there), ids= (a pattern of ids, where people use those as well), below_id= (the
---  paths below it take its id)
---@return table class
function M.class(class)
  local field = class.field or "name"
  class.methods, class.bulk = {}, {}
  class.label, class.key, class.names = field, { "id", field }, declare.named(field, "id")
  resource.class(class)
  local methods = class.methods
  methods._call = call

  function methods:_context()
    local owner = self._owner
    return owner._context and owner:_context()
  end

  -- Its name; nil when its record has none.
  local function named(self)
    local record = rawget(self, "_record")
    if record then return resource.field(record, field) end
    return rawget(self, "_name") or rawget(self, "_key")
  end

  function methods:_id()
    local key = rawget(self, "_key")
    if key then return key end
    local name = rawget(self, "_name")
    if not class.ids then return name end
    if name:match(class.ids) then return name end
    self:refresh()
    return rawget(self, "_key")
  end

  function methods:_path()
    local path = self._owner:_path()
    path[class.parameter] = class.below_id and self:_id() or named(self)
    return path
  end

  function methods:refresh()
    local name = named(self)
    local record
    local direct = self._client._catalogue:operation(class.get) and name
      and not (class.ids and name:match(class.ids))
    if direct then
      local path = self._owner:_path()
      path[class.own or class.parameter] = name
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
    rawset(self, "_record", record)
    rawset(self, "_key", resource.field(record, "id") or resource.field(record, field) or name)
    return self
  end

  return class
end

return M
