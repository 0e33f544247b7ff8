--- Reads all pages of an operation that is called by name.

local errors = require "vbo.base.error"
local json = require "vbo.base.json"
local pages = require "vbo.model.pages"

local M = {}

--- Iterates over the pages.
---
--- Raises `usage` when the operation answers no list, and what `vbo.collection.pages` says
--- of a list that is not whole.
---@param client vbo.Client
---@param operation vbo.Operation
---@param intent table  of `vbo.api.intent`; its `limit` is the size of a page
---@return fun(): any[]?
---@return nil, nil
---@return vbo.Pages  closed when the loop ends
function M.pages(client, operation, intent)
  local answer = operation.answer
  if operation.change or not (answer.page or answer.array) then
    errors.usage(operation.name .. " answers no list: it has no pages")
  end
  local list = pages.new {
    client = client, operation = operation.name, path = intent.path, query = intent.query,
    body = intent.body, strict = intent.strict, deadline = intent.deadline,
  }
  return function() return list:next() end, nil, nil, list
end

--- Returns the rows of all pages in one list.
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
