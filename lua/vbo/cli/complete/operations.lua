--- Completes the words of `vbolua api`: names of operations, methods and paths, and parameters.

local ascii = require "vbo.base.ascii"
local catalogue = require "vbo.catalogue"
local titles = require "vbo.catalogue.titles"

local M = {}

local methods = { "DELETE", "GET", "PATCH", "POST", "PUT" }

local function version_of(words)
  for i, word in ipairs(words) do
    local version = word:match "^%-%-version=(.+)$" or word == "--version" and words[i + 1]
    if version then return version end
  end
  return os.getenv "VBO_VERSION" or ""
end

-- Loads the catalogue of the version in the command line, by default the newest.
local function known_by(words)
  local ok, known = pcall(catalogue.load, version_of(words))
  return ok and known or catalogue.load(catalogue.versions[#catalogue.versions])
end

local function is_method(word)
  for _, method in ipairs(methods) do
    if method == ascii.upper(word) then return method end
  end
end

local function add_names(found, known, add)
  for _, method in ipairs(methods) do add(found, method) end
  for _, name in ipairs(known:names()) do add(found, name, (titles.of(name))) end
end

local function add_paths(found, known, method, add)
  for allowed, path in known:resources() do
    if allowed == method then add(found, (path:gsub("^/v%d+", ""))) end
  end
end

local function add_parameters(found, known, name, add)
  local operation = known:operation(name)
  if not operation then return end
  for _, parameter in ipairs(operation.parameters) do
    add(found, parameter.name .. "=", parameter.required and "required" or nil)
  end
  for _, property in ipairs(operation.body and operation.body.order or {}) do
    if not operation.body.properties[property].read_only then add(found, property .. "=") end
  end
end

--- Adds the candidates for the next word.
---@param found table[]
---@param plain string[]  the words before it that are neither options nor values
---@param words string[]  all of them
---@param add fun(found: table[], word: string, text: string?)
function M.add(found, plain, words, add)
  local known = known_by(words)
  local method = plain[1] and is_method(plain[1])
  if not plain[1] then
    add_names(found, known, add)
  elseif method and not plain[2] then
    add_paths(found, known, method, add)
  elseif not method then
    add_parameters(found, known, plain[1], add)
  end
end

return M
