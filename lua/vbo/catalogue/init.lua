--- The facts of every operation of every API version, loaded on demand.
---
--- `require "vbo.catalogue"` loads no facts; `load` reads the index of one version, and the
--- operations and schemas of it are read when they are asked for.

local lookup = require "vbo.catalogue.lookup"

local M = {}

--- The API versions that ship with the module, oldest first.
---@type string[]
M.versions = { "v1", "v2", "v3", "v4", "v5", "v6", "v7", "v8" }

local loaded = {}
local products = {
  v1 = "1.5", v2 = "2.0", v3 = "3.0", v4 = "4.0", v5 = "5.0", v6 = "6.0", v7 = "7.0", v8 = "8.0",
}

--- The catalogue of one API version.
---@param version string  "v1" … "v8", or one that was added
---@return vbo.Catalogue  the same one every time; raises for an unknown version
function M.load(version)
  local catalogue = loaded[version]
  if catalogue then return catalogue end
  if not products[version] then
    error(("unknown API version %s; known: %s"):format(
      tostring(version), table.concat(M.versions, ", ")), 2)
  end
  catalogue = lookup.new(require("vbo.catalogue.facts." .. version))
  loaded[version] = catalogue
  return catalogue
end

--- Adds the catalogue of a further version (or replaces one), as `generate.import` made it.
---@param module table  what the generated module returns
---@return vbo.Catalogue
function M.add(module)
  local catalogue = lookup.new(module)
  local known
  for _, version in ipairs(M.versions) do known = known or version == catalogue.version end
  if not known then
    M.versions[#M.versions + 1] = catalogue.version
    table.sort(M.versions, function(a, b)
      return tonumber(a:match "%d+") < tonumber(b:match "%d+")
    end)
  end
  loaded[catalogue.version] = catalogue
  return catalogue
end

--- The versions that have an operation.
---@param name string  canonical name or an alias, in any case
---@return string[]  oldest first; empty when none has it
function M.having(name)
  local result = {}
  for _, version in ipairs(M.versions) do
    if M.load(version):has(name) then result[#result + 1] = version end
  end
  return result
end

local function all_names()
  local names, seen = {}, {}
  for i = #M.versions, 1, -1 do
    for _, name in ipairs(M.load(M.versions[i]):names()) do
      if not seen[name] then
        seen[name] = true
        names[#names + 1] = name
      end
    end
  end
  return names
end

local function span(versions)
  if #versions == 1 then return "only " .. versions[1] .. " has it" end
  return ("%s and %s have it"):format(
    table.concat(versions, ", ", 1, #versions - 1), versions[#versions])
end

--- The error for an operation that a version lacks.
---@param catalogue vbo.Catalogue
---@param name string
---@return table err  kind "unsupported" when another version has it, "usage" when none has
function M.missing(catalogue, name)
  local versions = M.having(name)
  if #versions == 0 then
    local near = require "vbo.nearest"(name, all_names())
    return {
      kind = "usage", operation = name,
      message = ("there is no operation %s in any version"):format(name),
      hint = near and ("did you mean %s?"):format(near) or nil,
    }
  end
  local first = tonumber(versions[1]:match "%d+")
  local last = tonumber(versions[#versions]:match "%d+")
  local how
  if first > catalogue.number then
    how = ("it came with %s (product %s)"):format(versions[1], products[versions[1]] or first)
  elseif last < catalogue.number then
    how = ("it went after %s (product %s)"):format(
      versions[#versions], products[versions[#versions]] or last)
  else
    how = span(versions)
  end
  return {
    kind = "unsupported", operation = name,
    message = ("%s has no %s; %s"):format(catalogue.version, name, how),
    hint = first ~= last and span(versions) or nil,
  }
end

return M
