--- Loads the C modules from where `package.cpath` has them.
---
--- `require` looks for a Lua file first, and in stock Lua in the current folder, too: without
--- vbo/core.lua and vbo/server.lua a file of that name planted there would be taken for the module.

local symbols = { ["vbo.core"] = "luaopen_vbo_core", ["vbo.server"] = "luaopen_vbo_server" }

--- Opens a C module of vbolua.  Raises what `require` would say when it is missing.
---@param name string  "vbo.core" or "vbo.server"
---@return any module
local function open(name)
  local path, searched = package.searchpath(name, package.cpath)
  if not path then error(("module '%s' not found:%s"):format(name, searched), 0) end
  local loader, why = package.loadlib(path, symbols[name])
  if not loader then error(("error loading module '%s' from file '%s':\n\t%s"):format(name, path,
    why), 0) end
  return loader(name, path)
end

return open
