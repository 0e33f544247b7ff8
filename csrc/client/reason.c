/* reason.c: see reason.h.
 *
 * One pass of the lexer keeps the best words so far, by rank. That needs no tree, takes any of the
 * forms, and still finds words in a body that breaks off. */
#include "client/reason.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json/json.h"
#include "base/redact.h"
#include "base/text.h"

enum { DEEPEST = 8, WORDS = 400, DETAILS = 4 };

/* The place of a value: the names of the members that it is in, without the arrays. */
typedef struct path {
  vbo_json_token keys[DEEPEST];
  bool named[DEEPEST]; /* whether there is a key at this depth, or an array's element */
  unsigned depth;
} path;

typedef struct reading {
  const char *body;
  char words[WORDS];
  unsigned rank; /* of the words: the smaller, the better; 0: none yet */
  char details[WORDS];
  unsigned detail_count;
  char code[64];
  unsigned code_rank;
} reading;

/* Writes one value as a clean line without secrets. Not on the secure heap: an error's body is
 * meant to be shown. */
static bool value_line(const char *body, const vbo_json_token *token, char *out, size_t capacity) {
  out[0] = '\0';
  if (token->type == VBO_JSON_NUMBER) {
    vbo_text_clean(out, capacity, body + token->start, token->length);
    return true;
  }
  if (token->type != VBO_JSON_STRING) return false;
  /* Decoding makes nothing longer, and the quotes leave room for the NUL. */
  char *text = malloc(token->length);
  size_t length = 0;
  if (text == NULL) return false;
  if (vbo_json_decode(body, token, text, token->length, &length)) {
    vbo_text_clean(out, capacity, text, vbo_redact(text, length, NULL));
    vbo_redact_line(out);
  }
  free(text);
  return out[0] != '\0';
}

static bool is_named(const char *body, const vbo_json_token *key, const char *name) {
  const char *inside = body + key->start + 1;
  return key->length >= 2 && vbo_ascii_equal(inside, key->length - 2, name, strlen(name));
}

/* Returns the place of the key in the list, from 1; 0 when it is not in it. */
static unsigned rank_of(const char *body, const vbo_json_token *key, const char *const names[]) {
  for (unsigned i = 0; names[i] != NULL; i++)
    if (is_named(body, key, names[i])) return i + 1;
  return 0;
}

/* Collects the names on the way, outermost first. */
static unsigned names_of(const path *at, const vbo_json_token *names[DEEPEST]) {
  unsigned count = 0;
  for (unsigned depth = 1; depth <= at->depth && depth < DEEPEST; depth++)
    if (at->named[depth]) names[count++] = &at->keys[depth];
  return count;
}

/* The best first: ExceptionMessage says what "An error has occurred." hides. */
static const char *const word_names[] = {"exceptionMessage",
                                         "message",
                                         "error_description",
                                         "detail",
                                         "errorMessage",
                                         "description",
                                         "reason",
                                         "title",
                                         "error",
                                         "value",
                                         NULL};
static const char *const code_names[] = {"errorCode", "error", "code", NULL};
static const char *const list_names[] = {"errors", "modelState", "validationErrors", NULL};

/* Adds a message of a list of errors, with the name of its field. */
static void add_detail(reading *r, const vbo_json_token *names[], unsigned count,
                       const vbo_json_token *value) {
  char line[WORDS];
  const vbo_json_token *last = names[count - 1];
  /* ASP.NET's modelState is {"field": ["message"]}: the last name is the field's. */
  bool about = count > 1 && rank_of(r->body, last, word_names) == 0;
  /* A code inside an entry adds nothing to the message beside it. */
  if (count > 1 && rank_of(r->body, last, code_names) != 0 &&
      rank_of(r->body, last, word_names) == 0)
    return;
  if (r->detail_count >= DETAILS || !value_line(r->body, value, line, sizeof line)) return;
  char key[64] = "";
  if (about) vbo_text_clean(key, sizeof key, r->body + last->start + 1, last->length - 2);
  size_t used = strlen(r->details);
  (void)snprintf(r->details + used, sizeof r->details - used, "%s%s%s%s", used > 0 ? "; " : "", key,
                 about && key[0] != '\0' ? ": " : "", line);
  r->detail_count++;
}

static void note_code(reading *r, const vbo_json_token *key, const vbo_json_token *value) {
  unsigned rank = rank_of(r->body, key, code_names);
  if (rank == 0 || (r->code_rank != 0 && rank > r->code_rank)) return;
  if (value_line(r->body, value, r->code, sizeof r->code)) r->code_rank = rank;
}

static void note_words(reading *r, unsigned rank, const vbo_json_token *value) {
  char line[WORDS];
  if (rank == 0 || (r->rank != 0 && rank > r->rank)) return;
  if (!value_line(r->body, value, line, sizeof line)) return;
  memcpy(r->words, line, sizeof line);
  r->rank = rank;
}

static void note(reading *r, const path *at, const vbo_json_token *value) {
  const vbo_json_token *names[DEEPEST];
  unsigned count = names_of(at, names);
  if (value->type != VBO_JSON_STRING && value->type != VBO_JSON_NUMBER) return;
  if (count == 0) { /* a bare string, or a list of such */
    if (value->type == VBO_JSON_STRING && r->rank == 0) note_words(r, 1, value);
    return;
  }
  if (rank_of(r->body, names[0], list_names) != 0) {
    if (value->type == VBO_JSON_STRING) add_detail(r, names, count, value);
    return;
  }
  const vbo_json_token *last = names[count - 1];
  /* Only names at the top, or inside `error` and `message`, are about the failure: deeper ones are
   * data. */
  bool inner = count == 1 || (count <= 3 && (is_named(r->body, names[0], "error") ||
                                             is_named(r->body, names[0], "message")));
  if (!inner) return;
  note_code(r, last, value);
  /* Of equal names the outer one counts: an inner one is about a part. */
  /* Names count first, depth second: DEEPEST is more than any depth. */
  unsigned rank = rank_of(r->body, last, word_names);
  if (value->type == VBO_JSON_STRING && rank != 0) note_words(r, rank * DEEPEST + count, value);
}

/* Reads as far as the body is JSON, so that one that was cut short counts until there. */
static void read_json(reading *r, size_t size) {
  vbo_json_lexer lexer;
  vbo_json_token token;
  path at = {.depth = 0};
  vbo_json_start(&lexer, r->body, size, 0);
  while (vbo_json_next(&lexer, &token)) {
    if (token.type == VBO_JSON_OBJECT_END || token.type == VBO_JSON_ARRAY_END) continue;
    at.depth = token.depth;
    if (token.depth >= DEEPEST) continue;
    if (token.type == VBO_JSON_KEY) {
      at.keys[token.depth] = token;
      at.named[token.depth] = true;
      continue;
    }
    note(r, &at, &token);
    if (token.type == VBO_JSON_ARRAY && token.depth + 1 < DEEPEST)
      at.named[token.depth + 1] = false;
  }
}

/* -------------------------------------------------------------------------- HTML */

static const char *find_ignoring_case(const char *text, const char *end, const char *part) {
  size_t size = strlen(part);
  for (; (size_t)(end - text) >= size; text++)
    if (vbo_ascii_equal(text, size, part, size)) return text;
  return NULL;
}

/* Copies the text between <TAG …> and </TAG>. */
static bool element(const char *body, const char *end, const char *open, const char *close,
                    char *out, size_t capacity) {
  const char *start = find_ignoring_case(body, end, open);
  const char *inside = start == NULL ? NULL : memchr(start, '>', (size_t)(end - start));
  const char *stop = inside == NULL ? NULL : find_ignoring_case(inside, end, close);
  if (stop == NULL) return false;
  vbo_text_clean(out, capacity, inside + 1, (size_t)(stop - inside - 1));
  vbo_redact_line(out);
  return out[0] != '\0';
}

/* Goes by the first character, too: a page of a gateway may come with another type. */
static bool is_html(const char *type, const char *body, size_t size) {
  if (type != NULL && vbo_ascii_equal(type, strlen(type) < 9 ? strlen(type) : 9, "text/html", 9))
    return true;
  while (size > 0 && (*body == ' ' || *body == '\n' || *body == '\r' || *body == '\t'))
    body++, size--;
  return size > 0 && *body == '<';
}

static void html_words(const char *body, size_t size, char *out, size_t capacity) {
  static const char *const tags[][2] = {
      {"<title", "</title>"}, {"<h1", "</h1>"}, {"<h2", "</h2>"}, {"<message", "</message>"}};
  char title[120];
  for (size_t i = 0; i < sizeof tags / sizeof *tags; i++)
    if (element(body, body + size, tags[i][0], tags[i][1], title, sizeof title)) {
      (void)snprintf(out, capacity, "an HTML page: %s", title);
      return;
    }
  (void)snprintf(out, capacity, "an HTML page instead of JSON");
}

/* --------------------------------------------------------------------------- both */

bool vbo_reason(const char *type, const char *body, size_t size, char *out, size_t capacity) {
  reading r = {.body = body};
  out[0] = '\0';
  if (size == 0) return false;
  read_json(&r, size);
  if (r.words[0] != '\0' || r.details[0] != '\0') {
    char both[2 * WORDS];
    (void)snprintf(both, sizeof both, "%s%s%s", r.words,
                   r.words[0] != '\0' && r.details[0] != '\0' ? " " : "", r.details);
    vbo_text_clean(out, capacity, both, strlen(both)); /* cut between characters */
    return true;
  }
  if (is_html(type, body, size)) {
    html_words(body, size, out, capacity);
    return true;
  }
  if (vbo_json_complete(body, size)) return false; /* JSON without a word in it */
  /* Cut before it is redacted, which takes longer than all else here. */
  size_t shown = size < 4096 ? size : 4096;
  char *text = vbo_text_copy_n(body, shown);
  if (text == NULL) return false;
  vbo_text_clean(out, capacity < 200 ? capacity : 200, text, vbo_redact(text, shown, NULL));
  free(text);
  vbo_redact_line(out);
  return out[0] != '\0';
}

void vbo_reason_code(const char *body, size_t size, char *out, size_t capacity) {
  reading r = {.body = body};
  if (size > 0) read_json(&r, size);
  (void)snprintf(out, capacity, "%s", r.code);
}
