--- Answers the description of the API where the real server has it: `GET /swagger/docs/v5` returns
--- the document of a version without a token.  Here every version has OpenAPI 3.0, made from the
--- catalogue.

local ascii = require "vbo.base.ascii"
local catalogue = require "vbo.catalogue"

local M = {}

--- Answers a request for a description; returns nil for other requests.
---@param app table
---@param request table
---@return table?
function M.handle(app, request)
  local version = ascii.lower(request.path):match "^/swagger/docs/(v%d+)/?$"
  if not version then return nil end
  local known = false
  for _, name in ipairs(catalogue.versions) do known = known or name == version end
  if not known then
    return { status = 404, headers = {},
      json = { message = ("There is no API version %s."):format(version) } }
  end
  if request.method ~= "GET" and request.method ~= "HEAD" then
    return { status = 405, headers = { allow = "GET" },
      json = { message = ("%s is not allowed here."):format(request.method) } }
  end
  local text = require("vbo.catalogue.export").document(catalogue.load(version), app.origin())
  return {
    status = 200, headers = { ["content-type"] = "application/json; charset=utf-8" }, body = text,
  }
end

return M
