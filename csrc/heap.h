/* heap.h: the memory of the interpreter's Lua state. */
#ifndef VBO_HEAP_H
#define VBO_HEAP_H

#include <lua.h>

typedef struct vbo_heap vbo_heap;

/* As luaL_newstate, with memory of our own; NULL when there is none. */
lua_State *vbo_heap_state(vbo_heap **heap);
/* After lua_close.  Nothing of it may be in use. */
void vbo_heap_free(vbo_heap *heap);

#endif
