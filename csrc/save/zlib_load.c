/* zlib_load.c: see zlib_load.h. */
#include "save/zlib_load.h"

#ifdef VBO_HAVE_ZLIB

#include <dlfcn.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

static vbo_zlib table;
static bool loaded;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static bool find(void *library, const char *name, void *into) {
  void *address = dlsym(library, name);
  memcpy(into, &address, sizeof address); /* POSIX: dlsym's result is a function's address */
  return address != NULL;
}

static void load(void) {
  static const char *const files[] = {"libz.so.1", "libz.so", "libz.1.dylib", "libz.dylib", NULL};
  void *library = NULL;
  for (const char *const *file = files; *file != NULL && library == NULL; file++)
    library = dlopen(*file, RTLD_NOW | RTLD_LOCAL);
  loaded = library != NULL && find(library, "crc32", &table.crc32) &&
           find(library, "inflateInit2_", &table.inflateInit2_) &&
           find(library, "inflateReset", &table.inflateReset) &&
           find(library, "inflate", &table.inflate) &&
           find(library, "inflateEnd", &table.inflateEnd);
}

const vbo_zlib *vbo_zlib_load(void) {
  pthread_once(&once, load);
  return loaded ? &table : NULL;
}

#else

typedef int vbo_zlib_is_missing; /* ISO C wants something in every file */

#endif
