/* escapes.c: see escapes.h.
 *
 * The decoders accept more than the standards allow, sloppy forms included: they serve a search,
 * where an escape that is missed shows a secret and one too many costs nothing. */
#include "base/escapes.h"

#include <stdlib.h>
#include <string.h>

#include "base/secret.h"
#include "base/text.h"

size_t vbo_row_point(const char *bytes, size_t size, uint32_t *point) {
  size_t length = vbo_utf8_next(bytes, size, point);
  if (length > 0) return length;
  *point = (unsigned char)*bytes;
  return 1;
}

int vbo_row_digit(uint32_t point, int base) {
  int value = point >= '0' && point <= '9'   ? (int)(point - '0')
              : point >= 'a' && point <= 'f' ? (int)(point - 'a' + 10)
              : point >= 'A' && point <= 'F' ? (int)(point - 'A' + 10)
                                             : 99;
  return value < base ? value : -1;
}

/* Returns the number of `count` hex digits from `at` on; -1 when there are fewer. */
static long hex_number(const vbo_row *text, size_t at, size_t count) {
  long value = 0;
  if (at + count > text->count) return -1;
  for (size_t i = at; i < at + count; i++) {
    int digit = vbo_row_digit(text->at[i].point, 16);
    if (digit < 0) return -1;
    value = value * 16 + digit;
  }
  return value;
}

/* Reads an escape at `at` and returns how many characters it has, 0 without one; `*point` is the
 * character it stands for. */
typedef size_t escape(const vbo_row *text, size_t at, uint32_t *point);

/* %40, =40 (quoted-printable), %C3%A4, %E4 (Latin-1), %u00e4. */
static size_t percent(const vbo_row *text, size_t at, uint32_t *point) {
  uint32_t sign = text->at[at].point;
  char bytes[4];
  size_t count = 0;
  if (sign != '%' && sign != '=') return 0;
  /* %uXXXX is the form of JavaScript's escape(). */
  if (sign == '%' && at + 1 < text->count && text->at[at + 1].point == 'u') {
    long value = hex_number(text, at + 2, 4);
    *point = (uint32_t)value;
    return value >= 0 ? 6 : 0;
  }
  /* Takes up to four escaped bytes together, which may be one character of UTF-8. */
  while (count < sizeof bytes && at + 3 * count < text->count &&
         text->at[at + 3 * count].point == sign) {
    long value = hex_number(text, at + 3 * count + 1, 2);
    if (value < 0) break;
    bytes[count++] = (char)value;
  }
  return count > 0 ? 3 * vbo_row_point(bytes, count, point) : 0;
}

/* &#64; &#x40; &amp; … */
static size_t entity(const vbo_row *text, size_t at, uint32_t *point) {
  static const struct {
    const char *name;
    uint32_t point;
  } names[] = {{"amp", '&'},  {"lt", '<'},     {"gt", '>'},  {"quot", '"'}, {"apos", '\''},
               {"nbsp", ' '}, {"commat", '@'}, {"num", '#'}, {"excl", '!'}};
  if (text->at[at].point != '&') return 0;
  size_t end = at + 1;
  if (end < text->count && text->at[end].point == '#') {
    bool hex = ++end < text->count && (text->at[end].point | 0x20) == 'x';
    uint32_t value = 0;
    size_t first = hex ? ++end : end;
    /* Eight digits, hex or decimal, always fit into 32 bits. */
    for (; end < text->count && end < first + 8; end++) {
      int digit = vbo_row_digit(text->at[end].point, hex ? 16 : 10);
      if (digit < 0) break;
      value = value * (hex ? 16 : 10) + (uint32_t)digit;
    }
    if (end == first) return 0;
    *point = value;
  } else {
    char name[8];
    size_t size = 0;
    for (; end < text->count && size < sizeof name; end++) {
      uint32_t lower = text->at[end].point | 0x20;
      if (text->at[end].point >= 0x80 || lower < 'a' || lower > 'z') break;
      name[size++] = (char)text->at[end].point;
    }
    size_t i = 0;
    while (i < sizeof names / sizeof *names &&
           !vbo_ascii_equal(name, size, names[i].name, strlen(names[i].name)))
      i++;
    if (i == sizeof names / sizeof *names) return 0;
    *point = names[i].point;
  }
  /* Browsers accept an entity without its semicolon. */
  return (end < text->count && text->at[end].point == ';' ? end + 1 : end) - at;
}

/* \" \\ \/ \n @ \x40, surrogate pairs. */
static size_t backslash(const vbo_row *text, size_t at, uint32_t *point) {
  static const char plain[] = "\"\\/'";
  static const char named[] = "b\bf\fn\nr\rt\t";
  if (text->at[at].point != '\\' || at + 1 == text->count) return 0;
  uint32_t kind = text->at[at + 1].point;
  if (kind == 'u' || kind == 'x') {
    size_t digits = kind == 'u' ? 4 : 2;
    long value = hex_number(text, at + 2, digits);
    if (value < 0) return 0;
    *point = (uint32_t)value;
    /* JSON writes characters beyond U+FFFF as two escapes (RFC 8259 section 7). */
    if (value < 0xD800 || value > 0xDBFF || at + 7 >= text->count ||
        text->at[at + 6].point != '\\' || text->at[at + 7].point != 'u')
      return 2 + digits;
    long low = hex_number(text, at + 8, 4);
    if (low < 0xDC00 || low > 0xDFFF) return 2 + digits;
    *point = 0x10000U + (uint32_t)((value - 0xD800) << 10 | (low - 0xDC00));
    return 12;
  }
  if (kind == 0 || kind >= 0x80) return 0;
  if (strchr(plain, (int)kind) != NULL) {
    *point = kind;
    return 2;
  }
  for (size_t i = 0; i + 1 < sizeof named; i += 2)
    if ((uint32_t)named[i] == kind) {
      *point = (uint32_t)named[i + 1];
      return 2;
    }
  return 0;
}

static escape *const escapes[] = {percent, entity, backslash};
enum {
  ESCAPES = sizeof escapes / sizeof *escapes,
};

bool vbo_row_decode(const vbo_row *text, unsigned which, vbo_row *out, bool *starved) {
  bool changed = false;
  out->count = 0;
  out->at = malloc((text->count + 1) * sizeof *out->at);
  if (out->at == NULL) {
    *starved = true;
    return false;
  }
  for (size_t i = 0; i < text->count;) {
    vbo_glyph made = text->at[i];
    size_t size = 0;
    for (size_t k = 0; k < ESCAPES && size == 0; k++)
      if ((which & 1U << k) != 0) size = escapes[k](text, i, &made.point);
    if (size > 0) {
      changed = true;
      /* From the first to the last of the escaped characters: all of them are hidden together. */
      made.to = text->at[i + size - 1].to;
    }
    out->at[out->count++] = made;
    i += size > 0 ? size : 1;
  }
  return changed;
}

/* Wipes first: the characters may be a secret's, and decoded ones are easier to read than the text
 * was. */
void vbo_row_free(vbo_row *text) {
  if (text->at != NULL) vbo_secure_wipe(text->at, text->count * sizeof *text->at);
  free(text->at);
  text->at = NULL;
}
_Static_assert((1 << ESCAPES) - 1 == VBO_ESCAPES_ALL, "a bit for each kind");
