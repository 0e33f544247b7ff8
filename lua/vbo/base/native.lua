--- Loads the C modules from where `package.cpath` has them.
---
--- `require` looks for a Lua file first, and in stock Lua in the current folder, too: without
--- vbo/core.lua and vbo/server.lua a file of that name planted there would be taken for the module.

local symbols = { ["vbo.core"] = "luaopen_vbo_core", ["vbo.server"] = "luaopen_vbo_server" }

-- The build that these Lua files belong to; nil in a source tree.  `make install` puts the file
-- beside this one; `require` would find others, too.
local here = debug.getinfo(1, "S").source:match "^@(.-)[^/]*$"
local stamp = here and loadfile(here .. "build.lua", "t", {})
local build = stamp and stamp()

-- Raises when the C module at `path` was not installed with these Lua files.
local function check_build(module, name, path)
  if not build or module.build == build then return end
  error(("the Lua files of vbolua in %s are of build %s, but the C module %s, %s, is of %s; two "
    .. "installations are mixed: install vbolua again, or correct LUA_PATH and LUA_CPATH"):format(
    here, build, name, path, module.build and "build " .. module.build or "release 0.1"), 0)
end

--- Opens a C module of vbolua.  Raises what `require` would say when it is missing, and when it is
--- of another build than the Lua files.
---@param name string  "vbo.core" or "vbo.server"
---@return any module
local function open(name)
  local path, searched = package.searchpath(name, package.cpath)
  if not path then error(("module '%s' not found:%s"):format(name, searched), 0) end
  local loader, why = package.loadlib(path, symbols[name])
  if not loader then error(("error loading module '%s' from file '%s':\n\t%s"):format(name, path,
    why), 0) end
  -- The third argument says that the builds are compared here.
  local module = loader(name, path, build or "source")
  check_build(module, name, path)
  return module
end

return open
