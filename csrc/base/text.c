/* text.c: see text.h.
 *
 * Decoding is strict (RFC 3629): an overlong form or a surrogate is another spelling of a
 * character, which would pass a check for the usual one. */
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

size_t vbo_utf8_next(const char *text, size_t size, uint32_t *point) {
  if (size == 0) return 0;
  const unsigned char *s = (const unsigned char *)text;
  uint32_t value = 0;
  uint32_t least = 0;
  size_t length = 0;
  if (s[0] < 0x80) {
    value = s[0];
    length = 1;
  } else if (s[0] >= 0xC2 && s[0] < 0xE0) {
    value = s[0] & 0x1FU;
    length = 2;
    least = 0x80;
  } else if (s[0] >= 0xE0 && s[0] < 0xF0) {
    value = s[0] & 0x0FU;
    length = 3;
    least = 0x800;
  } else if (s[0] >= 0xF0 && s[0] < 0xF5) {
    value = s[0] & 0x07U;
    length = 4;
    least = 0x10000;
  } else {
    return 0;
  }
  if (length > size) return 0;
  for (size_t i = 1; i < length; i++) {
    if ((s[i] & 0xC0U) != 0x80U) return 0;
    value = value << 6 | (s[i] & 0x3FU);
  }
  if (value < least || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF)) return 0;
  if (point != NULL) *point = value;
  return length;
}

size_t vbo_utf8_put(uint32_t point, char out[4]) {
  if (point < 0x80) {
    out[0] = (char)point;
    return 1;
  }
  if (point < 0x800) {
    out[0] = (char)(0xC0U | point >> 6);
    out[1] = (char)(0x80U | (point & 0x3FU));
    return 2;
  }
  if (point < 0x10000) {
    out[0] = (char)(0xE0U | point >> 12);
    out[1] = (char)(0x80U | (point >> 6 & 0x3FU));
    out[2] = (char)(0x80U | (point & 0x3FU));
    return 3;
  }
  out[0] = (char)(0xF0U | point >> 18);
  out[1] = (char)(0x80U | (point >> 12 & 0x3FU));
  out[2] = (char)(0x80U | (point >> 6 & 0x3FU));
  out[3] = (char)(0x80U | (point & 0x3FU));
  return 4;
}

bool vbo_text_unsafe(uint32_t point) {
  /* All of Unicode's controls (Cc), format characters (Cf) and separators (Zl, Zp) that no
   * language needs. The zero-width joiner and non-joiner (200C, 200D), which Persian, Indic
   * scripts and emoji are written with, and the soft hyphen are not here. */
  static const uint32_t ranges[][2] = {{0x00, 0x1F},     {0x7F, 0x9F},      {0x61C, 0x61C},
                                       {0x180E, 0x180E}, {0x200B, 0x200B},  {0x200E, 0x200F},
                                       {0x2028, 0x202E}, {0x2060, 0x206F},  {0xFEFF, 0xFEFF},
                                       {0xFFF9, 0xFFFB}, {0xE0000, 0xE007F}};
  for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
    if (point >= ranges[i][0] && point <= ranges[i][1]) return true;
  return false;
}

size_t vbo_text_show(const char *text, size_t size, char out[VBO_TEXT_SHOWN], bool *plain) {
  uint32_t point = 0;
  size_t length = vbo_utf8_next(text, size, &point);
  unsigned char byte = (unsigned char)*text;
  bool line_end = byte == '\n' || byte == '\t' || (byte == '\r' && size > 1 && text[1] == '\n');
  *plain = length > 0 && (line_end || !vbo_text_unsafe(point));
  if (length == 0 || byte < 0x80)
    (void)snprintf(out, VBO_TEXT_SHOWN, "\\x%02X", byte);
  else
    (void)snprintf(out, VBO_TEXT_SHOWN, "\\u{%04lX}", (unsigned long)point);
  return length > 0 ? length : 1;
}

/* Replaces a byte that is not UTF-8 by "?", which is as short. */
void vbo_text_clean(char *out, size_t capacity, const char *text, size_t size) {
  /* Cleaning never makes a text longer, which callers rely on. */
  size_t used = 0;
  bool blank = true; /* also drops the white space in front */
  size_t at = 0;
  if (capacity == 0) return;
  while (at < size) {
    uint32_t point = 0;
    size_t length = vbo_utf8_next(text + at, size - at, &point);
    const char *piece = text + at;
    size_t piece_size = length;
    if (length == 0) {
      piece = "?";
      piece_size = length = 1;
      point = '?';
    }
    at += length;
    bool space =
        point == ' ' || (point >= '\t' && point <= '\r') || point == 0x2028 || point == 0x2029;
    if (space) {
      if (blank) continue;
      piece = " ";
      piece_size = 1;
    } else if (vbo_text_unsafe(point)) {
      continue;
    }
    if (used + piece_size >= capacity) break;
    memcpy(out + used, piece, piece_size);
    used += piece_size;
    blank = space;
  }
  while (used > 0 && out[used - 1] == ' ')
    used--;
  out[used] = '\0';
}

char vbo_ascii_lower(char c) {
  return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool vbo_ascii_digit(char c) {
  return c >= '0' && c <= '9';
}

/* Replaces strcasecmp(3) and tolower(3), which a Turkish locale makes map "I" differently. */
bool vbo_ascii_equal(const char *a, size_t size_a, const char *b, size_t size_b) {
  if (size_a != size_b) return false;
  for (size_t i = 0; i < size_a; i++)
    if (vbo_ascii_lower(a[i]) != vbo_ascii_lower(b[i])) return false;
  return true;
}

char *vbo_text_copy(const char *text) {
  return text == NULL ? NULL : vbo_text_copy_n(text, strlen(text));
}

/* Takes a size, unlike strndup(3), which stops at a NUL. */
char *vbo_text_copy_n(const char *text, size_t size) {
  char *copy = malloc(size + 1);
  if (copy == NULL) return NULL;
  if (size > 0) memcpy(copy, text, size);
  copy[size] = '\0';
  return copy;
}
