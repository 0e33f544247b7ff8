/* harness.h: what every C test includes, in the order cmocka wants it. */
#ifndef VBO_HARNESS_H
#define VBO_HARNESS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* cmocka redefines malloc and friends only when asked; we count leaks with the
 * sanitizers instead. */
#include <cmocka.h>

#include "vbo.h"

#define assert_kind(err, wanted)                                                                   \
  do {                                                                                             \
    if ((err).kind != VBO_ERROR_##wanted)                                                          \
      fail_msg("kind is %s (%s), not %s", vbo_error_kind_name((err).kind), (err).message,          \
               vbo_error_kind_name(VBO_ERROR_##wanted));                                           \
  } while (0)

#define assert_contains(text, part)                                                                \
  do {                                                                                             \
    if (strstr((text), (part)) == NULL)                                                            \
      fail_msg("\"%s\" is not in \"%s\"", (const char *)(part), (const char *)(text));             \
  } while (0)

#endif
