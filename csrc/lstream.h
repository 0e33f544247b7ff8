/* lstream.h: what the two files of the module vbo.server share.  Private. */
#ifndef VBO_LSTREAM_H
#define VBO_LSTREAM_H

#include "lutil.h"
#include "stream.h"

#define VBOL_STREAM_CLASS "vbo.Stream"

typedef struct vboL_stream {
  vbo_stream *stream; /* NULL: closed */
} vboL_stream;

/* The stream of an argument; raises when it is none, or closed. */
vbo_stream *vboL_open_stream(lua_State *L, int arg);
/* Pushes `count` zeroed elements of `size` bytes for C that the collector owns, so that nothing
 * leaks when a bad element raises. */
void *vboL_new_array(lua_State *L, size_t count, size_t size);
/* What lstream.c adds to the module's table at the top of the stack. */
void vboL_open_streams(lua_State *L);

#endif
