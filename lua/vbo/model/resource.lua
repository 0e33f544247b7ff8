--- Defines the methods of all resources, and gathers what makes resources.
---
--- A resource is thin: `resource.name` reads a field of its record without regard to case,
--- underscores and the renames between API versions, and loads the record when it was only named.
--- A field that is absent or null, or that this version lacks (`resource:why "size"`), is nil; one
--- that no version knows raises.

local classes = require "vbo.model.class"
local echo = require "vbo.request.echo"
local errors = require "vbo.base.error"
local fields = require "vbo.model.fields"
local given_ids = require "vbo.request.given_ids"
local lookup = require "vbo.model.lookup"
local pipeline = require "vbo.request.pipeline"
local subjects = require "vbo.model.subject"

local M = {
  class = classes.declare, classes = classes.all, is = classes.is,
  from_record = classes.from_record, from_id = classes.from_id, from_name = classes.from_name,
  reference = lookup.reference, look_up = lookup.look_up, distinct = lookup.distinct,
}

local Resource = classes.methods

--- Returns the id; looks the name up where the resource has only that.
function Resource:_id()
  local key = self._key
  if key then
    if self._record and not rawget(self, "_made") then
      given_ids.of_resource(self._client, self._class, key)
    end
    return key
  end
  -- Without both it came as a record without an id (there is one, or it is only listed).
  if rawget(self, "_name") == nil then return nil end
  return lookup.by_name(self)
end

--- Returns the path parameters that lead to this resource.
function Resource:_path()
  local class = self._class
  local path = class.rooted and {} or self._owner:_path()
  if class.parameter then path[class.parameter] = self:_id() end
  return path
end

--- Returns the record; asks for it where it was not loaded.
function Resource:_loaded()
  local record = self._record
  if not record then
    self:_id()
    record = self._record or self:refresh()._record
  end
  return record
end

--- Calls one operation on this resource.
---@param intent table  as `pipeline.call`; `path`: default this resource's
---@return vbo.Answer
function Resource:_call(intent)
  intent.path = intent.path or self:_path()
  intent.subject = intent.subject or subjects.of(self)
  return pipeline.call(self._client, intent)
end

-- Whether the client's version can only list a resource, not answer one.
local function only_listed(self)
  local class, catalogue = self._class, self._client._catalogue
  if class.get and catalogue:operation(class.get) then return false end
  local list = rawget(self, "_through") or class.list
  return list ~= nil and catalogue:operation(list) ~= nil
end

--- Loads the record again from the server.
---@param given table?  query parameters of the operation that answers it (`data_source`,
---  `extended_view`, …), where it has some
---@return table self
function Resource:refresh(given)
  local class = self._class
  if class.load or only_listed(self) then
    rawset(self, "_record", (class.load or lookup.listed)(self))
    rawset(self, "_made", nil)
    return self
  end
  local answer = self:_call { operation = class.get, query = given, call = class.kind }
  if type(answer.data) ~= "table" then
    errors.raise { kind = "protocol", message = ("the server answered no %s"):format(class.kind) }
  end
  rawset(self, "_record", answer.data)
  rawset(self, "_made", nil)
  return self
end

--- Returns the record as the server gave it (JSON null is `vbo.json.null`).
---@return table
function Resource:record() return self:_loaded() end

--- Returns the fields of the record as a runbook reads them: those that have a value, by their
--- names.
---@return table<string, any>
function Resource:fields()
  local list = {}
  for word, value in pairs(self) do list[word] = value end
  return list
end

--- Says why a field is nil: the server gave none, or this version lacks it (and which have it).
---@param name string
---@return string? reason  nil when the field has a value
function Resource:why(name)
  if self[name] ~= nil then return nil end
  return fields.why(self._class, self._client, name)
end

local only_id = { id = true }

--- This resource inside a body: what the schema has of its record, or just its id where the API
--- takes no more.
function Resource:as_body(schema)
  local properties = schema and schema.properties
  if properties then
    local just_id = true
    for name in pairs(properties) do if not only_id[name] then just_id = false end end
    if just_id then
      local id = self:_id()
      return { id = properties.id and properties.id.type == "string" and tostring(id) or id }
    end
  end
  local record, copy = self:_loaded(), {}
  for _, name in ipairs(schema and schema.required or {}) do
    -- Known by a record of the caller's own making: the server's has the rest.
    if not fields.has(record, name) then record = self:refresh()._record break end
  end
  if not rawget(self, "_made") then
    given_ids.of_record(self._client, record)
    return echo.of(schema, record)
  end
  -- One of the caller's own making is checked to the letter.
  for name, value in pairs(record) do copy[name] = value end
  return copy
end

return M
