/* examine.h: a file that is there already, read again. */
#ifndef VBO_EXAMINE_H
#define VBO_EXAMINE_H

#include "save/digest.h"

typedef struct vbo_examined {
  int64_t size;
  char sha256[VBO_DIGEST_HEX];
  const char *checked; /* as vbo_transfer_checked */
  const char *unchecked;
} vbo_examined;

/* Reads all of a plain file: its size, its SHA-256 and, with `check` (as in
 * vbo_sink_options), whether it is what it should be.  NOT_FOUND when it is not
 * there, DISK when it cannot be read (a folder, a device), INTEGRITY for a check
 * that fails, USAGE for an unknown check. */
bool vbo_examine(const char *path, const char *check, vbo_examined *found, vbo_error *err);

#endif
