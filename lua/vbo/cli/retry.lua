--- Runs `vbolua retry`: does again what failed in a run, and nothing else.

local again = require "vbo.cli.runs.again"
local errors = require "vbo.base.error"
local resume = require "vbo.cli.resume"

local M = {}

M.summary = "do again what failed in a run"

M.usage = [[
usage: vbolua retry [options] RUN

Runs the runbook of RUN again.  Steps that were done answer from the journal; those that failed or
were refused are sent again, and of those that were done in part the items that failed, where the
server names them.  RUN is a name, a part that it alone begins or ends with, or `last`.

  --unknown HOW        as of vbolua resume: ask, retry, skip or fail
  --changed            go on although the runbook, a module, the server or a setting has changed

and the options of a run: --journal FILE, --no-journal, --reason TEXT, --overlap=allow,
--max-changes N, --max-items N, --only PATTERN, --canary N, --stop-after-failures N|P%,
--notify COMMAND
]]

--- The options are those of `resume`.
M.options = resume.options
M.runs = true

--- Runs the command.
---@param arguments string[]
---@return integer? status
function M.run(arguments)
  local options, words = again.read(arguments, M.options, "retry")
  if not words[1] then errors.usage("retry needs a run", "name it; `vbolua runs` lists them") end
  return again.run(again.choose(options, words[1], "retry"), options)
end

return M
