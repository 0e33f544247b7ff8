-- `make install` over an older version, `make uninstall`, and two installations that are mixed.

local core = require "vbo.core"
local program = require "spec.support.program"

local quoted = program.quoted
local folder, remove

-- A sanitized module wants a sanitized program around it.
if os.getenv "VBO_SANITIZE" then
  describe("an upgrade", function()
    it("is tested without sanitizers", function() pending "make test shows it" end)
  end)
  return
end

local build = "BUILD=" .. quoted((os.getenv "VBO_BUILD" or "build"):match "[^/]+$")

local function shell(text)
  return program.run("unset LUA_INIT LUA_INIT_5_4 LUA_PATH LUA_CPATH VBO_CHECK_HANDLES MAKEFLAGS "
    .. "MAKELEVEL\n" .. text)
end

local function succeeds(text)
  local output, status = shell(text)
  assert.equal(0, status, output)
  return output
end

local function write(path, text)
  succeeds("mkdir -p " .. quoted(path:match "^(.*)/"))
  local file <close> = assert(io.open(path, "w"))
  file:write(text)
end

local function read(path)
  local file <close> = assert(io.open(path))
  return file:read "a"
end

local function lines_of(text)
  local lines = {}
  for line in text:gmatch "[^\n]+" do lines[#lines + 1] = line end
  return lines
end

-- The files below a folder, as paths relative to it.
local function files(root)
  return lines_of(succeeds(("cd %s && find . -type f -o -type l | sed 's|^./||' | LC_ALL=C sort")
    :format(quoted(root))))
end

-- Returns the files that the manifest of the tree at `destdir` records.
local function recorded(destdir, prefix)
  local list = {}
  for _, line in ipairs(lines_of(read(destdir .. prefix .. "/lib/vbolua/installed"))) do
    if line:sub(1, 1) ~= "#" then list[line:sub(#prefix + 2)] = true end
  end
  return list
end

local function make(goal, destdir, prefix)
  succeeds(("make -s %s DESTDIR=%s PREFIX=%s %s"):format(goal, quoted(destdir), quoted(prefix),
    build))
end

-- Stock Lua with the module of an installed tree.
local function stock(prefix, code)
  return shell(("cd / && LUA_PATH='%s/share/lua/5.4/?.lua;%s/share/lua/5.4/?/init.lua;;' "
    .. "LUA_CPATH='%s/lib/lua/5.4/?.so;;' lua5.4 -e %s"):format(prefix, prefix, prefix,
    quoted(code)))
end

setup(function() folder, remove = program.folder() end)
teardown(function() remove() end)

describe("make install over release 0.1, which kept no record,", function()
  local root, prefix = nil, "/opt/with space"
  local names = lines_of(read "tools/release-0.1.txt")

  setup(function()
    root = folder .. "/old"
    local text = ""
    for _, name in ipairs(names) do
      text = text .. ("mkdir -p '%s'; echo 'error \"0.1\"' >'%s'\n"):format(
        name:match "^(.*)/", name)
    end
    write(root .. "/files.sh", text)
    local lua = root .. prefix .. "/share/lua/5.4"
    succeeds(("mkdir -p %s && cd %s && sh %s/files.sh && rm %s/files.sh"):format(quoted(lua),
      quoted(lua), quoted(root), quoted(root)))
    write(lua .. "/vbo/mine.lua", "return 'mine'\n")
    write(lua .. "/other.lua", "return 'other'\n")
    write(root .. prefix .. "/lib/lua/5.4/vbo/core.so", "of 0.1")
    make("install", root, prefix)
  end)

  it("leaves the new version's files and what others put there", function()
    assert.is_true(#names > 400)
    local known, strange = recorded(root, prefix), {}
    for _, file in ipairs(files(root .. prefix)) do
      if not known[file] then strange[#strange + 1] = file end
    end
    assert.same({ "lib/vbolua/installed", "share/lua/5.4/other.lua", "share/lua/5.4/vbo/mine.lua" },
      strange)
    for file in pairs(known) do assert.is_table(core.stat(root .. prefix .. "/" .. file), file) end
  end)

  it("gives a module that works", function()
    local output, status = stock(root .. prefix, "print(require('vbo').version)")
    assert.equal(core.version .. "\n", output)
    assert.equal(0, status)
  end)

  it("leaves to others what is theirs, also when it is undone", function()
    make("uninstall", root, prefix)
    assert.same({ "share/lua/5.4/other.lua", "share/lua/5.4/vbo/mine.lua" }, files(root .. prefix))
  end)
end)

describe("make install over a version that kept its record", function()
  local root, prefix = nil, "/usr"

  setup(function()
    root = folder .. "/new"
    make("install", root, prefix)
  end)

  it("removes what that version installed and this one does not", function()
    local manifest = root .. prefix .. "/lib/vbolua/installed"
    local gone = prefix .. "/share/lua/5.4/vbo/former/room.lua"
    write(manifest, read(manifest) .. gone .. "\n")
    write(root .. gone, "return {}\n")
    write(root .. prefix .. "/share/lua/5.4/vbo/json.lua.mine", "return {}\n")
    make("install", root, prefix)
    assert.is_nil(core.stat(root .. gone))
    assert.is_nil(core.stat(root .. prefix .. "/share/lua/5.4/vbo/former"))
    assert.is_table(core.stat(root .. prefix .. "/share/lua/5.4/vbo/json.lua.mine"))
    assert.is_nil(recorded(root, prefix)["share/lua/5.4/vbo/former/room.lua"])
  end)

  it("removes nothing that it has just installed, however the prefix is spelled", function()
    make("install", root, "/usr/")
    make("install", root, "/usr")
    for file in pairs(recorded(root, prefix)) do
      assert.is_table(core.stat(root .. prefix .. "/" .. file), file)
    end
  end)

  it("is undone by make uninstall, which leaves other files", function()
    make("uninstall", root, prefix)
    assert.same({ "share/lua/5.4/vbo/json.lua.mine" }, files(root .. prefix))
  end)
end)

describe("make uninstall", function()
  it("removes release 0.1, which kept no record", function()
    local root = folder .. "/bare"
    write(root .. "/usr/share/lua/5.4/vbo/init.lua", "return {}\n")
    write(root .. "/usr/share/lua/5.4/vbo/dialect/init.lua", "return {}\n")
    write(root .. "/usr/share/lua/5.4/vbo/types/api.lua", "return {}\n")
    write(root .. "/usr/bin/vbolua", "")
    write(root .. "/usr/bin/other", "")
    make("uninstall", root, "/usr")
    assert.same({ "bin/other" }, files(root .. "/usr"))
  end)
end)

describe("Lua files and a core of two installations", function()
  local prefix, lua

  before_each(function()
    prefix = folder .. "/mixed"
    make("install", "", prefix)
    lua = prefix .. "/share/lua/5.4/vbo/base"
  end)

  local ours = core.version:gsub("%p", "%%%0") .. "%-%d+"

  it("are refused with both builds and what to do", function()
    write(lua .. "/build.lua", "return '0.1.9-1'\n")
    local output, status = stock(prefix, "require 'vbo'")
    assert.matches("the Lua files of vbolua in " .. lua .. "/ are of build 0.1.9-1, but the C "
      .. "module vbo.core, " .. prefix .. "/lib/lua/5.4/vbo/core.so, is of build " .. core.version
      .. "-", output, 1, true)
    assert.matches("install vbolua again, or correct LUA_PATH and LUA_CPATH", output, 1, true)
    assert.equal(1, status)
  end)

  it("are refused where the sockets of the rehearsal server are another build's", function()
    write(lua .. "/build.lua", "return '0.1.9-1'\n")
    assert.matches("C module vbo.server, .* is of build " .. ours,
      (stock(prefix, "require 'vbo.server'")))
  end)

  it("are refused where the Lua files are of release 0.1, which compared nothing", function()
    write(lua .. "/native.lua", [[
      return function(name)
        local path = package.searchpath(name, package.cpath)
        return package.loadlib(path, "luaopen_" .. name:gsub("%.", "_"))(name, path)
      end]])
    local output, status = stock(prefix, "require 'vbo'")
    assert.matches("vbo/core.lua is of release 0.1, but the core " .. prefix:gsub("%p", "%%%0")
      .. "/lib/lua/5.4/vbo/core.so is of build " .. ours, output)
    assert.equal(1, status)
  end)

  it("do not stop a program that uses the core without Lua files", function()
    local output, status = shell(("cd / && LUA_PATH= LUA_CPATH=%s/lib/lua/5.4/?.so lua5.4 -e %s")
      :format(prefix, quoted "print(require('vbo.core').build)"))
    assert.matches("^" .. ours .. "\n$", output)
    assert.equal(0, status)
  end)
end)
