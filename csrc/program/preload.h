/* preload.h: the Lua files that the interpreter carries. */
#ifndef VBO_PRELOAD_H
#define VBO_PRELOAD_H

#include <lua.h>
#include <stddef.h>

/* The prefix of the names of embedded chunks. */
#define VBO_CHUNK "@(vbolua)"

typedef struct vbo_embedded_file {
  const char *module; /* "vbo.cli.sim" */
  const char *chunk;  /* its name in tracebacks: "@(vbolua)/vbo/cli/sim.lua" */
  const char *code;   /* compiled */
  size_t size;
} vbo_embedded_file;

/* Sorted by module; made by embed.c from the files of lua/. */
extern const vbo_embedded_file vbo_embedded_files[];
extern const size_t vbo_embedded_count;

/* Puts the C modules into package.preload, and the Lua files behind it in
 * package.searchers: what the binary carries fits the C code in it, so it comes
 * before what LUA_PATH may find.  lua_CFunction: takes and returns nothing. */
int vbo_preload(lua_State *L);
/* Returns the embedded file of a module; NULL without one. */
const vbo_embedded_file *vbo_embedded_find(const char *module);

#endif
