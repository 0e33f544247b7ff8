/* lvisit.c: a request to the rehearsal server, and its answer, as Lua sees them.
 *
 * The userdata holds the caller's reference of the visit and pins its server (user value 1). The
 * collector answers a forgotten request with 500, so that a client never waits for a bug in a
 * handler. */
#include "server/lserver.h"

#include <string.h>

#define REQUEST_CLASS "vbo.Request"

/* Makes the handle empty: vbo_server_next stores the visit in it directly. */
vboL_request *vboL_new_request(lua_State *L, int server_index) {
  server_index = lua_absindex(L, server_index);
  vboL_request *request = lua_newuserdatauv(L, sizeof *request, 1);
  request->visit = NULL;
  luaL_setmetatable(L, REQUEST_CLASS);
  lua_pushvalue(L, server_index);
  lua_setiuservalue(L, -2, 1);
  return request;
}

static vboL_request *check_request(lua_State *L) {
  return luaL_checkudata(L, 1, REQUEST_CLASS);
}

/* request.method "GET" · .target as sent · .path (raw, without the query) · .query (raw, or nil).
 * Methods are found first, in the table that is upvalue 1, as they are used most. */
static int request_index(lua_State *L) {
  vboL_request *handle = check_request(L);
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

/* ASCII alone: names of fields are tokens (RFC 9110 section 5.1). */
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
  vboL_request *handle = check_request(L);
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

/* request:header(name) -> value | nil, case-insensitive. Builds the whole table for one field:
 * handlers that read several call headers() once. */
static int request_header(lua_State *L) {
  vboL_request *handle = check_request(L);
  push_lower(L, luaL_checkstring(L, 2));
  if (!handle->visit) return vboL_fail_closed(L, "request");
  lua_pushcfunction(L, request_headers);
  lua_pushvalue(L, 1);
  lua_call(L, 1, 1);
  lua_insert(L, -2);
  lua_rawget(L, -2);
  return 1;
}

/* request:body() -> string, "" without one. */
static int request_body(lua_State *L) {
  vboL_request *handle = check_request(L);
  if (!handle->visit) return vboL_fail_closed(L, "request");
  size_t size = 0;
  const char *body = vbo_visit_body(handle->visit, &size);
  lua_pushlstring(L, body, size);
  return 1;
}

/* request:peer() -> "127.0.0.1:50000". */
static int request_peer(lua_State *L) {
  vboL_request *handle = check_request(L);
  if (!handle->visit) return vboL_fail_closed(L, "request");
  lua_pushstring(L, vbo_visit_peer(handle->visit));
  return 1;
}

/* request:gone() -> true when an answer cannot reach the client any more: one was sent, or the
 * client closed. */
static int request_gone(lua_State *L) {
  vboL_request *handle = check_request(L);
  lua_pushboolean(L, !handle->visit || vbo_visit_gone(handle->visit));
  return 1;
}

/* The number of header fields in the table on top of the stack; a field that repeats has a list.
 * Lists are counted here, as the array must not grow while C points into it. */
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

/* The value on top of the stack as a string that the table at `keep` holds from now on. A number is
 * converted on the stack, so that its string has no other owner than `keep`. */
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

/* Leaves two values on the stack that keep the array's memory. A header's name is a key of the
 * option table; the traversal does not change that table, as lua_next requires. */
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

/* A fault at a place has fault_at 0 or more, one instead of an answer has -1 (server.h). */
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

/* request:reply{status=200, headers={}, body=string | stream=Stream, …} -> true | nil, err. Once.
 * Faults and weather: delay= seconds before the answer; rate= bytes a second; truncate_at=,
 * reset_at=, stall_at= after so many bytes of the body; abort=, reset=, stall= true instead of an
 * answer; content_length= this text instead of the true length, unframed=true no length at all
 * (both close the connection after the body); breakable=true: `break_off` may come. */
static int request_reply(lua_State *L) {
  static const char *const names[] = {"status",         "headers",  "body",        "stream",
                                      "delay",          "rate",     "truncate_at", "reset_at",
                                      "stall_at",       "abort",    "reset",       "stall",
                                      "content_length", "unframed", "breakable",   NULL};
  vboL_request *handle = check_request(L);
  vboL_check_options(L, 2, "request:reply", names);
  lua_settop(L, 2);
  vbo_reply reply = {
      .status = 200,
      .delay = vboL_option_duration(L, 2, "delay", 0),
      .rate = vboL_option_integer(L, 2, "rate", 0),
      .content_length = vboL_option_string(L, 2, "content_length", NULL),
      .unframed = vboL_option_bool(L, 2, "unframed", false),
      .breakable = vboL_option_bool(L, 2, "breakable", false),
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
  /* The last call that may raise is above: from here to vbo_stream_free no function of Lua's is
   * called. */
  vbo_stream *bytes = body ? vbo_stream_bytes(body, size, &err) : NULL;
  if (body && !bytes) return vboL_fail(L, &err);
  if (bytes) reply.stream = bytes;
  bool done = vbo_visit_reply(handle->visit, &reply, &err);
  vbo_stream_free(bytes);
  if (!done) return vboL_fail(L, &err);
  lua_pushboolean(L, 1);
  return 1;
}

/* request:break_off() -> true when the answer under way ends short of the whole; false without
 * such an answer, or when it was not made breakable. */
static int request_break_off(lua_State *L) {
  vboL_request *handle = check_request(L);
  lua_pushboolean(L, handle->visit && vbo_visit_break_off(handle->visit));
  return 1;
}

/* The collector calls it, too: a request without an answer is answered 500. close and __gc share
 * it; the visit's own reference count decides what is freed. */
static int request_close(lua_State *L) {
  vboL_request *handle = check_request(L);
  vbo_visit *visit = handle->visit;
  handle->visit = NULL;
  vbo_visit_free(visit);
  return 0;
}

static const luaL_Reg methods[] = {
    {"header", request_header},       {"headers", request_headers}, {"body", request_body},
    {"peer", request_peer},           {"gone", request_gone},       {"reply", request_reply},
    {"break_off", request_break_off}, {"close", request_close},     {NULL, NULL}};
static const luaL_Reg metamethods[] = {
    {"__gc", request_close}, {"__close", request_close}, {NULL, NULL}};

void vboL_open_requests(lua_State *L) {
  if (vboL_new_class(L, REQUEST_CLASS, methods, metamethods)) {
    lua_getfield(L, -1, "__index"); /* the methods: fields come after them */
    lua_pushcclosure(L, request_index, 1);
    lua_setfield(L, -2, "__index");
    lua_pop(L, 1);
  }
}
