/* digest.h: SHA-256 of a stream, and signatures made with it. */
#ifndef VBO_DIGEST_H
#define VBO_DIGEST_H

#include "base/error.h"

typedef struct vbo_digest vbo_digest;

enum { VBO_DIGEST_HEX = 65, VBO_DIGEST_BYTES = 32 };

vbo_digest *vbo_digest_new(vbo_error *err);
/* Begins again. */
bool vbo_digest_reset(vbo_digest *digest, vbo_error *err);
bool vbo_digest_add(vbo_digest *digest, const void *bytes, size_t size, vbo_error *err);
/* Writes the digest in lower case hex. It must be reset before it is used again. */
bool vbo_digest_finish(vbo_digest *digest, char hex[VBO_DIGEST_HEX], vbo_error *err);
void vbo_digest_free(vbo_digest *digest);

/* Computes the HMAC-SHA-256 (RFC 2104) of `bytes`. */
bool vbo_digest_hmac(const void *key, size_t key_size, const void *bytes, size_t size,
                     unsigned char out[VBO_DIGEST_BYTES], vbo_error *err);
/* Fills `out` with bytes of OpenSSL's random generator, fit for keys. */
bool vbo_random_bytes(void *out, size_t size, vbo_error *err);

#endif
