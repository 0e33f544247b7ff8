--- Declares methods that many resources have alike.
---
--- A class says which operation a method is; what it takes and answers is the catalogue's.
--- Every declaration leaves a line in `class.declared` (or `owner_methods`' own list), from
--- which the types of the editor are generated.

local body = require "vbo.request.body"
local collection = require "vbo.model.collection"
local core = require "vbo.core"
local echo = require "vbo.request.echo"
local fields = require "vbo.model.fields"
local json = require "vbo.base.json"
local options_of = require "vbo.base.options"
local objects = require "vbo.model.objects"
local pipeline = require "vbo.request.pipeline"
local resource = require "vbo.model.resource"
local subjects = require "vbo.model.subject"

local M = {}

---@class vbo.Declaration
---@field name string        of the method
---@field kind "plural"|"singular"|"single"|"action"|"edit"|"remove"|"create"|"listed"
---@field operation string?  catalogue name
---@field operations string[]?  when versions name it differently: the newest name first
---@field class table?       what it gives; loads the module of a class that was named
---@field returns string?     its type, where that is not a class
---@field accepts table<string, string>?  options of a listing beside its operation's: name → types
---@field doc string?

-- methods table → declarations
M.registry = setmetatable({}, { __mode = "k" })

-- A declaration whose class is named: reads class and operation when they are asked for.
local named_meta = {
  __index = function(self, key)
    if key == "class" then return objects.named(self.named) end
    if key ~= "operation" then return nil end
    return objects.named(self.named)[self.kind == "plural" and "list" or "get"]
  end,
}

--- Puts a declaration into the registry.
---@param methods table
---@param declaration vbo.Declaration
function M.note(methods, declaration)
  if type(declaration.operation) == "table" then
    declaration.operations = declaration.operation
    declaration.operation = declaration.operations[1]
  end
  local class = declaration.class
  if type(class) == "string" then
    declaration.named, declaration.class = class, nil
    setmetatable(declaration, named_meta)
  elseif class and declaration.operation then
    -- Its answers are records of the class, and tell what those can hold.
    class.operations = class.operations or {}
    for _, name in ipairs(declaration.operations or { declaration.operation }) do
      table.insert(class.operations, name)
    end
  end
  local list = M.registry[methods]
  if not list then
    list = {}
    M.registry[methods] = list
  end
  list[#list + 1] = declaration
end

local note = M.note

--- Gives owners a collection and its single elements: `owner:PLURAL(given)` (a list is a
--- selection, a table of options becomes query parameters of the listing) and
--- `owner:SINGULAR(name)`, by id, name or record (without an argument the only one).
---@param methods table   of the owner's class
---@param plural string
---@param singular string?
---@param class table
---@param how table?      list= (the operation, unless the class's), query= (a table, or a
---  function of the owner that gives one), rooted= (listed
---  from the client, with the owner's id as the query parameter that this names), below= (the
---  operation that lists them below the owner, in the versions that have it; the others list
---  as `rooted` says), doc=
function M.children(methods, plural, singular, class, how)
  how = how or {}
  local own = type(class) == "table" and class or {}
  note(methods, { name = plural, kind = "plural", operation = how.list or own.list,
    class = class, doc = how.doc })
  local function below(self)
    return how.below and self._client._catalogue:operation(how.below) ~= nil
  end
  local function settings(self)
    local query = {}
    local given = how.query
    if type(given) == "function" then given = given(self) end
    for name, value in pairs(given or {}) do query[name] = value end
    if below(self) then return { list = how.below, query = query } end
    if how.rooted then query[how.rooted] = self.id end
    return { list = how.list, query = query }
  end
  local function owner_of(self)
    return how.rooted and not below(self) and self._client or self
  end
  methods[plural] = function(self, given)
    local asked = settings(self)
    asked.one = singular and function(value) return self[singular](self, value) end
    return collection.of(objects.named(class), owner_of(self), given, asked)
  end
  if not singular then return end
  note(methods, { name = singular, kind = "singular", operation = own.get, class = class })
  methods[singular] = function(self, name)
    if name == nil then return self[plural](self):one() end
    local among = settings(self)
    return resource.reference(objects.named(class), owner_of(self), name, among.query, among.list)
  end
end

--- Gives owners a resource of which there is one: `client:license()`.
---@param methods table
---@param name string
---@param class table|string  without `parameter`, or its name
---@param doc string?
function M.single(methods, name, class, doc)
  local own = type(class) == "table" and class or {}
  note(methods, { name = name, kind = "single", operation = own.get, class = class, doc = doc })
  methods[name] = function(self) return resource.from_id(objects.named(class), self, nil) end
end

-- Takes the runbook's key of the step out of its options.
local function own_key(operation, given)
  if type(given) ~= "table" or resource.is(given) or rawget(given, "key") == nil
      or body.property(operation.body, "key") then
    return given
  end
  local own, rest = options_of.split(given, { key = "string" }, operation.name)
  return rest, own.key
end

--- Calls one operation as a method does: options go where the operation has them, and a
--- body that is a list takes one item or a list of them.
---@param self table  a resource or the client
---@param name string  the method's, for messages
---@param operation string|string[]  catalogue name; several: the first that the version has
---@param given table?
---@return vbo.Answer
function M.call(self, name, operation, given)
  local found = pipeline.operation(self._client, operation, name)
  local intent = { call = name, operation = found.name }
  given, intent.key = own_key(found, given)
  local is_list = found.body and found.body.type == "array"
  if not (is_list and resource.is(given)) then options_of.table(given, name) end
  if is_list and given then
    local one = resource.is(given) or #given == 0 and next(given) ~= nil
    intent.body = one and { given } or given
  else
    intent.options = given or {}
  end
  return self:_call(intent)
end

local call = M.call

-- Converts an answer: into a resource where the declaration names its class.
local function answer_of(self, data, class)
  if not class or type(data) ~= "table" then return data end
  -- Some servers answer `{}` where there is nothing to say.
  if next(data) == nil then return nil end
  class = objects.named(class)
  return resource.from_record(class, class.rooted and self._client or self, data)
end

--- Declares a method that is one operation; a selection does it to each of its resources.
---@param class table
---@param name string
---@param operation string|string[]  several: the first that the version has
---@param how table?  class= (of the answer, or its name), alone= (not for selections), doc=
function M.action(class, name, operation, how)
  how = how or {}
  note(class.methods, { name = name, kind = "action", operation = operation,
    class = how.class, doc = how.doc })
  class.methods[name] = function(self, given)
    return answer_of(self, call(self, name, operation, given).data, how.class)
  end
  if how.alone or not class.list then return end
  class.bulk = class.bulk or {}
  class.bulk[name] = function(self, given)
    local answers, list = {}, self:_all()
    options_of.one_key(given, name, #list)
    for i, item in ipairs(list) do answers[i] = item[name](item, given) end
    return answers
  end
end

-- Adds the required properties that the caller did not give, from the record: the server keeps
-- the others.  `keep`: these would not; `whole`: nothing in the body would.
local function completed(self, operation, given, how)
  local schema = operation.body
  local options = {}
  for name, value in pairs(options_of.given(given, how and how.name or "edit")) do
    options[name] = value
  end
  local properties = schema and schema.properties or {}
  local needed = { table.unpack(schema and schema.required or {}) }
  for _, name in ipairs(how and how.keep or {}) do
    if properties[name] then needed[#needed + 1] = name end
  end
  if how and how.whole then
    needed = {}
    for name, property in pairs(properties) do
      if not property.read_only and name:sub(1, 1) ~= "_" then needed[#needed + 1] = name end
    end
  end
  local said = {}
  for name in pairs(options) do
    local property = body.property(schema, name)
    if property then said[property] = true end
  end
  for _, property in ipairs(needed) do
    if not said[property] then
      options[property] = echo.of(properties[property],
        fields.read(self:_loaded(), property))
    end
  end
  return options
end

--- Declares `edit{…}`: changes what is given, keeps the rest, and loads the record again.
---@param class table
---@param operation string
---@param how table?  name= ("edit"), whole= (the server takes the body for all there is: what
---  the caller does not say comes from the record), keep= (a list of properties that the server
---  would reset if they were left out: an enum that cannot be null)
function M.edit(class, operation, how)
  local name = how and how.name or "edit"
  note(class.methods, { name = name, kind = "edit", operation = operation, class = class })
  class.methods[name] = function(self, given)
    local found = pipeline.operation(self._client, operation, name)
    call(self, name, operation, completed(self, found, given, how))
    return self:refresh()
  end
end

--- Declares `remove()`, also for each of a selection.
---@param class table
---@param operation string|string[]
---@param how table?  name= ("remove")
function M.remove(class, operation, how)
  M.action(class, how and how.name or "remove", operation)
end

--- Declares `collection:create{…}`, which gives the new resource.
---@param class table
---@param operation string
---@param how table?  name= ("create")
function M.create(class, operation, how)
  local name = how and how.name or "create"
  class.bulk = class.bulk or {}
  note(class.bulk, { name = name, kind = "create", operation = operation, class = class })
  class.bulk[name] = function(self, given)
    return answer_of(self._owner, call(self._owner, name, operation, given).data, class)
  end
end

--- Declares `collection:NAME(items)`, whose body is a bare list: one item or several, and
--- options in a second table, which are query parameters.  Gives the collection.
---@param class table
---@param name string
---@param operation string
---@param how table?  doc=
function M.listed(class, name, operation, how)
  how = how or {}
  class.bulk = class.bulk or {}
  note(class.bulk, {
    name = name, kind = "listed", operation = operation, class = class, doc = how.doc,
  })
  class.bulk[name] = function(self, items, given)
    if type(items) ~= "table" or resource.is(items) or #items == 0 and next(items) ~= nil then
      items = { items }
    end
    local list = table.move(items, 1, #items, 1, {})
    local query, key = own_key(pipeline.operation(self._client, operation, name), given)
    pipeline.call(self._client, {
      call = name, operation = operation, path = self._owner:_path(), query = query,
      body = json.array(list), subject = subjects.of(self), key = key,
    })
    return self
  end
end

--- Compares a name with fields of a record, without regard to case and composition of letters.
---@param ... string  fields
---@return fun(record: table, name: string): boolean
function M.named(...)
  local names = { ... }
  return function(record, name)
    local wanted = core.fold(name)
    for _, field in ipairs(names) do
      local value = fields.read(record, field)
      if type(value) == "string" and core.fold(value) == wanted then return true end
    end
    return false
  end
end

return M
