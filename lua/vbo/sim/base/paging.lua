--- Makes pages of a list by `offset` and `limit` (default 30, at most 10,000), with links to the
--- other pages.

local json = require "vbo.base.json"
local refusal = require "vbo.sim.base.refusal"

local M = {}

M.default, M.most = 30, 10000

local function escape(text)
  return (text:gsub("[^%w%-_.~:=]", function(c) return ("%%%02X"):format(c:byte()) end))
end

-- Writes the query of this page with another offset.
local function query_at(context, offset, limit, set)
  local parts = {}
  for name, value in pairs(context.query) do
    if name ~= "offset" and name ~= "limit" and name ~= "setId" and type(value) ~= "table" then
      parts[#parts + 1] = name .. "=" .. escape(tostring(value))
    end
  end
  table.sort(parts)
  parts[#parts + 1] = "offset=" .. offset
  parts[#parts + 1] = "limit=" .. limit
  if set then parts[#parts + 1] = "setId=" .. set end
  return "?" .. table.concat(parts, "&")
end

local function slice(list, offset, limit)
  if list.slice then return list:slice(offset, limit) end
  local rows = {}
  for i = offset + 1, math.min(offset + limit, #list) do rows[#rows + 1] = list[i] end
  return rows, #list > offset + limit
end

local function offset_and_limit(query)
  local offset, limit = query.offset or 0, query.limit or M.default
  if offset < 0 then refusal.raise(400, "'offset' must not be negative.") end
  if limit < 1 or limit > M.most then
    refusal.raise(400, ("'limit' must be between 1 and %d, not %d."):format(M.most, limit))
  end
  return offset, limit
end

--- Makes the page of a list that a request asks for.
---@param context table   the request's
---@param list table      a sequence, or with `slice(self, offset, limit)` -> rows, more
---@param render fun(row: any): table
---@return table envelope
function M.page(context, list, render)
  local offset, limit = offset_and_limit(context.query)
  local found, more = slice(list, offset, limit)
  local rows = json.array {}
  for i, row in ipairs(found) do rows[i] = render(row) end
  local set = context:takes "setId" and (context.query.setId or context.app.uuid()) or nil
  local schema = context.op.answer.schema
  local shown = set or context.number >= 8 and schema and schema.properties
    and schema.properties.setId and context.app.uuid() or nil
  local here = context:here()
  local function at(from) return { href = here .. query_at(context, from, limit, set) } end
  local links = { self = at(offset), first = at(0) }
  if offset > 0 then links.prev = at(math.max(0, offset - limit)) end
  if more then links.next = at(offset + limit) end
  return { offset = offset, limit = limit, setId = shown, results = rows, _links = links }
end

--- Renders all of a list, for operations that answer a bare array.
function M.array(list, render)
  local rows = json.array {}
  for i, row in ipairs(slice(list, 0, M.most)) do rows[i] = render(row) end
  return rows
end

return M
