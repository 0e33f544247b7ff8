/* runbook.c: a C program with Lua inside that runs vbolua runbooks.
 *
 *   cc runbook.c $(pkg-config --cflags --libs lua5.4) \
 *     -DVBO_LUADIR="\"$(pkg-config --variable=luadir vbolua)\"" \
 *     -DVBO_CMODDIR="\"$(pkg-config --variable=cmoddir vbolua)\"" -Wl,-E -o runbook
 *   ./runbook my_runbook.lua
 *
 * Without a file it runs the runbook in its own text.  The module is the installed one; the
 * program's own Lua state, libraries and error handling stay its own. */
#include <stdio.h>

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

static const char own_runbook[] =
    "local vbo = require 'vbo'\n"
    "local client <close> = vbo.connect()\n"
    "local count = 0\n"
    "for organization in client:organizations():each() do\n"
    "  count = count + 1\n"
    "  print(organization.name)\n"
    "end\n"
    "return count\n";

/* The module's folders come before what LUA_PATH says. */
static int add_module(lua_State *L) {
  lua_getglobal(L, LUA_LOADLIBNAME);
  lua_getfield(L, -1, "path");
  lua_pushfstring(L, "%s/?.lua;%s/?/init.lua;%s", VBO_LUADIR, VBO_LUADIR, lua_tostring(L, -1));
  lua_setfield(L, -3, "path");
  lua_getfield(L, -2, "cpath");
  lua_pushfstring(L, "%s/?.so;%s", VBO_CMODDIR, lua_tostring(L, -1));
  lua_setfield(L, -4, "cpath");
  return 0;
}

/* A structured error knows how to say itself in one line; its kind is for the program. */
static int fail(lua_State *L) {
  const char *kind = "";
  if (lua_istable(L, -1) && lua_getfield(L, -1, "kind") == LUA_TSTRING) kind = lua_tostring(L, -1);
  fprintf(stderr, "runbook: %s\n", luaL_tolstring(L, 1, NULL));
  if (*kind != '\0') fprintf(stderr, "runbook: kind %s\n", kind);
  lua_close(L);
  return 1;
}

int main(int argc, char **argv) {
  lua_State *L = luaL_newstate();
  if (L == NULL) return 1;
  luaL_openlibs(L);
  lua_pushcfunction(L, add_module);
  int status = lua_pcall(L, 0, 0, 0);
  if (status == LUA_OK)
    status = argc > 1 ? luaL_loadfile(L, argv[1])
                      : luaL_loadbuffer(L, own_runbook, sizeof own_runbook - 1, "=runbook");
  if (status == LUA_OK) status = lua_pcall(L, 0, 1, 0);
  if (status != LUA_OK) return fail(L);
  if (lua_isinteger(L, -1)) printf("organizations: %lld\n", (long long)lua_tointeger(L, -1));
  lua_close(L); /* closes every handle that the runbook left open */
  return 0;
}
