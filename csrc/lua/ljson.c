/* ljson.c: JSON between Lua values and text, beside lua-cjson.
 *
 * Decoding is lua-cjson's; core.json.prepare and core.json.finish, before and after
 * it, keep 64-bit integers and empty arrays (json.h says how); core.json.order reads
 * the order of keys, which a Lua table does not keep.  Encoding is here:
 * cjson 2.1.0 writes 14 digits, has no empty arrays and follows the hash order,
 * none of which can be mended afterwards, and a secret must never become text. */
#include "lua/lutil.h"

#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json/json.h"
#include "base/system.h"
#include "base/text.h"

#define BUFFER_CLASS "vbo.buffer"
#define ARRAY_CLASS "vbo.json.array"

/* ------------------------------------------------------------------- a buffer */

/* Zeroed before it has its metatable: __gc may run on any object that has one. */
vbo_buffer *vboL_new_buffer(lua_State *L) {
  vbo_buffer *buffer = lua_newuserdatauv(L, sizeof *buffer, 0);
  memset(buffer, 0, sizeof *buffer);
  luaL_setmetatable(L, BUFFER_CLASS);
  return buffer;
}

static int buffer_free(lua_State *L) {
  vbo_buffer_free(luaL_checkudata(L, 1, BUFFER_CLASS));
  return 0;
}

/* The string is made first: when that raises, the buffer is still in its userdata. lua_pushlstring
 * takes no NULL with a size, which an empty buffer has. */
void vboL_push_buffer(lua_State *L, vbo_buffer *buffer) {
  lua_pushlstring(L, buffer->size > 0 ? buffer->data : "", buffer->size);
  vbo_buffer_free(buffer);
}

/* ------------------------------------------------------------------- decoding */

static const char *const prepare_options[] = {"marker", "max_depth", "max_size", NULL};

/* core.json.prepare(text, {marker=, max_depth=, max_size=}) -> text for cjson | nil, err (limit,
 * protocol). The text is returned as it came when nothing had to be marked, which is the usual
 * case. */
static int json_prepare(lua_State *L) {
  size_t size;
  const char *text = luaL_checklstring(L, 1, &size);
  vboL_check_options(L, 2, "core.json.prepare", prepare_options);
  int64_t depth = vboL_option_integer(L, 2, "max_depth", 0);
  int64_t largest = vboL_option_integer(L, 2, "max_size", 0);
  if (depth < 0 || depth > VBO_JSON_DEEPEST)
    vboL_option_error(L, "max_depth", lua_pushfstring(L, "1 to %d expected", VBO_JSON_DEEPEST));
  if (largest < 0) vboL_option_error(L, "max_size", "bytes must not be negative");
  vbo_json_options options = {.max_depth = (unsigned)depth,
                              .max_size = (size_t)largest,
                              .marker = vboL_option_string(L, 2, "marker", NULL)};
  vbo_buffer *buffer = vboL_new_buffer(L);
  bool changed = false;
  vbo_error err = {0};
  if (!vbo_json_prepare(text, size, &options, buffer, &changed, &err)) return vboL_fail(L, &err);
  if (changed)
    vboL_push_buffer(L, buffer);
  else
    lua_pushvalue(L, 1);
  return 1;
}

/* The state of one pass. The marker is a string that the document does not contain (see
 * push_nonce): it precedes values that cjson would lose. */
typedef struct finisher {
  lua_State *L;
  const char *marker;
  size_t marker_size;
  bool too_large; /* a number beyond what a double holds */
} finisher;

/* Every integer up to here is exact as a double; larger ones came marked. */
#define EXACT 9007199254740992.0

/* cjson decodes every number as a double. -0.0 stays a float, as no integer is a negative zero. */
static bool finish_number(finisher *f) {
  lua_State *L = f->L;
  if (lua_isinteger(L, -1)) return false;
  lua_Number value = lua_tonumber(L, -1);
  /* The pass goes on: raising here is not its business, and the caller reports the failure. */
  if (isinf(value) || isnan(value)) f->too_large = true;
  if (value != floor(value) || fabs(value) > EXACT || (value == 0 && signbit(value))) return false;
  lua_pop(L, 1);
  lua_pushinteger(L, (lua_Integer)value);
  return true;
}

/* The letter behind the marker is the type: i an integer, otherwise a string that begins like a
 * marked one. */
static bool finish_string(finisher *f) {
  lua_State *L = f->L;
  size_t size;
  const char *text = lua_tolstring(L, -1, &size);
  if (size <= f->marker_size || memcmp(text, f->marker, f->marker_size) != 0) return false;
  const char *rest = text + f->marker_size + 1;
  if (text[f->marker_size] == 'i')
    lua_pushinteger(L, (lua_Integer)strtoll(rest, NULL, 10));
  else
    lua_pushlstring(L, rest, size - f->marker_size - 1);
  lua_remove(L, -2);
  return true;
}

/* An empty array comes as an array with one marked string, since cjson turns [] and {} into the
 * same table. */
static bool is_empty_mark(finisher *f) {
  size_t size;
  if (lua_type(f->L, -1) != LUA_TSTRING) return false;
  const char *text = lua_tolstring(f->L, -1, &size);
  return size == f->marker_size + 1 && text[f->marker_size] == 'a' &&
         memcmp(text, f->marker, f->marker_size) == 0;
}

static void finish_table(finisher *f);

/* Replaces the value at the top by what the document meant; returns whether that is another. */
static bool finish_value(finisher *f) {
  switch (lua_type(f->L, -1)) {
    case LUA_TNUMBER:
      return finish_number(f);
    case LUA_TSTRING:
      return finish_string(f);
    case LUA_TTABLE:
      finish_table(f);
      return false;
    default:
      return false;
  }
}

/* As deep as the document, which json_prepare bounded. A JSON array is a table with a value at 1:
 * keys of objects are strings, never numbers. */
static void finish_table(finisher *f) {
  lua_State *L = f->L;
  luaL_checkstack(L, 8, "JSON nested too deeply");
  int type = lua_rawgeti(L, -1, 1);
  bool array = type != LUA_TNIL;
  bool empty = array && is_empty_mark(f);
  lua_pop(L, 1);
  if (empty) {
    lua_pushnil(L);
    lua_rawseti(L, -2, 1);
  }
  if (array) luaL_setmetatable(L, ARRAY_CLASS);
  lua_pushnil(L);
  while (lua_next(L, -2) != 0) {
    if (finish_value(f)) { /* assigning to a field that exists is safe in a traversal */
      lua_pushvalue(L, -2);
      lua_insert(L, -2);
      lua_rawset(L, -4);
    } else {
      lua_pop(L, 1);
    }
  }
}

/* core.json.finish(value, marker) -> value | nil, err.  `value` is what cjson made
 * of a prepared document; its tables are changed in place, and its arrays get the
 * metatable core.json.array_metatable. */
static int json_finish(lua_State *L) {
  finisher f = {.L = L};
  luaL_checkany(L, 1);
  f.marker = luaL_checklstring(L, 2, &f.marker_size);
  lua_pushvalue(L, 1);
  finish_value(&f);
  if (f.too_large)
    return vboL_fail_with(L, VBO_ERROR_PROTOCOL, "not JSON: a number that is out of range");
  return 1;
}

/* -------------------------------------------------------------- order of keys */

/* Stack of core.json.order: 1 the text, 2 the value, 3 the orders that were found. */
enum { AT_ORDERS = 3 };

typedef struct orderer {
  lua_State *L;
  vbo_json_lexer lexer;
  vbo_json_token token;
} orderer;

static void order_value(orderer *o);

/* Pushes the key that the lexer is at. The room is the token's length: escapes only become shorter
 * when they are decoded. */
static void push_key(orderer *o) {
  luaL_Buffer key;
  size_t size = 0;
  char *room = luaL_buffinitsize(o->L, &key, o->token.length + 1);
  (void)vbo_json_decode(o->lexer.text, &o->token, room, o->token.length + 1, &size);
  luaL_pushresultsize(&key, size);
}

/* The object's table is at the top, or its replacement: of members with one name cjson keeps the
 * last. Stack: the value, the list of keys, the set of keys, and the key or member under way. The
 * lexer walks the text while the stack walks the decoded value beside it. */
static void order_object(orderer *o) {
  lua_State *L = o->L;
  bool table = lua_istable(L, -1);
  lua_Integer count = 0;
  lua_newtable(L); /* the keys as a list */
  lua_newtable(L); /* and as a set */
  while (vbo_json_next(&o->lexer, &o->token) && o->token.type == VBO_JSON_KEY) {
    push_key(o);
    lua_pushvalue(L, -1);
    if (lua_rawget(L, -3) == LUA_TNIL) {
      lua_pushvalue(L, -2);
      lua_rawseti(L, -5, ++count);
      lua_pushvalue(L, -2);
      lua_pushboolean(L, 1);
      lua_rawset(L, -5);
    }
    lua_pop(L, 1);
    /* Replaces the key by its member. Without a table the key itself serves as a value that is not
     * a table. */
    if (table) lua_rawget(L, -4);
    (void)vbo_json_next(&o->lexer, &o->token);
    order_value(o);
    lua_pop(L, 1);
  }
  lua_pop(L, 1);
  lua_pushvalue(L, -2);
  lua_insert(L, -2);
  if (table)
    lua_rawset(L, AT_ORDERS);
  else
    lua_pop(L, 2);
}

static void order_array(orderer *o) {
  lua_State *L = o->L;
  bool table = lua_istable(L, -1);
  if (table) { /* an earlier member of this name may have been an object */
    lua_pushvalue(L, -1);
    lua_pushnil(L);
    lua_rawset(L, AT_ORDERS);
  }
  for (lua_Integer i = 1; vbo_json_next(&o->lexer, &o->token); i++) {
    if (o->token.type == VBO_JSON_ARRAY_END) return;
    if (table)
      lua_rawgeti(L, -1, i);
    else
      lua_pushnil(L);
    order_value(o);
    lua_pop(L, 1);
  }
}

/* As deep as the document, which json_prepare bounded. */
static void order_value(orderer *o) {
  luaL_checkstack(o->L, 12, "JSON nested too deeply");
  if (o->token.type == VBO_JSON_OBJECT)
    order_object(o);
  else if (o->token.type == VBO_JSON_ARRAY)
    order_array(o);
}

/* core.json.order(text, value) -> {[object] = its keys in the order of the text}. `value` is what
 * the text was decoded into. The text was accepted by json_prepare, so that the lexer's results
 * need no test here. */
static int json_order(lua_State *L) {
  size_t size;
  const char *text = luaL_checklstring(L, 1, &size);
  luaL_checkany(L, 2);
  lua_settop(L, 2);
  lua_newtable(L);
  orderer o = {.L = L};
  vbo_json_start(&o.lexer, text, size, VBO_JSON_DEEPEST);
  lua_pushvalue(L, 2);
  if (vbo_json_next(&o.lexer, &o.token)) order_value(&o);
  lua_settop(L, AT_ORDERS);
  return 1;
}

/* ------------------------------------------------------------------- encoding */

enum { ENCODE_DEPTH = 128, PATH_SIZE = 200 };

/* Stack of encode: 1 value, then */
enum { AT_BUFFER = 2, AT_OPEN, AT_SECRETS, AT_PLACEHOLDERS, AT_LAST = AT_PLACEHOLDERS };

/* The path to the value under way, as a list on C's stack: it costs nothing until an error needs
 * it. */
typedef struct frame {
  const struct frame *outer;
  const char *key; /* NULL: an index */
  lua_Integer index;
} frame;

/* The buffer belongs to a userdata at AT_BUFFER, so that a raised error leaks nothing. */
typedef struct encoder {
  lua_State *L;
  vbo_buffer *out;
  const char *nonce;
  int secrets; /* how many different ones */
  vbo_error err;
} encoder;

static bool encode_value(encoder *e, const frame *at, int depth);

/* Recurses to the outermost frame first. A long path is cut at its end, as snprintf has it. */
static void write_path(char *path, size_t size, const frame *at) {
  if (at == NULL) {
    snprintf(path, size, "the value");
    return;
  }
  if (at->outer == NULL)
    path[0] = '\0';
  else
    write_path(path, size, at->outer);
  size_t used = strlen(path);
  if (at->key == NULL)
    snprintf(path + used, size - used, "[%" PRId64 "]", (int64_t)at->index);
  else
    snprintf(path + used, size - used, "%s%.60s", used > 0 ? "." : "", at->key);
}

/* Names come from data: vbo_text_clean keeps control characters out of the message. */
static bool refuse(encoder *e, const frame *at, const char *why) {
  char path[PATH_SIZE];
  write_path(path, sizeof path, at);
  e->err.kind = VBO_ERROR_USAGE;
  char line[PATH_SIZE + 100];
  snprintf(line, sizeof line, "%s %s", path, why);
  vbo_text_clean(e->err.message, sizeof e->err.message, line, strlen(line));
  return false;
}

static bool put(encoder *e, const char *text) {
  return vbo_buffer_append_text(e->out, text, &e->err);
}

/* JSON between systems must be UTF-8 (RFC 8259 section 8.1). Bytes would otherwise be replaced or
 * rejected by the server, far from the line that made them. */
static bool put_string(encoder *e, const frame *at, const char *text, size_t size) {
  for (size_t i = 0; i < size;) {
    if (!((unsigned char)text[i] & 0x80)) {
      i++;
      continue;
    }
    size_t length = vbo_utf8_next(text + i, size - i, NULL);
    if (length == 0) return refuse(e, at, "is not UTF-8, and JSON is nothing else");
    i += length;
  }
  return vbo_json_append_string(e->out, text, size, &e->err);
}

/* Writes the fewest digits that read back as the same number. JSON has no NaN and no infinity (RFC
 * 8259 section 6). 17 digits always suffice for a double, and 15 often do. */
static bool put_number(encoder *e, const frame *at) {
  char digits[64];
  if (lua_isinteger(e->L, -1)) {
    snprintf(digits, sizeof digits, "%" PRId64, (int64_t)lua_tointeger(e->L, -1));
    return put(e, digits);
  }
  lua_Number value = lua_tonumber(e->L, -1);
  if (isnan(value) || isinf(value)) return refuse(e, at, "is not a finite number");
  if (value == floor(value) && fabs(value) < 1e15) { /* 10 / 2 is 5, not 5.0 */
    snprintf(digits, sizeof digits, "%.0f", value);
    return put(e, digits);
  }
  for (int precision = 15; precision <= 17; precision++) {
    snprintf(digits, sizeof digits, "%.*g", precision, value);
    if (strtod(digits, NULL) == value) break;
  }
  for (char *s = digits; *s != '\0'; s++) /* some locales write a comma */
    if (*s == ',') *s = '.';
  return put(e, digits);
}

/* A secret leaves a placeholder, the same for the same secret. The core puts the secret's bytes in
 * place of the placeholder when it sends the body, so that they never are a Lua string. The nonce
 * makes the placeholder unlike anything in the data. */
static bool put_secret(encoder *e, const frame *at, const vbo_secret *secret) {
  lua_State *L = e->L;
  if (secret == NULL) return refuse(e, at, "is a secret that is closed");
  if (lua_isnil(L, AT_SECRETS)) {
    lua_newtable(L);
    lua_replace(L, AT_SECRETS);
    lua_newtable(L);
    lua_replace(L, AT_PLACEHOLDERS);
  }
  lua_pushvalue(L, -1);
  if (lua_rawget(L, AT_PLACEHOLDERS) == LUA_TNIL) {
    lua_pop(L, 1);
    lua_pushfstring(L, "\"@secret-%s-%d@\"", e->nonce, ++e->secrets);
    lua_pushvalue(L, -1);
    lua_pushvalue(L, -3);
    lua_rawset(L, AT_SECRETS); /* placeholder -> secret */
    lua_pushvalue(L, -2);
    lua_pushvalue(L, -2);
    lua_rawset(L, AT_PLACEHOLDERS); /* secret -> placeholder */
  }
  bool ok = put(e, lua_tostring(L, -1));
  lua_pop(L, 1);
  return ok;
}

/* Array: keys are exactly 1 … n.  Object: all keys are strings. */
typedef struct shape {
  bool array;
  size_t count;
} shape;

/* An empty table is an object unless it carries the array's metatable: Lua does not tell the two
 * apart. */
static bool shape_of(encoder *e, const frame *at, shape *found) {
  lua_State *L = e->L;
  size_t names = 0, numbers = 0;
  lua_Integer largest = 0;
  lua_pushnil(L);
  while (lua_next(L, -2) != 0) {
    lua_pop(L, 1);
    if (lua_type(L, -1) == LUA_TSTRING) {
      names++;
    } else if (lua_isinteger(L, -1) && lua_tointeger(L, -1) > 0) {
      numbers++;
      if (lua_tointeger(L, -1) > largest) largest = lua_tointeger(L, -1);
    } else {
      lua_pop(L, 1);
      return refuse(e, at, "has a key that is neither a name nor a place in a list");
    }
  }
  bool marked = false;
  if (lua_getmetatable(L, -1)) {
    luaL_getmetatable(L, ARRAY_CLASS);
    marked = lua_rawequal(L, -1, -2) != 0;
    lua_pop(L, 2);
  }
  if (names > 0 && (numbers > 0 || marked))
    return refuse(e, at, "is a list with names in it: JSON has lists and objects only");
  /* Keys are distinct and positive, so that n of them up to n are exactly 1 to n. */
  if ((size_t)largest != numbers) return refuse(e, at, "is a list with holes");
  found->array = numbers > 0 || marked;
  found->count = names + numbers;
  return true;
}

/* lua_rawgeti ignores __index: encoding has no effects, and runs no code of the script. */
static bool encode_array(encoder *e, const frame *at, size_t count, int depth) {
  lua_State *L = e->L;
  if (!put(e, "[")) return false;
  for (size_t i = 1; i <= count; i++) {
    frame here = {.outer = at, .key = NULL, .index = (lua_Integer)i};
    if (i > 1 && !put(e, ",")) return false;
    lua_rawgeti(L, -1, (lua_Integer)i);
    if (!encode_value(e, &here, depth)) return false;
    lua_pop(L, 1);
  }
  return put(e, "]");
}

typedef struct name {
  const char *text;
  size_t size;
} name;

/* By bytes, not strcoll: the order must not depend on the locale. */
static int compare_names(const void *a, const void *b) {
  const name *x = a, *y = b;
  size_t least = x->size < y->size ? x->size : y->size;
  int order = memcmp(x->text, y->text, least);
  if (order != 0) return order;
  return x->size < y->size ? -1 : x->size > y->size;
}

/* Sorted by name, so that equal values give equal texts: plans and journals are
 * compared.  The names stay alive as the table's keys. */
static bool encode_object(encoder *e, const frame *at, size_t count, int depth) {
  lua_State *L = e->L;
  if (count == 0) return put(e, "{}");
  /* A userdata as scratch memory: it goes away when an error is raised, which malloc'ed memory
   * would not. */
  name *names = lua_newuserdatauv(L, count * sizeof *names, 0);
  size_t n = 0;
  lua_pushnil(L);
  while (lua_next(L, -3) != 0) {
    lua_pop(L, 1);
    names[n].text = lua_tolstring(L, -1, &names[n].size);
    n++;
  }
  qsort(names, n, sizeof *names, compare_names);
  for (size_t i = 0; i < n; i++) {
    frame here = {.outer = at, .key = names[i].text};
    if (!put(e, i > 0 ? "," : "{") || !put_string(e, &here, names[i].text, names[i].size) ||
        !put(e, ":"))
      return false;
    lua_pushlstring(L, names[i].text, names[i].size);
    lua_rawget(L, -3);
    if (!encode_value(e, &here, depth)) return false;
    lua_pop(L, 1);
  }
  lua_pop(L, 1);
  return put(e, "}");
}

static bool encode_table(encoder *e, const frame *at, int depth) {
  lua_State *L = e->L;
  shape found = {0};
  if (depth >= ENCODE_DEPTH) return refuse(e, at, "is nested too deeply");
  luaL_checkstack(L, 12, "JSON nested too deeply");
  lua_pushvalue(L, -1);
  /* A table within itself would recurse without end. A table that appears twice side by side is
   * fine: it leaves AT_OPEN after each. */
  if (lua_rawget(L, AT_OPEN) != LUA_TNIL) return refuse(e, at, "holds itself");
  lua_pop(L, 1);
  lua_pushvalue(L, -1);
  lua_pushboolean(L, 1);
  lua_rawset(L, AT_OPEN);
  if (!shape_of(e, at, &found)) return false;
  if (!(found.array ? encode_array : encode_object)(e, at, found.count, depth + 1)) return false;
  lua_pushvalue(L, -1);
  lua_pushnil(L);
  lua_rawset(L, AT_OPEN);
  return true;
}

/* Encodes the value at the top, which stays there. On failure the stack is undefined. */
static bool encode_value(encoder *e, const frame *at, int depth) {
  lua_State *L = e->L;
  bool is_secret = false;
  const vbo_secret *secret = NULL;
  switch (lua_type(L, -1)) {
    case LUA_TBOOLEAN:
      return put(e, lua_toboolean(L, -1) ? "true" : "false");
    case LUA_TNUMBER:
      return put_number(e, at);
    case LUA_TSTRING: {
      size_t size;
      const char *text = lua_tolstring(L, -1, &size);
      return put_string(e, at, text, size);
    }
    case LUA_TTABLE:
      return encode_table(e, at, depth);
    /* cjson represents null by a light userdata of NULL, since nil would remove the member. */
    case LUA_TLIGHTUSERDATA: /* cjson.null */
      if (lua_touserdata(L, -1) == NULL) return put(e, "null");
      break;
    case LUA_TUSERDATA:
      secret = vboL_to_secret(L, -1, &is_secret);
      if (is_secret) return put_secret(e, at, secret);
      break;
    default:
      break;
  }
  char why[64];
  snprintf(why, sizeof why, "is a %s, which JSON has not", luaL_typename(L, -1));
  return refuse(e, at, why);
}

/* core.json.encode(value) -> text, {[placeholder] = Secret}|nil | nil, err (usage). The stack has
 * fixed places, AT_BUFFER to AT_LAST; the values under way are above them. The frame is dropped as
 * a whole, also on failure. */
static int json_encode(lua_State *L) {
  luaL_checkany(L, 1);
  lua_settop(L, 1);
  encoder e = {.L = L, .out = vboL_new_buffer(L)};
  e.nonce = lua_tostring(L, lua_upvalueindex(1));
  lua_newtable(L);        /* AT_OPEN: the tables around the current one */
  lua_settop(L, AT_LAST); /* AT_SECRETS, AT_PLACEHOLDERS: made when needed */
  lua_pushvalue(L, 1);
  if (!encode_value(&e, NULL, 0)) {
    vbo_buffer_free(e.out);
    return vboL_fail(L, &e.err);
  }
  vboL_push_buffer(L, e.out);
  if (lua_isnil(L, AT_SECRETS)) return 1;
  lua_pushvalue(L, AT_SECRETS);
  return 2;
}

/* ----------------------------------------------------------------- the module */

/* Hex of 12 random bytes: what no server can have put into a document. A new one for each Lua
 * state. 96 bits cannot be guessed by a server that wants to forge a marker. */
static void push_nonce(lua_State *L) {
  unsigned char bytes[12];
  char hex[2 * sizeof bytes + 1];
  if (!vbo_random(bytes, sizeof bytes)) luaL_error(L, "the system gives no random bytes");
  for (size_t i = 0; i < sizeof bytes; i++)
    snprintf(hex + 2 * i, 3, "%02x", bytes[i]);
  lua_pushstring(L, hex);
}

void vboL_open_json(lua_State *L) {
  static const luaL_Reg functions[] = {
      {"prepare", json_prepare}, {"finish", json_finish}, {"order", json_order}, {NULL, NULL}};
  if (luaL_newmetatable(L, BUFFER_CLASS)) {
    lua_pushcfunction(L, buffer_free);
    lua_setfield(L, -2, "__gc");
  }
  lua_pop(L, 1);
  luaL_newlib(L, functions);
  /* The metatable has no methods: it only marks lists, also empty ones. */
  luaL_newmetatable(L, ARRAY_CLASS);
  lua_setfield(L, -2, "array_metatable");
  push_nonce(L);
  lua_pushvalue(L, -1);
  lua_setfield(L, -3, "nonce");
  lua_pushcclosure(L, json_encode, 1);
  lua_setfield(L, -2, "encode");
  lua_setfield(L, -2, "json");
}
