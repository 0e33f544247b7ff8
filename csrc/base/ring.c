/* ring.c: see ring.h.
 *
 * The ring needs no lock: libcurl's callbacks fill it and its puller empties it on the same
 * thread. */
#include "base/ring.h"

#include <stdlib.h>
#include <string.h>

bool vbo_ring_put(vbo_ring *ring, const void *bytes, size_t size, vbo_error *err) {
  if (size == 0) return true;
  /* Allocated with the first byte: a transfer that fails early needs no MiB. */
  if (ring->data == NULL && (ring->data = malloc(VBO_RING_CAPACITY)) == NULL)
    return vbo_error_memory(err);
  size_t end = (ring->start + ring->size) % VBO_RING_CAPACITY;
  /* A run may wrap around the end: then it goes in two pieces. */
  size_t first = VBO_RING_CAPACITY - end < size ? VBO_RING_CAPACITY - end : size;
  memcpy(ring->data + end, bytes, first);
  memcpy(ring->data, (const char *)bytes + first, size - first);
  ring->size += size;
  return true;
}

size_t vbo_ring_take(vbo_ring *ring, void *bytes, size_t size) {
  if (size > ring->size) size = ring->size;
  if (size == 0) return 0;
  size_t first = VBO_RING_CAPACITY - ring->start < size ? VBO_RING_CAPACITY - ring->start : size;
  memcpy(bytes, ring->data + ring->start, first);
  memcpy((char *)bytes + first, ring->data, size - first);
  ring->size -= size;
  /* An empty ring begins anew, so that the next bytes stay in one piece. */
  ring->start = ring->size == 0 ? 0 : (ring->start + size) % VBO_RING_CAPACITY;
  return size;
}

void vbo_ring_clear(vbo_ring *ring) {
  ring->start = ring->size = 0;
}

void vbo_ring_free(vbo_ring *ring) {
  free(ring->data);
  *ring = (vbo_ring){0};
}
