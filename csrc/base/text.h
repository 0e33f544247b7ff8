/* text.h: strings that come from elsewhere. */
#ifndef VBO_TEXT_H
#define VBO_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The size (1 to 4) of the UTF-8 sequence at `text`, 0 when it is not one
 * (overlong, surrogate, cut off …).  `point` may be NULL. */
size_t vbo_utf8_next(const char *text, size_t size, uint32_t *point);
/* Writes `point` as UTF-8 into `out` (4 bytes); its size. */
size_t vbo_utf8_put(uint32_t point, char out[4]);

/* Copies text of unknown origin into `out` as one printable line: control
 * characters and bidirectional overrides (a terminal would obey them) go, runs
 * of white space become one blank, bytes that are no UTF-8 become "?", and what
 * does not fit is cut between characters.  Always NUL-terminated. */
void vbo_text_clean(char *out, size_t capacity, const char *text, size_t size);

/* Whether a character steers a terminal, hides, or turns around the text that follows: controls
 * (C0, DEL, C1), bidirectional and zero-width ones, line and paragraph separators, tags. */
bool vbo_text_unsafe(uint32_t point);
/* How a terminal may show the character at `text` (which is not empty): as it is when `*plain`, else
 * as `out`, "\x1B" or "\u{202E}".  Tabs and line ends are plain.  The bytes that it has. */
enum { VBO_TEXT_SHOWN = 16 };
size_t vbo_text_show(const char *text, size_t size, char out[VBO_TEXT_SHOWN], bool *plain);

/* ASCII only, so that no locale changes what a header field is. */
bool vbo_ascii_equal(const char *a, size_t size_a, const char *b, size_t size_b);
char vbo_ascii_lower(char c);
bool vbo_ascii_digit(char c);

/* A copy on the heap, NULL when memory is out (or `text` is NULL). */
char *vbo_text_copy(const char *text);
char *vbo_text_copy_n(const char *text, size_t size);

#endif
