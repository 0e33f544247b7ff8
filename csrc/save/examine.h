/* examine.h: checks a file on the disk. */
#ifndef VBO_EXAMINE_H
#define VBO_EXAMINE_H

#include "save/digest.h"

typedef struct vbo_examined {
  int64_t size;
  char sha256[VBO_DIGEST_HEX];
  const char *checked; /* as vbo_transfer_checked */
  const char *unchecked;
} vbo_examined;

/* Reads all of a plain file and gives its size, its SHA-256 and, with `check` (as in
 * vbo_sink_options), the check that it passed. NOT_FOUND for a missing file, DISK for one that
 * cannot be read (a folder, a device), INTEGRITY for a failed check, USAGE for an unknown one. */
bool vbo_examine(const char *path, const char *check, vbo_examined *found, vbo_error *err);

#endif
