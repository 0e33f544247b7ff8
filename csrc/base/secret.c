/* secret.c: secrets, and the list of all that live.
 *
 * Owners may be on any thread, hence the atomic count. The list needs the lock: redaction walks it
 * while other threads make and free secrets. */
#include "base/secret.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

struct vbo_secret {
  char *bytes;
  size_t size;
  size_t capacity;
  atomic_uint owners; /* on any thread */
  vbo_secret *before; /* in the list of all */
  vbo_secret *after;
};

/* All of the process, for redaction by value. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static vbo_secret *all;

/* Keeps the struct in ordinary memory: it has no byte of the secret. */
vbo_secret *vbo_secret_adopt(void *bytes, size_t size, size_t capacity, vbo_error *err) {
  vbo_secret *secret = malloc(sizeof *secret);
  if (secret == NULL) {
    vbo_secure_free(bytes, capacity);
    vbo_error_memory(err);
    return NULL;
  }
  secret->bytes = bytes;
  secret->size = size;
  secret->capacity = capacity;
  secret->before = NULL;
  atomic_init(&secret->owners, 1);
  pthread_mutex_lock(&lock);
  secret->after = all;
  if (all != NULL) all->before = secret;
  all = secret;
  pthread_mutex_unlock(&lock);
  return secret;
}

vbo_secret *vbo_secret_new(const void *bytes, size_t size, vbo_error *err) {
  char *copy = size < SIZE_MAX ? vbo_secure_alloc(size + 1) : NULL;
  if (copy == NULL) {
    vbo_secure_full(err);
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

/* Adds an owner. Relaxed order is enough: the caller is an owner, so that the count cannot reach 0
 * meanwhile. */
vbo_secret *vbo_secret_share(vbo_secret *secret) {
  if (secret != NULL) atomic_fetch_add_explicit(&secret->owners, 1, memory_order_relaxed);
  return secret;
}

void vbo_secret_free(vbo_secret *secret) {
  /* Acquire: what other owners did with the bytes happens before they are wiped. Unlinked before it
   * is wiped, so that redaction never reads freed bytes. */
  if (secret == NULL || atomic_fetch_sub_explicit(&secret->owners, 1, memory_order_acq_rel) != 1)
    return;
  pthread_mutex_lock(&lock);
  if (secret->before != NULL)
    secret->before->after = secret->after;
  else
    all = secret->after;
  if (secret->after != NULL) secret->after->before = secret->before;
  pthread_mutex_unlock(&lock);
  vbo_secure_free(secret->bytes, secret->capacity);
  free(secret);
}

/* Adds an owner, but never to a count of 0: that last owner waits for the lock of vbo_secret_each
 * to unlink and wipe it. */
bool vbo_secret_hold(vbo_secret *secret) {
  unsigned owners = atomic_load_explicit(&secret->owners, memory_order_relaxed);
  while (owners > 0)
    if (atomic_compare_exchange_weak_explicit(&secret->owners, &owners, owners + 1,
                                              memory_order_relaxed, memory_order_relaxed))
      return true;
  return false;
}

/* Runs under the mutex, which is not recursive: `see` must neither make nor free a secret. */
void vbo_secret_each(void (*see)(void *owner, vbo_secret *secret), void *owner) {
  pthread_mutex_lock(&lock);
  for (vbo_secret *secret = all; secret != NULL; secret = secret->after)
    see(owner, secret);
  pthread_mutex_unlock(&lock);
}
