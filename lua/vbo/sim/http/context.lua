--- What a handler works with: one request, already matched, authorized and checked, and the ways
--- to answer it.

local ascii = require "vbo.base.ascii"
local json = require "vbo.base.json"
local paging = require "vbo.sim.base.paging"

local M = {}

---@class vbo.sim.Context
---@field app table        settings: uuid, clock, zone
---@field store table
---@field number integer   the API version
---@field op vbo.Operation
---@field params table<string, string>  of the path
---@field query table<string, any>
---@field body any         checked; an empty table when none was sent
---@field user string
---@field account vbo.sim.Account
local Context = {}
Context.__index = Context

--- A context.
---@param fields table
---@return vbo.sim.Context
function M.new(fields) return setmetatable(fields, Context) end

--- Whether the operation takes a query parameter in this version.
function Context:takes(name)
  for _, parameter in ipairs(self.op.parameters) do
    if parameter.name == name and parameter.place == "query" then return true end
  end
  return false
end

--- A link: absolute with lower-cased names up to v5, relative later.  Ids keep their case.
---@param path string  "/RestoreSessions/%s/…"
---@param ... string   the ids
---@return string
function Context:link(path, ...)
  if self.number <= 5 then
    path = path:gsub("/(%w+)", function(word) return "/" .. ascii.lower(word) end)
    return self.app.origin() .. "/v" .. self.number .. path:format(...)
  end
  return "/v" .. self.number .. path:format(...)
end

--- { href = … } of `link`.
function Context:href(path, ...) return { href = self:link(path, ...) } end

--- The link of the requested resource itself, without its query.
---@return string
function Context:here()
  local given = {}
  local path = self.op.path:gsub("^/v%d+", ""):gsub("{([^}]+)}", function(name)
    given[#given + 1] = self.params[name]
    return "%s"
  end)
  return self:link(path, table.unpack(given))
end

-- What an answer may hold beside what its schema declares: links, and what collectors read.
local extra = { _links = true, _actions = true, pointInTime = true, totalCount = true }

--- Only what the schema of this version knows: so `size` and `sizeBytes` part ways.
local function project(value, schema)
  if type(value) ~= "table" or not schema then return value end
  if schema.items then
    for i, each in ipairs(value) do value[i] = project(each, schema.items) end
    return value
  end
  if not schema.properties then return value end
  local out = {}
  for key, each in pairs(value) do
    local inner = schema.properties[key]
    if inner or extra[key] or schema.additional then
      out[key] = inner and key ~= "_links" and project(each, inner) or each
    end
  end
  return out
end

--- Answers a JSON value in the shape of the operation.
---@param value any
---@param headers table<string, string>?
function Context:json(value, headers)
  return {
    status = self.op.answer.status,
    headers = headers or {},
    json = project(value, self.op.answer.schema),
  }
end

--- Answers a list: a page or a bare array, as this version does.
---@param list table
---@param render fun(context: vbo.sim.Context, row: any): table
function Context:list(list, render)
  local function row(each)
    local value = render(self, each)
    return self.op.answer.item and project(value, self.op.answer.item) or value
  end
  local value
  if self.op.answer.array then
    value = paging.array(list, row)
  else
    value = paging.page(self, list, row)
    if self.number == 5 and self.op.name:match "^JobSession_Get" then value.totalCount = #list end
  end
  return { status = self.op.answer.status, headers = {}, json = value }
end

--- Answers nothing.
function Context:empty() return { status = self.op.answer.status, headers = {}, body = "" } end

--- Answers a stream.  The real server names no reliable file.
---@param stream table  a description of `vbo.sim.streams`
function Context:stream(stream)
  return {
    status = self.op.answer.status, stream = stream,
    headers = { ["content-type"] = "application/octet-stream" },
  }
end

--- A body's property that may be an explicit null.
---@param value any
function M.given(value)
  if value == json.null then return nil end
  return value
end

return M
