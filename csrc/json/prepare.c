/* prepare.c: a document rewritten for lua-cjson (see json.h for the rules), and strings written as
 * JSON.
 *
 * Most documents need no change: they are read once, and nothing is copied before the first byte
 * that has to differ. */
#include "json/json.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

typedef struct rewriter {
  const char *text;
  const char *marker;
  vbo_buffer *out;
  size_t copied; /* how far the document was taken over */
  bool changed;
  vbo_error *err;
} rewriter;

/* Copies the document up to `upto`, where something new comes. */
static bool copy_until(rewriter *r, size_t upto) {
  size_t from = r->copied;
  r->changed = true;
  r->copied = upto;
  return vbo_buffer_append(r->out, r->text + from, upto - from, r->err);
}

static bool put(rewriter *r, const char *words) {
  return vbo_buffer_append_text(r->out, words, r->err);
}

/* Returns the magnitude of an integer token, saturated; false for a fraction. */
static bool integer_magnitude(const char *s, size_t length, uint64_t *magnitude) {
  uint64_t value = 0;
  for (size_t i = *s == '-' ? 1 : 0; i < length; i++) {
    if (!vbo_ascii_digit(s[i])) return false;
    unsigned digit = (unsigned)(s[i] - '0');
    value = value > (UINT64_MAX - digit) / 10 ? UINT64_MAX : value * 10 + digit;
  }
  *magnitude = value;
  return true;
}

/* Marks an integer that a double would round: beyond 2^53, and within 64 bits. */
static bool rewrite_number(rewriter *r, const vbo_json_token *token) {
  const char *s = r->text + token->start;
  uint64_t magnitude = 0;
  if (!integer_magnitude(s, token->length, &magnitude)) return true;
  uint64_t largest = (uint64_t)INT64_MAX + (*s == '-' ? 1 : 0);
  /* Up to 2^53 a double holds every integer; beyond 64 bits Lua has none, and a double is the best
   * there is. */
  if (magnitude <= UINT64_C(1) << 53 || magnitude > largest) return true;
  if (!copy_until(r, token->start) || !put(r, "\"") || !put(r, r->marker) || !put(r, "i") ||
      !vbo_buffer_append(r->out, s, token->length, r->err))
    return false;
  r->copied = token->start + token->length;
  return put(r, "\"");
}

/* Doubles the marker of a string that begins like one of ours, and replaces lone surrogates, for
 * which cjson would fail the whole document. */
static bool rewrite_string(rewriter *r, const vbo_json_token *token) {
  /* Decoded for the comparison: a marker spelled with escapes would pose as ours as well. */
  if (token->type == VBO_JSON_STRING && vbo_json_begins(r->text, token, r->marker, false)) {
    if (!copy_until(r, token->start + 1) || !put(r, r->marker) || !put(r, "s")) return false;
  }
  /* A lone surrogate can only be written as an escape: as UTF-8 the lexer refuses it. */
  if (!token->escaped) return true;
  size_t end = token->start + token->length - 1;
  for (size_t at = token->start + 1; at < end;) {
    size_t before = at;
    if (vbo_json_point(r->text, end, &at) != UINT32_MAX) continue;
    if (!copy_until(r, before) || !put(r, "\\ufffd")) return false;
    r->copied = at;
  }
  return true;
}

/* Rewrites one token; `after_bracket` makes a "]" the end of an empty list, which lua-cjson
 * would decode like an empty object. */
static bool rewrite_token(rewriter *r, const vbo_json_token *token, bool after_bracket) {
  switch (token->type) {
    case VBO_JSON_NUMBER:
      return rewrite_number(r, token);
    case VBO_JSON_KEY:
    case VBO_JSON_STRING:
      return rewrite_string(r, token);
    case VBO_JSON_ARRAY_END:
      if (!after_bracket) return true;
      return copy_until(r, token->start) && put(r, "\"") && put(r, r->marker) && put(r, "a\"");
    default:
      return true;
  }
}

/* A marker stands inside strings as it is. */
static bool usable_marker(const char *marker) {
  if (marker == NULL || *marker == '\0') return false;
  for (const char *s = marker; *s != '\0'; s++)
    if (*s <= ' ' || *s > '~' || *s == '"' || *s == '\\') return false;
  return true;
}

bool vbo_json_prepare(const char *text, size_t size, const vbo_json_options *options,
                      vbo_buffer *out, bool *changed, vbo_error *err) {
  if (!usable_marker(options->marker))
    return vbo_error_set(err, VBO_ERROR_USAGE, "the marker is not printable ASCII");
  if (options->max_size != 0 && size > options->max_size)
    return vbo_error_set(err, VBO_ERROR_LIMIT, "a JSON document of %zu bytes; %zu are allowed",
                         size, options->max_size);
  vbo_json_lexer lexer;
  vbo_json_token token;
  rewriter r = {.text = text, .marker = options->marker, .out = out, .err = err};
  bool after_bracket = false;
  vbo_json_start(&lexer, text, size, options->max_depth);
  r.copied = lexer.at; /* a byte order mark is not taken over */
  r.changed = lexer.at != 0;
  while (vbo_json_next(&lexer, &token)) {
    if (!rewrite_token(&r, &token, after_bracket)) return false;
    after_bracket = token.type == VBO_JSON_ARRAY;
  }
  /* Before the general problem, of which it is one: the document may be JSON. */
  if (lexer.too_deep)
    return vbo_error_set(err, VBO_ERROR_LIMIT, "JSON nested more than %u levels deep at byte %zu",
                         lexer.max_depth, lexer.problem_at);
  if (lexer.problem != NULL)
    return vbo_error_set(err, VBO_ERROR_PROTOCOL, "not JSON: %s at byte %zu", lexer.problem,
                         lexer.problem_at);
  *changed = r.changed;
  return !r.changed || copy_until(&r, size);
}

/* Returns how many bytes at the start need no change: nearly all of a large page. */
static size_t plain_run(const char *text, size_t size) {
  size_t n = 0;
  while (n < size && text[n] >= 0x20 && text[n] < 0x7F && text[n] != '"' && text[n] != '\\')
    n++;
  return n;
}

bool vbo_json_append_string(vbo_buffer *out, const char *text, size_t size, vbo_error *err) {
  if (!vbo_buffer_append_text(out, "\"", err)) return false;
  for (size_t at = 0; at < size;) {
    size_t plain = plain_run(text + at, size - at);
    if (!vbo_buffer_append(out, text + at, plain, err)) return false;
    at += plain;
    if (at == size) break;
    size_t length = vbo_utf8_next(text + at, size - at, NULL);
    const char *piece = text + at;
    char escape[8];
    size_t piece_size = length;
    if (length == 0) {
      /* JSON must be UTF-8 (RFC 8259 section 8.1): a byte that is not would make the server refuse
       * the whole body. */
      piece = "\\ufffd";
      piece_size = 6;
      length = 1;
    } else if (*piece == '"' || *piece == '\\') {
      escape[0] = '\\';
      escape[1] = *piece;
      piece = escape;
      piece_size = 2;
    } else if ((unsigned char)*piece < 0x20 || *piece == 0x7F) {
      (void)snprintf(escape, sizeof escape, "\\u%04x", (unsigned)(unsigned char)*piece);
      piece = escape;
      piece_size = 6;
    }
    if (!vbo_buffer_append(out, piece, piece_size, err)) return false;
    at += length;
  }
  return vbo_buffer_append_text(out, "\"", err);
}
