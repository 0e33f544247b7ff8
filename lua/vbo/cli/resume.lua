--- Runs `vbolua resume`: goes on with a run that died, failed or was stopped.

local again = require "vbo.cli.runs.again"
local own = require "vbo.cli.program.own"

local M = {}

M.summary = "go on with a run that died or failed"

M.usage = [[
usage: vbolua resume [options] [RUN]

Runs the runbook of RUN again, with its arguments, in its folder.  What it did already answers from
the journal and is not done again; what was sent without an answer is looked up on the server.  RUN
is a name, a part that it alone begins or ends with, or `last`; by default the last run of yours
that died, failed or was stopped.

  --unknown HOW        what to do with a step whose outcome stays unknown: ask (the default at a
                       terminal), retry (only what can be repeated), skip, or fail (the default
                       elsewhere)
  --changed            go on although the runbook, a module, the server or a setting has changed

and the options of a run, in place of those that it began with: --journal FILE, --no-journal,
--reason TEXT, --overlap=allow, --max-changes N, --max-items N, --only PATTERN, --canary N,
--stop-after-failures N|P%, --notify COMMAND

The exit status is that of the runbook.
]]

--- The options, as `vbo.cli.common.options` reads them; `vbolua complete` offers them.
M.options = { unknown = "value", changed = "flag" }
for name, kind in pairs(own.spec) do M.options[name] = kind end

--- Words stand for runs.
M.runs = true

--- Runs the command.
---@param arguments string[]
---@return integer? status
function M.run(arguments)
  local options, words = again.read(arguments, M.options, "resume")
  return again.run(again.choose(options, words[1], "resume"), options)
end

return M
