--- Chooses the one format of output that flags name.

local errors = require "vbo.base.error"

local M = {}

--- Returns the format that the options name; raises `usage` for two.
---@param options table
---@param names string[]  of the formats
---@return string?
function M.chosen(options, names)
  local chosen
  for _, name in ipairs(names) do
    if options[name] then
      if chosen then errors.usage(("--%s and --%s exclude each other"):format(chosen, name)) end
      chosen = name
    end
  end
  return chosen
end

return M
