--- Chooses the dialect of a client once, by the catalogue of its API version.

local M = {}

---@param catalogue table  a loaded version
---@param zone number|"local"|nil  the server's own, see `vbo.time.zone`
---@return table dialect
function M.of(catalogue, zone)
  local class = require("vbo.request." .. catalogue.dialect)
  return setmetatable({ number = catalogue.number, zone = zone }, class)
end

return M
