/* buffer.h: a growing, bounded run of bytes. */
#ifndef VBO_BUFFER_H
#define VBO_BUFFER_H

#include "base/error.h"

/* Zero-initialised it is an empty buffer without a bound.  `data` is NULL while
 * nothing was ever put in, NUL-terminated afterwards (the NUL is not counted). */
typedef struct vbo_buffer {
  char *data;
  size_t size;
  size_t capacity;
  size_t limit; /* 0: none */
  bool secure;  /* lives on the secure heap; wiped whenever it moves */
} vbo_buffer;

/* False with LIMIT or MEMORY, and nothing added. */
bool vbo_buffer_append(vbo_buffer *buffer, const void *bytes, size_t size, vbo_error *err);
bool vbo_buffer_append_text(vbo_buffer *buffer, const char *text, vbo_error *err);
/* Room for `size` more bytes, so that the appends that follow cannot move it. */
bool vbo_buffer_reserve(vbo_buffer *buffer, size_t size, vbo_error *err);
/* Empty again; the memory is kept (and wiped when secure). */
void vbo_buffer_clear(vbo_buffer *buffer);
/* Gives the memory back; limit and secure stay as they are. */
void vbo_buffer_free(vbo_buffer *buffer);

#endif
