--- Sets of API versions, and how they are written: "v6–v8", "v2, v5–v8".

local M = {}

--- "v2, v5–v8" of a set of positions.
---@param names string[]  all versions, oldest first
---@param set table<integer, any>  positions in `names` → anything true
---@return string
function M.text(names, set)
  local parts, at = {}, 1
  while at <= #names do
    if set[at] then
      local last = at
      while set[last + 1] do last = last + 1 end
      parts[#parts + 1] = last > at and names[at] .. "–" .. names[last] or names[at]
      at = last
    end
    at = at + 1
  end
  return table.concat(parts, ", ")
end

--- Whether two sets have the same positions.
function M.equal(one, other)
  for at in pairs(one) do if not other[at] then return false end end
  for at in pairs(other) do if not one[at] then return false end end
  return true
end

--- The positions of a list of parts (`{version = position, …}`).
---@param parts {version: integer}[]
---@return table<integer, true>
function M.of(parts)
  local set = {}
  for _, part in ipairs(parts) do set[part.version] = true end
  return set
end

return M
