/* libcurl.c: see libcurl.h. */
#define VBO_LIBCURL_ITSELF
#include "http/libcurl.h"

#ifdef VBO_LIBCURL

#include <dlfcn.h>
#include <pthread.h>
#include <stddef.h>
#include <string.h>

#define TEXT(name) TEXT_OF(name)
#define TEXT_OF(name) #name

vbo_libcurl vbo_curl;

typedef struct symbol {
  const char *name;
  size_t offset; /* of its pointer in the table */
} symbol;

/* POSIX: dlsym's result can be stored as a pointer to a function. */
_Static_assert(sizeof(void *) == sizeof(void (*)(void)), "POSIX: dlsym");

static pthread_once_t once = PTHREAD_ONCE_INIT;
static bool loaded;
static const char *lacking; /* the first function that is not there */

static void load(void) {
#define SYMBOL(name) {#name, offsetof(vbo_libcurl, name)},
  static const symbol symbols[] = {VBO_LIBCURL_FUNCTIONS(SYMBOL)};
#undef SYMBOL
  /* Never unloaded: OpenSSL's clean-up at exit would run into it. */
  void *handle = dlopen(TEXT(VBO_LIBCURL), RTLD_LAZY | RTLD_LOCAL | RTLD_NODELETE);
  if (handle == NULL) return;
  for (size_t i = 0; i < sizeof symbols / sizeof *symbols; i++) {
    void *address = dlsym(handle, symbols[i].name);
    if (address == NULL) {
      lacking = symbols[i].name;
      return;
    }
    memcpy((char *)&vbo_curl + symbols[i].offset, &address, sizeof address);
  }
  loaded = true;
}

bool vbo_libcurl_load(vbo_error *err) {
  pthread_once(&once, load);
  if (loaded) return true;
  if (lacking != NULL)
    vbo_error_set(err, VBO_ERROR_UNSUPPORTED, "this libcurl is too old: it has no %s", lacking);
  else
    vbo_error_set(err, VBO_ERROR_UNSUPPORTED, "libcurl (%s) cannot be loaded", TEXT(VBO_LIBCURL));
  vbo_error_hint(err, "install libcurl 7.85 or later, built with OpenSSL (Debian: libcurl4)");
  return false;
}

#else

bool vbo_libcurl_load(vbo_error *err) {
  (void)err;
  return true;
}

#endif
