--- Reads fields of records by the words of a runbook.
---
--- A word matches a property without regard to case, underscores and the renames between API
--- versions: `size` reads `size` in v2 and `sizeBytes` later.

local alike = require "vbo.request.alike"
local ascii = require "vbo.base.ascii"
local errors = require "vbo.base.error"
local json = require "vbo.base.json"
local nearest = require "vbo.base.nearest"
local shapes = require "vbo.request.shape"
local spelling = require "vbo.base.spelling"

local M = {}

-- Maps a runbook's word to the properties that it reads, newest first.
local renamed = {
  size = { "sizebytes", "size" },
  modified = { "modificationtime", "modified", "lastmodifiedtime" },
  created = { "creationtime", "created", "createdtime" },
  -- Teams, channels and tabs have only a display name; list items up to v5 have a title.
  name = { "name", "displayname", "title" },
  -- The method `version(id)` hides the property.
  version_number = { "version" },
  capacity = { "capacitybytes", "capacity" },
  free_space = { "freespacebytes", "freespace" },
}

local squash = spelling.squash

--- Returns the squashed names of the properties that a word reads, in their order.
---@param word string
---@return string[]
function M.names(word) return renamed[word] or { squash(word) } end

--- Returns the words that most classes have: a class that lacks one answers nil, so that a loop
--- over several classes may read it.
---@return table<string, true>
function M.common()
  local words = { id = true }
  for word in pairs(renamed) do words[word] = true end
  return words
end

--- Finds a field in a record.
---@param record table
---@param word string
---@return any value     nil when it is absent or null
---@return string? name  the record's own name of it
function M.find(record, word)
  local value, found = record[word], word
  if value == nil then
    for _, name in ipairs(renamed[word] or { squash(word) }) do
      for key, item in pairs(record) do
        if type(key) == "string" and squash(key) == name then value, found = item, key break end
      end
      if value ~= nil then break end
    end
  end
  if value == json.null then return nil end
  return value, found
end

--- Reads a field of a record as the server wrote it.
---@param record table
---@param word string
---@return any  nil when it is absent or null
function M.read(record, word) return (M.find(record, word)) end

--- Returns whether a record has a value under exactly this name, in any case.
---@param record table
---@param name string
---@return boolean
function M.has(record, name)
  if record[name] ~= nil then return record[name] ~= json.null end
  for key, value in pairs(record) do
    if type(key) == "string" and ascii.lower(key) == ascii.lower(name) then
      return value ~= json.null
    end
  end
  return false
end

--- Returns the key of a record: the field that its class names as the id.
---@param class table
---@param record table
---@return any
function M.key(class, record)
  if type(class.key) ~= "table" then return M.read(record, class.key or "id") end
  for _, name in ipairs(class.key) do
    local key = M.read(record, name)
    if key ~= nil then return key end
  end
end

--- Reads a field of a resource's record, by the class's own renames first.
---@param class table
---@param record table
---@param word string
---@return any value
---@return string? name  the record's own name of it
function M.of_class(class, record, word)
  for _, name in ipairs(class.fields and class.fields[word] or {}) do
    local value, found = M.find(record, name)
    if value ~= nil then return value, found end
  end
  return M.find(record, word)
end

-- -------------------------------------------------------------- what versions declare

--- Returns the schema of a class's records in the client's API version; nil when it has none.
---@param client vbo.Client
---@param class table
---@return vbo.Schema?
function M.of_records(client, class)
  local catalogue = client._catalogue
  local operation = class.get and catalogue:operation(class.get)
    or class.list and catalogue:operation(class.list)
  return operation and (operation.answer.item or operation.answer.schema)
end

--- Returns the fields of a class that the client's API version declares, as a runbook writes
--- them.
---@param client vbo.Client
---@param class table
---@return table<string, string>? words  squashed name → spelling; nil when the version does not
---  declare any
function M.declared(client, class)
  local schema = M.of_records(client, class)
  if not (schema and schema.properties) then return nil end
  local words = {}
  for name in pairs(schema.properties) do
    words[squash(name)] = spelling.spelled(name)
  end
  for word, names in pairs(renamed) do
    for _, name in ipairs(names) do
      if words[name] then words[word] = word end
    end
  end
  for word, names in pairs(class.fields or {}) do
    for _, name in ipairs(names) do
      if words[squash(name)] then words[squash(word)] = word end
    end
  end
  -- A method hides the field of its name.
  for name, word in pairs(words) do
    if rawget(class.methods, word) then words[name] = nil end
  end
  return words
end

--- Returns whether `M.declared` has a field of this spelling.
---@param words table<string, string>
---@param name string
---@return boolean
function M.knows(words, name)
  return words[squash(name)] ~= nil or words[name] ~= nil
end

--- Returns the schema of a class's field in the client's API version.
---@param client vbo.Client
---@param class table
---@param word string  as a runbook spells the field
---@return vbo.Schema? schema  nil when the version does not declare it
---@return string? name        the property's
function M.schema(client, class, word)
  for _, list in ipairs { class.fields and class.fields[word] or {}, M.names(word) } do
    for _, name in ipairs(list) do
      local schema = alike.schema(name, class, client)
      if schema then return schema, name end
    end
  end
end

--- Returns the squashed names that a word means for a class.
---@param class table
---@param word string
---@return table<string, true>
function M.meant(class, word)
  local words = { [squash(word)] = true }
  for _, name in ipairs(renamed[word] or {}) do words[name] = true end
  for _, name in ipairs(class.fields and class.fields[word] or {}) do words[squash(name)] = true end
  return words
end

-- ---------------------------------------------------------------- fields that are absent

--- Returns whether some API version has a field of a class.
---@param class table
---@param client vbo.Client
---@param word string
---@return boolean
function M.is_known(class, client, word)
  if class.known[word] then return true end
  local shape = shapes.of(class)
  local known = shape.open or not alike.described(class, client)
  for name in pairs(M.meant(class, word)) do known = known or shape:word(name) ~= nil end
  if known then class.known[word] = true end
  return known
end

--- Raises `usage` for a field that no API version has, naming the nearest one.
---@param class table
---@param word string
function M.unknown(class, word)
  local shape = shapes.of(class)
  local valid = shape:words()
  for other in pairs(renamed) do
    for name in pairs(M.meant(class, other)) do
      if shape:word(name) then valid[#valid + 1] = other break end
    end
  end
  for other in pairs(class.methods) do
    if other:sub(1, 1) ~= "_" then valid[#valid + 1] = other end
  end
  local best = nearest(word, valid)
  errors.usage(("a %s has no field '%s'"):format(class.kind, word),
    best and (rawget(class.methods, best) and ("did you mean the method '%s'?")
      or "did you mean '%s'?"):format(best)
      or "it has: " .. table.concat(shape:words(), ", "))
end

-- Returns the id in a link: up to v7 a record may name its organization only by a link.
local function linked(record, word)
  local base = squash(word):match "^(%a+)id$"
  local links = base and record._links
  if type(links) ~= "table" then return nil end
  for name, link in pairs(links) do
    local other = type(name) == "string" and squash(name)
    if (other == base or other == "backup" .. base) and type(link) == "table" then
      local list, id = tostring(link.href):match "/(%a+)/([%x%-]+)/?$"
      if list and #id == 36 then return id end
    end
  end
end

--- Returns the value of a field that a record lacks: the id in a link, else nil.  Raises `usage`
--- when no API version has the field.
---@param class table
---@param client vbo.Client
---@param record table
---@param word string
---@return string?
function M.absent(class, client, record, word)
  if not M.is_known(class, client, word) then
    local name = squash(word)
    for key in pairs(record) do
      if type(key) == "string" and squash(key) == name then return nil end
    end
    M.unknown(class, word)
  end
  return linked(record, word)
end

--- Explains why a field is nil.
---@param class table
---@param client vbo.Client
---@param word string
---@return string reason
function M.why(class, client, word)
  local versions = shapes.versions(class, M.meant(class, word))
  for _, version in ipairs(versions) do
    if version == client.version then
      return ("the server gives no '%s' for this %s"):format(word, class.kind)
    end
  end
  if not versions[1] then return ("no version says what '%s' is"):format(word) end
  return ("%s does not tell '%s' of a %s; it is in %s"):format(client.version, word, class.kind,
    table.concat(versions, ", "))
end

return M
