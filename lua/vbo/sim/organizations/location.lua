--- Matches the location of users, groups and sites of hybrid organizations: "Cloud", "OnPremises"
--- or "Hybrid".

local core = require "vbo.core"

local M = {}

--- Checks a location against the `locationFilter` of a query: one of them, two ("CloudOrHybrid"),
--- or "Any", the default.
---@param query table<string, any>
---@param location string?  default "Cloud"
---@return boolean
function M.matches(query, location)
  local wanted = core.fold(tostring(query.locationFilter or "Any"))
  location = core.fold(location or "Cloud")
  return wanted == "any" or wanted == location
    or wanted:find("or", 1, true) ~= nil and (wanted .. "or"):find(location .. "or", 1, true) ~= nil
end

return M
