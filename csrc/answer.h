/* answer.h: what an answer that is not 2xx means. */
#ifndef VBO_ANSWER_H
#define VBO_ANSWER_H

#include "headers.h"

/* Fills in `err` from the status and the server's own error object:
 * {"message", "errorCode"} of the REST API, {"error", "error_description"} of
 * OAuth (RFC 6749 section 5.2), {"title", "detail"} (RFC 9457), or the title of
 * an HTML page.  What the server wrote is cleaned of control characters. */
void vbo_answer_error(const vbo_headers *headers, const char *body, size_t size, vbo_error *err);

#endif
