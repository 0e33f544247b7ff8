--- The catalogues of the versions that ship with the module.

local lookup = require "vbo.catalogue.lookup"

local M = {}

--- The release of the product that brought each version.
---@type table<string, string>
M.products = {
  v1 = "1.5", v2 = "2.0", v3 = "3.0", v4 = "4.0", v5 = "5.0", v6 = "6.0", v7 = "7.0", v8 = "8.0",
}

--- The versions, oldest first.
---@type string[]
M.versions = {}
for version in pairs(M.products) do table.insert(M.versions, version) end
table.sort(M.versions, function(one, other)
  return tonumber(one:match "%d+") < tonumber(other:match "%d+")
end)

local loaded = {}

--- Returns the catalogue of a version that ships with the module.
---@param version string  "v1" … "v8"
---@return vbo.Catalogue  the same one every time
function M.load(version)
  loaded[version] = loaded[version] or lookup.new(require("vbo.catalogue.facts." .. version))
  return loaded[version]
end

return M
