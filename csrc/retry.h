/* retry.h: when to ask again. */
#ifndef VBO_RETRY_H
#define VBO_RETRY_H

#include "headers.h"

/* The pause before attempt number `attempt` + 1, in milliseconds: what the
 * server's Retry-After says (seconds or a date, RFC 9110 section 10.2.3; ten
 * minutes at most), otherwise a random part of 250 ms, doubled each time up to
 * 30 s, so that many clients do not come back at once.  `headers` may be NULL. */
int64_t vbo_retry_pause(int attempt, const vbo_headers *headers);
/* The server's Retry-After in milliseconds, at most ten minutes; -1: none of use. */
int64_t vbo_retry_after(const vbo_headers *headers);
/* A status after which a read is worth repeating: 408, 429, 502, 503, 504. */
bool vbo_retry_status(int status);
/* A failure on the way after which it is. */
bool vbo_retry_kind(vbo_error_kind kind);

#endif
