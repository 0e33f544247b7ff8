--- A map that remembers what was written lately: at least the last N keys, and never more than
--- twice as many.  A server that runs for weeks meets more keys than it should keep.

local M = {}

local Recent = {}
Recent.__index = Recent

--- An empty one.
---@param least integer  how many keys it remembers at least
---@return vbo.sim.Recent
function M.new(least)
  ---@class vbo.sim.Recent
  return setmetatable({ least = least, young = {}, old = {}, count = 0 }, Recent)
end

---@return any value  nil: never written, or too long ago
function Recent:get(key)
  local value = self.young[key]
  if value == nil then value = self.old[key] end
  return value
end

--- Writes a value; nil takes the key away.
function Recent:set(key, value)
  self.old[key] = nil
  local there = self.young[key] ~= nil
  if there and value == nil then
    self.count = self.count - 1
  elseif not there and value ~= nil then
    if self.count >= self.least then self.young, self.old, self.count = {}, self.young, 0 end
    self.count = self.count + 1
  end
  self.young[key] = value
end

--- How many keys it holds.
---@return integer
function Recent:size()
  local n = 0
  for _, map in ipairs { self.young, self.old } do
    for _ in pairs(map) do n = n + 1 end
  end
  return n
end

return M
