--- The operations of all versions, each as one: what any of them takes and answers.

local ascii = require "vbo.base.ascii"
local spans = require "tools.model.spans"

local M = {}

---@class vbo.document.Operation
---@field name string          canonical
---@field group string?        "Job" of "Job_StartAction"
---@field member string        "StartAction"
---@field versions table<integer, true>
---@field routes {text: string, versions: table<integer, true>}[]  newest first
---@field newest vbo.Operation  of the newest version that has it
---@field change boolean
---@field stream boolean
---@field fields {name: string, type: string, optional: boolean, versions: table?}[]
---@field answer string?       its type; nil: nothing is answered
---@field row string?          the type of one row of a list or page

local function route_of(operation)
  -- A path begins with its version.
  local text = operation.method .. " " .. operation.path:gsub("^/v%d+", "")
  return operation.action and text .. " " .. operation.action or text
end

local function routes_of(parts)
  local routes = {}
  for at = #parts, 1, -1 do
    local text = route_of(parts[at].operation)
    local last = routes[#routes]
    if not last or ascii.lower(last.text) ~= ascii.lower(text) then
      last = { text = text, versions = {} }
      routes[#routes + 1] = last
    end
    last.versions[parts[at].version] = true
  end
  return routes
end

-- Returns the parameters of `client:call` beside the body; newest spelling, path before query.
local function parameters_of(parts)
  local list, known = {}, {}
  for at = #parts, 1, -1 do
    for _, parameter in ipairs(parts[at].operation.parameters) do
      local key = ascii.lower(parameter.name)
      local entry = known[key]
      if not entry then
        entry = {
          name = parameter.name, parts = {}, required = true, path = parameter.place == "path",
        }
        known[key] = entry
        list[#list + 1] = entry
      end
      entry.required = entry.required and parameter.required
      table.insert(entry.parts, 1, { version = parts[at].version, schema = parameter.schema })
    end
  end
  for _, entry in ipairs(list) do
    entry.versions = spans.of(entry.parts)
    if #entry.parts < #parts then entry.required = false end
  end
  return list
end

-- Parameters are text on the wire: a plain one takes numbers as well, a list one value; a
-- resource stands for its id in a path.
local function parameter_type(union, entry, context)
  local text = union:type("body", entry.parts, context)
  local newest = entry.parts[#entry.parts].schema
  if entry.path and newest.type == "string" and not newest.enum then return "vbo.Id" end
  if newest.type == "array" then return text .. "|" .. text:gsub("%[%]$", "") end
  local plain = newest.type == "string" and not (newest.enum or newest.known or newest.format)
  return plain and "string|integer" or text
end

local function body_of(union, parts, name)
  local found, required = {}, true
  for _, part in ipairs(parts) do
    local operation = part.operation
    local schema = operation.body
    if schema then
      found[#found + 1] = { version = part.version, schema = schema }
      local insists = operation.body_required and schema.type ~= "object"
      for _, property in ipairs(schema.required or {}) do
        insists = insists or not schema.properties[property].read_only
      end
      required = required and insists and not operation.null_body
    else
      required = false
    end
  end
  if #found == 0 then return nil end
  return {
    name = "body", type = union:type("body", found, name, true), optional = not required,
    versions = spans.of(found),
  }
end

local function answer_of(union, parts, name)
  local found, rows, empty, unknown, stream = {}, {}, false, false, false
  for _, part in ipairs(parts) do
    local answer = part.operation.answer
    stream = stream or answer.kind == "stream"
    if answer.item then rows[#rows + 1] = { version = part.version, schema = answer.item } end
    if answer.kind == "empty" then
      empty = true
    elseif answer.kind == "json" and not answer.schema then
      unknown = true
    elseif answer.kind == "json" then
      found[#found + 1] = { version = part.version, schema = answer.schema }
      if answer.page == "either" and answer.item then
        found[#found + 1] = {
          version = part.version, schema = { type = "array", items = answer.item },
        }
      end
    end
  end
  local row = #rows > 0 and union:type("answer", rows, name .. ".row") or nil
  if stream or unknown then return "any", row, stream end
  if #found == 0 then return nil, nil, false end
  local text = union:type("answer", found, name)
  if empty and text ~= "any" then
    text = text:find("|", 1, true) and text .. "|nil" or text .. "?"
  end
  return text, row, false
end

--- All operations, sorted by name.
---@param names string[]  the versions, oldest first
---@param catalogues vbo.Catalogue[]
---@param union table  of `document.union`; left unfinished
---@return vbo.document.Operation[]
function M.all(names, catalogues, union)
  local parts, sorted = {}, {}
  for position in ipairs(names) do
    for operation in catalogues[position]:operations() do
      local list = parts[operation.name]
      if not list then
        list = {}
        parts[operation.name] = list
        sorted[#sorted + 1] = operation.name
      end
      list[#list + 1] = { version = position, operation = operation }
    end
  end
  table.sort(sorted)
  local result = {}
  for i, name in ipairs(sorted) do
    local list = parts[name]
    local group, member = name:match "^(%w+)_([%w_]+)$"
    local newest = list[#list].operation
    local entry = {
      name = name, group = group, member = member or name, versions = spans.of(list),
      routes = routes_of(list), change = newest.change, fields = {}, parts = list,
      newest = newest,
    }
    for _, parameter in ipairs(parameters_of(list)) do
      entry.fields[#entry.fields + 1] = {
        name = parameter.name, type = parameter_type(union, parameter, name),
        optional = not parameter.required, versions = parameter.versions,
        schema = parameter.parts[#parameter.parts].schema, path = parameter.path,
      }
    end
    entry.fields[#entry.fields + 1] = body_of(union, list, name)
    entry.answer, entry.row, entry.stream = answer_of(union, list, name)
    result[i] = entry
  end
  return result
end

return M
