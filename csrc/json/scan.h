/* scan.h: where strings and numbers end.  Private to csrc/json; inline, because
 * most of what a document consists of passes through here. */
#ifndef VBO_JSON_SCAN_H
#define VBO_JSON_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "base/text.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#elif defined(__ARM_NEON) && defined(__aarch64__)
#include <arm_neon.h>
#endif

typedef struct vbo_json_scan {
  const char *text;
  size_t size;
  size_t at;           /* the first byte; afterwards behind the last one */
  bool escaped;        /* a string with a backslash in it */
  bool exponent;       /* a number with one */
  const char *problem; /* the problem, when there is no token */
  size_t problem_at;
} vbo_json_scan;

static inline bool vbo_json_scan_problem(vbo_json_scan *scan, size_t at, const char *words) {
  scan->problem = words;
  scan->problem_at = at;
  return false;
}

/* Returns the number of four hex digits at `s`; -1 when they are not there. */
static inline long vbo_json_hex4(const char *s, size_t size) {
  if (size < 4) return -1;
  long value = 0;
  for (int i = 0; i < 4; i++) {
    char c = vbo_ascii_lower(s[i]);
    int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
    if (digit < 0) return -1;
    value = value * 16 + digit;
  }
  return value;
}

/* Skips bytes that stand for themselves: ASCII but for quotes, backslashes and control characters.
 * Sixteen at a time where the processor can: one comparison of signed bytes finds control
 * characters and non-ASCII together. */
static inline size_t vbo_json_plain(const char *text, size_t at, size_t size) {
#if defined(__SSE2__)
  const __m128i quote = _mm_set1_epi8('"');
  const __m128i backslash = _mm_set1_epi8('\\');
  const __m128i blank = _mm_set1_epi8(0x20);
  for (; size - at >= 16; at += 16) {
    __m128i block = _mm_loadu_si128((const __m128i *)(const void *)(text + at));
    __m128i special =
        _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(block, quote), _mm_cmpeq_epi8(block, backslash)),
                     _mm_cmplt_epi8(block, blank));
    unsigned found = (unsigned)_mm_movemask_epi8(special);
    if (found != 0) return at + (size_t)__builtin_ctz(found);
  }
#elif defined(__ARM_NEON) && defined(__aarch64__)
  for (; size - at >= 16; at += 16) {
    int8x16_t block = vld1q_s8((const signed char *)(text + at));
    uint8x16_t special =
        vorrq_u8(vorrq_u8(vceqq_s8(block, vdupq_n_s8('"')), vceqq_s8(block, vdupq_n_s8('\\'))),
                 vcltq_s8(block, vdupq_n_s8(0x20)));
    uint64_t found =
        vget_lane_u64(vreinterpret_u64_u8(vshrn_n_u16(vreinterpretq_u16_u8(special), 4)), 0);
    if (found != 0) return at + ((size_t)__builtin_ctzll(found) >> 2);
  }
#endif
  while (at < size) {
    unsigned char c = (unsigned char)text[at];
    if (c == '"' || c == '\\' || c < 0x20 || c >= 0x80) break;
    at++;
  }
  return at;
}

/* Reads a string, from quote to quote. */
static inline bool vbo_json_scan_string(vbo_json_scan *scan) {
  const char *text = scan->text;
  size_t at = scan->at + 1;
  for (;;) {
    at = vbo_json_plain(text, at, scan->size);
    if (at >= scan->size) return vbo_json_scan_problem(scan, scan->at, "a string without an end");
    unsigned char c = (unsigned char)text[at];
    if (c == '"') break;
    if (c < 0x20) return vbo_json_scan_problem(scan, at, "a control character in a string");
    if (c == '\\') {
      scan->escaped = true;
      char e = at + 1 < scan->size ? text[at + 1] : '\0';
      if (e == 'u') {
        if (vbo_json_hex4(text + at + 2, scan->size - at - 2) < 0)
          return vbo_json_scan_problem(scan, at, "\\u without four hex digits");
        at += 6;
      } else if (e != '\0' && strchr("\"\\/bfnrt", e) != NULL) {
        at += 2;
      } else {
        return vbo_json_scan_problem(scan, at, "an unknown escape in a string");
      }
    } else {
      size_t length = vbo_utf8_next(text + at, scan->size - at, NULL);
      if (length == 0) return vbo_json_scan_problem(scan, at, "a string that is not UTF-8");
      at += length;
    }
  }
  scan->at = at + 1;
  return true;
}

static inline bool vbo_json_digit(char c) {
  return c >= '0' && c <= '9';
}

static inline size_t vbo_json_digits(const vbo_json_scan *scan, size_t at) {
  size_t end = at;
  while (end < scan->size && vbo_json_digit(scan->text[end]))
    end++;
  return end - at;
}

static inline bool vbo_json_scan_number(vbo_json_scan *scan) {
  const char *text = scan->text;
  size_t at = scan->at;
  if (text[at] == '-') at++;
  size_t count = vbo_json_digits(scan, at);
  if (count == 0) return vbo_json_scan_problem(scan, scan->at, "a number without digits");
  if (count > 1 && text[at] == '0')
    return vbo_json_scan_problem(scan, scan->at, "a number that begins with 0");
  at += count;
  if (at < scan->size && text[at] == '.') {
    count = vbo_json_digits(scan, at + 1);
    if (count == 0) return vbo_json_scan_problem(scan, at, "a decimal point without digits");
    at += 1 + count;
  }
  if (at < scan->size && (text[at] == 'e' || text[at] == 'E')) {
    size_t sign = at + 1 < scan->size && (text[at + 1] == '+' || text[at + 1] == '-') ? 1 : 0;
    count = vbo_json_digits(scan, at + 1 + sign);
    if (count == 0) return vbo_json_scan_problem(scan, at, "an exponent without digits");
    scan->exponent = true;
    at += 1 + sign + count;
  }
  scan->at = at;
  return true;
}

#endif
