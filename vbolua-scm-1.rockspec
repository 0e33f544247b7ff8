rockspec_format = "3.0"
package = "vbolua"
version = "scm-1"
-- `luarocks make` builds the checkout that this file lies in; nothing is fetched.
source = {
  url = "git+file://.",
}
description = {
  summary = "Restores with Veeam Backup for Microsoft 365, in Lua",
  detailed = [[
    A restore operator's language for Veeam Backup for Microsoft 365: browse, save, restore, copy
    and send what backups hold, through the REST API's versions 1 to 8.  With the C libraries
    libcurl and OpenSSL underneath.
  ]],
  license = "MIT",
}
dependencies = {
  "lua >= 5.4, < 5.5",
  "lua-cjson >= 2.1.0",
}
-- The Makefile asks pkg-config for libcurl, OpenSSL and utf8proc, whose headers LuaRocks would
-- look for in /usr/include only.
build = {
  type = "make",
  build_target = "modules",
  install_target = "install-modules",
  build_variables = {
    CC = "$(CC)",
    CFLAGS = "$(CFLAGS)",
    LUA_INCDIR = "$(LUA_INCDIR)",
    BUILD = "build-rock",
  },
  install_variables = {
    LUA_INCDIR = "$(LUA_INCDIR)",
    CC = "$(CC)",
    CFLAGS = "$(CFLAGS)",
    BUILD = "build-rock",
    INST_LIBDIR = "$(LIBDIR)",
    INST_LUADIR = "$(LUADIR)",
  },
}
