/* reason.h: the words and the code in an error's body.
 *
 * VB365's own {"message": …}, ASP.NET's {"Message", "ExceptionMessage"}, problem details (RFC
 * 9457: detail, title, errors), OAuth (error, error_description), OData ({"error": {"code",
 * "message"}}), a bare JSON string, lists of any of these, an HTML page's title, or text. */
#ifndef VBO_REASON_H
#define VBO_REASON_H

#include <stdbool.h>
#include <stddef.h>

/* Writes the words as one clean line without secrets. A body that was cut short counts as far as
 * it goes. False when it has no words. */
bool vbo_reason(const char *type, const char *body, size_t size, char *out, size_t capacity);
/* Writes the code beside them: errorCode, error, code; "" without one. */
void vbo_reason_code(const char *body, size_t size, char *out, size_t capacity);

#endif
