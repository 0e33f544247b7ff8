/* texts.c: UTF-8, text for people, names, Base64, URLs and forms. */
#include "fuzz.h"

#include "base/base64.h"
#include "client/grant.h"
#include "http/origin.h"
#include "base/fold.h"
#include "base/text.h"

static void utf8(const char *text, size_t size) {
  for (size_t at = 0; at < size;) {
    uint32_t point = 0;
    size_t length = vbo_utf8_next(text + at, size - at, &point);
    if (length == 0) {
      at++;
      continue;
    }
    char again[4];
    HOLDS(length <= size - at && vbo_utf8_put(point, again) == length);
    HOLDS(memcmp(again, text + at, length) == 0);
    at += length;
  }
}

static void cleaned(const char *text, size_t size) {
  for (size_t capacity = 0; capacity < 24; capacity += 5) {
    char *out = malloc(capacity + 1);
    HOLDS(out != NULL);
    out[capacity] = 'x';
    vbo_text_clean(out, capacity, text, size);
    HOLDS(out[capacity] == 'x');
    size_t used = capacity == 0 ? 0 : strnlen(out, capacity);
    HOLDS(capacity == 0 || used < capacity);
    for (size_t at = 0; at < used;) {
      uint32_t point = 0;
      size_t length = vbo_utf8_next(out + at, used - at, &point);
      HOLDS(length > 0 && point >= 0x20 && point != 0x7F);
      at += length;
    }
    free(out);
  }
}

static void base64(const char *text, size_t size) {
  unsigned char bytes[32];
  if (vbo_base64_decode(text, size, bytes, sizeof bytes)) {
    char again[64];
    vbo_base64_encode(again, bytes, sizeof bytes);
    HOLDS(strlen(again) == 44 && size >= 43 && memcmp(again, text, 43) == 0);
  }
  char *out = malloc(4 * ((size + 2) / 3) + 1);
  unsigned char *back = malloc(size + 1);
  HOLDS(out != NULL && back != NULL);
  vbo_base64_encode(out, (const unsigned char *)text, size);
  if (size > 0) {
    HOLDS(vbo_base64_decode(out, strlen(out), back, size));
    HOLDS(memcmp(back, text, size) == 0);
  }
  free(out);
  free(back);
}

static void origin(const char *url) {
  vbo_origin whole, again;
  vbo_error err = {0};
  if (!vbo_origin_parse(url, &whole, &err)) {
    HOLDS(err.kind == VBO_ERROR_USAGE && whole.name == NULL && whole.host == NULL);
    HOLDS(whole.prefix == NULL);
    return;
  }
  HOLDS(strncmp(whole.name, "https://", 8) == 0 && strchr(whole.name, '@') == NULL);
  HOLDS(strpbrk(whole.host, "/?#@ \r\n\t[]") == NULL && *whole.host != '\0');
  HOLDS(*whole.prefix == '\0' || *whole.prefix == '/');
  HOLDS(strpbrk(whole.prefix, "?# \r\n\t\\") == NULL && strstr(whole.prefix, "/..") == NULL);
  char joined[4096];
  int size = snprintf(joined, sizeof joined, "%s%s", whole.name, whole.prefix);
  if (size > 0 && (size_t)size < sizeof joined) {
    HOLDS(vbo_origin_parse(joined, &again, &err));
    HOLDS(strcmp(whole.name, again.name) == 0 && strcmp(whole.host, again.host) == 0);
    HOLDS(strcmp(whole.prefix, again.prefix) == 0);
    vbo_origin_free(&again);
  }
  vbo_origin_free(&whole);
}

static void form(const char *text, size_t size) {
  vbo_buffer out = {0};
  vbo_error err = {0};
  HOLDS(vbo_form_append(&out, "a", text, size, &err) && vbo_form_append(&out, "b", "", 0, &err));
  HOLDS(out.size >= size + 5 && memcmp(out.data + out.size - 3, "&b=", 3) == 0);
  HOLDS(memchr(out.data + 2, '&', out.size - 2) == out.data + out.size - 3);
  for (size_t i = 0; i < out.size; i++)
    HOLDS(out.data[i] > ' ' && out.data[i] <= '~');
  vbo_buffer_free(&out);
}

static bool is_plain(const char *text, size_t size) {
  for (size_t i = 0; i < size; i++)
    if (text[i] == '*' || text[i] == '?') return false;
  return true;
}

static void folded(const char *text, size_t size) {
  vbo_buffer out = {0};
  vbo_error err = {0};
  bool matches = false;
  HOLDS(vbo_fold(text, size, &out, &err));
  const char *pattern = out.size > 0 ? out.data : "";
  HOLDS(vbo_fold_match("*", 1, text, size, &matches, &err) && matches);
  HOLDS(vbo_fold_match(pattern, out.size, text, size, &matches, &err));
  HOLDS(vbo_fold_match("?", 1, text, size, &matches, &err) && (!matches || size > 0));
  if (is_plain(text, size) && size > 0 && ((unsigned char)text[0] & 0x80U) == 0) {
    HOLDS(vbo_fold_match("*?*", 3, text, size, &matches, &err) && matches);
  }
  vbo_buffer_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  char *text = fuzz_copy(data, size, false);
  utf8(text, size);
  cleaned(text, size);
  base64(text, size);
  form(text, size);
  folded(text, size);
  free(text);
  text = fuzz_copy(data, size, true);
  origin(text);
  free(text);
  return 0;
}
