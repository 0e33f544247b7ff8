/* retry.c: when to ask again. */
#include "retry.h"

#include <string.h>

#include "http.h"
#include "system.h"
#include "text.h"

enum { FIRST_PAUSE = 250, LONGEST_PAUSE = 30 * 1000, LONGEST_ASKED = 10 * 60 * 1000 };

int64_t vbo_retry_after(const vbo_headers *headers) {
  const char *value = headers == NULL ? NULL : vbo_headers_get(headers, "retry-after");
  if (value == NULL || *value == '\0') return -1;
  int64_t seconds = 0;
  if (vbo_ascii_digit(*value)) {
    for (; vbo_ascii_digit(*value); value++)
      if (seconds < LONGEST_ASKED) seconds = seconds * 10 + (*value - '0');
    if (*value != '\0') return -1;
  } else {
    int64_t date = vbo_http_date(value);
    if (date < 0) return -1;
    /* By the server's own clock, where it tells the time: either clock may be wrong. */
    const char *now = vbo_headers_get(headers, "date");
    int64_t sent = now != NULL ? vbo_http_date(now) : -1;
    seconds = date - (sent >= 0 ? sent : vbo_wall_seconds());
    if (seconds < 0) seconds = 0;
  }
  return seconds >= LONGEST_ASKED / 1000 ? LONGEST_ASKED : seconds * 1000;
}

int64_t vbo_retry_pause(int attempt, const vbo_headers *headers) {
  int64_t asked = vbo_retry_after(headers);
  if (asked >= 0) return asked;
  int64_t most = FIRST_PAUSE;
  while (--attempt > 0 && most < LONGEST_PAUSE)
    most *= 2;
  if (most > LONGEST_PAUSE) most = LONGEST_PAUSE;
  uint32_t random = 0;
  if (!vbo_random(&random, sizeof random)) return most;
  return (int64_t)((uint64_t)most * random >> 32);
}

bool vbo_retry_status(int status) {
  return status == 408 || status == 429 || (status >= 502 && status <= 504);
}

bool vbo_retry_kind(vbo_error_kind kind) {
  return kind == VBO_ERROR_NETWORK || kind == VBO_ERROR_TIMEOUT;
}
