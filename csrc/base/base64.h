/* base64.h: RFC 4648 section 4, as certificate fingerprints use it. */
#ifndef VBO_BASE64_H
#define VBO_BASE64_H

#include <stdbool.h>
#include <stddef.h>

/* `out` takes 4 bytes for every 3 begun, and a NUL. */
void vbo_base64_encode(char *out, const unsigned char *bytes, size_t size);
/* Exactly `wanted` bytes, with or without padding; false for anything else. */
bool vbo_base64_decode(const char *text, size_t size, unsigned char *out, size_t wanted);

#endif
