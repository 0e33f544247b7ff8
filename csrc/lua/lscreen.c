/* lscreen.c: `core.screen`: the lines at the bottom of the terminal that are drawn again and
 * again, and how what else is printed keeps clear of them.
 *
 * While such lines stand, the cursor waits at the beginning of the first of them.  So removing
 * them is always the same: erase from the cursor on.  It stays right when the window changes its
 * width and the terminal wraps its lines anew, and it needs no memory of what was drawn, so a
 * signal handler can do it. */
#include "lua/lutil.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/text.h"

/* ECMA-48: carriage return, then ED without a parameter, which erases from the cursor to the end of
 * the screen. */
static const char ERASE[] = "\r\033[J";

/* The process has one terminal, however many Lua states. */
static volatile sig_atomic_t stands; /* lines are on the screen */
static bool mid_line;                /* the program wrote the beginning of a line */
static bool guarded;                 /* the program announces each line before it prints */

/* The flag is cleared first, so that a signal handler cannot erase what is printed after the
 * lines. */
void vboL_screen_hide(void) {
  if (stands == 0) return;
  stands = 0;
  fputs(ERASE, stderr);
  fflush(stderr);
}

/* write() is async-signal-safe, stdio is not (POSIX, signal-safety). */
void vboL_screen_leave(void) {
  if (stands == 0) return;
  stands = 0;
  if (write(STDERR_FILENO, ERASE, sizeof ERASE - 1) < 0) stands = 0; /* nothing is to be done */
}

void vboL_screen_guard(void) {
  guarded = true;
}

void vboL_screen_wrote(bool is_mid_line) {
  mid_line = is_mid_line;
}

/* screen.write(text, stand): to standard error, in one piece. `stand`: it leaves lines that are to
 * be removed before anything else is printed, and the cursor at their beginning. One fwrite and one
 * fflush: a drawing in several pieces would flicker. `stands` is set before the lines are written,
 * so that a signal in between erases what is there. */
static int screen_write(lua_State *L) {
  size_t size = 0;
  const char *text = luaL_checklstring(L, 1, &size);
  fflush(stdout); /* what is held back there would come out in the middle of the lines */
  if (mid_line) fputc('\n', stderr);
  mid_line = false;
  stands = lua_toboolean(L, 2);
  fwrite(text, 1, size, stderr);
  fflush(stderr);
  return 0;
}

/* screen.hide(): removes the lines that stand. */
static int screen_hide(lua_State *L) {
  (void)L;
  vboL_screen_hide();
  return 0;
}

/* screen.stands() -> boolean. */
static int screen_stands(lua_State *L) {
  lua_pushboolean(L, stands != 0);
  return 1;
}

/* screen.guarded() -> boolean: what is printed removes the lines by itself (in `vbolua`). */
static int screen_guarded(lua_State *L) {
  lua_pushboolean(L, guarded);
  return 1;
}

/* An inherited variable may hold anything. */
static int from_environment(const char *name, int otherwise) {
  const char *told = getenv(name);
  long value = told != NULL ? strtol(told, NULL, 10) : 0;
  return value > 0 && value < 10000 ? (int)value : otherwise;
}

/* screen.size() -> columns, rows of the terminal at standard error, as they are now; COLUMNS and
 * LINES, or 80 and 24, where it does not say. Asked for each time: a handler of SIGWINCH would
 * interrupt the waits of the program. */
static int screen_size(lua_State *L) {
  struct winsize size = {0};
  if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0) size.ws_col = size.ws_row = 0;
  lua_pushinteger(L, size.ws_col > 0 ? size.ws_col : from_environment("COLUMNS", 80));
  lua_pushinteger(L, size.ws_row > 0 ? size.ws_row : from_environment("LINES", 24));
  return 2;
}

/* screen.clean(text) -> one line that is safe on a terminal: no control characters, no
 * bidirectional overrides, "?" for bytes that are not UTF-8. */
static int screen_clean(lua_State *L) {
  size_t size = 0;
  const char *text = luaL_checklstring(L, 1, &size);
  luaL_Buffer buffer;
  char *out = luaL_buffinitsize(L, &buffer, size + 1);
  vbo_text_clean(out, size + 1, text, size);
  luaL_pushresultsize(&buffer, strlen(out));
  return 1;
}

/* screen.setting() -> what the command line of `vbolua` says of progress | nil elsewhere. */
static int screen_setting(lua_State *L) {
  lua_getfield(L, LUA_REGISTRYINDEX, VBOL_PROGRESS);
  return 1;
}

void vboL_open_screen(lua_State *L) {
  static const luaL_Reg functions[] = {{"write", screen_write},     {"hide", screen_hide},
                                       {"stands", screen_stands},   {"guarded", screen_guarded},
                                       {"size", screen_size},       {"clean", screen_clean},
                                       {"setting", screen_setting}, {NULL, NULL}};
  luaL_newlib(L, functions);
  lua_setfield(L, -2, "screen");
}
