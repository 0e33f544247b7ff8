--- Shows values in interactive mode: a resource as rows, a collection as its first rows, a table by
--- its content, never as an address.

local collection = require "vbo.model.collection"
local core = require "vbo.core"
local fields = require "vbo.model.fields"
local json = require "vbo.base.json"
local resource = require "vbo.model.resource"
local spelling = require "vbo.base.spelling"
local table_of = require "vbo.cli.common.table"
local text = require "vbo.cli.common.text"

local M = {}

--- The number of rows of a collection or a list that are shown.
M.rows = 10
-- An ellipsis stands for the rest of a deep or long table.
local deepest, longest = 4, 40

local function width() return core.columns and core.columns() or 80 end

-- Writes rows as lines of a table; drops columns that do not fit, from the right.
local function lines_of(columns, rows)
  local parts, kept = {}, math.max(2, math.min(#columns, width() // 18))
  table_of.write(table.move(columns, 1, kept, 1, {}), rows, {
    width = width(), chosen = true, note = function() end,
    write = function(...) parts[#parts + 1] = table.concat { ... } end,
  })
  return (table.concat(parts):gsub("\n$", ""))
end

-- Lists the fields of a class, named as in a runbook, in the order of the catalogue.
local function fields_of(class, client, record)
  local schema = fields.of_records(client, class)
  local words, seen = {}, {}
  local function add(name)
    local word = spelling.spelled(name)
    if name:sub(1, 1) ~= "_" and not seen[word] and class.methods[word] == nil then
      seen[word] = true
      words[#words + 1] = word
    end
  end
  for _, name in ipairs(schema and schema.order or {}) do add(name) end
  local rest = {}
  for name in pairs(record or {}) do rest[#rest + 1] = name end
  table.sort(rest)
  for _, name in ipairs(rest) do add(name) end
  return words
end

local pretty

local function show_resource(value)
  local record = value:record()
  local rows = {}
  for _, word in ipairs(fields_of(value._class, value._client, record)) do
    local field = value[word]
    if field ~= nil then
      if type(field) == "table" then field = pretty(field, deepest - 1) end
      rows[#rows + 1] = { word, field }
    end
  end
  return tostring(value) .. "\n" .. lines_of({ "field", "value" }, rows)
end

-- Lists the scalar fields that any of the items has: names first, the id last.
local function columns_of(class, client, items)
  local label, kept = class.label or "name", {}
  for _, word in ipairs(fields_of(class, client, nil)) do
    for _, item in ipairs(items) do
      local value = item[word]
      if value ~= nil and type(value) ~= "table" then
        table.insert(kept, word == label and 1 or #kept + 1, word)
        break
      end
    end
  end
  for i, word in ipairs(kept) do
    if word == "id" then table.insert(kept, table.remove(kept, i)) break end
  end
  return kept
end

local function show_items(items, more)
  local class, client = items[1]._class, items[1]._client
  local columns, rows = columns_of(class, client, items), {}
  for i, item in ipairs(items) do
    rows[i] = {}
    for n, word in ipairs(columns) do rows[i][n] = item[word] end
  end
  return lines_of(columns, rows) .. (more and "\n" .. more or "")
end

local function show_collection(value)
  local items, more = {}, nil
  for item in value:each() do
    if #items == M.rows then
      more = ("… the first %d; :count() counts them, :all() gives a list"):format(M.rows)
      break
    end
    items[#items + 1] = item
  end
  if not items[1] then return tostring(value) .. ": empty" end
  return show_items(items, more)
end

local function is_list_of_resources(value)
  if not resource.is(value[1]) then return false end
  for _, item in ipairs(value) do
    if not resource.is(item, value[1]._class) then return false end
  end
  return true
end

local function show_list(value)
  local items = table.move(value, 1, math.min(#value, M.rows), 1, {})
  return show_items(items, #value > M.rows and ("… %d of %d"):format(M.rows, #value) or nil)
end

local function has_text(value)
  local meta = getmetatable(value)
  return type(meta) ~= "table" or rawget(meta, "__tostring") ~= nil
end

local function sorted_keys(value)
  local keys = {}
  for key in next, value do keys[#keys + 1] = key end
  table.sort(keys, function(a, b)
    if type(a) == type(b) and (type(a) == "number" or type(a) == "string") then return a < b end
    return type(a) < type(b)
  end)
  return keys
end

local function key_text(key)
  if type(key) == "string" and key:match "^[%a_][%w_]*$" then return key .. " = " end
  return "[" .. pretty(key, deepest) .. "] = "
end

function pretty(value, depth)
  if value == json.null then return "null" end
  if type(value) == "string" then return ("%q"):format(text.plain(value)) end
  if type(value) ~= "table" or getmetatable(value) and has_text(value) then
    return tostring(value)
  end
  if next(value) == nil then return "{}" end
  if depth >= deepest then return "{…}" end
  local parts = {}
  for _, key in ipairs(sorted_keys(value)) do
    if #parts == longest then
      parts[#parts + 1] = "…"
      break
    end
    local named = math.type(key) == "integer" and key >= 1 and key <= #value and "" or key_text(key)
    parts[#parts + 1] = named .. pretty(rawget(value, key), depth + 1)
  end
  return "{ " .. table.concat(parts, ", ") .. " }"
end

-- Writes a table at the top level: a line for each field.
local function show_table(value)
  if next(value) == nil then return "{}" end
  if is_list_of_resources(value) then return show_list(value) end
  local one_line = pretty(value, 0)
  if #one_line <= width() and not one_line:find "\n" then return one_line end
  local parts = {}
  for _, key in ipairs(sorted_keys(value)) do
    if #parts == longest then
      parts[#parts + 1] = "  …"
      break
    end
    parts[#parts + 1] = "  " .. key_text(key) .. pretty(rawget(value, key), 1)
  end
  return "{\n" .. table.concat(parts, ",\n") .. "\n}"
end

--- Writes a value of the module or a plain table.  Requests what is not loaded yet: the record of a
--- resource, the first page of a collection.
---@param value any
---@return string? text  nil: `tostring` shows the value
function M.text(value)
  if type(value) ~= "table" then return nil end
  if resource.is(value) then return show_resource(value) end
  if collection.is(value) then return show_collection(value) end
  local meta = getmetatable(value)
  if meta ~= nil and not json.is_array(value) then return nil end
  return show_table(value)
end

--- Writes the results of a command, for `print`.
---@param ... any
---@return any ...
function M.results(...)
  local results = table.pack(...)
  local shown = false
  for i = 1, results.n do
    local made = M.text(results[i])
    if made then results[i], shown = made, shown or made:find("\n", 1, true) ~= nil end
  end
  if not shown or results.n == 1 then return table.unpack(results, 1, results.n) end
  -- Tables side by side are unreadable.
  for i = 1, results.n do results[i] = tostring(results[i]) end
  return table.concat(results, "\n")
end

return M
