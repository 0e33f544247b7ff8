/* kinds.h: kinds of errors, errno in words, and errors whose words are constants.
 *
 * Below error.h, which redacts: the secrets that redaction looks for use this part alone. */
#ifndef VBO_KINDS_H
#define VBO_KINDS_H

#include "vbo.h"

/* Resets `err` (NULL is fine) to this kind, message and hint (NULL: none), which are constants.
 * Returns false, always, so that a failing function can end with it. */
bool vbo_error_literal(vbo_error *err, vbo_error_kind kind, const char *words, const char *hint);
/* The same for MEMORY. */
bool vbo_error_memory(vbo_error *err);
/* Copies `from` to `to`, unless that is NULL. */
void vbo_error_copy(vbo_error *to, const vbo_error *from);
/* Returns "ENOSPC"; "E<number>", in `buffer`, for an errno that is not in the table. */
const char *vbo_errno_name(int os_error, char buffer[16]);
/* Returns "no space left on the disk"; NULL for an errno that is not in the table. */
const char *vbo_errno_words(int os_error);

#endif
