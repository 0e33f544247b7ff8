--- Makes fields of records on first use, so that a world of many people starts at once and keeps
--- only what was read.

local M = {}

--- Defers fields of a record until one of them is read.  Copies with its metatable share the
--- fields.
---@param it table
---@param names string[]         the fields
---@param fill fun(it: table)    sets all of them
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
