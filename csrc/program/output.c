/* output.c: what a script prints keeps clear of the progress bars.
 *
 * Bars stand at the bottom of the terminal while transfers run.  Programs that own their
 * terminal (cargo, rich, npm) remove them before each line of output and draw them again after
 * it, and so does the interpreter: print, io.write, file:write and os.execute do what they always
 * did, after the bars are gone.  A wrong argument is found here, so that its message names the
 * script's line.
 *
 * A failed write to standard output is an error: print raises, io.write answers nil and
 * a message as ever, and the exit status tells in either case.  When its reader has gone
 * (`vbolua runbook | head`), the program is stopped as by a signal, SIGPIPE. */
#include <errno.h>
#include <lauxlib.h>
#include <lualib.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "lua/lutil.h"
#include "program/program.h"

static bool screens[3]; /* stdout and stderr are the terminal */

static bool is_screen(FILE *file) {
  return (file == stdout && screens[STDOUT_FILENO]) || (file == stderr && screens[STDERR_FILENO]);
}

/* Calls Lua's own function (upvalue 1) with all arguments; its results are left. */
static int call_own(lua_State *L) {
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_insert(L, 1);
  lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
  return lua_gettop(L);
}

/* ------------------------------------------------------------------- failures */

/* The first reason counts: later writes to a failed stream fail for other reasons, or succeed
 * again. */
static int failure; /* errno of the first write to stdout that failed */

/* Returns whether stdout has failed by now. A signal that cuts a write short does not count.
 * ferror remembers a failure that no caller has seen, such as that of a buffer flushed by the C
 * library. */
static bool has_failed(int error) {
  if (!ferror(stdout)) return failure != 0;
  if (error == EINTR) {
    clearerr(stdout);
    return failure != 0;
  }
  if (failure == 0) failure = error != 0 ? error : EIO;
  return true;
}

static void failure_text(vbo_error *err) {
  vbo_error_os(err, VBO_ERROR_DISK, failure, "cannot write the output");
}

/* After Lua's own function: its results are left, or an error is raised. EPIPE is not reported as a
 * failure: a reader that has read enough is common (`| head`). */
static int checked(lua_State *L, int results, int error, bool raises) {
  if (!has_failed(error)) return results;
  if (failure == EPIPE) {
    vbo_interrupt_stop(SIGPIPE);
    return raises && vboL_interrupt_pending() ? vbo_interrupt_raise(L) : results;
  }
  if (!raises) return results;
  vbo_error err = {0};
  failure_text(&err);
  return vbo_raise(L, &err);
}

/* fclose too may fail: network file systems report a full disk only then. stdout is not used after
 * this. */
int vbo_output_finish(int status) {
  errno = 0;
  bool bad = has_failed(fflush(stdout) != 0 ? errno : 0);
  errno = 0;
  if (fclose(stdout) != 0 && !bad) {
    failure = errno != 0 ? errno : EIO;
    bad = failure != EBADF; /* it was closed from the start, and nothing was written */
  }
  if (!bad || status != 0) return status;
  if (failure == EPIPE) return 128 + SIGPIPE;
  vbo_error err = {0};
  failure_text(&err);
  fprintf(stderr, VBOLUA ": %s [%s]\n", err.message, vbo_error_kind_name(err.kind));
  return vbo_error_exit_status(err.kind);
}

/* -------------------------------------------------------------------- writing */

/* errno is cleared before the call: stdio leaves it alone on success, and an old value would be
 * taken for the reason. */
static int clear_print(lua_State *L) {
  if (screens[STDOUT_FILENO]) {
    vboL_screen_hide();
    vboL_screen_wrote(false);
  }
  errno = 0;
  int results = call_own(L);
  return checked(L, results, errno, true);
}

/* Notes whether the text of the arguments from `first` on ends within a line; empty text changes
 * nothing. */
static void note_end(lua_State *L, int first) {
  for (int i = lua_gettop(L); i >= first; i--) {
    size_t size = 0;
    const char *text = lua_type(L, i) == LUA_TSTRING ? lua_tolstring(L, i, &size) : NULL;
    if (text != NULL && size == 0) continue;
    vboL_screen_wrote(text == NULL || text[size - 1] != '\n');
    return;
  }
}

/* luaL_checklstring also turns numbers into strings in place, so that note_end sees text only. */
static void clear_for(lua_State *L, FILE *file, int first) {
  for (int i = first; i <= lua_gettop(L); i++)
    luaL_checklstring(L, i, NULL);
  if (!is_screen(file)) return;
  vboL_screen_hide();
  note_end(L, first);
}

/* io.write: upvalue 2 is io.output, which returns the file. */
static int clear_io_write(lua_State *L) {
  lua_pushvalue(L, lua_upvalueindex(2));
  lua_call(L, 0, 1);
  luaL_Stream *stream = luaL_testudata(L, -1, LUA_FILEHANDLE);
  lua_pop(L, 1);
  FILE *file = stream != NULL && stream->closef != NULL ? stream->f : NULL;
  if (file != NULL) clear_for(L, file, 1);
  errno = 0;
  int results = call_own(L);
  return file == stdout ? checked(L, results, errno, false) : results;
}

static int clear_file_write(lua_State *L) {
  luaL_Stream *stream = luaL_checkudata(L, 1, LUA_FILEHANDLE);
  if (stream->closef == NULL) return luaL_error(L, "attempt to use a closed file");
  FILE *file = stream->f;
  clear_for(L, file, 2);
  errno = 0;
  int results = call_own(L);
  return file == stdout ? checked(L, results, errno, false) : results;
}

/* io.flush and file:flush: a buffer that cannot be written is as bad as what fills it. */
static int checked_flush(lua_State *L) {
  luaL_Stream *stream = luaL_testudata(L, 1, LUA_FILEHANDLE);
  bool is_output = stream == NULL || (stream->closef != NULL && stream->f == stdout);
  errno = 0;
  int results = call_own(L);
  return is_output ? checked(L, results, errno, false) : results;
}

/* A child writes to the terminal directly, past these functions. */
static int clear_execute(lua_State *L) {
  luaL_optstring(L, 1, NULL);
  vboL_screen_hide();
  return call_own(L);
}

/* field `name` of the table at the top: now `with`, which has the old value as its upvalue. */
static void replace(lua_State *L, const char *name, lua_CFunction with) {
  lua_getfield(L, -1, name);
  lua_pushcclosure(L, with, 1);
  lua_setfield(L, -2, name);
}

void vbo_output_guard(lua_State *L) {
  screens[STDOUT_FILENO] = isatty(STDOUT_FILENO);
  screens[STDERR_FILENO] = isatty(STDERR_FILENO);
  lua_pushglobaltable(L);
  replace(L, "print", clear_print);
  lua_getfield(L, -1, LUA_IOLIBNAME);
  lua_getfield(L, -1, "write");
  /* io.output changes with each call of it, so that the file is asked for at each write. */
  lua_getfield(L, -2, "output");
  lua_pushcclosure(L, clear_io_write, 2);
  lua_setfield(L, -2, "write");
  replace(L, "flush", checked_flush);
  luaL_getmetatable(L, LUA_FILEHANDLE);
  if (lua_getfield(L, -1, "__index") == LUA_TTABLE) {
    replace(L, "write", clear_file_write);
    replace(L, "flush", checked_flush);
  }
  lua_pop(L, 3);
  lua_getfield(L, -1, LUA_OSLIBNAME);
  replace(L, "execute", clear_execute);
  lua_pop(L, 2);
  if (screens[STDERR_FILENO]) vboL_screen_guard(); /* without it there are no bars */
}
