/* ring.h: the bounded queue of bytes between the network and a puller. */
#ifndef VBO_RING_H
#define VBO_RING_H

#include "base/error.h"

typedef struct vbo_ring {
  char *data; /* NULL until the first byte */
  size_t start;
  size_t size;
} vbo_ring;

enum { VBO_RING_CAPACITY = 1 << 20 };

static inline size_t vbo_ring_space(const vbo_ring *ring) {
  return VBO_RING_CAPACITY - ring->size;
}
/* Appends bytes, for which the caller has checked the space. False when out of memory. */
bool vbo_ring_put(vbo_ring *ring, const void *bytes, size_t size, vbo_error *err);
/* Moves up to `size` bytes into `bytes` and returns how many. */
size_t vbo_ring_take(vbo_ring *ring, void *bytes, size_t size);
void vbo_ring_clear(vbo_ring *ring);
void vbo_ring_free(vbo_ring *ring);

#endif
