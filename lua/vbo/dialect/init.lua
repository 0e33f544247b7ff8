--- Which dialect a client speaks; chosen once, by the catalogue of its API version.

local M = {}

---@param catalogue table  a loaded version
---@return table dialect
function M.of(catalogue)
  local class = require("vbo.dialect." .. catalogue.dialect)
  return setmetatable({ number = catalogue.number }, class)
end

return M
