/* lstream.c: the sources of a rehearsal server's answers as Lua sees them.
 *
 * A handle holds one reference of a stream. An answer or a concatenation takes its own, so that a
 * script may close the handle while the stream is still being sent. */
#include "server/lserver.h"

#include "server/archive.h"

#include <string.h>

static vboL_stream *new_stream(lua_State *L) {
  vboL_stream *handle = lua_newuserdatauv(L, sizeof *handle, 0);
  handle->stream = NULL;
  luaL_setmetatable(L, VBOL_STREAM_CLASS);
  return handle;
}

/* The handle is at the top and becomes the result; its __gc does nothing when it is empty. */
static int hand_over(lua_State *L, const vboL_stream *handle, const vbo_error *err) {
  return handle->stream ? 1 : vboL_fail(L, err);
}

vbo_stream *vboL_open_stream(lua_State *L, int arg) {
  vboL_stream *handle = luaL_checkudata(L, arg, VBOL_STREAM_CLASS);
  luaL_argcheck(L, handle->stream != NULL, arg, "the stream is closed");
  return handle->stream;
}

/* stream.bytes(string) -> Stream | nil, err: a copy of these bytes. */
static int stream_bytes(lua_State *L) {
  size_t size = 0;
  const char *bytes = luaL_checklstring(L, 1, &size);
  vbo_error err = {0};
  vboL_stream *handle = new_stream(L);
  handle->stream = vbo_stream_bytes(bytes, size, &err);
  return hand_over(L, handle, &err);
}

/* stream.generate{seed=0, size=, text=false} -> Stream | nil, err: bytes that seed and size
 * determine, noise or (text) lines of words, in constant memory. */
static int stream_generate(lua_State *L) {
  static const char *const names[] = {"seed", "size", "text", NULL};
  vboL_check_options(L, 1, "stream.generate", names);
  int64_t size = vboL_option_integer(L, 1, "size", -1);
  if (size < 0) vboL_option_error(L, "size", "bytes expected, 0 or more");
  /* A negative seed is as good as any other: its bits are taken as they are. */
  uint64_t seed = (uint64_t)vboL_option_integer(L, 1, "seed", 0);
  bool text = vboL_option_bool(L, 1, "text", false);
  vbo_error err = {0};
  vboL_stream *handle = new_stream(L);
  handle->stream = vbo_stream_generate(seed, size, text, &err);
  return hand_over(L, handle, &err);
}

/* SIZE_MAX / 2 leaves room for the extra byte, which makes an empty array valid memory. */
void *vboL_new_array(lua_State *L, size_t count, size_t size) {
  if (count > SIZE_MAX / 2 / size) luaL_error(L, "too many elements");
  void *array = lua_newuserdatauv(L, count * size + 1, 0);
  memset(array, 0, count * size + 1);
  return array;
}

/* stream.concat{Stream, …} -> Stream | nil, err: one after the other. */
static int stream_concat(lua_State *L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  size_t count = (size_t)luaL_len(L, 1);
  vbo_stream **parts = vboL_new_array(L, count, sizeof(vbo_stream *));
  for (size_t i = 0; i < count; i++) {
    lua_geti(L, 1, (lua_Integer)i + 1);
    /* May raise for another value: the array is a userdata, and holds no references of its own. */
    parts[i] = vboL_open_stream(L, -1);
    lua_pop(L, 1); /* the table keeps it */
  }
  vbo_error err = {0};
  vboL_stream *handle = new_stream(L);
  handle->stream = vbo_stream_concat(parts, count, &err);
  return hand_over(L, handle, &err);
}

static const char *const zip_methods[] = {"auto", "store", "deflate", NULL};

/* Fills an entry with pointers that the caller's table keeps alive; vbo_zip_new copies and shares
 * them. */
static void zip_entry(lua_State *L, int index, vbo_zip_entry *entry) {
  static const char *const names[] = {"name", "mtime", "stream", "method", NULL};
  vboL_check_options(L, index, "an entry of stream.zip", names);
  entry->name = vboL_option_string(L, index, "name", NULL);
  if (!entry->name || entry->name[0] == '\0') vboL_option_error(L, "name", "every entry needs one");
  entry->mtime = vboL_option_integer(L, index, "mtime", 0);
  const char *method = vboL_option_string(L, index, "method", zip_methods[0]);
  size_t which = 0;
  while (zip_methods[which] && strcmp(method, zip_methods[which]) != 0)
    which++;
  if (!zip_methods[which]) vboL_option_error(L, "method", "auto, store or deflate expected");
  entry->method = (vbo_zip_method)which;
  if (lua_getfield(L, index, "stream") != LUA_TNIL) {
    if (!luaL_testudata(L, -1, VBOL_STREAM_CLASS))
      vboL_option_error(L, "stream",
                        lua_pushfstring(L, "stream expected, got %s", luaL_typename(L, -1)));
    entry->stream = vboL_open_stream(L, lua_gettop(L));
  }
  lua_pop(L, 1);
}

/* stream.zip{{name=, mtime=0, stream=nil, method="auto"}, …} -> Stream | nil, err: a ZIP made while
 * it is read. Names are UTF-8; one that ends with "/" is a folder; mtime is seconds since 1970.
 * "auto" deflates up to 16 MiB and stores what is larger. */
static int stream_zip(lua_State *L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  size_t count = (size_t)luaL_len(L, 1);
  vbo_zip_entry *entries = vboL_new_array(L, count, sizeof *entries);
  for (size_t i = 0; i < count; i++) {
    lua_geti(L, 1, (lua_Integer)i + 1);
    zip_entry(L, lua_gettop(L), &entries[i]);
    lua_pop(L, 1); /* names and streams stay in the caller's table */
  }
  vbo_error err = {0};
  vboL_stream *handle = new_stream(L);
  handle->stream = vbo_zip_new(entries, count, &err);
  return hand_over(L, handle, &err);
}

/* stream:size() -> bytes | nil (a ZIP's is known only once it is read). */
static int stream_size(lua_State *L) {
  int64_t size = vbo_stream_size(vboL_open_stream(L, 1));
  if (size == VBO_STREAM_UNKNOWN)
    lua_pushnil(L);
  else
    lua_pushinteger(L, size);
  return 1;
}

/* server.sha256_of(Stream) -> hex, size | nil, err.  Reads all of it; the stream can be used
 * again. */
static int stream_sha256(lua_State *L) {
  vbo_stream *stream = vboL_open_stream(L, 1);
  char hex[VBO_DIGEST_HEX];
  int64_t size = 0;
  vbo_error err = {0};
  if (!vbo_stream_sha256(stream, hex, &size, &err)) return vboL_fail(L, &err);
  lua_pushstring(L, hex);
  lua_pushinteger(L, size);
  return 2;
}

/* server.generated(seed, offset, size[, text]) -> string: that part of the generated stream. */
static int generated(lua_State *L) {
  uint64_t seed = (uint64_t)luaL_checkinteger(L, 1);
  lua_Integer offset = luaL_checkinteger(L, 2);
  lua_Integer size = luaL_checkinteger(L, 3);
  luaL_argcheck(L, offset >= 0, 2, "the offset is 0 or more");
  luaL_argcheck(L, size >= 0 && (uint64_t)size < SIZE_MAX / 2, 3, "the size is 0 or more");
  bool text = lua_toboolean(L, 4) != 0; /* before the buffer takes that place */
  luaL_Buffer buffer;
  char *out = luaL_buffinitsize(L, &buffer, (size_t)size);
  vbo_stream_generated(seed, text, (uint64_t)offset, out, (size_t)size);
  luaL_pushresultsize(&buffer, (size_t)size);
  return 1;
}

static int stream_close(lua_State *L) {
  vboL_stream *handle = luaL_checkudata(L, 1, VBOL_STREAM_CLASS);
  vbo_stream *stream = handle->stream;
  handle->stream = NULL;
  vbo_stream_free(stream);
  return 0;
}

/* --------------------------------------------------------------------- module */

static const luaL_Reg methods[] = {
    {"size", stream_size}, {"sha256", stream_sha256}, {"close", stream_close}, {NULL, NULL}};
static const luaL_Reg metamethods[] = {
    {"__gc", stream_close}, {"__close", stream_close}, {NULL, NULL}};

static const luaL_Reg functions[] = {
    {"sha256_of", stream_sha256}, {"generated", generated}, {NULL, NULL}};
static const luaL_Reg constructors[] = {{"bytes", stream_bytes},
                                        {"generate", stream_generate},
                                        {"concat", stream_concat},
                                        {"zip", stream_zip},
                                        {NULL, NULL}};

void vboL_open_streams(lua_State *L) {
  if (vboL_new_class(L, VBOL_STREAM_CLASS, methods, metamethods)) lua_pop(L, 1);
  luaL_setfuncs(L, functions, 0);
  luaL_newlib(L, constructors);
  lua_setfield(L, -2, "stream");
}
