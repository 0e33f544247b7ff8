/* ltext.c: guards text and files that leave the program: redaction, visible control characters,
 * sealed descriptors and the umask. */
#include "lua/lutil.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/redact.h"
#include "base/descriptor.h"
#include "base/text.h"

/* core.redact(text[, least]) -> text without the secrets of this process that have at least so
 * many bytes (default 4). */
static int text_redact(lua_State *L) {
  size_t size = 0;
  const char *text = luaL_checklstring(L, 1, &size);
  lua_Integer least = luaL_optinteger(L, 2, VBO_REDACT_LEAST);
  luaL_argcheck(L, least >= VBO_REDACT_LEAST, 2, "4 bytes or more expected");
  luaL_Buffer buffer;
  char *copy = luaL_buffinitsize(L, &buffer, size);
  /* Redaction works in place and never makes a text longer, so that a buffer of `size` bytes is
   * enough. Lua's own string must not be changed. */
  if (size > 0) memcpy(copy, text, size);
  luaL_pushresultsize(&buffer, vbo_redact_long(copy, size, (size_t)least));
  return 1;
}

/* core.visible(text) -> text in which nothing steers a terminal, hides or turns around what
 * follows: such characters are written as \x1B or \u{202E}; tabs and line ends stay. Names of files
 * and mails come from other people: an escape sequence in one could retitle a window or hide a line
 * of a plan. */
int vboL_text_visible(lua_State *L) {
  size_t size = 0;
  const char *text = luaL_checklstring(L, 1, &size);
  luaL_Buffer buffer;
  luaL_buffinit(L, &buffer);
  for (size_t at = 0; at < size;) {
    char shown[VBO_TEXT_SHOWN];
    bool plain = false;
    size_t length = vbo_text_show(text + at, size - at, shown, &plain);
    if (plain)
      luaL_addlstring(&buffer, text + at, length);
    else
      luaL_addstring(&buffer, shown);
    at += length;
  }
  luaL_pushresult(&buffer);
  return 1;
}

/* core.unsafe(point) -> whether a character steers, hides or turns around text. */
static int text_unsafe(lua_State *L) {
  lua_Integer point = luaL_checkinteger(L, 1);
  lua_pushboolean(L, point >= 0 && point <= 0x10FFFF && vbo_text_unsafe((uint32_t)point));
  return 1;
}

/* core.seal(file): programs that this one starts do not get the file. -> the file. fileno of a
 * closed file is undefined; closef is NULL then (lauxlib.h). */
static int text_seal(lua_State *L) {
  luaL_Stream *stream = luaL_checkudata(L, 1, LUA_FILEHANDLE);
  if (stream->closef != NULL) vbo_file_seal(fileno(stream->f));
  lua_settop(L, 1);
  return 1;
}

/* core.umask(mask) -> the one before: which rights files and folders that are made do not get.
 * POSIX has no way to read the mask without setting it. It belongs to the whole process. */
static int text_umask(lua_State *L) {
  lua_Integer mask = luaL_checkinteger(L, 1);
  luaL_argcheck(L, mask >= 0 && mask <= 0777, 1, "0 to 0777 expected");
  lua_pushinteger(L, (lua_Integer)umask((mode_t)mask));
  return 1;
}

void vboL_open_text(lua_State *L) {
  static const luaL_Reg functions[] = {{"redact", text_redact}, {"visible", vboL_text_visible},
                                       {"unsafe", text_unsafe}, {"umask", text_umask},
                                       {"seal", text_seal},     {NULL, NULL}};
  luaL_setfuncs(L, functions, 0);
}
