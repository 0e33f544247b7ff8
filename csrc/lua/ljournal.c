/* ljournal.c: journals as Lua sees them.
 *
 * A handle is made before its file is opened: the first change of a run opens it, and finalizers run
 * in the reverse order of their making, so that a handle made early is closed last. */
#include "lua/lutil.h"

#include <string.h>

#include "base/secret.h"
#include "store/issue.h"
#include "store/lock.h"
#include "store/open.h"
#include "store/statement.h"

#define JOURNAL_CLASS "vbo.Journal"
#define ROWS_CLASS "vbo.JournalRows"

typedef struct journal_handle {
  vbo_journal *journal; /* NULL: no memory for one */
} journal_handle;

/* A statement under way: whatever raises in between, it is closed. */
typedef struct rows_handle {
  vbo_statement statement;
  bool open;
} rows_handle;

static vbo_journal *check_journal(lua_State *L) {
  journal_handle *handle = luaL_checkudata(L, 1, JOURNAL_CLASS);
  luaL_argcheck(L, handle->journal != NULL, 1, "the journal has no memory");
  return handle->journal;
}

vbo_journal *vboL_to_journal(lua_State *L, int index) {
  journal_handle *handle = luaL_testudata(L, index, JOURNAL_CLASS);
  return handle != NULL ? handle->journal : NULL;
}

/* core.journal() -> Journal, not open yet. */
static int journal_new(lua_State *L) {
  vbo_error err = {0};
  journal_handle *handle = lua_newuserdatauv(L, sizeof *handle, 0);
  handle->journal = NULL;
  luaL_setmetatable(L, JOURNAL_CLASS);
  handle->journal = vbo_journal_new(&err);
  return handle->journal != NULL ? 1 : vboL_fail(L, &err);
}

/* journal:open(path|nil, {readonly=}|nil) -> true | nil, err. */
static int journal_open(lua_State *L) {
  static const char *const names[] = {"readonly", NULL};
  vbo_journal *journal = check_journal(L);
  size_t size = 0;
  const char *path = luaL_optlstring(L, 2, NULL, &size);
  bool read_only = false;
  vbo_error err = {0};
  luaL_argcheck(L, path == NULL || strlen(path) == size, 2, "a path cannot hold a NUL");
  if (!lua_isnoneornil(L, 3)) {
    vboL_check_options(L, 3, "open", names);
    read_only = vboL_option_bool(L, 3, "readonly", false);
  }
  if (!vbo_journal_start(journal, path, read_only, &err)) return vboL_fail(L, &err);
  vboL_count_opened(VBOL_JOURNAL);
  lua_pushboolean(L, 1);
  return 1;
}

/* ----------------------------------------------------------------- statements */

static int rows_close(lua_State *L) {
  rows_handle *rows = luaL_checkudata(L, 1, ROWS_CLASS);
  if (rows->open) vbo_statement_close(&rows->statement);
  rows->open = false;
  return 0;
}

static void read_parameter(lua_State *L, int arg, vbo_value *value) {
  *value = (vbo_value){.kind = VBO_NULL};
  switch (lua_type(L, arg)) {
    case LUA_TNIL:
      break;
    case LUA_TBOOLEAN:
      value->kind = VBO_INTEGER;
      value->integer = lua_toboolean(L, arg);
      break;
    case LUA_TNUMBER:
      value->kind = lua_isinteger(L, arg) ? VBO_INTEGER : VBO_REAL;
      if (value->kind == VBO_INTEGER)
        value->integer = lua_tointeger(L, arg);
      else
        value->real = lua_tonumber(L, arg);
      break;
    case LUA_TSTRING:
      value->kind = VBO_TEXT;
      value->text = lua_tolstring(L, arg, &value->size);
      break;
    default:
      luaL_typeerror(L, arg, "nil, boolean, number or string");
  }
}

/* Opens the statement of argument 2 with the parameters after it, and leaves its handle at the top;
 * NULL with the error in `err`. */
static rows_handle *open_rows(lua_State *L, bool writes, vbo_error *err) {
  vbo_journal *journal = check_journal(L);
  size_t size = 0;
  const char *sql = luaL_checklstring(L, 2, &size);
  int last = lua_gettop(L);
  rows_handle *rows = lua_newuserdatauv(L, sizeof *rows, 0);
  *rows = (rows_handle){0};
  luaL_setmetatable(L, ROWS_CLASS);
  if (!vbo_statement_open(&rows->statement, journal, sql, size, writes, err)) return NULL;
  rows->open = true;
  int wanted = vbo_statement_parameters(&rows->statement);
  if (wanted != last - 2) luaL_error(L, "the SQL has %d parameters, got %d", wanted, last - 2);
  for (int i = 1; i <= wanted; i++) {
    vbo_value value;
    read_parameter(L, i + 2, &value);
    if (!vbo_statement_bind(&rows->statement, i, &value, err)) return NULL;
  }
  return rows;
}

/* Pushes the present row by the names of its columns; NULL is absent. */
static void push_row(lua_State *L, const vbo_statement *statement) {
  int columns = vbo_statement_columns(statement);
  lua_createtable(L, 0, columns);
  for (int i = 0; i < columns; i++) {
    vbo_value value;
    vbo_statement_value(statement, i, &value);
    switch (value.kind) {
      case VBO_INTEGER:
        lua_pushinteger(L, value.integer);
        break;
      case VBO_REAL:
        lua_pushnumber(L, value.real);
        break;
      case VBO_TEXT:
        lua_pushlstring(L, value.text, value.size);
        break;
      default:
        continue;
    }
    lua_setfield(L, -2, vbo_statement_name(statement, i));
  }
}

/* journal:rows(sql, …) -> {row, …} | nil, err. */
static int journal_rows(lua_State *L) {
  vbo_error err = {0};
  rows_handle *rows = open_rows(L, false, &err);
  if (rows == NULL) return vboL_fail(L, &err);
  lua_toclose(L, -1);
  lua_newtable(L);
  for (lua_Integer count = 1;; count++) {
    int more = vbo_statement_next(&rows->statement, &err);
    if (more == 0) return 1;
    if (more < 0) return vboL_fail(L, &err);
    push_row(L, &rows->statement);
    lua_rawseti(L, -2, count);
  }
}

/* The iterator of journal:each: row | nil; a failure raises its error. */
static int next_row(lua_State *L) {
  rows_handle *rows = luaL_checkudata(L, 1, ROWS_CLASS);
  vbo_error err = {0};
  if (!rows->open) return 0;
  int more = vbo_statement_next(&rows->statement, &err);
  if (more > 0) {
    push_row(L, &rows->statement);
    return 1;
  }
  vbo_statement_close(&rows->statement);
  rows->open = false;
  if (more == 0) return 0;
  vboL_push_error(L, &err);
  return lua_error(L);
}

/* for row in journal:each(sql, …): one row at a time in memory.  nil, err for a wrong statement. */
static int journal_each(lua_State *L) {
  vbo_error err = {0};
  if (open_rows(L, false, &err) == NULL) return vboL_fail(L, &err);
  lua_pushcfunction(L, next_row);
  lua_insert(L, -2);
  lua_pushnil(L);
  lua_pushvalue(L, -2); /* closed when the loop is left */
  return 4;
}

/* journal:write(sql, …) -> id of the row inserted last, rows changed | nil, err. */
static int journal_write(lua_State *L) {
  vbo_error err = {0};
  int64_t row = 0;
  int64_t changes = 0;
  rows_handle *rows = open_rows(L, true, &err);
  if (rows == NULL) return vboL_fail(L, &err);
  lua_toclose(L, -1);
  int more = 1;
  while (more > 0)
    more = vbo_statement_next(&rows->statement, &err);
  if (more < 0) return vboL_fail(L, &err);
  vbo_statement_result(&rows->statement, &row, &changes);
  lua_pushinteger(L, row);
  lua_pushinteger(L, changes);
  return 2;
}

/* --------------------------------------------------------------- transactions */

static int result(lua_State *L, bool good, const vbo_error *err) {
  if (!good) return vboL_fail(L, err);
  lua_pushboolean(L, 1);
  return 1;
}

/* journal:begin() -> true | nil, err: waits up to 10 s for another writer. */
static int journal_begin(lua_State *L) {
  vbo_error err = {0};
  return result(L, vbo_journal_begin(check_journal(L), &err), &err);
}

/* journal:commit() -> true | nil, err: what was written survives a power cut. */
static int journal_commit(lua_State *L) {
  vbo_error err = {0};
  return result(L, vbo_journal_commit(check_journal(L), &err), &err);
}

/* journal:rollback() -> true | nil, err; true also without a transaction. */
static int journal_rollback(lua_State *L) {
  vbo_error err = {0};
  return result(L, vbo_journal_rollback(check_journal(L), &err), &err);
}

/* journal:commits() -> how many this handle has made. */
static int journal_commits(lua_State *L) {
  lua_pushinteger(L, check_journal(L)->commits);
  return 1;
}

/* ---------------------------------------------------------------- the journal */

/* journal:hmac(text|Secret) -> hex of the HMAC-SHA-256 under the journal's key | nil, err. */
static int journal_hmac(lua_State *L) {
  vbo_journal *journal = check_journal(L);
  bool is_secret = false;
  vbo_secret *secret = vboL_to_secret(L, 2, &is_secret);
  luaL_argcheck(L, !is_secret || secret != NULL, 2, "the secret is closed");
  size_t size = is_secret ? vbo_secret_size(secret) : 0;
  const char *text = is_secret ? vbo_secret_bytes(secret) : luaL_checklstring(L, 2, &size);
  char hex[65];
  vbo_error err = {0};
  if (!vbo_journal_hmac(journal, text, size, hex, &err)) return vboL_fail(L, &err);
  lua_pushstring(L, hex);
  return 1;
}

/* journal:path() -> its absolute path | nil in memory and unopened. */
static int journal_path(lua_State *L) {
  lua_pushstring(L, check_journal(L)->place.path);
  return 1;
}

/* journal:id() -> its UUID | nil before it was open. */
static int journal_id(lua_State *L) {
  const vbo_journal *journal = check_journal(L);
  /* clang-tidy does not know that luaL_argcheck raises. */
  lua_pushstring(L, journal != NULL && journal->id[0] != '\0' ? journal->id : NULL);
  return 1;
}

/* journal:lock(run) -> true | nil when it is live elsewhere | nil, err. */
static int journal_lock(lua_State *L) {
  vbo_error err = {0};
  bool taken = false;
  if (!vbo_journal_lock(check_journal(L), luaL_checkinteger(L, 2), &taken, &err))
    return vboL_fail(L, &err);
  if (!taken) return 0;
  lua_pushboolean(L, 1);
  return 1;
}

/* journal:live(run) -> boolean | nil, err. */
static int journal_live(lua_State *L) {
  vbo_error err = {0};
  bool live = false;
  if (!vbo_journal_live(check_journal(L), luaL_checkinteger(L, 2), &live, &err))
    return vboL_fail(L, &err);
  lua_pushboolean(L, live);
  return 1;
}

/* ---------------------------------------------------------- permits, the latch */

/* journal:permit(step, method, path, body|nil) -> Permit | nil, err. */
static int journal_permit(lua_State *L) {
  vbo_journal *journal = check_journal(L);
  lua_Integer step = luaL_checkinteger(L, 2);
  const char *method = luaL_checkstring(L, 3);
  const char *path = luaL_checkstring(L, 4);
  size_t size = 0;
  const char *body = luaL_optlstring(L, 5, NULL, &size);
  vbo_error err = {0};
  vboL_permit *permit = vboL_push_permit(L);
  permit->permit = vbo_journal_permit(journal, step, method, path, body, size, &err);
  return permit->permit != NULL ? 1 : vboL_fail(L, &err);
}

static vbo_error_kind check_kind(lua_State *L, const char *name) {
  for (int kind = 1; kind < VBO_ERROR_KIND_COUNT; kind++)
    if (strcmp(name, vbo_error_kind_name((vbo_error_kind)kind)) == 0) return (vbo_error_kind)kind;
  vboL_option_error(L, "kind", "a kind of errors expected");
  return VBO_OK;
}

/* journal:latch{message=, kind="stopped", status=, code=, hint=}: every later permit is refused with
 * this error, whose other fields are not kept. The first latch stays. */
static int journal_latch(lua_State *L) {
  vbo_journal *journal = check_journal(L);
  vbo_error why = {0};
  luaL_checktype(L, 2, LUA_TTABLE);
  const char *message = vboL_option_string(L, 2, "message", NULL);
  if (message == NULL) return vboL_option_error(L, "message", "string expected");
  vbo_error_set(&why, check_kind(L, vboL_option_string(L, 2, "kind", "stopped")), "%s", message);
  vbo_error_hint(&why, "%s", vboL_option_string(L, 2, "hint", ""));
  why.status = (int)vboL_option_integer(L, 2, "status", 0);
  const char *code = vboL_option_string(L, 2, "code", "");
  luaL_argcheck(L, strlen(code) < sizeof why.code, 2, "the code is too long");
  memcpy(why.code, code, strlen(code) + 1);
  vbo_journal_latch(journal, &why);
  return 0;
}

/* journal:latched() -> the error, a plain table | nil. */
static int journal_latched(lua_State *L) {
  vbo_error why = {0};
  if (vbo_journal_unlatched(check_journal(L), &why)) return 0;
  vboL_push_error(L, &why);
  return 1;
}

/* -------------------------------------------------------------------- release */

/* A handle that was closed can be opened again; what latched it stays. */
static int journal_close(lua_State *L) {
  journal_handle *handle = luaL_checkudata(L, 1, JOURNAL_CLASS);
  if (handle->journal == NULL || !vbo_journal_is_open(handle->journal, NULL)) return 0;
  vbo_journal_stop(handle->journal);
  vboL_count_closed(VBOL_JOURNAL);
  return 0;
}

static int journal_gc(lua_State *L) {
  journal_handle *handle = luaL_checkudata(L, 1, JOURNAL_CLASS);
  vbo_journal *journal = handle->journal;
  handle->journal = NULL;
  if (journal == NULL) return 0;
  if (vbo_journal_is_open(journal, NULL)) vboL_count_collected(VBOL_JOURNAL);
  vbo_journal_stop(journal);
  vbo_journal_release(journal);
  return 0;
}

static int journal_tostring(lua_State *L) {
  vbo_journal *journal = check_journal(L);
  bool open = vbo_journal_is_open(journal, NULL);
  const char *path = journal->place.path;
  lua_pushfstring(L, JOURNAL_CLASS " (%s)", !open ? "closed" : path != NULL ? path : "in memory");
  return 1;
}

static const luaL_Reg methods[] = {{"open", journal_open},       {"rows", journal_rows},
                                   {"each", journal_each},       {"write", journal_write},
                                   {"begin", journal_begin},     {"commit", journal_commit},
                                   {"commits", journal_commits}, {"rollback", journal_rollback},
                                   {"hmac", journal_hmac},       {"path", journal_path},
                                   {"id", journal_id},           {"lock", journal_lock},
                                   {"live", journal_live},       {"permit", journal_permit},
                                   {"latch", journal_latch},     {"latched", journal_latched},
                                   {"close", journal_close},     {NULL, NULL}};

static const luaL_Reg metamethods[] = {{"__gc", journal_gc},
                                       {"__close", journal_close},
                                       {"__tostring", journal_tostring},
                                       {NULL, NULL}};

static const luaL_Reg rows_metamethods[] = {
    {"__gc", rows_close}, {"__close", rows_close}, {NULL, NULL}};

void vboL_open_journal(lua_State *L) {
  static const luaL_Reg none[] = {{NULL, NULL}};
  if (vboL_new_class(L, JOURNAL_CLASS, methods, metamethods)) lua_pop(L, 1);
  if (vboL_new_class(L, ROWS_CLASS, none, rows_metamethods)) lua_pop(L, 1);
  lua_pushcfunction(L, journal_new);
  lua_setfield(L, -2, "journal");
}
