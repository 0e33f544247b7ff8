/* digest.c: SHA-256, HMAC and random bytes through OpenSSL.
 *
 * EVP picks the processor's own instructions. */
#include "save/digest.h"

#include <limits.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

/* An EVP_MD_CTX under our own name: no header but this file's needs OpenSSL. */
static EVP_MD_CTX *context(vbo_digest *digest) {
  return (EVP_MD_CTX *)digest;
}

static bool failed(vbo_error *err) {
  return vbo_error_set(err, VBO_ERROR_MEMORY, "SHA-256 is not available");
}

/* vbo_digest is never defined as a struct: every pointer to one is an EVP_MD_CTX. */
vbo_digest *vbo_digest_new(vbo_error *err) {
  vbo_digest *digest = (vbo_digest *)EVP_MD_CTX_new();
  if (digest == NULL) {
    vbo_error_memory(err);
    return NULL;
  }
  if (vbo_digest_reset(digest, err)) return digest;
  vbo_digest_free(digest);
  return NULL;
}

bool vbo_digest_reset(vbo_digest *digest, vbo_error *err) {
  return EVP_DigestInit_ex(context(digest), EVP_sha256(), NULL) == 1 || failed(err);
}

bool vbo_digest_add(vbo_digest *digest, const void *bytes, size_t size, vbo_error *err) {
  return EVP_DigestUpdate(context(digest), bytes, size) == 1 || failed(err);
}

bool vbo_digest_finish(vbo_digest *digest, char hex[VBO_DIGEST_HEX], vbo_error *err) {
  static const char digits[] = "0123456789abcdef";
  /* EVP_DigestFinal_ex writes as many bytes as the algorithm has; the buffer fits any. */
  unsigned char bytes[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  if (EVP_DigestFinal_ex(context(digest), bytes, &size) != 1 || size != 32) return failed(err);
  for (size_t i = 0; i < 32; i++) {
    hex[2 * i] = digits[bytes[i] >> 4];
    hex[2 * i + 1] = digits[bytes[i] & 15];
  }
  hex[64] = '\0';
  return true;
}

void vbo_digest_free(vbo_digest *digest) {
  EVP_MD_CTX_free((EVP_MD_CTX *)digest);
}

bool vbo_digest_hmac(const void *key, size_t key_size, const void *bytes, size_t size,
                     unsigned char out[VBO_DIGEST_BYTES], vbo_error *err) {
  unsigned length = 0;
  /* HMAC takes the key's length as an int, RAND_bytes its count. */
  if (key_size > INT_MAX) return vbo_error_set(err, VBO_ERROR_USAGE, "the key is too long");
  if (HMAC(EVP_sha256(), key, (int)key_size, bytes, size, out, &length) != NULL &&
      length == VBO_DIGEST_BYTES)
    return true;
  return failed(err);
}

bool vbo_random_bytes(void *out, size_t size, vbo_error *err) {
  if (size <= INT_MAX && RAND_bytes(out, (int)size) == 1) return true;
  return vbo_error_set(err, VBO_ERROR_MEMORY, "OpenSSL has no random bytes");
}
