--- What all resources share: one object of the API, known by id, by name or by its record.
---
--- A resource is thin.  It holds its client, its owner, and the record a server gave (if
--- any); `resource.name` reads a field of the record without regard to case, underscores
--- and the renames between API versions (`doc.size` is `size` in v2 and `sizeBytes` later),
--- loading the record when it was only named.  A field that is absent or null, or that this
--- version lacks (`resource:why "size"`), is nil; one that no version knows raises.  What is inside
--- of a field has the same names (`vbo.part`).

local alike = require "vbo.request.alike"
local ascii = require "vbo.base.ascii"
local core = require "vbo.core"
local echo = require "vbo.request.echo"
local errors = require "vbo.base.error"
local given_ids = require "vbo.request.given_ids"
local json = require "vbo.base.json"
local method_of = require "vbo.base.method"
local nearest = require "vbo.base.nearest"
local part = require "vbo.request.part"
local pipeline = require "vbo.request.pipeline"
local receiver = require "vbo.base.receiver"
local shapes = require "vbo.request.shape"
local slim = require "vbo.model.slim"
local spelling = require "vbo.base.spelling"

local M = {}

--- Methods of every resource.
local Resource = {}

-- A runbook's word → the fields of the API it stands for, newest first.
local fields = {
  size = { "sizebytes", "size" },
  modified = { "modificationtime", "modified", "lastmodifiedtime" },
  created = { "creationtime", "created", "createdtime" },
  -- Teams, channels and tabs have a display name only, list items up to v5 a title.
  name = { "name", "displayname", "title" },
  -- `version(id)` gives a version of a document.
  version_number = { "version" },
  capacity = { "capacitybytes", "capacity" },
  free_space = { "freespacebytes", "freespace" },
}

local squash = spelling.squash

-- The value of a field, and the name that the record has for it.
local function find(record, name)
  local value, found = record[name], name
  if value == nil then
    for _, word in ipairs(fields[name] or { squash(name) }) do
      for key, item in pairs(record) do
        if type(key) == "string" and squash(key) == word then value, found = item, key break end
      end
      if value ~= nil then break end
    end
  end
  if value == json.null then return nil end
  return value, found
end

-- Whether a record has a field of just this name, in any case.
local function has(record, name)
  if record[name] ~= nil then return record[name] ~= json.null end
  for key, value in pairs(record) do
    if type(key) == "string" and ascii.lower(key) == ascii.lower(name) then
      return value ~= json.null
    end
  end
  return false
end

--- Reads one field of a record by a runbook's word, as the server wrote it.
---@param record table
---@param name string
---@return any  nil when it is absent or null
function M.field(record, name) return (find(record, name)) end

--- The schema of a class's records in the client's API version; nil where it has none.
---@param client vbo.Client
---@param class table
---@return table? schema
function M.schema(client, class)
  local catalogue = client._catalogue
  local operation = class.get and catalogue:operation(class.get)
    or class.list and catalogue:operation(class.list)
  return operation and (operation.answer.item or operation.answer.schema)
end

--- What may follow `.` or `:` after a resource, for the REPL: its methods and declared fields.
--- Nothing is sent.
---@param resource table
---@return table<string, any>
function M.members(resource)
  local class, client = resource._class, resource._client
  local found = { id = true }
  for _, word in pairs(M.declared(client, class) or {}) do found[word] = true end
  for name, method in pairs(Resource) do found[name] = method end
  for name, method in pairs(class.methods) do found[name] = method end
  for name in pairs(found) do
    if name:sub(1, 1) == "_" then found[name] = nil end
  end
  return found
end

--- The fields of a class that the client's API version declares, as a runbook writes them;
--- nil where the version does not say.
---@param client vbo.Client
---@param class table
---@return table<string, string>? words  squashed name → spelling
function M.declared(client, class)
  local schema = M.schema(client, class)
  if not (schema and schema.properties) then return nil end
  local words = {}
  for name in pairs(schema.properties) do
    words[squash(name)] = spelling.spelled(name)
  end
  for word, names in pairs(fields) do
    for _, name in ipairs(names) do
      if words[name] then words[word] = word end
    end
  end
  for word, names in pairs(class.fields or {}) do
    for _, name in ipairs(names) do
      if words[squash(name)] then words[squash(word)] = word end
    end
  end
  -- What a method hides cannot be read by that name.
  for name, word in pairs(words) do
    if rawget(class.methods, word) then words[name] = nil end
  end
  return words
end

--- The schema of a class's field in the client's API version.
---@param client vbo.Client
---@param class table
---@param word string  as a runbook spells the field
---@return vbo.Schema? schema  nil where the version does not say
---@return string? name        the field's in records
function M.field_schema(client, class, word)
  for _, list in ipairs { class.fields and class.fields[word] or {},
    fields[word] or { squash(word) } } do
    for _, name in ipairs(list) do
      local schema = alike.schema(name, class, client)
      if schema then return schema, name end
    end
  end
end

--- Whether `M.declared` knows a field by this spelling.
---@param words table<string, string>
---@param name string
function M.knows(words, name)
  return words[squash(name)] ~= nil or words[name] ~= nil
end

-- The squashed names that a runbook's word means for a class.
local function meant(class, key)
  local words = { [squash(key)] = true }
  for _, name in ipairs(fields[key] or {}) do words[name] = true end
  for _, name in ipairs(class.fields and class.fields[key] or {}) do words[squash(name)] = true end
  return words
end

-- Whether some version knows a field of a class.  What is known stays so.
local function is_known(class, client, key)
  if class.known[key] then return true end
  local shape = shapes.of(class)
  local known = shape.open or not alike.described(class, client)
  for word in pairs(meant(class, key)) do known = known or shape:word(word) ~= nil end
  if known then class.known[key] = true end
  return known
end

local function unknown(class, key)
  local shape = shapes.of(class)
  local valid = shape:words()
  for word in pairs(fields) do
    for name in pairs(meant(class, word)) do
      if shape:word(name) then valid[#valid + 1] = word break end
    end
  end
  for word in pairs(class.methods) do
    if word:sub(1, 1) ~= "_" then valid[#valid + 1] = word end
  end
  local best = nearest(key, valid)
  errors.usage(("a %s has no field '%s'"):format(class.kind, key),
    best and (rawget(class.methods, best) and ("did you mean the method '%s'?")
      or "did you mean '%s'?"):format(best)
      or "it has: " .. table.concat(shape:words(), ", "))
end

-- "organization_id" of a record that has a link to its organization alone: up to v7 records say
-- that way what they belong to.
local function linked(record, key)
  local base = squash(key):match "^(%a+)id$"
  local links = base and record._links
  if type(links) ~= "table" then return nil end
  for name, link in pairs(links) do
    local word = type(name) == "string" and squash(name)
    if (word == base or word == "backup" .. base) and type(link) == "table" then
      local list, id = tostring(link.href):match "/(%a+)/([%x%-]+)/?$"
      if list and #id == 36 then return id end
    end
  end
end

-- What a field is that a record does not have.
local function absent(class, client, record, key)
  if not is_known(class, client, key) then
    local word = squash(key)
    for name in pairs(record) do
      if type(name) == "string" and squash(name) == word then return nil end
    end
    unknown(class, key)
  end
  return linked(record, key)
end

--- Every class that was declared, for the generator of types.
---@type table[]
M.classes = {}

-- What a resource out of a page gets when it is more than looked at.
local borrowed = { _record = true, _key = true, _class = true, _owner = true, _client = true }

local key_of

-- Makes a resource out of a page one of its own.
local function settle(class, self)
  local page, at = rawget(self, "_page"), rawget(self, "_at")
  local plain = page:bound()
  local record = slim.record(page, at)
  rawset(self, "_page", nil)
  rawset(self, "_at", nil)
  rawset(self, "_record", record)
  rawset(self, "_key", key_of(class, record))
  rawset(self, "_class", class)
  rawset(self, "_owner", plain[1])
  rawset(self, "_client", plain[1]._client)
end

-- `find` in a record of a page; nil first when the record has to be decoded for that.
local function find_lent(page, at, name)
  local known, value = page:find(at, name)
  if known == false then
    for _, word in ipairs(fields[name] or { squash(name) }) do
      known, value = page:squashed(at, word)
      if known ~= false then name = word break end
    end
    if known == false then return true, nil end
  end
  if value == json.null then value = nil end
  return known, value, name
end

-- A field of a resource out of a page; nil first when the record has to be decoded for that.
local function lent(class, self, key)
  local page, at = rawget(self, "_page"), rawget(self, "_at")
  local plain = page:bound()
  if key == "id" then
    if rawget(class.methods, "_id") or type(class.key) == "table" then return nil end
    local known, value, name = find_lent(page, at, class.key or "id")
    if known and name == "id" and not given_ids.of_resource(plain[1]._client, class, value) then
      plain.id = true
    end
    return known, value
  end
  local client, words = plain[1]._client, class.fields and class.fields[key]
  local known, value, name
  for _, word in ipairs(words or {}) do
    known, value, name = find_lent(page, at, word)
    if not known then return nil end
    if value ~= nil then break end
  end
  if value == nil then
    known, value, name = find_lent(page, at, key)
    if not known then return nil end
    if value == nil then
      if name == nil and not is_known(class, client, key) then unknown(class, key) end
      -- A null, or what this version lacks; a link may tell an identifier.
      return name ~= nil or not key:find "[iI]d$" or nil, nil
    end
    -- From now on the core reads it.
    if not words and name == key and alike.plain(key, class, client) then plain[key] = true end
  end
  if type(value) == "table" then return true, part.of(value, class, client, name) end
  return true, alike.value(value, name, class, client)
end

local by_name = "it is one thing, with fields and methods by name; pairs(…) gives its fields"

-- The fields that its record has, as a runbook writes them, for `pairs`.
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

--- Declares a class of resources.
---@param class table  kind= ("document"), parameter= (its name in paths; nil where there is
---  only one), get=, list= (operations), label= (the field that names it to people), names=
---  (function(record, name) telling whether a name is meant), rooted= (its path does not
---  continue its owner's), key= (the field that is its id, or a list of which the first
---  that a record has counts), fields= (word → the fields that it means, in their order,
---  where versions name one differently), selection= (its word in bodies), load=
---  (function(self) that gives its record, where asking `get` with its path does not)
---@return table class
function M.class(class)
  class.methods = class.methods or {}
  class.bulk = class.bulk or {}
  -- The words for what most things have are nil where one has it not: a loop over several kinds.
  class.known = { id = true }
  for word in pairs(fields) do class.known[word] = true end
  M.classes[#M.classes + 1] = class
  setmetatable(class.methods, { __index = Resource })
  local guards, guarded, meta = {}, method_of.guarded, {}
  class.meta = meta
  for name, value in pairs {
    __name = "vbo." .. class.kind,
    _class = class,
    __index = core.json.reader(function(self, key)
      local method = class.methods[key]
      if method ~= nil then return guarded(guards, key, method, meta) end
      if type(key) ~= "string" then
        if math.type(key) then receiver.no_list(self, by_name) end
        return nil
      end
      local page = rawget(self, "_page")
      if key:sub(1, 1) == "_" then
        if not page or not borrowed[key] then return nil end
        settle(class, self)
        return rawget(self, key)
      end
      if page then
        local known, value = lent(class, self, key)
        if known then return value end
      end
      if key == "id" then return self:_id() end
      local record = self:_loaded()
      local value, name
      for _, word in ipairs(class.fields and class.fields[key] or {}) do
        value, name = find(record, word)
        if value ~= nil then break end
      end
      if value == nil then value, name = find(record, key) end
      if value == nil then return absent(class, self._client, record, key) end
      if type(value) == "table" then return part.of(value, class, self._client, name) end
      return alike.value(value, name, class, self._client)
    end),
    __newindex = function(_, key)
      errors.usage(("%s: field '%s' cannot be assigned; change it through a method")
        :format(class.kind, tostring(key)))
    end,
    __tostring = function(self)
      local record, name = self._record, rawget(self, "_name")
      name = name or record and M.field(record, class.label or "name")
      local id = rawget(self, "_key") or record and record.id
      if name == nil and id == nil then return class.kind end
      return ("%s %s"):format(class.kind, name and ("%q"):format(tostring(name)) or tostring(id))
    end,
    __close = class.close,
    __complete = M.members,
    __pairs = fields_of,
    __len = function(self) receiver.no_list(self, by_name) end,
  } do meta[name] = value end
  return class
end

local function new(class, owner, private)
  private._class = class
  private._owner = owner
  private._client = owner._client
  return setmetatable(private, class.meta)
end

function key_of(class, record)
  if type(class.key) ~= "table" then return M.field(record, class.key or "id") end
  for _, name in ipairs(class.key) do
    local key = M.field(record, name)
    if key ~= nil then return key end
  end
end

--- A resource from a record of the server.
function M.from_record(class, owner, record)
  return new(class, owner, { _record = record, _key = key_of(class, record) })
end

--- Has a page of records (`csrc/lua/lpage.c`) give resources: `page:lend(i)`.
function M.bind(class, owner, page) page:bind(class.meta, { owner }) end

--- A resource of a known id (nil where there is only one); its record is loaded when a field
--- is read.
---@param list string?  the operation that lists it, unless the class's
function M.from_id(class, owner, id, list)
  return new(class, owner, { _key = id, _through = list })
end

--- A resource by its name; looked up when it is first used, among those `query` lists.
---@param list string?  the operation that lists it, unless the class's
function M.from_name(class, owner, name, query, list)
  return new(class, owner, { _name = name, _among = query, _through = list })
end

-- Ids of this API: GUIDs, several GUIDs in a row with or without a tail, and the long
-- base64 ids of mail.
local function looks_like_id(text)
  return text:match "^%x%x%x%x%x%x%x%x%-%x%x%x%x%-%x%x%x%x%-%x%x%x%x%-%x%x%x%x%x%x" ~= nil
    or (#text >= 40 and text:match "^[%w%-_=+/]+$" ~= nil)
end

--- Turns what a runbook names a resource by into the resource.
---@param class table
---@param owner table
---@param value any  a resource, a record, an id, a name, or `{ id = … }` / `{ name = … }`
---@param query table?  where a name is looked up (a folder's documents)
---@param list string?  the operation that lists it, unless the class's
---@return table resource
function M.reference(class, owner, value, query, list)
  if type(value) == "table" then
    if M.is(value, class) then return value end
    if value.id ~= nil and next(value, next(value)) == nil then
      return M.from_id(class, owner, tostring(value.id), list)
    end
    if value.id ~= nil then
      local made = M.from_record(class, owner, value)
      -- With links it is one that the server gave.
      if type(rawget(value, "_links")) ~= "table" then rawset(made, "_made", true) end
      return made
    end
    if value.name ~= nil then return M.from_name(class, owner, value.name, query, list) end
  elseif type(value) == "string" and value ~= "" then
    if not class.names or looks_like_id(value) then
      return M.from_id(class, owner, value, list)
    end
    return M.from_name(class, owner, value, query, list)
  elseif math.type(value) == "integer" then
    return M.from_id(class, owner, tostring(value), list)
  end
  local article = class.kind:find "^[aeiouAEIOU]" and "an" or "a"
  errors.usage(("%s %s is named by its id, its name or its record, not by %s"):format(article,
    class.kind, value == "" and "an empty text" or "a " .. type(value)))
end

--- Whether a value is a resource of this class (any class when nil).
function M.is(value, class)
  local meta = type(value) == "table" and getmetatable(value)
  local found = type(meta) == "table" and rawget(meta, "_class")
  return found ~= nil and found ~= false and (class == nil or found == class)
end

-- Whether a record is of a later version than another of the same thing.
local function is_later(record, other)
  local function numbers(each)
    local list = {}
    for number in tostring(M.field(each, "version") or ""):gmatch "%d+" do
      list[#list + 1] = tonumber(number)
    end
    return list
  end
  local a, b = numbers(record), numbers(other)
  for i = 1, math.max(#a, #b) do
    local x, y = a[i] or 0, b[i] or 0
    if x ~= y then return x > y end
  end
  return false
end

--- One resource for each id, in their order: v3 to v5 list every version of an item under the
--- item's own id where a session shows all versions.  Each has the record of its last version.
---@param list table[]  resources of one class and owner
---@return table[]
function M.distinct(list)
  local distinct, at = {}, {}
  for _, each in ipairs(list) do
    local key = each._key
    local known = key ~= nil and at[each._owner] and at[each._owner][key]
    if not known then
      distinct[#distinct + 1] = each
      if key ~= nil then
        at[each._owner] = at[each._owner] or {}
        at[each._owner][key] = #distinct
      end
    elseif is_later(each._record or {}, distinct[known]._record or {}) then
      distinct[known] = each
    end
  end
  return distinct
end

-- Which of the resources that a listing gives are called by the names of some.
local function candidates(list)
  local first = list[1]
  local class = first._class
  local collection = require("vbo.model.collection").new(class, first._owner, {
    query = rawget(first, "_among"), list = rawget(first, "_through"),
  })
  local found = {}
  local add, near = require("vbo.model.candidates").names()
  for i = 1, #list do found[i] = { near = near } end
  for candidate in collection:each() do
    local record = candidate._record
    add(record)
    for i, each in ipairs(list) do
      local name = rawget(each, "_name")
      if candidate._key == name or class.names(record, name) then
        table.insert(found[i], candidate)
      end
    end
  end
  return found
end

-- Narrows candidates to exactly one; raises otherwise.
local function settle_name(self, matching)
  local class, name = self._class, rawget(self, "_name")
  local found = M.distinct(matching)
  if #found == 0 then
    local near = matching.near(name)
    errors.raise {
      kind = "not_found", message = ("no %s is called %q"):format(class.kind, name),
      hint = near and ("did you mean %q?"):format(near)
        or ("list them with :%s()"):format(class.plural or class.kind .. "s"),
    }
  elseif #found > 1 then
    errors.raise {
      kind = "conflict", message = ("%d %ss are called %q"):format(#found, class.kind, name),
      hint = "they are " .. require("vbo.model.candidates").described(
        table.move(found, 1, math.min(#found, 5), 1, {})),
    }
  end
  rawset(self, "_key", found[1]._key)
  rawset(self, "_record", found[1]._record)
  given_ids.of_resource(self._client, class, found[1]._key)
  return found[1]._key
end

--- The candidates whose name is meant, narrowed to exactly one; raises otherwise.
function Resource:_id()
  local key = self._key
  if key then
    if self._record and not rawget(self, "_made") then
      given_ids.of_resource(self._client, self._class, key)
    end
    return key
  end
  -- What has neither came as a record without an id (there is one, or it is only listed).
  if rawget(self, "_name") == nil then return nil end
  return settle_name(self, candidates({ self })[1])
end

-- What tells where a name is looked up.
local function among_of(item)
  local words = {}
  for name, value in pairs(rawget(item, "_among") or {}) do
    words[#words + 1] = ("%s=%s"):format(name, tostring(value))
  end
  table.sort(words)
  return table.concat(words, "&") .. " " .. tostring(rawget(item, "_through"))
end

--- Looks up resources that are known by their names, in one listing where that has them all.
--- Raises for the first that is missing, or whose name is that of several.
---@param list table[]
function M.look_up(list)
  local groups = {}
  for _, item in ipairs(list) do
    if rawget(item, "_name") ~= nil and rawget(item, "_key") == nil then
      -- A class may find its things in a way of its own.
      if rawget(item._class.methods, "_id") or not item._class.names then
        item:_id()
      else
        groups[item._owner] = groups[item._owner] or {}
        local where, among = groups[item._owner], among_of(item)
        where[among] = where[among] or {}
        table.insert(where[among], item)
      end
    end
  end
  for _, where in pairs(groups) do
    for _, some in pairs(where) do
      local found = candidates(some)
      for i, item in ipairs(some) do settle_name(item, found[i]) end
    end
  end
end

--- The path parameters that lead to this resource.
function Resource:_path()
  local class = self._class
  local path = class.rooted and {} or self._owner:_path()
  if class.parameter then path[class.parameter] = self:_id() end
  return path
end

--- The record, asked for when it is not here yet.
function Resource:_loaded()
  local record = self._record
  if not record then
    self:_id()
    record = self._record or self:refresh()._record
  end
  return record
end

--- Calls one operation on this resource.
---@param intent table  as `pipeline.call`; `path` is this resource's unless given
---@return vbo.Answer
function Resource:_call(intent)
  intent.path = intent.path or self:_path()
  return pipeline.call(self._client, intent)
end

-- Whether the client's version can only list a resource, not answer one.
local function only_listed(self)
  local class, catalogue = self._class, self._client._catalogue
  if class.get and catalogue:operation(class.get) then return false end
  local list = rawget(self, "_through") or class.list
  return list ~= nil and catalogue:operation(list) ~= nil
end

local function listed(self)
  local class, key = self._class, self:_id()
  local among = require("vbo.model.collection").new(class, self._owner, {
    query = rawget(self, "_among"), list = rawget(self, "_through"),
  })
  for candidate in among:each() do
    if candidate._key == key then return candidate._record end
  end
  errors.raise {
    kind = "not_found", message = ("there is no %s %s"):format(class.kind, tostring(key)),
  }
end

--- Loads the record again from the server.
---@param given table?  query parameters of the operation that answers it (`data_source`,
---  `extended_view`, …), where it has some
---@return table self
function Resource:refresh(given)
  local class = self._class
  if class.load or only_listed(self) then
    rawset(self, "_record", (class.load or listed)(self))
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

--- The record as the server gave it (JSON null is `vbo.json.null`).
---@return table
function Resource:record() return self:_loaded() end

--- The fields of the record as a runbook reads them: those that have a value, by their names.
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
  local class = self._class
  local versions = shapes.versions(class, meant(class, name))
  local own = self._client.version
  for _, version in ipairs(versions) do
    if version == own then
      return ("the server gives no '%s' for this %s"):format(name, class.kind)
    end
  end
  if not versions[1] then return ("no version says what '%s' is"):format(name) end
  return ("%s does not tell '%s' of a %s; it is in %s"):format(own, name, class.kind,
    table.concat(versions, ", "))
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
    if not has(record, name) then record = self:refresh()._record break end
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
