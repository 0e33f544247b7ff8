/* complete.c: finds the candidates for completing a name in the REPL.
 *
 * A person presses Tab at any moment, so that completing must not send a request, raise an error or
 * change a value. So members are read raw, and only tables are followed. Objects whose members are
 * computed offer a table through __complete instead. */
#include <lauxlib.h>
#include <string.h>

#include "program/program.h"

/* Values whose members are computed may offer a table of them: what __complete(value)
 * returns, which must have no effects.  True when the table took the value's place. */
static bool offered(lua_State *L) {
  if (luaL_getmetafield(L, -1, "__complete") == LUA_TNIL) return false;
  lua_pushvalue(L, -2);
  if (lua_pcall(L, 1, 1, 0) != LUA_OK || !lua_istable(L, -1)) {
    lua_pop(L, 1);
    return false;
  }
  lua_remove(L, -2);
  return true;
}

/* Steps from the value at the top to its member, without other metamethods that are
 * functions: completing must have no effects.  The member replaces the value. */
static void step(lua_State *L, const char *name, size_t size) {
  offered(L);
  /* Chains of __index may be circles: 16 steps are more than any class has. Chains of __index may
   * be circles: 16 steps are more than any class has. */
  for (int hops = 0; hops < 16; hops++) {
    if (lua_istable(L, -1)) {
      lua_pushlstring(L, name, size);
      lua_rawget(L, -2);
      if (!lua_isnil(L, -1)) {
        lua_remove(L, -2);
        return;
      }
      lua_pop(L, 1);
    }
    if (luaL_getmetafield(L, -1, "__index") == LUA_TNIL) break;
    lua_remove(L, -2);
    if (!lua_istable(L, -1)) break;
  }
  lua_pop(L, 1);
  lua_pushnil(L);
}

/* Adds PREFIX..key to the array at `list` for each string key that begins with `part`. Keys that
 * are not identifiers cannot follow a dot; names with "__" are shown only on request. */
static void add_keys(lua_State *L, int list, const char *prefix, size_t prefix_size,
                     const char *part, bool methods_only) {
  lua_pushnil(L);
  while (lua_next(L, -2) != 0) {
    bool wanted = lua_type(L, -2) == LUA_TSTRING && (!methods_only || lua_isfunction(L, -1));
    const char *key = wanted ? lua_tostring(L, -2) : NULL;
    if (wanted && strncmp(key, part, strlen(part)) == 0 &&
        strspn(key, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") ==
            strlen(key) &&
        (strncmp(key, "__", 2) != 0 || strncmp(part, "__", 2) == 0)) {
      lua_pushlstring(L, prefix, prefix_size);
      lua_pushvalue(L, -3);
      lua_concat(L, 2);
      lua_rawseti(L, list, luaL_len(L, list) + 1);
    }
    lua_pop(L, 1);
  }
}

void vbo_complete(lua_State *L, const char *text) {
  luaL_checkstack(L, 12, NULL);
  lua_newtable(L);
  int list = lua_gettop(L);
  lua_pushglobaltable(L);
  const char *part = text;
  bool method = false;
  /* Only the part after the last dot or colon is completed; the parts before it are walked. */
  for (const char *end = strpbrk(part, ".:"); end != NULL; end = strpbrk(part, ".:")) {
    step(L, part, (size_t)(end - part));
    method = *end == ':';
    part = end + 1;
  }
  offered(L);
  /* Visits the value's own members, then those of its __index tables. */
  for (int hops = 0; hops < 16; hops++) {
    if (lua_istable(L, -1)) add_keys(L, list, text, (size_t)(part - text), part, method);
    if (luaL_getmetafield(L, -1, "__index") == LUA_TNIL) break;
    lua_remove(L, -2);
  }
  lua_settop(L, list);
}
