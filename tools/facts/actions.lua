--- Reads a fact file of API v1–v5 (the action dialect) into the generator's model.
---
--- The model is that of `openapi.lua`; an `Action` resource becomes one operation a key.

local ascii = require "vbo.base.ascii"
local descriptors = require "tools.facts.descriptors"
local names_of = require "tools.facts.names"
local openapi = require "vbo.catalogue.openapi"
local json = require "vbo.base.json"

local M = {}

local link = { type = "object", properties = {}, order = {}, additional = { ref = "Link" } }

local function property(schema, name, value)
  if not schema.properties[name] then
    schema.order[#schema.order + 1] = name
    schema.properties[name] = value
  end
end

local function read_resources(document, model)
  for name, source in json.each(document.resources) do
    local schema = descriptors.object(source.properties, document)
    if schema.properties.id or source.links then
      -- The record of the server is sent back whole in bodies of these versions.
      property(schema, "_links", link)
      property(schema, "_actions", { type = "object" })
    end
    model.order[#model.order + 1] = name
    model.schemas[name] = schema
  end
end

local function item_of(word, document)
  word = word and word:gsub("%s*%b()$", "")
  if word and json.keys(document.resources[word]) then return { ref = word } end
  return {}
end

-- The envelope of a page: a schema of its own for each kind of row, as v6 and later have it.
local function page_of(item, document, model)
  local name = "PageOf" .. (item.ref or "Any")
  if not model.schemas[name] then
    local schema = descriptors.object(document.resources.Page.properties, document)
    schema.properties.results = { type = "array", items = item }
    schema.properties._links = link
    schema.page = true
    model.order[#model.order + 1] = name
    model.schemas[name] = schema
  end
  return { ref = name }
end

--- Reads an answer from the words of the fact file.
local function answer_of(word, document, model)
  if word == nil then return { kind = "empty" } end
  if json.keys(word) then
    return { kind = "json", schema = descriptors.object(word, document) }
  end
  if word:match "octet%-stream" then return { kind = "stream" } end
  if word == "empty" then return { kind = "empty" } end
  local either = word:match "^array in .* of (%a+)$" or word:match "^collection of (%a+)$"
    or word:match "^(%a+) collection$"
  if either or word == "collection" then
    return { kind = "json", page = "either",
      schema = page_of(item_of(either, document), document, model) }
  end
  local array = word:match "^array of (%a+)$"
  if array or word == "array" then
    return { kind = "json", array = true,
      schema = { type = "array", items = item_of(array, document) } }
  end
  if word:match "^page" then
    return { kind = "json", page = true,
      schema = page_of(item_of(word:match "^page of (%a+)", document), document, model) }
  end
  local counted = word:match "^json {(.-)}"
  if counted then
    local schema = { type = "object", properties = {}, order = {}, required = {} }
    for name in counted:gmatch "%w+" do
      property(schema, name, name:match "Count$" and { type = "integer" }
        or { type = "array", items = {} })
    end
    return { kind = "json", schema = schema }
  end
  return { kind = "json", schema = item_of(word, document) }
end

local function success(codes)
  for _, code in ipairs(codes or {}) do
    if code >= 200 and code < 300 then return code end
  end
  return 200
end

local function parameters_of(source, path, document, names)
  local result, known, count = {}, names_of.parameters(names, path), 0
  path = path:gsub("{([^}]*)}", function(placeholder)
    count = count + 1
    local later = known[count]
    local schema = later and later.schema
    if not schema or schema.ref then schema = { type = "string" } end
    result[count] = { name = later and later.name or placeholder, place = "path",
      required = true, schema = schema }
    return "{" .. result[count].name .. "}"
  end)
  for name, word in json.each(source.query) do
    result[#result + 1] = { name = name, place = "query", required = false,
      schema = descriptors.schema(word, document) }
  end
  return result, path
end

local function schema_of(reference, model)
  return reference.ref and model.schemas[reference.ref] or reference
end

local function is_object(schema, model)
  return schema_of(schema, model).properties ~= nil
end

-- Returns the body of an update: the properties of the resource and those that creating it takes.
local function update_of(envelope, document, model)
  local parts = { schema_of(item_of(envelope, document), model) }
  for _, source in ipairs(document.operations) do
    if source.method == "POST" and source.envelope == envelope and source.body ~= nil
      and not source.actions then
      local body = M.body(source, document, model)
      if is_object(body, model) then parts[#parts + 1] = schema_of(body, model) end
    end
  end
  return descriptors.merge(parts)
end

local function envelope_at(path, document)
  for _, source in ipairs(document.operations) do
    if source.method == "GET" and ascii.lower(source.path) == ascii.lower(path) then
      return source.envelope
    end
  end
end

--- The schema of a request's body.
---@return table
function M.body(source, document, model)
  local body = source.body
  if type(body) == "string" then
    local whole = body:match "^(%a+) %(partial%)$"
    if whole then return update_of(whole, document, model) end
    if body:match "^partial" then
      local schema = update_of(envelope_at(source.path, document) or "", document, model)
      -- The file does not say which properties it takes.
      schema.additional = {}
      return schema
    end
    return descriptors.schema(body, document)
  end
  if body.variants or body.oneOf then
    return descriptors.variants(body.variants or body.oneOf, document)
  end
  return descriptors.schema(body, document)
end

local function plain_operation(source, document, model, names)
  local path = (source.template or source.path):gsub("^/v%d+", "")
  local operation = { method = source.method, inferred = source.inferred == true or nil }
  operation.parameters, operation.path = parameters_of(source, path, document, names)
  operation.name = names:plain(source.method, path)
  if source.body ~= nil then
    operation.body = M.body(source, document, model)
    operation.body_required = true
    operation.content_type = source.body.contentType or "application/json"
  end
  local words = source.envelope
  if words == "object" then words = source.response or words end
  operation.answer = answer_of(words, document, model)
  if source.method == "GET" and not words then operation.answer = { kind = "json" } end
  operation.answer.status = success(source.codes)
  operation.anonymous = ascii.lower(path) == "/token" or nil
  openapi.classify(operation)
  return operation
end

local function action_operation(source, key, action, document, model, names)
  local path = (source.template or source.path):gsub("^/v%d+", "")
  local resource = path:gsub("/[Aa]ction$", "")
  local operation = { method = "POST", action = key,
    inferred = (source.inferred == true or action.inferred == true) or nil }
  local name, aliases = names_of.action(names, resource, key)
  operation.name, operation.aliases = name, aliases
  operation.parameters, operation.path = parameters_of(source, path, document, names)
  operation.content_type = "application/json"
  operation.body_required = false
  if json.keys(action.properties) then
    operation.body = descriptors.object(action.properties, document)
    operation.null_body = action.bodyMayBeNull == true or nil
  elseif action.properties ~= nil then
    -- Only said in prose: any object.
    operation.body = { type = "object", properties = {}, order = {}, required = {},
      additional = {} }
    operation.null_body = true
  end
  operation.answer = answer_of(action.response, document, model)
  operation.answer.status = action.code or success(source.codes)
  openapi.classify(operation)
  return operation
end

--- Reads a fact file of v1–v5.
---@param text string  JSON
---@param names table   the names of later versions, see `names.new`
---@return table model
function M.read(text, names)
  local document = assert(json.decode(text, { ordered = true }))
  local model = { version = document.version, number = tonumber(document.version:match "%d+"),
    dialect = "action", operations = {}, schemas = {}, order = {} }
  read_resources(document, model)
  local list = model.operations
  for _, source in ipairs(document.operations) do
    if source.actions then
      for key, action in json.each(source.actions) do
        list[#list + 1] = action_operation(source, key, action, document, model, names)
      end
    else
      list[#list + 1] = plain_operation(source, document, model, names)
    end
  end
  local present = {}
  for _, operation in ipairs(list) do present[operation.name] = true end
  for _, operation in ipairs(list) do
    local other = names_of.stands_for[operation.name]
    if other and not present[other] then operation.aliases = { other } end
  end
  return model
end

return M
