/* begins.h: how the first bytes of a text begin. */
#ifndef VBO_BEGINS_H
#define VBO_BEGINS_H

#include <stdbool.h>
#include <stddef.h>

/* Returns where the text begins: past a UTF-8 byte order mark and white space. */
size_t vbo_begins_at(const unsigned char *bytes, size_t size);
/* Returns whether the bytes begin with a word, given in lower case; ASCII case does not count. */
bool vbo_begins_with(const unsigned char *bytes, size_t size, const char *word);
/* Returns whether the text begins like a page of HTML, or like JSON. */
bool vbo_begins_html(const unsigned char *bytes, size_t size);
bool vbo_begins_json(const unsigned char *bytes, size_t size);

#endif
