/* request.h: a vbo_request checked, copied and made ready to send. */
#ifndef VBO_REQUEST_H
#define VBO_REQUEST_H

#include "base/buffer.h"

/* Checks a request. USAGE for anything that must not be sent. */
bool vbo_request_check(const vbo_request *request, vbo_error *err);
/* Copies the body into `out`, on the secure heap with the secrets joined in when there are any.
 * USAGE for a placeholder that the body lacks and for a secret that is not UTF-8, which JSON
 * cannot carry. */
bool vbo_request_body(const vbo_request *request, vbo_buffer *out, vbo_error *err);

#endif
