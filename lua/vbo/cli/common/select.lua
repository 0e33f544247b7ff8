--- Reads `--select`: picks fields of an answer, named much as jq does.
---
---     results[].name               every row's name
---     results[].id,name,a.b        several fields of every row
---     items[0].id   list[-1]       one element
---     "odd name"."another one"     names with other characters
---
--- Fields after a comma belong to the rows of the first one.  Case does not matter.

local ascii = require "vbo.base.ascii"
local errors = require "vbo.base.error"
local json = require "vbo.base.json"
local keys = require "vbo.cli.common.keys"

local M = {}

---@class vbo.cli.Selection
---@field base table      steps to the rows; empty: there is one row
---@field columns table[]  steps inside a row
---@field names string[]   of the columns
---@field single boolean   one column: only its values are printed

local function last_each(steps)
  for i = #steps, 1, -1 do
    if steps[i] == keys.each then return i end
  end
  return 0
end

local function first_each(steps)
  for i, step in ipairs(steps) do
    if step == keys.each then return i end
  end
  return 0
end

local function same(a, b)
  return a == b or type(a) == "string" and type(b) == "string" and ascii.lower(a) == ascii.lower(b)
end

local function common(a, b)
  local n = 0
  while a[n + 1] ~= nil and same(a[n + 1], b[n + 1]) do n = n + 1 end
  return n
end

local function slice(steps, from, to) return table.move(steps, from, to or #steps, 1, {}) end

--- Reads a selection; raises `usage` for any other text.
---@param text string
---@return vbo.cli.Selection
function M.read(text)
  local paths, at = {}, 1
  repeat
    at = text:match("^%s*()", at)
    local steps, past = keys.read(text, at, "[,%s]")
    if #steps == 0 then errors.usage(("--select '%s': a name is missing"):format(text)) end
    paths[#paths + 1] = steps
    local after = text:match("^%s*,()", past)
    if not after and text:find("%S", past) then
      errors.usage(("--select '%s': expected a comma at position %d"):format(text, past))
    end
    at = after
  until not at
  local first = paths[1]
  local size = last_each(first)
  -- A further path may repeat the steps to the rows of the first one.
  local whole = {}
  for i = 2, #paths do
    local rows = first_each(first)
    whole[i] = rows > 0 and common(first, paths[i]) >= rows
    if whole[i] then size = math.min(size, last_each(slice(first, 1, common(first, paths[i])))) end
  end
  whole[1] = true
  local selection = { base = slice(first, 1, size), columns = {}, names = {}, single = #paths == 1 }
  for i, steps in ipairs(paths) do
    selection.columns[i] = whole[i] and slice(steps, size + 1) or steps
    selection.names[i] = keys.write(selection.columns[i])
  end
  if selection.names[1] == "" then
    selection.names[1] = selection.single and "value" or "."
  end
  return selection
end

local function member(value, name)
  local found = rawget(value, name)
  if found ~= nil then return found end
  for key, item in pairs(value) do
    if type(key) == "string" and ascii.lower(key) == ascii.lower(name) then return item end
  end
end

local walk

local function step_into(value, steps, at, receive, where)
  local step = steps[at]
  if type(value) ~= "table" then
    -- A missing list has no elements; a missing field is null.
    if step ~= keys.each then receive(nil) end
    return
  end
  local listed = json.is_array(value)
  if type(step) == "string" then
    if listed then
      errors.usage(("--select: %s is a list"):format(where),
        ("write %s[].%s"):format(where == "the answer" and "" or where, step))
    end
    return walk(member(value, step), steps, at + 1, receive)
  end
  if not listed then
    errors.usage(("--select: %s is an object, not a list"):format(where))
  end
  if step ~= keys.each then
    return walk(value[step < 0 and #value + step + 1 or step + 1], steps, at + 1, receive)
  end
  for _, item in ipairs(value) do walk(item, steps, at + 1, receive) end
end

function walk(value, steps, at, receive)
  if at > #steps then return receive(value) end
  local where = at == 1 and "the answer" or keys.write(slice(steps, 1, at - 1))
  return step_into(value, steps, at, receive, where)
end

local function get(value, steps)
  if last_each(steps) == 0 then
    local result
    walk(value, steps, 1, function(found) result = found end)
    return result
  end
  local list = json.array {}
  walk(value, steps, 1, function(found) list[#list + 1] = found == nil and json.null or found end)
  return list
end

--- Tells whether a selection goes through rows.
---@param selection vbo.cli.Selection
---@return boolean
function M.many(selection) return #selection.base > 0 end

--- Tells whether a selection expects an envelope around the rows.
---@param selection vbo.cli.Selection
---@return boolean
function M.wants_envelope(selection)
  local first = selection.base[1] or selection.columns[1][1]
  return type(first) == "string" and ascii.lower(first) == "results"
end

--- Returns the selected rows: each a list of the columns' values, nil where a value is missing.
---@param selection vbo.cli.Selection
---@param data any
---@return any[][] rows  each with `n` columns
function M.rows(selection, data)
  local rows = {}
  walk(data, selection.base, 1, function(row)
    local values = { n = #selection.columns }
    for i, steps in ipairs(selection.columns) do values[i] = get(row, steps) end
    rows[#rows + 1] = values
  end)
  return rows
end

return M
