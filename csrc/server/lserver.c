/* lserver.c: the rehearsal server as Lua sees it: the module vbo.server.
 *
 * It is a module of its own: a client never loads it. */
#include "server/lserver.h"

#include "server/identity.h"
#include "server/server.h"

#include <stdlib.h>

#define SERVER_CLASS "vbo.Server"

typedef struct server_handle {
  vbo_server *server; /* NULL: closed */
} server_handle;

VBO_API int luaopen_vbo_server(lua_State *L);

/* -------------------------------------------------------------------- servers */

static server_handle *check_server(lua_State *L) {
  return luaL_checkudata(L, 1, SERVER_CLASS);
}

/* server.listen{address="127.0.0.1", port=0, certificate=pem, key=pem, tls=true,
 * max_body=64 MiB, idle_timeout=none, signals=false} -> Server | nil, err.
 * Without a certificate it makes one, for localhost, 127.0.0.1, ::1 and the address, that signs
 * itself.  signals=true takes SIGINT and SIGTERM until the server is closed. */
static int server_listen(lua_State *L) {
  static const char *const names[] = {"address",  "port",         "certificate", "key",    "tls",
                                      "max_body", "idle_timeout", "signals",     "select", NULL};
  if (lua_isnoneornil(L, 1)) {
    lua_settop(L, 0);
    lua_newtable(L);
  }
  vboL_check_options(L, 1, "server.listen", names);
  int64_t port = vboL_option_integer(L, 1, "port", 0);
  if (port < 0 || port > 65535) vboL_option_error(L, "port", "0 to 65535 expected");
  int64_t max_body = vboL_option_integer(L, 1, "max_body", 0);
  if (max_body < 0) vboL_option_error(L, "max_body", "bytes expected, 0 or more");
  vbo_server_options options = {
      .address = vboL_option_string(L, 1, "address", NULL),
      .port = (int)port,
      .plain = !vboL_option_bool(L, 1, "tls", true),
      .certificate = vboL_option_string(L, 1, "certificate", NULL),
      .key = vboL_option_string(L, 1, "key", NULL),
      .max_body = (size_t)max_body,
      .idle_timeout = vboL_option_duration(L, 1, "idle_timeout", 0),
      .signals = vboL_option_bool(L, 1, "signals", false),
      .select = vboL_option_bool(L, 1, "select", false),
  };
  vbo_error err = {0};
  /* A closed handle comes first: when memory runs out nothing has been opened yet. */
  server_handle *handle = lua_newuserdatauv(L, sizeof *handle, 0);
  handle->server = NULL;
  luaL_setmetatable(L, SERVER_CLASS);
  handle->server = vbo_server_listen(&options, &err);
  if (!handle->server) return vboL_fail(L, &err);
  vboL_count_opened(VBOL_SERVER);
  return 1;
}

static int server_port(lua_State *L) {
  server_handle *handle = check_server(L);
  if (!handle->server) return vboL_fail_closed(L, "server");
  lua_pushinteger(L, vbo_server_port(handle->server));
  return 1;
}

/* lua_pushstring copies: the text belongs to the server, which a script may close. */
static int push_text(lua_State *L, const char *(*get)(const vbo_server *)) {
  server_handle *handle = check_server(L);
  if (!handle->server) return vboL_fail_closed(L, "server");
  lua_pushstring(L, get(handle->server));
  return 1;
}

static int server_url(lua_State *L) {
  return push_text(L, vbo_server_url);
}

static int server_fingerprint(lua_State *L) {
  return push_text(L, vbo_server_fingerprint);
}

static int server_certificate(lua_State *L) {
  return push_text(L, vbo_server_certificate);
}

/* server:next(timeout|nil) -> Request | nil | nil, "interrupted" | nil, err. Serves for up to
 * `timeout` seconds (0: one round; nil: without end) and until a request came in whole. Plain nil:
 * none came. "interrupted": a signal did. Everything that is under way moves only in here. After
 * "interrupted" the server is still open: the caller decides whether to end. */
static int server_next(lua_State *L) {
  server_handle *handle = check_server(L);
  int64_t left = -1;
  if (!lua_isnoneornil(L, 2)) left = vboL_milliseconds(L, 2, luaL_checknumber(L, 2));
  lua_settop(L, 1);
  for (;;) {
    if (!handle->server) return vboL_fail_closed(L, "server");
    /* The request's handle is made before its visit is taken: an error in between would leave a
     * client without an answer. A round that brings none leaves it to the collector. */
    vboL_request *request = vboL_new_request(L, 1);
    /* In stretches, so that a hook (Ctrl-C under stock `lua`) gets its turn; a script may close the
     * server in it. */
    int64_t stretch = left >= 0 && left < VBOL_STRETCH ? left : VBOL_STRETCH;
    vbo_error err = {0};
    switch (vbo_server_next(handle->server, stretch, &request->visit, &err)) {
      case VBO_SERVER_REQUEST:
        return 1;
      case VBO_SERVER_FAILED:
        return vboL_fail(L, &err);
      case VBO_SERVER_INTERRUPTED:
        lua_pushnil(L);
        lua_pushliteral(L, "interrupted");
        return 2;
      case VBO_SERVER_TIMEOUT:
        break;
    }
    lua_settop(L, 1);
    if (left >= 0 && (left -= stretch) <= 0) {
      lua_pushnil(L);
      return 1;
    }
    vboL_breathe(L);
  }
}

/* Requests that are still held stay readable (server.h), though nothing reaches their clients any
 * more. */
static bool release(server_handle *handle) {
  vbo_server *server = handle->server;
  handle->server = NULL;
  vbo_server_free(server);
  return server != NULL;
}

static int server_close(lua_State *L) {
  if (release(check_server(L))) vboL_count_closed(VBOL_SERVER);
  return 0;
}

static int server_gc(lua_State *L) {
  if (release(check_server(L))) vboL_count_collected(VBOL_SERVER);
  return 0;
}

/* --------------------------------------------------------------- certificates */

/* server.certificate{names={…}, only_names=false, days=366, not_before=seconds since 1970} ->
 * certificate, key (PEM) | nil, err. The names are added to localhost, 127.0.0.1 and ::1, or
 * (only_names) stand alone; not_before defaults to a day ago. */
static int make_certificate(lua_State *L) {
  static const char *const names[] = {"names", "only_names", "days", "not_before", NULL};
  if (lua_isnoneornil(L, 1)) {
    lua_settop(L, 0);
    lua_newtable(L);
  }
  vboL_check_options(L, 1, "server.certificate", names);
  int64_t days = vboL_option_integer(L, 1, "days", 0);
  if (days < 0 || days > 36500) vboL_option_error(L, "days", "1 to 36500 expected");
  vbo_identity_options options = {
      .only_names = vboL_option_bool(L, 1, "only_names", false),
      .days = (int)days,
      .not_before = vboL_option_integer(L, 1, "not_before", 0),
  };
  int type = lua_getfield(L, 1, "names");
  if (type != LUA_TNIL && type != LUA_TTABLE)
    vboL_option_error(L, "names", "list of names expected");
  if (type == LUA_TTABLE) {
    size_t count = (size_t)luaL_len(L, -1);
    int list = lua_gettop(L);
    /* The strings stay alive in the table of names, which the caller's stack holds. */
    const char **array = vboL_new_array(L, count, sizeof *array);
    for (size_t i = 0; i < count; i++) {
      /* lua_geti may call __index, and so may luaL_len: both can raise, which is why the array is a
       * userdata. */
      if (lua_geti(L, list, (lua_Integer)i + 1) != LUA_TSTRING)
        vboL_option_error(L, "names", "list of names expected");
      array[i] = lua_tostring(L, -1);
      lua_pop(L, 1);
    }
    options.names = array;
    options.name_count = count;
  }
  char *certificate = NULL;
  char *key = NULL;
  vbo_error err = {0};
  if (!vbo_identity_make(&options, &certificate, &key, &err)) return vboL_fail(L, &err);
  /* Pushing may raise for want of memory: then these two leak, and the process has other
   * worries. */
  lua_pushstring(L, certificate);
  lua_pushstring(L, key);
  free(certificate);
  free(key);
  return 2;
}

/* server.fingerprint(pem) -> "sha256/BASE64" | nil, err. */
static int fingerprint_of(lua_State *L) {
  char text[VBO_IDENTITY_FINGERPRINT_SIZE];
  vbo_error err = {0};
  if (!vbo_identity_fingerprint(luaL_checkstring(L, 1), text, &err)) return vboL_fail(L, &err);
  lua_pushstring(L, text);
  return 1;
}

/* server.pfx_thumbprint(bytes, password) -> 40 hex digits | nil, err. */
static int pfx_thumbprint(lua_State *L) {
  size_t size = 0;
  const char *bytes = luaL_checklstring(L, 1, &size);
  char text[VBO_IDENTITY_THUMBPRINT_SIZE];
  vbo_error err = {0};
  if (!vbo_identity_thumbprint(bytes, size, luaL_checkstring(L, 2), text, &err))
    return vboL_fail(L, &err);
  lua_pushstring(L, text);
  return 1;
}

/* --------------------------------------------------------------------- module */

static const luaL_Reg server_methods[] = {{"next", server_next},
                                          {"port", server_port},
                                          {"url", server_url},
                                          {"fingerprint", server_fingerprint},
                                          {"certificate", server_certificate},
                                          {"close", server_close},
                                          {NULL, NULL}};
static const luaL_Reg server_metamethods[] = {
    {"__gc", server_gc}, {"__close", server_close}, {NULL, NULL}};

static const luaL_Reg functions[] = {{"listen", server_listen},
                                     {"certificate", make_certificate},
                                     {"fingerprint", fingerprint_of},
                                     {"pfx_thumbprint", pfx_thumbprint},
                                     {NULL, NULL}};
int luaopen_vbo_server(lua_State *L) {
  if (vboL_new_class(L, SERVER_CLASS, server_methods, server_metamethods)) lua_pop(L, 1);
  vboL_open_requests(L);
  luaL_newlib(L, functions);
  vboL_set_build(L);
  vboL_open_streams(L);
  vboL_open_folders(L);
  vboL_open_mail(L);
  return 1;
}
