/* lsecret.c: secrets as Lua sees them. Nothing here gives the bytes back, but for what is typed to
 * become an argument of a script, which is a string (secret.typed).
 *
 * The bytes are in C, on OpenSSL's secure heap (base/secret.c). A Lua string would be copied,
 * interned and freed without being cleared. The handle holds one reference; a client that uses the
 * secret has its own, so that closing the handle does not take it away. */
#include "lua/lutil.h"

#include <string.h>

#include "base/secret.h"

/* Called after the arguments are checked and before the secret is made: neither a wrong argument
 * nor a lack of memory can leak one. */
static vboL_secret *new_handle(lua_State *L) {
  vboL_secret *handle = lua_newuserdatauv(L, sizeof *handle, 0);
  handle->secret = NULL;
  luaL_setmetatable(L, VBOL_SECRET_CLASS);
  return handle;
}

/* The handle is at the top when this is called, and becomes the result. */
static int hand_over(lua_State *L, vboL_secret *handle, const vbo_error *err) {
  if (handle->secret == NULL) return vboL_fail(L, err);
  vboL_count_opened(VBOL_SECRET);
  return 1;
}

/* secret.new(string) -> Secret | nil, err.  The string stays in Lua's memory until
 * it is collected: the other constructors never make one. */
static int secret_new(lua_State *L) {
  size_t size;
  const char *bytes = luaL_checklstring(L, 1, &size);
  vbo_error err = {0};
  vboL_secret *handle = new_handle(L);
  handle->secret = vbo_secret_new(bytes, size, &err);
  return hand_over(L, handle, &err);
}

/* a name for C must not end early */
static const char *check_name(lua_State *L, int arg) {
  size_t size;
  const char *name = luaL_checklstring(L, arg, &size);
  luaL_argcheck(L, strlen(name) == size, arg, "it holds a zero byte");
  return name;
}

/* secret.env(name) -> Secret | nil, err (not_found when it is unset). */
static int secret_env(lua_State *L) {
  const char *name = check_name(L, 1);
  vbo_error err = {0};
  vboL_secret *handle = new_handle(L);
  handle->secret = vbo_secret_from_env(name, &err);
  return hand_over(L, handle, &err);
}

/* secret.file(path, whole) -> Secret | nil, err (trust when others can read it): its one line, or
 * all bytes. */
static int secret_file(lua_State *L) {
  const char *path = check_name(L, 1);
  bool whole = lua_toboolean(L, 2) != 0;
  vbo_error err = {0};
  vboL_secret *handle = new_handle(L);
  handle->secret =
      whole ? vbo_secret_from_file_whole(path, &err) : vbo_secret_from_file(path, &err);
  return hand_over(L, handle, &err);
}

/* secret.stdin(whole) -> Secret | nil, err: of standard input, to its end. */
static int secret_stdin(lua_State *L) {
  bool whole = lua_toboolean(L, 1) != 0;
  vbo_error err = {0};
  vboL_secret *handle = new_handle(L);
  handle->secret = vbo_secret_from_descriptor(0, "standard input", whole, &err);
  return hand_over(L, handle, &err);
}

/* secret.locked() -> whether the system keeps secrets out of swap. */
static int secret_locked(lua_State *L) {
  lua_pushboolean(L, vbo_secrets_locked());
  return 1;
}

/* secret.base64(Secret) -> Secret | nil, err. */
static int secret_base64(lua_State *L) {
  vbo_secret *secret = vboL_check_secret(L, 1);
  vbo_error err = {0};
  luaL_argcheck(L, secret != NULL, 1, "the secret is closed");
  vboL_secret *handle = new_handle(L);
  handle->secret = vbo_secret_base64(secret, &err);
  return hand_over(L, handle, &err);
}

/* secret.prompt(text) -> Secret | nil, err (usage without a terminal). Bars of progress are removed
 * first: they would overwrite the question. */
static int secret_prompt(lua_State *L) {
  const char *text = check_name(L, 1);
  vbo_error err = {0};
  vboL_secret *handle = new_handle(L);
  vboL_screen_hide();
  handle->secret = vbo_secret_from_terminal(text, &err);
  return hand_over(L, handle, &err);
}

/* secret.typed(text) -> Secret, string | nil, err: a prompt for an argument of a script. While the
 * secret is open, output and errors show *** in its place. */
static int secret_typed(lua_State *L) {
  lua_settop(L, 1);
  if (secret_prompt(L) != 1) return 2;
  vbo_secret *secret = vboL_check_secret(L, -1);
  lua_pushlstring(L, vbo_secret_bytes(secret), vbo_secret_size(secret));
  return 2;
}

/* secret.is(value) -> boolean. */
static int secret_is(lua_State *L) {
  luaL_checkany(L, 1);
  lua_pushboolean(L, luaL_testudata(L, 1, VBOL_SECRET_CLASS) != NULL);
  return 1;
}

/* The result is borrowed from the handle: it is valid while the handle is on the stack and open. */
vbo_secret *vboL_check_secret(lua_State *L, int arg) {
  vboL_secret *handle = luaL_checkudata(L, arg, VBOL_SECRET_CLASS);
  return handle->secret;
}

vbo_secret *vboL_to_secret(lua_State *L, int index, bool *is) {
  vboL_secret *handle = luaL_testudata(L, index, VBOL_SECRET_CLASS);
  *is = handle != NULL;
  return handle != NULL ? handle->secret : NULL;
}

static bool release(vboL_secret *handle) {
  vbo_secret *secret = handle->secret;
  handle->secret = NULL;
  vbo_secret_free(secret);
  return secret != NULL;
}

static int secret_close(lua_State *L) {
  if (release(luaL_checkudata(L, 1, VBOL_SECRET_CLASS))) vboL_count_closed(VBOL_SECRET);
  return 0;
}

static int secret_gc(lua_State *L) {
  if (release(luaL_checkudata(L, 1, VBOL_SECRET_CLASS))) vboL_count_collected(VBOL_SECRET);
  return 0;
}

/* #secret: its size in bytes, 0 once it is closed. */
static int secret_len(lua_State *L) {
  vbo_secret *secret = vboL_check_secret(L, 1);
  lua_pushinteger(L, secret != NULL ? (lua_Integer)vbo_secret_size(secret) : 0);
  return 1;
}

/* The same text for every secret: an address or a length says something about it, and ends in
 * logs. */
static int secret_tostring(lua_State *L) {
  lua_pushliteral(L, "secret");
  return 1;
}

static const luaL_Reg methods[] = {{"close", secret_close}, {NULL, NULL}};

static const luaL_Reg metamethods[] = {{"__gc", secret_gc},
                                       {"__close", secret_close},
                                       {"__len", secret_len},
                                       {"__tostring", secret_tostring},
                                       {NULL, NULL}};

static const luaL_Reg functions[] = {{"new", secret_new},       {"env", secret_env},
                                     {"file", secret_file},     {"prompt", secret_prompt},
                                     {"is", secret_is},         {"stdin", secret_stdin},
                                     {"locked", secret_locked}, {"base64", secret_base64},
                                     {"typed", secret_typed},   {NULL, NULL}};

void vboL_open_secret(lua_State *L) {
  if (vboL_new_class(L, VBOL_SECRET_CLASS, methods, metamethods)) lua_pop(L, 1);
  luaL_newlib(L, functions);
  lua_setfield(L, -2, "secret");
}
