/* error.h: how the core fills in a vbo_error. */
#ifndef VBO_ERROR_H
#define VBO_ERROR_H

#include "vbo.h"

#if defined(__GNUC__)
#define VBO_PRINTF(text, first) __attribute__((format(printf, text, first)))
#else
#define VBO_PRINTF(text, first)
#endif

/* Resets `err` (NULL is fine) to this kind and message.  Always false, so that
 * a failing function can end with `return vbo_error_set(…)`. */
bool vbo_error_set(vbo_error *err, vbo_error_kind kind, const char *format, ...) VBO_PRINTF(3, 4);
/* The same, with a failed system call: ": <what it means>" is added to the
 * message, the errno's name becomes the code. */
bool vbo_error_os(vbo_error *err, vbo_error_kind kind, int os_error, const char *format, ...)
    VBO_PRINTF(4, 5);
void vbo_error_hint(vbo_error *err, const char *format, ...) VBO_PRINTF(2, 3);
bool vbo_error_memory(vbo_error *err);
/* Copies `from` to `to` when somebody wants it (`to` not NULL). */
void vbo_error_copy(vbo_error *to, const vbo_error *from);
/* "ENOSPC"; "E<number>" for one that is not in the table. */
const char *vbo_errno_name(int os_error, char buffer[16]);

#endif
