/* digest.h: SHA-256 of what streams by. */
#ifndef VBO_DIGEST_H
#define VBO_DIGEST_H

#include "error.h"

typedef struct vbo_digest vbo_digest;

enum { VBO_DIGEST_HEX = 65 };

vbo_digest *vbo_digest_new(vbo_error *err);
/* Begins again. */
bool vbo_digest_reset(vbo_digest *digest, vbo_error *err);
bool vbo_digest_add(vbo_digest *digest, const void *bytes, size_t size, vbo_error *err);
/* Lower case hex; the digest must be reset before it is used again. */
bool vbo_digest_finish(vbo_digest *digest, char hex[VBO_DIGEST_HEX], vbo_error *err);
void vbo_digest_free(vbo_digest *digest);

#endif
