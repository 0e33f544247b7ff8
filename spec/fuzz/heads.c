/* heads.c: heads of answers, what they say about waiting, and what an answer that is not 2xx
 * means.  The input is a head; what follows its empty line is the body. */
#include "fuzz.h"

#include "client/answer.h"
#include "http/http.h"
#include "client/retry.h"
#include "base/text.h"

static bool clean(const char *text, size_t capacity) {
  size_t size = strnlen(text, capacity);
  HOLDS(size < capacity);
  for (size_t at = 0; at < size;) {
    uint32_t point = 0;
    size_t length = vbo_utf8_next(text + at, size - at, &point);
    if (length == 0 || point < 0x20 || point == 0x7F) return false;
    at += length;
  }
  return true;
}

static void judge(const vbo_headers *headers, const char *body, size_t size) {
  vbo_error err = {0};
  vbo_answer_error(headers, body, size, &err);
  HOLDS(err.kind != VBO_OK);
  HOLDS(clean(err.message, sizeof err.message) && clean(err.code, sizeof err.code));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  vbo_headers headers;
  vbo_error err = {0};
  vbo_headers_init(&headers);
  size_t at = 0;
  bool good = true;
  while (good && at < size && !headers.complete) {
    const uint8_t *end = memchr(data + at, '\n', size - at);
    size_t length = end == NULL ? size - at : (size_t)(end + 1 - (data + at));
    char *line = fuzz_copy(data + at, length, false);
    good = vbo_headers_line(&headers, line, length, &err);
    if (!good) HOLDS(err.kind == VBO_ERROR_PROTOCOL || err.kind == VBO_ERROR_LIMIT);
    free(line);
    at += length;
  }
  if (good) HOLDS(headers.count <= VBO_HEADERS_MOST);
  HOLDS(headers.fields.size <= VBO_HEADERS_SIZE);
  if (good && headers.complete) {
    HOLDS(headers.status >= 100 && headers.status <= 999 && headers.length >= -1);
    (void)vbo_headers_framing(&headers);
    int64_t after = vbo_retry_after(&headers);
    HOLDS(after >= -1 && after <= 366LL * 86400 * 1000); /* at most a year */
    HOLDS(vbo_retry_pause(1, &headers) >= 0);
    char *body = fuzz_copy(data + at, size - at, false);
    if (headers.status >= 300) judge(&headers, body, size - at);
    free(body);
  }
  vbo_headers_free(&headers);

  char *text = fuzz_copy(data, size, true);
  HOLDS(vbo_http_date(text) >= -1);
  free(text);
  return 0;
}
