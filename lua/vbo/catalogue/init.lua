--- The facts of every operation of every API version, loaded on demand.
---
--- `require "vbo.catalogue"` loads no facts; `load` reads the index of one version, and the
--- operations and schemas of it are read when they are asked for.

local imported = require "vbo.catalogue.imported"
local lookup = require "vbo.catalogue.lookup"
local shipped = require "vbo.catalogue.shipped"

local M = {}

local products = shipped.products
local imports = imported.find()
local loaded = {}

local function sort(versions)
  table.sort(versions, function(a, b)
    return tonumber(a:match "%d+") < tonumber(b:match "%d+")
  end)
  return versions
end

local function all_versions()
  local list = {}
  for version in pairs(products) do list[#list + 1] = version end
  for version in pairs(imports) do
    if not products[version] then list[#list + 1] = version end
  end
  return sort(list)
end

--- The API versions that are known, oldest first: those that ship with the module and those
--- that were imported (see `vbo.catalogue.imported`).
---@type string[]
M.versions = all_versions()

--- The catalogue of one API version.
---
--- An imported one wins over the one that ships; raises `usage` when it is broken.
---@param version string  "v1" … "v8", or one that was imported or added
---@return vbo.Catalogue  the same one every time; raises for an unknown version
function M.load(version)
  local catalogue = loaded[version]
  if catalogue then return catalogue end
  if imports[version] then
    catalogue = lookup.new(imported.load(imports[version], version))
  elseif products[version] then
    catalogue = M.shipped(version)
  else
    error(("unknown API version %s; known: %s"):format(
      tostring(version), table.concat(M.versions, ", ")), 2)
  end
  loaded[version] = catalogue
  return catalogue
end

--- The catalogue of a version that ships with the module, whatever was imported.
---@param version string
---@return vbo.Catalogue
function M.shipped(version) return shipped.load(version) end

--- Where a version's catalogue comes from.
---@param version string
---@return string? path  of the imported file; nil: it ships with the module, or was added
function M.source(version) return imports[version] end

--- Adds the catalogue of a further version (or replaces one), as `generate.import` made it.
---@param module table  what the generated module returns
---@return vbo.Catalogue
function M.add(module)
  local catalogue = lookup.new(module)
  local known
  for _, version in ipairs(M.versions) do known = known or version == catalogue.version end
  if not known then
    M.versions[#M.versions + 1] = catalogue.version
    sort(M.versions)
  end
  loaded[catalogue.version] = catalogue
  return catalogue
end

-- All versions but imported ones that are broken: those spoil what uses them, nothing else.
local function each_catalogue(receive)
  for _, version in ipairs(M.versions) do
    local ok, catalogue = pcall(M.load, version)
    if ok then
      receive(catalogue)
    elseif not imports[version] then
      error(catalogue, 0)
    end
  end
end

--- The versions that have an operation.
---@param name string  canonical name or an alias, in any case
---@return string[]  oldest first; empty when none has it
function M.having(name)
  local result = {}
  each_catalogue(function(catalogue)
    if catalogue:has(name) then result[#result + 1] = catalogue.version end
  end)
  return result
end

local function all_names()
  local names, seen, catalogues = {}, {}, {}
  each_catalogue(function(catalogue) table.insert(catalogues, 1, catalogue) end)
  for _, catalogue in ipairs(catalogues) do
    for _, name in ipairs(catalogue:names()) do
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
    local near = require "vbo.base.nearest"(name, all_names())
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
