--- All pages of an operation that is called by name.

local errors = require "vbo.error"
local json = require "vbo.json"
local pipeline = require "vbo.pipeline"

local M = {}

-- The API's default of 30 costs too many round trips; servers are known to time out
-- building pages of 1,000.
local page_size = 250
local least_size = 30

local function protocol(operation, message, hint)
  errors.raise { kind = "protocol", operation = operation.name, message = message, hint = hint }
end

-- The rows of what a version answers: an envelope, or a bare array.
local function rows_of(operation, data)
  if data == nil then return {}, nil end
  if type(data) == "table" then
    if type(data.results) == "table" then return data.results, data end
    if json.is_array(data) then return data, nil end
  end
  protocol(operation, "the server answered neither a page nor a list")
end

local function mark_of(rows)
  local function text(row) return type(row) == "table" and row.id or json.encode(row) end
  return tostring(text(rows[1])) .. "\0" .. tostring(text(rows[#rows]))
end

-- Whether another page follows: the links say so where there are any.
local function more(page, count, limit)
  if count == 0 then return false end
  local links = page and page._links
  if type(links) == "table" and next(links) then
    for name in pairs(links) do
      if name:lower() == "next" then return true end
    end
    return false
  end
  local asked = page and math.tointeger(page.limit)
  return count >= math.min(asked and asked > 0 and asked or limit, limit)
end

local function places_of(operation)
  local names = {}
  for _, parameter in ipairs(operation.parameters) do
    if parameter.place == "query" then names[parameter.name:lower()] = parameter.name end
  end
  return names.offset, names.limit, names.setid
end

local function check(operation)
  local answer = operation.answer
  if operation.change or not (answer.page or answer.array) then
    errors.usage(operation.name .. " answers no list: it has no pages")
  end
end

-- A page that takes the server too long is asked for again in halves.
local function ask(client, intent, state)
  while true do
    local ok, answer = pcall(pipeline.call, client, intent)
    if ok then return answer end
    local slow = errors.is(answer) and answer.kind == "timeout" and state.limit_name
      and state.limit > least_size
    if not slow then error(answer, 0) end
    state.limit = math.max(least_size, state.limit // 2)
    intent.query[state.limit_name] = state.limit
  end
end

local function number(value, what, fallback)
  if value == nil then return fallback end
  return math.tointeger(tonumber(value)) or errors.usage(("'%s' must be an integer"):format(what))
end

--- The pages, one after another.
---
--- Raises `usage` when the operation answers no list, `protocol` when the server gives the
--- same page twice or fewer rows than it says there are.
---@param client vbo.Client
---@param operation vbo.Operation
---@param intent table  of `vbo.api.intent`; its `limit` is the size of a page
---@return fun(): any[]?
function M.pages(client, operation, intent)
  check(operation)
  local offset_name, limit_name, set_name = places_of(operation)
  local query = intent.query
  local first = offset_name and number(query[offset_name], offset_name, 0) or 0
  local state = {
    limit_name = limit_name,
    limit = limit_name and number(query[limit_name], limit_name, page_size) or page_size,
  }
  local offset, seen, finished = first, {}, false
  return function()
    if finished then return nil end
    if limit_name then query[limit_name] = state.limit end
    if offset_name then query[offset_name] = offset end
    local rows, page = rows_of(operation, ask(client, intent, state).data)
    if #rows > 0 then
      local mark = mark_of(rows)
      if seen[mark] then
        -- A server that ignores `offset` and answers a bare list has answered all of it.
        if not page then finished = true return nil end
        protocol(operation, ("the server answered the same page again at offset %d"):format(offset),
          "the list is not complete")
      end
      seen[mark] = true
    end
    if set_name and page and type(page.setId) == "string" then query[set_name] = page.setId end
    offset = offset + #rows
    finished = not more(page, #rows, state.limit) or not page and not offset_name
    if not finished and not offset_name then
      protocol(operation, "there is a next page, and no way to ask for it",
        "the list is not complete")
    end
    local total = finished and page and math.tointeger(page.totalCount)
    if total and offset < total then
      protocol(operation, ("the server says that there are %d, and gave %d"):format(total, offset),
        "the list is not complete")
    end
    return rows
  end
end

--- The rows of all pages in one list.
---@param client vbo.Client
---@param operation vbo.Operation
---@param intent table
---@return any[]
function M.all(client, operation, intent)
  local list = json.array {}
  for rows in M.pages(client, operation, intent) do
    for _, row in ipairs(rows) do list[#list + 1] = row end
  end
  return list
end

return M
