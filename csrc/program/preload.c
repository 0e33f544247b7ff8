/* preload.c: gives `require` the modules that the interpreter carries.
 *
 * C modules go into package.preload. Lua files get a searcher of their own, which costs one binary
 * search; hundreds of entries in package.preload would cost each start. */
#include "program/preload.h"

#include <lauxlib.h>
#include <lualib.h>
#include <stdlib.h>
#include <string.h>

#include "lua/lutil.h"
#include "modules.h"

#ifdef VBO_HAVE_CJSON
int luaopen_cjson(lua_State *L);
int luaopen_cjson_safe(lua_State *L);
#endif
#ifdef VBO_HAVE_SERVER
int luaopen_vbo_server(lua_State *L);
#endif

/* bsearch's order must be that of the table, which embed.c sorts with strcmp. */
static int compare(const void *key, const void *element) {
  return strcmp(key, ((const vbo_embedded_file *)element)->module);
}

const vbo_embedded_file *vbo_embedded_find(const char *module) {
  return bsearch(module, vbo_embedded_files, vbo_embedded_count, sizeof *vbo_embedded_files,
                 compare);
}

/* Pushes require("vbo.base.moved").loader(module): the loader of a module's old name, or nil.
 * Old names are looked up only after the current ones, so that a start without them loads
 * nothing more. */
static void push_moved(lua_State *L, const char *module) {
  lua_getglobal(L, "require");
  lua_pushliteral(L, VBO_MODULE_base_moved);
  lua_call(L, 1, 1);
  lua_getfield(L, -1, "loader");
  lua_pushstring(L, module);
  lua_call(L, 1, 1);
}

/* A searcher: module -> loader, where it is | what was tried; nothing for modules of others, whose
 * message stays that of stock Lua. */
static int search(lua_State *L) {
  const char *module = luaL_checkstring(L, 1);
  const vbo_embedded_file *file = vbo_embedded_find(module);
  if (file == NULL) {
    if (strcmp(module, "vbo") != 0 && strncmp(module, "vbo.", 4) != 0) return 0;
    push_moved(L, module);
    if (lua_isfunction(L, -1)) return 1;
    lua_pushfstring(L, "no file '%s' in vbolua", module);
    return 1;
  }
  /* Mode "b": embedded code is compiled by this build's own Lua, and nothing else is accepted. */
  if (luaL_loadbufferx(L, file->code, file->size, file->chunk, "b") != LUA_OK) return lua_error(L);
  lua_pushstring(L, file->chunk + 1);
  return 2;
}

static void preload(lua_State *L, const char *module, lua_CFunction open) {
  luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_PRELOAD_TABLE);
  lua_pushcfunction(L, open);
  lua_setfield(L, -2, module);
  lua_pop(L, 1);
}

int vbo_preload(lua_State *L) {
  preload(L, VBO_MODULE_core, luaopen_vbo_core);
#ifdef VBO_HAVE_SERVER
  preload(L, VBO_MODULE_server, luaopen_vbo_server);
#endif
#ifdef VBO_HAVE_CJSON
  preload(L, "cjson", luaopen_cjson);
  preload(L, "cjson.safe", luaopen_cjson_safe);
#endif
  lua_getglobal(L, LUA_LOADLIBNAME);
  lua_getfield(L, -1, "searchers");
  /* Makes room at place 2, behind the searcher of package.preload; from the end, as each one moves
   * up. */
  for (lua_Integer i = luaL_len(L, -1); i >= 2; i--) {
    lua_rawgeti(L, -1, i);
    lua_rawseti(L, -2, i + 1);
  }
  lua_pushcfunction(L, search);
  lua_rawseti(L, -2, 2);
  return 0;
}
