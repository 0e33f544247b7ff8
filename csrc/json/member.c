/* member.c: single members of small objects: token answers and errors.
 *
 * Each call reads the document again, which is cheap for a few hundred bytes, and keeps no tree
 * that would have to be wiped. */
#include "json/json.h"

#include <string.h>

#include "base/text.h"

/* The whole document is read although the member may be found early: an object that breaks off
 * is not trusted. */
bool vbo_json_member(const char *text, size_t size, const char *name, vbo_json_token *value) {
  vbo_json_lexer lexer;
  vbo_json_token token;
  bool wanted = false;
  bool found = false;
  vbo_json_start(&lexer, text, size, 0);
  for (bool first = true; vbo_json_next(&lexer, &token); first = false) {
    if (first && token.type != VBO_JSON_OBJECT) return false;
    /* A nested object's members are deeper, and its brackets have its own depth: a value that is an
     * object is found by its "{", and its "}" comes when nothing is wanted. */
    if (token.depth != 1) continue;
    if (wanted) {
      *value = token;
      found = true;
    }
    wanted = token.type == VBO_JSON_KEY && vbo_json_begins(text, &token, name, true);
  }
  return lexer.problem == NULL && found;
}

bool vbo_json_member_string(const char *text, size_t size, const char *name, char *out,
                            size_t capacity, size_t *out_size) {
  vbo_json_token token;
  return vbo_json_member(text, size, name, &token) && token.type == VBO_JSON_STRING &&
         vbo_json_decode(text, &token, out, capacity, out_size);
}

bool vbo_json_member_integer(const char *text, size_t size, const char *name, int64_t *out) {
  vbo_json_token token;
  if (!vbo_json_member(text, size, name, &token)) return false;
  const char *s = text + token.start;
  size_t length = token.length;
  if (token.type == VBO_JSON_STRING) {
    s++;
    length -= 2;
  } else if (token.type != VBO_JSON_NUMBER) {
    return false;
  }
  bool negative = length > 0 && *s == '-';
  size_t at = negative ? 1 : 0;
  if (at == length) return false;
  int64_t value = 0;
  for (; at < length && vbo_ascii_digit(s[at]); at++) {
    int digit = s[at] - '0';
    if (value < (INT64_MIN + digit) / 10) return false;
    value = value * 10 - digit; /* negative all along: it has room for INT64_MIN */
  }
  if (at < length && s[at] == '.') /* 3599.0, 3599.99 */
    for (at++; at < length && vbo_ascii_digit(s[at]);)
      at++;
  if (at < length) return false;
  if (!negative && value == INT64_MIN) return false;
  *out = negative ? value : -value;
  return true;
}
