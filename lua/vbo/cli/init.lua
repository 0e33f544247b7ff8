--- The commands of `vbolua`: one module `vbo.cli.NAME` each.
---
--- A command is a table with `summary`, one line; `usage`, what `--help` prints; and
--- `run(arguments)`, which returns the exit status (nil: 0) or raises.

local M = {}

---@class vbo.Command
---@field summary string
---@field usage string
---@field run fun(arguments: string[]): integer?

--- Runs a command.
---@param name string
---@param arguments string[]
---@return integer status  for the shell
function M.run(name, arguments)
  ---@type vbo.Command
  local command = require("vbo.cli." .. name)
  if arguments[1] == "--help" or arguments[1] == "-h" then
    io.stdout:write(command.usage)
    return 0
  end
  return command.run(arguments) or 0
end

return M
