--- What a run changed in a rehearsal server's production, for people: `vbolua sim changes`.

local errors = require "vbo.error"
local pipeline = require "vbo.pipeline"
local progress = require "vbo.runtime.progress"

local M = {}

--- Asks a rehearsal server what changed since its start (or its last reset).
---@param client vbo.Client
---@return vbo.sim.Change[]
function M.list(client)
  local answer = pipeline.run(client, {
    operation = "sim changes", method = "GET", path = "/sim/changes", change = false,
  }, 1)
  if type(answer.data) ~= "table" then
    errors.raise { kind = "protocol", message = "this is no rehearsal server" }
  end
  return answer.data
end

--- Changes as lines: one a person and place, what happened below it.
---@param changes vbo.sim.Change[]
---@return string[]
function M.lines(changes)
  local lines, groups, order = {}, {}, {}
  for _, change in ipairs(changes) do
    local where = ("%s: %s"):format(change.workload, change.user)
    if not groups[where] then
      groups[where] = {}
      order[#order + 1] = where
    end
    table.insert(groups[where], change)
  end
  for _, where in ipairs(order) do
    lines[#lines + 1] = where
    for _, change in ipairs(groups[where]) do
      lines[#lines + 1] = ("  %-8s %-11s %s%s%s"):format(change.change, change.how or "",
        -- A name is data: its control characters must not reach the terminal.
        (change.path:gsub("%c", "?")),
        change.version and (" (version %s)"):format(change.version) or "",
        change.size and ", " .. progress.size(change.size) or "")
    end
  end
  lines[#lines + 1] = ("%d change%s in production"):format(#changes, #changes == 1 and "" or "s")
  return lines
end

return M
