--- Raises where a resource or a client is used as a list: `#`, `ipairs`.
---
--- Lua itself would run such a loop no times.

local errors = require "vbo.base.error"

local M = {}

--- Raises for what only lists can do: `thing[1]` (which `ipairs` asks for) and `#thing`.
---@param thing table
---@param hint string
function M.no_list(thing, hint)
  errors.usage(("%s is not a list"):format(tostring(thing)), hint)
end

return M
