/* lcommand.c: commands that the library runs, and settings that bind, for Lua. */
#include "lua/lutil.h"

#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/child.h"
#include "base/owned.h"

enum {
  MOST_SETTINGS = 64 * 1024, /* bytes of a file with settings */
  MOST_VARIABLES = 64
};

static const char *const owners[] = {"root", "user", NULL};

/* core.owned_text(path, "root"|"user") -> text | nil for a missing file | nil, err.  The file and
 * its folders must be writable by root alone, or by root and this user (owned.h). */
static int command_owned_text(lua_State *L) {
  size_t size = 0;
  const char *path = luaL_checklstring(L, 1, &size);
  luaL_argcheck(L, strlen(path) == size, 1, "a path cannot hold a NUL");
  bool own = luaL_checkoption(L, 2, NULL, owners) == 1;
  vbo_buffer *text = vboL_new_buffer(L);
  text->limit = MOST_SETTINGS;
  bool absent = false;
  vbo_error err = {0};
  if (!vbo_owned_read(path, own, text, &absent, &err)) return vboL_fail(L, &err);
  if (absent)
    lua_pushnil(L);
  else
    vboL_push_buffer(L, text);
  return 1;
}

static const char *const options[] = {"command", "environment", "input", "timeout", NULL};

/* Puts the array of strings at the top into `out`; its strings belong to the table. */
static void read_variables(lua_State *L, const char *out[MOST_VARIABLES + 1]) {
  lua_Integer count = lua_istable(L, -1) ? luaL_len(L, -1) : 0;
  if (count > MOST_VARIABLES) vboL_option_error(L, "environment", "too many variables");
  for (lua_Integer i = 1; i <= count; i++) {
    lua_rawgeti(L, -1, i);
    if (lua_type(L, -1) != LUA_TSTRING) vboL_option_error(L, "environment", "strings expected");
    out[i - 1] = lua_tostring(L, -1);
    lua_pop(L, 1);
  }
  out[count] = NULL;
}

/* core.command{command=, environment={"NAME=VALUE", "NAME to leave out"}, input="", timeout=30}
 * -> exit status | nil, err: runs `sh -c command` and waits (child.h).  The engine stands still
 * meanwhile. */
static int command_run(lua_State *L) {
  vboL_check_options(L, 1, "core.command", options);
  const char *variables[MOST_VARIABLES + 1];
  vbo_child child = {.environment = variables};
  child.command = vboL_option_string(L, 1, "command", NULL);
  if (child.command == NULL) return vboL_option_error(L, "command", "it is missing");
  child.input = vboL_option_bytes(L, 1, "input", &child.input_size);
  child.timeout = vboL_option_duration(L, 1, "timeout", 30000);
  lua_getfield(L, 1, "environment");
  read_variables(L, variables);
  int status = 0;
  vbo_error err = {0};
  if (!vbo_child_run(&child, &status, &err)) return vboL_fail(L, &err);
  lua_pushinteger(L, status);
  return 1;
}

void vboL_open_command(lua_State *L) {
  static const luaL_Reg functions[] = {
      {"owned_text", command_owned_text}, {"command", command_run}, {NULL, NULL}};
  luaL_setfuncs(L, functions, 0);
}
