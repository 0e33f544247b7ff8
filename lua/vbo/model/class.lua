--- Declares classes of resources and makes resources of them.
---
--- A resource holds its client, its owner, and its record (if any).  It is known by id, by name
--- or by its record.  `resource.name` reads a field of the record; what is inside of a field is
--- read by the same words (`vbo.request.part`).

local alike = require "vbo.request.alike"
local errors = require "vbo.base.error"
local fields = require "vbo.model.fields"
local json = require "vbo.base.json"
local lazy = require "vbo.model.lazy"
local method_of = require "vbo.base.method"
local part = require "vbo.request.part"
local receiver = require "vbo.base.receiver"
local spelling = require "vbo.base.spelling"

local M = {}

--- Holds the methods of every resource (`vbo.model.resource` defines them).
M.methods = {}

--- Lists every class, in the order of declaration.
---@type table[]
M.all = {}

local by_name = "it is one thing, with fields and methods by name; pairs(…) gives its fields"

-- Iterates over the fields that the record has, as a runbook writes them, sorted.
local function fields_of(self)
  local class, names = self._class, {}
  for name, value in pairs(self:_loaded()) do
    local word = type(name) == "string" and value ~= json.null and spelling.spelled(name)
    if word and name:sub(1, 1) ~= "_" and class.methods[word] == nil then
      names[#names + 1] = word
    end
  end
  table.sort(names)
  local at = 0
  return function()
    at = at + 1
    local name = names[at]
    if name then return name, self[name] end
  end
end

-- Returns what may follow `.` or `:` after a resource, for the REPL.  Sends nothing.
local function members(resource)
  local class, client = resource._class, resource._client
  local found = { id = true }
  for _, word in pairs(fields.declared(client, class) or {}) do found[word] = true end
  for name, method in pairs(M.methods) do found[name] = method end
  for name, method in pairs(class.methods) do found[name] = method end
  for name in pairs(found) do
    if name:sub(1, 1) == "_" then found[name] = nil end
  end
  return found
end

local function described(self)
  local class, record, name = self._class, self._record, rawget(self, "_name")
  name = name or record and fields.read(record, class.label or "name")
  local id = rawget(self, "_key") or record and record.id
  if name == nil and id == nil then return class.kind end
  return ("%s %s"):format(class.kind, name and ("%q"):format(tostring(name)) or tostring(id))
end

-- Makes the function that reads methods and fields of a class's resources.
local function reader(class, meta)
  local guards, guarded = {}, method_of.guarded
  return lazy.index(class, function(self, key)
    local method = class.methods[key]
    if method ~= nil then return guarded(guards, key, method, meta) end
    if type(key) ~= "string" then
      if math.type(key) then receiver.no_list(self, by_name) end
      return nil
    end
    if key:sub(1, 1) == "_" then return nil end
    if key == "id" then return self:_id() end
    local record = self:_loaded()
    local value, name = fields.of_class(class, record, key)
    if value == nil then return fields.absent(class, self._client, record, key) end
    if type(value) == "table" then return part.of(value, class, self._client, name) end
    return alike.value(value, name, class, self._client)
  end)
end

--- Declares a class of resources.
---@param class table  kind= ("document"), parameter= (its name in paths; nil where there is
---  only one), get=, list= (operations), operations= (further ones that
---  answer its records), label= (the field that names it to people), names=
---  (function(record, name) returning whether a name matches), rooted= (its path does not
---  continue its owner's), key= (the field that is its id, or a list of which the first
---  that a record has counts), fields= (word → the fields that it means, in their order,
---  where versions name one differently), selection= (its word in bodies), load=
---  (function(self) that returns its record, where asking `get` with its path does not)
---@return table class
function M.declare(class)
  class.methods = class.methods or {}
  class.bulk = class.bulk or {}
  class.known = fields.common()
  M.all[#M.all + 1] = class
  setmetatable(class.methods, { __index = M.methods })
  local meta = { __name = "vbo." .. class.kind, _class = class }
  class.meta = meta
  meta.__index = reader(class, meta)
  function meta.__newindex(_, key)
    errors.usage(("%s: field '%s' cannot be assigned; change it through a method")
      :format(class.kind, tostring(key)))
  end
  function meta.__len(self) receiver.no_list(self, by_name) end
  meta.__tostring, meta.__close, meta.__complete = described, class.close, members
  meta.__pairs = fields_of
  return class
end

--- Returns whether a value is a resource of a class.
---@param value any
---@param class table?  default any
---@return boolean
function M.is(value, class)
  local meta = type(value) == "table" and getmetatable(value)
  local found = type(meta) == "table" and rawget(meta, "_class")
  return found ~= nil and found ~= false and (class == nil or found == class)
end

local function new(class, owner, private)
  private._class = class
  private._owner = owner
  private._client = owner._client
  return setmetatable(private, class.meta)
end

--- Makes a resource of a record of the server.
function M.from_record(class, owner, record)
  return new(class, owner, { _record = record, _key = fields.key(class, record) })
end

--- Makes a resource of a known id (nil where there is only one).  It loads its record when a
--- field is read.
---@param list string?  the operation that lists it; default the class's
function M.from_id(class, owner, id, list)
  return new(class, owner, { _key = id, _through = list })
end

--- Makes a resource of a name.  It looks itself up when it is first used, among what `query`
--- lists.
---@param list string?  the operation that lists it; default the class's
function M.from_name(class, owner, name, query, list)
  return new(class, owner, { _name = name, _among = query, _through = list })
end

return M
