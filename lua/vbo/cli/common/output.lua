--- Prints answers: as JSON, a line a row, a table or CSV.

local core = require "vbo.core"
local errors = require "vbo.base.error"
local json = require "vbo.base.json"
local nearest = require "vbo.base.nearest"
local select = require "vbo.cli.common.select"
local text = require "vbo.cli.common.text"

local M = {}

-- A short password may be a word of the data that a server stores: secrets of fewer bytes are not
-- looked for in an answer.
local least_secret <const> = 8

--- Writes to standard output, without the secrets of this program; a reader that closed it ends
--- the program without a message.
---@param ... string
function M.write(...)
  local texts = table.pack(...)
  for i = 1, texts.n do texts[i] = core.redact(texts[i], least_secret) end
  local ok, message, code = io.stdout:write(table.unpack(texts, 1, texts.n))
  if ok then return end
  if code == 32 then os.exit(141) end -- EPIPE; what the shell says of SIGPIPE
  errors.raise { kind = "disk", message = "cannot write the output: " .. tostring(message) }
end

local function note(message) io.stderr:write("vbolua api: ", message, "\n") end

---@class vbo.cli.Rows
---@field columns string[]
---@field rows any[][]    values by column
---@field values any[]?   rows without columns, instead of `rows`

-- Returns the rows of an answer: of a page, a list, or the one object.
local function rows_of(data)
  if type(data) ~= "table" then return { data } end
  if json.is_array(data) then return data end
  if type(data.results) == "table" and json.is_array(data.results) then return data.results end
  return { data }
end

local function is_object(value) return type(value) == "table" and not json.is_array(value) end

-- Returns the default columns of rows: those of the schema in its order, then the rest.
local function columns_of(rows, schema)
  local present = {}
  for _, row in ipairs(rows) do
    if is_object(row) then
      for name in pairs(row) do present[name] = true end
    else
      return nil
    end
  end
  local columns, rest = {}, {}
  for _, name in ipairs(schema and schema.order or {}) do
    if present[name] and not name:match "^_" then columns[#columns + 1] = name end
    present[name] = nil
  end
  for name in pairs(present) do
    if not name:match "^_" then rest[#rest + 1] = name end
  end
  table.sort(rest)
  return table.move(rest, 1, #rest, #columns + 1, columns)
end

-- Raises for a misspelt field, which would be empty in every row.
local function say_missing(selection, rows, data)
  for i, name in ipairs(selection.names) do
    local found = #rows == 0
    for _, row in ipairs(rows) do found = found or row[i] ~= nil end
    local column = selection.columns[i]
    if not found and #column == 1 then
      local names, at = {}, data
      for _, step in ipairs(selection.base) do
        at = type(at) == "table" and (type(step) == "string" and at[step] or at[1]) or nil
      end
      for known in pairs(is_object(at) and at or {}) do names[#names + 1] = known end
      table.sort(names)
      local near = nearest(name, names)
      local hint = near and (": did you mean '%s'?"):format(near) or ""
      note(("no result has '%s'%s"):format(name, hint))
    end
  end
end

-- Applies a selection; returns rows and their columns.
---@param selection vbo.cli.Selection
---@param data any
---@return vbo.cli.Rows
function M.selected(selection, data)
  -- Some versions answer a bare list instead of a page.
  if select.wants_envelope(selection) and json.is_array(data) then data = { results = data } end
  local rows = select.rows(selection, data)
  say_missing(selection, rows, data)
  local found = { columns = selection.names, rows = rows }
  if selection.single then
    found.values = {}
    for i, row in ipairs(rows) do
      found.values[i] = row[1] == nil and json.null or row[1]
    end
  end
  return found
end

local function object_of(found, row)
  local object = {}
  for i, name in ipairs(found.columns) do object[name] = row[i] == nil and json.null or row[i] end
  return object
end

local function to_table(found, schema)
  if not found.values then return found.columns, found.rows end
  local columns = columns_of(found.values, schema)
  if not columns then
    local rows = {}
    for i, value in ipairs(found.values) do rows[i] = { value } end
    return { found.columns and found.columns[1] or "value" }, rows
  end
  local rows = {}
  for i, value in ipairs(found.values) do
    rows[i] = {}
    for j, name in ipairs(columns) do rows[i][j] = value[name] end
  end
  return columns, rows
end

local formats = {}

function formats.json(found, context)
  local value = context.data
  if context.selection then
    local many = select.many(context.selection)
    if found.values then
      value = many and json.array(found.values) or found.values[1]
    else
      local list = json.array {}
      for i, row in ipairs(found.rows) do list[i] = object_of(found, row) end
      value = many and list or list[1]
    end
  end
  if value == nil then return end
  M.write(core.isatty(1) and text.pretty(value) or json.encode(value), "\n")
end

function formats.ndjson(found)
  local function line(value)
    local encoded = json.encode(value)
    M.write(core.isatty(1) and text.harmless(encoded) or encoded, "\n")
  end
  for _, value in ipairs(found.values or {}) do line(value) end
  for _, row in ipairs(found.values and {} or found.rows) do line(object_of(found, row)) end
end

--- Prints what `--select` gives by itself: values one a line, several fields with tabs between.
function formats.lines(found)
  local function clean(value)
    local line = text.cell(value)
    return core.isatty(1) and text.plain(line) or line
  end
  for _, value in ipairs(found.values or {}) do
    M.write(value == json.null and "null" or clean(value), "\n")
  end
  for _, row in ipairs(found.values and {} or found.rows) do
    local cells = {}
    for i = 1, #found.columns do cells[i] = clean(row[i]):gsub("[\t\r\n]", " ") end
    M.write(table.concat(cells, "\t"), "\n")
  end
end

function formats.csv(found, context)
  local columns, rows = to_table(found, context.schema)
  if #columns == 0 then return end
  local function line(cells)
    local fields = {}
    for i = 1, #columns do fields[i] = text.field(cells[i]) end
    -- Most readers of CSV skip an empty line.
    local joined = #columns == 1 and fields[1] == "" and '""' or table.concat(fields, ",")
    M.write(core.isatty(1) and core.visible(joined) or joined, "\r\n")
  end
  line(columns)
  for _, row in ipairs(rows) do line(row) end
end

function formats.table(found, context)
  local columns, rows = to_table(found, context.schema)
  require "vbo.cli.common.table".write(columns, rows, {
    write = M.write, note = note, chosen = columns == found.columns or #columns == 1,
    width = core.isatty(1) and core.columns() or nil,
  })
end

--- Prints an answer.
---@param data any
---@param how {format: string?, selection: vbo.cli.Selection?, schema: vbo.Schema?}  format:
---  json, ndjson, table or csv, default lines with a selection and else json; schema: of a row
function M.print(data, how)
  local format = how.format or (how.selection and "lines" or "json")
  if data == nil then return end
  local found
  if how.selection then
    found = M.selected(how.selection, data)
  else
    found = { values = rows_of(data) }
  end
  formats[format](found, { data = data, selection = how.selection, schema = how.schema })
end

return M
