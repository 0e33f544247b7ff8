/* ltransfer.c: transfers as Lua sees them: client:start, waiting, reading, and the end.
 *
 * A transfer's userdata pins its client's (user value 1). The engine finds the userdata of a
 * transfer that has news in a weak table, by the transfer's address. */
#include "lua/lutil.h"

#include <string.h>

#include "json/json.h"
#include "client/transfer.h"

static vboL_transfer *check_transfer(lua_State *L) {
  return luaL_checkudata(L, 1, VBOL_TRANSFER_CLASS);
}

/* --------------------------------------------------------------- client:start */

static const char *const option_names[] = {
    "method",    "path",      "body",   "content_type", "secrets",     "change",
    "anonymous", "deadline",  "sink",   "file",         "overwrite",   "fsync",
    "limit",     "exclusive", "sha256", "check",        "listed_name", "listed_size",
    "modified",  "once",      "urgent", "permit",       "seal",        NULL};

/* {[placeholder] = Secret, …} as an array that the stack holds; NULL for none. The array is a
 * userdata, and the placeholders are keys of the option table: both stay on the stack until
 * vbo_transfer_start has copied what it needs. */
static vbo_secret_slot *option_secrets(lua_State *L, int index, size_t *count) {
  *count = 0;
  lua_pushliteral(L, "secrets");
  lua_rawget(L, index);
  if (lua_isnil(L, -1)) return NULL; /* stays on the stack: the caller's frame is its own */
  if (!lua_istable(L, -1)) vboL_option_error(L, "secrets", "table expected");
  size_t room = 0;
  for (lua_pushnil(L); lua_next(L, -2) != 0; lua_pop(L, 1))
    room++;
  if (room == 0) return NULL;
  vbo_secret_slot *slots = lua_newuserdatauv(L, room * sizeof *slots, 0);
  for (lua_pushnil(L); lua_next(L, -3) != 0; lua_pop(L, 1)) {
    bool is = false;
    vbo_secret *secret = vboL_to_secret(L, -1, &is);
    if (lua_type(L, -2) != LUA_TSTRING || !is)
      vboL_option_error(L, "secrets", "a table from placeholders to secrets expected");
    if (secret == NULL) vboL_option_error(L, "secrets", "a secret in it is closed");
    slots[*count].placeholder = lua_tostring(L, -2); /* a key of the table: it stays */
    slots[*count].secret = secret;
    (*count)++;
  }
  return slots;
}

/* Reads the option `permit`, which the option table keeps. */
static vbo_permit *option_permit(lua_State *L, int index) {
  lua_pushliteral(L, "permit");
  lua_rawget(L, index);
  vboL_permit *handle = luaL_testudata(L, -1, VBOL_PERMIT_CLASS);
  if (handle == NULL && !lua_isnil(L, -1))
    vboL_option_error(L, "permit",
                      lua_pushfstring(L, "permit expected, got %s", luaL_typename(L, -1)));
  lua_pop(L, 1);
  return handle != NULL ? handle->permit : NULL;
}

/* Strings are borrowed from the option table; the core copies them. */
static void read_request(lua_State *L, int index, vbo_request *request) {
  request->method = vboL_option_string(L, index, "method", "GET");
  request->path = vboL_option_string(L, index, "path", NULL);
  if (request->path == NULL) vboL_option_error(L, "path", "it is required");
  request->body = vboL_option_bytes(L, index, "body", &request->body_size);
  request->content_type = vboL_option_string(L, index, "content_type", NULL);
  request->change = vboL_option_bool(L, index, "change", false);
  request->anonymous = vboL_option_bool(L, index, "anonymous", false);
  request->exclusive = vboL_option_bool(L, index, "exclusive", false);
  request->once = vboL_option_bool(L, index, "once", false);
  request->urgent = vboL_option_bool(L, index, "urgent", false);
  request->deadline = vboL_option_duration(L, index, "deadline", 0);
  request->permit = option_permit(L, index);
  request->secrets = option_secrets(L, index, &request->secret_count);
}

/* Reads the option `seal`, {journal=Journal, step=integer}, and leaves the journal on the stack, nil
 * without one. */
static void option_seal(lua_State *L, int index, vbo_sink_options *sink) {
  static const char *const names[] = {"journal", "step", NULL};
  lua_pushliteral(L, "seal");
  lua_rawget(L, index);
  if (lua_isnil(L, -1)) return;
  int seal = lua_gettop(L);
  vboL_check_options(L, seal, "seal", names);
  sink->seal_tag = vboL_option_integer(L, seal, "step", 0);
  if (sink->seal_tag < 1) vboL_option_error(L, "seal", "it needs the step of a journal");
  if (sink->kind != VBO_SINK_FILE) vboL_option_error(L, "seal", "only the sink 'file' takes one");
  lua_pushliteral(L, "journal");
  lua_rawget(L, seal);
  sink->seal_owner = vboL_to_journal(L, -1);
  if (sink->seal_owner == NULL) vboL_option_error(L, "seal", "it needs a journal");
  sink->seal = vbo_journal_seal;
  lua_remove(L, seal);
}

/* Options that contradict each other raise, as neither of them could be honoured. */
static void read_sink(lua_State *L, int index, vbo_sink_options *sink) {
  const char *kind = vboL_option_string(L, index, "sink", "memory");
  sink->path = vboL_option_string(L, index, "file", NULL);
  sink->overwrite = vboL_option_bool(L, index, "overwrite", false);
  sink->no_fsync = !vboL_option_bool(L, index, "fsync", true);
  sink->no_sha256 = !vboL_option_bool(L, index, "sha256", true);
  sink->check = vboL_option_string(L, index, "check", NULL);
  sink->name = vboL_option_string(L, index, "listed_name", NULL);
  sink->size = vboL_option_integer(L, index, "listed_size", -1);
  sink->size_listed = sink->size >= 0;
  sink->modified = vboL_option_integer(L, index, "modified", INT64_MIN);
  sink->dated = sink->modified != INT64_MIN;
  int64_t limit = vboL_option_integer(L, index, "limit", 0);
  if (limit < 0) vboL_option_error(L, "limit", "bytes must not be negative");
  sink->limit = (size_t)limit;
  if (strcmp(kind, "memory") == 0)
    sink->kind = VBO_SINK_MEMORY;
  else if (strcmp(kind, "file") == 0)
    sink->kind = VBO_SINK_FILE;
  else if (strcmp(kind, "pull") == 0)
    sink->kind = VBO_SINK_PULL;
  else
    vboL_option_error(L, "sink", "'memory', 'file' or 'pull' expected");
  if (sink->kind == VBO_SINK_FILE && sink->path == NULL)
    vboL_option_error(L, "file", "the sink 'file' needs one");
  if (sink->kind != VBO_SINK_FILE && sink->path != NULL)
    vboL_option_error(L, "file", "only the sink 'file' takes one");
}

/* Pushes a handle of the client at index 1 that has no transfer yet, and the table in which its
 * engine finds it. */
static vboL_transfer *push_handle(lua_State *L, bool pulled) {
  vboL_transfer *transfer = lua_newuserdatauv(L, sizeof *transfer, 2);
  transfer->transfer = NULL;
  transfer->pulled = pulled;
  luaL_setmetatable(L, VBOL_TRANSFER_CLASS);
  lua_pushvalue(L, 1);
  lua_setiuservalue(L, -2, 1);
  lua_getiuservalue(L, 1, 1);
  vboL_push_transfers(L, -1);
  lua_remove(L, -2);
  return transfer;
}

/* Gives the handle its transfer (or the failure), and leaves it alone on the stack. The handle owns
 * the transfer from here on. lua_rawsetp may raise when memory runs out, and the collector then
 * frees it. Stack: handle, table. */
static int keep_handle(lua_State *L, vboL_transfer *transfer, vbo_transfer *started,
                       const vbo_error *err) {
  if (started == NULL) return vboL_fail(L, err);
  transfer->transfer = started;
  vboL_count_opened(VBOL_TRANSFER);
  lua_pushvalue(L, -2);
  lua_rawsetp(L, -2, started);
  lua_pop(L, 1);
  return 1;
}

/* False with nil and the error pushed, for the caller to return 2. */
static bool is_open(lua_State *L, const vboL_client *client) {
  if (client->client == NULL)
    vboL_fail_closed(L, "client");
  else if (vboL_engine_of(L, 1)->engine == NULL)
    vboL_fail_closed(L, "engine");
  else
    return true;
  return false;
}

/* The arguments are read before the handle is made: most of them may raise. */
int vboL_client_start(lua_State *L) {
  vboL_client *client = luaL_checkudata(L, 1, VBOL_CLIENT_CLASS);
  vboL_check_options(L, 2, "client:start", option_names);
  lua_settop(L, 2);
  vbo_request request = {0};
  vbo_sink_options sink = {0};
  read_sink(L, 2, &sink);
  option_seal(L, 2, &sink);
  int journal = lua_gettop(L);
  read_request(L, 2, &request);
  if (!is_open(L, client)) return 2;
  /* The last test before a change is sent, in C, so that no code of a runbook gets around it. */
  if (request.change && vboL_latched() != 0) return vboL_fail_interrupted(L);
  vboL_transfer *transfer = push_handle(L, sink.kind == VBO_SINK_PULL);
  lua_pushvalue(L, journal);
  lua_setiuservalue(L, -3, 2);
  vbo_error err = {0};
  return keep_handle(L, transfer, vbo_transfer_start(client->client, &request, &sink, &err), &err);
}

/* client:changes{method=, path=, body=} -> boolean: whether the core takes such a request for a
 * change, whatever its sender calls it; with client:start's option of that name it asks for a permit
 * then. */
int vboL_client_changes(lua_State *L) {
  luaL_checkudata(L, 1, VBOL_CLIENT_CLASS);
  vboL_check_options(L, 2, "client:changes", option_names);
  vbo_request request = {0};
  request.method = vboL_option_string(L, 2, "method", "GET");
  request.path = vboL_option_string(L, 2, "path", NULL);
  if (request.path == NULL) vboL_option_error(L, "path", "it is required");
  request.body = vboL_option_bytes(L, 2, "body", &request.body_size);
  lua_pushboolean(L, vbo_request_changes(&request));
  return 1;
}

int vboL_client_start_login(lua_State *L) {
  vboL_client *client = luaL_checkudata(L, 1, VBOL_CLIENT_CLASS);
  if (!is_open(L, client)) return 2;
  vboL_transfer *transfer = push_handle(L, false);
  vbo_error err = {0};
  return keep_handle(L, transfer, vbo_login_start(client->client, &err), &err);
}

/* -------------------------------------------------------------------- waiting */

/* Moves the engine in stretches until `ready`, so that hooks get their turn (stock `lua` stops a
 * script with one). False with two results pushed: interrupted, or the engine failed. `ready` is
 * asked before the first wait: bytes that are there already need none. */
static bool wait_until(lua_State *L, vboL_transfer *transfer,
                       bool (*ready)(const vboL_transfer *)) {
  vboL_engine *engine = vboL_engine_of(L, 1);
  while (engine->engine != NULL && !ready(transfer)) {
    if (vboL_take_interrupt()) {
      vboL_fail_interrupted(L);
      return false;
    }
    vbo_error err = {0};
    vboL_enter_wait(engine);
    int pending = vbo_engine_run(engine->engine, VBOL_STRETCH, &err);
    if (vboL_leave_wait(engine)) {
      vboL_fail_interrupted(L);
      return false;
    }
    if (pending < 0) {
      vboL_fail(L, &err);
      return false;
    }
    vboL_breathe(L);
    if (transfer->transfer == NULL) { /* a hook closed it */
      vboL_fail_closed(L, "transfer");
      return false;
    }
  }
  return true;
}

/* A pulled transfer has something to read before it is done. */
static bool is_settled(const vboL_transfer *transfer) {
  return vbo_transfer_done(transfer->transfer) ||
         (transfer->pulled && vbo_transfer_available(transfer->transfer) > 0);
}

/* A pulled transfer may not end before its body is read, so that waiting for its end could last for
 * ever. */
static bool is_answered(const vboL_transfer *transfer) {
  return vbo_transfer_done(transfer->transfer) ||
         (transfer->pulled && vbo_transfer_status(transfer->transfer) != 0);
}

/* transfer:wait() -> true | nil, err.  Waits until it is done (pulled: until its
 * headers are there). */
static int transfer_wait(lua_State *L) {
  vboL_transfer *transfer = check_transfer(L);
  if (transfer->transfer == NULL) return vboL_fail_closed(L, "transfer");
  if (!wait_until(L, transfer, is_answered)) return 2;
  vboL_engine *engine = vboL_engine_of(L, 1);
  vbo_error err = {0};
  vboL_enter_wait(engine); /* a pulled one may have an answer that is asked for again */
  bool ok = vbo_transfer_wait(transfer->transfer, &err);
  if (vboL_leave_wait(engine) && !ok) return vboL_fail_interrupted(L);
  if (!ok) return vboL_fail(L, &err);
  lua_pushboolean(L, 1);
  return 1;
}

/* Nothing is buffered beyond this (vbo.h), so larger pieces would stay part empty. */
enum { READ_DEFAULT = 64 << 10, READ_MOST = 1 << 20 };

/* transfer:read(n|nil) -> up to n bytes | nil at the end | nil, err. */
static int transfer_read(lua_State *L) {
  vboL_transfer *transfer = check_transfer(L);
  lua_Integer size = luaL_optinteger(L, 2, READ_DEFAULT);
  luaL_argcheck(L, size > 0, 2, "a positive number of bytes expected");
  if (transfer->transfer == NULL) return vboL_fail_closed(L, "transfer");
  luaL_argcheck(L, transfer->pulled, 1, "only a transfer with the sink 'pull' is read");
  if (!wait_until(L, transfer, is_settled)) return 2;
  /* Initialized after the waiting: a buffer in use needs the stack as it left it (manual, section
   * 5.1). */
  luaL_Buffer buffer;
  size_t room = size > READ_MOST ? READ_MOST : (size_t)size;
  char *bytes = luaL_buffinitsize(L, &buffer, room);
  vbo_error err = {0};
  int64_t got = vbo_transfer_read(transfer->transfer, bytes, room, &err);
  if (got < 0) return vboL_fail(L, &err);
  /* The buffer's box stays below the nil; Lua drops it with the frame. */
  if (got == 0) {
    lua_pushnil(L);
    return 1;
  }
  luaL_pushresultsize(&buffer, (size_t)got);
  return 1;
}

/* ------------------------------------------------------------------ what it is */

/* transfer:done() -> boolean.  A closed one is done. */
static int transfer_done(lua_State *L) {
  vboL_transfer *transfer = check_transfer(L);
  lua_pushboolean(L, transfer->transfer == NULL || vbo_transfer_done(transfer->transfer));
  return 1;
}

/* transfer:error() -> err | nil while it runs and when it succeeded. */
static int transfer_error(lua_State *L) {
  vboL_transfer *transfer = check_transfer(L);
  if (transfer->transfer == NULL) {
    vboL_fail_closed(L, "transfer");
    return 1; /* the error alone */
  }
  const vbo_error *err = vbo_transfer_error(transfer->transfer);
  if (err == NULL)
    lua_pushnil(L);
  else
    vboL_push_error(L, err);
  return 1;
}

/* transfer:lost(n) -> err: how the n-th attempt failed, after which it was asked for again |
 * nil. */
static int transfer_lost(lua_State *L) {
  vboL_transfer *transfer = check_transfer(L);
  int number = (int)luaL_checkinteger(L, 2);
  const vbo_error *err =
      transfer->transfer != NULL ? vbo_transfer_lost(transfer->transfer, number) : NULL;
  if (err == NULL)
    lua_pushnil(L);
  else
    vboL_push_error(L, err);
  return 1;
}

/* transfer:status() -> HTTP status; 0 before the answer. */
static int transfer_status(lua_State *L) {
  vboL_transfer *transfer = check_transfer(L);
  if (transfer->transfer == NULL) return vboL_fail_closed(L, "transfer");
  lua_pushinteger(L, vbo_transfer_status(transfer->transfer));
  return 1;
}

/* transfer:header(name) -> value | nil. Names are case-insensitive. lua_pushstring pushes nil for
 * NULL. */
static int transfer_header(lua_State *L) {
  vboL_transfer *transfer = check_transfer(L);
  const char *name = luaL_checkstring(L, 2);
  if (transfer->transfer == NULL) return vboL_fail_closed(L, "transfer");
  lua_pushstring(L, vbo_transfer_header(transfer->transfer, name));
  return 1;
}

/* transfer:body() -> the answer in memory, also of a failed one. A copy: the answer stays in C
 * until the transfer is closed. */
static int transfer_body(lua_State *L) {
  vboL_transfer *transfer = check_transfer(L);
  if (transfer->transfer == NULL) return vboL_fail_closed(L, "transfer");
  size_t size = 0;
  const char *body = vbo_transfer_body(transfer->transfer, &size);
  lua_pushlstring(L, body != NULL ? body : "", body != NULL ? size : 0);
  return 1;
}

/* transfer:page(max_depth) -> the answer in memory as a page of records, which takes it over | nil
 * for another answer, which stays. Takes the buffer over instead of copying it: pages are the
 * largest answers that stay in memory. */
static int transfer_page(lua_State *L) {
  vboL_transfer *transfer = check_transfer(L);
  lua_Integer depth = luaL_checkinteger(L, 2);
  luaL_argcheck(L, depth > 0 && depth <= VBO_JSON_DEEPEST, 2, "levels expected");
  if (transfer->transfer == NULL) return vboL_fail_closed(L, "transfer");
  if (!vbo_transfer_done(transfer->transfer) ||
      !vboL_push_page(L, vbo_transfer_buffer(transfer->transfer), (unsigned)depth))
    lua_pushnil(L);
  return 1;
}

/* transfer:available() -> bytes that can be read without waiting. */
static int transfer_available(lua_State *L) {
  vboL_transfer *transfer = check_transfer(L);
  if (transfer->transfer == NULL) return vboL_fail_closed(L, "transfer");
  lua_pushinteger(L, (lua_Integer)vbo_transfer_available(transfer->transfer));
  return 1;
}

static void set_seconds(lua_State *L, const char *name, int64_t milliseconds) {
  lua_pushnumber(L, (lua_Number)milliseconds / 1000);
  lua_setfield(L, -2, name);
}

/* transfer:progress() -> {phase, received, expected|nil, elapsed, waited, attempts, pause|nil,
 * sent}. */
static int transfer_progress(lua_State *L) {
  static const char *const phases[] = {[VBO_PHASE_QUEUED] = "queued",
                                       [VBO_PHASE_SENDING] = "sending",
                                       [VBO_PHASE_PREPARING] = "preparing",
                                       [VBO_PHASE_RECEIVING] = "receiving",
                                       [VBO_PHASE_DONE] = "done"};
  vboL_transfer *transfer = check_transfer(L);
  if (transfer->transfer == NULL) return vboL_fail_closed(L, "transfer");
  vbo_progress progress;
  vbo_transfer_progress(transfer->transfer, &progress);
  lua_createtable(L, 0, 6);
  lua_pushstring(L, phases[progress.phase]);
  lua_setfield(L, -2, "phase");
  lua_pushinteger(L, progress.received);
  lua_setfield(L, -2, "received");
  if (progress.expected >= 0) {
    lua_pushinteger(L, progress.expected);
    lua_setfield(L, -2, "expected");
  }
  set_seconds(L, "elapsed", progress.elapsed);
  set_seconds(L, "waited", progress.waited);
  lua_pushinteger(L, progress.attempts);
  lua_setfield(L, -2, "attempts");
  lua_pushboolean(L, progress.sent);
  lua_setfield(L, -2, "sent");
  if (progress.pause > 0) set_seconds(L, "pause", progress.pause);
  return 1;
}

/* transfer:sha256() -> hex of the body in the file or read | nil before the end. */
static int transfer_sha256(lua_State *L) {
  vboL_transfer *transfer = check_transfer(L);
  if (transfer->transfer == NULL) return vboL_fail_closed(L, "transfer");
  const char *hex = vbo_transfer_sha256(transfer->transfer);
  if (hex == NULL || *hex == '\0')
    lua_pushnil(L);
  else
    lua_pushstring(L, hex);
  return 1;
}

/* transfer:file() -> {size, inode, device, modified (milliseconds since 1970)} of the file that was
 * saved | nil. */
static int transfer_file(lua_State *L) {
  vboL_transfer *transfer = check_transfer(L);
  if (transfer->transfer == NULL) return vboL_fail_closed(L, "transfer");
  vbo_identity file;
  if (!vbo_transfer_file(transfer->transfer, &file)) return 0;
  lua_createtable(L, 0, 4);
  lua_pushinteger(L, file.size);
  lua_setfield(L, -2, "size");
  lua_pushinteger(L, (lua_Integer)file.inode);
  lua_setfield(L, -2, "inode");
  lua_pushinteger(L, (lua_Integer)file.device);
  lua_setfield(L, -2, "device");
  lua_pushinteger(L, file.modified);
  lua_setfield(L, -2, "modified");
  return 1;
}

/* transfer:checked() -> the check that a saved file has passed | nil, the part that could not be
 * checked | nil. */
static int transfer_checked(lua_State *L) {
  vboL_transfer *transfer = check_transfer(L);
  if (transfer->transfer == NULL) return vboL_fail_closed(L, "transfer");
  const char *made = vbo_transfer_checked(transfer->transfer);
  const char *missed = vbo_transfer_unchecked(transfer->transfer);
  lua_pushstring(L, *made != '\0' ? made : NULL);
  if (*missed == '\0') return 1;
  lua_pushstring(L, missed);
  return 2;
}

/* transfer:cancel(). A change that was sent ends with unknown_outcome. Does nothing for a closed
 * one, as close has cancelled it. */
static int transfer_cancel(lua_State *L) {
  vboL_transfer *transfer = check_transfer(L);
  if (transfer->transfer != NULL) vbo_transfer_cancel(transfer->transfer);
  return 0;
}

/* -------------------------------------------------------------------- the end */

/* Out of the engine's table first: another transfer may get the same address. */
static void forget(lua_State *L, vboL_transfer *transfer) {
  if (lua_getiuservalue(L, 1, 1) == LUA_TUSERDATA && lua_getiuservalue(L, -1, 1) == LUA_TUSERDATA &&
      lua_getiuservalue(L, -1, 1) == LUA_TTABLE) {
    lua_pushnil(L);
    lua_rawsetp(L, -2, transfer->transfer);
  }
}

/* The handle is emptied before vbo_transfer_free, so that the collector and close cannot both free
 * it. */
static bool release(lua_State *L, vboL_transfer *transfer) {
  vbo_transfer *held = transfer->transfer;
  if (held == NULL) return false;
  forget(L, transfer);
  transfer->transfer = NULL;
  vbo_transfer_free(held);
  return true;
}

static int transfer_close(lua_State *L) {
  if (release(L, check_transfer(L))) vboL_count_closed(VBOL_TRANSFER);
  return 0;
}

/* A forgotten transfer is cancelled like a closed one, but counted: VBO_CHECK_HANDLES=1 reports
 * it. */
static int transfer_gc(lua_State *L) {
  if (release(L, check_transfer(L))) vboL_count_collected(VBOL_TRANSFER);
  return 0;
}

static int transfer_tostring(lua_State *L) {
  vboL_transfer *transfer = check_transfer(L);
  if (transfer->transfer == NULL)
    lua_pushliteral(L, VBOL_TRANSFER_CLASS " (closed)");
  else
    lua_pushfstring(L, VBOL_TRANSFER_CLASS ": %p", (void *)transfer);
  return 1;
}

static const luaL_Reg methods[] = {{"wait", transfer_wait},
                                   {"done", transfer_done},
                                   {"error", transfer_error},
                                   {"lost", transfer_lost},
                                   {"status", transfer_status},
                                   {"header", transfer_header},
                                   {"body", transfer_body},
                                   {"page", transfer_page},
                                   {"read", transfer_read},
                                   {"available", transfer_available},
                                   {"progress", transfer_progress},
                                   {"sha256", transfer_sha256},
                                   {"checked", transfer_checked},
                                   {"file", transfer_file},
                                   {"cancel", transfer_cancel},
                                   {"close", transfer_close},
                                   {NULL, NULL}};

static const luaL_Reg metamethods[] = {{"__gc", transfer_gc},
                                       {"__close", transfer_close},
                                       {"__tostring", transfer_tostring},
                                       {NULL, NULL}};

void vboL_open_transfer(lua_State *L) {
  if (vboL_new_class(L, VBOL_TRANSFER_CLASS, methods, metamethods)) lua_pop(L, 1);
}
