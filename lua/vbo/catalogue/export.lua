--- Writes the catalogue of a version as an OpenAPI 3.0 document: facts only, no prose.
---
--- Documents of the verb dialect (v6 and later) are what `vbo.catalogue.openapi` reads back.
--- In the action dialect one path stands for several operations, distinguished by the key of
--- their body: such a path is one operation here, its body and its answers one of several.

local ascii = require "vbo.base.ascii"
local json = require "vbo.catalogue.export_json"
local schemas = require "vbo.catalogue.export_schema"

local object = json.object

local M = {}

local function one_of(list, word)
  if #list == 1 then return list[1] end
  return object():put(word, list)
end

local function parameters_of(operation, convert)
  local list = {}
  for i, parameter in ipairs(operation.parameters) do
    list[i] = object():put("name", parameter.name):put("in", parameter.place)
      :put("required", parameter.required or nil):put("schema", convert(parameter.schema))
  end
  return list[1] and list
end

local function media(kind, schema) return object():put(kind, object():put("schema", schema)) end

-- Returns the content of an answer by its content type; nil when it has none.
local function content_of(answer, convert)
  if answer.kind == "stream" then
    return "application/octet-stream", object():put("type", "string"):put("format", "binary")
  elseif answer.kind == "json" then
    local schema = convert(answer.schema or {})
    -- Either an envelope, or its rows alone.
    if answer.page == "either" and answer.item then
      schema = object():put("anyOf", { schema,
        object():put("type", "array"):put("items", convert(answer.item)) })
    end
    return "application/json", schema
  end
end

-- The error object of v1 to v5, which their facts do not describe.
local function plain_error()
  return object():put("type", "object"):put("properties",
    object():put("message", object():put("type", "string")))
end

-- RFC 6749, section 5.2: what the token route answers instead.
local function oauth_error()
  local text = object():put("type", "string")
  return object():put("required", { "error" }):put("type", "object"):put("properties",
    object():put("error", text):put("error_description", text))
end

local function responses_of(operations, known, convert)
  local out, seen = object(), {}
  for _, operation in ipairs(operations) do
    local status = tostring(operation.answer.status)
    local response = out:get(status) or object():put("description", "")
    out:put(status, response)
    local kind, schema = content_of(operation.answer, convert)
    if kind then
      local content = response:get "content" or object()
      response:put("content", content)
      local key, text = status .. kind, json.write(schema)
      seen[key] = seen[key] or {}
      if not seen[key][text] then
        seen[key][text] = true
        table.insert(seen[key], schema)
      end
      content:put(kind, object():put("schema", one_of(seen[key], "anyOf")))
    elseif operation.action and #operations > 1 then
      -- Others of the same status have a content.
      response:put("x-may-be-empty", true)
    end
  end
  local failure = operations[1].name == "token" and oauth_error()
    or known:schema "RESTExceptionInfo" and object():put("$ref",
      "#/components/schemas/RESTExceptionInfo") or plain_error()
  return out:put("default", object():put("description", "")
    :put("content", media("application/json", failure)))
end

-- { key = body }; an action without properties is sent as { key = null }.
local function action_body(operation, convert)
  local inner
  if not operation.body then
    inner = object():put("type", "object"):put("nullable", true)
  elseif operation.null_body and not operation.body.nullable then
    inner = object():put("nullable", true):put("allOf", { convert(operation.body) })
  else
    inner = convert(operation.body)
  end
  return object():put("title", operation.name):put("required", { operation.action })
    :put("type", "object"):put("properties", object():put(operation.action, inner))
    :put("additionalProperties", false)
end

local function body_of(operations, convert)
  local first = operations[1]
  if first.action then
    local bodies = {}
    for i, operation in ipairs(operations) do bodies[i] = action_body(operation, convert) end
    return object():put("content", media("application/json", one_of(bodies, "oneOf")))
      :put("required", true)
  elseif first.body then
    return object():put("content", media(first.content_type or "application/json",
      convert(first.body))):put("required", first.body_required or nil)
  end
end

-- One name for all actions of a resource: "Jobs_Action".
local function id_of(operations, known)
  local first = operations[1]
  if not first.action then return known:own_id(first.name) end
  local words = {}
  for word in first.path:gsub("^/v%d+", ""):gmatch "[^/]+" do
    if not word:find "^[{]" then words[#words + 1] = ascii.upper(word:sub(1, 1)) .. word:sub(2) end
  end
  local last = table.remove(words)
  return table.concat(words) .. (first.path:find "}/[^/]+$" and "One_" or "_") .. last
end

local function operation_of(operations, known, convert)
  local first = operations[1]
  local out = object():put("tags", { first.name:match "^(.-)_" or "Auth" })
    :put("operationId", id_of(operations, known))
    :put("parameters", parameters_of(first, convert))
    :put("requestBody", body_of(operations, convert))
    :put("responses", responses_of(operations, known, convert))
  if first.anonymous then out:put("security", {}) end
  if first.action then
    local names = object()
    for _, operation in ipairs(operations) do names:put(operation.action, operation.name) end
    out:put("x-actions", names)
  end
  return out
end

local function paths_of(known, convert)
  local paths = object()
  for method, path, names in known:resources() do
    local item = paths:get(path) or object()
    paths:put(path, item)
    local operations = {}
    for i, name in ipairs(names) do operations[i] = known:operation(name) end
    local word = ascii.lower(method)
    assert(not item:get(word), "two operations at one place")
    item:put(word, operation_of(operations, known, convert))
  end
  return paths
end

--- The OpenAPI 3.0 document of a catalogue.
---@param known vbo.Catalogue
---@param server string?  where its paths are ("https://localhost:4443")
---@return string text    JSON
function M.document(known, server)
  local convert = schemas.of(known)
  local components = object()
  for _, name in ipairs(known:schema_names()) do
    components:put(name, convert(known:schema(name), true))
  end
  return json.write(object()
    :put("openapi", "3.0.3")
    :put("info", object():put("title", "Veeam Backup for Microsoft 365 REST API, facts of "
      .. known.version):put("version", known.version))
    :put("servers", { object():put("url", server or "https://localhost:4443") })
    :put("security", { object():put("Bearer", {}) })
    :put("paths", paths_of(known, convert))
    :put("components", object():put("schemas", components)
      :put("securitySchemes", object():put("Bearer",
        object():put("type", "http"):put("scheme", "bearer")))))
end

return M
