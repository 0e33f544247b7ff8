--- Reads an OpenAPI 3 document (API v6 and later) into the generator's model.
---
--- The model: { version, number, dialect = "verb", operations = { … in the document's order },
--- schemas = { name → schema }, order = { names of the schemas } }.  Only facts are taken:
--- descriptions, summaries and tags stay behind.

local ascii = require "vbo.base.ascii"
local json = require "vbo.base.json"

local M = {}

local methods = { get = true, put = true, post = true, delete = true, patch = true, head = true }

local function list(value)
  local result = {}
  for i, item in ipairs(value or {}) do result[i] = item end
  return result
end

local function plain(value)
  if value == json.null or type(value) == "table" then return nil end
  return value
end

local schema_of

local function object_of(source, schema)
  schema.properties, schema.order = {}, {}
  schema.required = list(source.required)
  for name, property in json.each(source.properties) do
    schema.order[#schema.order + 1] = name
    schema.properties[name] = schema_of(property)
  end
  if not source.allOf then
    -- v6 requires some properties that it does not declare; servers do send them.
    for _, name in ipairs(schema.required) do
      if not schema.properties[name] then
        schema.order[#schema.order + 1] = name
        schema.properties[name] = {}
      end
    end
  end
  local more = source.additionalProperties
  if json.keys(more) then
    schema.additional = schema_of(more)
  elseif more == true or #schema.order == 0 and more == nil then
    schema.additional = {}
  end
  return schema
end

-- A composition is one object with the properties of all parts; a single part is that part.
local function composed(source, parts)
  if #parts == 1 and not source.properties then return schema_of(parts[1]) end
  local schema = object_of(source, { type = "object" })
  schema.parts = {}
  for i, part in ipairs(parts) do schema.parts[i] = schema_of(part) end
  schema.all = source.allOf ~= nil
  return schema
end

-- OpenAPI 3.1 lists types, null among them; 3.0 has one, and `nullable`.
local function type_of(source)
  local kinds, nullable = source.type, source.nullable == true
  if type(kinds) ~= "table" then return kinds, nullable end
  local rest = {}
  for _, kind in ipairs(list(kinds)) do
    if kind == "null" then nullable = true else rest[#rest + 1] = kind end
  end
  return #rest == 1 and rest[1] or nil, nullable
end

function schema_of(source)
  local schema
  local kind, nullable = type_of(source)
  local parts = source.allOf or source.oneOf or source.anyOf
  local reference = source["$ref"]
  if reference then
    local name = reference:match "^#/components/schemas/(.+)$"
    schema = { ref = name or error("unknown $ref " .. reference, 0) }
  elseif parts then
    schema = composed(source, parts)
  elseif source.enum then
    schema = { type = "string", enum = {} }
    for _, value in ipairs(source.enum) do
      if type(value) == "string" then schema.enum[#schema.enum + 1] = value end
    end
  elseif kind == "array" then
    schema = { type = "array", items = source.items and schema_of(source.items) or {} }
  elseif kind == "object" or source.properties then
    schema = object_of(source, { type = "object" })
  else
    schema = { type = kind, format = source.format }
  end
  schema.nullable = nullable or nil
  schema.read_only = source.readOnly == true or nil
  schema.write_only = source.writeOnly == true or nil
  for _, key in ipairs { "default", "minimum", "maximum", "minLength", "maxLength",
    "minItems", "maxItems", "pattern" } do
    schema[key] = plain(source[key])
  end
  return schema
end

local function flatten(schema, schemas)
  for _, part in ipairs(schema.parts or {}) do
    local target = part
    if part.ref then target = schemas[part.ref] or error("unknown schema " .. part.ref, 0) end
    flatten(target, schemas)
    for _, name in ipairs(target.order or {}) do
      if not schema.properties[name] then
        schema.order[#schema.order + 1] = name
        schema.properties[name] = target.properties[name]
      end
    end
    if schema.all then
      for _, name in ipairs(target.required or {}) do
        schema.required[#schema.required + 1] = name
      end
    end
    if not schema.order[1] then schema.additional = {} else schema.additional = nil end
  end
  schema.parts = nil
end

-- Parameters, bodies and answers may be kept among the components and referred to.
local function resolved(document, source)
  local hops = 0
  while json.keys(source) and type(source["$ref"]) == "string" do
    local kind, name = source["$ref"]:match "^#/components/(%w+)/(.+)$"
    local group = kind and (document.components or {})[kind]
    hops = hops + 1
    if not json.keys(group) or not group[name] or hops > 10 then
      error("unknown $ref " .. source["$ref"], 0)
    end
    source = group[name]
  end
  return source
end

local function content(source)
  local kind, body = json.each(source and source.content)()
  if kind then return kind, body.schema end
end

local function parameters_of(operation, shared, path, document)
  local found, seen = {}, {}
  for _, group in ipairs { operation.parameters or {}, shared or {} } do
    for _, given in ipairs(group) do
      local source = resolved(document, given)
      local key = ("%s %s"):format(source["in"], source.name)
      -- An operation's own parameter replaces the one that its path has for all.
      if (source["in"] == "path" or source["in"] == "query") and not seen[key] then
        seen[key] = true
        found[#found + 1] = {
          name = source.name, place = source["in"],
          required = source["in"] == "path" or source.required == true,
          schema = schema_of(source.schema or {}),
        }
      end
    end
  end
  -- Path parameters in the order of the path, whatever the document's order.
  local result = {}
  for name in path:gmatch "{([^}]+)}" do
    for _, parameter in ipairs(found) do
      if parameter.place == "path" and parameter.name == name then
        result[#result + 1] = parameter
      end
    end
  end
  for _, parameter in ipairs(found) do
    if parameter.place == "query" then result[#result + 1] = parameter end
  end
  return result
end

local function answer_of(operation, pages, document)
  local status, response
  for code, source in json.each(operation.responses) do
    if code:match "^2%d%d$" and not status then
      status, response = tonumber(code), resolved(document, source)
    end
  end
  local answer = { status = status or 200, kind = "empty" }
  local kind, schema = content(response)
  if not kind then return answer end
  if kind == "application/octet-stream" then
    answer.kind = "stream"
    return answer
  end
  answer.kind = "json"
  answer.schema = schema and schema_of(schema)
  if answer.schema and answer.schema.ref then
    answer.page = pages.page[answer.schema.ref]
    answer.changes = pages.changes[answer.schema.ref]
  end
  answer.array = answer.schema and answer.schema.type == "array" or nil
  return answer
end

-- Housekeeping by the last word of its action or path; those that mark the beginning or the end
-- of something that the server holds.
local housekeeping = {
  explore = "opens", operatorexplore = "opens", logout = "ends", devicecode = "neither",
  restoredevicecode = "neither", ["devicecode/check"] = "neither", authcode = "neither",
}

-- Stopping a restore session is housekeeping; stopping a job is a change.
local function housekeeping_of(operation, last)
  local path = ascii.lower(operation.path):gsub("/action$", "")
  if last == "stop" and path:find "^/?restoresessions/[^/]+" then return "ends" end
  return housekeeping[operation.action and last or path:match "devicecode/check$" or last]
end

--- Sets the class of an operation, "read", "housekeeping" or "change", and what follows from it.
---
--- A search, a token request and whatever answers a stream (save, export, report) only reads.
--- Housekeeping opens and ends what the server holds for us, and leaves production as it is.
---@param operation table  receives `class`, `change`, `opens` and `ends`
function M.classify(operation)
  operation.class = "change"
  local last = ascii.lower(operation.action or operation.path:match "([^/]+)/*$" or "")
  local keeping = operation.method == "POST" and housekeeping_of(operation, last)
  if operation.method == "GET" or operation.method == "HEAD" or operation.answer.kind == "stream"
      or operation.method == "POST" and (last:match "^search" or last == "token") then
    operation.class = "read"
  elseif keeping then
    operation.class = "housekeeping"
    operation.opens, operation.ends = keeping == "opens", keeping == "ends"
  end
  operation.change = operation.class == "change"
end

local function operation_of(method, path, source, shared, pages, document)
  local operation = {
    id = source.operationId, method = ascii.upper(method), path = path,
    parameters = parameters_of(source, shared, path, document),
    anonymous = source["x-anonymous"] == true
      or json.is_array(source.security) and #source.security == 0 or nil,
    answer = answer_of(source, pages, document),
  }
  local body = resolved(document, source.requestBody)
  local kind, schema = content(body)
  if kind then
    operation.body = schema and schema_of(schema) or {}
    operation.body_required = body.required == true
    operation.content_type = kind
  end
  M.classify(operation)
  return operation
end

--- Reads an OpenAPI document.
---@param text string  JSON
---@return table model  raises a message when the text is not such a document
function M.read(text)
  local document, err = json.decode(text, { max_depth = 200, ordered = true })
  if err then error(err.message, 0) end
  if not json.keys(document) or not json.keys(document.paths) then
    error("not an OpenAPI document: it has no paths", 0)
  end
  if document.swagger then
    error("it is of Swagger 2, and an OpenAPI 3 document is needed", 0)
  end
  local model = { dialect = "verb", operations = {}, schemas = {}, order = {} }
  local pages = { page = {}, changes = {} }
  for name, source in json.each((document.components or {}).schemas) do
    local schema = schema_of(source)
    schema.page = source["x-veeam-page-result"] == true or nil
    schema.changes = source["x-veeam-changes-page-result"] == true or nil
    pages.page[name], pages.changes[name] = schema.page, schema.changes
    model.order[#model.order + 1] = name
    model.schemas[name] = schema
  end
  for _, name in ipairs(model.order) do flatten(model.schemas[name], model.schemas) end
  for path, item in json.each(document.paths) do
    local version, rest = path:match "^/(v%d+)(/.*)$"
    if not version then error("a path without its version: " .. path, 0) end
    model.version = model.version or version
    if model.version ~= version then error("paths of several versions: " .. path, 0) end
    for method, source in json.each(item) do
      if methods[method] then
        model.operations[#model.operations + 1] =
          operation_of(method, rest, source, item.parameters, pages, document)
      end
    end
  end
  if not model.version then error("an OpenAPI document without operations", 0) end
  model.number = tonumber(model.version:match "%d+")
  return model
end

return M
