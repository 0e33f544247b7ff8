/* buffer.h: a growing, bounded run of bytes. */
#ifndef VBO_BUFFER_H
#define VBO_BUFFER_H

#include "base/error.h"

/* An empty buffer without a bound is all zeros. `data` is NULL until the first byte, then
 * NUL-terminated (the NUL is not counted). */
typedef struct vbo_buffer {
  char *data;
  size_t size;
  size_t capacity;
  size_t limit; /* 0: none */
  bool secure;  /* lives on the secure heap; wiped whenever it moves */
} vbo_buffer;

/* Appends bytes. False with LIMIT or MEMORY, and nothing appended. */
bool vbo_buffer_append(vbo_buffer *buffer, const void *bytes, size_t size, vbo_error *err);
bool vbo_buffer_append_text(vbo_buffer *buffer, const char *text, vbo_error *err);
/* Reserves room for `size` more bytes, so that the appends that follow cannot move the buffer. */
bool vbo_buffer_reserve(vbo_buffer *buffer, size_t size, vbo_error *err);
/* Empties the buffer and keeps its memory, wiped when secure. */
void vbo_buffer_clear(vbo_buffer *buffer);
/* Frees the memory; `limit` and `secure` stay. */
void vbo_buffer_free(vbo_buffer *buffer);

#endif
