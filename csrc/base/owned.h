/* owned.h: settings that bind: files that only their owner can write. */
#ifndef VBO_OWNED_H
#define VBO_OWNED_H

#include <stdbool.h>

#include "base/buffer.h"

/* Reads a file into `text`.  It must be a plain file that root alone, or with `own` root and this
 * process's user, can write or replace: its owner, its mode and those of the folders above it are
 * checked.  `*absent` is true, and the result too, where there is no such file.  False with
 * USAGE for a file that others can write, DISK for one that cannot be read, LIMIT for one that
 * exceeds the buffer's limit. */
bool vbo_owned_read(const char *path, bool own, vbo_buffer *text, bool *absent, vbo_error *err);

#endif
