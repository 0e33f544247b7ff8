/* lserver.h: what the files of the module vbo.server share.  Private. */
#ifndef VBO_LSERVER_H
#define VBO_LSERVER_H

#include "lua/lutil.h"
#include "server/server.h"
#include "server/stream.h"

#define VBOL_STREAM_CLASS "vbo.Stream"

typedef struct vboL_stream {
  vbo_stream *stream; /* NULL: closed */
} vboL_stream;

typedef struct vboL_request {
  vbo_visit *visit; /* NULL: closed; user value 1: the server */
} vboL_request;

/* Pushes a request without a visit yet, which keeps its server alive. */
vboL_request *vboL_new_request(lua_State *L, int server_index);
/* Returns the stream of an argument; raises for another value and for a closed one. */
vbo_stream *vboL_open_stream(lua_State *L, int arg);
/* Pushes `count` zeroed elements of `size` bytes for C that the collector owns, so that nothing
 * leaks when a bad element raises. */
void *vboL_new_array(lua_State *L, size_t count, size_t size);
/* Makes the class of requests. */
void vboL_open_requests(lua_State *L);
/* Adds the functions of lstream.c to the module's table at the top of the stack. */
void vboL_open_streams(lua_State *L);
/* Adds those of lfolder.c. */
void vboL_open_folders(lua_State *L);

/* Adds those of lmail.c. */
void vboL_open_mail(lua_State *L);

#endif
