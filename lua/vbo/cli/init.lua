--- Runs the commands of `vbolua`: one module `vbo.cli.NAME` each.
---
--- A command is a table with `summary`, one line; `usage`, what `--help` prints; `options`, as
--- `vbo.cli.common.options` reads them; `subcommands`, by name; and `run(arguments)`, which returns
--- the exit status (nil: 0) or raises.

local M = {}

---@class vbo.Command
---@field summary string
---@field usage string
---@field options table<string, string>?
---@field subcommands table<string, { summary: string, usage: string?, options: table? }>?
---@field run fun(arguments: string[]): integer?

local function is_help(word) return word == "--help" or word == "-h" end

-- Returns the usage of a command or of its subcommand.
local function usage_of(command, arguments)
  if is_help(arguments[1]) then return command.usage end
  local sub = command.subcommands and command.subcommands[arguments[1]]
  return sub and is_help(arguments[2]) and (sub.usage or command.usage) or nil
end

--- Runs a command.
---@param name string
---@param arguments string[]
---@return integer status  for the shell
function M.run(name, arguments)
  ---@type vbo.Command
  local command = require("vbo.cli." .. name)
  local usage = usage_of(command, arguments)
  if usage then
    io.stdout:write(usage)
    return 0
  end
  return command.run(arguments) or 0
end

return M
