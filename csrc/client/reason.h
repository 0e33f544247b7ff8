/* reason.h: what an error's body says, whoever wrote it.
 *
 * VB365's own {"message": …}, ASP.NET's {"Message", "ExceptionMessage"}, problem details (RFC 9457:
 * detail, title, errors), OAuth (error, error_description), OData ({"error": {"code", "message"}}),
 * a bare JSON string, lists of any of these, an HTML page's title, or text.
 */
#ifndef VBO_REASON_H
#define VBO_REASON_H

#include <stdbool.h>
#include <stddef.h>

/* The words as one clean line without secrets.  A body may be cut short: what it says until then
 * counts.  False when it says nothing. */
bool vbo_reason(const char *type, const char *body, size_t size, char *out, size_t capacity);
/* The code beside them: errorCode, error, code; "" without one. */
void vbo_reason_code(const char *body, size_t size, char *out, size_t capacity);

#endif
