/* lfold.c: names as people compare them, for Lua (fold.h).
 *
 * Lists are searched with these functions, so that the common cases return the argument itself,
 * without an allocation. */
#include "lua/lutil.h"

#include "base/buffer.h"
#include "base/fold.h"
#include "base/text.h"

/* Returns whether folding leaves the text as it is: ASCII without capitals, as most names are.
 * Saves the full Unicode folding for the names that do not need it. */
static bool is_folded(const char *text, size_t size) {
  for (size_t i = 0; i < size; i++)
    if (((unsigned char)text[i] & 0x80U) != 0 || (text[i] >= 'A' && text[i] <= 'Z')) return false;
  return true;
}

/* core.fold(text) -> text in the form in which names that people take for the same are equal:
 * without regard to case and to how letters are composed.  Of text that is not UTF-8 only ASCII
 * letters change.  Independent of the locale. */
static int core_fold(lua_State *L) {
  size_t size = 0;
  const char *text = luaL_checklstring(L, 1, &size);
  if (is_folded(text, size)) {
    lua_settop(L, 1);
    return 1;
  }
  vbo_error err = {0};
  /* A userdata: pushing the result may raise. */
  vbo_buffer *folded = vboL_new_buffer(L);
  if (!vbo_fold(text, size, folded, &err)) {
    vboL_push_error(L, &err);
    return lua_error(L);
  }
  vboL_push_buffer(L, folded);
  return 1;
}

/* core.matches(text, pattern) -> whether a pattern with `*` and `?` (of core.fold) matches the
 * whole of a text, folded. */
static int core_matches(lua_State *L) {
  size_t size = 0;
  size_t pattern_size = 0;
  const char *text = luaL_checklstring(L, 1, &size);
  const char *pattern = luaL_checklstring(L, 2, &pattern_size);
  vbo_error err = {0};
  bool matches = false;
  if (!vbo_fold_match(pattern, pattern_size, text, size, &matches, &err)) {
    vboL_push_error(L, &err);
    return lua_error(L);
  }
  lua_pushboolean(L, matches);
  return 1;
}

/* core.lower(text) -> text with its ASCII capitals lowered: for the words of protocols, in which
 * string.lower would ask the locale. */
static int core_lower(lua_State *L) {
  size_t size = 0;
  const char *text = luaL_checklstring(L, 1, &size);
  size_t at = 0;
  while (at < size && vbo_ascii_lower(text[at]) == text[at])
    at++;
  if (at == size) {
    lua_settop(L, 1);
    return 1;
  }
  luaL_Buffer buffer;
  char *lowered = luaL_buffinitsize(L, &buffer, size);
  for (at = 0; at < size; at++)
    lowered[at] = vbo_ascii_lower(text[at]);
  luaL_pushresultsize(&buffer, size);
  return 1;
}

void vboL_open_fold(lua_State *L) {
  lua_pushcfunction(L, core_fold);
  lua_setfield(L, -2, "fold");
  lua_pushcfunction(L, core_lower);
  lua_setfield(L, -2, "lower");
  lua_pushcfunction(L, core_matches);
  lua_setfield(L, -2, "matches");
}
