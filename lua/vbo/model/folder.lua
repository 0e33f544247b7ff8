--- Folders that saves go to.

local core = require "vbo.core"
local errors = require "vbo.base.error"
local scratch = require "vbo.base.scratch"

local M = {}

--- Makes a folder, and those that it lies in, where they are missing.
---@param path string
---@return string path  without "/" at its end, unless it is the root
function M.make(path)
  path = path:gsub("(.)/+$", "%1")
  local found = core.stat(path)
  if found and found.type ~= "directory" then
    errors.raise { kind = "exists", message = ("%s is a file, not a folder"):format(path) }
  end
  local mapped = scratch.path(path)
  if mapped ~= path then path, found = mapped, core.stat(mapped) end
  if not found then
    local above = path:match "^(.*[^/])/+[^/]+$"
    if above then M.make(above) end
    local ok, err = core.mkdir(path)
    if not ok then errors.raise(err) end
  end
  return path
end

return M
