/* guard.c: keeps names that a server gave from steering the terminal of the person who prints
 * them. */
#include <lauxlib.h>
#include <lualib.h>
#include <unistd.h>

#include "lua/lutil.h"
#include "program/program.h"

/* Calls Lua's own function (upvalue 1) with all arguments; its results are left. */
static int call_own(lua_State *L) {
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_insert(L, 1);
  lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
  return lua_gettop(L);
}

/* A name that a server gave must not move the cursor, retitle the window or answer a question of
 * the terminal's.  Written to a pipe or a file, it stays as it is; so does what io.write writes,
 * for a script that draws. */
static int shown_print(lua_State *L) {
  int count = lua_gettop(L);
  for (int i = 1; i <= count; i++) {
    lua_pushvalue(L, lua_upvalueindex(2)); /* core.visible */
    luaL_tolstring(L, i, NULL);
    lua_call(L, 1, 1);
    lua_replace(L, i);
  }
  return call_own(L);
}

void vbo_print_guard(lua_State *L) {
  if (!isatty(STDOUT_FILENO)) return;
  lua_pushglobaltable(L);
  lua_getfield(L, -1, "print");
  lua_pushcfunction(L, vboL_text_visible);
  lua_pushcclosure(L, shown_print, 2);
  lua_setfield(L, -2, "print");
  lua_pop(L, 1);
}
