--- The API's own description, where the real server keeps it: `GET /swagger/docs/v5` gives the
--- document of a version to whoever asks, without a token.  Here it is of OpenAPI 3.0 for every
--- version, made of the catalogue.

local ascii = require "vbo.base.ascii"
local catalogue = require "vbo.catalogue"

local M = {}

--- The answer to a request for a description; nil when it is for something else.
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
