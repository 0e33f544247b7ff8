--- Where users, groups and sites of hybrid organizations lie: "Cloud", "OnPremises" or "Hybrid".

local core = require "vbo.core"

local M = {}

--- Whether a location is what the `locationFilter` of a query asks for: one of them, two
--- ("CloudOrHybrid"), or "Any", which is what its absence means.
---@param query table<string, any>
---@param location string?  nil is "Cloud"
---@return boolean
function M.matches(query, location)
  local wanted = core.fold(tostring(query.locationFilter or "Any"))
  location = core.fold(location or "Cloud")
  return wanted == "any" or wanted == location
    or wanted:find("or", 1, true) ~= nil and (wanted .. "or"):find(location .. "or", 1, true) ~= nil
end

return M
