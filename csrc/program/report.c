/* report.c: reports errors on standard error, and finds the exit status.
 *
 * A structured error is one line: it names the runbook's line and what to do. A mistake in a
 * program comes with a traceback, as from `lua`. Everything passes redaction and the escaping of
 * control characters on its way out. */
#include <lauxlib.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lua/lutil.h"
#include "base/redact.h"
#include "base/text.h"
#include "modules.h"
#include "vbo.h"
#include "program/program.h"

#define TRACEBACK "vbolua.traceback"
#define REPORTED "vbolua.reported"

static bool trace;

void vbo_trace(bool on) {
  trace = on;
}

/* Returns the kind of a structured error at `index`; VBO_OK for any other value. Raw access: this
 * runs for any value that a script raised, and must not call its metamethods. */
static vbo_error_kind kind_of(lua_State *L, int index) {
  vbo_error_kind found = VBO_OK;
  if (!lua_istable(L, index)) return VBO_OK;
  index = lua_absindex(L, index);
  lua_pushliteral(L, "kind");
  if (lua_rawget(L, index) == LUA_TSTRING) {
    const char *name = lua_tostring(L, -1);
    for (int kind = 1; kind < VBO_ERROR_KIND_COUNT && found == VBO_OK; kind++)
      if (strcmp(name, vbo_error_kind_name((vbo_error_kind)kind)) == 0)
        found = (vbo_error_kind)kind;
  }
  lua_pop(L, 1);
  return found;
}

/* After a signal the status is 128 + N whatever the error is, as shells and supervisors expect. */
static int exit_status(lua_State *L, int index) {
  vbo_error_kind kind = kind_of(L, index);
  return vbo_interrupt_status(kind == VBO_OK ? 1 : vbo_error_exit_status(kind));
}

/* The reader of the output went away while nothing was under way (`| head`): no message. */
static bool goes_unsaid(lua_State *L, int index) {
  if (vbo_interrupt_signal() != SIGPIPE || kind_of(L, index) != VBO_ERROR_CANCELLED) return false;
  index = lua_absindex(L, index);
  lua_pushliteral(L, "sent");
  bool said = lua_rawget(L, index) != LUA_TNIL;
  lua_pop(L, 1);
  return !said;
}

/* Pushes the error as text. May raise (__tostring), hence protected_text. */
static void push_text(lua_State *L, int index) {
  index = lua_absindex(L, index);
  bool has_tostring = luaL_getmetafield(L, index, "__tostring") != LUA_TNIL;
  if (has_tostring) lua_pop(L, 1);
  if (!has_tostring && kind_of(L, index) != VBO_OK) { /* as vbo.core returns them */
    lua_pushliteral(L, "message");
    lua_rawget(L, index);
    lua_pushliteral(L, "kind");
    lua_rawget(L, index);
    const char *message = lua_tostring(L, -2);
    lua_pushfstring(L, "%s [%s]", message != NULL ? message : "failed", lua_tostring(L, -1));
    return;
  }
  if (has_tostring || lua_isstring(L, index))
    luaL_tolstring(L, index, NULL);
  else
    lua_pushfstring(L, "(error object is a %s value)", luaL_typename(L, index));
}

static int protected_text(lua_State *L) {
  push_text(L, 1);
  return 1;
}

/* A terminal obeys control characters, and text may come from a server. */
static void print_shown(const char *text, size_t size) {
  for (size_t at = 0; at < size;) {
    char shown[VBO_TEXT_SHOWN];
    bool plain = false;
    size_t length = vbo_text_show(text + at, size - at, shown, &plain);
    if (plain)
      fwrite(text + at, 1, length, stderr);
    else
      fputs(shown, stderr);
    at += length;
  }
}

/* An error of a script may hold a secret that a server repeated. Redaction comes before the
 * escaping, which could split a secret. Without memory nothing is printed rather than a secret. */
static void print_clean(const char *text, size_t size) {
  char *copy = malloc(size + 1);
  if (copy == NULL) return;
  memcpy(copy, text, size);
  print_shown(copy, vbo_redact(copy, size, NULL));
  free(copy);
}

/* lua_error does not return; the int lets callers write `return vbo_raise(...)`. */
int vbo_raise(lua_State *L, const vbo_error *err) {
  luaL_checkstack(L, 6, NULL);
  /* As the module's own errors are, when the module is in use. */
  luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
  bool ours = lua_getfield(L, -1, VBO_MODULE_base_error) == LUA_TTABLE &&
              lua_getfield(L, -1, "new") == LUA_TFUNCTION;
  vboL_push_error(L, err);
  if (ours) lua_call(L, 1, 1);
  return lua_error(L);
}

int vbo_report(lua_State *L) {
  int status = exit_status(L, -1);
  lua_pushvalue(L, -1);
  lua_setfield(L, LUA_REGISTRYINDEX, REPORTED);
  bool unsaid = goes_unsaid(L, -1);
  lua_pushcfunction(L, protected_text); /* a broken __tostring must not end the report */
  lua_pushvalue(L, -2);
  if (lua_pcall(L, 1, 1, 0) != LUA_OK) {
    lua_pop(L, 1);
    lua_pushliteral(L, "(an error whose __tostring failed)");
  }
  const char *text = lua_tostring(L, -1);
  vboL_screen_hide();
  fflush(stdout); /* what the script said comes before why it ended */
  if (!unsaid) {
    fputs(VBOLUA ": ", stderr);
    print_clean(text, strlen(text));
    fputc('\n', stderr);
  }
  if (lua_getfield(L, LUA_REGISTRYINDEX, TRACEBACK) == LUA_TSTRING) {
    print_clean(lua_tostring(L, -1), lua_rawlen(L, -1));
    fputc('\n', stderr);
  }
  fflush(stderr);
  lua_pushnil(L);
  lua_setfield(L, LUA_REGISTRYINDEX, TRACEBACK);
  lua_settop(L, 0);
  return status;
}

void vbo_push_reported(lua_State *L) {
  lua_getfield(L, LUA_REGISTRYINDEX, REPORTED);
}

/* Pushes where a task raised the error at 1 that is passed on here; nil when none did. */
static void push_task_trace(lua_State *L) {
  luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
  if (lua_getfield(L, -1, VBO_MODULE_runtime_task) != LUA_TTABLE) {
    lua_pushnil(L);
    return;
  }
  lua_getfield(L, -1, "trace");
  lua_pushvalue(L, 1);
  lua_call(L, 1, 1);
}

/* Returns whether an error is a mistake in a program, as Lua raises it: those come with a
 * traceback, as from `lua`. Structured errors name the line of the runbook and what to do, in one
 * line. An object of the program's own is shown by its text, which is taken here, as `lua` does:
 * it may look at the stack. */
static bool is_plain(lua_State *L) {
  if (kind_of(L, 1) != VBO_OK) return false;
  if (lua_isstring(L, 1) || luaL_getmetafield(L, 1, "__tostring") == LUA_TNIL) return true;
  lua_pushvalue(L, 1);
  if (lua_pcall(L, 1, 1, 0) == LUA_OK && lua_type(L, -1) == LUA_TSTRING) lua_replace(L, 1);
  lua_settop(L, 1);
  return false;
}

/* Runs where the error was raised, before anything is cleaned up. The stack of the error is still
 * there: after the unwinding no traceback could be made. The traceback is kept in the registry, as
 * the handler may return one value only. */
static int on_error(lua_State *L) {
  bool plain = is_plain(L);
  if (trace || plain) {
    push_task_trace(L);
    if (lua_isstring(L, -1))
      luaL_traceback(
          L, L,
          lua_pushfstring(L, "in a task:\n%s\nwhich is waited for here:", lua_tostring(L, -1)), 1);
    else
      luaL_traceback(L, L, NULL, 1);
    lua_setfield(L, LUA_REGISTRYINDEX, TRACEBACK);
    lua_settop(L, 1);
  }
  return 1;
}

/* The handler goes below the function, and is removed whatever comes of the call. */
int vbo_call_chunk(lua_State *L, int arguments, int results) {
  int base = lua_gettop(L) - arguments;
  lua_pushcfunction(L, on_error);
  lua_insert(L, base);
  int status = lua_pcall(L, arguments, results, base);
  lua_remove(L, base);
  return status == LUA_OK ? 0 : vbo_report(L);
}
