/* redact.h: removes the secrets of this process from a text.
 *
 * Secrets are found by value: a server may repeat a password or token anywhere, in any field and
 * in any encoding. Each live secret is searched for as it is, percent- and form-encoded, as JSON
 * and HTML write it, in Base64 (with whatever was encoded with it, as in Basic's user:password),
 * in hex, and in up to three of these one in the other, whole or in part. */
#ifndef VBO_REDACT_H
#define VBO_REDACT_H

#include <stdbool.h>
#include <stddef.h>

/* The fewest bytes of a secret that is searched for: "a" or "42" occurs in every text by chance,
 * and the gaps would show the secret instead of hiding it. */
enum { VBO_REDACT_LEAST = 4 };

/* Replaces every secret in the text, in place, by "***" and returns the new size, which is never
 * larger; no NUL is added. `own` (or NULL) is a text known to hold no secret, the format of a
 * message: secrets that occur in it are left, since a gap in known words would show them. Out of
 * memory, all of the text is replaced. */
size_t vbo_redact(char *text, size_t size, const char *own);
/* Does the same for secrets of at least `least` bytes (and VBO_REDACT_LEAST): for the runbook's
 * data rather than messages. */
size_t vbo_redact_long(char *text, size_t size, size_t least);
/* Does the same for a NUL-terminated line. */
void vbo_redact_line(char *text);

#endif
