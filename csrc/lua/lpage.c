/* lpage.c: pages of records (json/page.h) in Lua.
 *
 *   #page                          how many records
 *   page:text(i)                   a record as it is written
 *   page:rest()                    the document with an empty list of records
 *   page:whole()                   the document
 *   page:find(i, name)             true, value (a scalar; cjson.null) | false: there is no
 *                                  such member | nil: only decoding the record can tell
 *   page:squashed(i, name)         the same, whatever case and underscores the record has
 *   page:lacking(name, …)          the first record that has a value in none of these members,
 *                                  whatever case it writes them in; nil: all have one
 *   page:bare()                    whether the list is the whole document
 *   page:bind(metatable, plain)    before page:lend: what the objects get
 *   page:bound()                   that `plain`
 *   page:lend(i)                   a table {_page = page, _at = i} with that metatable
 *   core.json.page(text, depth)    a page of a text | nil
 *   core.json.reader(otherwise)    an __index for such tables: reads those members whose
 *                                  names are true in `plain`, and calls `otherwise`
 *                                  (table, key) for everything else
 *   core.json.stepper(otherwise)   step, run: an iterator that lends by itself the `count`
 *                                  records that `run(page, first, count)` set, and then
 *                                  calls `otherwise()`
 *
 * Nothing here decodes an object or an array: that stays with lua/vbo/base/json.lua, and a
 * scalar comes out as it does there. */
#include "lua/lutil.h"

#include <math.h>
#include <string.h>

#include "json/page.h"
#include "base/text.h"

#define PAGE_CLASS "vbo.Page"
/* User values keep both tables alive as long as the page. */
enum { METATABLE = 1, PLAIN, USER_VALUES = PLAIN };

/* The collector does not see the bytes of pages. Bytes beyond this bound count as if Lua had
 * allocated them. */
enum { UNSEEN = 16 << 20 };

/* The bytes that the pages of one Lua state hold outside Lua's memory. It is in the registry, so
 * that it outlives every page: lua_close frees userdata after their finalizers. */
typedef struct account {
  size_t held;
} account;

typedef struct handle {
  vbo_json_page page;
  account *account; /* in the registry, as long as the state */
  size_t size;
} handle;

/* Its address is the key: no string of another library can be equal to it. */
static const char account_key = 0;

static account *account_of(lua_State *L) {
  lua_rawgetp(L, LUA_REGISTRYINDEX, &account_key);
  account *found = lua_touserdata(L, -1);
  lua_pop(L, 1);
  return found;
}

static handle *check_page(lua_State *L) {
  return luaL_checkudata(L, 1, PAGE_CLASS);
}

/* Argument `arg` as the index of a record, from 0. */
static size_t check_record(lua_State *L, const handle *h, int arg) {
  lua_Integer at = luaL_checkinteger(L, arg);
  luaL_argcheck(L, at >= 1 && (lua_Unsigned)at <= vbo_json_page_count(&h->page), arg,
                "there is no such record");
  return (size_t)at - 1;
}

/* The metatable is set before the page is opened: an empty handle may be finalized.
 * vbo_json_page_open takes the text's memory over only when it returns true. */
bool vboL_push_page(lua_State *L, struct vbo_buffer *text, unsigned max_depth) {
  account *held = account_of(L);
  handle *h = lua_newuserdatauv(L, sizeof *h, USER_VALUES);
  memset(h, 0, sizeof *h);
  h->account = held;
  luaL_setmetatable(L, PAGE_CLASS);
  if (!vbo_json_page_open(&h->page, text, max_depth)) {
    lua_pop(L, 1);
    return false;
  }
  h->size = vbo_json_page_size(&h->page);
  held->held += h->size;
  /* A step in proportion to the page (its argument is in KiB): a full collection for each page
   * would cost more than the pages. A script that stopped the collector keeps it stopped. */
  if (held->held > UNSEEN && lua_gc(L, LUA_GCISRUNNING, 0) != 0)
    lua_gc(L, LUA_GCSTEP, (int)(h->size >> 10));
  return true;
}

/* A second call finds a size of 0 and frees nothing. */
static int page_free(lua_State *L) {
  handle *h = check_page(L);
  vbo_json_page_free(&h->page);
  h->account->held -= h->size;
  h->size = 0;
  return 0;
}

static int page_count(lua_State *L) {
  lua_pushinteger(L, (lua_Integer)vbo_json_page_count(&check_page(L)->page));
  return 1;
}

static int page_text(lua_State *L) {
  const handle *h = check_page(L);
  size_t size;
  const char *text = vbo_json_page_record(&h->page, check_record(L, h, 2), &size);
  lua_pushlstring(L, text, size);
  return 1;
}

/* The page may be finalized already, when a finalizer of a script reads it. */
static int page_rest(lua_State *L) {
  const vbo_json_page *page = &check_page(L)->page;
  luaL_argcheck(L, page->text.data != NULL, 1, "the page is gone");
  luaL_Buffer buffer;
  luaL_buffinit(L, &buffer);
  luaL_addlstring(&buffer, page->text.data, page->list_start);
  luaL_addlstring(&buffer, "[]", 2);
  luaL_addlstring(&buffer, page->text.data + page->list_end, page->text.size - page->list_end);
  luaL_pushresult(&buffer);
  return 1;
}

static int page_bare(lua_State *L) {
  lua_pushboolean(L, check_page(L)->page.bare);
  return 1;
}

static int page_whole(lua_State *L) {
  const vbo_json_page *page = &check_page(L)->page;
  lua_pushlstring(L, page->text.data, page->text.size);
  return 1;
}

/* -------------------------------------------------------------------- scalars */

/* As json.decode has it: an integral value is an integer as far as doubles count by ones, beyond
 * that only when it is written as one and fits into 64 bits. Numbers of the record are not
 * terminated, so that they are copied. More than 63 digits are left to the decoder, which has the
 * last word. */
static bool push_number(lua_State *L, const char *text, size_t size) {
  char digits[64];
  if (size >= sizeof digits) return false;
  memcpy(digits, text, size);
  digits[size] = '\0';
  if (size == 2 && memcmp(digits, "-0", 2) == 0) {
    lua_pushnumber(L, -0.0);
    return true;
  }
  if (lua_stringtonumber(L, digits) == 0) return false;
  if (lua_isinteger(L, -1)) return true;
  lua_Number value = lua_tonumber(L, -1);
  if (value != floor(value) || fabs(value) > 9007199254740992.0 || (value == 0 && signbit(value)))
    return true;
  lua_pop(L, 1);
  lua_pushinteger(L, (lua_Integer)value);
  return true;
}

/* Most strings have no escape, and are pushed without a copy of their own. */
static void push_string(lua_State *L, const char *text, const vbo_json_span *value) {
  const char *inside = text + value->start + 1;
  size_t size = value->size - 2;
  if (size == 0 || memchr(inside, '\\', size) == NULL) {
    lua_pushlstring(L, inside, size);
    return;
  }
  luaL_Buffer buffer;
  vbo_json_token token = {.start = value->start, .length = value->size};
  char *out = luaL_buffinitsize(L, &buffer, value->size);
  vbo_json_decode(text, &token, out, value->size, &size); /* never longer than the token */
  luaL_pushresultsize(&buffer, size);
}

static bool push_scalar(lua_State *L, const vbo_json_page *page, const vbo_json_span *value) {
  const char *text = page->text.data;
  switch (text[value->start]) {
    case '"':
      push_string(L, text, value);
      return true;
    case 't':
    case 'f':
      lua_pushboolean(L, text[value->start] == 't');
      return true;
    case 'n':
      lua_pushlightuserdata(L, NULL); /* cjson.null */
      return true;
    default:
      return push_number(L, text + value->start, value->size);
  }
}

/* UNCLEAR leaves the answer to the decoder: an object, an array, or a name that occurs twice or is
 * written with escapes. */
static int find(lua_State *L, bool squashed) {
  handle *h = check_page(L);
  size_t record = check_record(L, h, 2);
  size_t size;
  const char *name = luaL_checklstring(L, 3, &size);
  vbo_json_span value;
  switch (vbo_json_page_find(&h->page, record, name, size, squashed, &value)) {
    case VBO_JSON_ABSENT:
      lua_pushboolean(L, 0);
      return 1;
    case VBO_JSON_FOUND:
      lua_pushboolean(L, 1);
      if (push_scalar(L, &h->page, &value)) return 2;
      break;
    case VBO_JSON_UNCLEAR:
      break;
  }
  lua_pushnil(L);
  return 1;
}

static int page_find(lua_State *L) {
  return find(L, false);
}

static int page_squashed(lua_State *L) {
  return find(L, true);
}

/* Returns whether a record has more than null or "" in a member. A member that needs decoding
 * counts as a value. */
static bool has_value(vbo_json_page *page, size_t record, const char *name, size_t size,
                      bool squashed) {
  vbo_json_span value;
  switch (vbo_json_page_find(page, record, name, size, squashed, &value)) {
    case VBO_JSON_ABSENT:
      return false;
    case VBO_JSON_FOUND: {
      const char *text = page->text.data + value.start;
      return *text != 'n' && !(*text == '"' && value.size == 2);
    }
    case VBO_JSON_UNCLEAR:
      break;
  }
  return true;
}

/* Exact names come first, as nearly every record has one of them; the slower comparison is for
 * servers that write names in another case. */
static bool has_any(lua_State *L, vbo_json_page *page, size_t record) {
  int last = lua_gettop(L);
  for (int arg = 2; arg <= last; arg++) {
    size_t size;
    const char *name = luaL_checklstring(L, arg, &size);
    if (has_value(page, record, name, size, false)) return true;
  }
  for (int arg = 2; arg <= last; arg++) {
    size_t size;
    const char *name = luaL_checklstring(L, arg, &size);
    /* A longer name is not one of the API's. */
    char lower[64];
    if (size > sizeof lower) continue;
    for (size_t i = 0; i < size; i++)
      lower[i] = vbo_ascii_lower(name[i]);
    if (has_value(page, record, lower, size, true)) return true;
  }
  return false;
}

static int page_lacking(lua_State *L) {
  handle *h = check_page(L);
  size_t count = vbo_json_page_count(&h->page);
  for (size_t record = 0; record < count; record++) {
    if (has_any(L, &h->page, record)) continue;
    lua_pushinteger(L, (lua_Integer)record + 1);
    return 1;
  }
  lua_pushnil(L);
  return 1;
}

/* -------------------------------------------------------------------- objects */

static int page_bound(lua_State *L) {
  check_page(L);
  lua_getiuservalue(L, 1, PLAIN);
  return 1;
}

static int page_bind(lua_State *L) {
  check_page(L);
  luaL_checktype(L, 2, LUA_TTABLE);
  luaL_checktype(L, 3, LUA_TTABLE);
  lua_settop(L, 3);
  lua_setiuservalue(L, 1, PLAIN);
  lua_setiuservalue(L, 1, METATABLE);
  return 0;
}

/* Upvalues of what makes and reads objects: made once, so that nothing is interned
 * for each of a million. */
enum { UP_CLASS = 1, UP_PAGE, UP_AT, UP_OTHERWISE };

static void push_names(lua_State *L) {
  luaL_getmetatable(L, PAGE_CLASS);
  lua_pushliteral(L, "_page");
  lua_pushliteral(L, "_at");
}

/* Returns the page at `index`, without looking its class up by name. luaL_checkudata would look a
 * string up in the registry for each access. Comparing the metatable with an upvalue is exact as
 * well: scripts cannot set a userdata's metatable. */
static handle *to_page(lua_State *L, int index) {
  handle *h = lua_touserdata(L, index);
  if (h == NULL || !lua_getmetatable(L, index)) return NULL;
  bool is = lua_rawequal(L, -1, lua_upvalueindex(UP_CLASS)) != 0;
  lua_pop(L, 1);
  return is ? h : NULL;
}

/* Pushes the object of a record (from 1) of the page at `index`. Three upvalues spare the interning
 * of two names and the search for the class, for each object. */
static void lend(lua_State *L, int index, lua_Integer record) {
  lua_createtable(L, 0, 2);
  lua_pushvalue(L, lua_upvalueindex(UP_PAGE));
  lua_pushvalue(L, index);
  lua_rawset(L, -3);
  lua_pushvalue(L, lua_upvalueindex(UP_AT));
  lua_pushinteger(L, record);
  lua_rawset(L, -3);
  lua_getiuservalue(L, index, METATABLE);
  lua_setmetatable(L, -2);
}

static int page_lend(lua_State *L) {
  handle *h = to_page(L, 1);
  if (h == NULL) h = check_page(L); /* raises */
  lend(L, 1, (lua_Integer)check_record(L, h, 2) + 1);
  return 1;
}

/* Pushes the member `key` (at 2) of the object at 1; false when it needs more. Raw access
 * throughout: it runs inside __index, and an __index of its own would recurse. The stack above the
 * two arguments is left as it is: the caller truncates it or returns the top. */
static bool read_plain(lua_State *L) {
  if (lua_type(L, 2) != LUA_TSTRING || !lua_istable(L, 1)) return false;
  lua_pushvalue(L, lua_upvalueindex(UP_PAGE));
  if (lua_rawget(L, 1) != LUA_TUSERDATA) return false;
  handle *h = to_page(L, 3);
  if (h == NULL || lua_getiuservalue(L, 3, PLAIN) != LUA_TTABLE) return false;
  lua_pushvalue(L, 2);
  if (lua_rawget(L, -2) != LUA_TBOOLEAN) return false;
  lua_pushvalue(L, lua_upvalueindex(UP_AT));
  lua_rawget(L, 1);
  /* Unsigned: an index of 0 or below wraps to a value beyond the count. */
  lua_Unsigned at = (lua_Unsigned)lua_tointeger(L, -1) - 1;
  if (at >= vbo_json_page_count(&h->page)) return false;
  size_t size;
  const char *name = lua_tolstring(L, 2, &size);
  vbo_json_span value;
  if (vbo_json_page_find(&h->page, (size_t)at, name, size, false, &value) != VBO_JSON_FOUND)
    return false;
  if (h->page.text.data[value.start] != 'n') return push_scalar(L, &h->page, &value);
  lua_pushnil(L); /* a null is as good as nothing */
  return true;
}

/* The continuation of lua_callk: after a yield Lua resumes here and not after the call, and the one
 * result is at the top. */
static int one_result(lua_State *L, int status, lua_KContext context) {
  (void)L, (void)status, (void)context;
  return 1;
}

/* lua_callk, not lua_call: a task waits by yielding, which lua_call would refuse ("attempt to yield
 * across a C-call boundary"). */
static int read_object(lua_State *L) {
  if (read_plain(L)) return 1;
  lua_settop(L, 2);
  lua_pushvalue(L, lua_upvalueindex(UP_OTHERWISE));
  lua_insert(L, 1);
  lua_callk(L, 2, 1, 0, one_result); /* it may ask the server, and wait for that */
  return 1;
}

/* core.json.reader(otherwise) */
static int new_reader(lua_State *L) {
  luaL_checktype(L, 1, LUA_TFUNCTION);
  push_names(L);
  lua_pushvalue(L, 1);
  lua_pushcclosure(L, read_object, UP_OTHERWISE);
  return 1;
}

typedef struct runner {
  lua_Integer next; /* the record that is lent next */
  lua_Integer end;  /* behind the last one */
} runner;           /* user value 1: the page */

/* the upvalue of a stepper, which a reader lacks */
enum { UP_RUNNER = UP_OTHERWISE + 1 };

/* Returns nil through `otherwise` at the end, as an iterator of `for` must. */
static int step(lua_State *L) {
  runner *r = lua_touserdata(L, lua_upvalueindex(UP_RUNNER));
  lua_settop(L, 0);
  if (r->next < r->end) {
    lua_getiuservalue(L, lua_upvalueindex(UP_RUNNER), 1);
    lend(L, 1, r->next++);
    return 1;
  }
  lua_pushvalue(L, lua_upvalueindex(UP_OTHERWISE));
  lua_callk(L, 0, 1, 0, one_result);
  return 1;
}

/* The runner keeps the page alive in its user value: no object may be left that does. */
static int run(lua_State *L) {
  runner *r = lua_touserdata(L, lua_upvalueindex(1));
  const handle *h = check_page(L);
  size_t first = check_record(L, h, 2);
  lua_Integer count = luaL_checkinteger(L, 3);
  luaL_argcheck(L, count >= 0 && (lua_Unsigned)count <= vbo_json_page_count(&h->page) - first, 3,
                "there are not so many records");
  lua_pushvalue(L, 1);
  lua_setiuservalue(L, lua_upvalueindex(1), 1);
  r->next = (lua_Integer)first + 1;
  r->end = r->next + count;
  return 0;
}

/* core.json.stepper(otherwise) -> step, run */
static int new_stepper(lua_State *L) {
  luaL_checktype(L, 1, LUA_TFUNCTION);
  lua_settop(L, 1);
  push_names(L);
  lua_pushvalue(L, 1);
  runner *r = lua_newuserdatauv(L, sizeof *r, 1);
  r->next = r->end = 0;
  lua_pushvalue(L, -1);
  lua_insert(L, 2); /* under the upvalues of step */
  lua_pushcclosure(L, step, UP_RUNNER);
  lua_insert(L, 2);
  lua_pushcclosure(L, run, 1);
  return 2;
}

typedef struct copied {
  vbo_buffer text;
} copied;

static int copied_free(lua_State *L) {
  copied *copy = lua_touserdata(L, 1);
  vbo_buffer_free(&copy->text);
  return 0;
}

/* core.json.page(text, max_depth) -> page | nil */
static int new_page(lua_State *L) {
  size_t size;
  const char *text = luaL_checklstring(L, 1, &size);
  lua_Integer depth = luaL_checkinteger(L, 2);
  luaL_argcheck(L, depth > 0 && depth <= VBO_JSON_DEEPEST, 2, "levels expected");
  /* Owns the copy until the page takes it over, and frees it when the text is not a page. */
  copied *copy = lua_newuserdatauv(L, sizeof *copy, 0);
  memset(copy, 0, sizeof *copy);
  luaL_setmetatable(L, PAGE_CLASS ".copy");
  vbo_error err = {0};
  if (!vbo_buffer_append(&copy->text, text, size, &err)) return vboL_fail(L, &err);
  if (!vboL_push_page(L, &copy->text, (unsigned)depth)) lua_pushnil(L);
  return 1;
}

void vboL_open_page(lua_State *L) {
  static const luaL_Reg methods[] = {
      {"text", page_text},         {"rest", page_rest}, {"whole", page_whole}, {"find", page_find},
      {"squashed", page_squashed}, {"bind", page_bind}, {"bound", page_bound}, {"bare", page_bare},
      {"lacking", page_lacking},   {NULL, NULL}};
  static const luaL_Reg metamethods[] = {{"__len", page_count}, {"__gc", page_free}, {NULL, NULL}};
  if (vboL_new_class(L, PAGE_CLASS, methods, metamethods)) {
    lua_getfield(L, -1, "__index");
    push_names(L);
    lua_pushcclosure(L, page_lend, UP_AT);
    lua_setfield(L, -2, "lend");
    lua_pop(L, 2);
  }
  /* A class without methods: scripts never get one. */
  if (luaL_newmetatable(L, PAGE_CLASS ".copy")) {
    lua_pushcfunction(L, copied_free);
    lua_setfield(L, -2, "__gc");
  }
  lua_pop(L, 1);
  if (lua_rawgetp(L, LUA_REGISTRYINDEX, &account_key) == LUA_TNIL) {
    account *made = lua_newuserdatauv(L, sizeof *made, 0);
    made->held = 0;
    lua_rawsetp(L, LUA_REGISTRYINDEX, &account_key);
  }
  lua_pop(L, 1);
  lua_getfield(L, -1, "json");
  lua_pushcfunction(L, new_page);
  lua_setfield(L, -2, "page");
  lua_pushcfunction(L, new_reader);
  lua_setfield(L, -2, "reader");
  lua_pushcfunction(L, new_stepper);
  lua_setfield(L, -2, "stepper");
  lua_pop(L, 1);
}
