--- Listings of what changed since a token (v7).

local fields = require "vbo.model.fields"
local pipeline = require "vbo.request.pipeline"
local resource = require "vbo.model.resource"

local M = {}

---@class vbo.Changes
---@field items table[]     the resources that changed
---@field next string?      the token to ask with next time
---@field total integer?    how many there are, where the server says so

--- Asks for what changed.
---@param client vbo.Client
---@param call string
---@param operation string
---@param class table
---@param given table?  query parameters
---@return vbo.Changes
function M.read(client, call, operation, class, given)
  local data = pipeline.call(client, { call = call, operation = operation, options = given }).data
  data = type(data) == "table" and data or {}
  local items = {}
  for i, record in ipairs(data.results or {}) do
    items[i] = resource.from_record(class, client, record)
  end
  return {
    items = items, next = fields.read(data, "nextChangeToken"),
    total = fields.read(data, "totalCount"),
  }
end

return M
