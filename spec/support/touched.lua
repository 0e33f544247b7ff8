-- Runs before a runbook (LUA_INIT) and writes which classes of resources it read a member of, when
-- the program ends: TOUCHED names the file.

local class_of = require "vbo.model.class"

local seen = {}

local function key_of(class)
  local names = {}
  for _, name in ipairs { class.get or "", class.list or "" } do
    names[#names + 1] = type(name) == "table" and table.concat(name, "+") or tostring(name)
  end
  return class.kind .. " " .. table.concat(names, " ")
end

local path = os.getenv "TOUCHED"
if path then
  local declare = class_of.declare
  function class_of.declare(class)
    local made = declare(class)
    local index = made.meta.__index
    made.meta.__index = function(self, name)
      seen[key_of(made)] = true
      return index(self, name)
    end
    return made
  end
  -- The state keeps it until it is closed.
  debug.getregistry().touched = setmetatable({}, { __gc = function()
    local file = assert(io.open(path, "w"))
    for key in pairs(seen) do file:write(key, "\n") end
    file:close()
  end })
end

return key_of
