/* lserver.c: the rehearsal server as Lua sees it: the module vbo.server.
 *
 * It is a module of its own: a client never loads it. */
#include "identity.h"
#include "lstream.h"
#include "server.h"

#include <stdlib.h>
#include <string.h>

#define SERVER_CLASS "vbo.Server"
#define REQUEST_CLASS "vbo.Request"

typedef struct server_handle {
  vbo_server *server; /* NULL: closed */
} server_handle;

typedef struct request_handle {
  vbo_visit *visit; /* NULL: closed; user value 1: the server */
} request_handle;

VBO_API int luaopen_vbo_server(lua_State *L);

/* ------------------------------------------------------------------- requests */

static request_handle *check_request(lua_State *L) {
  return luaL_checkudata(L, 1, REQUEST_CLASS);
}

/* request.method "GET" · .target as sent · .path (raw, without the query) · .query (raw, or nil). */
static int request_index(lua_State *L) {
  request_handle *handle = check_request(L);
  lua_pushvalue(L, 2);
  if (lua_rawget(L, lua_upvalueindex(1)) != LUA_TNIL) return 1;
  const char *name = lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : "";
  if (!handle->visit) return 1; /* nil */
  const char *target = vbo_visit_target(handle->visit);
  size_t path = strcspn(target, "?");
  if (strcmp(name, "method") == 0)
    lua_pushstring(L, vbo_visit_method(handle->visit));
  else if (strcmp(name, "target") == 0)
    lua_pushstring(L, target);
  else if (strcmp(name, "path") == 0)
    lua_pushlstring(L, target, path);
  else if (strcmp(name, "query") == 0 && target[path] == '?')
    lua_pushstring(L, target + path + 1);
  return 1;
}

static void push_lower(lua_State *L, const char *text) {
  luaL_Buffer buffer;
  luaL_buffinit(L, &buffer);
  for (; *text; text++)
    luaL_addchar(&buffer, (char)(*text >= 'A' && *text <= 'Z' ? *text - 'A' + 'a' : *text));
  luaL_pushresult(&buffer);
}

/* request:headers() -> {["content-type"]="…"}: names in lower case, repeated ones joined with ", "
 * (RFC 9110 section 5.3). */
static int request_headers(lua_State *L) {
  request_handle *handle = check_request(L);
  if (!handle->visit) return vboL_fail_closed(L, "request");
  size_t count = 0;
  const vbo_header *headers = vbo_visit_headers(handle->visit, &count);
  lua_newtable(L);
  for (size_t i = 0; i < count; i++) {
    push_lower(L, headers[i].name);
    lua_pushvalue(L, -1);
    if (lua_rawget(L, -3) == LUA_TNIL) {
      lua_pop(L, 1);
      lua_pushstring(L, headers[i].value);
    } else {
      lua_pushfstring(L, "%s, %s", lua_tostring(L, -1), headers[i].value);
      lua_remove(L, -2);
    }
    lua_rawset(L, -3);
  }
  return 1;
}

/* request:header(name) -> value | nil, case-insensitive. */
static int request_header(lua_State *L) {
  request_handle *handle = check_request(L);
  push_lower(L, luaL_checkstring(L, 2));
  if (!handle->visit) return vboL_fail_closed(L, "request");
  lua_pushcfunction(L, request_headers);
  lua_pushvalue(L, 1);
  lua_call(L, 1, 1);
  lua_insert(L, -2);
  lua_rawget(L, -2);
  return 1;
}

/* request:body() -> string, "" when there is none. */
static int request_body(lua_State *L) {
  request_handle *handle = check_request(L);
  if (!handle->visit) return vboL_fail_closed(L, "request");
  size_t size = 0;
  const char *body = vbo_visit_body(handle->visit, &size);
  lua_pushlstring(L, body, size);
  return 1;
}

/* request:peer() -> "127.0.0.1:50000". */
static int request_peer(lua_State *L) {
  request_handle *handle = check_request(L);
  if (!handle->visit) return vboL_fail_closed(L, "request");
  lua_pushstring(L, vbo_visit_peer(handle->visit));
  return 1;
}

/* request:gone() -> true when an answer would reach nobody: it was sent, or the client went. */
static int request_gone(lua_State *L) {
  request_handle *handle = check_request(L);
  lua_pushboolean(L, !handle->visit || vbo_visit_gone(handle->visit));
  return 1;
}

/* The number of header fields in the table on top of the stack; a field that repeats has a list. */
static size_t count_headers(lua_State *L) {
  size_t count = 0;
  lua_pushnil(L);
  while (lua_next(L, -2) != 0) {
    if (lua_type(L, -2) != LUA_TSTRING) vboL_option_error(L, "headers", "names are strings");
    count += lua_type(L, -1) == LUA_TTABLE ? (size_t)luaL_len(L, -1) : 1;
    lua_pop(L, 1);
  }
  return count;
}

/* The value on top of the stack as a string that the table at `keep` holds from now on. */
static const char *header_value(lua_State *L, int keep) {
  size_t size = 0;
  if (lua_type(L, -1) != LUA_TSTRING && lua_type(L, -1) != LUA_TNUMBER)
    vboL_option_error(L, "headers",
                      lua_pushfstring(L, "values are strings, got %s", luaL_typename(L, -1)));
  const char *value = lua_tolstring(L, -1, &size);
  if (strlen(value) != size) vboL_option_error(L, "headers", "a value holds a zero byte");
  lua_pushvalue(L, -1);
  lua_rawseti(L, keep, (lua_Integer)lua_rawlen(L, keep) + 1);
  return value;
}

/* Leaves two values on the stack that keep the array's memory. */
static void option_headers(lua_State *L, int index, vbo_reply *reply) {
  int type = lua_getfield(L, index, "headers");
  if (type != LUA_TNIL && type != LUA_TTABLE)
    vboL_option_error(L, "headers",
                      lua_pushfstring(L, "table expected, got %s", luaL_typename(L, -1)));
  if (type == LUA_TNIL) return;
  vbo_header *headers = vboL_new_array(L, count_headers(L), sizeof *headers);
  lua_newtable(L);
  int keep = lua_gettop(L);
  size_t count = 0;
  lua_pushnil(L);
  while (lua_next(L, keep - 2) != 0) {
    const char *name = lua_tostring(L, -2);
    if (lua_type(L, -1) == LUA_TTABLE) {
      size_t many = (size_t)luaL_len(L, -1);
      for (size_t i = 0; i < many; i++) {
        lua_geti(L, -1, (lua_Integer)i + 1);
        headers[count++] = (vbo_header){name, header_value(L, keep)};
        lua_pop(L, 1);
      }
    } else {
      headers[count++] = (vbo_header){name, header_value(L, keep)};
    }
    lua_pop(L, 1);
  }
  reply->headers = headers;
  reply->header_count = count;
}

static void option_fault(lua_State *L, int index, vbo_reply *reply) {
  static const struct {
    const char *at, *instead;
    vbo_fault fault;
  } faults[] = {{"truncate_at", "abort", VBO_FAULT_TRUNCATE},
                {"reset_at", "reset", VBO_FAULT_RESET},
                {"stall_at", "stall", VBO_FAULT_STALL}};
  for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
    int64_t at = vboL_option_integer(L, index, faults[i].at, -1);
    bool given = lua_getfield(L, index, faults[i].at) != LUA_TNIL;
    lua_pop(L, 1);
    if (given && at < 0)
      vboL_option_error(L, faults[i].at, "bytes of the body expected, 0 or more");
    bool instead = vboL_option_bool(L, index, faults[i].instead, false);
    if ((at >= 0 || instead) && reply->fault != VBO_FAULT_NONE)
      vboL_option_error(L, instead ? faults[i].instead : faults[i].at, "one fault at a time");
    if (at >= 0 && instead) vboL_option_error(L, faults[i].at, "one fault at a time");
    if (at >= 0 || instead) {
      reply->fault = faults[i].fault;
      reply->fault_at = at;
    }
  }
}

/* request:reply{status=200, headers={}, body=string | stream=Stream, …} -> true | nil, err.
 * Once.  Faults and weather: delay= seconds before the answer; rate= bytes a second;
 * truncate_at=, reset_at=, stall_at= after so many bytes of the body; abort=, reset=, stall= true
 * instead of an answer; content_length= this text instead of the true length, unframed=true no
 * length at all (both close the connection after the body). */
static int request_reply(lua_State *L) {
  static const char *const names[] = {"status",         "headers",  "body",        "stream",
                                      "delay",          "rate",     "truncate_at", "reset_at",
                                      "stall_at",       "abort",    "reset",       "stall",
                                      "content_length", "unframed", NULL};
  request_handle *handle = check_request(L);
  vboL_check_options(L, 2, "request:reply", names);
  lua_settop(L, 2);
  vbo_reply reply = {
      .status = 200,
      .delay = vboL_option_duration(L, 2, "delay", 0),
      .rate = vboL_option_integer(L, 2, "rate", 0),
      .content_length = vboL_option_string(L, 2, "content_length", NULL),
      .unframed = vboL_option_bool(L, 2, "unframed", false),
  };
  int64_t status = vboL_option_integer(L, 2, "status", 200);
  if (status < 200 || status > 599) vboL_option_error(L, "status", "200 to 599 expected");
  reply.status = (int)status;
  if (reply.rate < 0) vboL_option_error(L, "rate", "bytes a second expected, 0 or more");
  option_fault(L, 2, &reply);
  option_headers(L, 2, &reply);
  size_t size = 0;
  const char *body = vboL_option_bytes(L, 2, "body", &size);
  if (lua_getfield(L, 2, "stream") != LUA_TNIL) {
    if (body) vboL_option_error(L, "stream", "a reply has a body or a stream, not both");
    if (!luaL_testudata(L, -1, VBOL_STREAM_CLASS))
      vboL_option_error(L, "stream",
                        lua_pushfstring(L, "stream expected, got %s", luaL_typename(L, -1)));
    reply.stream = vboL_open_stream(L, lua_gettop(L));
  }
  if (!handle->visit) return vboL_fail_closed(L, "request");
  vbo_error err = {0};
  vbo_stream *bytes = body ? vbo_stream_bytes(body, size, &err) : NULL;
  if (body && !bytes) return vboL_fail(L, &err);
  if (bytes) reply.stream = bytes;
  bool done = vbo_visit_reply(handle->visit, &reply, &err);
  vbo_stream_free(bytes);
  if (!done) return vboL_fail(L, &err);
  lua_pushboolean(L, 1);
  return 1;
}

/* Also what the collector does: a request that nobody answered is answered 500. */
static int request_close(lua_State *L) {
  request_handle *handle = check_request(L);
  vbo_visit *visit = handle->visit;
  handle->visit = NULL;
  vbo_visit_free(visit);
  return 0;
}

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

/* Lets a pending hook run: stock `lua` stops a script (Ctrl-C) by setting one, and C that waits
 * would never reach it.  May raise. */
static void let_hooks_run(lua_State *L) {
  if (!lua_gethook(L)) return;
  luaL_checkstack(L, 2, NULL);
  if (luaL_loadstring(L, "") == LUA_OK)
    lua_call(L, 0, 0);
  else
    lua_pop(L, 1);
}

/* server:next(timeout|nil) -> Request | nil | nil, "interrupted" | nil, err.
 * Serves for up to `timeout` seconds (0: one round; nil: without end) and until a request came in
 * whole.  Plain nil: none came.  "interrupted": a signal did.  Everything that is under way moves
 * only in here. */
static int server_next(lua_State *L) {
  server_handle *handle = check_server(L);
  int64_t left = -1;
  if (!lua_isnoneornil(L, 2)) left = vboL_milliseconds(L, 2, luaL_checknumber(L, 2));
  lua_settop(L, 1);
  for (;;) {
    if (!handle->server) return vboL_fail_closed(L, "server");
    request_handle *request = lua_newuserdatauv(L, sizeof *request, 1);
    request->visit = NULL;
    luaL_setmetatable(L, REQUEST_CLASS);
    lua_pushvalue(L, 1);
    lua_setiuservalue(L, -2, 1);
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
    let_hooks_run(L);
  }
}

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
 * certificate, key (PEM) | nil, err.  The names are added to localhost, 127.0.0.1 and ::1, or
 * (only_names) stand alone; not_before is a day ago unless told. */
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
    const char **array = vboL_new_array(L, count, sizeof *array);
    for (size_t i = 0; i < count; i++) {
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
  /* Pushing may raise for want of memory: then these two leak, and the process has other worries. */
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

static const luaL_Reg request_methods[] = {{"header", request_header}, {"headers", request_headers},
                                           {"body", request_body},     {"peer", request_peer},
                                           {"gone", request_gone},     {"reply", request_reply},
                                           {"close", request_close},   {NULL, NULL}};
static const luaL_Reg request_metamethods[] = {
    {"__gc", request_close}, {"__close", request_close}, {NULL, NULL}};

static const luaL_Reg functions[] = {{"listen", server_listen},
                                     {"certificate", make_certificate},
                                     {"fingerprint", fingerprint_of},
                                     {NULL, NULL}};
int luaopen_vbo_server(lua_State *L) {
  if (vboL_new_class(L, SERVER_CLASS, server_methods, server_metamethods)) lua_pop(L, 1);
  if (vboL_new_class(L, REQUEST_CLASS, request_methods, request_metamethods)) {
    lua_getfield(L, -1, "__index"); /* the methods: fields come after them */
    lua_pushcclosure(L, request_index, 1);
    lua_setfield(L, -2, "__index");
    lua_pop(L, 1);
  }
  luaL_newlib(L, functions);
  vboL_open_streams(L);
  return 1;
}
