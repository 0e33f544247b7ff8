/* fold.c: case folding and normalization, by utf8proc: small, kept by the Julia project, and
 * without the tables of languages that ICU brings. */
#include "base/fold.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "base/text.h"

typedef enum outcome { FOLDED, NOT_UTF8, FAILED } outcome;

/* Returns whether all bytes are ASCII, as in most names: those fold without utf8proc and its
 * allocations. */
static bool is_ascii(const char *text, size_t size) {
  for (size_t i = 0; i < size; i++)
    if (((unsigned char)text[i] & 0x80U) != 0) return false;
  return true;
}

static bool lower_ascii(const char *text, size_t size, vbo_buffer *out, vbo_error *err) {
  size_t start = out->size;
  if (!vbo_buffer_append(out, text, size, err)) return false;
  for (size_t i = start; i < out->size; i++)
    out->data[i] = vbo_ascii_lower(out->data[i]);
  return true;
}

/* Maps the text into `*mapped`, which the caller frees with free(). */
static outcome map(const char *text, size_t size, int options, char **mapped, size_t *mapped_size,
                   vbo_error *err) {
  utf8proc_uint8_t *result = NULL;
  utf8proc_ssize_t length =
      /* utf8proc takes a signed size. */
      size > PTRDIFF_MAX ? UTF8PROC_ERROR_OVERFLOW
                         : utf8proc_map((const utf8proc_uint8_t *)text, (utf8proc_ssize_t)size,
                                        &result, (utf8proc_option_t)options);
  if (length >= 0) {
    *mapped = (char *)result;
    *mapped_size = (size_t)length;
    return FOLDED;
  }
  if (length == UTF8PROC_ERROR_INVALIDUTF8) return NOT_UTF8;
  vbo_error_set(err, VBO_ERROR_MEMORY, "cannot fold a text of %zu bytes", size);
  return FAILED;
}

/* Decomposes before it folds, as the standard demands: folding may split what only stands
 * together after marks were put in order. */
static outcome fold(const char *text, size_t size, vbo_buffer *out, vbo_error *err) {
  char *apart = NULL;
  char *folded = NULL;
  size_t apart_size = 0;
  size_t folded_size = 0;
  outcome how = map(text, size, UTF8PROC_STABLE | UTF8PROC_DECOMPOSE, &apart, &apart_size, err);
  if (how == FOLDED) {
    how = map(apart, apart_size, UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_CASEFOLD, &folded,
              &folded_size, err);
    free(apart);
  }
  if (how == FOLDED) {
    if (!vbo_buffer_append(out, folded, folded_size, err)) how = FAILED;
    free(folded);
  }
  return how;
}

bool vbo_fold(const char *text, size_t size, vbo_buffer *out, vbo_error *err) {
  if (is_ascii(text, size)) return lower_ascii(text, size, out, err);
  outcome how = fold(text, size, out, err);
  /* A name that is not UTF-8 must still be comparable: byte for byte, but for the case of ASCII. */
  return how == NOT_UTF8 ? lower_ascii(text, size, out, err) : how == FOLDED;
}

/* ------------------------------------------------------------------ patterns */

/* A folded text, and for each of its bytes whether a character begins there: folding may make
 * several letters of one, and `?` takes all of them. */
typedef struct characters {
  vbo_buffer text;
  vbo_buffer starts;
} characters;

static void characters_free(characters *it) {
  vbo_buffer_free(&it->text);
  vbo_buffer_free(&it->starts);
}

static bool mark(characters *it, size_t from, vbo_error *err) {
  for (size_t i = from; i < it->text.size; i++)
    if (!vbo_buffer_append(&it->starts, i == from ? "\1" : "\0", 1, err)) return false;
  return true;
}

static bool add_bytes(characters *it, const char *text, size_t size, vbo_error *err) {
  if (!lower_ascii(text, size, &it->text, err)) return false;
  for (size_t i = 0; i < size; i++)
    if (!vbo_buffer_append(&it->starts, "\1", 1, err)) return false;
  return true;
}

/* Returns the size of the grapheme cluster at the beginning of well-formed UTF-8. */
static size_t cluster(const char *text, size_t size) {
  uint32_t before = 0;
  uint32_t point = 0;
  utf8proc_int32_t state = 0;
  size_t at = vbo_utf8_next(text, size, &before);
  while (at < size) {
    size_t length = vbo_utf8_next(text + at, size - at, &point);
    if (length == 0 ||
        utf8proc_grapheme_break_stateful((utf8proc_int32_t)before, (utf8proc_int32_t)point, &state))
      break;
    before = point;
    at += length;
  }
  return at > 0 ? at : 1;
}

static bool add_clusters(characters *it, const char *text, size_t size, vbo_error *err) {
  for (size_t at = 0; at < size;) {
    size_t length = cluster(text + at, size - at);
    size_t from = it->text.size;
    if (!vbo_fold(text + at, length, &it->text, err) || !mark(it, from, err)) return false;
    at += length;
  }
  return true;
}

static bool characters_of(characters *it, const char *text, size_t size, vbo_error *err) {
  if (is_ascii(text, size)) return add_bytes(it, text, size, err);
  char *composed = NULL;
  size_t composed_size = 0;
  outcome how = map(text, size, UTF8PROC_STABLE | UTF8PROC_COMPOSE, &composed, &composed_size, err);
  if (how == NOT_UTF8) return add_bytes(it, text, size, err);
  if (how == FAILED) return false;
  bool ok = add_clusters(it, composed, composed_size, err);
  free(composed);
  return ok;
}

/* Goes back to the last `*` only: an earlier one could not do better, since a part of the
 * pattern that begins earlier never ends later. */
static bool matches_all(const char *pattern, size_t pattern_size, const characters *it) {
  const char *text = it->text.data;
  size_t size = it->text.size;
  size_t at = 0;
  size_t want = 0;
  size_t star = SIZE_MAX;
  size_t resume = 0;
  while (at < size) {
    char wanted = want < pattern_size ? pattern[want] : '\0';
    if (want < pattern_size && wanted == '*') {
      star = want++;
      resume = at;
    } else if (want < pattern_size && wanted == '?' && it->starts.data[at] != 0) {
      do
        at++;
      while (at < size && it->starts.data[at] == 0);
      want++;
    } else if (want < pattern_size && wanted != '?' && wanted == text[at]) {
      at++;
      want++;
    } else if (star != SIZE_MAX) {
      want = star + 1;
      at = ++resume;
    } else {
      return false;
    }
  }
  while (want < pattern_size && pattern[want] == '*')
    want++;
  return want == pattern_size;
}

bool vbo_fold_match(const char *pattern, size_t pattern_size, const char *text, size_t size,
                    bool *matches, vbo_error *err) {
  characters it = {0};
  bool ok = characters_of(&it, text, size, err);
  if (ok) *matches = matches_all(pattern, pattern_size, &it);
  characters_free(&it);
  return ok;
}
