--- Finds modules that no spec is about: none has its name, and none names it.
---
--- A spec names a module where it requires it, or in a comment: "Tests also vbo.request.verb."
--- "vbo.sim.exchange.*" names each module below vbo.sim.exchange.

local output = require "tools.output"

local M = {}

-- Facts and what is written by tools have no logic of their own.
local data = { "^vbo%.catalogue%.facts%.", "^vbo$", "^vbo%.core$", "^vbo%.server$" }

local function is_data(module)
  for _, pattern in ipairs(data) do
    if module:match(pattern) then return true end
  end
  return false
end

-- The modules, and rooms with a "*", that specs name; and the names of specs, as "room/name".
local function read_specs(root)
  local named, specs = {}, {}
  for _, path in ipairs(output.list(root .. "/spec")) do
    local own = path:match "^(.*)_spec%.lua$"
    if own then
      specs[own] = true
      for name in output.read(root .. "/spec/" .. path):gmatch "vbo%.[%w_.]+%*?" do
        named[(name:gsub("%.$", ""))] = true
      end
    end
  end
  return named, specs
end

local function is_named(module, named)
  if named[module] then return true end
  local room = module
  while room do
    room = room:match "^(.*)%.[^.]*$"
    if room and named[room .. ".*"] then return true end
  end
  return false
end

--- Lists the modules that no spec is about.
---@param root string
---@return string[]  sorted
function M.missing(root)
  local named, specs = read_specs(root)
  local missing = {}
  for _, path in ipairs(output.list(root .. "/lua")) do
    local module = path:gsub("%.lua$", ""):gsub("/init$", ""):gsub("/", ".")
    local room, name = module:match "^vbo%.([^.]+)", module:match "[^.]+$"
    if path:match "%.lua$" and not is_data(module) and not specs[(room or "") .. "/" .. name]
      and not is_named(module, named) then
      missing[#missing + 1] = module
    end
  end
  table.sort(missing)
  return missing
end

return M
