/* base64.c: RFC 4648 section 4, for fingerprints and secrets. Both functions write into memory of
 * the caller, which may be secure. */
#include "base/base64.h"

#include <string.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void vbo_base64_encode(char *out, const unsigned char *bytes, size_t size) {
  while (size > 0) {
    unsigned group = (unsigned)bytes[0] << 16;
    if (size > 1) group |= (unsigned)bytes[1] << 8;
    if (size > 2) group |= bytes[2];
    *out++ = alphabet[group >> 18];
    *out++ = alphabet[group >> 12 & 63];
    *out++ = size > 1 ? alphabet[group >> 6 & 63] : '=';
    *out++ = size > 2 ? alphabet[group & 63] : '=';
    bytes += 3;
    size = size > 3 ? size - 3 : 0;
  }
  *out = '\0';
}

bool vbo_base64_decode(const char *text, size_t size, unsigned char *out, size_t wanted) {
  while (size > 0 && text[size - 1] == '=')
    size--;
  /* The caller knows the size: a fingerprint that was cut or has a byte too many is refused
   * here. */
  if (size != (wanted * 4 + 2) / 3) return false;
  unsigned bits = 0;
  int count = 0;
  for (size_t i = 0; i < size; i++) {
    const char *found = text[i] != '\0' ? strchr(alphabet, text[i]) : NULL;
    if (found == NULL) return false;
    bits = bits << 6 | (unsigned)(found - alphabet);
    count += 6;
    if (count >= 8) {
      count -= 8;
      *out++ = (unsigned char)(bits >> count & 255U);
    }
  }
  return (bits & ((1U << count) - 1)) == 0; /* the unused bits must be 0: otherwise the text was
                                               cut */
}
