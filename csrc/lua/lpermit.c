/* lpermit.c: permits of the journal as Lua sees them: handles without methods.
 *
 * The journal's binding makes them (journal:permit), and client:start takes them. */
#include "lua/lutil.h"

vboL_permit *vboL_push_permit(lua_State *L) {
  vboL_permit *handle = lua_newuserdatauv(L, sizeof *handle, 0);
  handle->permit = NULL;
  luaL_setmetatable(L, VBOL_PERMIT_CLASS);
  return handle;
}

/* Frees memory only: a forgotten permit is not counted. */
static int permit_gc(lua_State *L) {
  vboL_permit *handle = luaL_checkudata(L, 1, VBOL_PERMIT_CLASS);
  vbo_permit *held = handle->permit;
  handle->permit = NULL;
  vbo_permit_free(held);
  return 0;
}

static int permit_tostring(lua_State *L) {
  luaL_checkudata(L, 1, VBOL_PERMIT_CLASS);
  lua_pushliteral(L, VBOL_PERMIT_CLASS);
  return 1;
}

static const luaL_Reg methods[] = {{NULL, NULL}};

static const luaL_Reg metamethods[] = {
    {"__gc", permit_gc}, {"__close", permit_gc}, {"__tostring", permit_tostring}, {NULL, NULL}};

void vboL_open_permit(lua_State *L) {
  if (vboL_new_class(L, VBOL_PERMIT_CLASS, methods, metamethods)) lua_pop(L, 1);
}
