-- Every module name of release 0.1 still gives its module: in vbolua, in stock Lua, from the rock.

local moved = require "vbo.base.moved"
local program = require "spec.support.program"

local quoted = program.quoted
local folder, remove
local build = "BUILD=" .. quoted((os.getenv "VBO_BUILD" or "build"):match "[^/]+$")

-- Generators, which make ran and no runbook could use.
local tools = { "^vbo%.types%.", "^vbo%.catalogue%.document%.", "^vbo%.catalogue%.generate$",
  "^vbo%.catalogue%.reference$", "^vbo%.catalogue%.types$", "^vbo%.catalogue%.actions$",
  "^vbo%.catalogue%.descriptors$", "^vbo%.catalogue%.newer$" }

local function is_tool(name)
  for _, pattern in ipairs(tools) do
    if name:find(pattern) then return true end
  end
end

-- The modules of release 0.1 by their names.
local names = {}
for line in io.lines "tools/release-0.1.txt" do
  local name = line:gsub("%.lua$", ""):gsub("/", "."):gsub("%.init$", "")
  if not is_tool(name) then names[#names + 1] = name end
end

local function renamed(name) return moved.names[name:sub(5)] end

-- Requires every name that it is given: whether it is the very table of the module that it stands
-- for now.
local script = [[
local moved = require "vbo.base.moved"
local count = 0
for _, name in ipairs(arg) do
  local module = require(name)
  local now = moved.names[name:sub(5)] or name
  assert(rawequal(module, require(now)), name .. " is another module than " .. now)
  assert(rawequal(module, require(name)), name .. " is another module the second time")
  count = count + 1
end
print(count)
]]

local function write(name, text)
  local file <close> = assert(io.open(folder .. "/" .. name, "w"))
  file:write(text)
end

-- Runs a script of the folder: standard output, standard error, the exit status.
local function run(interpreter, file, arguments)
  local output, status = program.run(("cd %s && unset LUA_INIT LUA_INIT_5_4 LUA_PATH LUA_CPATH "
    .. "VBO_CHECK_HANDLES; { %s %s %s; } 2>errors"):format(quoted(folder), interpreter, file,
    table.concat(arguments or {}, " ")))
  local errors <close> = assert(io.open(folder .. "/errors"))
  return output, errors:read "a", status
end

setup(function()
  folder, remove = program.folder()
  write("walk.lua", script)
end)
teardown(function() remove() end)

-- Every name gives its module, and each old one a line that names what to write instead.
local function walks(interpreter, without)
  local list, old = {}, 0
  for _, name in ipairs(names) do
    if name ~= without and not moved.gone[name:sub(5)] then
      list[#list + 1] = name
      if renamed(name) then old = old + 1 end
    end
  end
  assert.is_true(#list > 300 and old > 150)
  local output, errors, status = run(interpreter, "walk.lua", list)
  assert.equal(#list .. "\n", output, errors)
  assert.equal(0, status)
  local lines = {}
  for line in errors:gmatch "[^\n]+" do
    local name, instead = line:match("^vbo[lua]*: warning: walk%.lua:%d+: the module '([%w._]+)' "
      .. "has moved, and version 0%.3 drops the old name; write (require.*)$")
    assert.is_nil(lines[name], name)
    lines[assert(name, line)] = instead
  end
  for _, name in ipairs(list) do
    local now = renamed(name)
    if now and not lines[name]:find("require(\"vbo\").", 1, true) then
      assert.equal(('require "%s"'):format(now), lines[name])
    end
    assert.equal(now ~= nil, lines[name] ~= nil, name)
    lines[name] = nil
  end
  assert.same({}, lines)
end

describe("a module's name of release 0.1", function()
  it("gives the module itself in vbolua, with one line that names the new one", function()
    walks(quoted(program.vbolua), "vbo.native") -- the interpreter has the C modules inside
  end)

  it("names what a runbook writes for the parts of vbo", function()
    for name, part in pairs { ["vbo.time"] = "time", ["vbo.json"] = "json",
      ["vbo.error"] = "error", ["vbo.secret"] = "secret" } do
      write("one.lua", ("local old = require %q\nprint(rawequal(old, require(\"vbo\").%s))\n")
        :format(name, part))
      local output, errors = run(quoted(program.vbolua), "one.lua")
      assert.equal("true\n", output)
      assert.equal(("vbolua: warning: one.lua:1: the module '%s' has moved, and version 0.3 drops "
        .. "the old name; write require(\"vbo\").%s\n"):format(name, part), errors)
    end
  end)

  it("raises under --strict", function()
    write("strict.lua", "require 'vbo.time'\n")
    local _, errors, status = run(quoted(program.vbolua) .. " --strict", "strict.lua")
    assert.matches("strict.lua:1: the module 'vbo.time' has moved", errors, 1, true)
    assert.matches("[usage]; hint: write require(\"vbo\").time", errors, 1, true)
    assert.equal(2, status)
  end)

  it("that is gone says what to use", function()
    for name, hint in pairs(moved.gone) do
      write("gone.lua", ("require 'vbo.%s'\n"):format(name))
      local _, errors = run(quoted(program.vbolua), "gone.lua")
      assert.matches(("the module 'vbo.%s' is not in this version of vbolua; %s"):format(name,
        hint), errors, 1, true)
    end
  end)

  it("is not used by the project itself", function()
    local files = io.popen "find lua examples bench tools docs README.md -type f -name '*.*'"
    local found = {}
    for path in files:lines() do
      local file <close> = assert(io.open(path))
      for name in file:read "a":gmatch "require%s*%(?%s*[\"'](vbo%.[%w_.]+)[\"']" do
        if renamed(name) then found[#found + 1] = path .. ": " .. name end
      end
    end
    files:close()
    assert.same({}, found)
  end)
end)

describe("in stock Lua, a module's name of release 0.1", function()
  if os.getenv "VBO_SANITIZE" then
    it("is tested without sanitizers", function() pending "make test shows it" end)
    return
  end

  local function stock(lua, c)
    return ("LUA_PATH='%s/?.lua;%s/?/init.lua' LUA_CPATH='%s/?.so;;' lua5.4"):format(lua, lua, c)
  end

  local function make(goal)
    local output, status = program.run(("unset MAKEFLAGS MAKELEVEL; make -s %s %s"):format(goal,
      build))
    assert.equal(0, status, output)
  end

  it("gives the module itself as make install installs it", function()
    make(("install PREFIX=%s/tree"):format(folder))
    walks(stock(folder .. "/tree/share/lua/5.4", folder .. "/tree/lib/lua/5.4"))
  end)

  it("gives the module itself as the rock installs it", function()
    make(("install-rock PREFIX=%s/rock BINDIR=%s/rock/bin INST_LIBDIR=%s/rock/lib "
      .. "INST_LUADIR=%s/rock/lua"):format(folder, folder, folder, folder))
    walks(stock(folder .. "/rock/lua", folder .. "/rock/lib"))
  end)
end)
