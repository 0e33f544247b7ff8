--- The API versions that a spec runs over, from those that ship: a later one joins by itself.

local shipped = require "vbo.catalogue.shipped"

local M = {}

--- All versions, oldest first.
---@type string[]
M.all = shipped.versions

--- The newest version.
M.newest = M.all[#M.all]

-- Versions like v6 sort by their number.
local function number(version)
  local found = shipped.products[version] and tonumber(version:match "%d+")
  return found or error(("no version %s ships with the module"):format(version), 3)
end

--- Returns the versions from one to another.
---@param first string
---@param last string
---@return string[]
function M.between(first, last)
  local from, to, list = number(first), number(last), {}
  for _, version in ipairs(M.all) do
    if number(version) >= from and number(version) <= to then list[#list + 1] = version end
  end
  return list
end

--- Returns a version and all later ones.
---@param first string
---@return string[]
function M.since(first) return M.between(first, M.newest) end

--- Returns these versions and the newest one.
---@param ... string
---@return string[]
function M.with_newest(...)
  local list = { ... }
  for _, version in ipairs(list) do number(version) end
  list[#list + 1] = M.newest
  return list
end

--- Returns the versions that speak a dialect.
---@param name "action"|"verb"
---@return string[]
function M.dialect(name)
  local list = {}
  for _, version in ipairs(M.all) do
    if shipped.load(version).dialect == name then list[#list + 1] = version end
  end
  return list
end

local action, verb = M.dialect "action", M.dialect "verb"

--- The newest version of each dialect.
---@type string[]
M.each_dialect = { action[#action], verb[#verb] }

--- Versions that differ from each other in what a session can do: without v1, which is as v2, and
--- v4, which is as v3.
---@type string[]
M.distinct = {}
for _, version in ipairs(M.all) do
  if version ~= "v1" and version ~= "v4" then table.insert(M.distinct, version) end
end

return M
