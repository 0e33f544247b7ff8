/* fuzz.h: what the fuzz targets share.
 *
 * A target is a file spec/fuzz/NAME.c with an LLVMFuzzerTestOneInput.  libFuzzer calls it with
 * what it makes up (`make fuzz`), replay.c with the files of spec/fuzz/corpus/NAME (`make test`).
 * It checks more than that nothing crashes: what does not hold ends the program. */
#ifndef VBO_FUZZ_H
#define VBO_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define HOLDS(condition)                                                                           \
  do {                                                                                             \
    if (!(condition)) {                                                                            \
      fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);                              \
      abort();                                                                                     \
    }                                                                                              \
  } while (0)

/* A copy whose end AddressSanitizer watches, with a NUL behind it when it is text. */
static inline char *fuzz_copy(const uint8_t *data, size_t size, bool text) {
  char *copy = malloc(size + (text ? 1 : 0) + (size == 0 && !text ? 1 : 0));
  if (copy == NULL) abort();
  if (size > 0) memcpy(copy, data, size);
  if (text) copy[size] = '\0';
  return copy;
}

#endif
