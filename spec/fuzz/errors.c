/* errors.c: what servers write into errors, secrets among it, password files and proxies' URLs. */
#include "fuzz.h"

#include "http/proxy.h"
#include "client/reason.h"
#include "base/redact.h"
#include "base/secret.h"
#include "base/text.h"

static const char password[] = "p%41&\"w\xC3\xB6rd";
static const char token[] = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJmdXp6In0.c2lnbmF0dXJlLW9mLWl0";

static vbo_secret *secrets[2];

static bool contains(const char *text, size_t size, const char *part) {
  size_t length = strlen(part);
  for (size_t at = 0; at + length <= size; at++)
    if (memcmp(text + at, part, length) == 0) return true;
  return false;
}

static void redacted(const char *text, size_t size) {
  char *copy = fuzz_copy((const uint8_t *)text, size, false);
  size_t left = vbo_redact(copy, size, NULL);
  HOLDS(left <= size);
  HOLDS(!contains(copy, left, password) && !contains(copy, left, token));
  free(copy);
}

static void reason(const char *text, size_t size) {
  char words[400];
  char code[64];
  bool any = vbo_reason(NULL, text, size, words, sizeof words);
  vbo_reason_code(text, size, code, sizeof code);
  HOLDS(any == (words[0] != '\0'));
  HOLDS(!contains(words, strlen(words), password) && !contains(code, strlen(code), password));
  for (size_t at = 0; words[at] != '\0';) {
    uint32_t point = 0;
    size_t length = vbo_utf8_next(words + at, strlen(words + at), &point);
    HOLDS(length > 0 && !vbo_text_unsafe(point));
    at += length;
  }
}

static void line(const char *text, size_t size) {
  vbo_error err = {0};
  vbo_secret *secret = vbo_secret_line(text, size, "it", &err);
  if (secret == NULL) {
    HOLDS(err.kind != VBO_OK);
    return;
  }
  const char *bytes = vbo_secret_bytes(secret);
  HOLDS(vbo_secret_size(secret) > 0 && strlen(bytes) == vbo_secret_size(secret));
  HOLDS(strpbrk(bytes, "\r\n") == NULL);
  vbo_secret_free(secret);
}

static void proxy(const char *text) {
  vbo_proxy found;
  vbo_error err = {0};
  if (vbo_proxy_find(text, "localhost", &found, &err)) {
    HOLDS(found.url[0] == '\0' ? text[0] == '\0' : strchr(found.url, '@') == NULL);
  } else {
    HOLDS(err.kind == VBO_ERROR_USAGE && found.url == NULL);
  }
  vbo_proxy_free(&found);
  (void)vbo_proxy_excepted(text, "localhost");
  (void)vbo_proxy_excepted(text, "127.0.0.1");
  (void)vbo_proxy_excepted(text, "::1");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (secrets[0] == NULL) {
    secrets[0] = vbo_secret_new(password, sizeof password - 1, NULL);
    secrets[1] = vbo_secret_new(token, sizeof token - 1, NULL);
  }
  char *text = fuzz_copy(data, size, true);
  redacted(text, size);
  reason(text, size);
  line(text, size);
  proxy(text);
  free(text);
  return 0;
}
