/* libraries.c: loads libmicrohttpd, libarchive and GMime when they are first used.
 *
 * They are not linked: most users never start a rehearsal server, and must be able to run `vbolua`
 * where these libraries are missing. The headers supply the types at build time. Each table is
 * filled from an X-macro list, so that a function cannot be declared and not loaded. */
#include "server/libraries.h"

#include "base/error.h"

#include <dlfcn.h>
#include <string.h>

typedef struct vbo_symbol {
  const char *name;
  size_t offset; /* of its pointer in the table */
} vbo_symbol;

typedef struct vbo_library {
  const char *name;
  const char *hint;
  const char *const *files; /* tried in this order, NULL at the end */
  const vbo_symbol *symbols;
  size_t symbol_count;
} vbo_library;

/* ISO C has no way from an object pointer to a function pointer; POSIX says that dlsym's result can
 * be stored as one.  Copying the representation says so without a cast that -Wpedantic refuses. */
_Static_assert(sizeof(void *) == sizeof(void (*)(void)), "POSIX: dlsym");

/* RTLD_NOW fails here for a broken library and not in the middle of a request; RTLD_LOCAL keeps its
 * symbols from others. The library stays loaded until the process ends. */
static bool load(const vbo_library *library, void *table, vbo_error *err) {
  void *handle = NULL;
  for (const char *const *file = library->files; *file && !handle; file++)
    handle = dlopen(*file, RTLD_NOW | RTLD_LOCAL);
  if (!handle) {
    vbo_error_set(err, VBO_ERROR_UNSUPPORTED, "the rehearsal server needs %s", library->name);
    vbo_error_hint(err, "%s", library->hint);
    return false;
  }
  for (size_t i = 0; i < library->symbol_count; i++) {
    const vbo_symbol *symbol = &library->symbols[i];
    void *address = dlsym(handle, symbol->name);
    if (!address) {
      vbo_error_set(err, VBO_ERROR_UNSUPPORTED,
                    "the rehearsal server needs a newer %s: this one lacks %s", library->name,
                    symbol->name);
      vbo_error_hint(err, "%s", library->hint);
      dlclose(handle);
      return false;
    }
    memcpy((char *)table + symbol->offset, &address, sizeof address);
  }
  return true;
}

bool vbo_dynamic_mhd(vbo_mhd *table, vbo_error *err) {
  /* The versioned name is that of the ABI which the headers describe, and the one without a -dev
   * package; the plain one follows for other systems. */
  static const char *const files[] = {"libmicrohttpd.so.12",
                                      "libmicrohttpd.so",
                                      "libmicrohttpd.12.dylib",
                                      "libmicrohttpd.dylib",
                                      "/opt/homebrew/lib/libmicrohttpd.dylib",
                                      "/usr/local/lib/libmicrohttpd.dylib",
                                      NULL};
#define SYMBOL(name) {#name, offsetof(vbo_mhd, name)},
  static const vbo_symbol symbols[] = {VBO_MHD_FUNCTIONS(SYMBOL)};
#undef SYMBOL
  static const vbo_library library = {
      "libmicrohttpd", "Debian: apt install libmicrohttpd12; macOS: brew install libmicrohttpd",
      files, symbols, sizeof symbols / sizeof symbols[0]};
  return load(&library, table, err);
}

bool vbo_dynamic_archive(vbo_archive *table, vbo_error *err) {
  /* Homebrew keeps its libarchive out of the common folder; macOS' own comes last, it is older. */
  static const char *const files[] = {"libarchive.so.13",
                                      "libarchive.so",
                                      "/opt/homebrew/opt/libarchive/lib/libarchive.13.dylib",
                                      "/usr/local/opt/libarchive/lib/libarchive.13.dylib",
                                      "libarchive.13.dylib",
                                      "libarchive.2.dylib",
                                      NULL};
#define SYMBOL(name) {#name, offsetof(vbo_archive, name)},
  static const vbo_symbol symbols[] = {VBO_ARCHIVE_FUNCTIONS(SYMBOL)};
#undef SYMBOL
  static const vbo_library library = {
      "libarchive", "Debian: apt install libarchive13; macOS: brew install libarchive", files,
      symbols, sizeof symbols / sizeof symbols[0]};
  return load(&library, table, err);
}

/* GMime brings GLib with it: dlsym finds g_object_unref and its like through the handle, as it
 * searches the dependencies, too. */
bool vbo_dynamic_gmime(vbo_gmime *table, vbo_error *err) {
  static const char *const files[] = {"libgmime-3.0.so.0",
                                      "libgmime-3.0.so",
                                      "libgmime-3.0.0.dylib",
                                      "libgmime-3.0.dylib",
                                      "/opt/homebrew/lib/libgmime-3.0.dylib",
                                      "/usr/local/lib/libgmime-3.0.dylib",
                                      NULL};
#define SYMBOL(name) {#name, offsetof(vbo_gmime, name)},
  static const vbo_symbol symbols[] = {VBO_GMIME_FUNCTIONS(SYMBOL)};
#undef SYMBOL
  static const vbo_library library = {
      "GMime to read mail", "Debian: apt install libgmime-3.0-0; macOS: brew install gmime", files,
      symbols, sizeof symbols / sizeof symbols[0]};
  return load(&library, table, err);
}
