/* base64.h: RFC 4648 section 4, as certificate fingerprints use it. */
#ifndef VBO_BASE64_H
#define VBO_BASE64_H

#include <stdbool.h>
#include <stddef.h>

/* Encodes the bytes. `out` has room for 4 bytes for every 3 begun, and a NUL. */
void vbo_base64_encode(char *out, const unsigned char *bytes, size_t size);
/* Decodes exactly `wanted` bytes, with or without padding; false for any other text. */
bool vbo_base64_decode(const char *text, size_t size, unsigned char *out, size_t wanted);

#endif
