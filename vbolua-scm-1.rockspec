rockspec_format = "3.0"
package = "vbolua"
version = "scm-1"
-- `luarocks make` builds the checkout that this file lies in, and fetches nothing.  `make dist`
-- writes the rockspec of a release from this file: its source is the release's archive.
source = {
  url = "git+https://github.com/vbolua/vbolua.git",
}
description = {
  summary = "Restores with Veeam Backup for Microsoft 365, in Lua",
  detailed = [[
    A restore operator's language for Veeam Backup for Microsoft 365: browse, save, restore, copy
    and send what backups hold, through the REST API's versions 1 to 8.  With the C libraries
    libcurl and OpenSSL underneath.  Brings the interpreter vbolua as well as the module.
    Independent of Veeam.
  ]],
  homepage = "https://github.com/vbolua/vbolua",
  license = "MIT",
}
-- lua-cjson is needed, too, but any will do: the distribution's package as well as the rock.
-- LuaRocks knows rocks alone, so the installation looks for it and names both.
dependencies = {
  "lua >= 5.4, < 5.5",
}
-- Libraries, not headers, where a distribution keeps headers in a folder for each architecture,
-- which LuaRocks does not search.
external_dependencies = {
  CURL = { library = "curl" },
  OPENSSL = { header = "openssl/ssl.h", library = "ssl" },
  SQLITE3 = { header = "sqlite3.h", library = "sqlite3" },
  UTF8PROC = { header = "utf8proc.h", library = "utf8proc" },
  ZLIB = { header = "zlib.h", library = "z" },
}
build = {
  type = "make",
  build_target = "rock",
  install_target = "install-rock",
  build_variables = {
    CC = "$(CC)",
    CFLAGS = "$(CFLAGS)",
    LUA_INCDIR = "$(LUA_INCDIR)",
    LUA_LIBDIR = "$(LUA_LIBDIR)",
    ROCK_LIBDIRS = "$(CURL_LIBDIR) $(OPENSSL_LIBDIR) $(SQLITE3_LIBDIR) $(UTF8PROC_LIBDIR) "
      .. "$(ZLIB_LIBDIR)",
    ROCK_INCDIRS = "$(OPENSSL_INCDIR) $(SQLITE3_INCDIR) $(UTF8PROC_INCDIR) $(ZLIB_INCDIR)",
    BUILD = "build-rock",
    LUA = "$(LUA)",
  },
  install_variables = {
    CC = "$(CC)",
    CFLAGS = "$(CFLAGS)",
    LUA_INCDIR = "$(LUA_INCDIR)",
    LUA_LIBDIR = "$(LUA_LIBDIR)",
    ROCK_LIBDIRS = "$(CURL_LIBDIR) $(OPENSSL_LIBDIR) $(SQLITE3_LIBDIR) $(UTF8PROC_LIBDIR) "
      .. "$(ZLIB_LIBDIR)",
    ROCK_INCDIRS = "$(OPENSSL_INCDIR) $(SQLITE3_INCDIR) $(UTF8PROC_INCDIR) $(ZLIB_INCDIR)",
    BUILD = "build-rock",
    LUA = "$(LUA)",
    PREFIX = "$(PREFIX)",
    BINDIR = "$(BINDIR)",
    INST_LIBDIR = "$(LIBDIR)",
    INST_LUADIR = "$(LUADIR)",
  },
}
