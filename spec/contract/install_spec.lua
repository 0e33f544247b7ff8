-- Runs installations: of `make install`, of LuaRocks, and inside C programs.

local core = require "vbo.core"
local program = require "spec.support.program"

local quoted = program.quoted
local folder, remove_folder, here, sim

-- A sanitized library wants a sanitized program around it; what is tested here is where files go
-- and how they are found, which the plain run shows.
local sanitized = os.getenv "VBO_SANITIZE" ~= nil

local function shell(text)
  return program.run(("cd %s && unset LUA_INIT LUA_INIT_5_4 LUA_PATH LUA_CPATH "
    .. "VBO_CHECK_HANDLES MAKEFLAGS MAKELEVEL\n%s"):format(quoted(here), text))
end

local function succeeds(text)
  local output, status = shell(text)
  assert.equal(0, status, output)
  return output
end

local function exists(path)
  return assert.is_table(core.stat(path), path .. " is missing")
end

setup(function()
  local pipe = assert(io.popen "pwd")
  here = pipe:read "l"
  pipe:close()
  folder, remove_folder = program.folder()
  sim = program.sim()
end)

teardown(function()
  sim.stop()
  remove_folder()
end)

local function environment()
  return ("VBO_HOST=%s VBO_USER=%s VBO_PASSWORD=%s VBO_PIN=%s"):format(quoted(sim.listening),
    quoted(sim.user), quoted(sim.password), quoted(sim.fingerprint))
end

-- The names of the demo world's organizations, by the module of the tree under test.
local runbook = [[
local vbo = require "vbo"
local client <close> = vbo.connect()
for organization in client:organizations():each() do print(organization.name) end
]]

if sanitized then
  describe("an installed tree", function()
    it("is tested without sanitizers", function()
      pending "make test shows it"
    end)
  end)
  return
end

describe("make install", function()
  local prefix
  local build = os.getenv "VBO_BUILD"

  setup(function()
    prefix = folder .. "/prefix"
    -- The tree that is tested already, so that nothing is built a second time.
    local where = build and "BUILD=" .. quoted(build:match "[^/]+$") or ""
    succeeds(("make install PREFIX=%s %s"):format(quoted(prefix), where))
  end)

  local function pkg_config(words)
    local output = succeeds(("PKG_CONFIG_PATH=%s/lib/pkgconfig pkg-config %s vbolua")
      :format(quoted(prefix), words))
    return (output:gsub("%s+$", ""))
  end

  it("puts everything in its place", function()
    for _, path in ipairs { "bin/vbolua", "lib/libvbolua.a", "lib/libvbolua.so.0",
      "lib/libvbolua.so", "include/vbo.h", "lib/pkgconfig/vbolua.pc", "share/man/man1/vbolua.1",
      "share/bash-completion/completions/vbolua", "share/zsh/site-functions/_vbolua",
      "share/fish/vendor_completions.d/vbolua.fish",
      "share/lua/5.4/vbo/init.lua", "share/lua/5.4/vbo/base/json.lua",
      "lib/lua/5.4/vbo/core.so" } do
      exists(prefix .. "/" .. path)
    end
    -- The editor's, which nothing loads, and none of what made them.
    for _, path in ipairs { "base.lua", "api/Job.lua", "objects.lua" } do
      exists(prefix .. "/share/lua/5.4/vbo/types/" .. path)
    end
    assert.is_nil(core.stat(prefix .. "/share/lua/5.4/tools"))
    assert.is_nil(core.stat(prefix .. "/share/lua/5.4/vbo/catalogue/generate.lua"))
    assert.equal(core.version, pkg_config "--modversion")
    assert.matches("-lvbolua", pkg_config "--libs", 1, true)
  end)

  it("exports the functions of vbo.h and nothing else", function()
    local output = succeeds(("nm -D --defined-only %s/lib/libvbolua.so | awk '{print $3}'")
      :format(quoted(prefix)))
    local header = assert(io.open(here .. "/csrc/vbo.h")):read "a"
    local count = 0
    for name in output:gmatch "[%w_]+" do
      assert.matches(name .. "(", header, 1, true)
      count = count + 1
    end
    assert.is_true(count > 30)
    output = succeeds(("nm -D --defined-only %s/lib/lua/5.4/vbo/core.so | awk '{print $3}'")
      :format(quoted(prefix)))
    assert.equal("luaopen_vbo_core\n", output)
  end)

  it("has a header that stands alone, in C and in C++", function()
    succeeds(("printf '#include <vbo.h>\\nint main(void) { return 0; }' >%s/alone.c")
      :format(quoted(folder)))
    succeeds(("cc -std=c99 -Wall -Wextra -Wpedantic -Werror -I%s/include -c %s/alone.c "
      .. "-o /dev/null")
      :format(quoted(prefix), quoted(folder)))
    if os.execute "command -v c++ >/dev/null 2>&1" then
      succeeds(("c++ -x c++ -Wall -Wextra -I%s/include -c %s/alone.c -o /dev/null")
        :format(quoted(prefix), quoted(folder)))
    end
  end)

  it("serves stock Lua", function()
    local output = succeeds(("cd / && %s "
      .. "LUA_PATH='%s/share/lua/5.4/?.lua;%s/share/lua/5.4/?/init.lua;;' "
      .. "LUA_CPATH='%s/lib/lua/5.4/?.so;;' lua5.4 -e %s")
      :format(environment(), prefix, prefix, prefix, quoted(runbook)))
    assert.matches("contoso", output)
  end)

  it("serves stock Lua in a folder with planted modules of the same names", function()
    succeeds(("mkdir -p %s/planted/vbo"):format(quoted(folder)))
    for _, name in ipairs { "init", "core", "server", "client" } do
      local file = assert(io.open(("%s/planted/vbo/%s.lua"):format(folder, name), "w"))
      file:write "print 'planted' os.exit(3)\n"
      file:close()
    end
    local output = succeeds(("cd %s/planted && %s "
      .. "LUA_PATH='%s/share/lua/5.4/?.lua;%s/share/lua/5.4/?/init.lua;./?.lua;./?/init.lua' "
      .. "LUA_CPATH='%s/lib/lua/5.4/?.so;./?.so;;' lua5.4 -e %s"):format(quoted(folder),
      environment(), prefix, prefix, prefix, quoted(runbook .. "require 'vbo.server'")))
    assert.matches("contoso", output)
    assert.not_matches("planted", output)
  end)

  it("runs the installed interpreter", function()
    local output = succeeds(("cd / && %s %s/bin/vbolua -e %s"):format(environment(), quoted(prefix),
      quoted(runbook)))
    assert.matches("contoso", output)
  end)

  it("shows the manual", function()
    if os.execute "command -v man >/dev/null 2>&1" then
      assert.matches("REST API", succeeds(("man -l %s/share/man/man1/vbolua.1 | cat")
        :format(quoted(prefix))))
    end
    assert.matches("\n%.SH NAME\nvbolua", "\n" .. assert(io.open(prefix
      .. "/share/man/man1/vbolua.1")):read "a")
  end)

  describe("lets a C program", function()
    local function build_embedded(name, flags)
      succeeds(("cc -Wall -Wextra -Werror -o %s/%s examples/embed/%s.c %s")
        :format(quoted(folder), name, name, flags))
      return ("LD_LIBRARY_PATH=%s/lib %s/%s"):format(quoted(prefix), quoted(folder), name)
    end

    it("without Lua save an answer", function()
      local save = build_embedded("save", pkg_config "--cflags --libs")
      local path = folder .. "/jobs.json"
      local output = succeeds(("%s %s GET /v8/Jobs %s"):format(environment(), save, quoted(path)))
      local size, sha256 = output:match ": (%d+) bytes, SHA%-256 (%x+)\n"
      assert.equal(core.stat(path).size, tonumber(size))
      assert.matches(sha256, succeeds("openssl dgst -sha256 -r " .. quoted(path)), 1, true)
      assert.is_table(require("vbo.base.json").decode(assert(io.open(path)):read "a"))

      local status
      output, status = shell(("%s %s GET /v8/Jobs %s"):format(environment(), save, quoted(path)))
      assert.equal(core.kinds.exists, status)
      assert.matches("^save: .*%[exists%]", output)
      output, status = shell(("%s VBO_PASSWORD=wrong %s GET /v8/Jobs %s.2"):format(environment(),
        save, quoted(path)))
      assert.equal(core.kinds.auth, status)
      assert.not_matches("wrong", output, 1, true)
      assert.is_nil(core.stat(path .. ".2"))
      output, status = shell(("%s %s GET /v8/Nothing %s.2"):format(environment(), save,
        quoted(path)))
      assert.equal(core.kinds.not_found, status, output)
      assert.is_nil(core.stat(path .. ".2"))
    end)

    it("be linked statically", function()
      succeeds(("cc -o %s/static examples/embed/save.c -I%s/include %s/lib/libvbolua.a "
        .. "$(pkg-config --libs libcurl openssl zlib sqlite3)"):format(quoted(folder),
        quoted(prefix), quoted(prefix)))
      local output, status = shell(("%s/static"):format(quoted(folder)))
      assert.equal(2, status)
      assert.matches("usage: save", output)
    end)

    it("with Lua inside run a runbook", function()
      local flags = ([[$(pkg-config --cflags --libs lua5.4) -Wl,-E ]]
        .. [[-DVBO_LUADIR='"%s"' -DVBO_CMODDIR='"%s"']]):format(pkg_config "--variable=luadir",
        pkg_config "--variable=cmoddir")
      local run = build_embedded("runbook", flags)
      local output = succeeds(("cd / && %s %s"):format(environment(), run))
      assert.matches("contoso[^\n]*\n.*organizations: %d+\n$", output)
      local status
      output, status = shell(("%s VBO_PASSWORD=wrong %s"):format(environment(), run))
      assert.equal(1, status)
      assert.matches("runbook: kind auth\n", output)
    end)
  end)

  it("is undone by make uninstall", function()
    local other = folder .. "/other"
    local where = build and "BUILD=" .. quoted(build:match "[^/]+$") or ""
    succeeds(("make install DESTDIR=%s PREFIX=/usr %s && make uninstall DESTDIR=%s PREFIX=/usr %s")
      :format(quoted(other), where, quoted(other), where))
    assert.equal("", succeeds(("find %s -type f -o -type l"):format(quoted(other))))
  end)
end)

describe("make", function()
  it("names what is missing, with its package, before it compiles anything", function()
    local output, status = shell(("make BUILD=%s/none CC=%s/no-such-compiler 2>&1")
      :format(quoted(folder), quoted(folder)))
    assert.equal(2, status)
    assert.matches("gcc: the C compiler", output, 1, true)
    assert.matches("there is no C compiler", output, 1, true)
    assert.not_matches("CC  ", output, 1, true)
  end)

  it("names a missing header with what brings it", function()
    -- A compiler that does not find one of them.
    local cc = folder .. "/cc-without-curl"
    local file = assert(io.open(cc, "w"))
    file:write '#!/bin/sh\nif grep -q curl/curl.h; then exit 1; fi\n'
    file:close()
    succeeds("chmod +x " .. quoted(cc))
    local output, status = shell(("make BUILD=%s/none CC=%s 2>&1"):format(quoted(folder),
      quoted(cc)))
    assert.equal(2, status)
    assert.matches("cannot build without the header <curl/curl.h>; docs/installing.md", output, 1,
      true)
  end)
end)

describe("LuaRocks", function()
  local luarocks

  setup(function()
    -- Offline: no server is asked.  lua-cjson is the distribution's, and LuaRocks does not know.
    local config = folder .. "/luarocks.lua"
    local file = assert(io.open(config, "w"))
    file:write("rocks_servers = {}\nlocal_cache = '" .. folder .. "/cache'\n")
    file:close()
    luarocks = ("HOME=%s LUAROCKS_CONFIG=%s luarocks --lua-version=5.4"):format(quoted(folder),
      quoted(config))
  end)

  local function serves(tree)
    local output = succeeds(("cd / && %s "
      .. "LUA_PATH='%s/share/lua/5.4/?.lua;%s/share/lua/5.4/?/init.lua;;' "
      .. "LUA_CPATH='%s/lib/lua/5.4/?.so;;' lua5.4 -e %s")
      :format(environment(), tree, tree, tree, quoted(runbook
        .. "print(package.searchpath('vbo.core', package.cpath), rawequal(require 'vbo.time', "
        .. "vbo.time))")))
    assert.matches("contoso", output)
    assert.matches(tree .. "/lib/lua/5.4/vbo/core.so\ttrue\n", output, 1, true)
    assert.matches("contoso", succeeds(("cd / && %s %s/bin/vbolua -e %s"):format(environment(),
      quoted(tree), quoted(runbook))))
  end

  it("makes the rock of a checkout, with the interpreter", function()
    -- A copy, as a checkout is: without what was built here.
    succeeds(("mkdir %s/source && cp -r Makefile vbolua-scm-1.rockspec csrc lua tools docs LICENSE "
      .. "%s/source"):format(quoted(folder), quoted(folder)))
    local output = succeeds(("cd %s/source && %s make --tree %s/made"):format(quoted(folder),
      luarocks, quoted(folder)))
    assert.not_matches("lua-cjson, which is missing", output, 1, true)
    assert.not_matches("unset/undefined variable", output, 1, true)
    serves(folder .. "/made")
  end)

  it("installs the source rock for one user, packs it, and installs the packed one", function()
    if not os.execute "git rev-parse HEAD >/dev/null 2>&1" then
      pending "make dist packs what git knows"
      return
    end
    succeeds(("make -s dist DIST_FOLDER=%s/dist"):format(quoted(folder)))
    local name = ("%s/dist/vbolua-%s-1"):format(folder, core.version)
    exists(("%s/dist/vbolua-%s.tar.gz"):format(folder, core.version))
    assert.matches(('version = "%s-1"'):format(core.version),
      assert(io.open(name .. ".rockspec")):read "a", 1, true)
    succeeds(("cd / && %s install --local %s.src.rock"):format(luarocks, quoted(name)))
    serves(folder .. "/.luarocks")

    succeeds(("cd %s && %s pack --local vbolua"):format(quoted(folder), luarocks))
    local rock = succeeds(("ls %s/vbolua-*.rock"):format(quoted(folder))):gsub("\n", "")
    assert.matches("vbolua%-[%d.]+%-1%.[%w_-]+%.rock$", rock)
    succeeds(("cd / && %s install --tree %s/second %s"):format(luarocks, quoted(folder),
      quoted(rock)))
    serves(folder .. "/second")
    assert.matches("vbolua", succeeds(("%s list --tree %s/second"):format(luarocks,
      quoted(folder))))
  end)

  it("says which packages bring lua-cjson where it is missing", function()
    -- A Lua that has no cjson, as seen by the installation and by the module.
    local output = succeeds(("make -s install-rock BUILD=%s PREFIX=%s/p BINDIR=%s/p/bin "
      .. "INST_LIBDIR=%s/p/lib INST_LUADIR=%s/p/lua LUA=false"):format(
      quoted((os.getenv "VBO_BUILD" or "build"):match "[^/]+$"), quoted(folder), quoted(folder),
      quoted(folder), quoted(folder)))
    assert.matches("lua-cjson, which is missing: apt-get install lua-cjson, or luarocks install",
      output, 1, true)
    local status
    output, status = shell(("cd / && LUA_PATH='%s/p/lua/?.lua;%s/p/lua/?/init.lua' "
      .. "LUA_CPATH='%s/p/lib/?.so' lua5.4 -e 'require \"vbo.base.json\"'"):format(folder, folder,
      folder))
    assert.equal(1, status)
    assert.matches("Debian's package lua-cjson, or the rock", output, 1, true)
    assert.matches("no field package.preload['cjson']", output, 1, true)
  end)
end)
