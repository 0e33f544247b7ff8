--- Guards methods against calls without a colon, and with more arguments than they take.
---
--- Lua passes a forgotten colon's first argument as the object, and drops arguments that are too
--- many: `client.organization("contoso")`, `vbo.connect("host", "user", "password")`.

local errors = require "vbo.base.error"

local M = {}

-- Raises where one of the arguments from `first` on is given.
local function refuse_extra(name, takes, ...)
  for i = takes + 1, select("#", ...) do
    if select(i, ...) ~= nil then
      errors.usage(("%s takes %s, got %d"):format(name,
        takes == 0 and "no arguments" or takes == 1 and "one argument" or takes .. " arguments",
        select("#", ...)),
        takes > 0 and ("options go into one table: %s { name = value, … }"):format(name) or nil)
    end
  end
end

-- How many arguments a function takes after the first `own`; nil for any number.
local function count(fn, own)
  local info = debug.getinfo(fn, "u")
  return not info.isvararg and math.max(info.nparams - own, 0) or nil
end

--- Returns a function that calls `fn` with no more arguments than it takes.
---@param name string  for messages
---@param fn function
---@return function
function M.plain(name, fn)
  local takes = assert(count(fn, 0))
  return function(...)
    if select("#", ...) > takes then refuse_extra(name, takes, ...) end
    return fn(...)
  end
end

local function of_object(name, fn, meta)
  local takes = count(fn, 1)
  return function(self, ...)
    if type(self) ~= "table" or getmetatable(self) ~= meta then
      errors.usage(("'%s' is a method, and was called without its object"):format(name),
        ("write a colon: …:%s(…)"):format(name))
    end
    if takes and select("#", ...) > takes then refuse_extra(name, takes, ...) end
    return fn(self, ...)
  end
end

--- Returns what a runbook gets for a method: the same function each time, which holds the call to
--- what the method takes.  Names that begin with `_` are the library's own.
---@param guards table<string, function>  keeps them
---@param name string
---@param fn function
---@param meta table  the metatable of its objects
---@return function
function M.guarded(guards, name, fn, meta)
  local guard = guards[name]
  if guard and guards[guard] == fn then return guard end
  if type(fn) ~= "function" or name:sub(1, 1) == "_" then return fn end
  guard = of_object(name, fn, meta)
  guards[name], guards[guard] = guard, fn
  return guard
end

return M
