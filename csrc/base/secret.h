/* secret.h: secrets, and the memory that they live in.
 *
 * The memory is OpenSSL's secure heap (512 KiB) and, when that is full, locked pages of our own:
 * not swapped, not in core dumps, between guard pages, wiped on release. Where the system locks no
 * memory at all (a limit of 0), secrets live in pages that core dumps leave out, and
 * vbo_secrets_locked says so. Where it does and the limit is reached, an allocation fails; it
 * never falls back to ordinary memory. */
#ifndef VBO_SECRET_H
#define VBO_SECRET_H

#include "base/kinds.h"

/* Returns zeroed memory; NULL when it is used up, for which vbo_secure_full sets the error. */
void *vbo_secure_alloc(size_t size);
/* Sets the error of a failed allocation. Returns false, always. */
bool vbo_secure_full(vbo_error *err);
/* Wipes all `size` bytes and frees them; NULL is fine. */
void vbo_secure_free(void *memory, size_t size);
void vbo_secure_wipe(void *memory, size_t size);

/* Makes a secret of `bytes`, which came from vbo_secure_alloc(capacity) and are taken over, also
 * on failure. */
vbo_secret *vbo_secret_adopt(void *bytes, size_t size, size_t capacity, vbo_error *err);
/* Returns the bytes, NUL-terminated. Never print them, never copy them to ordinary memory. */
const char *vbo_secret_bytes(const vbo_secret *secret);

/* Makes a secret of one line of UTF-8, without a byte order mark before and line ends after it.
 * USAGE for UTF-16, several lines and zero bytes, NOT_FOUND for an empty line; `what` names the
 * source in the message. */
vbo_secret *vbo_secret_line(const char *bytes, size_t size, const char *what, vbo_error *err);
/* Reads a secret from an open file: one line, or (`whole`) all its bytes. */
vbo_secret *vbo_secret_from_descriptor(int file, const char *what, bool whole, vbo_error *err);

/* Calls `see` with each secret of the process, in no order. Until it returns, no thread can make
 * or free a secret; `see` may hold one. */
void vbo_secret_each(void (*see)(void *owner, vbo_secret *secret), void *owner);
/* Adds an owner within vbo_secret_each. False for a secret that its last owner is about to free. */
bool vbo_secret_hold(vbo_secret *secret);

#endif
