/* secret.h: memory for what nobody may read, and the secrets in it.
 *
 * That memory is OpenSSL's secure heap (512 KiB), and when that is full, locked
 * pages of our own: kept out of swap and core dumps, between guard pages, wiped
 * on release.  Where the system locks no memory at all (a limit of 0), secrets
 * are held in pages that core dumps leave out, and vbo_secrets_locked says so.
 * Where it did and the limit is reached, there is no more: a failure, never
 * ordinary memory.
 */
#ifndef VBO_SECRET_H
#define VBO_SECRET_H

#include "base/kinds.h"

/* Zeroed.  NULL when there is no more of it; vbo_secure_full tells why. */
void *vbo_secure_alloc(size_t size);
/* Sets the error of an allocation that failed.  Always false. */
bool vbo_secure_full(vbo_error *err);
/* Wipes all `size` bytes and gives them back; NULL is fine. */
void vbo_secure_free(void *memory, size_t size);
void vbo_secure_wipe(void *memory, size_t size);

/* A new secret takes over `bytes`, which came from vbo_secure_alloc(capacity)
 * and are freed here also on failure. */
vbo_secret *vbo_secret_adopt(void *bytes, size_t size, size_t capacity, vbo_error *err);
/* The bytes, NUL-terminated.  Never print, never copy to ordinary memory. */
const char *vbo_secret_bytes(const vbo_secret *secret);

/* The one line of UTF-8 that `bytes` are, without a byte order mark before and line ends after it.
 * USAGE for UTF-16, several lines and zero bytes, NOT_FOUND for nothing; `what` names it. */
vbo_secret *vbo_secret_line(const char *bytes, size_t size, const char *what, vbo_error *err);
/* What an open file has: that line, or (`whole`) all its bytes. */
vbo_secret *vbo_secret_from_descriptor(int file, const char *what, bool whole, vbo_error *err);

/* Calls `see` with each secret of the process, in no order.  No secret is made
 * or freed meanwhile, on any thread: `see` must do neither, but may hold it. */
void vbo_secret_each(void (*see)(void *owner, vbo_secret *secret), void *owner);
/* Within vbo_secret_each: another owner, as vbo_secret_share.  False for a
 * secret that its last owner is about to free. */
bool vbo_secret_hold(vbo_secret *secret);

#endif
