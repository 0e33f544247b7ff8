/* text.h: UTF-8, and text of unknown origin. */
#ifndef VBO_TEXT_H
#define VBO_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Returns the size (1 to 4) of the UTF-8 sequence at `text`; 0 when it is not one (overlong,
 * surrogate, cut off …). `point` may be NULL. */
size_t vbo_utf8_next(const char *text, size_t size, uint32_t *point);
/* Writes `point` as UTF-8 into `out` (4 bytes) and returns its size. */
size_t vbo_utf8_put(uint32_t point, char out[4]);

/* Copies text into `out` as one printable line: removes control characters and bidirectional
 * overrides (a terminal would obey them), makes one blank of white space and "?" of bytes that are
 * not UTF-8, and cuts between characters what does not fit. Always NUL-terminated. */
void vbo_text_clean(char *out, size_t capacity, const char *text, size_t size);

/* Returns whether a character controls a terminal, hides, or turns around the text that follows:
 * controls (C0, DEL, C1), bidirectional and zero-width ones, line and paragraph separators, tags.
 */
bool vbo_text_unsafe(uint32_t point);
/* Shows the character at `text` (which is not empty) for a terminal: as it is when `*plain`, else
 * as `out`, "\x1B" or "\u{202E}". Tabs and line ends are plain. Returns how many bytes it has. */
enum { VBO_TEXT_SHOWN = 16 };
size_t vbo_text_show(const char *text, size_t size, char out[VBO_TEXT_SHOWN], bool *plain);

/* Compare and convert ASCII only, so that no locale changes the name of a header field. */
bool vbo_ascii_equal(const char *a, size_t size_a, const char *b, size_t size_b);
char vbo_ascii_lower(char c);
bool vbo_ascii_digit(char c);

/* Returns a copy on the heap; NULL for NULL, and when out of memory. */
char *vbo_text_copy(const char *text);
char *vbo_text_copy_n(const char *text, size_t size);

#endif
