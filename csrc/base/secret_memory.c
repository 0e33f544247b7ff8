/* secret_memory.c: see secret.h.
 *
 * OpenSSL's heap has one size for the life of the process. Behind it come arenas: mapped pages
 * that are cut into blocks of powers of two, freed blocks kept in a list of their size. */
#include <openssl/crypto.h>
#include <pthread.h>
#include <stdint.h>
#include <string.h>

#include "base/secret.h"
#include "base/system.h"

enum {
  SECURE_HEAP = 512 * 1024,
  SMALLEST = 32,
  ARENA = 256 * 1024,
  CLASSES = 13 /* sizes 32, 64 … 128 KiB; a larger block has an arena of its own */
};

/* Pages of our own, with this head in front. */
typedef struct arena {
  struct arena *next;
  size_t size;         /* of the pages, this head included */
  size_t used;         /* bytes, from the front */
  size_t live;         /* blocks */
  void *free[CLASSES]; /* freed blocks, each with the address of the next in it */
} arena;

static pthread_once_t heap_once = PTHREAD_ONCE_INIT;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static arena *arenas;
static bool heap_locked;     /* the system locks memory for us */
static _Atomic bool refused; /* the last failure was the limit of locked memory, not the system's
                                memory */

/* Starts the heap for the life of the process: a secret may live on any thread until the end. */
static void heap_start(void) {
  /* A host program that has initialized the heap keeps its size, and has seen whether it is
   * locked. CRYPTO_secure_malloc_init(3): 1 is success, 2 is success without the lock. */
  if (CRYPTO_secure_malloc_initialized())
    heap_locked = true;
  else
    heap_locked = CRYPTO_secure_malloc_init(SECURE_HEAP, SMALLEST) == 1;
}

bool vbo_secrets_locked(void) {
  pthread_once(&heap_once, heap_start);
  return heap_locked;
}

/* ------------------------------------------------------------------- arenas */

static size_t block_size(size_t size, int *class) {
  size_t block = SMALLEST;
  for (*class = 0; block < size && *class < CLASSES; (*class)++)
    block *= 2;
  return *class < CLASSES ? block : size;
}

/* Returns the head's size, rounded up so that each block begins at a multiple of SMALLEST. */
static size_t head_size(void) {
  return (sizeof(arena) + SMALLEST - 1) / SMALLEST * SMALLEST;
}

/* Takes a block. The link of a free one is read by memcpy, since the block has no type. */
static void *take(arena *from, size_t block, int class) {
  void *memory = class < CLASSES ? from->free[class] : NULL;
  if (memory != NULL) {
    memcpy(&from->free[class], memory, sizeof(void *));
    memset(memory, 0, sizeof(void *)); /* the rest was wiped when it was freed */
  } else if (from->size - from->used >= block) {
    memory = (char *)from + from->used;
    from->used += block;
  }
  if (memory != NULL) from->live++;
  return memory;
}

static arena *new_arena(size_t block) {
  bool locked = false;
  size_t size = block > SIZE_MAX / 2 ? 0 : block + head_size();
  arena *made = size == 0 ? NULL : vbo_secret_pages(size > ARENA ? size : ARENA, &size, &locked);
  if (made == NULL) return NULL;
  /* Memory that may be swapped out is refused where locking works: see secret.h. */
  if (heap_locked && !locked) {
    vbo_secret_pages_free(made, size);
    refused = true;
    return NULL;
  }
  *made = (arena){.next = arenas, .size = size, .used = head_size()};
  arenas = made;
  return made;
}

/* Takes the first block that fits: the arenas are few, since each holds thousands of small
 * secrets. */
static void *arena_alloc(size_t size) {
  int class = 0;
  size_t block = block_size(size, &class);
  void *memory = NULL;
  refused = false;
  pthread_mutex_lock(&lock);
  for (arena *each = arenas; each != NULL && memory == NULL; each = each->next)
    memory = take(each, block, class);
  if (memory == NULL) {
    arena *made = new_arena(block);
    if (made != NULL) memory = take(made, block, class);
  }
  pthread_mutex_unlock(&lock);
  return memory;
}

static void arena_free(void *memory, size_t size) {
  int class = 0;
  size_t block = block_size(size, &class);
  /* The block, not only the bytes asked for: `take` relies on zeros. */
  OPENSSL_cleanse(memory, block);
  pthread_mutex_lock(&lock);
  arena **link = &arenas;
  while (*link != NULL &&
         ((char *)memory < (char *)*link || (char *)memory >= (char *)*link + (*link)->size))
    link = &(*link)->next;
  arena *home = *link;
  /* Locked memory is scarce: an arena without a block goes back to the system at once. */
  if (home != NULL && --home->live == 0) {
    *link = home->next;
    vbo_secret_pages_free(home, home->size);
  } else if (home != NULL && class < CLASSES) {
    memcpy(memory, &home->free[class], sizeof(void *));
    home->free[class] = memory;
  }
  pthread_mutex_unlock(&lock);
}

/* ------------------------------------------------------------------- public */

void *vbo_secure_alloc(size_t size) {
  pthread_once(&heap_once, heap_start);
  if (size == 0) size = 1;
  /* Without its heap OPENSSL_secure_zalloc would take ordinary memory
   * (OPENSSL_secure_malloc(3)). */
  if (!CRYPTO_secure_malloc_initialized()) return arena_alloc(size);
  void *memory = OPENSSL_secure_zalloc(size);
  return memory != NULL ? memory : arena_alloc(size);
}

bool vbo_secure_full(vbo_error *err) {
  if (!refused) return vbo_error_memory(err);
  return vbo_error_literal(
      err, VBO_ERROR_MEMORY, "the locked memory for secrets is used up",
      "raise its limit (ulimit -l, LimitMEMLOCK= of a service, --ulimit memlock= of "
      "a container), or close secrets that are no longer needed");
}

void vbo_secure_free(void *memory, size_t size) {
  if (memory == NULL) return;
  if (size == 0) size = 1;
  if (CRYPTO_secure_allocated(memory))
    OPENSSL_secure_clear_free(memory, size);
  else
    arena_free(memory, size);
}

/* Replaces memset, which a compiler may remove before a free. */
void vbo_secure_wipe(void *memory, size_t size) {
  OPENSSL_cleanse(memory, size);
}
