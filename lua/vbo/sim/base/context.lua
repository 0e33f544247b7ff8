--- Holds one request for its handler, matched, authorized and checked, and makes its answer.

local ascii = require "vbo.base.ascii"
local paging = require "vbo.sim.base.paging"

local M = {}

---@class vbo.sim.Context
---@field app table        settings: uuid, clock, zone
---@field store table
---@field number integer   the API version
---@field op vbo.Operation
---@field params table<string, string>  of the path
---@field query table<string, any>
---@field body any         checked; an empty table without one
---@field user string
---@field account vbo.sim.Account
local Context = {}
Context.__index = Context

--- Returns a context.
---@param fields table
---@return vbo.sim.Context
function M.new(fields) return setmetatable(fields, Context) end

--- Checks whether the operation takes a query parameter in this version.
function Context:takes(name)
  for _, parameter in ipairs(self.op.parameters) do
    if parameter.name == name and parameter.place == "query" then return true end
  end
  return false
end

--- Makes a link: absolute with lower-case names up to v5, relative later.  Ids keep their case.
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

--- Makes { href = … } of `link`.
function Context:href(path, ...) return { href = self:link(path, ...) } end

--- Makes the link of the requested resource, without its query.
---@return string
function Context:here()
  local given = {}
  local path = self.op.path:gsub("^/v%d+", ""):gsub("{([^}]+)}", function(name)
    given[#given + 1] = self.params[name]
    return "%s"
  end)
  return self:link(path, table.unpack(given))
end

-- Properties of answers that the schemas do not declare: links, and what collectors read.
local extra = { _links = true, _actions = true, pointInTime = true, totalCount = true }

-- Keeps the properties that the schema of this version has, such as either `size` or `sizeBytes`.
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

--- Answers without a body.
function Context:empty() return { status = self.op.answer.status, headers = {}, body = "" } end

--- Answers a stream.  The real server sends no reliable file name, either.
function Context:stream(stream)
  return {
    status = self.op.answer.status, stream = stream,
    headers = { ["content-type"] = "application/octet-stream" },
  }
end

return M
