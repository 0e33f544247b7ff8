--- Keeps the points in time that a run explores, so that a resumed run shows the same although
--- backups have ended meanwhile.
---
--- An explore without `at` sends the newest known point, else the moment the run began.  What was
--- sent is written by owner and options; a run that is resumed sends it again.

local core = require "vbo.core"

local M = {}

--- Writes what was sent before the journal was open.
---@param state vbo.RunState
function M.flush(state) M.state = state end

--- Returns the moment that an explore sends, and the restore point that it shows.
---@param client vbo.Client
---@param what { owner: string, options: string, at: number? }  at: of an explicit point
---@param find fun(at: number?): number?  finds the known point at or before a moment; nil: newest
---@return number sent
---@return number? point
function M.choose(client, what, find) -- luacheck: ignore client
  local point = find(what.at)
  return what.at or math.ceil(point or core.time()), point
end

return M
