/* secret.h: memory for what nobody may read: OpenSSL's secure heap.
 *
 * The heap is kept out of swap and core dumps and between guard pages.  When it
 * is full (512 KiB), or the system refuses it, ordinary memory is used; that is
 * wiped on release all the same.
 */
#ifndef VBO_SECRET_H
#define VBO_SECRET_H

#include "error.h"

/* Zeroed.  NULL when memory is out. */
void *vbo_secure_alloc(size_t size);
/* Wipes all `size` bytes and gives them back; NULL is fine. */
void vbo_secure_free(void *memory, size_t size);
void vbo_secure_wipe(void *memory, size_t size);

/* A new secret takes over `bytes`, which came from vbo_secure_alloc(capacity)
 * and are freed here also on failure. */
vbo_secret *vbo_secret_adopt(void *bytes, size_t size, size_t capacity, vbo_error *err);
/* The bytes, NUL-terminated.  Never print, never copy to ordinary memory. */
const char *vbo_secret_bytes(const vbo_secret *secret);

#endif
