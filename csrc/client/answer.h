/* answer.h: the meaning of an answer that is not 2xx. */
#ifndef VBO_ANSWER_H
#define VBO_ANSWER_H

#include "http/headers.h"

/* Fills in `err` from the status and the server's own error object: {"message", "errorCode"} of
 * the REST API, or another form (reason.h). The server's words are cleaned of control characters
 * and of secrets. */
void vbo_answer_error(const vbo_headers *headers, const char *body, size_t size, vbo_error *err);
/* Returns whether the server itself refused: one of the statuses 400, 401, 403, 404, 405, 409,
 * 422, 429 and 503, with the server's own error object (a whole JSON object that has a message, a
 * code or a problem's title), or a 401 with a Bearer challenge (RFC 6750 section 3). Any other
 * answer may come from a gateway, or from a server that broke half-way. */
bool vbo_answer_refuses(const vbo_headers *headers, const char *body, size_t size);

#endif
