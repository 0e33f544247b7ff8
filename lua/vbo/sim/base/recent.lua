--- Keeps a map of the most recent keys: at least the last N, at most twice as many, so that a
--- server that runs for weeks does not grow.

local M = {}

local Recent = {}
Recent.__index = Recent

--- Returns an empty map.
---@param least integer  the least number of keys it keeps
---@return vbo.sim.Recent
function M.new(least)
  ---@class vbo.sim.Recent
  return setmetatable({ least = least, young = {}, old = {}, count = 0 }, Recent)
end

--- Returns the value of a key; nil where it was never written or has been dropped.
---@return any
function Recent:get(key)
  local value = self.young[key]
  if value == nil then value = self.old[key] end
  return value
end

--- Writes a value; nil removes the key.
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

--- Counts its keys.
---@return integer
function Recent:size()
  local n = 0
  for _, map in ipairs { self.young, self.old } do
    for _ in pairs(map) do n = n + 1 end
  end
  return n
end

return M
