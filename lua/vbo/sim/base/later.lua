--- Records some of whose fields are made when one of them is first asked for: a world of many
--- people starts at once, and holds what somebody looked at.

local M = {}

--- Makes fields of a record come later.  Copies that keep its metatable share what was made.
---@param it table
---@param names string[]         the fields
---@param fill fun(it: table)    sets them all
---@return table it
function M.fields(it, names, fill)
  local coming, filled = {}, false
  for _, name in ipairs(names) do coming[name] = true end
  return setmetatable(it, {
    __index = function(self, key)
      if not coming[key] then return nil end
      if not filled then
        filled = true
        fill(it)
      end
      local value = rawget(it, key)
      rawset(self, key, value)
      return value
    end,
  })
end

return M
