/* secret.c: secrets and the memory they live in. */
#include "secret.h"

#include <openssl/crypto.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { SECURE_HEAP = 512 * 1024, SECURE_SMALLEST = 32 };

struct vbo_secret {
  char *bytes;
  size_t size;
  size_t capacity;
  unsigned owners;
};

static pthread_once_t heap_once = PTHREAD_ONCE_INIT;

static void heap_start(void) {
  /* A host program that has set it up already keeps its own size.  A failure
   * needs no word: CRYPTO_secure_malloc then takes ordinary memory. */
  if (!CRYPTO_secure_malloc_initialized()) CRYPTO_secure_malloc_init(SECURE_HEAP, SECURE_SMALLEST);
}

void *vbo_secure_alloc(size_t size) {
  pthread_once(&heap_once, heap_start);
  if (size == 0) size = 1;
  void *memory = OPENSSL_secure_zalloc(size);
  /* Full: ordinary memory.  OPENSSL_secure_clear_free tells the two apart. */
  return memory != NULL ? memory : OPENSSL_zalloc(size);
}

void vbo_secure_free(void *memory, size_t size) {
  if (memory != NULL) OPENSSL_secure_clear_free(memory, size);
}

void vbo_secure_wipe(void *memory, size_t size) {
  OPENSSL_cleanse(memory, size);
}

vbo_secret *vbo_secret_adopt(void *bytes, size_t size, size_t capacity, vbo_error *err) {
  vbo_secret *secret = malloc(sizeof *secret);
  if (secret == NULL) {
    vbo_secure_free(bytes, capacity);
    vbo_error_memory(err);
    return NULL;
  }
  *secret = (vbo_secret){.bytes = bytes, .size = size, .capacity = capacity, .owners = 1};
  return secret;
}

vbo_secret *vbo_secret_new(const void *bytes, size_t size, vbo_error *err) {
  char *copy = size < SIZE_MAX ? vbo_secure_alloc(size + 1) : NULL;
  if (copy == NULL) {
    vbo_error_memory(err);
    return NULL;
  }
  if (size > 0) memcpy(copy, bytes, size);
  return vbo_secret_adopt(copy, size, size + 1, err);
}

size_t vbo_secret_size(const vbo_secret *secret) {
  return secret->size;
}

const char *vbo_secret_bytes(const vbo_secret *secret) {
  return secret->bytes;
}

vbo_secret *vbo_secret_share(vbo_secret *secret) {
  if (secret != NULL) secret->owners++;
  return secret;
}

void vbo_secret_free(vbo_secret *secret) {
  if (secret == NULL || --secret->owners > 0) return;
  vbo_secure_free(secret->bytes, secret->capacity);
  free(secret);
}
