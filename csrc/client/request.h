/* request.h: a vbo_request checked, copied and made ready to send. */
#ifndef VBO_REQUEST_H
#define VBO_REQUEST_H

#include "base/buffer.h"

/* USAGE for anything that must not go on the wire. */
bool vbo_request_check(const vbo_request *request, vbo_error *err);
/* Copies the body into `out`, on the secure heap with the secrets joined in
 * when there are any.  USAGE for a placeholder that is not in the body and a
 * secret that is no UTF-8, which JSON cannot carry. */
bool vbo_request_body(const vbo_request *request, vbo_buffer *out, vbo_error *err);

#endif
