--- Loads weather by the name of a set or from a file.

local errors = require "vbo.base.error"
local json = require "vbo.base.json"
local nearest = require "vbo.base.nearest"
local sets = require "vbo.sim.weather.sets"

local M = {}

--- The names of the sets.
---@return string[]
function M.names()
  local names = {}
  for name in pairs(sets) do names[#names + 1] = name end
  table.sort(names)
  return names
end

-- Runs a Lua file of rules in an empty environment: it is data.
local function from_lua(text, path)
  local chunk, message = load(text, "@" .. path, "t", {})
  if not chunk then errors.usage("weather: " .. message) end
  local good, value = pcall(chunk)
  if not good then errors.usage("weather: " .. tostring(value)) end
  return value
end

local function from_file(path)
  local file <close> = io.open(path, "rb")
  local text = file and file:read "a"
  if not text then
    local near = nearest(path, M.names())
    errors.usage(("weather: '%s' is neither a file nor one of %s"):format(path,
      table.concat(M.names(), ", ")), near and ("did you mean '%s'?"):format(near) or nil)
  end
  if not text:find "^%s*[%[{]" then return from_lua(text, path) end
  local value, err = json.decode(text)
  if err then errors.usage(("weather: %s: %s"):format(path, err.message)) end
  return value
end

--- Loads the rules of a set or a file, and their seed.  A file returns (Lua) or is (JSON) a list of
--- rules, or { seed =, rules = {…} }; the name of a set among the rules stands for its rules.
---@param source string|table
---@return (string|table)[] rules, integer? seed
function M.open(source)
  if type(source) == "string" then source = sets[source] or from_file(source) end
  if type(source) ~= "table" then errors.usage "weather: a list of rules was expected" end
  local seed
  if source.rules ~= nil then
    for name in pairs(source) do
      if name ~= "rules" and name ~= "seed" then
        errors.usage(("weather: there is no '%s' beside rules and seed"):format(tostring(name)))
      end
    end
    seed, source = source.seed, source.rules
    if seed ~= nil and not math.tointeger(seed) then
      errors.usage "weather: the seed must be a whole number"
    end
    if type(source) ~= "table" then errors.usage "weather: 'rules' must be a list" end
  elseif #source == 0 and next(source) ~= nil then
    source = { source }
  end
  local rules = {}
  for _, rule in ipairs(source) do
    if sets[rule] then
      table.move(sets[rule], 1, #sets[rule], #rules + 1, rules)
    else
      rules[#rules + 1] = rule
    end
  end
  return rules, seed
end

return M
