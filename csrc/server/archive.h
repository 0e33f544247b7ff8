/* archive.h: a ZIP made while it is read (libarchive), whose entries are streams. */
#ifndef VBO_ZIP_H
#define VBO_ZIP_H

#include "server/stream.h"

typedef enum vbo_zip_method {
  VBO_ZIP_AUTO, /* deflate what is small, store the rest: a rehearsal is about bytes arriving */
  VBO_ZIP_STORE,
  VBO_ZIP_DEFLATE
} vbo_zip_method;

typedef struct vbo_zip_entry {
  const char *name;   /* UTF-8, "/" between folders; a folder ends with "/" */
  vbo_stream *stream; /* shared, not taken; NULL: a folder, or an empty file */
  int64_t mtime;      /* seconds since 1970, UTC */
  vbo_zip_method method;
} vbo_zip_entry;

/* Makes a ZIP of the entries, which are copied. UNSUPPORTED without libarchive. */
vbo_stream *vbo_zip_new(const vbo_zip_entry *entries, size_t count, vbo_error *err);

#endif
