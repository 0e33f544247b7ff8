/* redact.h: texts without the secrets of this process.
 *
 * By value: a server may repeat a password or token anywhere, in any field, and in any encoding it
 * likes.  Each secret that lives is looked for as it is, percent- and form-encoded, as JSON and
 * HTML write it, in Base64 (with whatever else was encoded with it, as in Basic's user:password),
 * in hex, and in up to three of these one in the other, whole or in part.
 */
#ifndef VBO_REDACT_H
#define VBO_REDACT_H

#include <stdbool.h>
#include <stddef.h>

/* A secret with fewer bytes is not looked for: "a" or "42" occurs in every text by chance, and a
 * text with each of them replaced would tell the secret instead of hiding it. */
enum { VBO_REDACT_LEAST = 4 };

/* Replaces, in place, what is a secret by "***".  The new size, which is never larger; no NUL is
 * added.  `own`, which may be NULL, is a text that is nobody's secret (the format of a message):
 * secrets that occur in it are left, since a gap in known words tells what is missing.  All of the
 * text is replaced when memory is out. */
size_t vbo_redact(char *text, size_t size, const char *own);
/* The same for the secrets that have at least `least` bytes (and VBO_REDACT_LEAST), for what is the
 * runbook's data rather than a message. */
size_t vbo_redact_long(char *text, size_t size, size_t least);
/* The same for a string: NUL-terminated again. */
void vbo_redact_line(char *text);

#endif
