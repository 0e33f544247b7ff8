-- The fact files of v1 to v5, read for specs: their words for types ("array of JobItem",
-- "Daily|Monthly", "integer (default 9193)") judged here again, without the catalogue's code.

local M = {}

local Reader = {}
Reader.__index = Reader

local null = require "cjson".null

-- Descriptors are {type=…} with what else is said of the value; any other table is an object.
local described = { type = true, enum = true, items = true, format = true, ["for"] = true,
  inferred = true }

local function is_descriptor(source)
  if type(source.type) ~= "string" then return false end
  for key in pairs(source) do if not described[key] then return false end end
  return true
end

-- A word without its remark: "OneDriveDocument (full object)".
local function bare(word) return (word:gsub("%s*%b()%s*$", "")) end

-- Returns the meaning of a word: a letter (s i b a o e *), and details.
local function meaning(self, word)
  local plain = bare(word)
  local item = plain:match "array of (.+)$"
  if item then
    local count, singular = item:match "^(%d+) (%l+)s$"
    return "a", singular or item, tonumber(count)
  end
  if self.document.resources[plain] then return "o", self.document.resources[plain].properties end
  if word == "{id}" then return "o", "{id}" end
  if plain == "array" then return "a" end
  local first = word:match "^%a+"
  if first == "integer" then return "i" elseif first == "boolean" then return "b" end
  if word:find "^[%w_.]+|[%w_.|]+$" then
    local set = {}
    for value in word:gmatch "[^|]+" do
      -- "Monday..Sunday" and "A|..." leave the rest open.
      if value:find("..", 1, true) then return "s" end
      set[value] = true
    end
    return "e", set
  end
  if word:find "^%u%a+$" and word ~= "UTC" and not word:find "^HH" then return "*" end
  if word == "UTC" or word:find "^date%-time" then return "d" end
  if plain:find "^base64$" then return "6" end
  return "s"
end

local problem

local function object_problem(self, properties, value, where)
  if type(value) ~= "table" or self.is_array(value) then return where, "is no object" end
  for name, item in pairs(value) do
    local source, inside = properties[name], where .. "." .. tostring(name)
    if source then
      local at, what = problem(self, source, item, inside)
      if at then return at, what end
    elseif name ~= "_links" and name ~= "_actions" then
      return inside, "is unknown"
    end
  end
end

local function array_problem(self, item, count, value, where)
  if type(value) ~= "table" or not self.is_array(value) then return where, "is no array" end
  if count and #value ~= count then return where, "has another count" end
  for i, element in ipairs(value) do
    if item then
      local at, what = problem(self, item, element, ("%s[%d]"):format(where, i))
      if at then return at, what end
    end
  end
end

local function is_date(text)
  return text:find "^%d%d%d%d[.-]%d%d[.-]%d%d[T ]%d%d:%d%d:%d%d" ~= nil
end

function problem(self, source, value, where)
  local letter, more, count
  if type(source) ~= "table" then
    letter, more, count = meaning(self, tostring(source))
  elseif not is_descriptor(source) then
    return object_problem(self, source, value, where)
  elseif source.enum then
    letter, more = "e", {}
    for _, word in ipairs(source.enum) do more[word] = true end
  elseif source.type == "array" then
    letter, more = "a", source.items
  else
    letter, more, count = meaning(self, source.type)
    local format = source.format
    if letter == "s" and format and format:find "yyyy" then letter = "d" end
    if letter == "s" and format and format:find "^base64" then letter = "6" end
  end
  if letter == "*" then return end
  if letter == "a" then return array_problem(self, more, count, value, where) end
  if letter == "o" then
    if more ~= "{id}" then return object_problem(self, more, value, where) end
    if type(value) ~= "table" or self.is_array(value) then return where, "is no object" end
    if type(value.id) ~= "string" then return where .. ".id", "is missing" end
    return
  end
  local fits
  if letter == "i" then fits = math.type(value) == "integer"
  elseif letter == "b" then fits = type(value) == "boolean"
  elseif letter == "e" then fits = more[value]
  elseif letter == "d" then fits = type(value) == "string" and is_date(value)
  elseif letter == "6" then
    fits = type(value) == "string" and #value % 4 == 0 and value:find "^[%w+/]*=?=?$"
  else fits = type(value) == "string" end
  if not fits then return where, "does not fit '" .. letter .. "'" end
end

-- The operations of a plain body that share its resource: what creates one, what updates it.
local function creations(self, envelope)
  local found = {}
  for _, operation in ipairs(self.document.operations) do
    if operation.method == "POST" and operation.envelope == envelope
      and type(operation.body) == "table" then
      local body = operation.body
      for _, part in ipairs(body.variants or body.oneOf or { body }) do found[#found + 1] = part end
    end
  end
  return found
end

-- A body said in variants: each property as one of them has it.
local function variants_problem(self, variants, value, where)
  if type(value) ~= "table" or self.is_array(value) then return where, "is no object" end
  for name, item in pairs(value) do
    local known, fits, what = false, false, nil
    local inside = where .. "." .. tostring(name)
    for _, variant in ipairs(variants) do
      local source = variant[name]
      if source ~= nil then
        known = true
        local at, why = problem(self, source, item, inside)
        -- `grant_type` and `type` are constants that tell the variants apart.
        local constant = name == "grant_type" or name == "type" and source ~= "string"
        if constant and item == source or not constant and not at then fits = true end
        what = why or "is another constant"
      end
    end
    if not known then return inside, "is unknown" end
    if not fits then return inside, what end
  end
end

--- Returns the problem of an operation's body: the path of the property and why.
function Reader:body_problem(operation, value)
  local body = operation.body
  if operation.action then
    if value == null then return end
    if body == null or body == nil then return "body", "is due to be null" end
    if type(body) == "string" then
      return (type(value) ~= "table" or self.is_array(value)) and "body" or nil, "is no object"
    end
    return object_problem(self, body, value, "body")
  end
  if type(body) == "string" then
    local whole = body:match "^(%a+) %(partial%)$"
    if whole then
      local parts = creations(self, whole)
      local resource = self.document.resources[whole]
      if resource then table.insert(parts, 1, resource.properties) end
      local allowed = {}
      for name, item in pairs(value) do
        if name ~= "_links" and name ~= "_actions" then allowed[name] = item end
      end
      return variants_problem(self, parts, allowed, "body")
    end
    if body:find "^partial" then
      return (type(value) ~= "table" or self.is_array(value)) and "body" or nil, "is no object"
    end
    return problem(self, body, value, "body")
  end
  local variants = body.variants or body.oneOf
  if variants then
    if body.variants and value.grant_type == nil then return "body.grant_type", "is missing" end
    return variants_problem(self, variants, value, "body")
  end
  return object_problem(self, body, value, "body")
end

--- Returns the problem of a path or query parameter's text.
function Reader.text_problem(_, source, text)
  if source == "integer" and not math.tointeger(tonumber(text)) then return "is no integer" end
  if source == "UTC" and not is_date(text) then return "is no date" end
end

local function letter_of(self, source)
  if type(source) ~= "table" then
    local letter = meaning(self, tostring(source))
    return ({ e = "s", d = "s", ["6"] = "s" })[letter] or letter
  end
  if not is_descriptor(source) then return "o" end
  return source.type == "array" and "a" or letter_of(self, source.type)
end

--- One letter of a type word (see `facts_openapi`).
function Reader:letter(source)
  if source == nil then return "s" end
  return letter_of(self, source)
end

--- The top of a body (see `facts_openapi`).
function Reader:top(operation)
  local body = operation.body
  local parts
  if operation.action then
    if type(body) ~= "table" then return "*" end
    parts = { body }
  elseif type(body) == "string" then
    if body:find "partial" then return "o" end
    local letter, more = meaning(self, body)
    if letter ~= "o" then return letter end
    parts = { more, { _links = {}, _actions = {} } }
  else
    parts = body.variants or body.oneOf or { body }
  end
  local properties = {}
  for _, part in ipairs(parts) do
    for name, source in pairs(part) do
      local letter = letter_of(self, source)
      if properties[name] and properties[name] ~= letter then letter = "*" end
      properties[name] = letter
    end
  end
  local required = type(body) == "table" and body.variants and { grant_type = true } or {}
  return "o" .. (operation.action and "?" or ""), properties, required
end

local function operation_of(source, action)
  local path = source.template or source.path
  local operation = { method = source.method, path = path, action = action, places = {},
    query = {}, types = {}, anonymous = path:lower():find "/token$" ~= nil }
  for name in path:gmatch "{([^}]+)}" do
    operation.places[#operation.places + 1] = { name = name, required = true }
  end
  for name, word in pairs(source.query or {}) do
    operation.query[#operation.query + 1] = { name = name, required = false, source = word }
  end
  return operation
end

--- Reads a decoded fact file.
---@param document table
---@param is_array fun(value: table): boolean  of values to judge
function M.read(document, is_array)
  local self = setmetatable({ document = document, is_array = is_array, operations = {} }, Reader)
  for _, source in ipairs(document.operations) do
    for key, action in pairs(source.actions or { [false] = {} }) do
      local operation = operation_of(source, key or nil)
      if key then
        operation.body = action.properties
        operation.types["application/json"] = true
      elseif source.body ~= nil then
        operation.body, operation.body_required = source.body, true
        local kind = type(source.body) == "table" and source.body.contentType
        operation.types[kind or "application/json"] = true
      end
      self.operations[#self.operations + 1] = operation
    end
  end
  return self
end

return M
