/* answer.h: what an answer that is not 2xx means. */
#ifndef VBO_ANSWER_H
#define VBO_ANSWER_H

#include "headers.h"

/* Fills in `err` from the status and the server's own error object:
 * {"message", "errorCode"} of the REST API, or what else servers and proxies write (reason.h).
 * What the server wrote is cleaned of control characters and of secrets. */
void vbo_answer_error(const vbo_headers *headers, const char *body, size_t size, vbo_error *err);

#endif
