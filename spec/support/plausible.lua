-- An answer that a request's operation may give: the least that keeps its promise.

local catalogue = require "vbo.catalogue"
local example = require "vbo.catalogue.example"
local json = require "vbo.base.json"

local M = {}

--- The operation that a request means; nil when its version has none.
---@param method string
---@param target string  with the version in front
---@param body any       decoded
function M.operation(method, target, body)
  local version = target:match "^/(v%d+)/"
  local known, facts = pcall(catalogue.load, version)
  if not version or not known then return nil end
  local found = facts:match(method, target)
  if not found or not found.actions then return found end
  for key, operation in pairs(found.actions) do
    for given in pairs(type(body) == "table" and body or {}) do
      if type(given) == "string" and given:lower() == key:lower() then return operation end
    end
  end
end

-- One thing was done, and nothing failed.
local function statistics(schema)
  local out = {}
  for _, name in ipairs(schema.order) do
    if name:find "Count$" then
      out[name] = (name:find "^restored" or name:find "^created" or name:find "^total") and 1 or 0
    end
  end
  return next(out) and out
end

-- One of several things, of which one item was restored.
local function parts()
  return { status = "Success", details = json.array {
    { status = "Success", details = { createdItemsCount = 1, failedItemsCount = 0 } },
  } }
end

--- Returns the least that an operation may answer.
---@param operation vbo.Operation
---@return any
function M.answer(operation)
  local answer = operation.answer
  local schema = answer.schema
  if answer.kind ~= "json" then return {} end
  if answer.changes then
    return { nextChangeToken = "none", limit = 1, results = json.array {} }
  end
  if answer.array then return json.array {} end
  if answer.page then return { results = json.array {} } end
  if not (schema and schema.properties) then
    -- Restores of several mailboxes up to v5, and searches.
    return operation.change and parts() or json.array {}
  end
  local counted = not schema.properties.id and statistics(schema)
  if counted then return counted end
  local out = example.value(schema, { array = json.array, required_only = true })
  for _, name in ipairs(schema.order) do
    if name == "id" or next(out) == nil and name:sub(1, 1) ~= "_" then
      out[name] = example.value(schema.properties[name],
        { array = json.array, required_only = true, name = name })
    end
  end
  local property = schema.properties.id
  if property and property.type == "string" and not property.format then
    out.id = "61954db6-7278-4d26-86f7-888bda5a4ec4"
  end
  -- A session that is over, so that callers do not wait for it.
  if schema.properties.state then out.state = "Stopped" end
  if not property and schema.properties.status and schema.properties.details then
    return parts()
  end
  return out
end

--- Returns the answer to a request; where its version has no such operation, or is not known here,
--- a record and a page in one.
function M.to(method, target, body)
  local operation = M.operation(method, target, body)
  if operation then return M.answer(operation) end
  return { id = "61954db6-7278-4d26-86f7-888bda5a4ec4", results = json.array {} }
end

return M
