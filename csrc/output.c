/* output.c: what a script prints keeps clear of the progress bars.
 *
 * Bars stand at the bottom of the terminal while transfers run.  Programs that own their
 * terminal (cargo, rich, npm) remove them before each line of output and draw them again after
 * it, and so does the interpreter: print, io.write, file:write and os.execute do what they always
 * did, after the bars are gone.  Only with a terminal at hand; otherwise the functions are Lua's
 * own.  A wrong argument is found here, so that its message names the script's line. */
#include <lauxlib.h>
#include <lualib.h>
#include <stdio.h>
#include <unistd.h>

#include "lutil.h"
#include "vbolua.h"

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

static int clear_print(lua_State *L) {
  if (screens[STDOUT_FILENO]) {
    vboL_screen_hide();
    vboL_screen_wrote(false);
  }
  return call_own(L);
}

/* Whether what is written from argument `first` on ends within a line; nothing decides nothing. */
static void note_end(lua_State *L, int first) {
  for (int i = lua_gettop(L); i >= first; i--) {
    size_t size = 0;
    const char *text = lua_type(L, i) == LUA_TSTRING ? lua_tolstring(L, i, &size) : NULL;
    if (text != NULL && size == 0) continue;
    vboL_screen_wrote(text == NULL || text[size - 1] != '\n');
    return;
  }
}

static void clear_for(lua_State *L, FILE *file, int first) {
  for (int i = first; i <= lua_gettop(L); i++)
    luaL_checklstring(L, i, NULL);
  if (!is_screen(file)) return;
  vboL_screen_hide();
  note_end(L, first);
}

/* io.write: upvalue 2 is io.output, which tells where it goes. */
static int clear_io_write(lua_State *L) {
  lua_pushvalue(L, lua_upvalueindex(2));
  lua_call(L, 0, 1);
  luaL_Stream *stream = luaL_testudata(L, -1, LUA_FILEHANDLE);
  lua_pop(L, 1);
  if (stream != NULL && stream->closef != NULL) clear_for(L, stream->f, 1);
  return call_own(L);
}

static int clear_file_write(lua_State *L) {
  luaL_Stream *stream = luaL_checkudata(L, 1, LUA_FILEHANDLE);
  if (stream->closef == NULL) return luaL_error(L, "attempt to use a closed file");
  clear_for(L, stream->f, 2);
  return call_own(L);
}

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
  if (!screens[STDERR_FILENO]) return; /* no bars */
  lua_pushglobaltable(L);
  replace(L, "print", clear_print);
  lua_getfield(L, -1, LUA_IOLIBNAME);
  lua_getfield(L, -1, "write");
  lua_getfield(L, -2, "output");
  lua_pushcclosure(L, clear_io_write, 2);
  lua_setfield(L, -2, "write");
  luaL_getmetatable(L, LUA_FILEHANDLE);
  if (lua_getfield(L, -1, "__index") == LUA_TTABLE) replace(L, "write", clear_file_write);
  lua_pop(L, 3);
  lua_getfield(L, -1, LUA_OSLIBNAME);
  replace(L, "execute", clear_execute);
  lua_pop(L, 2);
  vboL_screen_guard();
}
