/* buffer.c: see buffer.h.
 *
 * One type serves ordinary and secure memory, so that code which builds a header or a form need not
 * know whether a secret is in it. */
#include "base/buffer.h"

#include <stdlib.h>
#include <string.h>

#include "base/secret.h"

enum { BUFFER_FIRST = 256 };

bool vbo_buffer_reserve(vbo_buffer *buffer, size_t size, vbo_error *err) {
  /* The NUL behind the bytes always has room, and is not counted. */
  if (size >= SIZE_MAX - 1 - buffer->size) return vbo_error_memory(err);
  size_t needed = buffer->size + size + 1;
  if (buffer->limit != 0 && needed - 1 > buffer->limit)
    return vbo_error_set(err, VBO_ERROR_LIMIT, "more than the %zu bytes allowed here",
                         buffer->limit);
  if (needed <= buffer->capacity) return true;
  size_t capacity = buffer->capacity < BUFFER_FIRST ? BUFFER_FIRST : buffer->capacity;
  /* Doubling makes n appends cost O(n). */
  while (capacity < needed) {
    if (capacity > SIZE_MAX / 2) {
      capacity = needed;
      break;
    }
    capacity *= 2;
  }
  /* A bounded buffer never holds more memory than its bound. */
  if (buffer->limit != 0 && buffer->limit < SIZE_MAX && capacity > buffer->limit + 1)
    capacity = buffer->limit + 1;
  if (!buffer->secure) {
    char *moved = realloc(buffer->data, capacity);
    if (moved == NULL) return vbo_error_memory(err);
    buffer->data = moved;
  } else {
    /* realloc could leave a copy behind, unwiped. */
    char *moved = vbo_secure_alloc(capacity);
    if (moved == NULL) return vbo_secure_full(err);
    if (buffer->size > 0) memcpy(moved, buffer->data, buffer->size);
    vbo_secure_free(buffer->data, buffer->capacity);
    buffer->data = moved;
  }
  buffer->capacity = capacity;
  buffer->data[buffer->size] = '\0';
  return true;
}

/* Appends bytes from elsewhere: the buffer itself may move. */
bool vbo_buffer_append(vbo_buffer *buffer, const void *bytes, size_t size, vbo_error *err) {
  if (!vbo_buffer_reserve(buffer, size, err)) return false;
  if (size > 0) memcpy(buffer->data + buffer->size, bytes, size);
  buffer->size += size;
  buffer->data[buffer->size] = '\0';
  return true;
}

bool vbo_buffer_append_text(vbo_buffer *buffer, const char *text, vbo_error *err) {
  return vbo_buffer_append(buffer, text, strlen(text), err);
}

void vbo_buffer_clear(vbo_buffer *buffer) {
  if (buffer->secure && buffer->data != NULL) vbo_secure_wipe(buffer->data, buffer->capacity);
  buffer->size = 0;
  if (buffer->data != NULL) buffer->data[0] = '\0';
}

void vbo_buffer_free(vbo_buffer *buffer) {
  if (buffer->secure)
    vbo_secure_free(buffer->data, buffer->capacity);
  else
    free(buffer->data);
  buffer->data = NULL;
  buffer->size = buffer->capacity = 0;
}
