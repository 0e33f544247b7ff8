--- Finds the operation of a method and a path, as a server does.

local ascii = require "vbo.base.ascii"

local M = {}

local Routes = {}
Routes.__index = Routes

local function segments_of(path)
  local result = {}
  for segment in path:gmatch "[^/]+" do result[#result + 1] = segment end
  return result
end

local function decode(segment)
  return (segment:gsub("%%(%x%x)", function(hex) return string.char(tonumber(hex, 16)) end))
end

--- The routes of a catalogue.
---@param catalogue vbo.Catalogue
function M.new(catalogue)
  local root = { literal = {} }
  for _, name in ipairs(catalogue:names()) do
    local method, path, action = catalogue:route(name)
    local node = root
    for _, segment in ipairs(segments_of(path)) do
      local word = ascii.lower(segment)
      if word:match "^{" then
        node.any = node.any or { literal = {} }
        node = node.any
      else
        node.literal[word] = node.literal[word] or { literal = {} }
        node = node.literal[word]
      end
    end
    node.methods = node.methods or {}
    if action then
      node.methods[method] = node.methods[method] or { path = path, actions = {} }
      node.methods[method].actions[ascii.lower(action)] = name
    else
      node.methods[method] = { path = path, name = name }
    end
  end
  return setmetatable({ root = root, catalogue = catalogue }, Routes)
end

-- A literal segment wins over a parameter; when it leads nowhere, the parameter is tried.
local function walk(node, segments, at, method, allowed)
  if at > #segments then
    if not node.methods then return nil end
    for name in pairs(node.methods) do allowed[name] = true end
    return node.methods[method], {}
  end
  local literal = node.literal[ascii.lower(decode(segments[at]))]
  if literal then
    local found, values = walk(literal, segments, at + 1, method, allowed)
    if found then return found, values end
  end
  if node.any then
    local found, values = walk(node.any, segments, at + 1, method, allowed)
    if found then
      table.insert(values, 1, decode(segments[at]))
      return found, values
    end
  end
end

function Routes:find(method, path)
  local catalogue = self.catalogue
  local segments = segments_of(path:match "^[^?#]*")
  if not segments[1] or ascii.lower(segments[1]) ~= catalogue.version then return nil end
  local allowed = {}
  local found, values = walk(self.root, segments, 2, ascii.upper(method), allowed)
  if not found then
    local list = {}
    for name in pairs(allowed) do list[#list + 1] = name end
    table.sort(list)
    return nil, nil, #list > 0 and list or nil
  end
  local parameters, at = {}, 0
  for name in found.path:gmatch "{([^}]+)}" do
    at = at + 1
    parameters[name] = values[at]
  end
  if found.name then return catalogue:operation(found.name), parameters end
  local actions = {}
  for key, name in pairs(found.actions) do actions[key] = catalogue:operation(name) end
  return {
    actions = actions, method = ascii.upper(method), path = "/" .. catalogue.version .. found.path,
  }, parameters
end

return M
