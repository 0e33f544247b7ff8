--- Keeps what is to be woken at a time in a binary heap, the earliest first.

local M = {}

---@class vbo.Sleepers
local Sleepers = {}
Sleepers.__index = Sleepers

---@return vbo.Sleepers
function M.new() return setmetatable({}, Sleepers) end

--- Puts in something with a field `at`.
---@param entry {at: number}
function Sleepers:put(entry)
  local position = #self + 1
  while position > 1 do
    local parent = position // 2
    if self[parent].at <= entry.at then break end
    self[position] = self[parent]
    position = parent
  end
  self[position] = entry
end

--- Returns the earliest; nil when the heap is empty.
function Sleepers:first() return self[1] end

--- Takes the earliest out.
function Sleepers:take()
  local taken, count = self[1], #self
  local entry = self[count]
  self[count] = nil
  count = count - 1
  if count == 0 then return taken end
  local position = 1
  while true do
    local child = position * 2
    if child > count then break end
    if child < count and self[child + 1].at < self[child].at then child = child + 1 end
    if entry.at <= self[child].at then break end
    self[position] = self[child]
    position = child
  end
  self[position] = entry
  return taken
end

return M
