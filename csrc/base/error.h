/* error.h: how the core fills in a vbo_error. */
#ifndef VBO_ERROR_H
#define VBO_ERROR_H

#include "base/kinds.h"

#if defined(__GNUC__)
#define VBO_PRINTF(text, first) __attribute__((format(printf, text, first)))
#else
#define VBO_PRINTF(text, first)
#endif

/* Resets `err` (NULL is fine) to this kind and message, one printable line without secrets.
 * Returns false, always, so that a failing function can end with `return vbo_error_set(…)`. */
bool vbo_error_set(vbo_error *err, vbo_error_kind kind, const char *format, ...) VBO_PRINTF(3, 4);
/* The same for a failed system call: ": <the errno in words>" is added to the message, and the
 * errno's name becomes the code. */
bool vbo_error_os(vbo_error *err, vbo_error_kind kind, int os_error, const char *format, ...)
    VBO_PRINTF(4, 5);
/* Sets the hint, an imperative, in the same way. */
void vbo_error_hint(vbo_error *err, const char *format, ...) VBO_PRINTF(2, 3);

#endif
