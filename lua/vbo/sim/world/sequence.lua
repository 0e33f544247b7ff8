--- Makes lists that compute their elements on use.  `#list`, `list[i]` and `ipairs(list)` work as
--- with any list; elements are not kept.

local M = {}

local function read_only() error("a generated list cannot be changed", 2) end

--- Returns a list.
---@param count integer
---@param at fun(i: integer): any  returns the element at 1 … count, always the same for an i
---@return table
function M.new(count, at)
  local function get(_, i)
    if math.type(i) == "integer" and i >= 1 and i <= count then return at(i) end
  end
  return setmetatable({}, {
    __len = function() return count end, __index = get, __newindex = read_only,
    __pairs = function(self) return ipairs(self) end,
  })
end

--- Maps a function over a list.
---@param list table
---@param fn fun(element: any): any
---@return table
function M.map(list, fn)
  return M.new(#list, function(i) return fn(list[i]) end)
end

--- Concatenates lists.
---@return table
function M.concat(first, second)
  local count = #first
  return M.new(count + #second, function(i)
    if i <= count then return first[i] end
    return second[i - count]
  end)
end

--- Maps a function that returns several elements, or none, over a list.  The number of elements is
--- unknown: the list can only be sliced (`base/paging.lua`), and computes what precedes a slice.
---@param list table
---@param fn fun(element: any): any[]
---@return table
function M.flatten(list, fn)
  return {
    slice = function(_, offset, limit)
      local rows, passed = {}, 0
      for i = 1, #list do
        for _, row in ipairs(fn(list[i])) do
          passed = passed + 1
          if passed > offset + limit then return rows, true end
          if passed > offset then rows[#rows + 1] = row end
        end
      end
      return rows, false
    end,
  }
end

return M
