/* lmail.c: reads mail for the rehearsal server: server.mail and server.text.
 *
 * GMime parses (RFC 5322, MIME, every charset that iconv knows), as real mail breaks the standards
 * in more ways than a parser of our own would know. It is loaded when the first mail is read; see
 * server/libraries.h.
 *
 * GMime's objects are not Lua's: an error raised while one is held would leak it. So the message is
 * walked in a protected call (push_protected), and freed after it in either case. */
#include "server/lserver.h"

#include "server/libraries.h"
#include "base/error.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum {
  DEEPEST = 8, /* Mail in mail in mail: further down it stays what it is, bytes. */
  MOST_PARTS = 10000
};

/* g_mime_init must come before any other call, and once. The server has one thread, so that no lock
 * guards it. */
static const vbo_gmime *gmime(vbo_error *err) {
  static vbo_gmime table;
  static bool loaded;
  if (!loaded && vbo_dynamic_gmime(&table, err)) {
    table.g_mime_init();
    loaded = true;
  }
  return loaded ? &table : NULL;
}

/* -------------------------------------------------------------------- charsets */

/* Returns the length of a well-formed UTF-8 sequence at `at`; 0 without one (RFC 3629). Refuses
 * overlong forms, surrogates and what is above U+10FFFF: the ranges of the second byte in RFC 3629
 * section 4. */
static size_t sequence(const unsigned char *at, size_t left) {
  if (at[0] < 0x80) return 1;
  size_t size = at[0] >= 0xF0 ? 4 : at[0] >= 0xE0 ? 3 : 2;
  if (at[0] < 0xC2 || at[0] > 0xF4 || size > left) return 0;
  for (size_t i = 1; i < size; i++)
    if ((at[i] & 0xC0) != 0x80) return 0;
  if ((at[0] == 0xE0 && at[1] < 0xA0) || (at[0] == 0xED && at[1] > 0x9F) ||
      (at[0] == 0xF0 && at[1] < 0x90) || (at[0] == 0xF4 && at[1] > 0x8F))
    return 0;
  return size;
}

static bool is_utf8(const char *bytes, size_t size) {
  for (size_t at = 0, step; at < size; at += step) {
    step = sequence((const unsigned char *)bytes + at, size - at);
    if (step == 0) return false;
  }
  return true;
}

/* Adds text, without a byte order mark at its beginning; bytes that are not UTF-8 become U+FFFD.
 * Goes on after the bad byte alone, so that the next character is not lost with it. */
static void add_clean(luaL_Buffer *buffer, const char *bytes, size_t size) {
  size_t at = size >= 3 && memcmp(bytes, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
  while (at < size) {
    size_t step = sequence((const unsigned char *)bytes + at, size - at);
    if (step > 0)
      luaL_addlstring(buffer, bytes + at, step);
    else
      luaL_addlstring(buffer, "\xEF\xBF\xBD", 3);
    at += step > 0 ? step : 1;
  }
}

/* Converts through iconv; bytes that mean nothing in the charset become U+FFFD.  False when iconv
 * does not know the charset. */
static bool add_converted(luaL_Buffer *buffer, const vbo_gmime *g, const char *charset,
                          const char *bytes, size_t size) {
  /* Mail uses many names for one charset; GMime maps them to those that this iconv has. */
  const char *name = g->g_mime_charset_iconv_name(charset);
  GIConv cd = g->g_iconv_open("UTF-8", name ? name : charset);
  if (cd == (GIConv)-1) return false;
  /* iconv's parameter lacks const, but it does not write there. */
  char *in = (char *)(uintptr_t)bytes;
  size_t left = size;
  bool first = true;
  while (left > 0) {
    char out[1024];
    char *to = out;
    size_t room = sizeof out;
    size_t before = left;
    size_t result = g->g_iconv(cd, &in, &left, &to, &room);
    size_t made = sizeof out - room;
    size_t skip = first && made >= 3 && memcmp(out, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
    luaL_addlstring(buffer, out + skip, made - skip);
    if (made > 0) first = false;
    /* An error with progress is a full output (E2BIG) or a bad byte further on: both are met
     * again in the next round, with fresh room. Without progress the byte at `in` is bad, and is
     * skipped. */
    if (result != (size_t)-1 || (made > 0 && left < before) || left == 0) continue;
    if (made > 0) continue;
    luaL_addlstring(buffer, "\xEF\xBF\xBD", 3);
    in++;
    left--;
  }
  /* Some charsets hold a letter back for what may follow it. */
  char rest[64];
  char *to = rest;
  size_t room = sizeof rest;
  g->g_iconv(cd, NULL, NULL, &to, &room);
  luaL_addlstring(buffer, rest, sizeof rest - room);
  g->g_iconv_close(cd);
  return true;
}

/* ASCII is a part of UTF-8, and programs that mean UTF-8 declare it. */
static bool claims_utf8(const char *charset) {
  static const char *const names[] = {"utf-8", "utf8", "us-ascii", "ascii", "unknown-8bit"};
  if (charset == NULL || charset[0] == '\0') return true;
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
    if (strcasecmp(charset, names[i]) == 0) return true;
  return false;
}

/* Pushes bytes of a charset as UTF-8. What claims to be UTF-8 or says nothing, and is not UTF-8, is
 * taken for windows-1252: mail of western Europe that says too little. luaL_Buffer puts its box on
 * the stack: nothing else is pushed until luaL_pushresult. */
static void push_text(lua_State *L, const vbo_gmime *g, const char *bytes, size_t size,
                      const char *charset) {
  luaL_Buffer buffer;
  luaL_buffinit(L, &buffer);
  bool plain = claims_utf8(charset);
  bool as_is = plain && is_utf8(bytes, size);
  if (as_is || !add_converted(&buffer, g, plain ? "windows-1252" : charset, bytes, size))
    add_clean(&buffer, bytes, size);
  luaL_pushresult(&buffer);
}

/* server.text(bytes, charset|nil) -> UTF-8 | nil, err. */
static int server_text(lua_State *L) {
  size_t size = 0;
  const char *bytes = luaL_checklstring(L, 1, &size);
  const char *charset = luaL_optstring(L, 2, NULL);
  vbo_error err = {0};
  const vbo_gmime *g = gmime(&err);
  if (!g) return vboL_fail(L, &err);
  push_text(L, g, bytes, size, charset);
  return 1;
}

/* ------------------------------------------------------------------ what is read */

typedef struct reading {
  const vbo_gmime *g;
  GMimeMessage *message;
  int parts;
} reading;

/* GLib's types are numbers that are known at run time only, hence the calls of …_get_type. */
static bool is_a(const vbo_gmime *g, void *object, GType type) {
  return object != NULL && g->g_type_check_instance_is_a(object, type);
}

static void set_text(lua_State *L, const char *field, const char *text) {
  if (text == NULL) return;
  luaL_Buffer buffer;
  luaL_buffinit(L, &buffer);
  add_clean(&buffer, text, strlen(text));
  luaL_pushresult(&buffer);
  lua_setfield(L, -2, field);
}

/* Adds the people of a list, and of the groups in it, to the table on top of the stack. Groups may
 * nest in a crafted mail: `depth` bounds C's stack. */
static void add_people(lua_State *L, const vbo_gmime *g, InternetAddressList *list, int depth) {
  int count = list && depth < DEEPEST ? g->internet_address_list_length(list) : 0;
  for (int i = 0; i < count; i++) {
    InternetAddress *each = g->internet_address_list_get_address(list, i);
    if (is_a(g, each, g->internet_address_group_get_type())) {
      add_people(L, g, g->internet_address_group_get_members((InternetAddressGroup *)each),
                 depth + 1);
      continue;
    }
    if (!is_a(g, each, g->internet_address_mailbox_get_type())) continue;
    const char *email = g->internet_address_mailbox_get_addr((InternetAddressMailbox *)each);
    const char *name = g->internet_address_get_name(each);
    lua_createtable(L, 0, 2);
    set_text(L, "email", email ? email : "");
    set_text(L, "name", name && name[0] != '\0' ? name : email ? email : "");
    lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
  }
}

static void set_people(lua_State *L, const reading *r, GMimeMessage *message, const char *field,
                       GMimeAddressType type) {
  lua_newtable(L);
  add_people(L, r->g, r->g->g_mime_message_get_addresses(message, type), 0);
  lua_setfield(L, -2, field);
}

static void set_header(lua_State *L, const reading *r, GMimeMessage *message, const char *field,
                       const char *name) {
  set_text(L, field, r->g->g_mime_object_get_header((GMimeObject *)message, name));
}

/* Sets the fields of a message's header in the table on top of the stack. */
static void set_headers(lua_State *L, const reading *r, GMimeMessage *message) {
  const char *subject = r->g->g_mime_message_get_subject(message);
  GDateTime *date = r->g->g_mime_message_get_date(message);
  set_text(L, "subject", subject ? subject : "");
  set_people(L, r, message, "from", GMIME_ADDRESS_TYPE_FROM);
  set_people(L, r, message, "sender", GMIME_ADDRESS_TYPE_SENDER);
  set_people(L, r, message, "to", GMIME_ADDRESS_TYPE_TO);
  set_people(L, r, message, "cc", GMIME_ADDRESS_TYPE_CC);
  set_people(L, r, message, "bcc", GMIME_ADDRESS_TYPE_BCC);
  if (date) {
    lua_pushinteger(L, r->g->g_date_time_to_unix(date));
    lua_setfield(L, -2, "date");
  }
  set_header(L, r, message, "message_id", "Message-ID");
  set_header(L, r, message, "in_reply_to", "In-Reply-To");
  set_header(L, r, message, "references", "References");
  set_header(L, r, message, "importance", "Importance");
  set_header(L, r, message, "priority", "X-Priority");
}

/* Returns the value of a letter of Base64; -1 for another character. */
static int base64_value(unsigned char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* Pushes the decoded bytes of Base64, skipping any other characters. GMime stops at padding; mail
 * that was put together of pieces has some in its middle, and goes on after it. A rest of fewer
 * than 8 bits at the end is padding, and is dropped. */
static void push_base64(lua_State *L, const unsigned char *text, size_t size) {
  luaL_Buffer buffer;
  luaL_buffinit(L, &buffer);
  uint32_t bits = 0;
  int count = 0;
  for (size_t i = 0; i < size; i++) {
    int value = base64_value(text[i]);
    if (value < 0) {
      if (text[i] == '=') bits = 0, count = 0;
      continue;
    }
    bits = bits << 6 | (uint32_t)value;
    count += 6;
    if (count >= 8) {
      count -= 8;
      luaL_addchar(&buffer, (char)(bits >> count & 0xFF));
    }
  }
  luaL_pushresult(&buffer);
}

/* Pushes the decoded bytes of a part. The bytes are copied to Lua before the stream is released,
 * which owns them. If lua_pushlstring raises for want of memory, the stream leaks. */
static void push_content(lua_State *L, const vbo_gmime *g, GMimePart *part) {
  GMimeDataWrapper *content = g->g_mime_part_get_content(part);
  GMimeStream *stream = content ? g->g_mime_stream_mem_new() : NULL;
  if (!stream) {
    lua_pushliteral(L, "");
    return;
  }
  bool base64 = g->g_mime_data_wrapper_get_encoding(content) == GMIME_CONTENT_ENCODING_BASE64;
  if (base64) {
    GMimeStream *encoded = g->g_mime_data_wrapper_get_stream(content);
    /* The stream of a part has a position, which another reader may have moved. */
    g->g_mime_stream_reset(encoded);
    g->g_mime_stream_write_to_stream(encoded, stream);
  } else {
    g->g_mime_data_wrapper_write_to_stream(content, stream);
  }
  GByteArray *bytes = g->g_mime_stream_mem_get_byte_array((GMimeStreamMem *)stream);
  if (base64)
    push_base64(L, bytes->data, bytes->len);
  else
    lua_pushlstring(L, (const char *)bytes->data, bytes->len);
  g->g_object_unref(stream);
}

/* Writes the part with its header, as it would stand in a mail. */
static void push_source(lua_State *L, const vbo_gmime *g, GMimeObject *object) {
  GMimeStream *stream = g->g_mime_stream_mem_new();
  g->g_mime_object_write_to_stream(object, NULL, stream);
  GByteArray *bytes = g->g_mime_stream_mem_get_byte_array((GMimeStreamMem *)stream);
  lua_pushlstring(L, (const char *)bytes->data, bytes->len);
  g->g_object_unref(stream);
}

/* Adds the value on top of the stack to a list in the table below it, and pops it. The list has the
 * value's reference from then on; the stack is as before the value was pushed. */
static void append(lua_State *L, const char *list) {
  lua_getfield(L, -2, list);
  lua_insert(L, -2);
  lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
  lua_pop(L, 1);
}

static void set_kind(lua_State *L, const vbo_gmime *g, GMimeObject *object) {
  GMimeContentType *type = g->g_mime_object_get_content_type(object);
  char *kind = type ? g->g_mime_content_type_get_mime_type(type) : NULL;
  set_text(L, "type", kind ? kind : "application/octet-stream");
  g->g_free(kind);
}

static bool is_text(const vbo_gmime *g, GMimeObject *object, const char *sub) {
  GMimeContentType *type = g->g_mime_object_get_content_type(object);
  return type && g->g_mime_content_type_is_type(type, "text", sub);
}

/* Takes a leaf into the message on top of the stack: text that is to be read, or an attachment. A
 * text part with a file name is an attachment, whatever its disposition says: mail programs show it
 * so. */
static void take_part(lua_State *L, const reading *r, GMimePart *part) {
  const vbo_gmime *g = r->g;
  GMimeObject *object = (GMimeObject *)part;
  const char *name = g->g_mime_part_get_filename(part);
  const char *disposition = g->g_mime_object_get_disposition(object);
  bool html = is_text(g, object, "html");
  bool attached = (disposition && strcasecmp(disposition, "attachment") == 0) || name;
  lua_createtable(L, 0, 4);
  push_content(L, g, part);
  if ((html || is_text(g, object, "plain")) && !attached) {
    size_t size = 0;
    const char *bytes = lua_tolstring(L, -1, &size);
    push_text(L, g, bytes, size, g->g_mime_object_get_content_type_parameter(object, "charset"));
    lua_setfield(L, -3, "text");
    lua_pop(L, 1);
    lua_pushboolean(L, html);
    lua_setfield(L, -2, "html");
    append(L, "texts");
    return;
  }
  lua_setfield(L, -2, "data");
  set_kind(L, g, object);
  set_text(L, "name", name);
  set_text(L, "content_id", g->g_mime_object_get_content_id(object));
  append(L, "attachments");
}

static void push_message(lua_State *L, reading *r, GMimeMessage *message, int depth);

/* Takes a part, and those in it, into the message on top of the stack. Stack: the message's table
 * at the top, on entry and on return. `parts` bounds a mail that consists of ten thousand empty
 * parts. */
static void walk(lua_State *L, reading *r, GMimeObject *object, int depth) {
  const vbo_gmime *g = r->g;
  luaL_checkstack(L, 12, "mail in mail");
  if (!object || ++r->parts > MOST_PARTS) return;
  if (is_a(g, object, g->g_mime_multipart_get_type()) && depth < DEEPEST) {
    GMimeMultipart *several = (GMimeMultipart *)object;
    int count = g->g_mime_multipart_get_count(several);
    for (int i = 0; i < count; i++)
      walk(L, r, g->g_mime_multipart_get_part(several, i), depth + 1);
  } else if (is_a(g, object, g->g_mime_message_part_get_type())) {
    GMimeMessage *inner = g->g_mime_message_part_get_message((GMimeMessagePart *)object);
    if (!inner) return;
    lua_createtable(L, 0, 4);
    push_source(L, g, (GMimeObject *)inner);
    lua_setfield(L, -2, "data");
    set_kind(L, g, object);
    set_text(L, "name", g->g_mime_object_get_content_disposition_parameter(object, "filename"));
    /* Deeper mail stays in `data` as bytes. */
    if (depth < DEEPEST) {
      push_message(L, r, inner, depth + 1);
      lua_setfield(L, -2, "message");
    }
    append(L, "attachments");
  } else if (is_a(g, object, g->g_mime_part_get_type())) {
    take_part(L, r, (GMimePart *)object);
  } else {
    lua_createtable(L, 0, 4);
    push_source(L, g, object);
    lua_setfield(L, -2, "data");
    set_kind(L, g, object);
    append(L, "attachments");
  }
}

static void push_message(lua_State *L, reading *r, GMimeMessage *message, int depth) {
  lua_createtable(L, 0, 16);
  set_headers(L, r, message);
  lua_newtable(L);
  lua_setfield(L, -2, "texts");
  lua_newtable(L);
  lua_setfield(L, -2, "attachments");
  walk(L, r, r->g->g_mime_message_get_mime_part(message), depth);
}

/* Runs protected: when Lua raises, the caller frees the message. */
static int push_protected(lua_State *L) {
  reading *r = lua_touserdata(L, 1);
  push_message(L, r, r->message, 0);
  return 1;
}

/* server.mail(bytes) -> {subject=, from={{name=, email=}}, sender=, to=, cc=, bcc=, date=|nil
 * (seconds since 1970), message_id=, in_reply_to=, references=, importance=, priority=,
 * texts={{text=, html=}}, attachments={{name=|nil, type=, data=, content_id=|nil,
 * message=|nil}}} | nil, err.  Everything is UTF-8, but the bytes of attachments. */
static int server_mail(lua_State *L) {
  size_t size = 0;
  const char *bytes = luaL_checklstring(L, 1, &size);
  vbo_error err = {0};
  reading r = {.g = gmime(&err)};
  if (!r.g) return vboL_fail(L, &err);
  /* A byte order mark before the first field does not belong to its name. */
  if (size >= 3 && memcmp(bytes, "\xEF\xBB\xBF", 3) == 0) {
    bytes += 3;
    size -= 3;
  }
  /* An empty mail is one without header fields; GMime needs at least a line to see that. */
  if (size == 0) {
    bytes = "\n";
    size = 1;
  }
  GMimeStream *stream = r.g->g_mime_stream_mem_new_with_buffer(bytes, size);
  GMimeParser *parser = r.g->g_mime_parser_new_with_stream(stream);
  r.message = r.g->g_mime_parser_construct_message(parser, NULL);
  /* The message keeps a reference of the stream that it needs for its contents. */
  r.g->g_object_unref(parser);
  r.g->g_object_unref(stream);
  if (!r.message) return vboL_fail_with(L, VBO_ERROR_PROTOCOL, "this is not a mail");
  lua_pushcfunction(L, push_protected);
  lua_pushlightuserdata(L, &r);
  /* The reading is on C's stack and passed as light userdata: it is valid as long as this call. */
  int status = lua_pcall(L, 1, 1, 0);
  r.g->g_object_unref(r.message);
  if (status != LUA_OK) return lua_error(L);
  return 1;
}

void vboL_open_mail(lua_State *L) {
  lua_pushcfunction(L, server_mail);
  lua_setfield(L, -2, "mail");
  lua_pushcfunction(L, server_text);
  lua_setfield(L, -2, "text");
}
