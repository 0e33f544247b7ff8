/* json.c: the lexer.
 *
 * It is a state machine without recursion: a document's depth costs a bit for each level, and no
 * document can overflow the stack. Strictness (RFC 8259) matters beyond taste: a whole document is
 * taken for a whole answer (vbo_json_complete). */
#include "json/json.h"

#include <string.h>

#include "json/scan.h"
#include "base/text.h"

enum {
  WANT_VALUE,
  WANT_VALUE_OR_END,
  WANT_KEY,
  WANT_KEY_OR_END,
  WANT_COLON,
  WANT_COMMA_OR_END,
  WANT_NOTHING
};

void vbo_json_start(vbo_json_lexer *lexer, const char *text, size_t size, unsigned max_depth) {
  memset(lexer, 0, sizeof *lexer);
  lexer->text = text;
  lexer->size = size;
  if (size >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0) lexer->at = 3;
  lexer->max_depth = max_depth == 0 ? VBO_JSON_DEPTH : max_depth;
  if (lexer->max_depth > VBO_JSON_DEEPEST) lexer->max_depth = VBO_JSON_DEEPEST;
  lexer->state = WANT_VALUE;
}

/* Notes the first problem and its offset. Returns false, always. */
static bool problem(vbo_json_lexer *lexer, size_t at, const char *words) {
  lexer->problem = words;
  lexer->problem_at = at;
  return false;
}

/* Returns whether the innermost open bracket is a brace: a bit for each level, so that deep
 * documents need no allocation. */
static bool in_object(const vbo_json_lexer *lexer) {
  unsigned level = lexer->depth - 1;
  return (lexer->objects[level / 8] >> (level % 8) & 1U) != 0;
}

/* Opens a level. The bound keeps callers that recurse safe. */
static bool open_level(vbo_json_lexer *lexer, bool object) {
  if (lexer->depth >= lexer->max_depth) {
    lexer->too_deep = true;
    return problem(lexer, lexer->at, "nested too deeply");
  }
  unsigned level = lexer->depth++;
  unsigned bit = 1U << level % 8;
  if (object)
    lexer->objects[level / 8] = (unsigned char)(lexer->objects[level / 8] | bit);
  else
    lexer->objects[level / 8] = (unsigned char)(lexer->objects[level / 8] & ~bit);
  return true;
}

/* Reads a string or a number, whose first byte the lexer is at. Copies the scan's result into the
 * token. The scanners know neither depth nor state, since page.c uses them without a lexer. */
static bool lex_run(vbo_json_lexer *lexer, vbo_json_token *token, bool (*run)(vbo_json_scan *)) {
  vbo_json_scan scan = {.text = lexer->text, .size = lexer->size, .at = lexer->at};
  if (!run(&scan)) return problem(lexer, scan.problem_at, scan.problem);
  token->escaped = scan.escaped;
  token->length = scan.at - token->start;
  lexer->at = scan.at;
  return true;
}

static bool lex_string(vbo_json_lexer *lexer, vbo_json_token *token) {
  return lex_run(lexer, token, vbo_json_scan_string);
}

static bool lex_number(vbo_json_lexer *lexer, vbo_json_token *token) {
  return lex_run(lexer, token, vbo_json_scan_number);
}

/* Reads a word. It needs no end of its own: only a comma, a bracket or the end of the document may
 * follow. */
static bool lex_word(vbo_json_lexer *lexer, vbo_json_token *token, const char *word) {
  size_t length = strlen(word);
  if (lexer->size - lexer->at < length || memcmp(lexer->text + lexer->at, word, length) != 0)
    return problem(lexer, lexer->at, "an unknown word");
  token->length = length;
  lexer->at += length;
  return true;
}

/* Decides what may follow a value. */
static void value_ended(vbo_json_lexer *lexer) {
  lexer->state = lexer->depth == 0 ? WANT_NOTHING : WANT_COMMA_OR_END;
}

/* Ends a level. Its callers have compared the bracket with the one that is open. */
static bool close_level(vbo_json_lexer *lexer, vbo_json_token *token, bool object) {
  lexer->depth--;
  token->type = object ? VBO_JSON_OBJECT_END : VBO_JSON_ARRAY_END;
  token->depth = lexer->depth;
  token->length = 1;
  lexer->at++;
  value_ended(lexer);
  return true;
}

static bool lex_value(vbo_json_lexer *lexer, vbo_json_token *token) {
  char c = lexer->text[lexer->at];
  switch (c) {
    case '{':
    case '[':
      if (!open_level(lexer, c == '{')) return false;
      token->type = c == '{' ? VBO_JSON_OBJECT : VBO_JSON_ARRAY;
      token->length = 1;
      lexer->at++;
      lexer->state = c == '{' ? WANT_KEY_OR_END : WANT_VALUE_OR_END;
      return true;
    case '"':
      token->type = VBO_JSON_STRING;
      if (!lex_string(lexer, token)) return false;
      break;
    case 't':
      token->type = VBO_JSON_TRUE;
      if (!lex_word(lexer, token, "true")) return false;
      break;
    case 'f':
      token->type = VBO_JSON_FALSE;
      if (!lex_word(lexer, token, "false")) return false;
      break;
    case 'n':
      token->type = VBO_JSON_NULL;
      if (!lex_word(lexer, token, "null")) return false;
      break;
    default:
      if (c != '-' && !vbo_ascii_digit(c))
        return problem(lexer, lexer->at, "something that no value begins with");
      token->type = VBO_JSON_NUMBER;
      if (!lex_number(lexer, token)) return false;
  }
  value_ended(lexer);
  return true;
}

static void skip_space(vbo_json_lexer *lexer) {
  while (lexer->at < lexer->size) {
    char c = lexer->text[lexer->at];
    if (c != ' ' && c != '\t' && c != '\n' && c != '\r') return;
    lexer->at++;
  }
}

bool vbo_json_next(vbo_json_lexer *lexer, vbo_json_token *token) {
  /* A problem is final: callers may go on asking. */
  if (lexer->problem != NULL) return false;
  for (;;) {
    skip_space(lexer);
    if (lexer->at >= lexer->size) {
      if (lexer->state == WANT_NOTHING) return false;
      return problem(lexer, lexer->at, lexer->size == 0 ? "nothing at all" : "an early end");
    }
    char c = lexer->text[lexer->at];
    *token = (vbo_json_token){.start = lexer->at, .depth = lexer->depth};
    switch (lexer->state) {
      case WANT_VALUE_OR_END:
        if (c == ']') return close_level(lexer, token, false);
        return lex_value(lexer, token);
      case WANT_VALUE:
        return lex_value(lexer, token);
      case WANT_KEY_OR_END:
        if (c == '}') return close_level(lexer, token, true);
        /* fall through */
      case WANT_KEY:
        if (c != '"') return problem(lexer, lexer->at, "no member name where one belongs");
        token->type = VBO_JSON_KEY;
        lexer->state = WANT_COLON;
        return lex_string(lexer, token);
      case WANT_COLON:
        if (c != ':') return problem(lexer, lexer->at, "no colon after a member name");
        lexer->at++;
        lexer->state = WANT_VALUE;
        break;
      case WANT_COMMA_OR_END:
        if (c == (in_object(lexer) ? '}' : ']')) return close_level(lexer, token, in_object(lexer));
        if (c != ',') return problem(lexer, lexer->at, "no comma between two values");
        lexer->at++;
        lexer->state = in_object(lexer) ? WANT_KEY : WANT_VALUE;
        break;
      default:
        return problem(lexer, lexer->at, "something after the end of the document");
    }
  }
}

/* Leaves the level's bit as it is: open_level sets it anew. */
void vbo_json_close_at(vbo_json_lexer *lexer, size_t end) {
  lexer->depth--;
  lexer->at = end;
  value_ended(lexer);
}

bool vbo_json_complete(const char *text, size_t size) {
  vbo_json_lexer lexer;
  vbo_json_token token;
  /* The deepest bound, since this asks for the end of the document and does not recurse. */
  vbo_json_start(&lexer, text, size, VBO_JSON_DEEPEST);
  while (vbo_json_next(&lexer, &token))
    continue;
  return lexer.problem == NULL;
}

/* Reads one character of a string's inside at `*at` (an escape, a pair of escapes or plain UTF-8),
 * which the lexer has found well-formed. */
uint32_t vbo_json_point(const char *text, size_t end, size_t *at) {
  uint32_t point = 0;
  if (text[*at] != '\\') {
    *at += vbo_utf8_next(text + *at, end - *at, &point);
    return point;
  }
  char e = text[*at + 1];
  if (e != 'u') {
    /* The others, the quote, the backslash and the slash, stand for themselves. */
    static const char from[] = "bfnrt";
    static const char to[] = "\b\f\n\r\t";
    const char *found = strchr(from, e);
    *at += 2;
    return (uint32_t)(unsigned char)(found != NULL ? to[found - from] : e);
  }
  point = (uint32_t)vbo_json_hex4(text + *at + 2, 4);
  *at += 6;
  if (point < 0xD800 || point > 0xDFFF) return point;
  if (point < 0xDC00 && end - *at >= 6 && text[*at] == '\\' && text[*at + 1] == 'u') {
    long low = vbo_json_hex4(text + *at + 2, 4);
    if (low >= 0xDC00 && low <= 0xDFFF) {
      *at += 6;
      return 0x10000 + ((point - 0xD800) << 10) + ((uint32_t)low - 0xDC00);
    }
  }
  return UINT32_MAX; /* a lone surrogate */
}

bool vbo_json_decode(const char *text, const vbo_json_token *token, char *out, size_t capacity,
                     size_t *size) {
  size_t used = 0;
  size_t end = token->start + token->length - 1;
  for (size_t at = token->start + 1; at < end;) {
    uint32_t point = vbo_json_point(text, end, &at);
    char bytes[4];
    size_t length = vbo_utf8_put(point == UINT32_MAX ? 0xFFFD : point, bytes);
    /* ">=" leaves room for the NUL. */
    if (used + length >= capacity) return false;
    memcpy(out + used, bytes, length);
    used += length;
  }
  if (capacity == 0) return false;
  out[used] = '\0';
  if (size != NULL) *size = used;
  return true;
}

/* Returns whether the string, decoded, begins with (or, `whole`, equals) these bytes. */
bool vbo_json_begins(const char *text, const vbo_json_token *token, const char *with, bool whole) {
  size_t end = token->start + token->length - 1;
  size_t at = token->start + 1;
  size_t left = strlen(with);
  /* Compared while it is decoded, so that neither text needs a buffer. */
  while (at < end && left > 0) {
    uint32_t point = vbo_json_point(text, end, &at);
    char bytes[4];
    size_t length = vbo_utf8_put(point == UINT32_MAX ? 0xFFFD : point, bytes);
    if (length > left || memcmp(bytes, with, length) != 0) return false;
    with += length;
    left -= length;
  }
  return left == 0 && (!whole || at >= end);
}
