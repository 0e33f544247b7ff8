--- Reads the examples of classes: a runbook each, whose first comment names the classes.

local output = require "tools.output"

local M = {}

---@class tools.Example
---@field file string
---@field classes string[]
---@field code string  without the comment

--- Returns the examples of a folder.
---@param folder string
---@return tools.Example[]
function M.read(folder)
  local list = {}
  for i, file in ipairs(output.list(folder)) do
    local example = { file = file, classes = {} }
    local text = output.read(folder .. "/" .. file)
    while text:find "^%-%- " do
      local line, rest = text:match "^%-%- ([^\n]*)\n(.*)$"
      for class in line:gmatch "%w+" do table.insert(example.classes, class) end
      text = rest
    end
    example.code = text
    list[i] = example
  end
  return list
end

return M
