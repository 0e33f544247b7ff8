--- PST exports of a server.  The real one writes them into one temporary folder, and an export that
--- begins clears it: one that still runs, in whatever session, loses its files, and its client gets
--- no whole answer.  (Seen by clients of the real server; its reference says nothing of it.)

local M = {}

local Exports = {}
Exports.__index = Exports

--- How long an export is prepared before its first byte, in seconds.  Of the real server it is
--- minutes; this is enough for exports that a script begins side by side to meet.
M.preparing = 0.2

---@class vbo.sim.Export
---@field session table
---@field event table
---@field break_off (fun(): boolean)?  set by whoever sends it: ends the answer unless it is over

---@return table
function M.new() return setmetatable({ last = nil }, Exports) end

--- An export begins, and ends the one before it if that is not over.
---@param session table
---@param event table  of `session:event`
---@return vbo.sim.Export
function Exports:begin(session, event)
  local before = self.last
  if before and before.break_off and before.break_off() then
    before.event.status = "Failed"
    before.event.message = "The files of this export were removed when another export began; "
      .. "export one after another"
    before.session:worsen "Warning"
  end
  self.last = { session = session, event = event }
  return self.last
end

return M
