/* heap.c: the memory of the interpreter's Lua state.
 *
 * Lua says how large a block is when it gives it back, so that small ones need
 * neither a header nor a search: one list for each size, out of large pieces.  A
 * loop over a million records makes and drops a few of each record; with malloc a
 * tenth of its time went there.  The pieces are given back at the end. */
#include "heap.h"

#include <lauxlib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STEP = 16, SMALL = 256, CLASSES = SMALL / STEP, PIECE = 64 << 10 };

typedef struct block {
  struct block *next;
} block;

typedef struct piece {
  struct piece *next;
  max_align_t bytes[]; /* as aligned as malloc's */
} piece;

struct vbo_heap {
  block *unused[CLASSES + 1];
  piece *pieces;
  char *fresh; /* what is left of the newest piece */
  size_t left;
};

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define PLAIN 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define PLAIN 1
#endif
#if !defined(PLAIN)
#define PLAIN 0
#endif

static size_t class_of(size_t size) {
  return (size + STEP - 1) / STEP;
}

static void *carve(vbo_heap *heap, size_t size) {
  if (heap->left < size) {
    piece *made = malloc(PIECE);
    if (made == NULL) return NULL;
    made->next = heap->pieces;
    heap->pieces = made;
    heap->fresh = (char *)made->bytes;
    heap->left = PIECE - offsetof(piece, bytes);
  }
  void *cut = heap->fresh;
  heap->fresh += size;
  heap->left -= size;
  return cut;
}

static void *take(vbo_heap *heap, size_t size) {
  if (size > SMALL) return malloc(size);
  size_t class = class_of(size);
  block *found = heap->unused[class];
  if (found == NULL) return carve(heap, class * STEP);
  heap->unused[class] = found->next;
  return found;
}

static void give(vbo_heap *heap, void *memory, size_t size) {
  if (memory == NULL) return;
  if (size > SMALL) {
    free(memory);
    return;
  }
  block *returned = memory;
  returned->next = heap->unused[class_of(size)];
  heap->unused[class_of(size)] = returned;
}

static void *plain(void *memory, size_t size) {
  if (size != 0) return realloc(memory, size);
  free(memory);
  return NULL;
}

/* A lua_Alloc. */
static void *change(void *data, void *memory, size_t had, size_t wanted) {
  vbo_heap *heap = data;
  if (PLAIN) return plain(memory, wanted);
  if (memory == NULL) return wanted == 0 ? NULL : take(heap, wanted); /* `had` is a type */
  if (wanted == 0) {
    give(heap, memory, had);
    return NULL;
  }
  if (had > SMALL && wanted > SMALL) return realloc(memory, wanted);
  if (had <= SMALL && wanted <= SMALL && class_of(had) == class_of(wanted)) return memory;
  void *moved = take(heap, wanted);
  /* Lua relies on it that a block can be made smaller; as part of a larger one it is
   * as good. */
  if (moved == NULL) return wanted <= had ? memory : NULL;
  memcpy(moved, memory, had < wanted ? had : wanted);
  give(heap, memory, had);
  return moved;
}

/* --------------------------------------------------------------- warn(), panic */

/* "@on" and "@off" switch warnings, which are off at first; a message may come in
 * several parts. */
static void warn(void *data, const char *text, int more) {
  static bool on, within;
  (void)data;
  if (!within && !more && *text == '@') {
    if (strcmp(text, "@on") == 0) on = true;
    if (strcmp(text, "@off") == 0) on = false;
    return;
  }
  if (on) {
    if (!within) fputs("Lua warning: ", stderr);
    fputs(text, stderr);
    if (!more) fputc('\n', stderr);
    fflush(stderr);
  }
  within = more != 0;
}

static int panic(lua_State *L) {
  const char *message = lua_tostring(L, -1);
  fprintf(stderr, "PANIC: unprotected error in call to Lua API (%s)\n",
          message != NULL ? message : "error object is not a string");
  fflush(stderr);
  return 0; /* and Lua aborts */
}

lua_State *vbo_heap_state(vbo_heap **heap) {
  *heap = calloc(1, sizeof **heap);
  if (*heap == NULL) return NULL;
  lua_State *L = lua_newstate(change, *heap);
  if (L == NULL) {
    vbo_heap_free(*heap);
    *heap = NULL;
    return NULL;
  }
  lua_atpanic(L, panic);
  lua_setwarnf(L, warn, NULL);
  return L;
}

void vbo_heap_free(vbo_heap *heap) {
  if (heap == NULL) return;
  while (heap->pieces != NULL) {
    piece *next = heap->pieces->next;
    free(heap->pieces);
    heap->pieces = next;
  }
  free(heap);
}
