/* escapes.h: a text as characters that know where they came from, and one layer of escapes less.
 *
 * Redaction looks for secrets in what a text says however it is escaped, and marks them in the text
 * itself: each character keeps its place through every layer. */
#ifndef VBO_ESCAPES_H
#define VBO_ESCAPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct vbo_glyph {
  uint32_t point;
  uint32_t from; /* its place in the text: the first byte … */
  uint32_t to;   /* … and the one behind the last */
} vbo_glyph;

typedef struct vbo_row {
  vbo_glyph *at;
  size_t count;
} vbo_row;

/* Kinds of escapes, as bits: percent (URLs, quoted-printable), entities (HTML, XML), backslashes
 * (JSON, C). */
enum { VBO_ESCAPES_ALL = 7 };

/* Reads the character at `bytes`, which are not empty, and returns how many bytes it has.  Bytes
 * that are not UTF-8 count as Latin-1. */
size_t vbo_row_point(const char *bytes, size_t size, uint32_t *point);
/* Returns the value of a digit; -1 for anything else. */
int vbo_row_digit(uint32_t point, int base);
/* Decodes one layer of the kinds in `which` into `out`, which the caller frees in either case.
 * Returns false without any such escape, and with `*starved` out of memory. */
bool vbo_row_decode(const vbo_row *text, unsigned which, vbo_row *out, bool *starved);
/* Wipes and frees the characters. */
void vbo_row_free(vbo_row *row);

#endif
