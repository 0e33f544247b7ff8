/* child.h: a command that this process runs to its end. */
#ifndef VBO_CHILD_H
#define VBO_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

typedef struct vbo_child {
  const char *command;            /* for sh -c */
  const char *const *environment; /* "NAME=VALUE" to set, "NAME" to leave out; ends with NULL */
  const char *input;              /* on its standard input; NULL: nothing */
  size_t input_size;              /* at most VBO_CHILD_INPUT */
  int64_t timeout;                /* milliseconds until it is ended */
} vbo_child;

enum { VBO_CHILD_INPUT = 4096 /* what a pipe holds without a reader on every system */ };

/* Runs a command in a process group of its own and waits.  It inherits standard output and standard
 * error, and no other descriptor.  `*status` becomes its exit status, 128 + N after a signal N.
 * False with TIMEOUT, after which all of its group is ended, LIMIT for too much input, MEMORY, or
 * DISK where it cannot be started. */
bool vbo_child_run(const vbo_child *child, int *status, vbo_error *err);

#endif
