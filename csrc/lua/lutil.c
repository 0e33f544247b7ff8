/* lutil.c: failures, option tables and handle counts of the Lua binding.
 *
 * Two rules hold in all files of the binding. A wrong argument raises (lua_error, a longjmp),
 * anything else returns nil and an error table. And C memory that must be freed is owned by a
 * userdata before any call that may raise: nearly every call of Lua's API does when memory runs
 * out. */
#include "lua/lutil.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ------------------------------------------------------------------ failures */

/* Fields without a value stay nil: `if err.status` is the runbook's test. */
static void set_string(lua_State *L, const char *name, const char *value) {
  if (value[0] != '\0') {
    lua_pushstring(L, value);
    lua_setfield(L, -2, name);
  }
}

static void set_integer(lua_State *L, const char *name, int value) {
  if (value != 0) {
    lua_pushinteger(L, value);
    lua_setfield(L, -2, name);
  }
}

static void set_true(lua_State *L, const char *name, bool value) {
  if (value) {
    lua_pushboolean(L, 1);
    lua_setfield(L, -2, name);
  }
}

/* The field names are those of the struct; lua/vbo/base/error.lua adds the methods and
 * __tostring. */
void vboL_push_error(lua_State *L, const vbo_error *err) {
  lua_createtable(L, 0, 6);
  set_string(L, "kind", vbo_error_kind_name(err->kind));
  set_string(L, "message", err->message);
  set_integer(L, "status", err->status);
  set_string(L, "code", err->code);
  set_string(L, "hint", err->hint);
  set_string(L, "server", err->server);
  set_string(L, "request", err->request);
  set_true(L, "retryable", err->retryable);
  set_true(L, "sent", err->sent);
  set_true(L, "refused", err->refused);
  set_integer(L, "os_error", err->os_error);
  /* Seconds, as all times in Lua. */
  if (err->retry_after > 0) {
    lua_pushnumber(L, (lua_Number)err->retry_after / 1000);
    lua_setfield(L, -2, "retry_after");
  }
}

int vboL_fail(lua_State *L, const vbo_error *err) {
  /* A failure must not fail for want of stack. */
  luaL_checkstack(L, 4, NULL);
  lua_pushnil(L);
  vboL_push_error(L, err);
  return 2;
}

int vboL_fail_with(lua_State *L, vbo_error_kind kind, const char *message) {
  vbo_error err = {.kind = kind};
  snprintf(err.message, sizeof err.message, "%s", message);
  return vboL_fail(L, &err);
}

/* A closed handle is a failure that is returned, not raised: tasks may close a handle that another
 * one uses. */
int vboL_fail_closed(lua_State *L, const char *what) {
  vbo_error err = {.kind = VBO_ERROR_CLOSED};
  snprintf(err.message, sizeof err.message, "the %s is closed", what);
  return vboL_fail(L, &err);
}

/* ------------------------------------------------------------------- options */

/* Unknown keys raise: a misspelled option would otherwise be ignored. The strings need no copy, as
 * the table holds them during the call. */
void vboL_check_options(lua_State *L, int index, const char *what, const char *const names[]) {
  luaL_checktype(L, index, LUA_TTABLE);
  index = lua_absindex(L, index);
  lua_pushnil(L);
  while (lua_next(L, index) != 0) {
    /* lua_tostring on a number would change the key under lua_next. */
    lua_pop(L, 1);
    if (lua_type(L, -1) != LUA_TSTRING)
      luaL_error(L, "the options of %s are named, not numbered (found a %s as a name)", what,
                 luaL_typename(L, -1));
    const char *name = lua_tostring(L, -1);
    bool known = false;
    for (size_t i = 0; names[i] != NULL && !known; i++)
      known = strcmp(name, names[i]) == 0;
    /* The linear search is fast enough: no list has more than some twenty names. */
    if (!known) luaL_error(L, "%s has no option '%s'", what, name);
  }
}

int vboL_option_error(lua_State *L, const char *name, const char *message) {
  return luaL_error(L, "bad option '%s' (%s)", name, message);
}

/* Without metamethods: what is read stays in the table, which keeps strings alive. */
static int raw_field(lua_State *L, int index, const char *name) {
  index = lua_absindex(L, index);
  lua_pushstring(L, name);
  return lua_rawget(L, index);
}

/* Expects the wrong value at the top. luaL_argerror does not serve here: it names the argument,
 * which is the whole table. */
static int option_type_error(lua_State *L, const char *name, const char *expected) {
  return vboL_option_error(
      L, name, lua_pushfstring(L, "%s expected, got %s", expected, luaL_typename(L, -1)));
}

/* A number is refused, though lua_tolstring would convert it: it would do so in place, and the
 * pointer would not be the table's. */
const char *vboL_option_bytes(lua_State *L, int index, const char *name, size_t *size) {
  int type = raw_field(L, index, name);
  if (type != LUA_TNIL && type != LUA_TSTRING) option_type_error(L, name, "string");
  *size = 0;
  const char *value = type == LUA_TSTRING ? lua_tolstring(L, -1, size) : NULL;
  lua_pop(L, 1);
  return value;
}

/* C would end the string at the zero byte, and use another path or name than the script's. */
const char *vboL_option_string(lua_State *L, int index, const char *name, const char *otherwise) {
  size_t size = 0;
  const char *value = vboL_option_bytes(L, index, name, &size);
  if (value != NULL && memchr(value, '\0', size) != NULL)
    vboL_option_error(L, name, "it holds a zero byte");
  return value != NULL ? value : otherwise;
}

bool vboL_option_bool(lua_State *L, int index, const char *name, bool otherwise) {
  int type = raw_field(L, index, name);
  if (type != LUA_TNIL && type != LUA_TBOOLEAN) option_type_error(L, name, "boolean");
  bool value = type == LUA_TNIL ? otherwise : lua_toboolean(L, -1) != 0;
  lua_pop(L, 1);
  return value;
}

/* A float with an integral value (3.0) is accepted, as Lua's own functions do. */
int64_t vboL_option_integer(lua_State *L, int index, const char *name, int64_t otherwise) {
  int type = raw_field(L, index, name);
  int64_t value = otherwise;
  if (type != LUA_TNIL) {
    int whole = 0;
    if (type == LUA_TNUMBER) value = lua_tointegerx(L, -1, &whole);
    if (!whole) option_type_error(L, name, "integer");
  }
  lua_pop(L, 1);
  return value;
}

/* About 31 years: far from every overflow once it is milliseconds. */
#define LONGEST 1e9

/* Rounds up: a very short timeout must not become 0, which stands for none. */
static bool to_milliseconds(lua_Number seconds, int64_t *milliseconds) {
  if (!(seconds >= 0)) /* NaN too */
    return false;
  *milliseconds = (int64_t)ceil((seconds > LONGEST ? LONGEST : seconds) * 1000.0);
  return true;
}

int64_t vboL_milliseconds(lua_State *L, int arg, lua_Number seconds) {
  int64_t value = 0;
  luaL_argcheck(L, to_milliseconds(seconds, &value), arg, "seconds must not be negative");
  return value;
}

int64_t vboL_option_duration(lua_State *L, int index, const char *name, int64_t otherwise) {
  int type = raw_field(L, index, name);
  int64_t value = otherwise;
  if (type != LUA_TNIL) {
    if (type != LUA_TNUMBER) option_type_error(L, name, "number of seconds");
    if (!to_milliseconds(lua_tonumber(L, -1), &value))
      vboL_option_error(L, name, "seconds must not be negative");
  }
  lua_pop(L, 1);
  return value;
}

/* ------------------------------------------------------------------- handles */

/* Counts of the whole process, so that a program sees at its end what every state left open.
 * Atomic, since a process may run Lua states on several threads. */
static _Atomic long opened[VBOL_HANDLE_KINDS];
static _Atomic long closed[VBOL_HANDLE_KINDS];
static _Atomic long collected[VBOL_HANDLE_KINDS];

static const char *const handle_names[VBOL_HANDLE_KINDS] = {"engine", "client", "transfer",
                                                            "secret", "server", "journal"};

void vboL_count_opened(vboL_handle_kind kind) {
  opened[kind]++;
}
void vboL_count_closed(vboL_handle_kind kind) {
  closed[kind]++;
}
void vboL_count_collected(vboL_handle_kind kind) {
  collected[kind]++;
}

void vboL_push_handle_counts(lua_State *L) {
  lua_createtable(L, 0, VBOL_HANDLE_KINDS);
  for (int kind = 0; kind < VBOL_HANDLE_KINDS; kind++) {
    lua_createtable(L, 0, 2);
    lua_pushinteger(L, opened[kind] - closed[kind] - collected[kind]);
    lua_setfield(L, -2, "open");
    lua_pushinteger(L, collected[kind]);
    lua_setfield(L, -2, "forgotten");
    lua_setfield(L, -2, handle_names[kind]);
  }
}

/* Runs after lua_close, which has collected every handle, so that open ones count as forgotten,
 * too. */
bool vboL_check_handles(void) {
  const char *wanted = getenv("VBO_CHECK_HANDLES");
  if (wanted == NULL || strcmp(wanted, "1") != 0) return false;
  bool any = false;
  for (int kind = 0; kind < VBOL_HANDLE_KINDS; kind++) {
    long forgotten = opened[kind] - closed[kind];
    if (kind == VBOL_SECRET || forgotten <= 0) continue;
    fprintf(stderr, "vbolua: %ld %s handle%s never closed\n", forgotten, handle_names[kind],
            forgotten == 1 ? " was" : "s were");
    any = true;
  }
  return any;
}

/* A hook runs only when Lua code does. An empty chunk is the least Lua code. */
void vboL_breathe(lua_State *L) {
  if (lua_gethook(L) == NULL) return;
  luaL_checkstack(L, 2, NULL);
  if (luaL_loadstring(L, "") == LUA_OK)
    lua_call(L, 0, 0);
  else
    lua_pop(L, 1);
}

bool vboL_new_class(lua_State *L, const char *name, const luaL_Reg *methods,
                    const luaL_Reg *metamethods) {
  if (!luaL_newmetatable(L, name)) {
    lua_pop(L, 1);
    return false;
  }
  luaL_setfuncs(L, metamethods, 0);
  lua_newtable(L);
  luaL_setfuncs(L, methods, 0);
  lua_setfield(L, -2, "__index");
  /* Scripts have no business with the metatable: __gc called twice by hand is
   * harmless, but replacing a method of everybody's handles is not. */
  lua_pushstring(L, name);
  lua_setfield(L, -2, "__metatable");
  return true;
}
