--- Tracks the PST exports of a server.  The real server writes them into one temporary folder,
--- which the next export clears: an export that still runs, in any session, loses its files, and
--- its client gets a broken answer.  (Clients of the real server have seen it; its reference does
--- not mention it.)

local M = {}

local Exports = {}
Exports.__index = Exports

--- Seconds from the start of an export to its first byte.  The real server takes minutes; this is
--- enough for exports that a script starts side by side to overlap.
M.preparing = 0.2

---@class vbo.sim.Export
---@field session table
---@field event table
---@field break_off (fun(): boolean)?  set by the sender; ends the answer, false where it is over

--- Returns the exports of a server, at first none.
---@return table
function M.new() return setmetatable({ last = nil }, Exports) end

--- Starts an export; breaks off the one before where that still runs.
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
