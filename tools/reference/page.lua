--- One version's page of the reference: every operation with its Lua call.

local ascii = require "vbo.base.ascii"
local example = require "vbo.catalogue.example"

local M = {}

local scalars = {
  uuid = "uuid", ["date-time"] = "date", dotted = "dotted date", byte = "base64",
  password = "secret",
}

local function words_of(list) return table.concat(list, " · ") end

local function anchor(name) return "#" .. ascii.lower(name):gsub("[^%w_-]", "") end

local function referred(page, schema)
  local name = schema.name
  if name and schema.properties and next(schema.properties) then
    if not page.types[name] then
      page.types[name] = schema
      page.pending[#page.pending + 1] = name
    end
    return ("[%s](%s)"):format(name, anchor(name))
  end
end

local properties_of

-- A schema in a few words; what has a name is shown at the end of the page.
local function type_of(page, schema, depth)
  if schema.enum then return words_of(schema.enum) end
  if schema.known then return words_of(schema.known) .. " …" end
  if schema.type == "array" then
    return "list of " .. type_of(page, schema.items or {}, depth)
  elseif schema.type == "object" then
    local name = referred(page, schema)
    if name then return name end
    if schema.properties and next(schema.properties) then
      return depth < 3 and "{ " .. properties_of(page, schema, depth + 1) .. " }" or "object"
    end
    if schema.additional then return "map of " .. type_of(page, schema.additional, depth) end
    return "object"
  end
  return scalars[schema.format] or schema.type or "anything"
end

local function bounds(schema)
  local parts = {}
  if schema.minimum then parts[#parts + 1] = "≥ " .. schema.minimum end
  if schema.maximum then parts[#parts + 1] = "≤ " .. schema.maximum end
  return #parts > 0 and " " .. table.concat(parts, ", ") or ""
end

--- "**name**: string; `full`: boolean": required ones are bold.
function properties_of(page, schema, depth, all)
  local required, list = {}, {}
  for _, name in ipairs(schema.required or {}) do required[name] = true end
  for _, name in ipairs(schema.order) do
    local property = schema.properties[name]
    if name:sub(1, 1) ~= "_" and (all or not property.read_only) then
      local mark = required[name] and not property.read_only and "**`%s`**" or "`%s`"
      local text = type_of(page, property, depth) .. bounds(property)
      if property.read_only then text = text .. ", read-only" end
      list[#list + 1] = mark:format(name) .. " " .. text
    end
  end
  return table.concat(list, "; ")
end

local function is_name(text) return text:match "^[%a_][%w_]*$" ~= nil end

-- A value as Lua shows it; identifiers and texts are left open.
local function literal(value, schema, depth)
  if type(value) == "table" then
    if depth > 2 then return "{ … }" end
    local list = {}
    if schema and schema.type == "array" then
      if value[1] == nil then return "{}" end
      return "{ " .. literal(value[1], schema.items, depth + 1) .. " }"
    end
    for _, name in ipairs(schema and schema.order or {}) do
      if value[name] ~= nil then
        local key = is_name(name) and name or ("[%q]"):format(name)
        list[#list + 1] = key .. " = " .. literal(value[name], schema.properties[name], depth + 1)
      end
    end
    return #list > 0 and "{ " .. table.concat(list, ", ") .. " }" or "{}"
  elseif type(value) == "string" then
    local open = schema and not (schema.enum or schema.known)
      and (not schema.format or schema.format == "uuid" or schema.format == "password")
    return open and '"…"' or ("%q"):format(value)
  end
  return tostring(value)
end

-- What a body insists on; an object that insists on nothing shows its first plain property.
local function filled(schema, value)
  if schema.type == "array" and type(value[1]) == "table" then
    filled(schema.items, value[1])
  elseif schema.type == "object" and next(value) == nil then
    for _, name in ipairs(schema.order or {}) do
      local property = schema.properties[name]
      if not property.read_only and name:sub(1, 1) ~= "_"
          and property.type ~= "object" and property.type ~= "array" then
        value[name] = example.value(property, { name = name })
        break
      end
    end
  end
end

local function body_example(schema)
  local ok, value = pcall(example.value, schema, { required_only = true })
  if not ok then return "{ … }" end
  if type(value) == "table" then filled(schema, value) end
  return literal(value, schema, 1)
end

local function call_of(operation)
  local group, member = operation.name:match "^(%w+)_([%w_]+)$"
  local name = group and ("client.api.%s.%s"):format(group, member)
    or ("client.api.%s"):format(operation.name)
  local arguments = {}
  for _, parameter in ipairs(operation.parameters) do
    if parameter.required then
      local value = literal(example.value(parameter.schema, { name = parameter.name }),
        parameter.schema, 1)
      if value == '"…"' and parameter.place == "path" then value = "…" end
      arguments[#arguments + 1] = parameter.name .. " = " .. value
    end
  end
  if operation.body then arguments[#arguments + 1] = "body = " .. body_example(operation.body) end
  local stream = operation.answer.kind == "stream"
  if #arguments == 0 then return name .. (stream and "({}, { to = … })" or "()") end
  local text = "{ " .. table.concat(arguments, ", ") .. " }"
  return stream and ("%s(%s, { to = … })"):format(name, text) or name .. " " .. text
end

local function query_of(page, operation)
  local list = {}
  for _, parameter in ipairs(operation.parameters) do
    if parameter.place == "query" then
      local mark = parameter.required and "**`%s`**" or "`%s`"
      list[#list + 1] = mark:format(parameter.name) .. " " .. type_of(page, parameter.schema, 1)
    end
  end
  return #list > 0 and table.concat(list, "; ")
end

local function answer_of(page, answer)
  if answer.kind == "empty" then return "nothing" end
  if answer.kind == "stream" then return "a stream" end
  local row = answer.item and type_of(page, answer.item, 1)
  if answer.page == "either" then return ("a page or a list of %s"):format(row or "anything") end
  if answer.page or answer.changes then return ("a page of %s"):format(row or "anything") end
  if answer.array then return ("a list of %s"):format(row or "anything") end
  return answer.schema and type_of(page, answer.schema, 1) or "JSON"
end

local function operation_lines(page, operation, methods)
  local out = { ("### %s"):format(operation.name), "" }
  local route = ("`%s %s`"):format(operation.method, operation.path)
  if operation.action then route = route .. (" with the key `%s`"):format(operation.action) end
  local marks = { route }
  if operation.change then marks[#marks + 1] = "**changes**" end
  if operation.class == "housekeeping" then marks[#marks + 1] = "housekeeping" end
  if operation.anonymous then marks[#marks + 1] = "needs no login" end
  if operation.inferred then marks[#marks + 1] = "inferred" end
  marks[#marks + 1] = "answers " .. answer_of(page, operation.answer)
  out[#out + 1] = table.concat(marks, " · ")
  out[#out + 1] = ""
  -- The one operation with a form is the login, which `vbo.connect` does.
  if operation.content_type and not operation.content_type:find("json", 1, true) then
    out[#out + 1] = "    vbo.connect { … }"
  else
    out[#out + 1] = "    " .. call_of(operation)
  end
  out[#out + 1] = ""
  local notes = {}
  local query = query_of(page, operation)
  if query then notes[#notes + 1] = "- Query: " .. query end
  local body = operation.body
  if body then
    local text = body.properties and next(body.properties) and properties_of(page, body, 1)
      or type_of(page, body, 1)
    if text ~= "" then notes[#notes + 1] = "- Body: " .. text end
  end
  if methods then notes[#notes + 1] = "- Objects: " .. table.concat(methods, ", ") end
  if #notes > 0 then
    out[#out + 1] = table.concat(notes, "\n")
    out[#out + 1] = ""
  end
  return table.concat(out, "\n")
end

local function types_section(page)
  local at = 0
  while at < #page.pending do
    at = at + 1
    local name = page.pending[at]
    local text = properties_of(page, page.types[name], 1, true)
    page.lines[name] = text ~= "" and text or "(no properties but links)"
  end
  table.sort(page.pending)
  local out = { "## Types", "" }
  for _, name in ipairs(page.pending) do
    out[#out + 1] = ("### %s\n\n%s\n"):format(name, page.lines[name])
  end
  return #page.pending > 0 and table.concat(out, "\n") or nil
end

local head = [[
<!-- Generated by tools/reference.lua (make generated); do not edit. -->
# API %s

%d operations.  Each is called by its name, in any case, with its parameters and body:

    client.api.GROUP.NAME { parameter = …, body = { … } }
    client:call("GROUP_NAME", { parameter = …, body = { … } })

**Bold** names are required.  *changes*: alters the server or production.  *inferred*: not seen
in a reference of this version, but in those beside it.  *Objects*: the methods that use the
operation; `Job:start` is a method of one job, `JobCollection:start` of a selection of them.
%s]]

--- The page of one version.
---@param catalogue vbo.Catalogue
---@param methods table<string, string[]>  operation → methods of objects
---@return string
function M.text(catalogue, methods)
  local page = { types = {}, pending = {}, lines = {} }
  local groups, order, count = {}, {}, 0
  for operation in catalogue:operations() do
    local group = operation.name:match "^(%w-)_" or "Login"
    if not groups[group] then
      groups[group] = {}
      order[#order + 1] = group
    end
    table.insert(groups[group], operation)
    count = count + 1
  end
  table.sort(order)
  local note = ""
  if catalogue.dialect == "action" then
    note = "\nActions are `POST …/Action` with a key that names them; the body below is what is "
      .. "sent under the key.\n"
  end
  local out = { head:format(catalogue.version, count, note) }
  local contents = {}
  for i, group in ipairs(order) do contents[i] = ("[%s](%s)"):format(group, anchor(group)) end
  out[#out + 1] = table.concat(contents, " · ") .. "\n"
  for _, group in ipairs(order) do
    out[#out + 1] = ("## %s\n"):format(group)
    table.sort(groups[group], function(a, b) return a.name < b.name end)
    for _, operation in ipairs(groups[group]) do
      out[#out + 1] = operation_lines(page, operation, methods[operation.name])
    end
  end
  out[#out + 1] = types_section(page)
  return (table.concat(out, "\n"):gsub("\n+$", "\n"))
end

return M
