--- Runs `vbolua api --describe`: shows all that the catalogue knows of an operation.

local catalogue = require "vbo.catalogue"
local effects = require "vbo.catalogue.effects"
local example = require "vbo.catalogue.example"
local json = require "vbo.base.json"
local mask = require "vbo.cli.api.mask"
local titles = require "vbo.catalogue.titles"
local write = require "vbo.cli.api.example"

local M = {}

local names = {
  ["date-time"] = "date-time", dotted = "date-time (2026.11.20 22:00:00)", uuid = "uuid",
  byte = "base64", password = "password", int64 = "integer (64 bits)",
}

--- Returns a schema's type in words.
---@param schema vbo.Schema
---@return string
function M.type_of(schema)
  if schema.enum then return "one of " .. table.concat(schema.enum, ", ") end
  if schema.known then return "string, such as " .. table.concat(schema.known, ", ") end
  if schema.type == "array" then return "list of " .. M.type_of(schema.items or {}) end
  if schema.type == "object" then return schema.name or "object" end
  return names[schema.format] or schema.type or "anything"
end

local function facts_of(schema, required)
  local facts = {}
  local function add(text) facts[#facts + 1] = text end
  if required then add "required" end
  if schema.nullable then add "or null" end
  if schema.default ~= nil then add("default " .. tostring(schema.default)) end
  if schema.minimum then add("at least " .. tostring(schema.minimum)) end
  if schema.maximum then add("at most " .. tostring(schema.maximum)) end
  if schema.minLength then add(("at least %d characters"):format(schema.minLength)) end
  if schema.maxLength then add(("at most %d characters"):format(schema.maxLength)) end
  if schema.minItems then add(("at least %d"):format(schema.minItems)) end
  if schema.maxItems then add(("at most %d"):format(schema.maxItems)) end
  return facts[1] and " (" .. table.concat(facts, ", ") .. ")" or ""
end

local function element(schema)
  local suffix = ""
  while schema.type == "array" and schema.items do
    schema, suffix = schema.items, suffix .. "[]"
  end
  return schema, suffix
end

-- Returns the properties of an object as rows {name, text}; nested ones below, each schema once.
local function property_rows(rows, schema, indent, how)
  local required = {}
  for _, name in ipairs(schema.required or {}) do required[name] = true end
  for _, name in ipairs(schema.order or {}) do
    local property = schema.properties[name]
    local inner, suffix = element(property)
    if not (how.skip_read_only and property.read_only) and not name:match "^_" then
      local text = M.type_of(property) .. facts_of(property, required[name])
      local nested = how.deep and inner.properties and next(inner.properties)
      if nested and how.seen[inner] then text = text .. ", as above" end
      rows[#rows + 1] = { indent .. name .. suffix, text }
      if nested and not how.seen[inner] then
        how.seen[inner] = true
        property_rows(rows, inner, indent .. "  ", how)
      end
    end
  end
  if schema.additional and schema.properties and next(schema.properties) == nil then
    rows[#rows + 1] = { indent .. "…", "anything: its properties are not known" }
  end
  return rows
end

-- Adds words behind a name, broken where the line ends.
local function add_rows(lines, rows)
  local width = 0
  for _, row in ipairs(rows) do width = math.max(width, math.min(34, #row[1])) end
  for _, row in ipairs(rows) do
    local head = ("  %-" .. width .. "s  "):format(row[1])
    local line = head
    for word in row[2]:gmatch "%S+" do
      if #line + #word > 98 and #line > width + 4 then
        lines[#lines + 1] = (line:gsub("%s+$", ""))
        line = (" "):rep(width + 6)
      end
      line = line .. word .. " "
    end
    lines[#lines + 1] = (line:gsub("%s+$", ""))
  end
end

local function route(operation)
  local path = operation.path:gsub("^/v%d+", "")
  return ("%s %s%s"):format(operation.method, path,
    operation.action and ("  with %q"):format(operation.action) or "")
end

-- Groups neighbouring versions by the request that they take.
local function version_rows(name)
  local rows = {}
  for _, version in ipairs(catalogue.having(name)) do
    local operation = catalogue.load(version):operation(name)
    local text = route(operation)
    local last = rows[#rows]
    if last and last[2] == text then
      last[1] = last[1] .. " " .. version
    else
      rows[#rows + 1] = { version, text }
    end
  end
  return rows
end

local function parameter_rows(operation)
  local rows = {}
  for _, parameter in ipairs(operation.parameters) do
    rows[#rows + 1] = { parameter.name, parameter.place .. ", " .. M.type_of(parameter.schema)
      .. facts_of(parameter.schema, parameter.required) }
  end
  return rows
end

local function body_head(operation)
  local body = operation.body
  local kind = M.type_of(body)
  if body.type == "object" and not body.name then kind = "an object" end
  return ("body: %s%s"):format(kind, operation.body_required and ", required" or "")
end

local function answer_head(operation)
  local answer = operation.answer
  if answer.kind == "empty" then return ("answers %d, nothing"):format(answer.status) end
  if answer.kind == "stream" then
    return ("answers %d, a stream of bytes: name a file with --output"):format(answer.status)
  end
  local item = answer.item or answer.schema or {}
  local what = M.type_of(item)
  if answer.page == true then
    what = "a page (results[]) of " .. what
  elseif answer.page then
    what = "a page (results[]) or a list of " .. what
  elseif answer.array then
    what = "a list of " .. what
  elseif answer.changes then
    what = "a page of changes (results[]) of " .. what
  end
  return ("answers %d, %s"):format(answer.status, what)
end

local function count(value)
  if type(value) ~= "table" then return 1 end
  local sum = 0
  for _, item in pairs(value) do sum = sum + count(item) end
  return sum
end

-- Returns a few plain properties of an object that requires none.
local function sample(schema, all)
  local result, given = {}, 0
  for _, name in ipairs(schema.order or {}) do
    local value = all[name]
    if value ~= nil and type(value) ~= "table" and given < 4
        and not mask.is_secret(name, schema.properties[name]) then
      result[name] = value
      given = given + 1
    end
  end
  return result
end

local function is_empty(value) return type(value) == "table" and next(value) == nil end

--- Returns example arguments: all where they are few, else the required ones.
---@param operation vbo.Operation
---@return table
function M.arguments(operation)
  local all = example.arguments(operation, { array = json.array })
  local result = example.arguments(operation, { array = json.array, required_only = true })
  if type(all.body) == "table" and count(all.body) <= 8 then
    result.body = all.body
  elseif is_empty(result.body) then
    result.body = sample(operation.body, all.body)
  elseif type(result.body) == "table" and is_empty(result.body[1]) then
    result.body = json.array { sample(operation.body.items, all.body[1]) }
  end
  return result
end

local function example_lines(lines, operation)
  local arguments = M.arguments(operation)
  local words = { "  vbolua api " .. operation.name }
  for _, word in ipairs(write.words(operation, arguments)) do
    local text = write.quote(word)
    if #words[#words] + #text > 94 then
      words[#words] = words[#words] .. " \\"
      words[#words + 1] = "    " .. text
    else
      words[#words] = words[#words] .. " " .. text
    end
  end
  if operation.answer.kind == "stream" then words[#words] = words[#words] .. " --output FILE" end
  for _, line in ipairs(words) do lines[#lines + 1] = line end
  for line in (write.lua(operation, arguments, "  ") .. "\n"):gmatch "([^\n]*)\n" do
    lines[#lines + 1] = (line:match "^%s" and "" or "  ") .. line
  end
end

local classes = {
  read = "only reads", change = "changes the server or what it protects",
  housekeeping = "housekeeping: leaves production and backups as they are",
}

--- Returns the description of an operation.
---@param operation vbo.Operation
---@return string[] lines
function M.lines(operation)
  local lines = { operation.name, ("%s %s%s"):format(operation.method, operation.path,
    operation.action and ("  with %q"):format(operation.action) or "") }
  local function section(word)
    lines[#lines + 1] = ""
    lines[#lines + 1] = word
  end
  lines[#lines + 1] = classes[operation.class]
    .. (operation.change and (": " .. effects.described(operation)) or "")
  local title, group = titles.of(operation.name)
  if title or group then
    lines[#lines + 1] = title and ("%s (%s)"):format(title, group) or group
  end
  if operation.anonymous then lines[#lines + 1] = "needs no login" end
  if operation.inferred then
    lines[#lines + 1] = "inferred from neighbouring versions: the reference was not seen to have it"
  end
  section "versions"
  add_rows(lines, version_rows(operation.name))
  if operation.parameters[1] then
    section "parameters"
    add_rows(lines, parameter_rows(operation))
  end
  if operation.body then
    section(body_head(operation))
    local inner = element(operation.body)
    add_rows(lines, property_rows({}, inner, "", {
      deep = true, skip_read_only = true, seen = { [inner] = true } }))
  end
  section(answer_head(operation))
  local item = element(operation.answer.item or operation.answer.schema or {})
  if item.properties then add_rows(lines, property_rows({}, item, "", { deep = false })) end
  section "example"
  example_lines(lines, operation)
  return lines
end

return M
