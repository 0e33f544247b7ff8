--- Makes a table over a computed one: reads fall through, writes are kept, `pairs` sees both, and
--- nil removes an entry.

local M = {}

local gone = {}

--- Returns an overlay.
---@param lookup fun(key: any): any  returns the value below
---@param list table                 all elements below
---@param entry fun(element: any): any, any  returns the key and the value of an element
---@return table
function M.new(lookup, list, entry)
  local changed = {}
  local function get(_, key)
    local value = changed[key]
    if value == nil then return lookup(key) end
    if value ~= gone then return value end
  end
  local function walk()
    for key, value in pairs(changed) do
      if value ~= gone then coroutine.yield(key, value) end
    end
    for _, element in ipairs(list) do
      local key, value = entry(element)
      if changed[key] == nil then coroutine.yield(key, value) end
    end
  end
  return setmetatable({}, {
    __index = get,
    __newindex = function(_, key, value) changed[key] = value == nil and gone or value end,
    __pairs = function() return coroutine.wrap(walk) end,
  })
end

return M
