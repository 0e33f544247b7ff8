/* retry.c: see retry.h.
 *
 * Transfers and token requests share these rules. Whether a request may be repeated at all is
 * decided by their owners: a change never is by status alone, for it may be a gateway's. */
#include "client/retry.h"

#include <stdio.h>
#include <string.h>

#include "http/http.h"
#include "base/system.h"
#include "base/text.h"

enum { FIRST_PAUSE = 250, LONGEST_PAUSE = 30 * 1000, YEAR = 366 * 24 * 60 * 60 };

int64_t vbo_retry_after(const vbo_headers *headers) {
  const char *value = headers == NULL ? NULL : vbo_headers_get(headers, "retry-after");
  if (value == NULL || *value == '\0') return -1;
  int64_t seconds = 0;
  /* Saturated: a year and more is longer than any longest_pause. */
  if (vbo_ascii_digit(*value)) {
    for (; vbo_ascii_digit(*value); value++)
      if (seconds < YEAR) seconds = seconds * 10 + (*value - '0');
    if (*value != '\0') return -1;
  } else {
    int64_t date = vbo_http_date(value);
    if (date < 0) return -1;
    /* By the server's own clock, where it states it: either clock may be wrong. */
    const char *now = vbo_headers_get(headers, "date");
    int64_t sent = now != NULL ? vbo_http_date(now) : -1;
    seconds = date - (sent >= 0 ? sent : vbo_wall_seconds());
    /* A date in the past asks for no pause. */
    if (seconds < 0) seconds = 0;
  }
  return (seconds < YEAR ? seconds : YEAR) * 1000;
}

bool vbo_retry_note(const vbo_headers *headers, int64_t longest, vbo_error *err) {
  int64_t asked = vbo_retry_after(headers);
  if (asked > 0) err->retry_after = asked;
  if (asked <= longest) return true;
  size_t used = strlen(err->message);
  (void)snprintf(err->message + used, sizeof err->message - used,
                 "; it asks to wait %lld s, longer than the %lld s allowed",
                 (long long)(asked / 1000), (long long)(longest / 1000));
  if (err->hint[0] == '\0')
    vbo_error_hint(err, "try again when that time has passed, or raise 'longest_pause'");
  return false;
}

int64_t vbo_retry_pause(int attempt, const vbo_headers *headers) {
  int64_t asked = vbo_retry_after(headers);
  int64_t most = FIRST_PAUSE;
  while (--attempt > 0 && most < LONGEST_PAUSE)
    most *= 2;
  if (most > LONGEST_PAUSE) most = LONGEST_PAUSE;
  uint32_t random = 0;
  /* Without random bytes the whole pause: too long rather than in step with other clients. */
  if (!vbo_random(&random, sizeof random)) random = UINT32_MAX;
  /* The product scales 32 random bits into the range: it fits into 64 bits, and needs no modulo,
   * which would favour small values. */
  int64_t own = most / 2 + (int64_t)((uint64_t)(most - most / 2) * random >> 32);
  return asked > own ? asked : own;
}

bool vbo_retry_status(int status) {
  return status == 408 || status == 429 || (status >= 502 && status <= 504);
}

bool vbo_retry_kind(vbo_error_kind kind) {
  return kind == VBO_ERROR_NETWORK || kind == VBO_ERROR_TIMEOUT;
}
