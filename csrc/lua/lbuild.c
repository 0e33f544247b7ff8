/* lbuild.c: the build that the C modules belong to.  A file of its own, as every change of a source
 * compiles it again. */
#include <lualib.h>
#include <string.h>

#include "build.h"
#include "lua/lutil.h"

void vboL_set_build(lua_State *L) {
  lua_pushliteral(L, VBO_BUILD);
  lua_setfield(L, -2, "build");
}

/* vbo/base/native.lua passes a third argument and compares the builds itself. `require` passes
 * two: then either there are no Lua files of vbolua, or they are of release 0.1, which compared
 * nothing. */
void vboL_check_loader(lua_State *L) {
  const char *path = lua_tostring(L, 2);
  int top = lua_gettop(L);
  if (top > 2 || path == NULL || strcmp(path, ":preload:") == 0) return;
  lua_getglobal(L, LUA_LOADLIBNAME);
  lua_getfield(L, -1, "searchpath");
  /* luaopen_… runs inside `require`, whose arguments are at 1 and 2: the stack is restored to
   * `top`. */
  lua_pushliteral(L, "vbo.core");
  lua_getfield(L, top + 1, "path");
  if (lua_pcall(L, 2, 1, 0) == LUA_OK && lua_isstring(L, -1)) {
    lua_pushfstring(L,
                    "the Lua file %s is of release 0.1, but the core %s is of build " VBO_BUILD
                    "; two installations are mixed: install vbolua again, or correct LUA_PATH and "
                    "LUA_CPATH",
                    lua_tostring(L, -1), path);
    lua_error(L);
  }
  lua_settop(L, top);
}
