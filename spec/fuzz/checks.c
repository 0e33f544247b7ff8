/* checks.c: archives, PST files, messages and pages.  The first byte is the size of the pieces: what
 * a check says must not hang on them. */
#include "fuzz.h"

#include "save/check.h"
#include "base/text.h"

static bool verdict(const uint8_t *data, size_t size, size_t piece, vbo_error *err) {
  vbo_check *check = vbo_check_new("zip|pst|msg|pdf|html|eml", err);
  if (check == NULL) abort();
  bool good = true;
  for (size_t at = 0; good && at < size; at += piece) {
    size_t now = size - at < piece ? size - at : piece;
    char *copy = fuzz_copy(data + at, now, false);
    good = vbo_check_add(check, copy, now, err);
    free(copy);
  }
  good = good && vbo_check_finish(check, err);
  if (good) HOLDS((*vbo_check_made(check) == '\0') == (*vbo_check_missed(check) != '\0'));
  vbo_check_free(check);
  return good;
}

/* A document whose listed size is off by what the first byte says. */
static bool document(const uint8_t *data, size_t size, size_t piece, const char *name,
                     vbo_error *err) {
  vbo_check *check = vbo_check_new("document", err);
  if (check == NULL) abort();
  int64_t listed = (int64_t)size + (int)piece - 100;
  vbo_check_expect(check, name, listed);
  bool good = true;
  for (size_t at = 0; good && at < size; at += piece) {
    size_t now = size - at < piece ? size - at : piece;
    char *copy = fuzz_copy(data + at, now, false);
    good = vbo_check_add(check, copy, now, err);
    free(copy);
  }
  good = good && vbo_check_finish(check, err);
  if (good && strcmp(name, "a.bin") == 0) HOLDS(listed < 0 || listed == (int64_t)size);
  vbo_check_free(check);
  return good;
}

static bool clean(const char *text) {
  size_t size = strlen(text);
  for (size_t at = 0; at < size;) {
    uint32_t point = 0;
    size_t length = vbo_utf8_next(text + at, size - at, &point);
    if (length == 0 || point < 0x20 || point == 0x7F) return false;
    at += length;
  }
  return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size == 0) return 0;
  vbo_error whole = {0};
  vbo_error pieces = {0};
  size_t piece = data[0] == 0 ? 1 : data[0];
  bool good = verdict(data + 1, size - 1, size, &whole);
  HOLDS(verdict(data + 1, size - 1, piece, &pieces) == good);
  static const char *const names[] = {"a.bin", "a.docx", "a.doc", "a.html", ""};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    vbo_error failure = {0};
    if (!document(data + 1, size - 1, piece, names[i], &failure))
      HOLDS(failure.kind == VBO_ERROR_INTEGRITY && clean(failure.message));
  }
  if (good) return 0;
  HOLDS(whole.kind == VBO_ERROR_INTEGRITY && pieces.kind == VBO_ERROR_INTEGRITY);
  HOLDS(clean(whole.message) && clean(pieces.message));
  return 0;
}
