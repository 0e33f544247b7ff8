/* json.h: a JSON (RFC 8259) lexer, and its users.
 *
 * jsmn and cJSON were weighed: this one reads in place, on the secure heap too, in one pass,
 * without a token array or a tree, so that a token answer never touches the ordinary heap and a
 * document of 1 GB costs only the time to read it. */
#ifndef VBO_JSON_H
#define VBO_JSON_H

#include "base/buffer.h"

typedef enum vbo_json_type {
  VBO_JSON_OBJECT, /* { */
  VBO_JSON_OBJECT_END,
  VBO_JSON_ARRAY, /* [ */
  VBO_JSON_ARRAY_END,
  VBO_JSON_KEY, /* the string before a colon */
  VBO_JSON_STRING,
  VBO_JSON_NUMBER,
  VBO_JSON_TRUE,
  VBO_JSON_FALSE,
  VBO_JSON_NULL
} vbo_json_type;

typedef struct vbo_json_token {
  vbo_json_type type;
  size_t start;   /* offset of its first byte */
  size_t length;  /* with the quotes of a string */
  unsigned depth; /* 0 for the document's own value; a bracket has its value's depth */
  bool escaped;   /* a string with a backslash in it */
} vbo_json_token;

enum { VBO_JSON_DEEPEST = 1000, VBO_JSON_DEPTH = 256 };

typedef struct vbo_json_lexer {
  const char *text;
  size_t size;
  size_t at;
  unsigned depth;
  unsigned max_depth;
  int state;
  const char *problem; /* NULL while the document is well-formed */
  size_t problem_at;
  bool too_deep; /* the problem is the depth limit */
  unsigned char objects[(VBO_JSON_DEEPEST + 7) / 8];
} vbo_json_lexer;

/* Begins a document. `max_depth` 0 is VBO_JSON_DEPTH, and at most VBO_JSON_DEEPEST. Skips a byte
 * order mark in front (RFC 8259 section 8.1 allows it, and .NET writers put one there). */
void vbo_json_start(vbo_json_lexer *lexer, const char *text, size_t size, unsigned max_depth);
/* Reads the next token. False at the end of the document and at a problem. */
bool vbo_json_next(vbo_json_lexer *lexer, vbo_json_token *token);
/* Skips the value of a "{" or "[" token that is known to be well-formed and to end at `end`. */
void vbo_json_close_at(vbo_json_lexer *lexer, size_t end);
/* Reads to the end and returns whether all of it is one well-formed value. */
bool vbo_json_complete(const char *text, size_t size);

/* Decodes a string token (or key) into `out`, NUL-terminated, and its size
 * without the NUL; it never needs more than `token->length` bytes.  A lone
 * surrogate becomes U+FFFD.  False when `capacity` is too small. */
bool vbo_json_decode(const char *text, const vbo_json_token *token, char *out, size_t capacity,
                     size_t *size);

/* Returns whether the string, decoded, begins with (or, when `whole`, equals) these bytes. */
bool vbo_json_begins(const char *text, const vbo_json_token *token, const char *with, bool whole);
/* Reads one character of a string's inside, `end` being its closing quote, and moves `*at` behind
 * it. UINT32_MAX for a lone surrogate. */
uint32_t vbo_json_point(const char *text, size_t end, size_t *at);

/* Finds the value of a member of the object `text`; of several members with this name the last, as
 * most readers do. False when the member is missing, or the document is not one well-formed
 * object. */
bool vbo_json_member(const char *text, size_t size, const char *name, vbo_json_token *value);
/* The same for a string, decoded. False also for another type and for one that does not fit. */
bool vbo_json_member_string(const char *text, size_t size, const char *name, char *out,
                            size_t capacity, size_t *out_size);
/* The same for an integer, in digits or as a string of digits (servers write both); a fraction is
 * cut off. False also for another value and for an overflow. */
bool vbo_json_member_integer(const char *text, size_t size, const char *name, int64_t *out);

typedef struct vbo_json_options {
  unsigned max_depth; /* 0: VBO_JSON_DEPTH */
  size_t max_size;    /* bytes of the document; 0: any */
  const char *marker; /* printable ASCII without quote and backslash; hard to guess */
} vbo_json_options;

/* Rewrites a document for a reader that makes every number a double and does
 * not tell [] from {} (lua-cjson 2.1.0):
 *
 *   9007199254740993  ->  "<marker>i9007199254740993"  (beyond ±2^53, in 64 bits)
 *   []                ->  ["<marker>a"]
 *   "<marker>…"       ->  "<marker>s<marker>…"         (so nothing can pose as ours)
 *   "\ud800"          ->  "\ufffd"                     (cjson refuses a lone surrogate)
 *
 * Everything else stays byte for byte; member names are left alone but for
 * surrogates.  `*changed` tells whether anything was rewritten; when not, `out`
 * is left empty and `text` itself is the result.  LIMIT when the document is
 * too large or too deep, PROTOCOL (with the byte offset) when it is not JSON. */
bool vbo_json_prepare(const char *text, size_t size, const vbo_json_options *options,
                      vbo_buffer *out, bool *changed, vbo_error *err);

/* Appends `text` as a JSON string, quotes included; bytes that are not UTF-8 become U+FFFD. */
bool vbo_json_append_string(vbo_buffer *out, const char *text, size_t size, vbo_error *err);

#endif
