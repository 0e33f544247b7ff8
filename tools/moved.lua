-- Writes a Lua file for each old name of a module, so that stock Lua finds it.
--
--   lua5.4 tools/moved.lua lua OUT      lua: the folder of the sources; OUT/vbo/time.lua is written

local sources, out = table.unpack(arg)
package.path = ("%s/?.lua;%s/?/init.lua"):format(sources, sources)
local moved = dofile(sources .. "/vbo/base/moved.lua")

local function write(name)
  local path = ("%s/%s.lua"):format(out, name:gsub("%.", "/"))
  assert(os.execute(("mkdir -p '%s'"):format(path:match "^(.*)/")))
  local file <close> = assert(io.open(path, "w"))
  file:write(("-- Made by tools/moved.lua; see vbo/base/moved.lua.\n"
    .. "return require(\"vbo.base.moved\").load %q\n"):format(name))
end

local function exists(name)
  return package.searchpath(name, package.path) ~= nil
end

-- A row that lacks its module would only show where a runbook uses the old name.
for name, module in pairs(moved.names) do
  if not exists(module) then
    error(("lua/vbo/base/moved.lua: vbo.%s stands for %s, which has no file"):format(name, module),
      0)
  elseif exists("vbo." .. name) then
    error(("lua/vbo/base/moved.lua: vbo.%s is a module of its own again"):format(name), 0)
  end
  write("vbo." .. name)
end
for name in pairs(moved.gone) do write("vbo." .. name) end
