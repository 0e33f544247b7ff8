--- Finds the classes and functions of `vbo.objects` by name, and loads their modules on first use.
---
--- "jobs.copy.CopyJob" is `CopyJob` of the module `vbo.objects.jobs.copy`.  This is the one place
--- where a lower room reaches an object: classes and clients name each other and load nothing
--- before it is used.

local M = {}

local found = {}

--- Returns a class or function by its name.
---@param name string|table  a class stands for itself
---@return any
function M.named(name)
  if type(name) ~= "string" then return name end
  local value = found[name]
  if value == nil then
    local module, member = name:match "^(.+)%.([%w_]+)$"
    value = require("vbo.objects." .. module)[member]
    if value == nil then error(("vbo.objects.%s has no %s"):format(module, member), 2) end
    found[name] = value
  end
  return value
end

return M
