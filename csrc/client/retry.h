/* retry.h: when a request is repeated. */
#ifndef VBO_RETRY_H
#define VBO_RETRY_H

#include "http/headers.h"

/* Returns the pause before attempt number `attempt` + 1, in milliseconds: the
 * server's Retry-After, but at least our own pause.  That is a random part, half
 * or more, of 250 ms, doubled each time up to 30 s, so that many clients do not
 * come back at once and a "Retry-After: 0" does not make them hammer.  `headers`
 * may be NULL. */
int64_t vbo_retry_pause(int attempt, const vbo_headers *headers);
/* Returns the server's Retry-After (seconds or a date, RFC 9110 section 10.2.3) in milliseconds;
 * -1 without a usable one. */
int64_t vbo_retry_after(const vbo_headers *headers);
/* Notes the Retry-After in `err`. Returns false when it is longer than `longest` (milliseconds),
 * and says so in `err`. */
bool vbo_retry_note(const vbo_headers *headers, int64_t longest, vbo_error *err);
/* Returns whether a read is repeated after this status: 408, 429, 502, 503, 504. */
bool vbo_retry_status(int status);
/* Returns whether it is after a failure of this kind. */
bool vbo_retry_kind(vbo_error_kind kind);

#endif
